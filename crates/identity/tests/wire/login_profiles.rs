//! Passwords of users, and which an account lets them have.

use expect_test::expect;

use crate::common::{Server, statement};

const USER: (&str, &str) = ("UserName", "u");

#[test]
fn a_login_profile_is_made_once_shown_without_its_password_and_deleted() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[USER]).ok();
    expect!["404 NoSuchEntity: Login Profile for User u cannot be found."]
        .assert_eq(&root.iam("GetLoginProfile", &[USER]).error());
    let profile = [USER, ("Password", "Secret-123"), ("PasswordResetRequired", "true")];
    let made = root.iam("CreateLoginProfile", &profile).ok();
    assert!(!made.body.contains("Secret-123"));
    expect!["409 EntityAlreadyExists: Login Profile for user u already exists."]
        .assert_eq(&root.iam("CreateLoginProfile", &profile).error());
    let shown = root.iam("GetLoginProfile", &[USER]).ok();
    assert_eq!(shown.element("PasswordResetRequired"), "true");
    expect!["409 DeleteConflict: Cannot delete entity, must delete login profile first."]
        .assert_eq(&root.iam("DeleteUser", &[USER]).error());
    root.iam("UpdateLoginProfile", &[USER, ("PasswordResetRequired", "false")]).ok();
    let shown = root.iam("GetLoginProfile", &[USER]).ok();
    assert_eq!(shown.element("PasswordResetRequired"), "false");
    root.iam("DeleteLoginProfile", &[USER]).ok();
    root.iam("DeleteUser", &[USER]).ok();
}

#[test]
fn a_password_that_the_account_does_not_take_is_refused() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[USER]).ok();
    let create =
        |password: &str| root.iam("CreateLoginProfile", &[USER, ("Password", password)]).error();
    expect!["400 PasswordPolicyViolation: Password should have a minimum length of 8"]
        .assert_eq(&create("Ab1!"));
    root.iam("UpdateAccountPasswordPolicy", &[("MinimumPasswordLength", "12")]).ok();
    expect!["400 PasswordPolicyViolation: Password should have a minimum length of 12"]
        .assert_eq(&create("Abcdefgh1!"));
}

#[test]
fn a_password_policy_is_replaced_as_a_whole() {
    let server = Server::start();
    let root = server.root();
    expect!["404 NoSuchEntity: The Password Policy with domain name 123456789012 cannot be found."]
        .assert_eq(&root.iam("GetAccountPasswordPolicy", &[]).error());
    expect!["404 NoSuchEntity: The account policy with name PasswordPolicy cannot be found."]
        .assert_eq(&root.iam("DeleteAccountPasswordPolicy", &[]).error());
    let policy = [("MaxPasswordAge", "90"), ("RequireSymbols", "true")];
    root.iam("UpdateAccountPasswordPolicy", &policy).ok();
    expect![[r#"
        <PasswordPolicy>
        <MinimumPasswordLength>6</MinimumPasswordLength>
        <RequireSymbols>true</RequireSymbols>
        <RequireNumbers>false</RequireNumbers>
        <RequireUppercaseCharacters>false</RequireUppercaseCharacters>
        <RequireLowercaseCharacters>false</RequireLowercaseCharacters>
        <AllowUsersToChangePassword>false</AllowUsersToChangePassword>
        <ExpirePasswords>true</ExpirePasswords>
        <MaxPasswordAge>90</MaxPasswordAge></PasswordPolicy>"#]]
    .assert_eq(&root.iam("GetAccountPasswordPolicy", &[]).result());
    root.iam("UpdateAccountPasswordPolicy", &[("MinimumPasswordLength", "9")]).ok();
    let shown = root.iam("GetAccountPasswordPolicy", &[]).ok();
    assert_eq!(shown.element("ExpirePasswords"), "false");
    root.iam("DeleteAccountPasswordPolicy", &[]).ok();
}

#[test]
fn a_user_changes_its_password_where_it_knows_the_old_one() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let change = |old: &str, new: &str| {
        user.iam("ChangePassword", &[("OldPassword", old), ("NewPassword", new)])
    };
    root.iam("CreateLoginProfile", &[USER, ("Password", "First-123")]).ok();
    assert_eq!(change("First-123", "Second-123").element("Code"), "AccessDenied");
    let document =
        statement("Allow", "iam:ChangePassword", "arn:aws:iam::123456789012:user/${aws:username}");
    let policy = [USER, ("PolicyName", "p"), ("PolicyDocument", document.as_str())];
    root.iam("PutUserPolicy", &policy).ok();
    root.iam("UpdateAccountPasswordPolicy", &[("PasswordReusePrevention", "2")]).ok();
    expect!["403 AccessDenied: The old password was incorrect."]
        .assert_eq(&change("Wrong-123", "Second-123").error());
    change("First-123", "Second-123").ok();
    assert_eq!(change("Second-123", "First-123").element("Code"), "PasswordPolicyViolation");
    change("Second-123", "Third-123").ok();
    change("Third-123", "First-123").ok();
    let root_change = [("OldPassword", "First-123"), ("NewPassword", "Second-123")];
    assert_eq!(root.iam("ChangePassword", &root_change).element("Code"), "InvalidUserType");
}

#[test]
fn users_change_their_passwords_without_a_policy_of_theirs_where_the_account_lets_them() {
    let server = Server::start();
    let (root, user) = (server.root(), server.user("u"));
    root.iam("CreateLoginProfile", &[USER, ("Password", "First-123")]).ok();
    let change = |old: &str, new: &str| {
        user.iam("ChangePassword", &[("OldPassword", old), ("NewPassword", new)])
    };
    let code = |old: &str, new: &str| change(old, new).element("Code");
    let let_them = |choice: &str| {
        root.iam("UpdateAccountPasswordPolicy", &[("AllowUsersToChangePassword", choice)]).ok();
    };
    let_them("false");
    assert_eq!(code("First-123", "Second-123"), "AccessDenied");
    let_them("true");
    change("First-123", "Second-123").ok();
    user.iam("GetAccountPasswordPolicy", &[]).ok();
    assert_eq!(user.iam("GetLoginProfile", &[USER]).element("Code"), "AccessDenied");
    let arn = "arn:aws:iam::123456789012:user/u";
    let asked = [("PolicySourceArn", arn), ("ActionNames.member.1", "iam:ChangePassword")];
    let simulated = [asked[0], asked[1], ("ResourceArns.member.1", arn)];
    let answer = root.iam("SimulatePrincipalPolicy", &simulated).ok();
    assert_eq!(answer.element("EvalDecision"), "allowed");
    let document = statement("Deny", "iam:ChangePassword", "*");
    let policy = [USER, ("PolicyName", "p"), ("PolicyDocument", document.as_str())];
    root.iam("PutUserPolicy", &policy).ok();
    assert_eq!(code("Second-123", "Third-123"), "AccessDenied");
    root.iam("DeleteUserPolicy", &[USER, ("PolicyName", "p")]).ok();
    change("Second-123", "Third-123").ok();
    root.iam("DeleteAccountPasswordPolicy", &[]).ok();
    assert_eq!(code("Third-123", "Fourth-123"), "AccessDenied");
}
