//! Object Lock: configurations, retention, legal holds, and what they keep from being deleted.

use crate::common::{Answer, START, World};
use crate::people::HOME;

const MODE: &str = "x-amz-object-lock-mode";
const UNTIL: &str = "x-amz-object-lock-retain-until-date";
const HOLD: &str = "x-amz-object-lock-legal-hold";
const BYPASS: &str = "x-amz-bypass-governance-retention";
const ENABLED: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const SUSPENDED: &str =
    "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";

/// A world whose bucket has Object Lock.
async fn locked() -> World {
    let world = World::new();
    let call = world.call("PUT", "/bkt").header("x-amz-bucket-object-lock-enabled", "true");
    call.send().await.ok();
    world
}

/// A date so many days from the start.
fn days(days: i64) -> String {
    api::Timestamp::from_seconds(START).plus_seconds(days * 86_400).iso8601()
}

fn configuration(rule: &str) -> String {
    format!(
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}\
         </ObjectLockConfiguration>"
    )
}

fn default_retention(retention: &str) -> String {
    configuration(&format!("<Rule><DefaultRetention>{retention}</DefaultRetention></Rule>"))
}

fn retention(mode: &str, until: &str) -> String {
    format!("<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>")
}

async fn put_configuration(world: &World, body: &str) -> Answer {
    world.call("PUT", "/bkt?object-lock").document(body).send().await
}

/// The version of a new object with these headers.
async fn put(world: &World, key: &str, headers: &[(&str, &str)]) -> String {
    let mut call = world.call("PUT", &format!("/bkt/{key}")).document("body");
    for (name, value) in headers {
        call = call.header(name, value);
    }
    call.send().await.ok().header("x-amz-version-id")
}

async fn delete(world: &World, key: &str, version: &str, bypass: bool) -> String {
    let mut call = world.call("DELETE", &format!("/bkt/{key}?versionId={version}"));
    if bypass {
        call = call.header(BYPASS, "true");
    }
    call.send().await.code()
}

async fn retain(world: &World, target: &str, body: &str, bypass: bool) -> String {
    let mut call = world.call("PUT", &format!("/bkt/{target}")).document(body);
    if bypass {
        call = call.header(BYPASS, "true");
    }
    call.send().await.code()
}

#[tokio::test]
async fn a_bucket_that_is_made_with_object_lock_has_versions_for_good() {
    let world = locked().await;
    assert_eq!(world.call("GET", "/bkt?versioning").send().await.element("Status"), "Enabled");
    let shown = world.call("GET", "/bkt?object-lock").send().await.ok();
    assert_eq!(shown.element("ObjectLockEnabled"), "Enabled");
    assert_eq!(shown.elements("Rule").len(), 0);
    let suspended = world.call("PUT", "/bkt?versioning").body(SUSPENDED).send().await;
    assert_eq!(suspended.code(), "409 InvalidBucketState");
    let again = world.call("PUT", "/bkt?versioning").body(ENABLED).send().await;
    assert_eq!(again.code(), "200");
}

#[tokio::test]
async fn object_lock_is_enabled_on_a_bucket_whose_versioning_is() {
    let world = World::with_bucket().await;
    let missing = world.call("GET", "/bkt?object-lock").send().await;
    assert_eq!(missing.code(), "404 ObjectLockConfigurationNotFoundError");
    let code = put_configuration(&world, &configuration("")).await.code();
    assert_eq!(code, "409 InvalidBucketState");
    for (status, code) in [(SUSPENDED, "409 InvalidBucketState"), (ENABLED, "200")] {
        world.call("PUT", "/bkt?versioning").body(status).send().await.ok();
        assert_eq!(put_configuration(&world, &configuration("")).await.code(), code);
    }
}

