//! Objects: put, got, by ranges and under conditions, deleted.

use expect_test::expect;

use crate::common::World;

#[tokio::test]
async fn an_object_is_put_and_got() {
    let world = World::with_bucket().await;
    let put = world
        .call("PUT", "/bkt/dir/k%20ey")
        .header("content-type", "text/plain")
        .header("x-amz-meta-colour", "blue")
        .header("cache-control", "no-cache")
        .body("hello");
    expect![[r#"
        200
        etag: "5d41402abc4b2a76b9719d911017c592"
        x-amz-checksum-crc64nvme: M3eFcAZSQlc=
        x-amz-checksum-type: FULL_OBJECT
        x-amz-server-side-encryption: AES256
    "#]]
    .assert_eq(&put.send().await.show());
    expect![[r#"
        200
        accept-ranges: bytes
        cache-control: no-cache
        content-length: 5
        content-type: text/plain
        etag: "5d41402abc4b2a76b9719d911017c592"
        last-modified: Fri, 02 Jan 2026 03:04:05 GMT
        x-amz-meta-colour: blue
        x-amz-server-side-encryption: AES256
        hello"#]]
    .assert_eq(&world.call("GET", "/bkt/dir/k%20ey").send().await.show());
    expect![[r#"
        200
        accept-ranges: bytes
        cache-control: no-cache
        content-length: 5
        content-type: text/plain
        etag: "5d41402abc4b2a76b9719d911017c592"
        last-modified: Fri, 02 Jan 2026 03:04:05 GMT
        x-amz-meta-colour: blue
        x-amz-server-side-encryption: AES256
    "#]]
    .assert_eq(&world.call("HEAD", "/bkt/dir/k%20ey").send().await.show());
    expect![[r#"
        204
    "#]]
    .assert_eq(&world.call("DELETE", "/bkt/dir/k%20ey").send().await.show());
    expect![[r#"
        404
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>NoSuchKey</Code>
        <Message>The specified key does not exist.</Message>
        <Key>dir/k ey</Key></Error>"#]]
    .assert_eq(&world.call("GET", "/bkt/dir/k%20ey").send().await.show());
    assert_eq!(
        world.call("HEAD", "/bkt/dir/k%20ey").send().await.show(),
        "404\ncontent-type: application/xml\n"
    );
    assert_eq!(world.call("DELETE", "/bkt/dir/k%20ey").send().await.status, 204);
}

#[tokio::test]
async fn bodies_of_every_size_come_back_whole_and_in_ranges() {
    let world = World::with_bucket().await;
    for size in [0usize, 1, 3072, 3073, 65_536, 65_537, 1_048_577, 3_000_000] {
        let body: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
        world.call("PUT", "/bkt/k").body(body.clone()).send().await.ok();
        let whole = world.call("GET", "/bkt/k").send().await.ok();
        assert_eq!(whole.header("content-length"), size.to_string());
        assert!(whole.body == body, "{size} bytes");
        for (from, to) in [(0, 0), (size / 3, size / 2), (size.saturating_sub(5), size + 10)] {
            if from >= size {
                continue;
            }
            let range = format!("bytes={from}-{to}");
            let part = world.call("GET", "/bkt/k").header("range", &range).send().await;
            let end = (to + 1).min(size);
            assert_eq!(part.status, 206, "{range} of {size}");
            assert_eq!(part.header("content-range"), format!("bytes {from}-{}/{size}", end - 1));
            assert!(part.body == body[from..end], "{range} of {size}");
        }
    }
    world.call("DELETE", "/bkt/k").send().await.ok();
    assert_eq!(world.sweep().0, 0, "replaced and deleted bodies are gone");
}

#[tokio::test]
async fn ranges_that_cannot_be_are_refused() {
    let world = World::with_bucket().await;
    world.put("k", "0123456789").await;
    let get = |range: &'static str| world.call("GET", "/bkt/k").header("range", range);
    expect![[r#"
        416
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidRange</Code>
        <Message>The requested range is not satisfiable</Message>
        <RangeRequested>bytes=10-20</RangeRequested>
        <ActualObjectSize>10</ActualObjectSize></Error>"#]]
    .assert_eq(&get("bytes=10-20").send().await.show());
    assert_eq!(get("bytes=-0").send().await.code(), "416 InvalidRange");
    assert_eq!(get("bytes=0-1,3-4").send().await.status, 200);
    assert_eq!(get("bytes=-3").send().await.text(), "789");
    let both = world.call("GET", "/bkt/k?partNumber=1").header("range", "bytes=0-1");
    assert_eq!(both.send().await.code(), "400 InvalidRequest");
    expect![[r#"
        416
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>InvalidPartNumber</Code>
        <Message>The requested partnumber is not satisfiable</Message>
        <PartNumberRequested>2</PartNumberRequested>
        <ActualPartCount>1</ActualPartCount></Error>"#]]
    .assert_eq(&world.call("GET", "/bkt/k?partNumber=2").send().await.show());
    assert_eq!(world.call("GET", "/bkt/k?partNumber=1").send().await.status, 206);
}

#[tokio::test]
async fn reads_have_conditions() {
    let world = World::with_bucket().await;
    let tag = world.put("k", "v").await.header("etag");
    world.pass(100);
    let (before, at, after, future) = (
        "Fri, 02 Jan 2026 03:04:04 GMT",
        "Fri, 02 Jan 2026 03:04:05 GMT",
        "Fri, 02 Jan 2026 03:04:06 GMT",
        "Fri, 02 Jan 2027 03:04:06 GMT",
    );
    let cases: &[(&[(&str, &str)], u16)] = &[
        (&[("if-match", &tag)], 200),
        (&[("if-match", "\"x\"")], 412),
        (&[("if-match", "*")], 200),
        (&[("if-none-match", &tag)], 304),
        (&[("if-none-match", "\"x\"")], 200),
        (&[("if-modified-since", before)], 200),
        (&[("if-modified-since", at)], 304),
        (&[("if-modified-since", after)], 304),
        (&[("if-modified-since", future)], 200),
        (&[("if-unmodified-since", before)], 412),
        (&[("if-unmodified-since", at)], 200),
        (&[("if-match", &tag), ("if-unmodified-since", before)], 200),
        (&[("if-none-match", "\"x\""), ("if-modified-since", after)], 200),
    ];
    for (headers, status) in cases {
        for method in ["GET", "HEAD"] {
            let mut call = world.call(method, "/bkt/k");
            for (name, value) in *headers {
                call = call.header(name, value);
            }
            assert_eq!(call.send().await.status, *status, "{method} {headers:?}");
        }
    }
    let unmodified = world.call("GET", "/bkt/k").header("if-none-match", &tag);
    expect![[r#"
        304
        etag: "9e3669d19b675bd57058fd4664205d2a"
        last-modified: Fri, 02 Jan 2026 03:04:05 GMT
    "#]]
    .assert_eq(&unmodified.send().await.show());
    let failed = world.call("GET", "/bkt/k").header("if-match", "\"x\"");
    expect![[r#"
        412
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>PreconditionFailed</Code>
        <Message>At least one of the pre-conditions you specified did not hold</Message>
        <Condition>If-Match</Condition></Error>"#]]
    .assert_eq(&failed.send().await.show());
}

#[tokio::test]
async fn writes_have_conditions() {
    let world = World::with_bucket().await;
    let put =
        |name: &'static str, value: &str| world.call("PUT", "/bkt/k").header(name, value).body("v");
    assert_eq!(put("if-match", "\"x\"").send().await.code(), "404 NoSuchKey");
    let tag = put("if-none-match", "*").send().await.ok().header("etag");
    assert_eq!(put("if-none-match", "*").send().await.code(), "412 PreconditionFailed");
    assert_eq!(put("if-match", "\"x\"").send().await.code(), "412 PreconditionFailed");
    assert_eq!(put("if-match", &tag).send().await.code(), "200");
    expect![[r#"
        501
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>NotImplemented</Code>
        <Message>A header you provided implies functionality that is not
          implemented</Message>
        <Header>If-None-Match</Header>
        <additionalMessage>We don't accept the provided value of If-None-Match header
          for this API</additionalMessage></Error>"#]]
    .assert_eq(&put("if-none-match", "x").send().await.show());
    expect![[r#"
        501
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <Error>
        <Code>NotImplemented</Code>
        <Message>A header you provided implies functionality that is not
          implemented</Message>
        <Header>If-Match,If-None-Match</Header>
        <additionalMessage>Multiple conditional request headers present in the
          request</additionalMessage></Error>"#]]
    .assert_eq(&put("if-match", "x").header("if-none-match", "*").send().await.show());
    let delete = |tag: &str| world.call("DELETE", "/bkt/k").header("if-match", tag);
    assert_eq!(delete("\"x\"").send().await.code(), "412 PreconditionFailed");
    assert_eq!(delete(&tag).send().await.code(), "204");
}

#[tokio::test]
async fn answers_carry_what_the_reader_asks_for() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let target = "/bkt/k?response-content-type=text%2Fhtml&response-content-disposition=attachment";
    let answer = world.call("GET", target).send().await;
    assert_eq!(answer.header("content-type"), "text/html");
    assert_eq!(answer.header("content-disposition"), "attachment");
    let head = world.call("HEAD", target).send().await;
    assert_eq!(head.header("content-type"), "text/html");
    assert_eq!(world.call("GET", target).anonymous().send().await.status, 403);
}

#[tokio::test]
async fn storage_classes_are_kept() {
    let world = World::with_bucket().await;
    let put = |class: &'static str| {
        world.call("PUT", "/bkt/k").header("x-amz-storage-class", class).body("v")
    };
    put("STANDARD_IA").send().await.ok();
    assert_eq!(
        world.call("HEAD", "/bkt/k").send().await.header("x-amz-storage-class"),
        "STANDARD_IA"
    );
    assert_eq!(world.call("GET", "/bkt").send().await.element("StorageClass"), "STANDARD_IA");
    put("GLACIER").send().await.ok();
    assert_eq!(world.call("GET", "/bkt/k").send().await.code(), "403 InvalidObjectState");
    assert_eq!(put("OUTPOSTS").send().await.code(), "400 InvalidStorageClass");
    put("STANDARD").send().await.ok();
    assert_eq!(world.call("HEAD", "/bkt/k").send().await.header("x-amz-storage-class"), "");
}

#[tokio::test]
async fn what_is_not_done_is_refused() {
    let world = World::with_bucket().await;
    let cases = [
        ("x-amz-tagging", "a=b", "200"),
        ("x-amz-tagging", "a=b&a=c", "400 InvalidArgument"),
        ("x-amz-website-redirect-location", "/x", "501 NotImplemented"),
        ("x-amz-object-lock-event-hold", "ON", "501 NotImplemented"),
        ("x-amz-server-side-encryption", "aws:kms", "501 NotImplemented"),
        ("x-amz-server-side-encryption", "rot13", "400 InvalidEncryptionAlgorithmError"),
        ("x-amz-server-side-encryption", "AES256", "200"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256", "400 InvalidRequest"),
        ("x-amz-checksum-sha512", "AAAA", "400 InvalidRequest"),
        ("x-amz-checksum-md5", "AAAA", "400 InvalidRequest"),
        ("x-amz-acl", "private", "400 AccessControlListNotSupported"),
        ("x-amz-acl", "public-read", "400 AccessControlListNotSupported"),
        ("x-amz-acl", "fake", "400 InvalidArgument"),
        ("x-amz-acl", "bucket-owner-full-control", "200"),
        ("x-amz-grant-read", "id=\"x\"", "400 InvalidArgument"),
    ];
    for (name, value, code) in cases {
        let answer = world.call("PUT", "/bkt/k").header(name, value).body("v").send().await;
        assert_eq!(answer.code(), code, "{name}: {value}");
    }
    for (query, code) in [
        ("versionId=null", "200"),
        ("versionId=HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD", "400 InvalidArgument"),
        ("versionId=x", "400 InvalidArgument"),
        ("annotation", "501 NotImplemented"),
    ] {
        assert_eq!(world.call("GET", &format!("/bkt/k?{query}")).send().await.code(), code);
    }
}

#[tokio::test]
async fn limits_of_keys_and_metadata_hold() {
    let world = World::with_bucket().await;
    let (fits, long) = ("k".repeat(1024), "k".repeat(1025));
    world.put(&fits, "v").await;
    let answer = world.call("PUT", &format!("/bkt/{long}")).body("v").send().await;
    assert_eq!(answer.code(), "400 KeyTooLongError");
    let put = |size: usize| {
        world.call("PUT", "/bkt/k").header("x-amz-meta-a", &"x".repeat(size)).body("v")
    };
    assert_eq!(put(2047).send().await.code(), "200");
    assert_eq!(put(2048).send().await.code(), "400 MetadataTooLarge");
}

#[tokio::test]
async fn an_object_without_a_length_is_refused() {
    let world = World::with_bucket().await;
    assert_eq!(world.call("PUT", "/bkt/k").send().await.code(), "411 MissingContentLength");
    let chunked = world.call("PUT", "/bkt/k").header("transfer-encoding", "chunked").send().await;
    assert_eq!(chunked.code(), "501 NotImplemented");
    assert_eq!(chunked.element("Header"), "Transfer-Encoding");
}

#[tokio::test]
async fn many_objects_are_deleted_at_once() {
    let world = World::with_bucket().await;
    world.put("a", "1").await;
    world.put("b", "2").await;
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>gone</Key></Object>\
                <Object><Key>b</Key><VersionId>x</VersionId></Object></Delete>";
    let answer = world.call("POST", "/bkt?delete").document(body).send().await;
    expect![[r#"
        200
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <Deleted>
        <Key>a</Key></Deleted>
        <Deleted>
        <Key>gone</Key></Deleted>
        <Error>
        <Key>b</Key>
        <VersionId>x</VersionId>
        <Code>NoSuchVersion</Code>
        <Message>The specified version does not exist.</Message></Error></DeleteResult>"#]]
    .assert_eq(&answer.show());
    let quiet = "<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>";
    expect![[r#"
        200
        content-type: application/xml
        <?xml version="1.0" encoding="UTF-8"?>
        <DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>"#]]
    .assert_eq(&world.call("POST", "/bkt?delete").document(quiet).send().await.show());
    assert_eq!(world.call("GET", "/bkt").send().await.elements("Key"), Vec::<String>::new());
    let empty = world.call("POST", "/bkt?delete").document("<Delete></Delete>").send().await;
    assert_eq!(empty.code(), "400 MalformedXML");
}

#[tokio::test]
async fn readers_and_writers_of_one_key_do_not_disturb_each_other() {
    let world = World::with_bucket().await;
    let body = |letter: u8| vec![letter; 200_000];
    world.call("PUT", "/bkt/k").body(body(b'a')).send().await.ok();
    let write = |letter| world.call("PUT", "/bkt/k").body(body(letter)).send();
    let read = || world.call("GET", "/bkt/k").send();
    for round in 0..20u8 {
        let (one, two) = (b'b' + round % 10, b'm' + round % 10);
        let (first, second, third, fourth) = tokio::join!(write(one), read(), write(two), read());
        assert_eq!((first.status, third.status), (200, 200));
        for answer in [second, fourth, read().await] {
            let letter = *answer.body.first().expect("bytes");
            assert!(answer.body == body(letter), "one body or the other, never a mixture");
        }
    }
    assert_eq!(world.call("GET", "/bkt").send().await.elements("Key"), ["k"]);
}

#[tokio::test]
async fn headers_are_letters_of_latin_1_and_metadata_beyond_ascii_is_answered_in_words() {
    let world = World::with_bucket().await;
    let put = world.call("PUT", "/bkt/k").header("content-disposition", "filename=\"\u{c4}\"");
    put.header("x-amz-meta-a", "\u{c4}M").body("v").send().await.ok();
    let got = world.call("HEAD", "/bkt/k").send().await.ok();
    // What came in as UTF-8 goes out as it came.
    let shown = got.headers.get("content-disposition").expect("a header");
    assert_eq!(shown.as_bytes(), "filename=\"\u{c4}\"".as_bytes());
    assert_eq!(got.header("x-amz-meta-a"), "=?UTF-8?B?w4PChE0=?=");
}
