//! The authority of a server of this machine, asked of the server itself.
//!
//! The first handshake is broken off as soon as the server has shown its certificates: nothing is
//! ever said to a server that is not verified. The second one verifies that the server stands under
//! the authority it showed. Over a network that would prove nothing, so it is refused for servers
//! elsewhere.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::failure::{Failure, Outcome, While as _};

use super::Place;
use super::transport::{Transport, connector_with};

/// The certificate of the authority, in PEM form.
///
/// # Errors
/// Where the server is not of this machine, speaks no TLS, or stands under no authority of its own.
pub async fn authority(place: &Place) -> Outcome<String> {
    let endpoint = &place.endpoint;
    if place.local_port().is_none() || !place.is_tls() {
        return Err(Failure::new(format!("{endpoint} is no https server of this machine")).hint(
            "Who asks over a network may be answered by anybody: copy what `wardian ca` prints there.",
        ));
    }
    let transport = Transport::new(place)?;
    let shown = Arc::new(Shown::default());
    let verifier = Arc::clone(&shown);
    let look = connector_with(|config| {
        config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
    })?;
    // It always fails: that is how the handshake ends once the certificates are seen.
    drop(transport.secure(&look, transport.connect().await?).await?);
    let last = shown.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    let strange = || Failure::new(format!("{endpoint} stands under no authority of its own"));
    let certificate = last.ok_or_else(strange)?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).cannot("use the certificate of the server")?;
    let check =
        connector_with(|config| config.with_root_certificates(roots).with_no_client_auth())?;
    transport.secure(&check, transport.connect().await?).await?.map_err(|_| strange())?;
    Ok(pem(&certificate))
}

/// Keeps the last certificate of the chain, and trusts nobody.
#[derive(Debug, Default)]
struct Shown(Mutex<Option<CertificateDer<'static>>>);

impl ServerCertVerifier for Shown {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let last = intermediates.last().map(|certificate| certificate.clone().into_owned());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = last;
        Err(enough())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(enough())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(enough())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = rustls::crypto::ring::default_provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}

fn enough() -> Error {
    Error::General("the certificates were seen".to_owned())
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str("-----END CERTIFICATE-----\n");
    out
}
