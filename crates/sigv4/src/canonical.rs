//! The canonical request and the string to sign: one pass into one buffer.
//!
//! AWS page: "Create a signed AWS API request", steps "Create a canonical request" and "Create a
//! string to sign" (IAM User Guide).

use std::ops::Range;

use crate::inspect::{Authorization, parameter};
use crate::payload::{hex_of, sha256};
use crate::request::{Headers, Request, Style};

pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The texts that a signature is computed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Bytes, as header values need not be text. Holds session tokens: not for logs.
    pub canonical_request: Vec<u8>,
    pub string_to_sign: String,
}

/// The parts of a signature that are not in the request's own fields.
pub(crate) struct Covered<'a> {
    pub signed_headers: &'a str,
    pub payload: crate::PayloadHash,
    pub body_sha256: &'a [u8; 32],
    /// `YYYYMMDDTHHMMSSZ`.
    pub time: &'a str,
    pub scope: &'a str,
}

impl<'a> Covered<'a> {
    pub(crate) fn by(auth: &'a Authorization<'_>, body_sha256: &'a [u8; 32]) -> Self {
        Self {
            signed_headers: auth.signed_headers(),
            payload: auth.payload(),
            body_sha256,
            time: auth.time_basic(),
            scope: auth.credential().scope(),
        }
    }
}

pub(crate) fn explain(request: &Request<'_>, style: Style, covered: &Covered<'_>) -> Explanation {
    let canonical_request = canonical_request(request, style, covered);
    let hash = hex_of(&sha256(&canonical_request));
    let mut string_to_sign = String::with_capacity(ALGORITHM.len() + covered.scope.len() + 96);
    for line in [ALGORITHM, "\n", covered.time, "\n", covered.scope, "\n"] {
        string_to_sign.push_str(line);
    }
    string_to_sign.push_str(std::str::from_utf8(&hash).unwrap_or_default());
    Explanation { canonical_request, string_to_sign }
}

fn canonical_request(request: &Request<'_>, style: Style, covered: &Covered<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512 + request.path.len() + request.query.len() * 2);
    out.extend_from_slice(request.method.as_bytes());
    out.push(b'\n');
    match style {
        Style::Query => normalized_path(&mut out, request.path),
        Style::S3 => plain_path(&mut out, request.path),
    }
    out.push(b'\n');
    query(&mut out, request.query);
    out.push(b'\n');
    headers(&mut out, request.headers, covered.signed_headers);
    out.push(b'\n');
    out.extend_from_slice(covered.signed_headers.as_bytes());
    out.push(b'\n');
    covered.payload.write(&mut out, covered.body_sha256);
    out
}

/// S3's path: each byte of the key encoded once, nothing removed.
fn plain_path(out: &mut Vec<u8>, path: &str) {
    if path.is_empty() {
        out.push(b'/');
    }
    for byte in decoded(path) {
        if byte == b'/' { out.push(byte) } else { encode(out, byte) }
    }
}

/// Everyone else's path: dot segments and empty segments removed, then the text as sent encoded
/// once more, so that what arrived escaped is escaped twice.
fn normalized_path(out: &mut Vec<u8>, path: &str) {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    for segment in &segments {
        out.push(b'/');
        segment.bytes().for_each(|byte| encode(out, byte));
    }
    let directory = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if segments.is_empty() || directory {
        out.push(b'/');
    }
}

/// Names and values decoded, encoded, sorted by encoded name and then value; without the signature.
///
/// A plus is a blank, to the signature as to whoever reads the parameters: were it only one of the
/// two, `%2B` could be exchanged for `+` behind the signer's back. AWS does the same.
fn query(out: &mut Vec<u8>, query: &str) {
    if query.is_empty() {
        return;
    }
    let mut text = Vec::with_capacity(query.len() * 2);
    let mut pairs: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = append(&mut text, name);
        if text.get(name.clone()) == Some(parameter::SIGNATURE.as_bytes()) {
            continue;
        }
        let value = append(&mut text, value);
        pairs.push((name, value));
    }
    let bytes = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
    pairs.sort_by(|(n1, v1), (n2, v2)| (bytes(n1), bytes(v1)).cmp(&(bytes(n2), bytes(v2))));
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(bytes(name));
        out.push(b'=');
        out.extend_from_slice(bytes(value));
    }
}

fn append(text: &mut Vec<u8>, part: &str) -> Range<usize> {
    let start = text.len();
    for (index, run) in part.split('+').enumerate() {
        if index > 0 {
            encode(text, b' ');
        }
        decoded(run).for_each(|byte| encode(text, byte));
    }
    start..text.len()
}

/// Each signed field on a line: values of equal names joined by commas, runs of blanks made one.
fn headers(out: &mut Vec<u8>, headers: &Headers<'_>, signed: &str) {
    for name in signed.split(';') {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        for (index, value) in headers.all(name).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            trimmed(out, value);
        }
        out.push(b'\n');
    }
}

fn trimmed(out: &mut Vec<u8>, value: &[u8]) {
    // Each byte is looked at, and none ends the loop: so the compiler takes many at once.
    if value.iter().fold(true, |all, byte| all & !matches!(byte, b' ' | b'\t')) {
        return out.extend_from_slice(value);
    }
    let words = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

fn decoded(text: &str) -> percent_encoding::PercentDecode<'_> {
    percent_encoding::percent_decode_str(text)
}

/// AWS's URI encoding: all but letters, digits and `-._~`, in upper-case hex.
pub(crate) fn encode(out: &mut Vec<u8>, byte: u8) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
        out.push(byte);
    } else {
        out.extend_from_slice(percent_encoding::percent_encode_byte(byte).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(style: Style, path: &str) -> String {
        let mut out = Vec::new();
        match style {
            Style::Query => normalized_path(&mut out, path),
            Style::S3 => plain_path(&mut out, path),
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn s3_keeps_the_path_and_encodes_it_once() {
        for (wire, canonical) in [
            ("", "/"),
            ("/", "/"),
            ("//a//../b", "//a//../b"),
            ("/a%20b/c+d", "/a%20b/c%2Bd"),
            ("/a(b)", "/a%28b%29"),
            ("/%7Euser", "/~user"),
            ("/100%", "/100%25"),
        ] {
            assert_eq!(path(Style::S3, wire), canonical, "{wire}");
        }
    }

    #[test]
    fn other_services_normalize_the_path_and_encode_it_twice() {
        for (wire, canonical) in [
            ("", "/"),
            ("/a/../b", "/b"),
            ("/a/..", "/"),
            ("//a//", "/a/"),
            ("/a/b/..", "/a/"),
            ("/../..", "/"),
            ("/a%3Ab", "/a%253Ab"),
            ("/@a", "/%40a"),
        ] {
            assert_eq!(path(Style::Query, wire), canonical, "{wire}");
        }
    }

    #[test]
    fn a_query_is_sorted_by_name_and_then_by_value() {
        let mut out = Vec::new();
        query(&mut out, "b=2&a-b=1&a=2&a=1&&c&X-Amz-Signature=zz&X%2DAmz-Signature=z&d=%2f+%2B~");
        assert_eq!(String::from_utf8(out).unwrap(), "a=1&a=2&a-b=1&b=2&c=&d=%2F%20%2B~");
    }
}
