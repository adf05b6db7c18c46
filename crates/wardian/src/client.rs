//! The command line as a client: finds endpoint, region and credentials as the AWS CLI does, signs,
//! sends, reads.
//!
//! It speaks to any Wardian over the wire, never to its data. Deliberately absent: retries,
//! proxies, SSO and metadata services. AWS: "Configuration and credential file settings" (AWS CLI
//! User Guide).

mod authority;
mod credentials;
pub mod ini;
pub mod json;
mod profiles;
mod transport;

use std::env;
use std::path::PathBuf;

use api::Operation;
use gateway::clock::Clock as _;
use http::Uri;
use http::uri::{Authority, Scheme};
use sigv4::{Headers, PayloadHash, SigningScope, Style};

use crate::cli::ClientFlags;
use crate::clock::SystemClock;
use crate::failure::{Failure, Outcome, While as _};
use crate::places;

pub use authority::authority;
pub use credentials::{Credentials, Role, assume, find};
pub use profiles::{Profiles, section};

use transport::Transport;

pub const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:4566";
const DEFAULT_REGION: &str = "us-east-1";

/// Where requests go. Every value came from a flag, a variable, a profile or a default, in this
/// order.
#[derive(Debug, Clone)]
pub struct Place {
    /// `http://127.0.0.1:4566`
    pub endpoint: String,
    pub region: String,
    /// Certificates to trust besides or instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    scheme: Scheme,
    authority: Authority,
}

/// A server, as one caller.
pub struct Client {
    place: Place,
    transport: Transport,
    credentials: Credentials,
}

impl Place {
    /// The place that the flags, the environment and `profile` name.
    ///
    /// # Errors
    /// Where the endpoint is no URL.
    pub fn find(flags: &ClientFlags, profiles: &Profiles, profile: Option<&str>) -> Outcome<Self> {
        let named = profiles.named(profile);
        let of_profile = |key: &str| profiles.config_value(&named, key).map(str::to_owned);
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = flags
            .endpoint_url
            .clone()
            .or_else(|| variable("AWS_ENDPOINT_URL"))
            .or_else(|| of_profile("endpoint_url"))
            .unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        let region = flags
            .region
            .clone()
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"))
            .or_else(|| of_profile("region"))
            .unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let from_text = |path: String| places::expanded(&path);
        let ca_bundle = flags
            .ca_bundle
            .clone()
            .or_else(|| variable("AWS_CA_BUNDLE").map(from_text))
            .or_else(|| of_profile("ca_bundle").map(from_text));
        Self::new(endpoint, region, ca_bundle)
    }

    /// # Errors
    /// Where the endpoint is no URL.
    pub fn new(endpoint: String, region: String, ca_bundle: Option<PathBuf>) -> Outcome<Self> {
        let wrong = || {
            Failure::new(format!("{endpoint} is no endpoint"))
                .hint(format!("Write it as a URL: {DEFAULT_ENDPOINT}"))
        };
        let parts = endpoint.parse::<Uri>().map_err(|_| wrong())?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(wrong());
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(wrong());
        }
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Ok(Self { endpoint, region, ca_bundle, scheme, authority })
    }

    /// The port of a server on this machine; None where the endpoint is elsewhere.
    #[must_use]
    pub fn local_port(&self) -> Option<u16> {
        let host = self.authority.host().trim_matches(['[', ']']);
        let is_local = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        is_local.then(|| self.port())
    }

    fn port(&self) -> u16 {
        let default = if self.is_tls() { 443 } else { 80 };
        self.authority.port_u16().unwrap_or(default)
    }

    /// Whether requests go over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }
}

impl Client {
    /// # Errors
    /// Where the certificates to trust cannot be read.
    pub fn new(place: Place, credentials: Credentials) -> Outcome<Self> {
        let transport = Transport::new(&place)?;
        Ok(Self { place, transport, credentials })
    }

