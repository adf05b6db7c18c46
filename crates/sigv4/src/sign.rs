//! The client's side: signing a request, in its header or in its query.
//!
//! Not here: retries, credential files, the sending. Headers to be signed are given by the caller,
//! `host` among them; those that proxies change are left out.

use crate::canonical::{self, ALGORITHM, Covered};
use crate::chunk::Seed;
use crate::credential::Credential;
use crate::inspect::parameter;
use crate::key::{SecretKey, SigningKey, TERMINATOR};
use crate::payload::{CONTENT_SHA256, EMPTY_SHA256, PayloadHash, hex_of};
use crate::request::{Headers, Request, Style};
use crate::timestamp;

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    pub access_key_id: &'a str,
    pub secret: &'a SecretKey,
    pub session_token: Option<&'a str>,
}

/// For which service, where.
#[derive(Clone, Copy, Debug)]
pub struct SigningScope<'a> {
    pub style: Style,
    pub service: &'a str,
    pub region: &'a str,
}

/// What makes a request a signed one.
#[derive(Clone)]
pub struct SignedRequest {
    /// Fields to add to the request's own, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// What the signatures of chunks follow from.
    pub seed: Seed,
}

impl std::fmt::Debug for SignedRequest {
    /// The fields hold the session token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedRequest").finish_non_exhaustive()
    }
}

/// Signs in the `Authorization` header. `now` is in seconds since 1970, UTC.
///
/// For [`Style::Query`] the payload is [`PayloadHash::Signed`] with the body's hash.
pub fn sign(
    request: &Request<'_>,
    credentials: &Credentials<'_>,
    scope: &SigningScope<'_>,
    payload: PayloadHash,
    now: i64,
) -> SignedRequest {
    let time = timestamp::basic(now);
    let mut headers = vec![("x-amz-date", time.clone())];
    if let Some(token) = credentials.session_token {
        headers.push(("x-amz-security-token", token.to_owned()));
    }
    if scope.style == Style::S3 {
        let mut text = Vec::new();
        payload.write(&mut text, &EMPTY_SHA256);
        headers.push((CONTENT_SHA256, String::from_utf8_lossy(&text).into_owned()));
    }
    let added = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
    let all = Headers::new(signable(request).chain(added));
    let signed_headers = names(&all);
    let (credential, key) = credential(credentials, scope, &time);
    let covered = covered(&signed_headers, payload, &time, &credential);
    let signature = signature(&key, &Request { headers: &all, ..*request }, scope, &covered);
    let authorization = format!(
        "{ALGORITHM} Credential={}, SignedHeaders={signed_headers}, Signature={signature}",
        credential.as_str()
    );
    let seed = Seed::new(key, &credential, &time, &signature);
    headers.push(("authorization", authorization));
    SignedRequest { headers, seed }
}

/// Signs in the query and returns the whole new query. `expires` is in seconds.
pub fn presign(
    request: &Request<'_>,
    credentials: &Credentials<'_>,
    scope: &SigningScope<'_>,
    payload: PayloadHash,
    expires: u32,
    now: i64,
) -> String {
    let time = timestamp::basic(now);
    let headers = Headers::new(signable(request));
    let signed_headers = names(&headers);
    let (credential, key) = credential(credentials, scope, &time);
    let mut query = request.query.to_owned();
    push(&mut query, parameter::ALGORITHM, ALGORITHM);
    push(&mut query, parameter::CREDENTIAL, credential.as_str());
    push(&mut query, parameter::DATE, &time);
    push(&mut query, parameter::EXPIRES, &expires.to_string());
    push(&mut query, parameter::SIGNED_HEADERS, &signed_headers);
    if let Some(token) = credentials.session_token {
        push(&mut query, parameter::SECURITY_TOKEN, token);
    }
    let covered = covered(&signed_headers, payload, &time, &credential);
    let request = Request { query: &query, headers: &headers, ..*request };
    let signature = signature(&key, &request, scope, &covered);
    push(&mut query, parameter::SIGNATURE, &signature);
    query
}

fn signature(
    key: &SigningKey,
    request: &Request<'_>,
    scope: &SigningScope<'_>,
    covered: &Covered<'_>,
) -> String {
    let explanation = canonical::explain(request, scope.style, covered);
    hex_of(&key.sign(explanation.string_to_sign.as_bytes()))
        .iter()
        .copied()
        .map(char::from)
        .collect()
}

fn covered<'a>(
    signed_headers: &'a str,
    payload: PayloadHash,
    time: &'a str,
    credential: &'a Credential<'_>,
) -> Covered<'a> {
    Covered { signed_headers, payload, body_sha256: &EMPTY_SHA256, time, scope: credential.scope() }
}

fn credential(
    of: &Credentials<'_>,
    scope: &SigningScope<'_>,
    time: &str,
) -> (Credential<'static>, SigningKey) {
    let date = time.split('T').next().unwrap_or_default();
    let key = of.secret.signing_key(date, scope.region, scope.service);
    let parts = [of.access_key_id, date, scope.region, scope.service, TERMINATOR];
    (Credential::of(parts), key)
}

/// The fields that reach the server as they were sent.
fn signable<'a>(request: &Request<'a>) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    const CHANGING: [&str; 7] = [
        "authorization",
        "connection",
        "expect",
        "te",
        "transfer-encoding",
        "user-agent",
        "x-amzn-trace-id",
    ];
    request.headers.iter().filter(|(name, _)| !CHANGING.contains(name))
}

fn names(headers: &Headers<'_>) -> String {
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| name).collect();
    names.dedup();
    names.join(";")
}

fn push(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    let mut encoded = Vec::with_capacity(value.len() * 2);
    value.bytes().for_each(|byte| canonical::encode(&mut encoded, byte));
    query.push_str(name);
    query.push('=');
    query.push_str(&String::from_utf8_lossy(&encoded));
}
