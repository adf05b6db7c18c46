//! A gateway in memory and requests signed as AWS's clients sign them.

use std::sync::Arc;

use api::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use gateway::clock::{Clock, FixedClock};
use gateway::{Config, Gateway, Limits, Parts, Peer};
use harness::request::{self, Key};
use http_body_util::BodyExt as _;
use md5::{Digest as _, Md5};
use sigv4::PayloadHash;
use store::{BlobId, Blobs, Store};

use crate::people::{HOME, People, root};

/// When the clock starts.
pub const START: i64 = harness::NOW;

pub struct World {
    pub gateway: Gateway,
    pub people: Arc<People>,
    pub store: Store,
    pub blobs: Blobs,
    clock: Arc<FixedClock>,
}

/// A request to be described, then sent.
#[derive(Clone)]
pub struct Call<'w> {
    world: &'w World,
    request: request::Call,
    /// None for an anonymous request.
    key: Option<String>,
    tls: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl World {
    pub fn new() -> Self {
        Self::limited(Limits::default())
    }

    pub fn limited(limits: Limits) -> Self {
        let people = Arc::new(People::default());
        let clock = Arc::new(FixedClock::new(Timestamp::from_seconds(START)));
        let store = Store::memory();
        let parts = harness::parts(store.clone(), harness::keyring(), people.clone());
        let blobs = parts.blobs.clone();
        let gateway = Gateway::new(Parts {
            config: Config { limits, ..parts.config },
            clock: clock.clone(),
            s3: s3::service().expect("rows"),
            services: vec![s3::control().expect("rows")],
            ..parts
        })
        .expect("a gateway");
        Self { gateway, people, store, blobs, clock }
    }

    /// A world with one bucket, `b`.
    pub async fn with_bucket() -> Self {
        let world = Self::new();
        world.call("PUT", "/bkt").send().await.ok();
        world
    }

    /// A request of the root of the home account to us-east-1.
    pub fn call(&self, method: &'static str, target: &str) -> Call<'_> {
        let request = request::Call::s3(method, target).header("host", "localhost:4566");
        Call { world: self, request, key: Some(root(HOME)), tls: None }
    }

    pub async fn put(&self, key: &str, body: &str) -> Answer {
        self.call("PUT", &format!("/bkt/{key}")).body(body).send().await.ok()
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.wall().plus_seconds(seconds));
    }

    /// Sweeps the blobs that nothing refers to, and says how many were left and deleted.
    pub fn sweep(&self) -> (usize, usize) {
        self.blobs.settle();
        let store = self.store.clone();
        let referenced = move |id: &BlobId| {
            store.read(|tx| s3::referenced(tx, id)).expect("a read").expect("rows")
        };
        // What was finished since the last sweep is young, and kept by the first one.
        self.blobs.sweep(&referenced).expect("a sweep");
        let swept = self.blobs.sweep(&referenced).expect("a sweep");
        self.blobs.settle();
        (swept.kept as usize, swept.deleted as usize)
    }
}

impl Call<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn replace_header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.body(body);
        self
    }

    /// A body with the digest that some operations demand.
    pub fn document(self, body: &str) -> Self {
        let crc = crc_fast::crc32_iso_hdlc(body.as_bytes()).to_be_bytes();
        self.header("x-amz-checksum-crc32", &BASE64.encode(crc)).body(body)
    }

    /// As SDKs send since 2025: in chunks, with a checksum behind.
    pub fn with_trailer(mut self, body: &[u8], name: &str, value: &str) -> Self {
        let mut encoded = Vec::new();
        for chunk in body.chunks(64 * 1024) {
            encoded.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            encoded.extend_from_slice(chunk);
            encoded.extend_from_slice(b"\r\n");
        }
        encoded.extend(format!("0\r\n{name}:{value}\r\n\r\n").into_bytes());
        self.request.payload = PayloadHash::StreamingUnsignedTrailer;
        self = self
            .header("content-encoding", "aws-chunked")
            .header("x-amz-decoded-content-length", &body.len().to_string())
            .header("x-amz-trailer", name)
            .header("content-length", &encoded.len().to_string());
        self.request.body = encoded;
        self
    }

    pub fn by(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// A request as it stands, with whatever credentials its URL has.
    pub fn anonymous(mut self) -> Self {
        self.key = None;
        self
    }

    pub fn region(mut self, region: &'static str) -> Self {
        self.request.region = region;
        self
    }

    pub fn over_tls(mut self) -> Self {
        self.tls = Some("1.3");
        self
    }

    /// Over TLS, with this key of a customer's; the prefix is empty or `copy-source-`.
    pub fn under(self, prefix: &str, key: &[u8]) -> Self {
        let header = |name| format!("x-amz-{prefix}server-side-encryption-customer-{name}");
        self.over_tls()
            .header(&header("algorithm"), "AES256")
            .header(&header("key"), &BASE64.encode(key))
            .header(&header("key-md5"), &BASE64.encode(Md5::digest(key)))
    }

    pub async fn send(self) -> Answer {
        let peer = Peer { ip: [127, 0, 0, 1].into(), tls: self.tls };
        let raw = match self.key {
            Some(key) => {
                let key = Key { secret: key.clone(), id: key, token: None };
                self.request.signed(&key, self.world.clock.wall().as_seconds())
            }
            None => self.request.unsigned(),
        };
        let response = self.world.gateway.serve(raw.into_http(), peer).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

impl Answer {
    /// The answer of a call that must succeed.
    pub fn ok(self) -> Self {
        assert!(self.status < 300, "{}", self.show());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).expect("UTF-8")
    }

    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).map(|value| value.to_str().expect("text"));
        value.unwrap_or_default().to_owned()
    }

    /// The text of the first element of the name.
    pub fn element(&self, name: &str) -> String {
        self.elements(name).into_iter().next().unwrap_or_default()
    }

    pub fn elements(&self, name: &str) -> Vec<String> {
        harness::elements(&self.text(), name)
    }

    /// `404 NoSuchKey`, or the status alone.
    pub fn code(&self) -> String {
        format!("{} {}", self.status, self.element("Code")).trim().to_owned()
    }

    /// Status, headers and document without what is the same, or different, in each answer.
    pub fn show(&self) -> String {
        let mut out = format!("{}\n", self.status);
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\n", value.to_str().expect("text")))
            .collect();
        headers.sort();
        let common = ["x-amz-request-id", "x-amz-id-2", "server", "date"];
        headers.retain(|line| !common.iter().any(|name| line.starts_with(name)));
        out.extend(headers);
        let Ok(mut body) = String::from_utf8(self.body.to_vec()) else { return out };
        for name in ["RequestId", "HostId"] {
            if let Some((head, rest)) = body.split_once(&format!("<{name}>")) {
                let tail = rest.split_once(&format!("</{name}>")).map_or("", |(_, tail)| tail);
                body = format!("{head}{tail}");
            }
        }
        let body = body.replace("><", ">\n<").replace(">\n</", "></");
        out + &body.lines().map(folded).collect::<Vec<_>>().join("\n")
    }
}

/// A line of a document, broken where it is too long to be read.
fn folded(line: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in line.split_inclusive(' ') {
        if width + word.len() > 80 && width > 0 {
            out = format!("{}\n  ", out.trim_end());
            width = 2;
        }
        out.push_str(word);
        width += word.len();
    }
    out
}
