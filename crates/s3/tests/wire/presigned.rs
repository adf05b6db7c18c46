//! Presigned URLs of both versions, headers of Version 2, and headers that stand in a URL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sigv4::{Credentials, Headers, PayloadHash, SecretKey, SigningScope, Style};

use crate::common::{Answer, START, World};
use crate::people::{HOME, root};

const ENCODED: &[(&str, &str)] = &[("+", "%2B"), ("/", "%2F"), ("=", "%3D")];

fn hmac(text: &str) -> String {
    let mut hmac = Hmac::<sha1::Sha1>::new_from_slice(root(HOME).as_bytes()).expect("a key");
    hmac.update(text.as_bytes());
    BASE64.encode(hmac.finalize().into_bytes())
}

/// A URL as boto3 makes it in us-east-1: `resource` is what is signed, `target` what is asked.
fn version_2(method: &str, target: &str, resource: &str, amz: &str, expires: i64) -> String {
    let signature = hmac(&format!("{method}\n\n\n{expires}\n{amz}{resource}"));
    let signature = ENCODED.iter().fold(signature, |text, (from, to)| text.replace(from, to));
    let mark = if target.contains('?') { '&' } else { '?' };
    let key = root(HOME);
    format!("{target}{mark}AWSAccessKeyId={key}&Signature={signature}&Expires={expires}")
}

pub fn version_4(method: &str, path: &str, query: &str, expires: u32) -> String {
    let fields = [("host", &b"localhost:4566"[..])];
    let headers = Headers::new(fields);
    let request = sigv4::Request { method, path, query, headers: &headers };
    let (key, secret) = (root(HOME), SecretKey::new(root(HOME).as_bytes()));
    let credentials = Credentials { access_key_id: &key, secret: &secret, session_token: None };
    let scope = SigningScope { style: Style::S3, service: "s3", region: "us-east-1" };
    let payload = PayloadHash::Unsigned;
    let query = sigv4::presign(&request, &credentials, &scope, payload, expires, START);
    format!("{path}?{query}")
}

async fn get(world: &World, url: &str) -> Answer {
    world.call("GET", url).anonymous().send().await
}

#[tokio::test]
async fn urls_of_version_2_work_until_they_expire() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let url = version_2("GET", "/bkt/k", "/bkt/k", "", START + 60);
    assert_eq!(get(&world, &url).await.ok().text(), "v");
    let forged = url.replace("/bkt/k", "/bkt/l");
    assert_eq!(get(&world, &forged).await.code(), "403 SignatureDoesNotMatch");
    let other = format!("{url}&tagging");
    assert_eq!(get(&world, &other).await.code(), "403 SignatureDoesNotMatch");
    let put = world.call("PUT", &url).anonymous().body("w").send().await;
    assert_eq!(put.code(), "403 SignatureDoesNotMatch");
    world.pass(61);
    let late = get(&world, &url).await;
    assert_eq!(late.code(), "403 AccessDenied");
    assert_eq!(late.element("Message"), "Request has expired");
    assert_eq!(late.element("Expires"), "2026-01-02T03:05:05Z");
    assert_eq!(late.element("ServerTime"), "2026-01-02T03:05:06Z");
    assert_eq!(late.element("X-Amz-Expires"), "");
}

#[tokio::test]
async fn the_host_may_name_the_bucket_of_version_2() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let url = version_2("GET", "/k", "/bkt/k", "", START + 60);
    let call = world.call("GET", &url).anonymous();
    let answer = call.replace_header("host", "bkt.s3.localhost").send().await;
    assert_eq!(answer.ok().text(), "v");
}

#[tokio::test]
async fn headers_in_a_url_are_signed_and_obeyed() {
    let world = World::with_bucket().await;
    let target = "/bkt/k?x-amz-meta-foo=bar";
    let url = version_2("PUT", target, "/bkt/k", "x-amz-meta-foo:bar\n", START + 60);
    world.call("PUT", &url).anonymous().body("v").send().await.ok();
    let head = world.call("HEAD", "/bkt/k").send().await.ok();
    assert_eq!(head.header("x-amz-meta-foo"), "bar");
    let added = world.call("PUT", &url).anonymous().header("x-amz-meta-bar", "b").body("v");
    assert_eq!(added.send().await.code(), "403 SignatureDoesNotMatch");
    let changed = world.call("PUT", &url).anonymous().header("x-amz-meta-foo", "b").body("v");
    assert_eq!(changed.send().await.code(), "403 SignatureDoesNotMatch");
    let query = "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-meta-foo=four";
    let url = version_4("PUT", "/bkt/l", query, 60);
    world.call("PUT", &url).anonymous().body("v").send().await.ok();
    let head = world.call("HEAD", "/bkt/l").send().await.ok();
    assert_eq!(head.header("x-amz-meta-foo"), "four");
    let url = format!("{url}&x-amz-meta-bar=b");
    let added = world.call("PUT", &url).anonymous().body("v").send().await;
    assert_eq!(added.code(), "403 SignatureDoesNotMatch");
    let unsigned = world.call("PUT", "/bkt/m?x-amz-meta-foo=x").body("v").send().await;
    assert_eq!(unsigned.ok().status, 200);
    let head = world.call("HEAD", "/bkt/m").send().await.ok();
    assert_eq!(head.header("x-amz-meta-foo"), "");
}

