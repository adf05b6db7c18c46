//! Tags, and policies that speak of them.

use expect_test::expect;

use crate::common::{Server, policy_arn, statement, trusting};

#[test]
fn tags_are_set_replaced_listed_by_key_and_removed() {
    let server = Server::start();
    let root = server.root();
    server.user("n");
    let trust = trusting("123456789012");
    root.iam("CreateRole", &[("RoleName", "n"), ("AssumeRolePolicyDocument", &trust)]).ok();
    let document = statement("Allow", "s3:*", "*");
    root.iam("CreatePolicy", &[("PolicyName", "n"), ("PolicyDocument", &document)]).ok();
    let arn = policy_arn("n");
    let kinds =
        [("User", "UserName", "n"), ("Role", "RoleName", "n"), ("Policy", "PolicyArn", &arn)];
    for (kind, member, name) in kinds {
        let tag = |tags: &[(&str, &str)]| {
            root.iam(&format!("Tag{kind}"), &[&[(member, name)], tags].concat())
        };
        let list = || root.iam(&format!("List{kind}Tags"), &[(member, name)]).ok();
        tag(&[
            ("Tags.member.1.Key", "Zone"),
            ("Tags.member.1.Value", "1"),
            ("Tags.member.2.Key", "Area"),
            ("Tags.member.2.Value", ""),
        ])
        .ok();
        tag(&[("Tags.member.1.Key", "zone"), ("Tags.member.1.Value", "2")]).ok();
        let listed = list();
        assert_eq!(listed.elements("Key"), ["Area", "zone"], "{kind}");
        assert!(listed.body.contains("<Value>2</Value>"), "{kind}");
        let untag = [(member, name), ("TagKeys.member.1", "AREA")];
        root.iam(&format!("Untag{kind}"), &untag).ok();
        assert_eq!(list().elements("Key"), ["zone"], "{kind}");
        let twice = tag(&[
            ("Tags.member.1.Key", "a"),
            ("Tags.member.1.Value", "1"),
            ("Tags.member.2.Key", "A"),
            ("Tags.member.2.Value", "2"),
        ]);
        assert_eq!(
            twice.error(),
            "400 InvalidInput: Duplicate tag keys found. Please note that Tag keys are case \
             insensitive."
        );
    }
}

#[test]
fn tags_in_a_creation_need_their_own_permission() {
    let server = Server::start();
    let user = server.user("maker");
    let create = statement("Allow", "iam:CreateUser", "*");
    let policy = [("UserName", "maker"), ("PolicyName", "p"), ("PolicyDocument", create.as_str())];
    server.root().iam("PutUserPolicy", &policy).ok();
    user.iam("CreateUser", &[("UserName", "bare")]).ok();
    let tagged = [("UserName", "tagged"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/maker is not authorized to perform: iam:TagUser on resource: arn:aws:iam::123456789012:user/tagged because no identity-based policy allows the iam:TagUser action"].assert_eq(&user.iam("CreateUser", &tagged).error());
}

#[test]
fn a_policy_compares_the_tags_of_caller_and_resource() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("lead");
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetUser","Resource":"*",
        "Condition":{"StringEquals":{"iam:ResourceTag/team":"${aws:PrincipalTag/team}"}}}}"#;
    let policy = [("UserName", "lead"), ("PolicyName", "p"), ("PolicyDocument", document)];
    root.iam("PutUserPolicy", &policy).ok();
    server.user("other");
    let tag = |name, value| {
        let tag =
            [("UserName", name), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", value)];
        root.iam("TagUser", &tag).ok();
    };
    let get = || user.iam("GetUser", &[("UserName", "other")]).status;
    assert_eq!(get(), 403);
    tag("lead", "a");
    tag("other", "b");
    assert_eq!(get(), 403);
    tag("other", "a");
    assert_eq!(get(), 200);
}