#[tokio::test]
async fn a_configuration_is_kept_and_checked() {
    let world = locked().await;
    let malformed = "400 MalformedXML";
    let cases = [
        ("<ObjectLockConfiguration/>".to_owned(), malformed),
        (
            "<ObjectLockConfiguration><ObjectLockEnabled>Disabled</ObjectLockEnabled>\
             </ObjectLockConfiguration>"
                .to_owned(),
            malformed,
        ),
        (configuration("<Rule/>"), malformed),
        (default_retention(""), malformed),
        (default_retention("<Mode>GOVERNANCE</Mode>"), malformed),
        (default_retention("<Days>1</Days>"), malformed),
        (default_retention("<Mode>governance</Mode><Days>1</Days>"), malformed),
        (default_retention("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>"), malformed),
        (default_retention("<Mode>GOVERNANCE</Mode><Days>0</Days>"), "400 InvalidArgument"),
        (default_retention("<Mode>GOVERNANCE</Mode><Years>-1</Years>"), "400 InvalidArgument"),
        (default_retention("<Mode>GOVERNANCE</Mode><Days>36501</Days>"), "400 InvalidArgument"),
        (default_retention("<Mode>COMPLIANCE</Mode><Years>101</Years>"), "400 InvalidArgument"),
        (
            default_retention(
                "<Mode>COMPLIANCE</Mode><Days>1</Days>\
                 <DefaultEventHold><Days>1</Days></DefaultEventHold>",
            ),
            "501 NotImplemented",
        ),
        (default_retention("<Mode>COMPLIANCE</Mode><Years>100</Years>"), "200"),
    ];
    for (body, code) in cases {
        assert_eq!(put_configuration(&world, &body).await.code(), code, "{body}");
    }
    let shown = world.call("GET", "/bkt?object-lock").send().await.ok();
    assert_eq!(
        [shown.element("Mode"), shown.element("Years"), shown.element("Days")],
        ["COMPLIANCE", "100", ""]
    );
    put_configuration(&world, &configuration("")).await.ok();
    let shown = world.call("GET", "/bkt?object-lock").send().await.ok();
    assert_eq!(shown.elements("Rule").len(), 0);
}

#[tokio::test]
async fn governance_keeps_a_version_until_its_date_and_from_nobody_who_bypasses_it() {
    let world = locked().await;
    let until = days(1);
    let headers = [(MODE, "GOVERNANCE"), (UNTIL, until.as_str())];
    let (one, two) = (put(&world, "k", &headers).await, put(&world, "k", &headers).await);
    assert_eq!(delete(&world, "k", &one, false).await, "403 AccessDenied");
    // A delete marker hides what it does not delete.
    let marker = world.call("DELETE", "/bkt/k").send().await.ok().header("x-amz-version-id");
    assert_eq!(delete(&world, "k", &marker, false).await, "204");
    assert_eq!(delete(&world, "k", &one, true).await, "204");
    world.pass(86_399);
    assert_eq!(delete(&world, "k", &two, false).await, "403 AccessDenied");
    world.pass(1);
    let head = world.call("HEAD", "/bkt/k").send().await.ok();
    assert_eq!(head.header(MODE), "GOVERNANCE");
    assert_eq!(delete(&world, "k", &two, false).await, "204");
}

#[tokio::test]
async fn compliance_and_legal_holds_are_bypassed_by_nobody() {
    let world = locked().await;
    let until = days(1);
    let strict = put(&world, "k", &[(MODE, "COMPLIANCE"), (UNTIL, until.as_str())]).await;
    let held = put(&world, "k", &[(HOLD, "ON")]).await;
    for version in [&strict, &held] {
        assert_eq!(delete(&world, "k", version, true).await, "403 AccessDenied");
    }
    world.pass(86_400);
    assert_eq!(delete(&world, "k", &strict, false).await, "204");
    assert_eq!(delete(&world, "k", &held, false).await, "403 AccessDenied");
    let target = format!("/bkt/k?legal-hold&versionId={held}");
    let off = "<LegalHold><Status>OFF</Status></LegalHold>";
    world.call("PUT", &target).document(off).send().await.ok();
    assert_eq!(world.call("GET", &target).send().await.ok().element("Status"), "OFF");
    assert_eq!(world.call("HEAD", "/bkt/k").send().await.header(HOLD), "OFF");
    assert_eq!(delete(&world, "k", &held, false).await, "204");
}

