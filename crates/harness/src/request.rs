//! Requests as clients send them: described, then signed; or changed after the signing.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gateway::RequestBody;
use http_body::Frame;
use sigv4::{Credentials, Headers, PayloadHash, SecretKey, Seed, SigningScope, Style};

/// Credentials of a client.
#[derive(Clone)]
pub struct Key {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

/// A request before it is signed.
#[derive(Clone)]
pub struct Call {
    pub service: &'static str,
    pub method: &'static str,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub payload: PayloadHash,
    pub region: &'static str,
}

/// A request as it goes over the wire.
pub struct Raw {
    pub method: &'static str,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Sending,
    pub seed: Option<Seed>,
}

/// A body in pieces; after them its end, a break or silence.
#[derive(Default)]
pub struct Sending {
    pub pieces: VecDeque<Bytes>,
    pub then: Then,
    /// How long each piece lets wait for itself.
    pub pause: Option<Duration>,
    waiting: Option<Pin<Box<tokio::time::Sleep>>>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    #[default]
    End,
    Break,
    Silence,
}

impl Call {
    /// `POST /` of a service that speaks Query.
    pub fn query(service: &'static str, form: &str) -> Self {
        let headers = [
            ("host", format!("{service}.amazonaws.com")),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned()),
        ];
        Self {
            service,
            method: "POST",
            path: "/".to_owned(),
            query: String::new(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: form.as_bytes().to_vec(),
            payload: PayloadHash::Signed(sigv4::sha256(form.as_bytes())),
            region: "us-east-1",
        }
    }

    /// A request to S3; `target` is the path and, after a `?`, the query.
    pub fn s3(method: &'static str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            service: "s3",
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![("host".to_owned(), "s3.amazonaws.com".to_owned())],
            body: Vec::new(),
            payload: PayloadHash::Signed(sigv4::EMPTY_SHA256),
            region: "us-east-1",
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A body whose hash is signed, with its length declared.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.payload = PayloadHash::Signed(sigv4::sha256(&self.body));
        let length = self.body.len().to_string();
        self.header("content-length", &length)
    }

    pub fn payload(mut self, payload: PayloadHash) -> Self {
        self.payload = payload;
        self
    }

    fn style(&self) -> Style {
        if self.service == "s3" { Style::S3 } else { Style::Query }
    }

    fn scope(&self) -> SigningScope<'_> {
        SigningScope { style: self.style(), service: self.service, region: self.region }
    }

    /// Signed in the header at `now`, in seconds since 1970.
    pub fn signed(&self, key: &Key, now: i64) -> Raw {
        let secret = SecretKey::new(key.secret.as_str());
        let credentials = credentials(key, &secret);
        let headers = headers(&self.headers);
        let request = self.request(&headers);
        let signed = sigv4::sign(&request, &credentials, &self.scope(), self.payload, now);
        let mut raw = self.unsigned();
        raw.headers
            .extend(signed.headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
        raw.seed = Some(signed.seed);
        raw
    }

    /// Signed in the query at `now`, valid for `expires` seconds.
    pub fn presigned(&self, key: &Key, now: i64, expires: u32) -> Raw {
        let mut raw = self.unsigned();
        let payload = match self.style() {
            // The payload's hash is said in a header, and so signed with it.
            Style::S3 if self.payload != PayloadHash::Signed(sigv4::EMPTY_SHA256) => {
                raw.headers.push(("x-amz-content-sha256".to_owned(), said(self.payload)));
                self.payload
            }
            Style::S3 => PayloadHash::Unsigned,
            Style::Query => self.payload,
        };
        let secret = SecretKey::new(key.secret.as_str());
        let headers = headers(&raw.headers);
        let request = self.request(&headers);
        let (credentials, scope) = (credentials(key, &secret), self.scope());
        let query = sigv4::presign(&request, &credentials, &scope, payload, expires, now);
        Raw { query, ..raw }
    }

    pub fn unsigned(&self) -> Raw {
        Raw {
            method: self.method,
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: Sending::whole(self.body.clone()),
            seed: None,
        }
    }

    fn request<'a>(&'a self, headers: &'a Headers<'a>) -> sigv4::Request<'a> {
        sigv4::Request { method: self.method, path: &self.path, query: &self.query, headers }
    }
}

fn credentials<'a>(key: &'a Key, secret: &'a SecretKey) -> Credentials<'a> {
    Credentials { access_key_id: &key.id, secret, session_token: key.token.as_deref() }
}

fn headers(fields: &[(String, String)]) -> Headers<'_> {
    Headers::new(fields.iter().map(|(name, value)| (name.as_str(), value.as_bytes())))
}

/// The text of `x-amz-content-sha256`.
fn said(payload: PayloadHash) -> String {
    match payload {
        PayloadHash::Signed(hash) => hex::encode(hash),
        PayloadHash::Body | PayloadHash::Unsigned => "UNSIGNED-PAYLOAD".to_owned(),
        PayloadHash::StreamingSigned => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned(),
        PayloadHash::StreamingSignedTrailer => {
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER".to_owned()
        }
        PayloadHash::StreamingUnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER".to_owned(),
    }
}

impl Raw {
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    pub fn value(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn sending(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Sending::whole(body.into());
        self
    }

    pub fn into_http(self) -> http::Request<RequestBody> {
        let target =
            if self.query.is_empty() { self.path } else { format!("{}?{}", self.path, self.query) };
        let mut request = http::Request::builder().method(self.method).uri(target);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body: RequestBody = Box::pin(self.body);
        request.body(body).expect("a request")
    }
}

impl Sending {
    pub fn whole(body: Vec<u8>) -> Self {
        Self::pieces([body])
    }

    pub fn pieces(pieces: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).map(Bytes::from);
        Self { pieces: pieces.collect(), ..Self::default() }
    }

    pub fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }
}

impl http_body::Body for Sending {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(pause) = self.pause {
            let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            std::task::ready!(waiting.as_mut().poll(cx));
            self.waiting = None;
        }
        match (self.pieces.pop_front(), self.then) {
            (Some(piece), _) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            (None, Then::End) => Poll::Ready(None),
            (None, Then::Break) => Poll::Ready(Some(Err("the connection broke".into()))),
            (None, Then::Silence) => Poll::Pending,
        }
    }
}
