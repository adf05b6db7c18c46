//! One request, one answer, over TCP or TLS.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::failure::{Failure, Outcome, While as _};

use super::Place;

const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
const ANSWER_SIZE_MAX: usize = 16 * 1024 * 1024;

pub struct Transport {
    endpoint: String,
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
}

impl Transport {
    /// # Errors
    /// Where the certificates to trust cannot be read.
    pub fn new(place: &Place) -> Outcome<Self> {
        let tls = if place.is_tls() { Some(connector(place.ca_bundle.as_deref())?) } else { None };
        Ok(Self {
            endpoint: place.endpoint.clone(),
            host: place.authority.host().trim_matches(['[', ']']).to_owned(),
            port: place.port(),
            tls,
        })
    }

    /// Sends a request on a connection of its own.
    ///
    /// # Errors
    /// Says what keeps the server from being reached.
    pub async fn send(&self, request: Request<String>) -> Outcome<(StatusCode, Bytes)> {
        let stream = self.connect().await?;
        let exchange = async {
            match &self.tls {
                None => self.exchange(stream, request).await,
                Some(connector) => {
                    let secured = self.secure(connector, stream).await;
                    let secured = secured?.map_err(|error| self.untrusted(&error))?;
                    self.exchange(secured, request).await
                }
            }
        };
        let answer = tokio::time::timeout(ANSWER_TIME_MAX, exchange).await;
        answer.map_err(|_| self.unreachable("it does not answer"))?
    }

    /// A connection to the server, nothing said yet.
    pub async fn connect(&self) -> Outcome<TcpStream> {
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let stream = tokio::time::timeout(CONNECT_TIME_MAX, connecting).await;
        let stream = stream.map_err(|_| self.unreachable("it does not answer"))?;
        let stream = stream.map_err(|error| self.unreachable(error))?;
        // An answer to a single small request loses nothing by a delay of the last packet.
        drop(stream.set_nodelay(true));
        Ok(stream)
    }

    /// TLS on a connection; what the handshake came to is the caller's to judge.
    pub async fn secure(
        &self,
        connector: &TlsConnector,
        stream: TcpStream,
    ) -> Outcome<std::io::Result<TlsStream<TcpStream>>> {
        let name = ServerName::try_from(self.host.clone()).map_err(|e| self.unreachable(e))?;
        let handshake = tokio::time::timeout(CONNECT_TIME_MAX, connector.connect(name, stream));
        handshake.await.map_err(|_| self.unreachable("it does not speak TLS"))
    }

    async fn exchange<T>(&self, stream: T, request: Request<String>) -> Outcome<(StatusCode, Bytes)>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let broken = |error: hyper::Error| self.unreachable(error);
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection was broken off");
            }
        });
        let answer = sender.send_request(request).await.map_err(broken)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_SIZE_MAX).collect().await;
        Ok((status, body.map_err(|error| self.unreachable(error))?.to_bytes()))
    }

    fn unreachable(&self, error: impl std::fmt::Display) -> Failure {
        Failure::new(format!("cannot reach {}: {error}", self.endpoint)).hint(
            "Is the server running? Start one with `wardian serve`, or say where it is: \
             --endpoint-url or AWS_ENDPOINT_URL.",
        )
    }

    fn untrusted(&self, error: &std::io::Error) -> Failure {
        Failure::new(format!("cannot speak TLS with {}: {error}", self.endpoint)).hint(
            "With --tls self-signed: wardian ca > ca.pem, then export AWS_CA_BUNDLE=$PWD/ca.pem",
        )
    }
}

/// Trusts the certificates of a file, else those of the system.
fn connector(ca_bundle: Option<&Path>) -> Outcome<TlsConnector> {
    let mut roots = RootCertStore::empty();
    match ca_bundle {
        Some(path) => {
            let shown = path.display();
            let certificates = CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .cannot(format!("read the certificates of {shown}"))?;
            if roots.add_parsable_certificates(certificates).0 == 0 {
                return Err(Failure::new(format!("{shown} holds no certificate to trust")));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    connector_with(|config| config.with_root_certificates(roots).with_no_client_auth())
}

/// A connector of this build's ciphers, with what `finish` says of trust.
pub fn connector_with(
    finish: impl FnOnce(ConfigBuilder<ClientConfig, WantsVerifier>) -> ClientConfig,
) -> Outcome<TlsConnector> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .cannot("speak TLS")?;
    Ok(TlsConnector::from(Arc::new(finish(config))))
}
