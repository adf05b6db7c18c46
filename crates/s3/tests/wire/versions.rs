//! Versions: kept, listed, read, deleted one by one.

use crate::common::World;

const ENABLED: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const SUSPENDED: &str =
    "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";

async fn versioning(world: &World, status: &str) {
    world.call("PUT", "/bkt?versioning").body(status).send().await.ok();
}

async fn put(world: &World, key: &str, body: &str) -> String {
    world.put(key, body).await.header("x-amz-version-id")
}

async fn get(world: &World, target: &str) -> String {
    let answer = world.call("GET", &format!("/bkt/{target}")).send().await;
    if answer.status == 200 { answer.text() } else { answer.code() }
}

#[tokio::test]
async fn the_configuration_is_kept_and_checked() {
    let world = World::with_bucket().await;
    assert_eq!(world.call("GET", "/bkt?versioning").send().await.element("Status"), "");
    for (body, code) in [
        (ENABLED, "200"),
        (SUSPENDED, "200"),
        ("<VersioningConfiguration/>", "400 IllegalVersioningConfigurationException"),
        (
            "<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>",
            "400 MalformedXML",
        ),
    ] {
        let answer = world.call("PUT", "/bkt?versioning").body(body).send().await;
        assert_eq!(answer.code(), code, "{body}");
    }
    let kept = world.call("GET", "/bkt?versioning").send().await;
    assert_eq!(kept.element("Status"), "Suspended");
}

#[tokio::test]
async fn each_version_is_read_by_its_id_and_the_newest_without_one() {
    let world = World::with_bucket().await;
    assert_eq!(put(&world, "k", "null").await, "");
    versioning(&world, ENABLED).await;
    let (one, two) = (put(&world, "k", "one").await, put(&world, "k", "two").await);
    assert_ne!(one, two);
    assert_eq!(get(&world, "k").await, "two");
    assert_eq!(get(&world, &format!("k?versionId={one}")).await, "one");
    assert_eq!(get(&world, "k?versionId=null").await, "null");
    assert_eq!(get(&world, &format!("other?versionId={one}")).await, "404 NoSuchVersion");
    // S3 knows an id that it never gave.
    let other = one.replace(one.chars().last().expect("a letter"), "_");
    assert_eq!(get(&world, &format!("k?versionId={other}")).await, "400 InvalidArgument");
    let listed = world.call("GET", "/bkt?versions").send().await;
    assert_eq!(listed.elements("VersionId"), [two.as_str(), one.as_str(), "null"]);
    assert_eq!(listed.elements("IsLatest"), ["true", "false", "false"]);
}

#[tokio::test]
async fn a_delete_makes_a_marker_and_deleting_the_marker_undoes_it() {
    let world = World::with_bucket().await;
    versioning(&world, ENABLED).await;
    put(&world, "k", "one").await;
    let deleted = world.call("DELETE", "/bkt/k").send().await;
    assert_eq!(deleted.header("x-amz-delete-marker"), "true");
    let marker = deleted.header("x-amz-version-id");
    let gone = world.call("GET", "/bkt/k").send().await;
    assert_eq!(
        (gone.code().as_str(), gone.header("x-amz-delete-marker").as_str()),
        ("404 NoSuchKey", "true")
    );
    let named = world.call("GET", &format!("/bkt/k?versionId={marker}")).send().await;
    assert_eq!(named.code(), "405 MethodNotAllowed");
    assert_eq!(world.call("GET", "/bkt").send().await.elements("Key"), Vec::<String>::new());
    assert_eq!(world.call("DELETE", "/bkt").send().await.code(), "409 BucketNotEmpty");
    let undone = world.call("DELETE", &format!("/bkt/k?versionId={marker}")).send().await;
    assert_eq!(undone.header("x-amz-delete-marker"), "true");
    assert_eq!(get(&world, "k").await, "one");
    assert_eq!(world.call("GET", "/bkt").send().await.elements("Key"), ["k"]);
}

#[tokio::test]
async fn where_versioning_is_suspended_the_null_version_is_overwritten() {
    let world = World::with_bucket().await;
    versioning(&world, ENABLED).await;
    let one = put(&world, "k", "one").await;
    versioning(&world, SUSPENDED).await;
    put(&world, "k", "two").await;
    put(&world, "k", "three").await;
    let listed = world.call("GET", "/bkt?versions").send().await;
    assert_eq!(listed.elements("VersionId"), ["null", one.as_str()]);
    versioning(&world, ENABLED).await;
    let four = put(&world, "k", "four").await;
    versioning(&world, SUSPENDED).await;
    let deleted = world.call("DELETE", "/bkt/k").send().await;
    assert_eq!(deleted.header("x-amz-version-id"), "null");
    let listed = world.call("GET", "/bkt?versions").send().await;
    assert_eq!(listed.elements("VersionId"), [four.as_str(), one.as_str(), "null"]);
    assert_eq!(listed.elements("DeleteMarker").len(), 1);
    assert_eq!(get(&world, "k?versionId=null").await, "405 MethodNotAllowed");
}

