//! Checksums: sent in headers or behind the body, computed, compared and told again.

use expect_test::expect;

use crate::common::World;

#[tokio::test]
async fn the_server_computes_a_checksum_where_none_is_named() {
    let world = World::with_bucket().await;
    world.put("k", "123456789").await;
    let head = world.call("HEAD", "/bkt/k").header("x-amz-checksum-mode", "ENABLED").send().await;
    assert_eq!(head.header("x-amz-checksum-crc64nvme"), "rosUhgp5mIg=");
    assert_eq!(head.header("x-amz-checksum-type"), "FULL_OBJECT");
    assert_eq!(world.call("HEAD", "/bkt/k").send().await.header("x-amz-checksum-crc64nvme"), "");
    assert_eq!(world.call("GET", "/bkt").send().await.element("ChecksumAlgorithm"), "CRC64NVME");
}

#[tokio::test]
async fn a_checksum_in_a_header_is_compared() {
    let world = World::with_bucket().await;
    let put =
        |name: &str, value: &str| world.call("PUT", "/bkt/k").header(name, value).body("123456789");
    let good = put("x-amz-checksum-crc32", "y/Q5Jg==").send().await.ok();
    assert_eq!(good.header("x-amz-checksum-crc32"), "y/Q5Jg==");
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>BadDigest</Code>
        <Message>The CRC32 you specified did not match the calculated
          checksum.</Message></Error>"#]]
    .assert_eq(&put("x-amz-checksum-crc32", "AAAAAA==").send().await.show());
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidRequest</Code>
        <Message>Value for x-amz-checksum-sha256 header is invalid.</Message></Error>"#]]
    .assert_eq(&put("x-amz-checksum-sha256", "abc").send().await.show());
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidDigest</Code>
        <Message>The Content-MD5 you specified was invalid.</Message>
        <Content-MD5>000</Content-MD5></Error>"#]]
    .assert_eq(&put("content-md5", "000").send().await.show());
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>BadDigest</Code>
        <Message>The Content-MD5 you specified did not match what we received.</Message>
        <ExpectedDigest>09891eb590524e35fc73372cddc5d596</ExpectedDigest>
        <CalculatedDigest>JfnnlDI7RTiF9RgfG2JNCw==</CalculatedDigest></Error>"#]]
    .assert_eq(&put("content-md5", "CYketZBSTjX8czcs3cXVlg==").send().await.show());
    let two = put("x-amz-checksum-crc32", "y/Q5Jg==").header("x-amz-checksum-crc32c", "4waSgw==");
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidRequest</Code>
        <Message>Expecting a single x-amz-checksum- header. Multiple checksum Types are
          not allowed.</Message></Error>"#]]
    .assert_eq(&two.send().await.show());
    let none = put("x-amz-sdk-checksum-algorithm", "CRC32");
    assert_eq!(none.send().await.code(), "400 InvalidRequest");
}

#[tokio::test]
async fn a_checksum_behind_the_body_is_compared() {
    let world = World::with_bucket().await;
    let put = |value: &str| {
        world.call("PUT", "/bkt/k").with_trailer(b"123456789", "x-amz-checksum-crc32", value)
    };
    let good = put("y/Q5Jg==").send().await.ok();
    assert_eq!(good.header("x-amz-checksum-crc32"), "y/Q5Jg==");
    let head = world.call("HEAD", "/bkt/k").send().await;
    assert_eq!(
        (head.header("content-encoding").as_str(), head.header("content-length").as_str()),
        ("", "9")
    );
    assert_eq!(put("AAAAAA==").send().await.code(), "400 BadDigest");
    assert_eq!(put("nonsense").send().await.code(), "400 InvalidRequest");
}

#[tokio::test]
async fn a_large_body_that_is_not_what_it_says_leaves_nothing() {
    let world = World::with_bucket().await;
    let body = vec![7u8; 2_000_000];
    let bad =
        world.call("PUT", "/bkt/k").header("x-amz-checksum-crc32", "AAAAAA==").body(body.clone());
    assert_eq!(bad.send().await.code(), "400 BadDigest");
    let unmet = world.call("PUT", "/bkt/k").header("if-match", "\"x\"").body(body);
    assert_eq!(unmet.send().await.code(), "404 NoSuchKey");
    assert_eq!(world.call("HEAD", "/bkt/k").send().await.status, 404);
    // The thread that writes lets go of its file last.
    for _ in 0..1000 {
        if world.sweep().0 == 0 {
            return;
        }
        tokio::task::spawn_blocking(|| ()).await.expect("a thread");
    }
    panic!("something was left: {:?}", world.sweep());
}

#[tokio::test]
async fn documents_are_compared_too() {
    let world = World::with_bucket().await;
    let body = "<Delete><Object><Key>k</Key></Object></Delete>";
    let delete = || world.call("POST", "/bkt?delete");
    assert_eq!(delete().document(body).send().await.code(), "200");
    expect![[r#"
        400
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidRequest</Code>
        <Message>Missing required header for this request: Content-MD5 OR
          x-amz-checksum-*</Message></Error>"#]]
    .assert_eq(&delete().body(body).send().await.show());
    let bad = delete().header("content-md5", "CYketZBSTjX8czcs3cXVlg==").body(body);
    assert_eq!(bad.send().await.code(), "400 BadDigest");
    let bad = delete().with_trailer(body.as_bytes(), "x-amz-checksum-crc32", "AAAAAA==");
    assert_eq!(bad.send().await.code(), "400 BadDigest");
}
