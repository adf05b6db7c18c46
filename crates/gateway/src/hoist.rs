//! Headers that stand in the query of a presigned request: `?x-amz-acl=private&X-Amz-Signature=…`.
//!
//! SDKs move `x-amz-*` headers there ("hoist" them), so that whoever uses the URL need not send
//! them; S3 obeys them as headers, and `If-Match` and `If-None-Match` with them. They are obeyed
//! only beside a signature, which covers the query. Checksums of a body that was not there when the
//! URL was made say nothing: S3 passes over them.
//! AWS: "Authenticating Requests: Using Query Parameters" (Amazon S3 API Reference).

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use sigv4::Headers;

use crate::encoded_word;
use crate::request::RequestFacts;

/// The one header that counts only where it is signed. S3 refuses other `x-amz-*` that are not.
const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// Adds the hoisted headers; one that was sent wins over one of its name in the query.
pub fn hoist(facts: &mut RequestFacts) {
    let pairs: Vec<(String, String)> = pairs(&facts.query);
    let named = |name: &str| pairs.iter().any(|(key, _)| key == name);
    let is_version_2 = named("AWSAccessKeyId") && named("Signature");
    if !is_version_2 && !named("X-Amz-Signature") {
        return;
    }
    let signed = pairs.iter().find(|(key, _)| key == "X-Amz-SignedHeaders");
    let signed = signed.map(|(_, list)| list.to_ascii_lowercase()).unwrap_or_default();
    if !is_version_2 && !signed.split(';').any(|name| name == CONTENT_SHA256) {
        facts.headers.remove(CONTENT_SHA256);
    }
    for (key, value) in &pairs {
        let name = key.to_ascii_lowercase();
        let is_header = is_amz(&name)
            || matches!(name.as_str(), "if-match" | "if-none-match")
            || is_version_2 && matches!(name.as_str(), "content-type" | "content-md5");
        if !is_header || facts.headers.contains_key(&name) {
            continue;
        }
        // A URL is UTF-8, a header is not: metadata beyond ASCII goes in encoded words.
        let value = match name.starts_with("x-amz-meta-") && !value.is_ascii() {
            true => encoded_word::encode(value),
            false => Cow::Borrowed(value.as_str()),
        };
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), value) {
            // A signed header that stands in the query alone is signed with what it has there.
            if !signed.split(';').any(|signed| signed == name.as_str()) {
                facts.hoisted.push(name.clone());
            }
            facts.headers.insert(name, value);
        }
    }
}

/// The headers as they were sent: what a signature covers.
pub fn sent(facts: &RequestFacts) -> Headers<'_> {
    let headers = facts.headers.iter().filter(|(name, _)| !facts.hoisted.contains(name));
    Headers::new(headers.map(|(name, value)| (name.as_str(), value.as_bytes())))
}

fn is_amz(name: &str) -> bool {
    name.starts_with("x-amz-")
        && !name.starts_with("x-amz-checksum-")
        && !matches!(
            name,
            "x-amz-algorithm"
                | "x-amz-content-sha256"
                | "x-amz-credential"
                | "x-amz-date"
                | "x-amz-decoded-content-length"
                | "x-amz-expires"
                | "x-amz-sdk-checksum-algorithm"
                | "x-amz-security-token"
                | "x-amz-signature"
                | "x-amz-signedheaders"
                | "x-amz-trailer"
        )
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}
