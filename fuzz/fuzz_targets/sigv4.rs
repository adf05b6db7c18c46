//! Signatures in headers and queries, Version 4 and 2: reading never panics, what is signed
//! verifies, and what was changed after does not.
//!
//! Input: one letter, then a message. Upper case is S3's style.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use sigv4::{
    AuthError, Credentials, Expected, Headers, PayloadHash, Presented, Request, SecretKey,
    SigningKeys, SigningScope, Style, inspect, presign, sha256, sign, verify, verify_version_2,
};
use wardian_fuzz::Message;

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 2015-08-30T12:36:00Z, as in AWS's published cases.
const NOW: i64 = 1_440_938_160;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((letter, rest)) = bytes.split_first() else { return Corpus::Reject };
    let Some(message) = Message::parse(rest) else { return Corpus::Reject };
    let style = if letter.is_ascii_uppercase() { Style::S3 } else { Style::Query };
    let query = message.uri.query().unwrap_or_default();
    let (path, body) = (message.uri.path(), sha256(message.body));
    let headers = Headers::new(message.fields());
    let request = Request { method: message.method.as_str(), path, query, headers: &headers };
    let _ = PayloadHash::of(&headers).map(|payload| payload.map(PayloadHash::is_streaming));
    if let Err(error) = receive(&request, style, &body) {
        words(&error, style);
    }
    // The same request without what says who signed it, signed.
    let fields: Vec<_> =
        message.fields().into_iter().filter(|(name, _)| !is_of_signature(name)).collect();
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_parameter(pair)).collect();
    let query = kept.join("&");
    let with_host = [fields.as_slice(), &[("host", b"localhost".as_slice())]].concat();
    let headers = Headers::new(with_host.iter().copied());
    let request = Request { method: request.method, path, query: &query, headers: &headers };
    if !matches!(inspect(&request, style), Ok(Presented::Anonymous)) {
        return Corpus::Keep;
    }
    let secret = SecretKey::new(SECRET);
    let credentials = Credentials { access_key_id: KEY_ID, secret: &secret, session_token: None };
    let scope = SigningScope { style, service: "service", region: "us-east-1" };
    let signed = sign(&request, &credentials, &scope, PayloadHash::Signed(body), NOW);
    let mut all: Vec<(&str, &[u8])> = with_host.clone();
    all.extend(signed.headers.iter().map(|(name, value)| (*name, value.as_bytes())));
    let fields = Headers::new(all.iter().copied());
    let request = Request { headers: &fields, ..request };
    assert!(matches!(receive(&request, style, &body), Ok(true)), "signed, and not verified");
    let method = format!("{}X", request.method);
    let changed = Request { method: &method, ..request };
    assert!(receive(&changed, style, &body).is_err(), "another method");
    let path = format!("{path}/x");
    let changed = Request { path: &path, ..request };
    assert!(receive(&changed, style, &body).is_err(), "another path");
    let more = format!("{query}&x=y");
    let changed = Request { query: &more, ..request };
    assert!(receive(&changed, style, &body).is_err(), "another query");

    let request = Request { headers: &headers, query: &query, path: message.uri.path(), ..request };
    let payload =
        if style == Style::S3 { PayloadHash::Unsigned } else { PayloadHash::Signed(body) };
    let presigned = presign(&request, &credentials, &scope, payload, 60, NOW);
    let request = Request { query: &presigned, ..request };
    let fits = style == Style::Query || fields_are_signable(&headers);
    assert!(
        !fits || matches!(receive(&request, style, &body), Ok(true)),
        "presigned, and not verified"
    );
    Corpus::Keep
});

/// A hash of the payload in a header contradicts a presigned request's own.
fn fields_are_signable(headers: &Headers<'_>) -> bool {
    headers.iter().all(|(name, _)| name != "x-amz-content-sha256")
}

fn is_of_signature(name: &str) -> bool {
    let names = [
        "authorization",
        "host",
        "x-amz-date",
        "date",
        "x-amz-security-token",
        "x-amz-content-sha256",
    ];
    names.contains(&name)
}

fn is_parameter(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    let names = ["AWSAccessKeyId", "Signature", "Expires"];
    name.contains('%') || name.to_ascii_lowercase().starts_with("x-amz-") || names.contains(&name)
}

/// Whether it is signed, and rightly.
fn receive(request: &Request<'_>, style: Style, body: &[u8; 32]) -> Result<bool, AuthError> {
    let secret = SecretKey::new(SECRET);
    match inspect(request, style)? {
        Presented::Anonymous => Ok(false),
        Presented::Version2(presented) => {
            let _ = (format!("{presented:?}"), presented.session_token(), presented.signed_at());
            verify_version_2(&presented, request, None, &secret, NOW)?;
            verify_version_2(&presented, request, Some("bkt"), &secret, NOW).map(|()| true)
        }
        Presented::Signed(authorization) => {
            let _ = (format!("{authorization:?}"), authorization.session_token());
            let service = authorization.credential().service().to_owned();
            let expected =
                Expected { style, service: &service, region: None, body_sha256: body, now: NOW };
            let keys = SigningKeys::new(1);
            let verified = verify(&authorization, request, &secret, &keys, &expected)?;
            let _ = verified.seed();
            Ok(true)
        }
    }
}

fn words(error: &AuthError, style: Style) {
    assert!((400..=403).contains(&error.status(style)), "{error:?}");
    assert!(!error.code(style).is_empty());
    let _ = (error.message(style), error.fields(style));
}
