//! TLS 1.2 and 1.3: with a certificate that is given, or one that the server makes for itself.
//!
//! Self-signed means an authority of the server's own, kept as long as the data, and a certificate
//! under it that is made anew at each start: clients trust the authority once (`wardian ca`), and
//! addresses and domains may change.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use api::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::OffsetDateTime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::failure::{Failure, Outcome, While as _};
use crate::file;

/// The authority's certificate, in the directory of its key.
pub const CA_FILE: &str = "ca.pem";
const CA_KEY_FILE: &str = "ca.key";
const DAY: i64 = 86_400;
/// What clients accept of a server's certificate at most.
const LIFETIME_DAYS: i64 = 397;
const CA_LIFETIME_DAYS: i64 = 3650;

/// TLS with the chain and key of two PEM files.
pub fn acceptor(chain: &Path, key: &Path) -> Outcome<TlsAcceptor> {
    let shown = chain.display();
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .cannot(format!("read the certificates of {shown}"))?;
    if certificates.is_empty() {
        return Err(Failure::new(format!("{shown} holds no certificate in PEM form")));
    }
    let key_der = PrivateKeyDer::from_pem_file(key)
        .cannot(format!("read the private key of {}", key.display()))?;
    with(certificates, key_der)
        .map_err(|failure| failure.hint(format!("Does {} belong to {shown}?", key.display())))
}

/// TLS with a certificate under the authority in `dir`, which is made when it is not there.
pub fn self_signed(
    dir: &Path,
    listen: IpAddr,
    base_domains: &[String],
    now: Timestamp,
) -> Outcome<TlsAcceptor> {
    let authority = authority(dir, now)?;
    let names = names(listen, base_domains);
    let mut params = CertificateParams::new(names).cannot("name the server's certificate")?;
    params.distinguished_name = named("Wardian");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_lifetime(&mut params, now, LIFETIME_DAYS);
    let key = KeyPair::generate().cannot("make a private key")?;
    let certificate = params.signed_by(&key, &authority).cannot("sign a certificate")?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).cannot("use the private key made")?;
    // Clients that trust the authority need it not; `wardian ca --endpoint-url` reads it from here.
    let path = dir.join(CA_FILE);
    let kept = CertificateDer::from_pem_file(&path).cannot(format!("read {}", path.display()))?;
    with(vec![certificate.der().clone(), kept], key)
}

/// The version of TLS spoken, as `s3:TlsVersion` has it.
pub fn version<T>(stream: &TlsStream<T>) -> &'static str {
    match stream.get_ref().1.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "1.3",
        _ => "1.2",
    }
}

fn with(
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Outcome<TlsAcceptor> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .cannot("speak TLS")?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .cannot("use the TLS certificate")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Reads the authority, or makes it. Its certificate is written last: where it stands, the key does
/// too.
fn authority(dir: &Path, now: Timestamp) -> Outcome<CertifiedIssuer<'static, KeyPair>> {
    file::make_private_dir(dir).cannot(format!("make the directory {}", dir.display()))?;
    let (key_path, path) = (dir.join(CA_KEY_FILE), dir.join(CA_FILE));
    let shown = key_path.display().to_string();
    let kept = file::read_if_there(&key_path).cannot(format!("read {shown}"))?;
    let key = match &kept {
        Some(text) => KeyPair::from_pem(text).cannot(format!("read {shown}"))?,
        None => KeyPair::generate().cannot("make a private key")?,
    };
    if kept.is_none() {
        file::replace(&key_path, key.serialize_pem().as_bytes())
            .cannot(format!("write {shown}"))?;
    }
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Wardian's own authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_lifetime(&mut params, now, CA_LIFETIME_DAYS);
    let issuer = CertifiedIssuer::self_signed(params, key).cannot("sign a certificate")?;
    if fs::metadata(&path).is_err() {
        file::replace(&path, issuer.pem().as_bytes())
            .cannot(format!("write {}", path.display()))?;
    }
    Ok(issuer)
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// A day of grace before `now`, for clients whose clocks are slow.
fn set_lifetime(params: &mut CertificateParams, now: Timestamp, days: i64) {
    let at = |days: i64| {
        let moment = now.plus_seconds(days.saturating_mul(DAY)).as_seconds();
        OffsetDateTime::from_unix_timestamp(moment).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    };
    params.not_before = at(-1);
    params.not_after = at(days - 1);
}

/// The names under which clients may come: the loopback's, buckets' under it, and those of the
/// flags.
fn names(listen: IpAddr, base_domains: &[String]) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "*.localhost", "*.s3.localhost", "127.0.0.1", "::1"]
        .map(str::to_owned)
        .into();
    if !listen.is_unspecified() && !listen.is_loopback() {
        names.push(listen.to_string());
    }
    for domain in base_domains {
        names.extend([domain.clone(), format!("*.{domain}"), format!("*.s3.{domain}")]);
    }
    names
}
