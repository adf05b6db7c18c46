//! Tags of objects and buckets, and what policies say of them.

use crate::common::World;
use crate::people::HOME;

fn tagging(tags: &[(&str, &str)]) -> String {
    let tags: String = tags
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"))
        .collect();
    format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")
}

#[tokio::test]
async fn tags_are_put_counted_read_and_deleted() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let body = tagging(&[("a", "1"), ("b", "2")]);
    world.call("PUT", "/bkt/k?tagging").body(body).send().await.ok();
    let kept = world.call("GET", "/bkt/k?tagging").send().await;
    assert_eq!(kept.elements("Key"), ["a", "b"]);
    let head = world.call("GET", "/bkt/k").send().await;
    assert_eq!(head.header("x-amz-tagging-count"), "2");
    assert_eq!(world.call("DELETE", "/bkt/k?tagging").send().await.status, 204);
    let kept = world.call("GET", "/bkt/k?tagging").send().await;
    assert_eq!(kept.elements("Key"), Vec::<String>::new());
    assert_eq!(world.call("GET", "/bkt/none?tagging").send().await.code(), "404 NoSuchKey");
}

#[tokio::test]
async fn wrong_tags_are_told_apart() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let many: Vec<(String, String)> = (0..11).map(|at| (at.to_string(), String::new())).collect();
    let many: Vec<(&str, &str)> =
        many.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let long = "x".repeat(129);
    let cases = [
        (tagging(&[("a", "1"), ("a", "2")]), "400 InvalidTag"),
        (tagging(&[("aws:a", "1")]), "400 InvalidTag"),
        (tagging(&[("a,b", "1")]), "400 InvalidTag"),
        (tagging(&[(long.as_str(), "1")]), "400 InvalidTag"),
        (tagging(&many), "400 BadRequest"),
        (tagging(&many[..10]), "200"),
    ];
    for (body, code) in cases {
        let answer = world.call("PUT", "/bkt/k?tagging").body(body.clone()).send().await;
        assert_eq!(answer.code(), code, "{body}");
    }
    let bucket = world.call("PUT", "/bkt?tagging").body(tagging(&many)).send().await;
    assert_eq!(bucket.status, 204);
}

#[tokio::test]
async fn policies_decide_by_the_tags_that_are_there_and_those_that_are_asked_for() {
    let world = World::with_bucket().await;
    world.put("plain", "v").await;
    world.call("PUT", "/bkt/open").header("x-amz-tagging", "kind=open").body("v").send().await.ok();
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
         "Condition":{"StringEquals":{"s3:ExistingObjectTag/kind":"open"}}},
        {"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectTagging"],"Resource":"*",
         "Condition":{"StringEquals":{"s3:RequestObjectTag/kind":"open"}}}]}"#;
    let user = world.people.user(HOME, "tagger", policy);
    for (key, status) in [("plain", 403), ("open", 200)] {
        let answer = world.call("GET", &format!("/bkt/{key}")).by(&user).send().await;
        assert_eq!(answer.status, status, "{key}");
    }
    for (tags, status) in [("kind=open&x=y", 200), ("kind=closed", 403)] {
        let put = world.call("PUT", "/bkt/new").header("x-amz-tagging", tags).body("v");
        assert_eq!(put.by(&user).send().await.status, status, "{tags}");
    }
    assert_eq!(world.call("PUT", "/bkt/new").body("v").by(&user).send().await.status, 403);
}

#[tokio::test]
async fn a_delete_marker_has_no_tags_and_a_document_without_a_set_has_none() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    world.call("PUT", "/bkt/k?tagging").body(tagging(&[("a", "1")])).send().await.ok();
    world.call("PUT", "/bkt/k?tagging").body("<Tagging/>").send().await.ok();
    let kept = world.call("GET", "/bkt/k?tagging").send().await.ok();
    assert_eq!(kept.elements("Key"), Vec::<String>::new());
    let missing = world.call("GET", "/bkt/none?tagging").send().await;
    assert_eq!(missing.element("Key"), "bkt/none");
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.call("PUT", "/bkt?versioning").body(enabled).send().await.ok();
    world.call("DELETE", "/bkt/k").send().await.ok();
    for method in ["GET", "PUT", "DELETE"] {
        let body = if method == "PUT" { "<Tagging/>" } else { "" };
        let answer = world.call(method, "/bkt/k?tagging").body(body).send().await;
        assert_eq!(answer.code(), "405 MethodNotAllowed", "{method}");
        assert_eq!(answer.element("ResourceType"), "DeleteMarker");
    }
}