#[tokio::test]
async fn retention_grows_and_shrinks_only_by_a_bypass() {
    let world = locked().await;
    put(&world, "k", &[]).await;
    let target = "k?retention";
    let none = world.call("GET", "/bkt/k?retention").send().await;
    assert_eq!(none.code(), "404 NoSuchObjectLockConfiguration");
    let denied = "403 AccessDenied";
    let steps = [
        (retention("GOVERNANCE", &days(2)), false, "200"),
        (retention("GOVERNANCE", &days(3)), false, "200"),
        (retention("GOVERNANCE", &days(2)), false, denied),
        (retention("COMPLIANCE", &days(3)), false, denied),
        ("<Retention/>".to_owned(), false, denied),
        (retention("GOVERNANCE", &days(2)), true, "200"),
        ("<Retention/>".to_owned(), true, "200"),
        (retention("GOVERNANCE", &days(2)), false, "200"),
        (retention("COMPLIANCE", &days(2)), true, "200"),
        (retention("COMPLIANCE", &days(3)), false, "200"),
        (retention("COMPLIANCE", &days(2)), true, denied),
        (retention("GOVERNANCE", &days(9)), true, denied),
        ("<Retention/>".to_owned(), true, denied),
    ];
    for (body, bypass, code) in steps {
        assert_eq!(retain(&world, target, &body, bypass).await, code, "{body} {bypass}");
    }
    let kept = world.call("GET", "/bkt/k?retention").send().await.ok();
    assert_eq!(kept.element("Mode"), "COMPLIANCE");
    assert_eq!(kept.element("RetainUntilDate"), "2026-01-05T03:04:05.000Z");
    world.pass(3 * 86_400);
    assert_eq!(retain(&world, target, "<Retention/>", false).await, "200");
}

#[tokio::test]
async fn retention_that_is_none_is_refused_in_s3_s_words() {
    let world = locked().await;
    put(&world, "k", &[]).await;
    let malformed = "400 MalformedXML";
    for (body, code) in [
        ("<Retention><Mode>GOVERNANCE</Mode></Retention>".to_owned(), malformed),
        (retention("governance", &days(1)), malformed),
        (retention("GOVERNANCE", "tomorrow"), malformed),
        (retention("GOVERNANCE", &days(0)), "400 InvalidArgument"),
        // Without an offset it is UTC.
        (retention("GOVERNANCE", "2026-02-01T00:00:00"), "200"),
    ] {
        assert_eq!(retain(&world, "k?retention", &body, false).await, code, "{body}");
    }
    let past = retention("GOVERNANCE", "2020-01-01T00:00:00Z");
    let past = world.call("PUT", "/bkt/k?retention").document(&past).send().await;
    assert_eq!(past.element("Message"), "The retain until date must be in the future!");
    assert_eq!(past.element("ArgumentValue"), "Tue Dec 31 16:00:00 PST 2019");
    let status = "<LegalHold><Status>on</Status></LegalHold>";
    let hold = world.call("PUT", "/bkt/k?legal-hold").document(status).send().await;
    assert_eq!(hold.code(), malformed);
    let missing = world.call("PUT", "/bkt/none?retention");
    let missing = missing.document(&retention("GOVERNANCE", &days(1))).send().await;
    assert_eq!(missing.code(), "404 NoSuchKey");
    let marker = world.call("DELETE", "/bkt/k").send().await.ok().header("x-amz-version-id");
    let target = format!("/bkt/k?retention&versionId={marker}");
    assert_eq!(world.call("GET", &target).send().await.code(), "405 MethodNotAllowed");
}

