//! CopyObject and UploadPartCopy.

use crate::common::World;
use crate::people::{HOME, root};

const COPY: &str = "x-amz-copy-source";

#[tokio::test]
async fn a_copy_has_the_sources_bytes_and_metadata() {
    let world = World::with_bucket().await;
    for (key, size) in [("small", 5), ("large", 10_000)] {
        let body = "x".repeat(size);
        let put = world.call("PUT", &format!("/bkt/{key}")).header("x-amz-meta-a", "1");
        let tag = put.body(body.clone()).send().await.ok().header("etag");
        let copy = world.call("PUT", "/bkt/copy").header(COPY, &format!("bkt/{key}"));
        assert_eq!(copy.send().await.ok().element("ETag"), tag);
        world.call("DELETE", &format!("/bkt/{key}")).send().await.ok();
        let got = world.call("GET", "/bkt/copy").send().await.ok();
        assert_eq!((got.text(), got.header("x-amz-meta-a").as_str()), (body, "1"));
    }
    // The blob of the large one is the copy's now.
    assert_eq!(world.sweep(), (1, 0));
    world.call("DELETE", "/bkt/copy").send().await.ok();
}

#[tokio::test]
async fn a_copy_onto_itself_must_change_something() {
    let world = World::with_bucket().await;
    world.put("k", &"x".repeat(10_000)).await;
    let copy = || world.call("PUT", "/bkt/k").header(COPY, "/bkt/k");
    assert_eq!(copy().send().await.code(), "400 InvalidRequest");
    let replaced = copy().header("x-amz-metadata-directive", "REPLACE").header("x-amz-meta-b", "2");
    replaced.send().await.ok();
    let got = world.call("GET", "/bkt/k").send().await.ok();
    assert_eq!((got.body.len(), got.header("x-amz-meta-b").as_str()), (10_000, "2"));
    assert_eq!(world.sweep(), (1, 0));
    let odd = copy().header("x-amz-metadata-directive", "MERGE").send().await;
    assert_eq!(odd.code(), "400 InvalidArgument");
}

#[tokio::test]
async fn conditions_on_the_source_and_on_the_destination_hold() {
    let world = World::with_bucket().await;
    let tag = world.put("k", "v").await.header("etag");
    world.put("there", "v2").await;
    let cases = [
        ("x-amz-copy-source-if-match", tag.as_str(), "new", "200"),
        ("x-amz-copy-source-if-match", "\"x\"", "new", "412 PreconditionFailed"),
        ("x-amz-copy-source-if-none-match", tag.as_str(), "new", "412 PreconditionFailed"),
        ("x-amz-copy-source-if-none-match", "\"x\"", "new", "200"),
        ("if-none-match", "*", "there", "412 PreconditionFailed"),
        ("if-match", tag.as_str(), "there", "412 PreconditionFailed"),
        ("if-match", tag.as_str(), "nowhere", "404 NoSuchKey"),
    ];
    for (name, value, key, code) in cases {
        let copy = world.call("PUT", &format!("/bkt/{key}")).header(COPY, "bkt/k");
        let answer = copy.header(name, value).send().await;
        assert_eq!(answer.code(), code, "{name}: {value} to {key}");
    }
    for (source, code) in [
        ("bkt/none", "404 NoSuchKey"),
        ("none/k", "404 NoSuchBucket"),
        ("bkt", "400 InvalidArgument"),
    ] {
        let copy = world.call("PUT", "/bkt/new").header(COPY, source).send().await;
        assert_eq!(copy.code(), code, "{source}");
    }
}

