//! A client that costs little: signs, writes one buffer, reads the answer, keeps the connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use sigv4::{Credentials, Headers, PayloadHash, Request, SecretKey, SigningScope, Style};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Failure;

#[derive(Clone)]
pub struct Client {
    pub address: SocketAddr,
    access_key_id: String,
    secret: Arc<SecretKey>,
    token: Option<String>,
}

/// One request: its head, and a body that requests may share.
#[derive(Clone)]
pub struct Wire {
    head: Vec<u8>,
    body: Bytes,
}

pub struct Answer {
    pub status: u16,
    /// Bytes of the body, whether kept or not.
    pub length: usize,
    pub body: Vec<u8>,
    head: String,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value; names compare without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The text of the first element of this name.
    pub fn element(&self, name: &str) -> Option<String> {
        let text = self.text();
        let rest = text.split_once(&format!("<{name}>"))?.1;
        rest.split('<').next().map(str::to_owned)
    }
}

impl Client {
    pub fn new(address: SocketAddr, token: &str, (id, secret): &(String, String)) -> Self {
        Self {
            address,
            access_key_id: id.clone(),
            secret: Arc::new(SecretKey::new(secret.as_bytes())),
            token: (!token.is_empty()).then(|| token.to_owned()),
        }
    }

    /// A signed S3 request.
    pub fn s3(&self, method: &str, path: &str, query: &str, body: Bytes) -> Wire {
        self.s3_with(method, path, query, &[], body)
    }

    /// As [`Client::s3`], with headers of its own, which are signed too.
    pub fn s3_with(
        &self,
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Wire {
        let line = Line { style: Style::S3, service: "s3", method, path, query, headers };
        self.signed(&line, body, PayloadHash::Unsigned)
    }

    /// A signed call of a Query service.
    pub fn query(&self, service: &str, form: &str) -> Wire {
        let body = Bytes::copy_from_slice(form.as_bytes());
        let payload = PayloadHash::Signed(sigv4::sha256(&body));
        let headers = &[("content-type", "application/x-www-form-urlencoded")];
        let style = Style::Query;
        let line = Line { style, service, method: "POST", path: "/", query: "", headers };
        self.signed(&line, body, payload)
    }

    /// Sends on a new connection and reads the whole answer.
    pub async fn send(&self, wire: &Wire) -> Result<Answer, Failure> {
        Connection::open(self.address).await?.exchange(wire, true).await
    }

    pub async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.send(&plain(self.address, path)).await
    }

    /// As [`Client::send`]; anything but a 2xx is a failure.
    pub async fn must(&self, wire: &Wire) -> Result<Answer, Failure> {
        accepted(self.send(wire).await?)
    }

    fn signed(&self, line: &Line<'_>, body: Bytes, payload: PayloadHash) -> Wire {
        let Line { style, service, method, path, query, headers } = *line;
        let host = self.address.to_string();
        let own = || [("host", host.as_str())].into_iter().chain(headers.iter().copied());
        let headers = Headers::new(own().map(|(name, value)| (name, value.as_bytes())));
        let request = Request { method, path, query, headers: &headers };
        let credentials = Credentials {
            access_key_id: &self.access_key_id,
            secret: &self.secret,
            session_token: self.token.as_deref(),
        };
        let scope = SigningScope { style, service, region: "us-east-1" };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let signed = sigv4::sign(&request, &credentials, &scope, payload, now as i64);
        let mark = if query.is_empty() { "" } else { "?" };
        let mut head = format!("{method} {path}{mark}{query} HTTP/1.1\r\n").into_bytes();
        for (name, value) in own() {
            field(&mut head, name, value);
        }
        for (name, value) in &signed.headers {
            field(&mut head, name, value);
        }
        if !body.is_empty() || !matches!(method, "GET" | "HEAD") {
            field(&mut head, "content-length", &body.len().to_string());
        }
        head.extend_from_slice(b"\r\n");
        Wire { head, body }
    }
}

