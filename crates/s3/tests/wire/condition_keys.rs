//! What conditions see of a request: what it means, however it is spelt and wherever it stands.

use crate::common::{Answer, World};
use crate::forms::{form, signed};
use crate::presigned::version_4;

const COPY: &str = "x-amz-copy-source";

/// Denies the action to everybody, the owner's root as well, where the condition holds.
async fn deny(world: &World, action: &str, condition: &str) {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Principal":"*","Action":[{action}],"Resource":["arn:aws:s3:::bkt","arn:aws:s3:::bkt/*"],"Condition":{condition}}}}}"#
    );
    world.call("PUT", "/bkt?policy").body(policy).send().await.ok();
}

/// Sends what stands in a URL that the root of the home account made.
async fn presigned(world: &World, method: &'static str, target: &str) -> Answer {
    let (path, query) = target.split_once('?').expect("a query");
    let url = version_4(method, path, query, 60);
    world.call(method, &url).anonymous().header("content-length", "0").send().await
}

#[tokio::test]
async fn a_copy_source_is_denied_under_each_of_its_spellings() {
    let world = World::with_bucket().await;
    world.put("secret/k", "v").await;
    world.put("open/k", "v").await;
    let start = world.call("POST", "/bkt/big?uploads").send().await.ok().element("UploadId");
    let part = format!("/bkt/big?partNumber=1&uploadId={start}");
    deny(&world, r#""s3:PutObject""#, r#"{"StringLike":{"s3:x-amz-copy-source":"bkt/secret/*"}}"#)
        .await;
    for target in ["/bkt/c", &part] {
        let copy = |source: &str| world.call("PUT", target).header(COPY, source);
        copy("/bkt/open/k").send().await.ok();
        for source in [
            "bkt/secret/k",
            "/bkt/secret/k",
            "bkt/%73ecret/k",
            "bkt%2Fsecret%2fk",
            "%2Fbkt/secret/k",
            "bkt/secret/k?versionId=null",
            "https://s3.amazonaws.com/bkt/secret/k",
            "bkt/secret/none",
        ] {
            let answer = copy(source).send().await;
            assert_eq!(answer.code(), "403 AccessDenied", "{source} to {target}");
        }
        let twice = copy("/bkt/secret/k").header(COPY, "bkt/open/k").send().await;
        assert_eq!(twice.code(), "403 AccessDenied", "{target}");
    }
    let hoisted = presigned(&world, "PUT", "/bkt/c?X-Amz-Copy-Source=%2Fbkt%2F%2573ecret%2Fk");
    assert_eq!(hoisted.await.code(), "403 AccessDenied");
}

#[tokio::test]
async fn tags_that_a_copy_passes_over_are_none_of_its_request() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    deny(&world, r#""s3:PutObject""#, r#"{"StringNotEquals":{"s3:RequestObjectTag/team":"blue"}}"#)
        .await;
    let copy = |directive: &str| {
        let copy = world.call("PUT", "/bkt/c").header(COPY, "bkt/k");
        copy.header("x-amz-tagging", "team=blue").header("x-amz-tagging-directive", directive)
    };
    assert_eq!(copy("COPY").send().await.code(), "403 AccessDenied");
    copy("REPLACE").send().await.ok();
}

#[tokio::test]
async fn the_tags_of_a_version_are_of_the_request_like_those_of_the_newest() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let actions = r#""s3:PutObjectTagging","s3:PutObjectVersionTagging""#;
    let condition = r#"{"StringEquals":{"s3:RequestObjectTag/team":"red"}}"#;
    deny(&world, actions, condition).await;
    for (target, tag, code) in [
        ("/bkt/k?tagging", "blue", "200"),
        ("/bkt/k?tagging", "red", "403 AccessDenied"),
        ("/bkt/k?tagging&versionId=null", "blue", "200"),
        ("/bkt/k?tagging&versionId=null", "red", "403 AccessDenied"),
    ] {
        let document = format!(
            "<Tagging><TagSet><Tag><Key>team</Key><Value>{tag}</Value></Tag></TagSet></Tagging>"
        );
        let answer = world.call("PUT", target).document(&document).send().await;
        assert_eq!(answer.code(), code, "{target} {tag}");
    }
}

#[tokio::test]
async fn parts_and_the_end_of_an_upload_are_encrypted_as_its_beginning_asked() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let begin = |key: &str| world.call("POST", &format!("/bkt/{key}?uploads"));
    let silent = begin("silent").send().await.ok().element("UploadId");
    deny(&world, r#""s3:PutObject""#, r#"{"Null":{"s3:x-amz-server-side-encryption":"true"}}"#)
        .await;
    assert_eq!(begin("big").send().await.code(), "403 AccessDenied");
    let asking = begin("big").header("x-amz-server-side-encryption", "AES256");
    let asking = asking.send().await.ok().element("UploadId");
    let part = |key: &str, number: u32, id: &str| {
        world.call("PUT", &format!("/bkt/{key}?partNumber={number}&uploadId={id}"))
    };
    let tag = part("big", 1, &asking).body("v").send().await.ok().header("etag");
    part("big", 2, &asking).header(COPY, "bkt/k").send().await.ok();
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>"
    );
    let end = world.call("POST", &format!("/bkt/big?uploadId={asking}"));
    end.body(document).send().await.ok();
    assert_eq!(part("silent", 1, &silent).body("v").send().await.code(), "403 AccessDenied");
    // An upload of another key lends it nothing.
    assert_eq!(part("other", 1, &asking).body("v").send().await.code(), "403 AccessDenied");
}

/// A request: its path, its query and its headers.
type Asking = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// An action and the condition under which it is denied; the method, and requests that all mean it.
const DENIED: [(&str, &str, &str, &[Asking]); 8] = [
    (
        "PutObject",
        r#"{"StringEquals":{"s3:x-amz-acl":"public-read"}}"#,
        "PUT",
        &[
            ("/bkt/k", "", &[("x-amz-acl", "public-read")]),
            ("/bkt/k", "", &[("x-amz-acl", "public-read"), ("x-amz-acl", "private")]),
            ("/bkt/k", "x-amz-acl=public-read", &[]),
            ("/bkt/k", "X-AMZ-ACL=public-read&x-amz-acl=private", &[]),
            ("/bkt/k", "x%2Damz%2Dacl=public%2Dread", &[]),
        ],
    ),
    (
        "PutObject",
        r#"{"StringLike":{"s3:x-amz-grant-read":"*AllUsers*"}}"#,
        "PUT",
        &[
            ("/bkt/k", "", &[("x-amz-grant-read", GRANT)]),
            (
                "/bkt/k",
                "x-amz-grant-read=uri%3D%22http%3A%2F%2Facs.amazonaws.com%2Fgroups%2Fglobal%2FAllUsers%22",
                &[],
            ),
        ],
    ),
    (
        "PutObject",
        r#"{"Null":{"s3:x-amz-server-side-encryption":"false"}}"#,
        "PUT",
        &[
            ("/bkt/k", "", &[("x-amz-server-side-encryption", "AES256")]),
            ("/bkt/k", "x-amz-server-side-encryption=AES256", &[]),
        ],
    ),
    (
        "PutObject",
        r#"{"StringEquals":{"s3:x-amz-storage-class":"GLACIER"}}"#,
        "PUT",
        &[
            ("/bkt/k", "", &[("x-amz-storage-class", "GLACIER")]),
            ("/bkt/k", "x-amz-storage-class=GLACIER", &[]),
        ],
    ),
    (
        "PutObject",
        r#"{"StringEquals":{"s3:RequestObjectTag/team":"red"}}"#,
        "PUT",
        &[
            ("/bkt/k", "", &[("x-amz-tagging", "team=red")]),
            ("/bkt/k", "", &[("x-amz-tagging", "%74eam=r%65d&a=b")]),
            ("/bkt/k", "x-amz-tagging=team%3Dred", &[]),
        ],
    ),
    (
        "PutObject",
        r#"{"Null":{"s3:if-none-match":"true"}}"#,
        "PUT",
        &[("/bkt/k", "", &[]), ("/bkt/k", "x-id=PutObject", &[])],
    ),
    (
        "ListBucket",
        r#"{"StringLike":{"s3:prefix":"secret*"}}"#,
        "GET",
        &[
            ("/bkt", "prefix=secret/", &[]),
            ("/bkt", "list-type=2&prefix=%73ecret%2F", &[]),
            ("/bkt", "prefix=secret&prefix=open", &[]),
            ("/bkt", "pref%69x=secret", &[]),
        ],
    ),
    (
        "ListBucket",
        r#"{"NumericGreaterThan":{"s3:max-keys":"10"}}"#,
        "GET",
        &[
            ("/bkt", "max-keys=11", &[]),
            ("/bkt", "max-keys=0011", &[]),
            ("/bkt", "max-keys=99&max-keys=1", &[]),
        ],
    ),
];

/// Each request is tried signed in its headers, and in the URL where it has no headers of its own.
#[tokio::test]
async fn a_deny_holds_wherever_a_request_says_what_it_asks() {
    for (action, condition, method, requests) in DENIED {
        let world = World::with_bucket().await;
        deny(&world, &format!("\"s3:{action}\""), condition).await;
        for (path, query, headers) in requests {
            let target =
                if query.is_empty() { (*path).to_owned() } else { format!("{path}?{query}") };
            let is_hoisted = query.to_ascii_lowercase().starts_with("x");
            if !is_hoisted {
                let call = world.call(method, &target);
                let call =
                    headers.iter().fold(call, |call, (name, value)| call.header(name, value));
                assert_eq!(call.send().await.code(), "403 AccessDenied", "{target} {headers:?}");
            }
            if !query.is_empty() {
                let answer = presigned(&world, method, &target).await;
                assert_eq!(answer.code(), "403 AccessDenied", "{target} in a URL");
            }
        }
    }
}

const GRANT: &str = r#"uri="http://acs.amazonaws.com/groups/global/AllUsers""#;

#[tokio::test]
async fn a_deny_holds_of_the_fields_of_a_form() {
    let world = World::with_bucket().await;
    let conditions = r#"{"bucket":"bkt"},["starts-with","$key",""],["starts-with","$acl",""],
        ["starts-with","$x-amz-acl",""],["starts-with","$tagging",""],
        ["starts-with","$x-amz-storage-class",""],["starts-with","$x-amz-credential",""],
        ["starts-with","$x-amz-date",""]"#;
    let policy = signed(conditions);
    let team = "<Tagging><TagSet><Tag><Key>team</Key><Value>red</Value></Tag></TagSet></Tagging>";
    let full = "bucket-owner-full-control";
    let cases: [(&str, &[(&str, &str)]); 5] = [
        (r#"{"Null":{"s3:x-amz-acl":"false"}}"#, &[("acl", full)]),
        (
            r#"{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}"#,
            &[("ACL", full), ("acl", "private")],
        ),
        (r#"{"Null":{"s3:x-amz-acl":"false"}}"#, &[("X-Amz-Acl", full)]),
        (r#"{"StringEquals":{"s3:RequestObjectTag/team":"red"}}"#, &[("tagging", team)]),
        (
            r#"{"StringEquals":{"s3:x-amz-storage-class":"GLACIER"}}"#,
            &[("X-Amz-Storage-Class", "GLACIER")],
        ),
    ];
    for (condition, fields) in cases {
        let own = policy.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<_> =
            [("key", "k")].into_iter().chain(own).chain(fields.iter().copied()).collect();
        world.call("DELETE", "/bkt?policy").send().await.ok();
        form(&world, &all, "v").send().await.ok();
        deny(&world, r#""s3:PutObject""#, condition).await;
        let answer = form(&world, &all, "v").send().await;
        assert_eq!(answer.code(), "403 AccessDenied", "{fields:?}");
    }
}
