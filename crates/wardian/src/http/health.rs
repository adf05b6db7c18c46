//! `GET /_wardian/health` (and `/_localstack/health`, where tools of others look): 200 when
//! requests are answered.
//!
//! No bucket's name begins with `_`, so the path is nobody's; under a host that names a bucket it
//! is a key like any.

use bytes::Bytes;
use gateway::{Body, Gateway};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Map, Value, json};

const PATHS: [&str; 2] = ["/_wardian/health", "/_localstack/health"];

/// Whether a request is a health check: unsigned, and not to the host of a bucket.
pub fn is_asked<B>(request: &Request<B>, base_domains: &[String]) -> bool {
    PATHS.contains(&request.uri().path())
        && matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.headers().contains_key(AUTHORIZATION)
        && !names_bucket(request.headers().get(HOST), base_domains)
}

/// What stands behind the gateway, and whether it can be read.
pub fn answer(gateway: &Gateway) -> Response<Body> {
    let readable = gateway.store().read(|_| ()).is_ok();
    let (status, text) = if readable {
        (StatusCode::OK, "available")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    };
    let services: Map<String, Value> =
        gateway.services().iter().map(|service| (service.name().to_owned(), text.into())).collect();
    let version = env!("CARGO_PKG_VERSION");
    let document = json!({ "status": text, "version": version, "services": services });
    let mut response = Response::new(Body::from(Bytes::from(document.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn names_bucket(host: Option<&HeaderValue>, base_domains: &[String]) -> bool {
    let Some(host) = host.and_then(|host| host.to_str().ok()) else { return false };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let domains = base_domains.iter().map(String::as_str).chain(["localhost", "amazonaws.com"]);
    domains
        .into_iter()
        .any(|domain| name.strip_suffix(domain).is_some_and(|labels| labels.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, path: &str, host: &str) -> bool {
        let request = Request::builder().method(method).uri(path).header(HOST, host).body(());
        is_asked(&request.unwrap(), &["s3.lan".to_owned()])
    }

    #[test]
    fn a_health_check_is_a_plain_get_of_the_servers_own_host() {
        assert!(asked("GET", "/_wardian/health", "127.0.0.1:4566"));
        assert!(asked("HEAD", "/_localstack/health", "localhost:4566"));
        assert!(asked("GET", "/_wardian/health?x=1", "s3.lan"));
        assert!(!asked("PUT", "/_wardian/health", "localhost"));
        assert!(!asked("GET", "/_wardian/health/", "localhost"));
        for host in ["b.localhost:4566", "b.s3.lan", "b.s3.amazonaws.com"] {
            assert!(!asked("GET", "/_wardian/health", host), "{host}");
        }
    }
}
