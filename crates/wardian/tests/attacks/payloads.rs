//! Uploads whose signature is no proof: in every payload mode, in every place of the credential.
//!
//! What spoils the bytes and their chunks under a good signature, the tests of the gateway try.

use sigv4::PayloadHash;

use crate::raw::{Call, Key, Raw};
use crate::site::{BUCKET, Site};

const BODY: &[u8] = b"stolen goods";
const EXPIRES: u32 = 600;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Query,
}

/// What is spoiled, and S3's answer to it in the header and in the query.
struct Forgery {
    name: &'static str,
    make: fn(&Site, &Call, Place) -> Raw,
    answers: [&'static str; 2],
}

fn modes() -> [PayloadHash; 6] {
    [
        PayloadHash::Signed(sigv4::sha256(BODY)),
        PayloadHash::Signed(sigv4::EMPTY_SHA256),
        PayloadHash::Unsigned,
        PayloadHash::StreamingSigned,
        PayloadHash::StreamingSignedTrailer,
        PayloadHash::StreamingUnsignedTrailer,
    ]
}

fn put(mode: PayloadHash) -> Call {
    let call = Call::s3("PUT", &format!("/{BUCKET}/key")).body(BODY).payload(mode);
    if !mode.is_streaming() {
        return call;
    }
    let mut call = call
        .header("content-encoding", "aws-chunked")
        .header("x-amz-decoded-content-length", &BODY.len().to_string())
        .header("x-amz-trailer", "x-amz-checksum-crc32");
    call.body = format!("{:x}\r\n{}\r\n0\r\n", BODY.len(), String::from_utf8_lossy(BODY)).into();
    call.body.extend_from_slice(b"x-amz-checksum-crc32:AAAAAA==\r\n\r\n");
    let length = call.body.len().to_string();
    call.header("content-length", &length)
}

fn sign(call: &Call, key: &Key, place: Place, now: i64) -> Raw {
    match place {
        Place::Header => call.signed(key, now),
        Place::Query => call.presigned(key, now, EXPIRES),
    }
}

/// The request with its signature put through `alter`.
fn resigned(mut raw: Raw, place: Place, alter: impl Fn(&str) -> String) -> Raw {
    match place {
        Place::Header => {
            let value = raw.value("authorization").to_owned();
            let (head, signature) = value.split_once("Signature=").expect("a signature");
            raw.set("authorization", &format!("{head}Signature={}", alter(signature)))
        }
        Place::Query => {
            let (head, rest) = raw.query.split_once("X-Amz-Signature=").expect("a signature");
            let (signature, tail) = rest.split_once('&').unwrap_or((rest, ""));
            let tail = if tail.is_empty() { String::new() } else { format!("&{tail}") };
            raw.query = format!("{head}X-Amz-Signature={}{tail}", alter(signature));
            raw
        }
    }
}

fn root(site: &Site, call: &Call, place: Place) -> Raw {
    sign(call, &site.root, place, site.now())
}

/// Without its last letters.
fn cut(text: &str, letters: usize) -> String {
    text.chars().take(text.len().saturating_sub(letters)).collect()
}

const MISMATCH: [&str; 2] = ["403 SignatureDoesNotMatch"; 2];
const NOT_QUERY: &str = "400 AuthorizationQueryParametersError";

const FORGERIES: &[Forgery] = &[
    Forgery {
        name: "forged with another secret",
        make: |site, call, place| {
            let key = Key { secret: site.caller.secret.clone(), ..site.root.clone() };
            sign(call, &key, place, site.now())
        },
        answers: MISMATCH,
    },
    Forgery {
        name: "forged of nothing",
        make: |site, call, place| resigned(root(site, call, place), place, |_| "0".repeat(64)),
        answers: MISMATCH,
    },
    Forgery {
        name: "truncated by a digit",
        make: |site, call, place| resigned(root(site, call, place), place, |text| cut(text, 1)),
        answers: MISMATCH,
    },
    Forgery {
        name: "truncated to a digit",
        make: |site, call, place| resigned(root(site, call, place), place, |text| cut(text, 63)),
        answers: MISMATCH,
    },
    Forgery {
        name: "truncated to nothing",
        make: |site, call, place| resigned(root(site, call, place), place, |_| String::new()),
        answers: MISMATCH,
    },
    Forgery {
        name: "with a digit more",
        make: |site, call, place| {
            resigned(root(site, call, place), place, |text| format!("{text}0"))
        },
        answers: MISMATCH,
    },
    Forgery {
        name: "foreign: of another key",
        make: |site, call, place| {
            let mut raw = sign(call, &site.caller, place, site.now());
            raw.query = raw.query.replace(&site.caller.id, &site.root.id);
            let value = raw.value("authorization").replace(&site.caller.id, &site.root.id);
            if value.is_empty() { raw } else { raw.set("authorization", &value) }
        },
        answers: MISMATCH,
    },
    Forgery {
        name: "foreign: of another request",
        make: |site, call, place| {
            let other = Call { path: format!("/{BUCKET}/other"), ..call.clone() };
            Raw { path: call.path.clone(), ..root(site, &other, place) }
        },
        answers: MISMATCH,
    },
    Forgery {
        name: "foreign: of another method",
        make: |site, call, place| {
            let other = Call { method: "GET", ..call.clone() };
            Raw { method: "PUT", ..root(site, &other, place) }
        },
        answers: MISMATCH,
    },
    Forgery {
        name: "foreign: of a key that nobody has",
        make: |site, call, place| {
            let key = Key { id: "AKIAIOSFODNN7NOTHING".to_owned(), ..site.root.clone() };
            sign(call, &key, place, site.now())
        },
        answers: ["403 InvalidAccessKeyId"; 2],
    },
    Forgery {
        name: "expired",
        make: |site, call, place| sign(call, &site.root, place, site.now() - 901),
        answers: ["403 RequestTimeTooSkewed", "403 AccessDenied"],
    },
    Forgery {
        name: "from the future",
        make: |site, call, place| sign(call, &site.root, place, site.now() + 901),
        answers: ["403 RequestTimeTooSkewed", "403 AccessDenied"],
    },
    Forgery {
        name: "missing altogether",
        make: |site, call, place| {
            let raw = root(site, call, place).without("authorization");
            let query = raw.query.split('&').filter(|pair| !pair.starts_with("X-Amz-"));
            let query = query.collect::<Vec<_>>().join("&");
            Raw { query, ..raw }
        },
        answers: ["403 AccessDenied"; 2],
    },
    Forgery {
        name: "missing its signature",
        make: |site, call, place| {
            let mut raw = root(site, call, place);
            let pairs = raw.query.split('&').filter(|pair| !pair.starts_with("X-Amz-Signature="));
            raw.query = pairs.collect::<Vec<_>>().join("&");
            let value = raw.value("authorization").to_owned();
            match value.split_once(", Signature=").or_else(|| value.split_once(",Signature=")) {
                Some((head, _)) => raw.set("authorization", head),
                None => raw,
            }
        },
        answers: ["400 AuthorizationHeaderMalformed", NOT_QUERY],
    },
    Forgery {
        name: "a session's without its token",
        make: |site, call, place| {
            let key = Key { token: None, ..site.session.clone() };
            sign(call, &key, place, site.now())
        },
        answers: ["403 InvalidAccessKeyId"; 2],
    },
    Forgery {
        name: "a user's with a session's token",
        make: |site, call, place| {
            let key = Key { token: site.session.token.clone(), ..site.caller.clone() };
            sign(call, &key, place, site.now())
        },
        answers: ["400 InvalidToken"; 2],
    },
    Forgery {
        name: "a session's with its token cut",
        make: |site, call, place| {
            let token = site.session.token.clone().map(|token| cut(&token, 4));
            sign(call, &Key { token, ..site.session.clone() }, place, site.now())
        },
        answers: ["400 InvalidToken"; 2],
    },
    Forgery {
        name: "for another region",
        make: |site, call, place| {
            let other = Call { region: "eu-west-1", ..call.clone() };
            let mut raw = root(site, &other, place);
            raw.query = raw.query.replace("%2Feu-west-1%2F", "%2Fus-east-1%2F");
            let value = raw.value("authorization").replace("/eu-west-1/", "/us-east-1/");
            if value.is_empty() { raw } else { raw.set("authorization", &value) }
        },
        answers: MISMATCH,
    },
];

#[tokio::test]
async fn no_payload_in_no_place_is_taken_on_a_signature_that_is_no_proof() {
    let site = Site::new().await;
    let mut failures = Vec::new();
    for forgery in FORGERIES {
        for mode in modes() {
            for place in [Place::Header, Place::Query] {
                let told = site.told((forgery.make)(&site, &put(mode), place)).await;
                let expected = forgery.answers[usize::from(place == Place::Query)];
                if told != expected {
                    failures.push(format!("{} {mode:?} {place:?}: {told}", forgery.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let get = Call::s3("GET", &format!("/{BUCKET}/key"));
    assert_eq!(site.told(get.signed(&site.root, site.now())).await, "404 NoSuchKey");
    for place in [Place::Header, Place::Query] {
        let good = put(PayloadHash::Signed(sigv4::sha256(BODY)));
        assert_eq!(site.told(root(&site, &good, place)).await, "200", "{place:?}");
    }
}

#[tokio::test]
async fn an_expired_session_uploads_in_no_mode() {
    let site = Site::new().await;
    site.world.house.pass(901);
    for mode in modes() {
        for place in [Place::Header, Place::Query] {
            let raw = sign(&put(mode), &site.session, place, site.now());
            assert_eq!(site.told(raw).await, "400 ExpiredToken", "{mode:?} {place:?}");
        }
    }
}
