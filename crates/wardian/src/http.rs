//! The front door: sockets, HTTP/1.1 and its bounds; every request but a health check goes to the
//! gateway.
//!
//! Answers leave at once and whole: TCP_NODELAY, and head and body in one write. What a client may
//! hold is bounded: the size and time of a head, the time of a handshake and of an idle connection,
//! the time that an answer may stand unread, the number of connections: where all places are taken,
//! the connection that has stood open longest makes room. Bodies of requests are bounded by the
//! gateway, which knows the operation. Deliberately absent: HTTP/2, which no AWS
//! client speaks to these services.

mod conversation;
mod forwarded;
mod health;
mod spelling;
mod stall;
mod tls;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway::{Body, Gateway, Peer, RequestBody};
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

pub use tls::{CA_FILE, acceptor, self_signed};

use conversation::{Conversation, Said, Worded};
use spelling::Spelling;
use stall::Stall;

/// The most bytes of a request's head: a session token, a long key and the metadata of an object
/// fit in many times over.
const HEAD_SIZE_MAX: usize = 128 * 1024;
/// How long a head may take, and a connection stand idle.
const HEAD_TIME_MAX: Duration = Duration::from_secs(60);
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// How long an answer may stand unread.
const STALL_TIME_MAX: Duration = Duration::from_secs(60);
/// How long requests in flight may take when the server stops.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(30);
/// The rest after an accept that failed: out of file descriptors, most likely.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// How long one that waits for a place waits before one more is told to make room.
const ROOM_TIME: Duration = Duration::from_millis(100);

/// What every connection shares.
pub struct House {
    pub gateway: Gateway,
    pub tls: Option<TlsAcceptor>,
    pub trusted_proxies: Vec<IpNet>,
    pub base_domains: Vec<String>,
    /// How many connections are open at once; more wait to be accepted.
    pub connections_max: u32,
}

/// Answers what comes in on `listener` until `stop`; then accepts nothing more and finishes what is
/// in flight.
pub async fn serve(listener: TcpListener, house: House, stop: impl Future<Output = ()>) {
    let house = Arc::new(house);
    let spelling = Arc::new(Spelling::of_aws().await);
    let places_max = house.connections_max;
    let places = Arc::new(Semaphore::new(places_max as usize));
    let room = Arc::new(Notify::new());
    let (stopping, stopped) = watch::channel(false);
    let mut stop = pin!(stop);
    let mut number = 0_usize;
    loop {
        let (place, stream, peer) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accept(&listener, &places, &room) => accepted,
        };
        let connection = Connection {
            house: Arc::clone(&house),
            spelling: Arc::clone(&spelling),
            number,
            peer: peer.ip().to_canonical(),
            stopped: stopped.clone(),
            room: Arc::clone(&room),
            _place: place,
        };
        tokio::spawn(connection.run(stream));
        number = number.wrapping_add(1);
    }
    drop(listener);
    stopping.send_replace(true);
    let drained = places.acquire_many(places_max);
    if tokio::time::timeout(DRAIN_TIME_MAX, drained).await.is_err() {
        tracing::warn!("requests were broken off: they took too long after the signal to stop");
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    room: &Notify,
) -> (Option<OwnedSemaphorePermit>, TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (place(places, room).await, stream, peer),
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

/// A place for a connection. Where there is none, those that have stood open longest are told to
/// make room, one after the other. The semaphore is never closed, so there is always one.
async fn place(places: &Arc<Semaphore>, room: &Notify) -> Option<OwnedSemaphorePermit> {
    if let Ok(place) = Arc::clone(places).try_acquire_owned() {
        return Some(place);
    }
    let mut place = pin!(Arc::clone(places).acquire_owned());
    loop {
        room.notify_one();
        if let Ok(place) = tokio::time::timeout(ROOM_TIME, place.as_mut()).await {
            return place.ok();
        }
    }
}

struct Connection {
    house: Arc<House>,
    spelling: Arc<Spelling>,
    /// How many were accepted before it.
    number: usize,
    peer: IpAddr,
    stopped: watch::Receiver<bool>,
    /// Told to whom is to make room.
    room: Arc<Notify>,
    /// Given back when the connection ends.
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    async fn run(self, stream: TcpStream) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
        let stream = Stall::new(stream, STALL_TIME_MAX);
        let Some(acceptor) = &self.house.tls else { return self.converse(stream, None).await };
        match tokio::time::timeout(HANDSHAKE_TIME_MAX, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => {
                let version = tls::version(&stream);
                self.converse(stream, Some(version)).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn converse<T>(mut self, stream: T, tls: Option<&'static str>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (house, peer) = (Arc::clone(&self.house), Peer { ip: self.peer, tls });
        let conversation = Conversation::default();
        let told = conversation.clone();
        let service = service_fn(move |request| {
            let (house, spelling) = (Arc::clone(&house), Arc::clone(&self.spelling));
            let told = told.clone();
            told.answering();
            async move {
                let mut response = answer(&house, request, peer).await;
                *response.extensions_mut() = spelling.of(response.headers(), self.number);
                Ok::<_, Infallible>(response.map(|body| Said::new(body, told)))
            }
        });
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME_MAX)
            .max_buf_size(HEAD_SIZE_MAX);
        let stream = TokioIo::new(Worded::new(stream, conversation.clone()));
        let mut connection = pin!(builder.serve_connection(stream, service));
        let stopped = async { drop(self.stopped.wait_for(|stopped| *stopped).await) };
        let result = tokio::select! {
            result = connection.as_mut() => result,
            () = stopped => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = self.room.notified() => {
                if conversation.is_idle() {
                    return tracing::debug!("an idle connection made room for another");
                }
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            tracing::debug!(%error, "a connection was broken off");
        }
    }
}

/// HTTP/1.1 names one host (RFC 9112, 3.2). Of two, a proxy may have believed the other.
fn has_one_host<B>(request: &http::Request<B>) -> bool {
    let hosts = request.headers().get_all(http::header::HOST).iter().count();
    hosts == 1 || (hosts == 0 && request.version() == http::Version::HTTP_10)
}

/// No service can be told from such a request, so the answer is S3's.
fn refused() -> http::Response<Body> {
    let (document, id) = conversation::unreadable();
    let mut response = http::Response::new(Body::from(Bytes::from(document)));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-amz-request-id", id);
    }
    response
}

async fn answer(
    house: &House,
    request: http::Request<Incoming>,
    socket: Peer,
) -> http::Response<Body> {
    if health::is_asked(&request, &house.base_domains) {
        return health::answer(&house.gateway);
    }
    if !has_one_host(&request) {
        return refused();
    }
    let peer = forwarded::peer(socket, request.headers(), &house.trusted_proxies);
    let expects = request.headers().contains_key(http::header::EXPECT);
    let request = request.map(|body| -> RequestBody {
        let body: Pin<Box<_>> = Box::pin(body.map_err(Into::into));
        body
    });
    let mut response = house.gateway.serve(request, peer).await;
    // A client that waits for 100 Continue and is refused sends its body or leaves it out, as it
    // likes: nobody could tell it from the next request (RFC 9110, 10.1.1).
    if expects && !response.status().is_success() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
