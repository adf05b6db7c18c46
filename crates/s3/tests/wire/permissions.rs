//! Who may do what: bucket policies, Block Public Access, and who learns that a key is missing.

use expect_test::expect;

use crate::common::{Answer, World};
use crate::people::{ABROAD, HOME, canonical, root};

fn allow(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{action},"Resource":"{resource}"}}]}}"#
    )
}

fn bucket_policy(principal: &str, effect: &str, action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":"{action}","Resource":"{resource}"}}]}}"#
    )
}

async fn put_policy(world: &World, text: &str) -> Answer {
    world.call("PUT", "/bkt?policy").body(text).send().await
}

#[tokio::test]
async fn denials_name_action_resource_and_reason() {
    let world = World::with_bucket().await;
    let key = world.people.user(HOME, "mute", &allow(r#""s3:PutObject""#, "arn:aws:s3:::bkt/*"));
    expect![[r#"
        403
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>AccessDenied</Code>
        <Message>User: arn:aws:iam::123456789012:user/mute is not authorized to
          perform: s3:ListAllMyBuckets because no identity-based policy allows the
          s3:ListAllMyBuckets action</Message></Error>"#]]
    .assert_eq(&world.call("GET", "/").by(&key).send().await.show());
    expect![[r#"
        403
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>AccessDenied</Code>
        <Message>User: arn:aws:iam::123456789012:user/mute is not authorized to
          perform: s3:ListBucket on resource: &quot;arn:aws:s3:::bkt&quot; because no
          identity-based policy allows the s3:ListBucket action</Message></Error>"#]]
    .assert_eq(&world.call("GET", "/bkt").by(&key).send().await.show());
    expect![[r#"
        403
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>AccessDenied</Code>
        <Message>User: arn:aws:iam::123456789012:user/mute is not authorized to
          perform: s3:GetObject on resource: &quot;arn:aws:s3:::bkt/k&quot; because no
          identity-based policy allows the s3:GetObject action</Message></Error>"#]]
    .assert_eq(&world.call("GET", "/bkt/k").by(&key).send().await.show());
    expect![[r#"
        403
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>AccessDenied</Code>
        <Message>Access Denied</Message></Error>"#]]
    .assert_eq(&world.call("GET", "/bkt/k").anonymous().send().await.show());
    assert_eq!(
        world.call("HEAD", "/bkt/k").by(&key).send().await.show(),
        "403\ncontent-type: application/xml\n"
    );
    assert_eq!(world.call("PUT", "/bkt/k").by(&key).body("v").send().await.status, 200);
}

#[tokio::test]
async fn only_who_may_list_learns_that_a_key_is_missing() {
    let world = World::with_bucket().await;
    let reader = world.people.user(HOME, "read", &allow(r#""s3:GetObject""#, "arn:aws:s3:::bkt/*"));
    let both = allow(r#"["s3:GetObject","s3:ListBucket"]"#, "arn:aws:s3:::bkt*");
    let lister = world.people.user(HOME, "list", &both);
    expect![[r#"
        403
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>AccessDenied</Code>
        <Message>User: arn:aws:iam::123456789012:user/read is not authorized to
          perform: s3:ListBucket on resource: &quot;arn:aws:s3:::bkt&quot; because no
          identity-based policy allows the s3:ListBucket action</Message></Error>"#]]
    .assert_eq(&world.call("GET", "/bkt/k").by(&reader).send().await.show());
    assert_eq!(world.call("GET", "/bkt/k").by(&lister).send().await.code(), "404 NoSuchKey");
    assert_eq!(world.call("HEAD", "/bkt/k").by(&reader).send().await.status, 403);
    assert_eq!(world.call("HEAD", "/bkt/k").by(&lister).send().await.status, 404);
}

#[tokio::test]
async fn conditions_see_the_prefix_of_a_listing() {
    let world = World::with_bucket().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bkt","Condition":{"StringEquals":{"s3:prefix":["","home/"]}}}]}"#;
    let key = world.people.user(HOME, "home", policy);
    for (target, status) in [
        ("/bkt", 200),
        ("/bkt?prefix=", 200),
        ("/bkt?list-type=2&prefix=home%2F", 200),
        ("/bkt?prefix=other", 403),
    ] {
        assert_eq!(world.call("GET", target).by(&key).send().await.status, status, "{target}");
    }
}

#[tokio::test]
async fn a_bucket_policy_names_users_by_id_and_shows_their_arns() {
    let world = World::with_bucket().await;
    let key = world.people.user(HOME, "ann", &allow(r#""iam:GetUser""#, "*"));
    let arn = format!(r#"{{"AWS":"arn:aws:iam::{HOME}:user/ann"}}"#);
    let text = bucket_policy(&arn, "Allow", "s3:GetObject", "arn:aws:s3:::bkt/*");
    assert_eq!(put_policy(&world, &text).await.show(), "204\n");
    world.put("k", "v").await;
    let get = || world.call("GET", "/bkt/k").by(&key);
    assert_eq!(get().send().await.status, 200);
    assert_eq!(world.call("GET", "/bkt?policy").send().await.text(), text);
    // Made again under the same name, it is somebody else.
    world.people.delete("ann");
    let shown = world.call("GET", "/bkt?policy").send().await.text();
    assert!(shown.contains(r#""AWS":"AIDA"#), "{shown}");
    assert_eq!(world.call("DELETE", "/bkt?policy").send().await.status, 204);
    expect![[r#"
        404
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>NoSuchBucketPolicy</Code>
        <Message>The bucket policy does not exist</Message>
        <BucketName>bkt</BucketName></Error>"#]]
    .assert_eq(&world.call("GET", "/bkt?policy").send().await.show());
}

#[tokio::test]
async fn malformed_policies_are_refused_in_s3s_words() {
    let world = World::with_bucket().await;
    let bucket = "arn:aws:s3:::bkt";
    for (text, expected) in [
        (
            "x".to_owned(),
            expect![[r#"
                400
                content-type: application/xml
                <?xml version="1.0" encoding="UTF-8"?>
                <Error>
                <Code>MalformedPolicy</Code>
                <Message>Policies must be valid JSON and the first byte must be
                  '{'</Message></Error>"#]],
        ),
        (
            "{}".to_owned(),
            expect![[r#"
            400
            content-type: application/xml
            <?xml version="1.0" encoding="UTF-8"?>
            <Error>
            <Code>MalformedPolicy</Code>
            <Message>Missing required field Statement</Message></Error>"#]],
        ),
        (
            bucket_policy(r#""*""#, "Allow", "s3:ListBucket", "arn:aws:s3:::other"),
            expect![[r#"
            400
            content-type: application/xml
            <?xml version="1.0" encoding="UTF-8"?>
            <Error>
            <Code>MalformedPolicy</Code>
            <Message>Policy has invalid resource</Message></Error>"#]],
        ),
        (
            bucket_policy(r#""*""#, "Allow", "s3:GetObject", bucket),
            expect![[r#"
            400
            content-type: application/xml
            <?xml version="1.0" encoding="UTF-8"?>
            <Error>
            <Code>MalformedPolicy</Code>
            <Message>Action does not apply to any resource(s) in statement</Message></Error>"#]],
        ),
    ] {
        expected.assert_eq(&put_policy(&world, &text).await.show());
    }
}

#[tokio::test]
async fn a_policy_for_somebody_who_is_not_there_is_refused() {
    let world = World::with_bucket().await;
    let nobody = format!(r#"{{"AWS":"arn:aws:iam::{HOME}:user/nobody"}}"#);
    let bucket = "arn:aws:s3:::bkt";
    for (text, expected) in [
        (
            bucket_policy(&nobody, "Allow", "s3:ListBucket", bucket),
            expect![[r#"
                400
                content-type: application/xml
                <?xml version="1.0" encoding="UTF-8"?>
                <Error>
                <Code>MalformedPolicy</Code>
                <Message>Invalid principal in policy</Message>
                <Detail>&quot;AWS&quot; :
                  &quot;arn:aws:iam::123456789012:user/nobody&quot;</Detail></Error>"#]],
        ),
        (
            bucket_policy(r#"{"AWS":"AIDAQQQQQQQQQQQQQQQQQ"}"#, "Deny", "s3:*", bucket),
            expect![[r#"
            400
            content-type: application/xml
            <?xml version="1.0" encoding="UTF-8"?>
            <Error>
            <Code>MalformedPolicy</Code>
            <Message>Invalid principal in policy</Message>
            <Detail>&quot;AWS&quot; : &quot;AIDAQQQQQQQQQQQQQQQQQ&quot;</Detail></Error>"#]],
        ),
    ] {
        expected.assert_eq(&put_policy(&world, &text).await.show());
    }
}

#[tokio::test]
async fn public_policies_are_blocked_until_the_block_is_taken_off() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let text = bucket_policy(r#""*""#, "Allow", "s3:GetObject", "arn:aws:s3:::bkt/*");
    expect![[r#"
        403
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>AccessDenied</Code>
        <Message>User: arn:aws:iam::123456789012:root is not authorized to perform:
          s3:PutBucketPolicy on resource: &quot;arn:aws:s3:::bkt&quot; because public
          policies are prevented by the BlockPublicPolicy setting in S3 Block Public
          Access.</Message></Error>"#]]
    .assert_eq(&put_policy(&world, &text).await.show());
    world.call("DELETE", "/bkt?publicAccessBlock").send().await.ok();
    put_policy(&world, &text).await.ok();
    let anyone = || world.call("GET", "/bkt/k").anonymous();
    assert_eq!(anyone().send().await.text(), "v");
    assert_eq!(world.call("GET", "/bkt?policyStatus").send().await.element("IsPublic"), "true");
    let block = "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    world.call("PUT", "/bkt?publicAccessBlock").body(block).send().await.ok();
    assert_eq!(anyone().send().await.code(), "403 AccessDenied");
    let stranger = world.call("GET", "/bkt/k").by(&root(ABROAD)).send().await;
    assert_eq!(stranger.element("Message"), "Access Denied");
    assert_eq!(world.call("GET", "/bkt/k").send().await.status, 200);
}

#[tokio::test]
async fn another_account_is_let_in_by_the_policy() {
    let world = World::with_bucket().await;
    let stranger = root(ABROAD);
    assert_eq!(world.call("GET", "/bkt").by(&stranger).send().await.code(), "403 AccessDenied");
    let principal = format!(r#"{{"CanonicalUser":"{}"}}"#, canonical(ABROAD));
    let text = bucket_policy(&principal, "Allow", "s3:ListBucket", "arn:aws:s3:::bkt");
    put_policy(&world, &text).await.ok();
    assert_eq!(world.call("GET", "/bkt").by(&stranger).send().await.status, 200);
    let shown = world.call("GET", "/bkt?policy").send().await.text();
    assert!(shown.contains(&format!("arn:aws:iam::{ABROAD}:root")), "{shown}");
}

#[tokio::test]
async fn the_owners_root_can_always_take_its_policy_back() {
    let world = World::with_bucket().await;
    let text = bucket_policy(r#""*""#, "Deny", "s3:*", "arn:aws:s3:::bkt");
    put_policy(&world, &text).await.ok();
    assert_eq!(world.call("GET", "/bkt").send().await.code(), "403 AccessDenied");
    assert_eq!(world.call("GET", "/bkt?policy").send().await.status, 200);
    assert_eq!(world.call("DELETE", "/bkt?policy").send().await.status, 204);
    assert_eq!(world.call("GET", "/bkt").send().await.status, 200);
}

#[tokio::test]
async fn each_key_of_many_is_decided_by_itself() {
    let world = World::with_bucket().await;
    world.put("mine/a", "1").await;
    world.put("other", "2").await;
    let key =
        world.people.user(HOME, "del", &allow(r#""s3:DeleteObject""#, "arn:aws:s3:::bkt/mine/*"));
    let body =
        "<Delete><Object><Key>mine/a</Key></Object><Object><Key>other</Key></Object></Delete>";
    let answer = world.call("POST", "/bkt?delete").by(&key).document(body).send().await;
    expect![[r#"
        200
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <Deleted>
        <Key>mine/a</Key></Deleted>
        <Error>
        <Key>other</Key>
        <Code>AccessDenied</Code>
        <Message>User: arn:aws:iam::123456789012:user/del is not authorized to perform:
          s3:DeleteObject on resource: &quot;arn:aws:s3:::bkt/other&quot; because no
          identity-based policy allows the s3:DeleteObject
          action</Message></Error></DeleteResult>"#]]
    .assert_eq(&answer.show());
}

#[tokio::test]
async fn only_the_owners_account_deals_with_the_policy() {
    let world = World::with_bucket().await;
    let principal = format!(r#"{{"AWS":"{ABROAD}"}}"#);
    let text = bucket_policy(&principal, "Allow", "s3:*", "arn:aws:s3:::bkt");
    put_policy(&world, &text).await.ok();
    let stranger = || world.call("GET", "/bkt?policy").by(&root(ABROAD));
    expect![[r#"
        405
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>MethodNotAllowed</Code>
        <Message>The specified method is not allowed against this resource.</Message>
        <Method>GET</Method>
        <ResourceType>BUCKETPOLICY</ResourceType></Error>"#]]
    .assert_eq(&stranger().send().await.show());
}

#[tokio::test]
async fn who_may_list_what_begins_with_a_key_learns_that_it_is_missing() {
    let world = World::with_bucket().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bkt",
         "Condition":{"StringLike":{"s3:prefix":"public/*"}}},
        {"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::bkt/*"}]}"#;
    let key = world.people.user(HOME, "part", policy);
    let get = |target: &str| world.call("GET", target).by(&key);
    assert_eq!(get("/bkt/public/k").send().await.code(), "404 NoSuchKey");
    assert_eq!(get("/bkt/private/k").send().await.code(), "403 AccessDenied");
    // The key that is missing decides, not the one that is written.
    let copy =
        |from| world.call("PUT", "/bkt/public/to").header("x-amz-copy-source", from).by(&key);
    assert_eq!(copy("bkt/private/k").send().await.code(), "403 AccessDenied");
    assert_eq!(copy("bkt/public/k").send().await.code(), "404 NoSuchKey");
}

#[tokio::test]
async fn who_deletes_an_object_of_a_tag_must_be_allowed_to_read_it() {
    let world = World::with_bucket().await;
    let tag = world.put("k", "v").await.header("etag");
    let policy = allow(r#""s3:DeleteObject""#, "arn:aws:s3:::bkt/*");
    let blind = world.people.user(HOME, "blind", &policy);
    let delete = |key: &str| world.call("DELETE", &format!("/bkt/{key}")).by(&blind);
    assert_eq!(delete("k").header("if-match", &tag).send().await.code(), "403 AccessDenied");
    assert_eq!(delete("none").header("if-match", &tag).send().await.code(), "403 AccessDenied");
    let many = |tag: &str| {
        let object = format!("<Object><Key>k</Key><ETag>{tag}</ETag></Object>");
        world.call("POST", "/bkt?delete").document(&format!("<Delete>{object}</Delete>")).by(&blind)
    };
    assert_eq!(many("x").send().await.ok().element("Code"), "AccessDenied");
    assert_eq!(delete("k").header("if-match", "*").send().await.status, 204);
}

#[tokio::test]
async fn each_key_of_a_delete_is_decided_by_its_own_version_and_tag() {
    let world = World::with_bucket().await;
    let tag = world.put("k", "v").await.header("etag");
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["s3:DeleteObject*","s3:GetObject"],"Resource":"*"},
        {"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*",
         "Condition":{"Null":{"s3:if-match":"true"}}},
        {"Effect":"Deny","Action":"s3:DeleteObjectVersion","Resource":"*",
         "Condition":{"StringEquals":{"s3:versionid":"null"}}}]}"#;
    let careful = world.people.user(HOME, "careful", policy);
    let delete = |object: &str| {
        let body = format!("<Delete><Object><Key>k</Key>{object}</Object></Delete>");
        world.call("POST", "/bkt?delete").document(&body).by(&careful)
    };
    for (object, code) in [
        (String::new(), "AccessDenied"),
        ("<VersionId>null</VersionId>".to_owned(), "AccessDenied"),
        (format!("<ETag>{}</ETag>", tag.trim_matches('"')), ""),
    ] {
        assert_eq!(delete(&object).send().await.ok().element("Code"), code, "{object}");
    }
}