#[tokio::test]
async fn headers_of_version_2_are_verified_and_policies_tell_them_apart() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let date = "Fri, 02 Jan 2026 03:04:05 GMT";
    let signature = hmac(&format!("GET\n\n\n{date}\n/bkt/k"));
    let authorization = format!("AWS {}:{signature}", root(HOME));
    let call = world.call("GET", "/bkt/k").anonymous().header("date", date);
    let call = call.header("authorization", &authorization);
    assert_eq!(call.clone().send().await.ok().text(), "v");
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",
        "Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*",
        "Condition":{"StringEquals":{"s3:signatureversion":"AWS","s3:authType":"REST-HEADER"}}}]}"#;
    world.call("PUT", "/bkt?policy").body(policy).send().await.ok();
    assert_eq!(call.send().await.code(), "403 AccessDenied");
    let url = version_2("GET", "/bkt/k", "/bkt/k", "", START + 60);
    assert_eq!(get(&world, &url).await.ok().text(), "v");
}

#[tokio::test]
async fn buckets_of_younger_regions_refuse_version_2() {
    let world = World::new();
    let document = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>";
    world.call("PUT", "/young").body(document).send().await.ok();
    let url = version_2("GET", "/young/k", "/young/k", "", START + 60);
    let answer = get(&world, &url).await;
    assert_eq!(answer.code(), "400 InvalidRequest");
    assert!(answer.element("Message").ends_with("Please use AWS4-HMAC-SHA256."));
}

#[tokio::test]
async fn a_url_that_lives_for_no_time_is_dead_when_it_is_made() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    assert_eq!(get(&world, &version_4("GET", "/bkt/k", "", 1)).await.status, 200);
    let dead = get(&world, &version_4("GET", "/bkt/k", "", 0)).await;
    assert_eq!(dead.code(), "403 AccessDenied");
    assert_eq!(dead.element("Message"), "Request has expired");
}

#[tokio::test]
async fn lives_of_version_4_out_of_range_are_refused() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let url = version_4("GET", "/bkt/k", "", 60);
    assert_eq!(get(&world, &url).await.ok().text(), "v");
    let cases = [
        ("604801", "X-Amz-Expires must be less than a week"),
        ("-1", "X-Amz-Expires must be non-negative"),
        ("soon", "X-Amz-Expires should be a number"),
    ];
    for (expires, sentence) in cases {
        let changed = url.replace("X-Amz-Expires=60", &format!("X-Amz-Expires={expires}"));
        let answer = get(&world, &changed).await;
        assert_eq!(answer.code(), "400 AuthorizationQueryParametersError", "{expires}");
        assert!(answer.element("Message").starts_with(sentence), "{}", answer.text());
    }
}

#[tokio::test]
async fn conditions_may_stand_in_a_url_and_hold() {
    let world = World::with_bucket().await;
    let url = version_4("PUT", "/bkt/k", "If-None-Match=%2A", 60);
    world.call("PUT", &url).anonymous().body("one").send().await.ok();
    let again = world.call("PUT", &url).anonymous().body("two").send().await;
    assert_eq!(again.code(), "412 PreconditionFailed");
    let other = url.replace("If-None-Match", "If-Match");
    let forged = world.call("PUT", &other).anonymous().body("two").send().await;
    assert_eq!(forged.code(), "403 SignatureDoesNotMatch");
}

#[tokio::test]
async fn of_unsigned_headers_a_url_lets_the_content_hash_alone_be_and_does_not_believe_it() {
    let world = World::with_bucket().await;
    let url = version_4("PUT", "/bkt/k", "", 60);
    let put = |name: &str, value: &str| {
        world.call("PUT", &url).anonymous().header(name, value).body("v").send()
    };
    let streaming = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    for hash in ["UNSIGNED-PAYLOAD", streaming, "nonsense"] {
        put("x-amz-content-sha256", hash).await.ok();
        assert_eq!(get(&world, &version_4("GET", "/bkt/k", "", 60)).await.text(), "v", "{hash}");
    }
    let refused = put("x-amz-user-agent", "a").await;
    assert_eq!(refused.code(), "403 AccessDenied");
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",
        "Action":"s3:PutObject","Resource":"*",
        "Condition":{"Null":{"s3:x-amz-content-sha256":"true"}}}]}"#;
    world.call("PUT", "/bkt?policy").document(policy).send().await.ok();
    let believed = put("x-amz-content-sha256", "UNSIGNED-PAYLOAD").await;
    assert_eq!(believed.code(), "403 AccessDenied");
}

#[tokio::test]
async fn headers_that_a_url_asks_for_are_of_latin_letters() {
    let world = World::with_bucket().await;
    world.put("k", "v").await;
    let query =
        |text: &str| version_4("GET", "/bkt/k", &format!("response-cache-control={text}"), 60);
    assert_eq!(get(&world, &query("%C3%A9")).await.status, 200);
    let beyond = get(&world, &query("%E2%80%94")).await;
    assert_eq!(beyond.code(), "400 InvalidArgument");
    assert_eq!(beyond.element("ArgumentName"), "response-cache-control");
}
