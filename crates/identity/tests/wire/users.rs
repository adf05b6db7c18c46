//! Users, and who may see them.

use expect_test::expect;

use crate::common::{Server, policy_arn, statement, trusting};

#[test]
fn a_new_user_with_keys_is_known_to_sts_and_allowed_nothing() {
    let server = Server::start();
    let user = server.user("sts-machine-user");
    expect![[r#"
        <UserId>AIDARZPUZDIKLZKTF67OC</UserId>
        <Account>123456789012</Account>
        <Arn>arn:aws:iam::123456789012:user/sts-machine-user</Arn>"#]]
    .assert_eq(&user.sts("GetCallerIdentity", &[]).result());
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/sts-machine-user is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ because no identity-based policy allows the iam:ListUsers action"].assert_eq(&user.iam("ListUsers", &[]).error());
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/sts-machine-user is not authorized to perform: iam:GetUser on resource: user sts-machine-user because no identity-based policy allows the iam:GetUser action"].assert_eq(&user.iam("GetUser", &[]).error());
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/sts-machine-user is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::123456789012:user/p/x because no identity-based policy allows the iam:CreateUser action"].assert_eq(&user.iam("CreateUser", &[("UserName", "x"), ("Path", "/p/")]).error());
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/sts-machine-user is not authorized to perform: iam:DeleteUser on resource: user nobody because no identity-based policy allows the iam:DeleteUser action"].assert_eq(&user.iam("DeleteUser", &[("UserName", "nobody")]).error());
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/sts-machine-user is not authorized to perform: iam:GetAccountSummary on resource: * because no identity-based policy allows the iam:GetAccountSummary action"].assert_eq(&user.iam("GetAccountSummary", &[]).error());
}

#[test]
fn a_user_is_created_with_all_it_can_have() {
    let server = Server::start();
    let root = server.root();
    let document = statement("Allow", "s3:*", "*");
    root.iam("CreatePolicy", &[("PolicyName", "cap"), ("PolicyDocument", &document)]).ok();
    let created = root.iam(
        "CreateUser",
        &[
            ("UserName", "Ada"),
            ("Path", "/people/"),
            ("PermissionsBoundary", &policy_arn("cap")),
            ("Tags.member.1.Key", "Team"),
            ("Tags.member.1.Value", "engine"),
        ],
    );
    expect![[r#"
        <User>
        <Path>/people/</Path>
        <UserName>Ada</UserName>
        <UserId>AIDARZPUZDIKAABBLEH7L</UserId>
        <Arn>arn:aws:iam::123456789012:user/people/Ada</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate>
        <PermissionsBoundary>
        <PermissionsBoundaryType>Policy</PermissionsBoundaryType>
        <PermissionsBoundaryArn>arn:aws:iam::123456789012:policy/cap</PermissionsBoundaryArn></PermissionsBo
        undary>
        <Tags>
        <member>
        <Key>Team</Key>
        <Value>engine</Value></member></Tags></User>"#]].assert_eq(&created.result());
    expect![[r#"
        <User>
        <Path>/people/</Path>
        <UserName>Ada</UserName>
        <UserId>AIDARZPUZDIKAABBLEH7L</UserId>
        <Arn>arn:aws:iam::123456789012:user/people/Ada</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate>
        <PermissionsBoundary>
        <PermissionsBoundaryType>Policy</PermissionsBoundaryType>
        <PermissionsBoundaryArn>arn:aws:iam::123456789012:policy/cap</PermissionsBoundaryArn></PermissionsBo
        undary>
        <Tags>
        <member>
        <Key>Team</Key>
        <Value>engine</Value></member></Tags></User>"#]].assert_eq(&root.iam("GetUser", &[("UserName", "Ada")]).result());
    expect![[r#"
        <Users>
        <member>
        <Path>/people/</Path>
        <UserName>Ada</UserName>
        <UserId>AIDARZPUZDIKAABBLEH7L</UserId>
        <Arn>arn:aws:iam::123456789012:user/people/Ada</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></member></Users>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&root.iam("ListUsers", &[("PathPrefix", "/people/")]).result());
    expect![[r#"
        <Users/>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&root.iam("ListUsers", &[("PathPrefix", "/other/")]).result());
}

#[test]
fn names_are_unique_without_regard_to_case() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[("UserName", "Ada")]).ok();
    expect!["409 EntityAlreadyExists: User with name ada already exists."]
        .assert_eq(&root.iam("CreateUser", &[("UserName", "ada")]).error());
}

#[test]
fn a_renamed_user_keeps_its_id_keys_and_policies() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("old");
    let all = statement("Allow", "iam:GetUser", "*");
    let policy = [("UserName", "old"), ("PolicyName", "p"), ("PolicyDocument", all.as_str())];
    root.iam("PutUserPolicy", &policy).ok();
    let id = user.iam("GetUser", &[]).ok().element("UserId");
    let renaming = [("UserName", "old"), ("NewUserName", "new"), ("NewPath", "/n/")];
    root.iam("UpdateUser", &renaming).ok();
    let seen = user.iam("GetUser", &[]).ok();
    assert_eq!(seen.element("Arn"), "arn:aws:iam::123456789012:user/n/new");
    assert_eq!(seen.element("UserId"), id);
    expect!["404 NoSuchEntity: The user with name old cannot be found."]
        .assert_eq(&root.iam("GetUser", &[("UserName", "old")]).error());
    root.iam("CreateUser", &[("UserName", "old")]).ok();
    let taken = root.iam("UpdateUser", &[("UserName", "old"), ("NewUserName", "NEW")]);
    expect!["409 EntityAlreadyExists: User with name NEW already exists."]
        .assert_eq(&taken.error());
    root.iam("UpdateUser", &[("UserName", "new"), ("NewUserName", "New")]).ok();
}

#[test]
fn renaming_asks_about_both_names() {
    let server = Server::start();
    let user = server.user("u");
    let own = statement("Allow", "iam:UpdateUser", "arn:aws:iam::123456789012:user/u");
    let policy = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", own.as_str())];
    server.root().iam("PutUserPolicy", &policy).ok();
    let refused = user.iam("UpdateUser", &[("UserName", "u"), ("NewUserName", "v")]);
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:UpdateUser on resource: user v because no identity-based policy allows the iam:UpdateUser action"].assert_eq(&refused.error());
}

#[test]
fn a_user_that_something_belongs_to_is_not_deleted() {
    let server = Server::start();
    let root = server.root();
    let name = [("UserName", "u")];
    root.iam("CreateUser", &name).ok();
    let key = root.iam("CreateAccessKey", &name).ok().element("AccessKeyId");
    root.iam("CreateGroup", &[("GroupName", "g")]).ok();
    let member = [("GroupName", "g"), ("UserName", "u")];
    root.iam("AddUserToGroup", &member).ok();
    let document = statement("Allow", "s3:*", "*");
    let inline = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", document.as_str())];
    root.iam("PutUserPolicy", &inline).ok();
    let managed = [("UserName", "u"), ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")];
    root.iam("AttachUserPolicy", &managed).ok();

    let delete = || root.iam("DeleteUser", &name);
    expect!["409 DeleteConflict: Cannot delete entity, must detach all policies first."]
        .assert_eq(&delete().error());
    root.iam("DetachUserPolicy", &managed).ok();
    expect!["409 DeleteConflict: Cannot delete entity, must delete policies first."]
        .assert_eq(&delete().error());
    root.iam("DeleteUserPolicy", &[("UserName", "u"), ("PolicyName", "p")]).ok();
    expect!["409 DeleteConflict: Cannot delete entity, must delete access keys first."]
        .assert_eq(&delete().error());
    root.iam("DeleteAccessKey", &[("UserName", "u"), ("AccessKeyId", &key)]).ok();
    expect!["409 DeleteConflict: Cannot delete entity, must remove users from group first."]
        .assert_eq(&delete().error());
    root.iam("RemoveUserFromGroup", &member).ok();
    delete().ok();
    expect!["404 NoSuchEntity: The user with name u cannot be found."].assert_eq(&delete().error());
}

#[test]
fn who_names_no_user_means_itself() {
    let server = Server::start();
    let root = server.root();
    expect![[r#"
        <User>
        <UserId>123456789012</UserId>
        <Arn>arn:aws:iam::123456789012:root</Arn>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></User>"#]]
    .assert_eq(&root.iam("GetUser", &[]).result());
    let trust = crate::common::trusting("arn:aws:iam::123456789012:root");
    let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", trust.as_str())];
    root.iam("CreateRole", &role).ok();
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    root.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", admin)]).ok();
    let user = server.user("u");
    root.iam("AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", admin)]).ok();
    let session = user.assume("r", "s1");
    expect!["400 ValidationError: Must specify userName when calling with non-User credentials"]
        .assert_eq(&session.iam("GetUser", &[]).error());
    expect!["400 ValidationError: Must specify userName when calling with non-User credentials"]
        .assert_eq(&session.iam("ListAccessKeys", &[]).error());
    assert_eq!(user.iam("GetUser", &[]).ok().element("UserName"), "u");
}

/// As the suite of a storage server that imitates IAM has it; AWS documents only that names are not
/// told apart by case.
#[test]
fn a_name_finds_its_owner_in_whatever_case_and_an_arn_does_not() {
    let server = Server::start();
    let root = server.root();
    let caller = server.user("Caller");
    root.iam("CreateGroup", &[("GroupName", "Crew")]).ok();
    root.iam("AddUserToGroup", &[("GroupName", "CREW"), ("UserName", "caller")]).ok();
    let listed = root.iam("GetGroup", &[("GroupName", "crew")]).ok();
    assert_eq!(listed.elements("UserName"), ["Caller"]);
    let caller_arn = "arn:aws:iam::123456789012:user/Caller";
    let role = |trusted: &str| {
        let trust = trusting(trusted);
        root.iam("CreateRole", &[("RoleName", "App"), ("AssumeRolePolicyDocument", &trust)])
    };
    expect![[r#"400 MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/caller""#]]
        .assert_eq(&role("arn:aws:iam::123456789012:user/caller").error());
    role(caller_arn).ok();
    let found = root.iam("GetRole", &[("RoleName", "aPP")]).ok();
    assert_eq!(found.elements("RoleName"), ["App"]);
    let assume =
        |arn: &str| caller.sts("AssumeRole", &[("RoleArn", arn), ("RoleSessionName", "session")]);
    assume("arn:aws:iam::123456789012:role/App").ok();
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/Caller is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/app"]
        .assert_eq(&assume("arn:aws:iam::123456789012:role/app").error());
    // What is denied by name is denied in each of its writings.
    let deny = statement("Deny", "iam:*", "arn:aws:iam::123456789012:user/Other");
    let allow = statement("Allow", "iam:*", "*");
    for (name, document) in [("deny", deny), ("allow", allow)] {
        let parameters =
            [("UserName", "caller"), ("PolicyName", name), ("PolicyDocument", &document)];
        root.iam("PutUserPolicy", &parameters).ok();
    }
    root.iam("CreateUser", &[("UserName", "Other")]).ok();
    assert!(caller.iam("GetUser", &[("UserName", "OTHER")]).error().starts_with("403"));
    root.iam("DeleteUser", &[("UserName", "oTHER")]).ok();
    expect!["404 NoSuchEntity: The user with name Other cannot be found."]
        .assert_eq(&root.iam("GetUser", &[("UserName", "Other")]).error());
}
