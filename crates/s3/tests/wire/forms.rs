//! POST object: forms, signed policies, and what they allow.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::common::{Call, World};
use crate::people::{HOME, root};

/// A form of these fields and this file.
pub fn form<'w>(world: &'w World, fields: &[(&str, &str)], file: &str) -> Call<'w> {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    body += &format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{file}\r\n--edge--\r\n"
    );
    let call = world.call("POST", "/bkt").anonymous();
    call.header("content-type", "multipart/form-data; boundary=edge").body(body)
}

/// The fields of a policy of these conditions, signed by the root of the home account.
pub fn signed(conditions: &str) -> Vec<(String, String)> {
    signed_until("2026-01-03T00:00:00Z", conditions)
}

fn signed_until(expiration: &str, conditions: &str) -> Vec<(String, String)> {
    let policy = format!(r#"{{"expiration":"{expiration}","conditions":[{conditions}]}}"#);
    let policy = BASE64.encode(policy);
    let key = root(HOME);
    let secret = sigv4::SecretKey::new(key.as_bytes());
    let signature = secret.signing_key("20260102", "us-east-1", "s3").sign(policy.as_bytes());
    [
        ("policy", policy),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("x-amz-credential", format!("{key}/20260102/us-east-1/s3/aws4_request")),
        ("x-amz-date", "20260102T030405Z".to_owned()),
        ("x-amz-signature", hex::encode(signature)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

const CONDITIONS: &str = r#"{"bucket":"bkt"},["starts-with","$key","up/"],
    ["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""],
    ["content-length-range",2,10],{"success_action_status":"201"}"#;

fn post<'w>(world: &'w World, policy: &[(String, String)], key: &str, file: &str) -> Call<'w> {
    let policy = policy.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<(&str, &str)> =
        [("key", key), ("success_action_status", "201")].into_iter().chain(policy).collect();
    form(world, &fields, file)
}

#[tokio::test]
async fn a_signed_form_uploads_its_file_under_its_name() {
    let world = World::with_bucket().await;
    let answer = post(&world, &signed(CONDITIONS), "up/${filename}", "hello").send().await;
    assert_eq!(answer.status, 201, "{}", answer.show());
    assert_eq!(
        (answer.element("Bucket"), answer.element("Key")),
        ("bkt".into(), "up/a.txt".into())
    );
    assert_eq!(world.call("GET", "/bkt/up/a.txt").send().await.ok().text(), "hello");
}

#[tokio::test]
async fn what_the_policy_does_not_say_is_refused() {
    let world = World::with_bucket().await;
    let policy = signed(CONDITIONS);
    let mut altered = policy.clone();
    altered[0].1 =
        BASE64.encode(r#"{"expiration":"2026-01-03T00:00:00Z","conditions":[{"bucket":"bkt"}]}"#);
    let unsigned: Vec<_> = policy[..4].to_vec();
    let mut listed = policy.clone();
    listed.push(("acl".to_owned(), "bucket-owner-full-control".to_owned()));
    let open = signed(&CONDITIONS.replace(r#"["starts-with","$key","up/"],"#, ""));
    let expired = signed_until("2026-01-01T00:00:00Z", CONDITIONS);
    let unnamed = signed(&CONDITIONS.replace("$key", "key"));
    let uncounted = signed(&CONDITIONS.replace("2,10", "\"x\",10"));
    let cases = [
        (&policy, "up/k", "hello", "201"),
        (&policy, "down/k", "hello", "403 AccessDenied"),
        (&policy, "up/k", "x", "400 EntityTooSmall"),
        (&policy, "up/k", "hello world", "400 EntityTooLarge"),
        (&policy, "", "hello", "400 InvalidArgument"),
        (&altered, "up/k", "hello", "403 SignatureDoesNotMatch"),
        (&unsigned, "up/k", "hello", "400 InvalidArgument"),
        (&listed, "up/k", "hello", "403 AccessDenied"),
        (&open, "up/k", "hello", "403 AccessDenied"),
        (&expired, "up/k", "hello", "403 AccessDenied"),
        (&unnamed, "up/k", "hello", "403 AccessDenied"),
        (&uncounted, "up/k", "hello", "403 AccessDenied"),
    ];
    for (at, (policy, key, file, expected)) in cases.into_iter().enumerate() {
        let answer = post(&world, policy, key, file).send().await;
        assert_eq!(answer.code(), expected, "{at}: {}", answer.show());
    }
}

#[tokio::test]
async fn a_policy_that_another_signature_belongs_to_is_no_policy() {
    let world = World::with_bucket().await;
    let mut policy = signed(CONDITIONS);
    let other = signed(&CONDITIONS.replace("10]", "99]"));
    policy[0].1.clone_from(&other[0].1);
    let answer = post(&world, &policy, "up/k", "hello").send().await;
    assert_eq!(answer.code(), "403 SignatureDoesNotMatch");
    let none = form(&world, &[("key", "k")], "hello").send().await;
    assert_eq!(none.code(), "403 AccessDenied");
}

#[tokio::test]
async fn of_two_fields_of_a_name_the_first_one_counts() {
    let world = World::with_bucket().await;
    let conditions = format!(r#"{CONDITIONS},{{"content-type":"text/plain"}}"#);
    let mut policy = signed(&conditions);
    policy.push(("Content-Type".to_owned(), "text/plain".to_owned()));
    policy.push(("content-type".to_owned(), "text/html".to_owned()));
    let answer = post(&world, &policy, "up/k", "hello").send().await;
    assert_eq!(answer.status, 201, "{}", answer.show());
    let got = world.call("GET", "/bkt/up/k").send().await;
    assert_eq!(got.header("content-type"), "text/plain");
}

#[tokio::test]
async fn a_form_locks_what_it_uploads_where_its_policy_lets_it() {
    let world = World::new();
    let bucket = world.call("PUT", "/bkt").header("x-amz-bucket-object-lock-enabled", "true");
    bucket.send().await.ok();
    let conditions = format!(
        r#"{CONDITIONS},{{"x-amz-object-lock-mode":"COMPLIANCE"}},
        ["starts-with","$x-amz-object-lock-retain-until-date",""],
        {{"x-amz-object-lock-legal-hold":"ON"}},["starts-with","$content-md5",""]"#
    );
    let policy = signed(&conditions);
    let lock = [
        ("key", "up/k"),
        ("success_action_status", "201"),
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-object-lock-retain-until-date", "2026-02-01T00:00:00Z"),
        ("x-amz-object-lock-legal-hold", "ON"),
        ("content-md5", "XUFAKrxLKna5cZ2REBfFkg=="),
    ];
    let policy = policy.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<(&str, &str)> = lock.into_iter().chain(policy).collect();
    let answer = form(&world, &fields, "hello").send().await;
    assert_eq!(answer.status, 201, "{}", answer.show());
    let head = world.call("HEAD", "/bkt/up/k").send().await.ok();
    assert_eq!(head.header("x-amz-object-lock-mode"), "COMPLIANCE");
    assert_eq!(head.header("x-amz-object-lock-legal-hold"), "ON");
    let until = head.header("x-amz-object-lock-retain-until-date");
    assert_eq!(until, "2026-02-01T00:00:00.000Z");
}

#[tokio::test]
async fn a_form_is_utf_8_and_its_headers_are_answered_in_latin_1() {
    let world = World::with_bucket().await;
    let conditions = r#"{"bucket":"bkt"},["starts-with","$key",""],["starts-with","$cache-control",""],
        ["starts-with","$x-amz-meta-a",""],["starts-with","$x-amz-credential",""],
        ["starts-with","$x-amz-date",""]"#;
    let policy = signed(conditions);
    let own = policy.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields = [("key", "k"), ("cache-control", "_\u{2014}_\u{e9}_"), ("x-amz-meta-a", "\u{c4}")];
    let all: Vec<_> = fields.into_iter().chain(own).collect();
    form(&world, &all, "v").send().await.ok();
    let got = world.call("HEAD", "/bkt/k").send().await.ok();
    // As recorded.
    assert_eq!(got.headers.get("cache-control").expect("a header").as_bytes(), b"_ _\xe9_");
    assert_eq!(got.header("x-amz-meta-a"), "=?UTF-8?B?w4Q=?=");
}
