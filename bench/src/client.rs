//! A client that costs little: signs, writes one buffer, reads the answer, keeps the connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

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

/// The bytes of one request.
pub type Wire = Vec<u8>;

pub struct Answer {
    pub status: u16,
    /// Bytes of the body, whether kept or not.
    pub length: usize,
    pub body: Vec<u8>,
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
    pub fn s3(&self, method: &str, path: &str, query: &str, body: &[u8]) -> Wire {
        let payload = PayloadHash::Unsigned;
        self.signed(Style::S3, "s3", method, path, query, body, payload)
    }

    /// A signed call of a Query service.
    pub fn query(&self, service: &str, form: &str) -> Wire {
        let body = form.as_bytes();
        let payload = PayloadHash::Signed(sigv4::sha256(body));
        self.signed(Style::Query, service, "POST", "/", "", body, payload)
    }

    /// Sends on a new connection and reads the whole answer.
    pub async fn send(&self, wire: &[u8]) -> Result<Answer, Failure> {
        let mut connection = Connection::open(self.address).await?;
        connection.exchange(wire, true).await
    }

    pub async fn get(&self, path: &str) -> Result<Answer, Failure> {
        let wire = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        self.send(wire.as_bytes()).await
    }

    /// As [`Client::send`]; anything but a 2xx is a failure.
    pub async fn must(&self, wire: &[u8]) -> Result<Answer, Failure> {
        let answer = self.send(wire).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        Err(format!("status {}: {text}", answer.status).into())
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a request line")]
    fn signed(
        &self,
        style: Style,
        service: &str,
        method: &str,
        path: &str,
        query: &str,
        body: &[u8],
        payload: PayloadHash,
    ) -> Wire {
        let host = self.address.to_string();
        let mut own = vec![("host", host.as_bytes())];
        if style == Style::Query {
            own.push(("content-type", b"application/x-www-form-urlencoded"));
        }
        let headers = Headers::new(own.iter().copied());
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
        let mut wire = format!("{method} {path}{mark}{query} HTTP/1.1\r\n").into_bytes();
        for (name, value) in own {
            field(&mut wire, name, value);
        }
        for (name, value) in &signed.headers {
            field(&mut wire, name, value.as_bytes());
        }
        field(&mut wire, "content-length", body.len().to_string().as_bytes());
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(body);
        wire
    }
}

fn field(wire: &mut Wire, name: &str, value: &[u8]) {
    wire.extend_from_slice(name.as_bytes());
    wire.extend_from_slice(b": ");
    wire.extend_from_slice(value);
    wire.extend_from_slice(b"\r\n");
}

/// A connection that is kept alive.
pub struct Connection {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: vec![0; 256 * 1024] })
    }

    /// One request, one answer. The body is kept only where `keep` says so.
    pub async fn exchange(&mut self, wire: &[u8], keep: bool) -> Result<Answer, Failure> {
        self.socket.write_all(wire).await?;
        let mut head = Vec::new();
        let end = loop {
            let read = self.socket.read(&mut self.buffer).await?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            head.extend_from_slice(&self.buffer[..read]);
            if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
        let status = text.get(9..12).and_then(|code| code.parse().ok()).ok_or("no status")?;
        let length = text.split("content-length:").nth(1).and_then(|rest| rest.lines().next());
        let length: usize = length.map_or(Ok(0), |text| text.trim().parse())?;
        let mut body = head.split_off(end);
        let mut taken = body.len();
        while taken < length {
            let read = self.socket.read(&mut self.buffer).await?;
            if read == 0 {
                return Err("the server closed the connection inside a body".into());
            }
            taken += read;
            if keep {
                body.extend_from_slice(&self.buffer[..read]);
            }
        }
        Ok(Answer { status, length: taken, body })
    }
}
