//! The facts of one request that neither the caller nor the operation decides: where it came from,
//! when, how.

use std::net::IpAddr;

use api::Timestamp;
use http::HeaderMap;

/// The connection a request came over: what the binary knows of its sockets.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The client's address: of the connection, or of the last proxy that is not trusted.
    pub ip: IpAddr,
    /// `1.2` or `1.3` where the client spoke TLS.
    pub tls: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// A UUID, or S3's sixteen letters.
    pub id: String,
    pub wall: Timestamp,
    /// AWS time.
    pub now: Timestamp,
    pub region: String,
    pub method: http::Method,
    /// As it came, undecoded.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    /// The names of those headers that stand in the query of a presigned request.
    pub hoisted: Vec<http::HeaderName>,
    /// None for calls of a service on somebody's behalf.
    pub source_ip: Option<IpAddr>,
    pub secure: bool,
    pub tls: Option<&'static str>,
}

impl RequestFacts {
    /// A header's value; None where it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        // A request has few headers: to look at each takes less than to hash the name.
        let (_, value) =
            self.headers.iter().find(|(own, _)| own.as_str().eq_ignore_ascii_case(name))?;
        value.to_str().ok()
    }

    /// Whether a service makes the call, in its own name or in somebody's: nothing that comes over a
    /// socket is without an address.
    #[must_use]
    pub const fn is_of_service(&self) -> bool {
        self.source_ip.is_none()
    }

    /// The facts of a call that a service makes: no address, no headers, its own id.
    #[must_use]
    pub(crate) fn of_service(gateway: &crate::gateway::Core, region: &str) -> Self {
        let wall = gateway.clock.wall();
        Self {
            id: crate::id::uuid(gateway.ids.as_ref()),
            wall,
            now: gateway.now(wall),
            region: region.to_owned(),
            method: http::Method::POST,
            path: String::new(),
            query: String::new(),
            headers: HeaderMap::new(),
            hoisted: Vec::new(),
            source_ip: None,
            secure: true,
            tls: None,
        }
    }
}

/// How a request proved who sent it: condition keys of S3.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthFacts {
    /// `s3:authType`: `REST-HEADER`, `REST-QUERY-STRING` or `POST`.
    pub kind: Option<&'static str>,
    /// `s3:signatureversion`
    pub version: Option<&'static str>,
    /// `s3:signatureAge`, in milliseconds.
    pub age: Option<i64>,
}
