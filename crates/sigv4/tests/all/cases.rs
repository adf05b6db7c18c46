//! AWS's published cases, stage by stage: canonical request, string to sign, signature; received
//! by a server and made by a client.

use std::fs;
use std::path::Path;

use crate::wire::Wire;
use serde_json::Value;
use sigv4::{
    AuthError, Authorization, Credentials, Expected, PayloadHash, Presented, SecretKey,
    SigningKeys, SigningScope, Style, explain, inspect, presign, sha256, sign, verify,
};

struct Case {
    name: String,
    form: &'static str,
    context: Value,
    wire: Wire,
    folder: std::path::PathBuf,
}

impl Case {
    fn stage(&self, stage: &str) -> String {
        fs::read_to_string(self.folder.join(format!("{}-{stage}.txt", self.form))).unwrap()
    }

    fn text(&self, pointer: &str) -> &str {
        self.context.pointer(pointer).unwrap().as_str().unwrap()
    }

    fn flag(&self, name: &str) -> bool {
        self.context.get(name).is_some_and(|value| value == true)
    }

    fn secret(&self) -> SecretKey {
        SecretKey::new(self.text("/credentials/secret_access_key"))
    }

    fn is_s3(&self) -> bool {
        self.context.get("style").is_some_and(|style| style == "s3")
    }

    /// How the request is read: only true S3 requests state their payload's hash.
    fn reading(&self) -> Style {
        if self.is_s3() { Style::S3 } else { Style::Query }
    }

    /// How its path is made canonical.
    fn canonical(&self) -> Style {
        if self.flag("normalize") { Style::Query } else { Style::S3 }
    }

    fn now(&self) -> i64 {
        match self.text("/timestamp") {
            "2015-08-30T12:36:00Z" => 1_440_938_160,
            "2013-05-24T00:00:00Z" => 1_369_353_600,
            other => panic!("{}: unknown time {other}", self.name),
        }
    }

    fn authorization<'a>(&self, request: &sigv4::Request<'a>) -> Authorization<'a> {
        match inspect(request, self.reading()) {
            Ok(Presented::Signed(authorization)) => authorization,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    fn expected<'a>(&'a self, body_sha256: &'a [u8; 32]) -> Expected<'a> {
        Expected {
            style: self.canonical(),
            service: self.text("/service"),
            region: Some(self.text("/region")),
            body_sha256,
            now: self.now(),
        }
    }
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = Vec::new();
    for group in ["suite", "s3"] {
        for folder in fs::read_dir(root.join(group)).unwrap() {
            let folder = folder.unwrap().path();
            for form in ["header", "query"] {
                let Ok(text) = fs::read(folder.join(format!("{form}-signed-request.txt"))) else {
                    continue;
                };
                let context = fs::read_to_string(folder.join("context.json")).unwrap();
                cases.push(Case {
                    name: format!("{group}/{} {form}", folder.file_name().unwrap().display()),
                    form,
                    context: serde_json::from_str(&context).unwrap(),
                    wire: Wire::parse(&text),
                    folder: folder.clone(),
                });
            }
        }
    }
    assert_eq!(cases.len(), 2 * 38 + 7, "every case of both groups is here");
    cases
}

#[test]
fn every_stage_is_what_aws_published() {
    for case in cases() {
        // Its client added the token to the query after signing.
        if case.flag("omit_session_token") && case.form == "query" {
            continue;
        }
        let headers = case.wire.headers();
        let request = case.wire.request(&headers);
        let authorization = case.authorization(&request);
        let body = sha256(&case.wire.body);
        let explanation = explain(&authorization, &request, &case.expected(&body));
        let canonical = String::from_utf8(explanation.canonical_request).unwrap();
        assert_eq!(canonical, case.stage("canonical-request"), "{}", case.name);
        assert_eq!(explanation.string_to_sign, case.stage("string-to-sign"), "{}", case.name);
        assert_eq!(authorization.signature(), case.stage("signature"), "{}", case.name);
        let keys = SigningKeys::default();
        let expected = case.expected(&body);
        let verified = verify(&authorization, &request, &case.secret(), &keys, &expected);
        assert!(verified.is_ok(), "{}: {verified:?}", case.name);
    }
}

#[test]
fn another_secret_never_verifies() {
    for case in cases() {
        let headers = case.wire.headers();
        let request = case.wire.request(&headers);
        let authorization = case.authorization(&request);
        let (body, keys) = (sha256(&case.wire.body), SigningKeys::default());
        let (secret, expected) = (SecretKey::new("another"), case.expected(&body));
        let refused = verify(&authorization, &request, &secret, &keys, &expected);
        assert!(matches!(refused, Err(AuthError::SignatureDoesNotMatch(_))), "{}", case.name);
    }
}

#[test]
fn a_client_makes_the_published_signatures() {
    for case in cases() {
        // The suite's plain paths belong to a service that neither normalizes nor states hashes.
        if case.form == "header" && case.canonical() != case.reading() {
            continue;
        }
        let headers = case.wire.headers();
        let authorization = case.authorization(&case.wire.request(&headers));
        let payload = match case.reading() {
            Style::Query => PayloadHash::Signed(sha256(&case.wire.body)),
            Style::S3 => authorization.payload(),
        };
        let unsigned = case.wire.unsigned(authorization.signed_headers(), case.is_s3());
        let headers = unsigned.headers();
        let secret = case.secret();
        let credentials = Credentials {
            access_key_id: case.text("/credentials/access_key_id"),
            secret: &secret,
            session_token: authorization
                .session_token()
                .filter(|_| !case.flag("omit_session_token")),
        };
        let style = case.canonical();
        let (service, region) = (case.text("/service"), case.text("/region"));
        let scope = SigningScope { style, service, region };
        let request = unsigned.request(&headers);
        let made = if case.form == "header" {
            let signed = sign(&request, &credentials, &scope, payload, case.now());
            signed.headers.last().unwrap().1.clone()
        } else {
            let expires = case.context["expiration_in_seconds"].as_u64().unwrap();
            let expires = u32::try_from(expires).unwrap();
            presign(&request, &credentials, &scope, payload, expires, case.now())
        };
        let signature = format!("Signature={}", case.stage("signature"));
        assert!(made.ends_with(&signature), "{}: {made}", case.name);
    }
}