#[tokio::test]
async fn the_source_must_be_one_that_the_caller_may_read() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let may = |actions: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}}}"#
        )
    };
    let writer = world.people.user(HOME, "writer", &may(r#""s3:PutObject""#));
    let copy = || world.call("PUT", "/bkt/c").header(COPY, "bkt/k");
    let denied = copy().by(&writer).send().await;
    assert_eq!(denied.code(), "403 AccessDenied");
    assert!(denied.element("Message").contains("s3:GetObject"), "{}", denied.show());
    let both = world.people.user(HOME, "both", &may(r#""s3:PutObject","s3:GetObject""#));
    assert_eq!(copy().by(&both).send().await.status, 200);
    // The source's tags go along only with permission for them.
    world.call("PUT", "/bkt/k").header("x-amz-tagging", "a=b").body("v").send().await.ok();
    assert_eq!(copy().by(&both).send().await.code(), "403 AccessDenied");
    copy().by(&root(HOME)).send().await.ok();
    let tags = world.call("GET", "/bkt/c?tagging").send().await;
    assert_eq!((tags.element("Key"), tags.element("Value")), ("a".to_owned(), "b".to_owned()));
}

#[tokio::test]
async fn parts_are_copied_whole_and_by_ranges() {
    let world = World::with_bucket().await;
    let five = 5 * 1024 * 1024;
    let source: String = (0..five + 100).map(|at| char::from(b'a' + (at % 23) as u8)).collect();
    world.put("source", &source).await;
    let id = world.call("POST", "/bkt/copy?uploads").send().await.ok().element("UploadId");
    let part = |number: usize| {
        let target = format!("/bkt/copy?partNumber={number}&uploadId={id}");
        world.call("PUT", &target).header(COPY, "bkt/source")
    };
    let mut listed = String::new();
    let range = format!("bytes=100-{}", five + 99);
    for (number, call) in [
        (1, part(1)),
        (2, part(2).header("x-amz-copy-source-range", &range)),
        (3, part(3).header("x-amz-copy-source-range", "bytes=0-9")),
    ] {
        let tag = call.send().await.ok().element("ETag");
        listed += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>");
    }
    let wrong = part(4).header("x-amz-copy-source-range", "bytes=0-99999999").send().await;
    assert_eq!(wrong.code(), "400 InvalidArgument");
    let body = format!("<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>");
    let target = format!("/bkt/copy?uploadId={id}");
    world.call("POST", &target).body(body).send().await.ok();
    let got = world.call("GET", "/bkt/copy").send().await.ok().text();
    let (head, tail) = (source.split_at(10).0, source.split_at(100).1);
    assert!(got == format!("{source}{tail}{head}"));
    // A copy of what was uploaded in parts has the tag of its bytes.
    let copy = world.call("PUT", "/bkt/whole").header(COPY, "bkt/copy").send().await.ok();
    assert!(!copy.element("ETag").contains('-'), "{}", copy.show());
    for key in ["source", "copy"] {
        world.call("DELETE", &format!("/bkt/{key}")).send().await.ok();
    }
    let again = world.call("GET", "/bkt/whole").send().await.ok().text();
    assert!(again == got);
}

#[tokio::test]
async fn a_copy_succeeds_while_its_source_is_replaced() {
    let world = World::with_bucket().await;
    let body = |round: usize| round.to_string().repeat(8000);
    world.call("PUT", "/bkt/source").body(body(0)).send().await.ok();
    for round in 1..20 {
        let copy = world.call("PUT", "/bkt/copy").header("x-amz-copy-source", "/bkt/source");
        // Another checksum than the source's: its bytes are read on the way.
        let read = world.call("PUT", "/bkt/read").header("x-amz-copy-source", "/bkt/source");
        let read = read.header("x-amz-checksum-algorithm", "SHA256");
        let put = world.call("PUT", "/bkt/source").body(body(round));
        let (put, copy, read) = tokio::join!(put.send(), copy.send(), read.send());
        for answer in [put, copy, read] {
            answer.ok();
        }
        for key in ["copy", "read"] {
            let copied = world.call("GET", &format!("/bkt/{key}")).send().await.ok().text();
            assert!(copied == body(round - 1) || copied == body(round), "{key} of round {round}");
        }
    }
}
