//! The names of headers as AWS writes them: `ETag`, not `etag`.
//!
//! Names have no case (RFC 9110, 5.1), but tools that print or compare what AWS sends do. hyper
//! writes names in lower case, unless an answer carries the spelling that hyper itself read in a
//! message: so messages in AWS's spelling are read when the server starts. What AWS writes in lower
//! case, `x-amz-request-id` and its like, is not in them.
//!
//! An answer takes a copy along, and each name in it counts who holds it: so the copy is the
//! smallest that will do, and connections at work on several processors count apart.

use std::convert::Infallible;
use std::sync::Mutex;

use gateway::Body;
use http::{Extensions, HeaderMap, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;

/// Names that AWS does not write in lower case, the shortest list first; an answer takes the first
/// list that has all of its own. hyper adds the date.
const LISTS: [&[&str]; 3] = [
    &["Content-Type", "Date"],
    &["Accept-Ranges", "Content-Type", "Date", "ETag", "Last-Modified", "Server"],
    &[
        "Accept-Ranges",
        "Access-Control-Allow-Credentials",
        "Access-Control-Allow-Headers",
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Origin",
        "Access-Control-Expose-Headers",
        "Access-Control-Max-Age",
        "Cache-Control",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Content-Range",
        "Content-Type",
        "Date",
        "ETag",
        "Expires",
        "Last-Modified",
        "Location",
        "Server",
        "Vary",
    ],
];
/// How many copies of each list there are to share.
const COPIES: usize = 8;
/// Names whose values mean something: they bound the message. Of the two lengths the latter counts.
const REST: &str =
    "Connection: close\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";

/// What answers carry to be so written.
pub struct Spelling(Vec<[Extensions; LISTS.len()]>);

impl Spelling {
    pub async fn of_aws() -> Self {
        let mut copies = Vec::with_capacity(COPIES);
        for _ in 0..COPIES {
            copies.push([read(LISTS[0]).await, read(LISTS[1]).await, read(LISTS[2]).await]);
        }
        Self(copies)
    }

    /// That of an answer with these headers, for a connection of this number.
    pub fn of(&self, headers: &HeaderMap, connection: usize) -> Extensions {
        let has_all = |list: &&[&str]| {
            let spelled = headers.keys().map(http::HeaderName::as_str);
            let mut spelled = spelled.filter(|name| !name.starts_with("x-amz"));
            spelled.all(|name| list.iter().any(|known| known.eq_ignore_ascii_case(name)))
        };
        let list = LISTS.iter().position(has_all).unwrap_or(LISTS.len() - 1);
        let copy = self.0.get(connection % COPIES).and_then(|lists| lists.get(list));
        copy.cloned().unwrap_or_default()
    }
}

/// Empty, and names in lower case, where hyper keeps no spelling.
async fn read(names: &[&str]) -> Extensions {
    let mut head = "GET / HTTP/1.1\r\nHost: localhost\r\n".to_owned();
    for name in names {
        head.push_str(name);
        head.push_str(": x\r\n");
    }
    head.push_str(REST);
    let found = Mutex::new(Extensions::new());
    let service = service_fn(|request: Request<Incoming>| {
        if let Ok(mut found) = found.lock() {
            found.clone_from(request.extensions());
        }
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::empty())))
    });
    let (mut client, server) = tokio::io::duplex(8 * 1024);
    if client.write_all(head.as_bytes()).await.is_ok() {
        let mut builder = http1::Builder::new();
        let read = builder.preserve_header_case(true);
        drop(read.serve_connection(TokioIo::new(server), service).await);
    }
    found.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn an_answer_is_written_in_awss_spelling() {
        let spelling = Spelling::of_aws().await;
        let service = service_fn(|_: Request<Incoming>| {
            let bytes = bytes::Bytes::from_static(b"a");
            let mut response = Response::new(Body::new(gateway::Outgoing::Unmeasured(bytes)));
            for name in ["etag", "x-amz-request-id", "last-modified"] {
                response.headers_mut().insert(name, http::HeaderValue::from_static("1"));
            }
            *response.extensions_mut() = spelling.of(response.headers(), 7);
            std::future::ready(Ok::<_, Infallible>(response))
        });
        let (mut client, server) = tokio::io::duplex(8 * 1024);
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        client.write_all(request).await.expect("room");
        let served = http1::Builder::new().serve_connection(TokioIo::new(server), service);
        served.await.expect("served");
        let mut text = String::new();
        client.read_to_string(&mut text).await.expect("text");
        for line in
            ["ETag: 1", "x-amz-request-id: 1", "Last-Modified: 1", "Transfer-Encoding: chunked"]
        {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}: {text}");
        }
    }

    #[test]
    fn the_last_list_has_every_name_of_the_others() {
        let [first, second, all] = LISTS;
        assert!(first.iter().chain(second).all(|name| all.contains(name)));
    }
}
