//! Inline policies of users, groups and roles.

use expect_test::expect;

use crate::common::{Server, statement, trusting};

#[test]
fn an_inline_policy_is_written_read_listed_and_deleted_for_each_kind() {
    let server = Server::start();
    let root = server.root();
    server.user("n");
    root.iam("CreateGroup", &[("GroupName", "n")]).ok();
    let trust = trusting("123456789012");
    root.iam("CreateRole", &[("RoleName", "n"), ("AssumeRolePolicyDocument", &trust)]).ok();
    // Kept as it was written, percent signs and all.
    let document = r#"{ "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/a%2Fb c"}] }"#;
    for kind in ["User", "Group", "Role"] {
        let name = format!("{kind}Name");
        let owner = (name.as_str(), "n");
        let call = |verb: &str, more: &[(&str, &str)]| {
            let noun = if verb == "List" { "Policies" } else { "Policy" };
            root.iam(&format!("{verb}{kind}{noun}"), &[&[owner], more].concat())
        };
        let named = [("PolicyName", "p")];
        call("Put", &[("PolicyName", "p"), ("PolicyDocument", document)]).ok();
        call("Put", &[("PolicyName", "q"), ("PolicyDocument", document)]).ok();
        let read = call("Get", &named).ok().element("PolicyDocument");
        assert!(read.starts_with("%7B%20%22Version%22%3A"), "{read}");
        assert!(read.contains("a%252Fb%20c"), "{read}");
        assert_eq!(call("List", &[]).ok().elements("member"), ["p", "q"]);
        call("Delete", &named).ok();
        assert_eq!(call("List", &[]).ok().elements("member"), ["q"]);
        let word = kind.to_lowercase();
        let missing = format!("404 NoSuchEntity: The {word} policy with name p cannot be found.");
        assert_eq!(call("Get", &named).error(), missing);
        assert_eq!(call("Delete", &named).error(), missing);
    }
}

#[test]
fn a_document_that_is_no_policy_is_refused_in_the_words_of_iam() {
    let server = Server::start();
    let root = server.root();
    server.user("u");
    let put = |document: &str| {
        let policy = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", document)];
        root.iam("PutUserPolicy", &policy).error()
    };
    expect!["400 MalformedPolicyDocument: Syntax errors in policy."].assert_eq(&put("{"));
    expect!["400 MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."].assert_eq(&put(&statement("Allow", "s3", "*")));
    expect![[r#"400 MalformedPolicyDocument: Resource bucket must be in ARN format or "*"."#]]
        .assert_eq(&put(&statement("Allow", "s3:*", "bucket")));
}

#[test]
fn a_deny_names_its_kind_of_policy() {
    let server = Server::start();
    let user = server.user("u");
    let deny = statement("Deny", "iam:ListUsers", "*");
    let policy = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", deny.as_str())];
    server.root().iam("PutUserPolicy", &policy).ok();
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ with an explicit deny in an identity-based policy"].assert_eq(&user.iam("ListUsers", &[]).error());
}