/// What a request says before its body, signatures aside.
struct Line<'a> {
    style: Style,
    service: &'a str,
    method: &'a str,
    path: &'a str,
    query: &'a str,
    headers: &'a [(&'a str, &'a str)],
}

/// A GET that nobody signed.
pub fn plain(address: SocketAddr, path: &str) -> Wire {
    let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes();
    Wire { head, body: Bytes::new() }
}

/// The answer, if it is a 2xx that holds no error: what takes long may fail after its status.
pub fn accepted(answer: Answer) -> Result<Answer, Failure> {
    let text = answer.text();
    if (200..300).contains(&answer.status) && !text.contains("<Error>") {
        return Ok(answer);
    }
    Err(format!("status {}: {text}", answer.status).into())
}

fn field(head: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
}

/// A connection that is kept alive.
pub struct Connection {
    socket: TcpStream,
    buffer: Vec<u8>,
}

/// A body up to this goes out with the head, in one piece.
const TOGETHER: usize = 64 * 1024;

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: vec![0; 256 * 1024] })
    }

    /// One request, one answer. The body is kept only where `keep` says so.
    pub async fn exchange(&mut self, wire: &Wire, keep: bool) -> Result<Answer, Failure> {
        if wire.body.len() <= TOGETHER {
            self.socket.write_all(&[&wire.head, wire.body.as_ref()].concat()).await?;
        } else {
            self.socket.write_all(&wire.head).await?;
            self.socket.write_all(&wire.body).await?;
        }
        let mut head = Vec::new();
        let end = loop {
            if let Some(end) = find(&head, b"\r\n\r\n") {
                break end + 4;
            }
            self.more(&mut head).await?;
        };
        let rest = head.split_off(end);
        let head = String::from_utf8(head)?;
        let status = head.get(9..12).and_then(|code| code.parse().ok()).ok_or("no status")?;
        let mut answer = Answer { status, length: 0, body: rest, head };
        if wire.head.starts_with(b"HEAD ") || matches!(status, 204 | 304) {
            return Ok(answer);
        }
        if answer.header("transfer-encoding").is_some() {
            self.chunks(&mut answer, keep).await?;
        } else {
            let length = answer.header("content-length").map_or(Ok(0), str::parse)?;
            self.body(&mut answer, length, keep).await?;
        }
        Ok(answer)
    }

    async fn body(
        &mut self,
        answer: &mut Answer,
        length: usize,
        keep: bool,
    ) -> Result<(), Failure> {
        answer.length = answer.body.len();
        while answer.length < length {
            let read = self.socket.read(&mut self.buffer).await?;
            if read == 0 {
                return Err("the server closed the connection inside a body".into());
            }
            answer.length += read;
            if keep {
                answer.body.extend_from_slice(&self.buffer[..read]);
            }
        }
        Ok(())
    }

    /// A chunked body; trailers are not looked for.
    async fn chunks(&mut self, answer: &mut Answer, keep: bool) -> Result<(), Failure> {
        let mut raw = std::mem::take(&mut answer.body);
        loop {
            let Some(end) = find(&raw, b"\r\n") else {
                self.more(&mut raw).await?;
                continue;
            };
            let text = std::str::from_utf8(&raw[..end])?;
            let size = usize::from_str_radix(text.split(';').next().unwrap_or(text).trim(), 16)?;
            while raw.len() < end + 2 + size + 2 {
                self.more(&mut raw).await?;
            }
            if keep {
                answer.body.extend_from_slice(&raw[end + 2..end + 2 + size]);
            }
            answer.length += size;
            raw.drain(..end + 2 + size + 2);
            if size == 0 {
                return Ok(());
            }
        }
    }

    async fn more(&mut self, into: &mut Vec<u8>) -> Result<(), Failure> {
        let read = self.socket.read(&mut self.buffer).await?;
        if read == 0 {
            return Err("the server closed the connection".into());
        }
        into.extend_from_slice(&self.buffer[..read]);
        Ok(())
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
