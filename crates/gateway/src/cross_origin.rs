//! Requests of web pages of other origins (CORS): preflights, and what an answer allows a page to
//! see.
//!
//! Which origins a bucket lets in is the service's to say; this module only asks it at the right
//! moments. A preflight carries no credentials and does nothing; what it learns is what anybody may
//! learn. An answer gives a page headers, never rights: the request itself was decided as any
//! other. AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue, ORIGIN};
use http::{Method, Response};
use store::{Store, Tx};

use crate::request::RequestFacts;
use crate::route::Target;
use crate::service::Service;
use crate::stream::Body;
use crate::{Error, answer};

/// A request that may have come from a page of another origin.
#[derive(Debug, Clone, Copy)]
pub struct CrossOriginRequest<'a> {
    pub bucket: Option<&'a str>,
    pub key: Option<&'a str>,
    pub facts: &'a RequestFacts,
}

/// The headers that let a page see the answer, or why a preflight is refused.
pub type CrossOrigin = fn(&Tx, &CrossOriginRequest<'_>) -> Result<Shared, Error>;

/// Headers of an answer.
pub type Shared = Vec<(&'static str, String)>;

/// The answer to a preflight; None where the request is none.
pub(crate) fn preflight(
    store: &Store,
    service: &Service,
    facts: &RequestFacts,
    target: &Target,
) -> Option<Result<Response<Body>, Error>> {
    let cross_origin = service.cross_origin.filter(|_| facts.method == Method::OPTIONS)?;
    let shared = store.read(|tx| cross_origin(tx, &request(facts, target)));
    Some(shared.map_err(Error::from).flatten().map(|headers| {
        let mut response = Response::new(Body::from(Bytes::new()));
        share(&mut response, &headers);
        answer::identified(response, service.shape.protocol, facts)
    }))
}

/// Adds what lets a page of another origin see the answer, where the bucket says so.
pub(crate) fn shared(
    store: &Store,
    service: &Service,
    facts: &RequestFacts,
    target: &Target,
    mut response: Response<Body>,
) -> Response<Body> {
    let is_asked = facts.method != Method::OPTIONS && facts.headers.contains_key(ORIGIN);
    if let Some(cross_origin) = service.cross_origin.filter(|_| is_asked)
        && let Ok(Ok(headers)) = store.read(|tx| cross_origin(tx, &request(facts, target)))
    {
        share(&mut response, &headers);
    }
    response
}

fn request<'a>(facts: &'a RequestFacts, target: &'a Target) -> CrossOriginRequest<'a> {
    CrossOriginRequest { bucket: target.bucket.as_deref(), key: target.key.as_deref(), facts }
}

fn share(response: &mut Response<Body>, headers: &Shared) {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}
