//! Buckets: made, listed, asked for and deleted.

use expect_test::expect;

use crate::common::World;
use crate::people::{ABROAD, root};

#[tokio::test]
async fn a_bucket_is_made_listed_and_deleted() {
    let world = World::new();
    expect![[r#"
        200
        location: /my-bucket
        x-amz-bucket-arn: arn:aws:s3:::my-bucket
    "#]]
    .assert_eq(&world.call("PUT", "/my-bucket").send().await.show());
    expect![[r#"
        200
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <Owner>
        <ID>123456789012ffffffffffffffffffffffffffffffffffffffffffffffffffff</ID></Owner>
        <Buckets>
        <Bucket>
        <Name>my-bucket</Name>
        <CreationDate>2026-01-02T03:04:05.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>"#]].assert_eq(&world.call("GET", "/").send().await.show());
    expect![[r#"
        200
        content-type: application/xml
        x-amz-access-point-alias: false
        x-amz-bucket-arn: arn:aws:s3:::my-bucket
        x-amz-bucket-region: us-east-1
    "#]]
    .assert_eq(&world.call("HEAD", "/my-bucket").send().await.show());
    expect![[r#"
        200
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>"#]]
    .assert_eq(&world.call("GET", "/my-bucket?location").send().await.show());
    expect![[r#"
        204
    "#]]
    .assert_eq(&world.call("DELETE", "/my-bucket").send().await.show());
    expect![[r#"
        404
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>NoSuchBucket</Code>
        <Message>The specified bucket does not exist</Message>
        <BucketName>my-bucket</BucketName></Error>"#]]
    .assert_eq(&world.call("DELETE", "/my-bucket").send().await.show());
    assert_eq!(
        world.call("HEAD", "/my-bucket").send().await.show(),
        "404\ncontent-type: application/xml\n"
    );
}

#[tokio::test]
async fn names_are_checked_and_taken_once() {
    let world = World::with_bucket().await;
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidBucketName</Code>
        <Message>The specified bucket is not valid.</Message>
        <BucketName>Upper</BucketName></Error>"#]]
    .assert_eq(&world.call("PUT", "/Upper").send().await.show());
    // The owner may repeat the call in us-east-1.
    assert_eq!(world.call("PUT", "/bkt").send().await.code(), "200");
    let stranger = world.call("PUT", "/bkt").by(&root(ABROAD));
    expect![[r#"
        409
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>BucketAlreadyExists</Code>
        <Message>The requested bucket name is not available. The bucket namespace is
          shared by all users of the system. Please select a different name and try
          again.</Message></Error>"#]]
    .assert_eq(&stranger.send().await.show());
    let elsewhere = r#"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"#;
    let again = world.call("PUT", "/bkt").body(elsewhere);
    expect![[r#"
        409
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>BucketAlreadyOwnedByYou</Code>
        <Message>Your previous request to create the named bucket succeeded and you
          already own it.</Message>
        <BucketName>bkt</BucketName></Error>"#]]
    .assert_eq(&again.send().await.show());
}

#[tokio::test]
async fn a_bucket_lives_in_its_region() {
    let world = World::new();
    let body = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                <LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    let made = world.call("PUT", "/far").region("eu-west-1").body(body).send().await;
    assert_eq!(
        (made.status, made.header("location").as_str()),
        (200, "http://far.s3.amazonaws.com/")
    );
    expect![[r#"
        200
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <LocationConstraint
          xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>"#]]
    .assert_eq(&world.call("GET", "/far?location").send().await.show());
    expect![[r#"
        301
        content-type: application/xml
        x-amz-bucket-region: eu-west-1
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>PermanentRedirect</Code>
        <Message>The bucket you are attempting to access must be addressed using the
          specified endpoint. Please send all future requests to this
          endpoint.</Message>
        <Endpoint>far.s3.eu-west-1.amazonaws.com</Endpoint>
        <Bucket>far</Bucket></Error>"#]]
    .assert_eq(&world.call("GET", "/far").send().await.show());
    expect![[r#"
        301
        content-type: application/xml
        x-amz-bucket-region: eu-west-1
    "#]]
    .assert_eq(&world.call("HEAD", "/far").send().await.show());
    assert_eq!(world.call("HEAD", "/far").region("eu-west-1").send().await.status, 200);
    let plain = world.call("PUT", "/far2").region("eu-west-1").send().await;
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>IllegalLocationConstraintException</Code>
        <Message>The unspecified location constraint is incompatible for the region
          specific endpoint this request was sent to.</Message></Error>"#]]
    .assert_eq(&plain.show());
}

#[tokio::test]
async fn a_bucket_that_holds_an_object_stays() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    expect![[r#"
        409
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>BucketNotEmpty</Code>
        <Message>The bucket you tried to delete is not empty</Message>
        <BucketName>bkt</BucketName></Error>"#]]
    .assert_eq(&world.call("DELETE", "/bkt").send().await.show());
    world.call("DELETE", "/bkt/k").send().await.ok();
    assert_eq!(world.call("DELETE", "/bkt").send().await.status, 204);
}

#[tokio::test]
async fn buckets_are_listed_in_pages() {
    let world = World::new();
    for name in ["aaa", "aab", "bbb"] {
        world.call("PUT", &format!("/{name}")).send().await.ok();
    }
    let page = world.call("GET", "/?max-buckets=2").send().await.ok();
    assert_eq!(page.elements("Name"), ["aaa", "aab"]);
    assert_eq!(page.elements("BucketArn"), ["arn:aws:s3:::aaa", "arn:aws:s3:::aab"]);
    let token = page
        .element("ContinuationToken")
        .replace('+', "%2B")
        .replace('=', "%3D")
        .replace('/', "%2F");
    let target = format!("/?continuation-token={token}&max-buckets=2");
    let rest = world.call("GET", &target).send().await.ok();
    assert_eq!(rest.elements("Name"), ["bbb"]);
    assert_eq!(rest.element("ContinuationToken"), "");
    let filtered = world.call("GET", "/?prefix=aa").send().await.ok();
    assert_eq!(filtered.elements("Name"), ["aaa", "aab"]);
    for (query, code) in [
        ("bucket-region=eu-east-1", "400 InvalidArgument"),
        ("continuation-token=abc", "400 InvalidArgument"),
        ("max-buckets=0", "400 InvalidArgument"),
        ("bucket-region=eu-west-1", "200"),
    ] {
        let answer = world.call("GET", &format!("/?{query}")).send().await;
        assert_eq!(answer.code(), code, "{query}");
    }
}

#[tokio::test]
async fn new_buckets_answer_their_defaults() {
    let world = World::with_bucket().await;
    for (query, expected) in [
        (
            "versioning",
            expect![[r#"
            200
            content-type: application/xml
            <?xml version="1.0" encoding="UTF-8"?>
            <VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>"#]],
        ),
        (
            "encryption",
            expect![[r#"
                200
                content-type: application/xml
                <?xml version="1.0" encoding="UTF-8"?>
                <ServerSideEncryptionConfiguration
                  xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
                <Rule>
                <ApplyServerSideEncryptionByDefault>
                <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>
                <BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"#]],
        ),
        (
            "ownershipControls",
            expect![[r#"
            200
            content-type: application/xml
            <?xml version="1.0" encoding="UTF-8"?>
            <OwnershipControls xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <Rule>
            <ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"#]],
        ),
        (
            "acl",
            expect![[r#"
                200
                content-type: application/xml
                <?xml version="1.0" encoding="UTF-8"?>
                <AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
                <Owner>
                <ID>123456789012ffffffffffffffffffffffffffffffffffffffffffffffffffff</ID></Owner>
                <AccessControlList>
                <Grant>
                <Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
                  xsi:type="CanonicalUser">
                <ID>123456789012ffffffffffffffffffffffffffffffffffffffffffffffffffff</ID></Grantee>
                <Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"#]],
        ),
        (
            "publicAccessBlock",
            expect![[r#"
            200
            content-type: application/xml
            <?xml version="1.0" encoding="UTF-8"?>
            <PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <BlockPublicAcls>true</BlockPublicAcls>
            <IgnorePublicAcls>true</IgnorePublicAcls>
            <BlockPublicPolicy>true</BlockPublicPolicy>
            <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"#]],
        ),
    ] {
        expected.assert_eq(&world.call("GET", &format!("/bkt?{query}")).send().await.show());
    }
}

#[tokio::test]
async fn new_buckets_have_neither_policy_nor_tags() {
    let world = World::with_bucket().await;
    for (query, expected) in [
        (
            "policy",
            expect![[r#"
            404
            content-type: application/xml
            <?xml version="1.0" encoding="UTF-8"?>
            <Error>
            <Code>NoSuchBucketPolicy</Code>
            <Message>The bucket policy does not exist</Message>
            <BucketName>bkt</BucketName></Error>"#]],
        ),
        (
            "tagging",
            expect![[r#"
            404
            content-type: application/xml
            <?xml version="1.0" encoding="UTF-8"?>
            <Error>
            <Code>NoSuchTagSet</Code>
            <Message>The TagSet does not exist</Message>
            <BucketName>bkt</BucketName></Error>"#]],
        ),
    ] {
        expected.assert_eq(&world.call("GET", &format!("/bkt?{query}")).send().await.show());
    }
}

#[tokio::test]
async fn what_is_not_done_is_refused() {
    let world = World::new();
    let cases = [
        ("x-amz-object-ownership", "ObjectWriter", "200"),
        ("x-amz-object-ownership", "RandomValue", "400 InvalidArgument"),
        ("x-amz-object-ownership", "BucketOwnerEnforced", "200"),
        ("x-amz-acl", "private", "200"),
        ("x-amz-acl", "public-read", "400 InvalidBucketAclWithObjectOwnership"),
        ("x-amz-acl", "fake", "400 InvalidArgument"),
        ("x-amz-grant-read", "id=\"x\"", "400 InvalidArgument"),
        ("x-amz-grant-read", "who=\"x\"", "400 InvalidArgument"),
    ];
    for (name, value, code) in cases {
        let answer = world.call("PUT", "/bkt").header(name, value).send().await;
        assert_eq!(answer.code(), code, "{name}: {value}");
    }
}

#[tokio::test]
async fn the_expected_owner_must_be_the_owner() {
    let world = World::with_bucket().await;
    for (owner, code) in [
        ("123456789012", "200"),
        ("210987654321", "403 AccessDenied"),
        ("0000", "400 InvalidBucketOwnerAWSAccountID"),
    ] {
        let call = world.call("GET", "/bkt").header("x-amz-expected-bucket-owner", owner);
        assert_eq!(call.send().await.code(), code, "{owner}");
    }
}

#[tokio::test]
async fn public_access_block_is_kept_and_taken_off() {
    let world = World::with_bucket().await;
    let body = "<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy></PublicAccessBlockConfiguration>";
    let put = world.call("PUT", "/bkt?publicAccessBlock").body(body).send().await;
    assert_eq!(put.status, 200, "{}", put.show());
    let get = world.call("GET", "/bkt?publicAccessBlock").send().await;
    assert_eq!(get.element("BlockPublicPolicy"), "true");
    assert_eq!(get.element("BlockPublicAcls"), "false");
    assert_eq!(world.call("DELETE", "/bkt?publicAccessBlock").send().await.status, 204);
    expect![[r#"
        404
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>NoSuchPublicAccessBlockConfiguration</Code>
        <Message>The public access block configuration was not found</Message>
        <BucketName>bkt</BucketName></Error>"#]]
    .assert_eq(&world.call("GET", "/bkt?publicAccessBlock").send().await.show());
}

#[tokio::test]
async fn a_bucket_made_under_the_old_name_of_a_region_keeps_it() {
    let world = World::new();
    for (name, constraint) in [("old-name", "EU"), ("new-name", "eu-west-1")] {
        let body = format!(
            "<CreateBucketConfiguration><LocationConstraint>{constraint}</LocationConstraint>\
             </CreateBucketConfiguration>"
        );
        world.call("PUT", &format!("/{name}")).body(body).send().await.ok();
        let target = format!("/{name}?location");
        let location = world.call("GET", &target).region("eu-west-1").send().await.ok();
        assert!(location.text().contains(&format!(">{constraint}</")), "{}", location.text());
    }
    let listed = world.call("GET", "/?prefix=old").send().await.ok();
    assert_eq!(listed.elements("BucketRegion"), ["eu-west-1"]);
    let listed = world.call("GET", "/?continuation-token=&max-buckets=1").send().await.ok();
    assert_eq!(listed.elements("Name"), ["new-name"]);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_said_before_a_document_that_is_none() {
    let world = World::with_bucket().await;
    let stranger = root(ABROAD);
    let empty = "<ServerSideEncryptionConfiguration/>";
    for (query, body) in [("encryption", empty), ("versioning", "<"), ("tagging", "")] {
        let call = |bucket: &str| world.call("PUT", &format!("/{bucket}?{query}")).document(body);
        assert_eq!(call("none").send().await.code(), "404 NoSuchBucket", "{query}");
        let own = call("bkt").send().await;
        assert_eq!(own.status, 400, "{query}: {}", own.show());
        let strange = call("bkt").by(&stranger).send().await;
        assert_eq!(strange.code(), "403 AccessDenied", "{query}");
    }
}
