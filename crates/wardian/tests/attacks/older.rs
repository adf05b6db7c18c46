//! Forged signatures of Version 2, and of forms: in every place of the credential, for every payload
//! that such a request may have.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::hmac;
use sigv4::SecretKey;

use crate::raw::{Call, Key, Raw};
use crate::site::{BUCKET, Site};

const BODY: &str = "stolen goods";
/// 2026-01-01T00:00:00Z, when the clock of these tests stands, as Version 2 writes it.
const DATE: &str = "Thu, 01 Jan 2026 00:00:00 GMT";
const DAY: i64 = 86_400;

fn sha1(secret: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    BASE64.encode(hmac::sign(&key, text.as_bytes()))
}

/// What comes with an upload besides its signature.
fn payloads() -> Vec<(&'static str, Call)> {
    let put = || Call::s3("PUT", &format!("/{BUCKET}/key")).body(BODY);
    let said = |text: &str| put().header("x-amz-content-sha256", text);
    let chunked = |text: &str| {
        let mut call = said(text)
            .header("content-encoding", "aws-chunked")
            .header("x-amz-decoded-content-length", &BODY.len().to_string());
        call.body = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len()).into_bytes();
        let length = call.body.len().to_string();
        call.header("content-length", &length)
    };
    vec![
        ("plain", put()),
        ("unsigned", said("UNSIGNED-PAYLOAD")),
        ("of a hash", said(&hex::encode(sigv4::sha256(BODY.as_bytes())))),
        ("in chunks", chunked("STREAMING-UNSIGNED-PAYLOAD-TRAILER")),
        ("in signed chunks", chunked("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")),
        ("in signed chunks with trailers", chunked("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")),
    ]
}

/// A request of Version 2 before it is sent: what is signed, by whom, and as whose.
#[derive(Clone)]
struct Older {
    key: Key,
    /// As whose it is sent.
    id: String,
    method: &'static str,
    path: String,
    /// When it was signed, or ends.
    time: String,
    in_query: bool,
}

impl Older {
    fn of(key: &Key, in_query: bool, now: i64) -> Self {
        let time = if in_query { (now + 60).to_string() } else { DATE.to_owned() };
        let (id, path) = (key.id.clone(), format!("/{BUCKET}/key"));
        Self { id, key: key.clone(), method: "PUT", path, time, in_query }
    }

    fn signature(&self, call: &Call) -> String {
        let token = self.key.token.iter();
        let token = token.map(|token| ("x-amz-security-token".to_owned(), token.clone()));
        let headers = call.headers.iter().filter(|(name, _)| name.starts_with("x-amz-"));
        let mut headers: Vec<_> = headers.cloned().chain(token).collect();
        headers.sort();
        let headers = headers.iter().map(|(name, value)| format!("{name}:{value}\n"));
        let headers = headers.collect::<String>();
        let text = format!("{}\n\n\n{}\n{headers}{}", self.method, self.time, self.path);
        sha1(&self.key.secret, &text)
    }

    fn sent(&self, call: &Call, signature: Option<&str>) -> Raw {
        let mut raw = call.unsigned();
        let encoded = |text: &str| text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        if self.in_query {
            raw.query = format!("AWSAccessKeyId={}&Expires={}", self.id, self.time);
            if let Some(signature) = signature {
                raw.query = format!("{}&Signature={}", raw.query, encoded(signature));
            }
            if let Some(token) = &self.key.token {
                raw.query = format!("{}&x-amz-security-token={}", raw.query, encoded(token));
            }
            return raw;
        }
        let value = match signature {
            Some(signature) => format!("AWS {}:{signature}", self.id),
            None => format!("AWS {}", self.id),
        };
        let raw = raw.set("date", &self.time).set("authorization", &value);
        match &self.key.token {
            Some(token) => raw.set("x-amz-security-token", token),
            None => raw,
        }
    }
}

