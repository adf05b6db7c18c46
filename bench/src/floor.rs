//! The floor: what hyper costs to answer 200 bytes, or to stream 16 MiB. Nothing can be cheaper and
//! speak HTTP.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Failure;

pub const LARGE: usize = 16 * 1024 * 1024;

/// Serves until killed; prints its address.
pub async fn serve() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let small = Bytes::from(vec![b'x'; 200]);
    let large = Bytes::from(vec![b'x'; LARGE]);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let (small, large) = (small.clone(), large.clone());
        tokio::spawn(async move {
            let answer = service_fn(move |request: Request<Incoming>| {
                let body = if request.uri().path() == "/large" { &large } else { &small };
                let response = Response::new(Full::new(body.clone()));
                async move {
                    let mut body = request.into_body();
                    while let Some(Ok(_)) = body.frame().await {}
                    Ok::<_, Infallible>(response)
                }
            });
            let io = TokioIo::new(socket);
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, answer).await;
        });
    }
}