#[tokio::test]
async fn lock_headers_that_say_no_lock_are_refused_in_s3_s_words() {
    let world = locked().await;
    let (until, past) = (days(1), days(-1));
    let both = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be \
                supplied";
    let cases = [
        (vec![(MODE, "BAD")], both, UNTIL, ""),
        (vec![(UNTIL, until.as_str())], both, MODE, ""),
        (vec![(MODE, "BAD"), (UNTIL, until.as_str())], "Unknown wormMode directive.", MODE, "BAD"),
        (
            vec![(MODE, "GOVERNANCE"), (UNTIL, past.as_str())],
            "The retain until date must be in the future!",
            UNTIL,
            past.as_str(),
        ),
        (
            vec![(MODE, "GOVERNANCE"), (UNTIL, "abc")],
            "The retain until date must be provided in ISO 8601 format",
            UNTIL,
            "abc",
        ),
        (vec![(HOLD, "wrong")], "Legal Hold must be either of 'ON' or 'OFF'", HOLD, "wrong"),
    ];
    for (headers, message, name, value) in cases {
        for (method, target) in [("PUT", "/bkt/k"), ("POST", "/bkt/k?uploads")] {
            let mut call = world.call(method, target).document("");
            for (name, value) in &headers {
                call = call.header(name, value);
            }
            let answer = call.send().await;
            assert_eq!(answer.code(), "400 InvalidArgument", "{headers:?}");
            let told = ["Message", "ArgumentName", "ArgumentValue"];
            assert_eq!(
                told.map(|element| answer.element(element)),
                [message, name, value],
                "{headers:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_bucket_without_object_lock_takes_no_lock() {
    let world = World::with_bucket().await;
    world.put("k", "body").await;
    let until = days(1);
    let missing = "Bucket is missing Object Lock Configuration";
    let call = world.call("PUT", "/bkt/new").document("x").header(HOLD, "OFF").send().await;
    assert_eq!(call.element("Message"), missing);
    let copy = world.call("PUT", "/bkt/new").header("x-amz-copy-source", "bkt/k");
    let copy = copy.header(MODE, "GOVERNANCE").header(UNTIL, &until).send().await;
    assert_eq!(copy.element("Message"), missing);
    let (retention, hold) =
        (retention("GOVERNANCE", &until), "<LegalHold><Status>ON</Status></LegalHold>");
    for (parameter, body) in [("retention", retention.as_str()), ("legal-hold", hold)] {
        let target = format!("/bkt/k?{parameter}");
        for call in [world.call("GET", &target), world.call("PUT", &target).document(body)] {
            let answer = call.send().await;
            assert_eq!(answer.code(), "400 InvalidRequest");
            assert_eq!(answer.element("Message"), missing);
        }
    }
    let bypass = world.call("DELETE", "/bkt/k").header(BYPASS, "false").send().await;
    assert_eq!(bypass.code(), "400 InvalidArgument");
}

#[tokio::test]
async fn the_default_holds_for_each_way_that_an_object_is_made() {
    let world = locked().await;
    let rule = default_retention("<Mode>GOVERNANCE</Mode><Days>2</Days>");
    put_configuration(&world, &rule).await.ok();
    put(&world, "put", &[]).await;
    put(&world, "own", &[(MODE, "COMPLIANCE"), (UNTIL, &days(1))]).await;
    put(&world, "held", &[(HOLD, "ON")]).await;
    let copy = world.call("PUT", "/bkt/copy").header("x-amz-copy-source", "bkt/own");
    copy.send().await.ok();
    let upload = world.call("POST", "/bkt/parts?uploads").send().await.ok().element("UploadId");
    let part = world.call("PUT", &format!("/bkt/parts?uploadId={upload}&partNumber=1"));
    let tag = part.document("part").send().await.ok().header("etag");
    world.pass(60);
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    let done = world.call("POST", &format!("/bkt/parts?uploadId={upload}")).body(list);
    done.send().await.ok();
    let expected = [
        ("put", "GOVERNANCE", "2026-01-04T03:04:05.000Z", ""),
        ("own", "COMPLIANCE", "2026-01-03T03:04:05.000Z", ""),
        ("held", "GOVERNANCE", "2026-01-04T03:04:05.000Z", "ON"),
        // A lock is not copied.
        ("copy", "GOVERNANCE", "2026-01-04T03:04:05.000Z", ""),
        ("parts", "GOVERNANCE", "2026-01-04T03:05:05.000Z", ""),
    ];
    for (key, mode, until, hold) in expected {
        let get = world.call("GET", &format!("/bkt/{key}")).send().await.ok();
        assert_eq!([MODE, UNTIL, HOLD].map(|name| get.header(name)), [mode, until, hold], "{key}");
    }
}

#[tokio::test]
async fn an_upload_in_parts_ends_with_the_lock_that_it_began_with() {
    let world = locked().await;
    let begin = world.call("POST", "/bkt/k?uploads").header(MODE, "COMPLIANCE");
    let begin = begin.header(UNTIL, &days(1)).header(HOLD, "ON");
    let upload = begin.send().await.ok().element("UploadId");
    let target = format!("/bkt/k?uploadId={upload}&partNumber=1");
    let bare = world.call("PUT", &target).body("part").send().await;
    assert_eq!(
        bare.element("Message"),
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with \
         Object Lock parameters"
    );
    let tag = world.call("PUT", &target).document("part").send().await.ok().header("etag");
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    let done = world.call("POST", &format!("/bkt/k?uploadId={upload}")).body(list);
    let version = done.send().await.ok().header("x-amz-version-id");
    let head = world.call("HEAD", "/bkt/k").send().await.ok();
    assert_eq!(head.header(UNTIL), "2026-01-03T03:04:05.000Z");
    assert_eq!(head.header(HOLD), "ON");
    assert_eq!(delete(&world, "k", &version, true).await, "403 AccessDenied");
}

#[tokio::test]
async fn what_is_locked_on_arrival_comes_with_a_digest() {
    let world = locked().await;
    let message = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests \
                   with Object Lock parameters";
    world.put("k", "body").await;
    let bare = world.call("PUT", "/bkt/k").body("body").header(HOLD, "ON").send().await;
    assert_eq!(bare.element("Message"), message);
    let rule = default_retention("<Mode>GOVERNANCE</Mode><Days>2</Days>");
    put_configuration(&world, &rule).await.ok();
    let bare = world.call("PUT", "/bkt/k").body("body").send().await;
    assert_eq!(bare.element("Message"), message);
    let md5 = world.call("PUT", "/bkt/k").body("body");
    md5.header("content-md5", "hBotaJrYa9FhFEdFPCLG/A==").send().await.ok();
}

#[tokio::test]
async fn deletes_of_many_are_refused_one_by_one() {
    let world = locked().await;
    let headers = [(MODE, "GOVERNANCE"), (UNTIL, &*days(1))];
    let (one, two) = (put(&world, "one", &headers).await, put(&world, "two", &[]).await);
    let list = format!(
        "<Delete><Object><Key>one</Key><VersionId>{one}</VersionId></Object><Object>\
         <Key>two</Key><VersionId>{two}</VersionId></Object></Delete>"
    );
    let answer = world.call("POST", "/bkt?delete").document(&list).send().await.ok();
    assert_eq!(answer.elements("Deleted").len(), 1);
    assert_eq!(answer.element("Code"), "AccessDenied");
    assert_eq!(answer.element("Message"), "Access Denied because object protected by object lock.");
    let bypass = world.call("POST", "/bkt?delete").document(&list).header(BYPASS, "true");
    let answer = bypass.send().await.ok();
    assert_eq!((answer.elements("Deleted").len(), answer.elements("Error").len()), (2, 0));
}

#[tokio::test]
async fn a_lock_is_shown_to_those_who_may_read_it() {
    let world = locked().await;
    put(&world, "k", &[(MODE, "GOVERNANCE"), (UNTIL, &*days(1)), (HOLD, "ON")]).await;
    for (action, shown) in [
        ("s3:GetObject", [false, false]),
        ("s3:GetObjectRetention", [true, false]),
        ("s3:GetObjectLegalHold", [false, true]),
    ] {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["s3:GetObject","{action}"],"Resource":"*"}}]}}"#
        );
        let key = world.people.user(HOME, &action.replace(':', ""), &policy);
        let get = world.call("GET", "/bkt/k").by(&key).send().await.ok();
        assert_eq!([MODE, HOLD].map(|name| get.headers.contains_key(name)), shown, "{action}");
        assert_eq!(get.headers.contains_key(UNTIL), shown[0], "{action}");
    }
}

#[tokio::test]
async fn a_policy_bounds_the_days_of_retention() {
    let world = locked().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:*","Resource":"*"},
        {"Effect":"Deny","Action":["s3:PutObject","s3:PutObjectRetention"],"Resource":"*",
         "Condition":{"NumericGreaterThan":{"s3:object-lock-remaining-retention-days":"10"}}}]}"#;
    let key = world.people.user(HOME, "bounded", policy);
    for (days_ahead, code) in [(10, "200"), (11, "403 AccessDenied")] {
        let until = days(days_ahead);
        let call = world.call("PUT", "/bkt/k").by(&key).document("body");
        let call = call.header(MODE, "GOVERNANCE").header(UNTIL, &until);
        assert_eq!(call.send().await.code(), code, "{days_ahead}");
        let body = retention("GOVERNANCE", &until);
        let call = world.call("PUT", "/bkt/k?retention").by(&key).document(&body);
        assert_eq!(call.send().await.code(), code, "{days_ahead}");
    }
}