/// What is spoiled of a request that would be good.
fn spoiled_requests(site: &Site, call: &Call, in_query: bool) -> Vec<(&'static str, Raw)> {
    let now = site.now();
    let good = Older::of(&site.root, in_query, now);
    let own = good.signature(call);
    let with = |older: Older| older.sent(call, Some(&older.signature(call)));
    let by = |key: &Key| with(Older::of(key, in_query, now));
    let signed_for = |older: Older| good.sent(call, Some(&older.signature(call)));
    let root = |token: Option<String>| Key { token, ..site.root.clone() };
    let early = || "Wed, 31 Dec 2025 23:44:00 GMT".to_owned();
    let late = if in_query { (now - 1).to_string() } else { early() };
    let theirs = Older { id: site.root.id.clone(), ..Older::of(&site.caller, in_query, now) };
    let other = Older { path: format!("/{BUCKET}/other"), ..good.clone() };
    let nobody = Older { id: "AKIAIOSFODNN7NOTHING".to_owned(), ..good.clone() };
    let mut more = good.sent(call, Some(&own));
    let ampersand = if more.query.is_empty() { "" } else { "&" };
    more.query = format!("{}{ampersand}acl", more.query);
    let listed = good.sent(call, Some(&own)).set("x-amz-acl", "public-read");
    let elsewhere = good.sent(call, Some(&own)).set("host", "s3.eu-central-1.amazonaws.com");
    vec![
        ("forged", by(&Key { secret: site.caller.secret.clone(), ..site.root.clone() })),
        ("forged of nothing", good.sent(call, Some(&"A".repeat(28)))),
        ("truncated by a letter", good.sent(call, own.get(..27))),
        ("truncated to nothing", good.sent(call, Some(""))),
        ("with a letter more", good.sent(call, Some(&format!("{own}A")))),
        ("missing its signature", good.sent(call, None)),
        ("foreign: of another key", with(theirs)),
        ("foreign: of another object", signed_for(other)),
        ("foreign: of another method", signed_for(Older { method: "GET", ..good.clone() })),
        ("foreign: of a key that nobody has", with(nobody)),
        ("expired", with(Older { time: late, ..good.clone() })),
        ("a session's without its token", by(&Key { token: None, ..site.session.clone() })),
        ("root's with a session's token", by(&root(site.session.token.clone()))),
        ("with a header more", listed),
        ("with a parameter more", more),
        ("for a region that takes none", elsewhere),
    ]
}

#[tokio::test]
async fn no_payload_is_taken_on_a_signature_of_version_2_that_is_no_proof() {
    let site = Site::new().await;
    for (payload, call) in payloads() {
        for in_query in [false, true] {
            for (name, raw) in spoiled_requests(&site, &call, in_query) {
                let told = site.told(raw).await;
                let refused = told.starts_with("403 ") || told.starts_with("400 ");
                assert!(refused, "{payload} in query: {in_query}, {name}: {told}");
            }
        }
    }
    let there = Call::s3("GET", &format!("/{BUCKET}/key")).signed(&site.root, site.now());
    assert_eq!(site.told(there).await, "404 NoSuchKey");
    for (payload, call) in payloads() {
        for (in_query, key) in [false, true].into_iter().zip([&site.root, &site.session]) {
            let good = Older::of(key, in_query, site.now());
            let told = site.told(good.sent(&call, Some(&good.signature(&call)))).await;
            // There is no seed that the signature of a chunk could follow from.
            let expected = if payload.starts_with("in signed") { "40" } else { "200" };
            assert!(told.starts_with(expected), "{payload} in query: {in_query}: {told}");
        }
    }
}

/// The fields of a form, in their order, and what its file holds.
type Fields = Vec<(&'static str, String)>;
/// Makes the fields of a form with that policy.
type Sign<'s> = &'s dyn Fn(&Key, &str) -> Fields;

fn form(fields: &[(&str, String)]) -> Call {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    body += &format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{BODY}\r\n--edge--\r\n"
    );
    let call = Call::s3("POST", &format!("/{BUCKET}")).body(body);
    call.header("content-type", "multipart/form-data; boundary=edge")
}

