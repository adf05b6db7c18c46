//! A form that uploads a file, through the whole gateway: multipart, policy, signature, and the
//! PutObject that it becomes.
//!
//! Input: a byte (upper case: the policy is signed rightly), the policy's conditions up to a byte
//! 0x1e, then the body of the form. `@P`, `@C` and `@S` in it stand for the policy, its credential
//! and its signature.

#![no_main]

use std::sync::Arc;

use api::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::clock::FixedClock;
use gateway::id::SeededIds;
use gateway::{AccountId, Config, Gateway, Limits, Parts, Peer, RequestBody};
use http_body_util::{BodyExt as _, Full};
use identity::{IdentityDirectory, account};
use libfuzzer_sys::{Corpus, fuzz_target};
use sigv4::SecretKey;
use store::{Blobs, Keyring, Secret, Store};

const ACCOUNT: &str = "123456789012";
const KEY_ID: &str = "AKIAROOT000000000001";
const SECRET: &str = "root-secret";
/// 2026-01-02T03:04:05Z
const NOW: i64 = 1_767_323_045;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((letter, rest)) = bytes.split_first() else { return Corpus::Reject };
    let Some(end) = rest.iter().position(|byte| *byte == 0x1e) else { return Corpus::Reject };
    let (conditions, body) = (&rest[..end], &rest[end + 1..]);
    let policy = STANDARD.encode(
        [b"{\"expiration\":\"2026-01-03T00:00:00Z\",\"conditions\":[", conditions, b"]}"].concat(),
    );
    let secret = if letter.is_ascii_uppercase() { SECRET } else { "another" };
    let key = SecretKey::new(secret).signing_key("20260102", "us-east-1", "s3");
    let signature = hex::encode(key.sign(policy.as_bytes()));
    let credential = format!("{KEY_ID}/20260102/us-east-1/s3/aws4_request");
    let body = replaced(body, b"@P", policy.as_bytes());
    let body = replaced(&body, b"@C", credential.as_bytes());
    let body = replaced(&body, b"@S", signature.as_bytes());
    let status = WORLD.with(|world| world.post(body));
    assert!(status < 500, "an answer of {status}");
    // Never by a policy that is not signed.
    assert!(letter.is_ascii_uppercase() || status >= 400, "an upload that nobody allowed");
    Corpus::Keep
});

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + to.len());
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        match rest.strip_prefix(from) {
            Some(after) => {
                out.extend_from_slice(to);
                rest = after;
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

thread_local! {
    static WORLD: World = World::new();
}

struct World {
    gateway: Gateway,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new() -> Self {
        let keyring = Arc::new(Keyring::from_bytes([7; 32]));
        let now = Timestamp::from_seconds(NOW);
        let id = AccountId::parse(ACCOUNT).unwrap();
        let store = Store::memory();
        store
            .transact_blocking(|tx| {
                account::ensure(tx, id, "test", "root@example.com", now)?;
                let secret = Secret::from(SECRET);
                account::put_root_key(tx, &keyring, id, KEY_ID, &secret, now)?;
                Ok::<_, gateway::Error>(())
            })
            .unwrap();
        let gateway = Gateway::new(Parts {
            config: Config {
                account: id,
                region: "us-east-1".to_owned(),
                base_domains: Vec::new(),
                limits: Limits::default(),
            },
            store,
            blobs: Blobs::memory(Arc::clone(&keyring)).unwrap(),
            clock: Arc::new(FixedClock::new(now)),
            ids: Arc::new(SeededIds::new(1)),
            directory: Arc::new(IdentityDirectory::new(Arc::clone(&keyring))),
            keyring,
            s3: s3::service().unwrap(),
            services: vec![identity::iam().unwrap(), identity::sts().unwrap()],
            recorder: None,
        })
        .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let world = Self { gateway, runtime };
        assert_eq!(world.create_bucket(), 200);
        world
    }

    fn create_bucket(&self) -> u16 {
        let secret = SecretKey::new(SECRET);
        let credentials =
            sigv4::Credentials { access_key_id: KEY_ID, secret: &secret, session_token: None };
        let fields = [("host", b"localhost:4566".as_slice())];
        let headers = sigv4::Headers::new(fields);
        let request = sigv4::Request { method: "PUT", path: "/bkt", query: "", headers: &headers };
        let scope =
            sigv4::SigningScope { style: sigv4::Style::S3, service: "s3", region: "us-east-1" };
        let payload = sigv4::PayloadHash::Signed(sigv4::EMPTY_SHA256);
        let signed = sigv4::sign(&request, &credentials, &scope, payload, NOW);
        let mut builder =
            http::Request::builder().method("PUT").uri("/bkt").header("host", "localhost:4566");
        for (name, value) in signed.headers {
            builder = builder.header(name, value);
        }
        self.serve(builder, Vec::new())
    }

    fn post(&self, body: Vec<u8>) -> u16 {
        let builder = http::Request::builder()
            .method("POST")
            .uri("/bkt")
            .header("host", "localhost:4566")
            .header("content-type", "multipart/form-data; boundary=edge")
            .header("content-length", body.len());
        self.serve(builder, body)
    }

    fn serve(&self, builder: http::request::Builder, body: Vec<u8>) -> u16 {
        let body = Full::new(body.into()).map_err(Into::into);
        let request = builder.body(Box::pin(body) as RequestBody).unwrap();
        let peer = Peer { ip: [127, 0, 0, 1].into(), tls: None };
        self.runtime.block_on(async {
            let response = self.gateway.serve(request, peer).await;
            let status = response.status().as_u16();
            let _ = response.into_body().collect().await;
            status
        })
    }
}
