//! Access keys.

use expect_test::expect;

use crate::common::Server;

#[test]
fn a_key_is_listed_without_its_secret_and_ends_when_deleted() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let listed = root.iam("ListAccessKeys", &[("UserName", "u")]).ok();
    assert!(!listed.has("SecretAccessKey"));
    let id = listed.element("AccessKeyId");
    expect![[r#"
        <AccessKeyMetadata>
        <member>
        <UserName>u</UserName>
        <AccessKeyId>KEY</AccessKeyId>
        <Status>Active</Status>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></member></AccessKeyMetadata>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&listed.result().replace(&id, "KEY"));

    root.iam("UpdateAccessKey", &[("UserName", "u"), ("AccessKeyId", &id), ("Status", "Inactive")])
        .ok();
    expect!["403 InvalidClientTokenId: The security token included in the request is invalid."]
        .assert_eq(&user.sts("GetCallerIdentity", &[]).error());
    root.iam("UpdateAccessKey", &[("UserName", "u"), ("AccessKeyId", &id), ("Status", "Active")])
        .ok();
    user.sts("GetCallerIdentity", &[]).ok();
    root.iam("DeleteAccessKey", &[("UserName", "u"), ("AccessKeyId", &id)]).ok();
    expect!["403 InvalidClientTokenId: The security token included in the request is invalid."]
        .assert_eq(&user.sts("GetCallerIdentity", &[]).error());
    let again =
        root.iam("DeleteAccessKey", &[("UserName", "u"), ("AccessKeyId", "AKIAIOSFODNN7EXAMPLE")]);
    expect!["404 NoSuchEntity: The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found."]
        .assert_eq(&again.error());
}

#[test]
fn a_user_has_two_keys_at_most() {
    let server = Server::start();
    let root = server.root();
    server.user("u");
    root.iam("CreateAccessKey", &[("UserName", "u")]).ok();
    expect!["409 LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"]
        .assert_eq(&root.iam("CreateAccessKey", &[("UserName", "u")]).error());
    expect!["404 NoSuchEntity: The user with name nobody cannot be found."]
        .assert_eq(&root.iam("CreateAccessKey", &[("UserName", "nobody")]).error());
}

#[test]
fn a_key_of_another_user_is_not_found() {
    let server = Server::start();
    let root = server.root();
    server.user("one");
    server.user("two");
    let id = root.iam("ListAccessKeys", &[("UserName", "one")]).ok().element("AccessKeyId");
    let refused = root.iam("DeleteAccessKey", &[("UserName", "two"), ("AccessKeyId", &id)]);
    assert_eq!(refused.element("Code"), "NoSuchEntity");
    let foreign = server.other_root().iam("GetAccessKeyLastUsed", &[("AccessKeyId", &id)]);
    assert_eq!(foreign.element("Code"), "NoSuchEntity");
}

#[test]
fn the_root_user_manages_its_own_keys() {
    let server = Server::start();
    let root = server.root();
    let made = root.iam("CreateAccessKey", &[]).ok();
    let second =
        server.client(&made.element("AccessKeyId"), &made.element("SecretAccessKey"), None);
    assert_eq!(
        second.sts("GetCallerIdentity", &[]).ok().element("Arn"),
        "arn:aws:iam::123456789012:root"
    );
    assert_eq!(root.iam("ListAccessKeys", &[]).ok().elements("AccessKeyId").len(), 2);
    root.iam("DeleteAccessKey", &[("AccessKeyId", &made.element("AccessKeyId"))]).ok();
}

#[test]
fn last_use_is_written_when_the_notes_are_flushed() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let id = root.iam("ListAccessKeys", &[("UserName", "u")]).ok().element("AccessKeyId");
    let last_used = || root.iam("GetAccessKeyLastUsed", &[("AccessKeyId", &id)]);
    expect![[r#"
        <UserName>u</UserName>
        <AccessKeyLastUsed>
        <ServiceName>N/A</ServiceName>
        <Region>N/A</Region></AccessKeyLastUsed>"#]]
    .assert_eq(&last_used().result());
    server.pass(60);
    user.sts("GetCallerIdentity", &[]).ok();
    server.flush();
    expect![[r#"
        <UserName>u</UserName>
        <AccessKeyLastUsed>
        <LastUsedDate>2026-01-02T03:05:05Z</LastUsedDate>
        <ServiceName>sts</ServiceName>
        <Region>us-east-1</Region></AccessKeyLastUsed>"#]]
    .assert_eq(&last_used().result());
}

#[test]
fn sts_tells_the_account_of_any_key() {
    let server = Server::start();
    let root = server.root();
    server.user("u");
    let id = root.iam("ListAccessKeys", &[("UserName", "u")]).ok().element("AccessKeyId");
    let info = |id: &str| root.sts("GetAccessKeyInfo", &[("AccessKeyId", id)]);
    assert_eq!(info(&id).ok().element("Account"), "123456789012");
    assert_eq!(info("AKIAROOT000000000002").ok().element("Account"), "210987654321");
    assert_eq!(info("ASIAQNZGKIQY56JQ7WML").ok().element("Account"), "029608264753");
    expect!["400 ValidationError: Invalid access key id."]
        .assert_eq(&info("not_a_key_at_all").error());
}