fn policy(expiration: &str, conditions: &str) -> String {
    let conditions = format!(
        r#"{{"bucket":"{BUCKET}"}},["starts-with","$key","key"],["starts-with","$x-amz-credential",""],
        ["starts-with","$x-amz-date",""],["starts-with","$x-amz-security-token",""]{conditions}"#
    );
    BASE64.encode(format!(r#"{{"expiration":"{expiration}","conditions":[{conditions}]}}"#))
}

const TOMORROW: &str = "2026-01-02T00:00:00Z";

/// How a form is signed by Version 4.
struct Scope {
    date: &'static str,
    region: &'static str,
    service: &'static str,
    end: &'static str,
}

const SCOPE: Scope =
    Scope { date: "20260101", region: "us-east-1", service: "s3", end: "aws4_request" };

fn version_4(key: &Key, policy: &str, scope: &Scope) -> Fields {
    let Scope { date, region, service, end } = scope;
    let signer = SecretKey::new(key.secret.as_str()).signing_key(date, region, service);
    let mut fields = vec![
        ("key", "key".to_owned()),
        ("policy", policy.to_owned()),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("x-amz-credential", format!("{}/{date}/{region}/{service}/{end}", key.id)),
        ("x-amz-date", "20260101T000000Z".to_owned()),
        ("x-amz-signature", hex::encode(signer.sign(policy.as_bytes()))),
    ];
    fields.extend(key.token.clone().map(|token| ("x-amz-security-token", token)));
    fields
}

fn version_2(key: &Key, policy: &str) -> Fields {
    let mut fields = vec![
        ("key", "key".to_owned()),
        ("policy", policy.to_owned()),
        ("AWSAccessKeyId", key.id.clone()),
        ("signature", sha1(&key.secret, policy)),
    ];
    fields.extend(key.token.clone().map(|token| ("x-amz-security-token", token)));
    fields
}

fn set(mut fields: Fields, name: &str, alter: impl Fn(&str) -> String) -> Fields {
    let field = fields.iter_mut().find(|(field, _)| *field == name).expect("a field");
    field.1 = alter(&field.1);
    fields
}

fn without(mut fields: Fields, name: &str) -> Fields {
    fields.retain(|(field, _)| *field != name);
    fields
}

/// What is spoiled in a form of either version.
fn spoiled(site: &Site, sign: Sign<'_>) -> Vec<(&'static str, Fields)> {
    let good = policy(TOMORROW, "");
    let root = || sign(&site.root, &good);
    let is_4 = root().iter().any(|(name, _)| *name == "x-amz-signature");
    let signature = if is_4 { "x-amz-signature" } else { "signature" };
    let id = if is_4 { "x-amz-credential" } else { "AWSAccessKeyId" };
    let forged = Key { secret: site.caller.secret.clone(), ..site.root.clone() };
    let tokenless = Key { token: None, ..site.session.clone() };
    let borrowed = Key { token: site.session.token.clone(), ..site.caller.clone() };
    let another = policy(TOMORROW, r#",["starts-with","$acl",""]"#);
    let mut more = root();
    more.push(("acl", "public-read".to_owned()));
    vec![
        ("forged with another secret", sign(&forged, &good)),
        ("forged of nothing", set(root(), signature, |text| "0".repeat(text.len()))),
        ("truncated", set(root(), signature, |text| text.get(1..).unwrap_or_default().to_owned())),
        ("truncated to nothing", set(root(), signature, |_| String::new())),
        ("with a letter more", set(root(), signature, |text| format!("{text}0"))),
        ("foreign: of another key", {
            set(sign(&site.caller, &good), id, |text| text.replace(&site.caller.id, &site.root.id))
        }),
        ("foreign: of another policy", set(root(), "policy", |_| another.clone())),
        (
            "foreign: of a key that nobody has",
            set(root(), id, |text| text.replace(&site.root.id, "AKIAIOSFODNN7NOTHING")),
        ),
        ("expired", sign(&site.root, &policy("2025-12-31T23:59:59Z", ""))),
        ("that ends now", sign(&site.root, &policy("2026-01-01T00:00:00Z", ""))),
        ("missing its signature", without(root(), signature)),
        ("missing its credential", without(root(), id)),
        ("missing both", without(without(root(), id), signature)),
        ("missing its policy", without(root(), "policy")),
        ("a session's without its token", sign(&tokenless, &good)),
        ("a user's with a session's token", sign(&borrowed, &good)),
        ("with a field that the policy does not name", more),
        ("for a key that the policy does not name", set(root(), "key", |_| "other".to_owned())),
    ]
}

#[tokio::test]
async fn no_form_is_taken_on_a_signature_that_is_no_proof() {
    let site = Site::new().await;
    let (four, two): (Sign<'_>, Sign<'_>) =
        (&|key, policy| version_4(key, policy, &SCOPE), &version_2);
    for (version, sign) in [("4", four), ("2", two)] {
        for (name, fields) in spoiled(&site, sign) {
            let told = site.told(form(&fields).unsigned()).await;
            let refused = told.starts_with("403 ") || told.starts_with("400 ");
            assert!(refused, "version {version}, {name}: {told}");
        }
    }
    let there = Call::s3("GET", &format!("/{BUCKET}/key")).signed(&site.root, site.now());
    assert_eq!(site.told(there).await, "404 NoSuchKey");
    for sign in [four, two] {
        for key in [&site.root, &site.session] {
            let fields = sign(key, &policy(TOMORROW, ""));
            assert_eq!(site.told(form(&fields).unsigned()).await, "204");
        }
    }
    site.world.house.pass(901);
    for sign in [four, two] {
        let fields = sign(&site.session, &policy(TOMORROW, ""));
        assert_eq!(site.told(form(&fields).unsigned()).await, "400 ExpiredToken");
    }
    site.world.house.pass(DAY);
    for sign in [four, two] {
        let fields = sign(&site.root, &policy(TOMORROW, ""));
        assert_eq!(site.told(form(&fields).unsigned()).await, "403 AccessDenied");
    }
}

/// Who was given a signing key of one service and day has it for nothing else.
#[tokio::test]
async fn a_signing_key_of_another_service_or_day_signs_no_form() {
    let site = Site::new().await;
    let good = policy(TOMORROW, "");
    for scope in [
        Scope { service: "sts", ..SCOPE },
        Scope { service: "", ..SCOPE },
        Scope { service: "S3", ..SCOPE },
        Scope { date: "20251231", ..SCOPE },
        Scope { date: "20260102", ..SCOPE },
        Scope { region: "nowhere", ..SCOPE },
        Scope { end: "aws5_request", ..SCOPE },
        Scope { end: "", ..SCOPE },
    ] {
        let fields = version_4(&site.root, &good, &scope);
        let told = site.told(form(&fields).unsigned()).await;
        let (date, region, service) = (scope.date, scope.region, scope.service);
        assert!(told.starts_with("40"), "{date}/{region}/{service}/{}: {told}", scope.end);
    }
    for date in ["", "20260101", "20260102T000000Z", "2026-01-01T00:00:00Z"] {
        let fields = set(version_4(&site.root, &good, &SCOPE), "x-amz-date", |_| date.to_owned());
        let told = site.told(form(&fields).unsigned()).await;
        assert!(told.starts_with("40"), "{date}: {told}");
    }
}

/// Where anybody may write, a form that seems signed is still verified or refused.
#[tokio::test]
async fn a_form_that_shows_a_sign_of_being_signed_is_nobody_s() {
    let site = Site::new().await;
    let open = serde_json::json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": "*", "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{BUCKET}/*")}]});
    let block = Call::s3("DELETE", &format!("/{BUCKET}?publicAccessBlock"));
    assert_eq!(site.told(block.signed(&site.root, site.now())).await, "204");
    let put = Call::s3("PUT", &format!("/{BUCKET}?policy")).body(open.to_string());
    assert_eq!(site.told(put.signed(&site.root, site.now())).await, "204");
    let plain = vec![("key", "key".to_owned())];
    assert_eq!(site.told(form(&plain).unsigned()).await, "204");
    let refused = |told: &str| told.starts_with("403 ") || told.starts_with("400 ");
    for value in ["AWS4-HMAC-SHA256 Credential=x", "AWS x:y", "Basic cm9vdDo=", ""] {
        let told = site.told(form(&plain).unsigned().set("authorization", value)).await;
        assert!(refused(&told), "{value}: {told}");
    }
    let forged = Key { secret: "x".to_owned(), ..site.root.clone() };
    let told = site.told(form(&plain).signed(&forged, site.now())).await;
    assert!(refused(&told), "{told}");
    for (name, value) in [
        ("x-amz-signature", "00"),
        ("x-amz-credential", "x"),
        ("signature", "x"),
        ("AWSAccessKeyId", "x"),
        ("policy", "e30="),
        ("x-amz-security-token", "x"),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
    ] {
        let fields = [("key", "key".to_owned()), (name, value.to_owned())];
        let told = site.told(form(&fields).unsigned()).await;
        assert!(refused(&told), "{name}: {told}");
    }
}