#[tokio::test]
async fn the_next_older_version_becomes_current_and_the_last_one_leaves_nothing() {
    let world = World::with_bucket().await;
    versioning(&world, ENABLED).await;
    let large = "x".repeat(8000);
    let ids = [put(&world, "k", &large).await, put(&world, "k", "two").await];
    assert_eq!(world.sweep(), (1, 0));
    for id in ids.iter().rev() {
        assert!(get(&world, "k").await.len() >= 3);
        world.call("DELETE", &format!("/bkt/k?versionId={id}")).send().await.ok();
    }
    assert_eq!(get(&world, "k").await, "404 NoSuchKey");
    assert_eq!(world.call("DELETE", "/bkt").send().await.status, 204);
}

#[tokio::test]
async fn pages_of_versions_put_together_are_all_of_them() {
    let world = World::with_bucket().await;
    versioning(&world, ENABLED).await;
    for key in ["a", "a", "a", "b/1", "b/2", "c", "c"] {
        put(&world, key, "v").await;
    }
    world.call("DELETE", "/bkt/c").send().await.ok();
    let whole = world.call("GET", "/bkt?versions&delimiter=/").send().await;
    assert_eq!(whole.elements("VersionId").len(), 6);
    for size in 1..4 {
        let (mut ids, mut prefixes, mut next) = (Vec::new(), Vec::new(), String::new());
        loop {
            let target = format!("/bkt?versions&delimiter=/&max-keys={size}{next}");
            let page = world.call("GET", &target).send().await.ok();
            let of = |name: &str| page.elements(name);
            assert!(of("IsLatest").len() + of("CommonPrefixes").len() <= size, "{target}");
            ids.extend(of("VersionId"));
            prefixes.extend(of("CommonPrefixes"));
            if page.element("IsTruncated") == "false" {
                break;
            }
            let (key, id) = (page.element("NextKeyMarker"), page.element("NextVersionIdMarker"));
            next = format!("&key-marker={key}");
            if !id.is_empty() {
                next.push_str(&format!("&version-id-marker={id}"));
            }
        }
        ids.sort();
        let mut expected = whole.elements("VersionId");
        expected.sort();
        assert_eq!(ids, expected, "{size} a page");
        assert_eq!(prefixes.len(), 1, "{size} a page");
    }
}

#[tokio::test]
async fn many_versions_are_deleted_at_once() {
    let world = World::with_bucket().await;
    versioning(&world, ENABLED).await;
    let one = put(&world, "k", "one").await;
    let body = format!(
        "<Delete><Object><Key>k</Key><VersionId>{one}</VersionId></Object>\
         <Object><Key>none</Key></Object></Delete>"
    );
    let answer = world.call("POST", "/bkt?delete").document(&body).send().await.ok();
    assert_eq!(answer.elements("Key"), ["k", "none"]);
    assert_eq!(answer.elements("DeleteMarker"), ["true"]);
    let listed = world.call("GET", "/bkt?versions").send().await;
    assert_eq!(listed.elements("Key"), ["none"]);
}

/// Before there are versions, LIST's rows serve; after, those of the versions. Clients see no
/// difference.
#[tokio::test]
async fn keys_without_versions_are_listed_as_null_versions_before_and_after_versioning() {
    let world = World::with_bucket().await;
    for key in ["a", "b/1", "b/2", "c/1", "d"] {
        world.put(key, key).await;
    }
    let mut seen = Vec::new();
    for status in [None, Some(ENABLED)] {
        if let Some(status) = status {
            versioning(&world, status).await;
        }
        let mut pages = Vec::new();
        for query in ["", "&delimiter=/", "&prefix=b/", "&prefix=b&delimiter=/&max-keys=1"] {
            let mut next = String::new();
            loop {
                let target = format!("/bkt?versions&max-keys=2{query}{next}");
                let page = world.call("GET", &target).send().await.ok();
                pages.push(page.show());
                if page.element("IsTruncated") == "false" {
                    break;
                }
                let (key, id) =
                    (page.element("NextKeyMarker"), page.element("NextVersionIdMarker"));
                next = format!("&key-marker={key}");
                if !id.is_empty() {
                    next.push_str(&format!("&version-id-marker={id}"));
                }
            }
        }
        seen.push(pages);
    }
    assert!(seen[0].len() > 6 && seen[0][0].contains("<VersionId>null</VersionId>"));
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_page_continues_behind_a_version_that_was_deleted_meanwhile() {
    let world = World::with_bucket().await;
    versioning(&world, ENABLED).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.insert(0, put(&world, "k", "v").await);
    }
    let target = format!("/bkt?key-marker=k&version-id-marker={}&versions", ids[1]);
    for gone in [1, 0] {
        let version = format!("/bkt/k?versionId={}", ids[gone]);
        world.call("DELETE", &version).send().await.ok();
        let rest = world.call("GET", &target).send().await.ok();
        assert_eq!(rest.elements("VersionId"), ids[2..], "{gone}");
    }
    let rest = world.call("GET", &target).send().await.ok();
    assert_eq!(rest.elements("IsLatest"), ["true", "false"]);
}