    /// Calls an operation of a Query service.
    ///
    /// # Errors
    /// What the server answers, in the AWS CLI's words, and what keeps it from answering.
    pub async fn call<O: Operation>(&self, input: &O::Input) -> Outcome<O::Output> {
        let body = wire::query::write_input(O::SHAPE, input);
        let (status, answer) = self.transport.send(self.signed::<O>(body)?).await?;
        if status.is_success() {
            let mut output = O::Output::default();
            wire::query::read_output(O::SHAPE, &answer, &mut output)
                .map_err(|_| self.strange(O::SHAPE.name))?;
            return Ok(output);
        }
        let (code, message) =
            wire::query::read_error(&answer).ok_or_else(|| self.strange(O::SHAPE.name))?;
        Err(refusal(O::SHAPE, &code, &message))
    }

    fn signed<O: Operation>(&self, body: String) -> Outcome<http::Request<String>> {
        let path = if O::SHAPE.service == api::wardian::SERVICE.name { "/_wardian/" } else { "/" };
        let host = self.place.authority.as_str().to_owned();
        let own: [(&str, &str); 2] =
            [("content-type", "application/x-www-form-urlencoded; charset=utf-8"), ("host", &host)];
        let headers = Headers::new(own.iter().map(|(name, value)| (*name, value.as_bytes())));
        let request = sigv4::Request { method: "POST", path, query: "", headers: &headers };
        let scope = SigningScope {
            style: Style::Query,
            service: O::SHAPE.service,
            region: &self.place.region,
        };
        let payload = PayloadHash::Signed(sigv4::sha256(body.as_bytes()));
        let now = SystemClock.wall().as_seconds();
        let key = sigv4::SecretKey::new(self.credentials.secret.expose());
        let signer = sigv4::Credentials {
            access_key_id: &self.credentials.access_key_id,
            secret: &key,
            session_token: self.credentials.session_token.as_deref(),
        };
        let signed = sigv4::sign(&request, &signer, &scope, payload, now);
        let mut sent = http::Request::post(path);
        for (name, value) in own {
            sent = sent.header(name, value);
        }
        for (name, value) in &signed.headers {
            sent = sent.header(*name, value);
        }
        let agent = concat!("wardian/", env!("CARGO_PKG_VERSION"));
        sent.header("user-agent", agent).body(body).cannot("write the request")
    }

    fn strange(&self, operation: &str) -> Failure {
        Failure::new(format!("{} answered {operation} with something else", self.place.endpoint))
            .hint("Is it a Wardian? Say which one with --endpoint-url or AWS_ENDPOINT_URL.")
    }
}

/// As the AWS CLI prints it, so that one search finds both.
fn refusal(operation: &api::OperationShape, code: &str, message: &str) -> Failure {
    let failure = Failure::new(format!(
        "an error occurred ({code}) when calling the {} operation: {message}",
        operation.name
    ));
    match code {
        "InvalidClientTokenId" | "SignatureDoesNotMatch" => failure.hint(
            "Are these credentials of this server? `aws configure list` shows whence they come.",
        ),
        "AccessDenied" if operation.service == api::wardian::SERVICE.name => {
            failure.hint("`wardian admin create NAME` makes an administrator.")
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(endpoint: &str) -> Outcome<Place> {
        Place::new(endpoint.to_owned(), "us-east-1".to_owned(), None)
    }

    #[test]
    fn an_endpoint_is_a_url_of_http_or_https() {
        for bad in ["", "localhost:4566", "ftp://x", "http://", "x y"] {
            assert!(place(bad).is_err(), "{bad}");
        }
        assert_eq!(place("http://h:1/").map(|place| place.endpoint).unwrap(), "http://h:1");
    }

    #[test]
    fn a_server_on_this_machine_is_known_by_its_port() {
        let port = |endpoint| place(endpoint).unwrap().local_port();
        assert_eq!(port("http://127.0.0.1:4566"), Some(4566));
        assert_eq!(port("http://[::1]:4567"), Some(4567));
        assert_eq!(port("https://localhost"), Some(443));
        assert_eq!(port("https://s3.example.org"), None);
    }
}
