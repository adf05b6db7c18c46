//! Which of S3's operations a request is: by method, by what it addresses, and by query keys and
//! headers.
//!
//! A table built once from the model's URIs. A request that names a subresource (`?uploads`) is an
//! operation on that subresource or none at all: it never falls through to the plain operation on
//! the bucket or object.

use api::{Location, OperationShape, ServiceShape};
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// Resolves requests of one service.
#[derive(Debug)]
pub struct Router {
    /// The most demanding first: by fixed query keys, then by other requirements.
    routes: Vec<Route>,
    /// The query keys that stand in some URI without a value, or with one: `uploads`.
    subresources: Vec<&'static str>,
}

#[derive(Debug)]
struct Route {
    operation: &'static OperationShape,
    scope: Scope,
    /// Of the URI: `uploads`, `list-type=2`.
    fixed: Vec<(&'static str, Option<&'static str>)>,
    /// Required parameters and headers.
    query: Vec<&'static str>,
    headers: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Service,
    Bucket,
    Key,
    /// A path of its own: `/WriteGetObjectResponse`.
    Path(&'static str),
}

/// The router of a service. Operations that the model deprecates are not routed: another takes the
/// same requests.
#[must_use]
pub fn router(service: &ServiceShape) -> Router {
    let current = service.operations.iter().filter(|operation| !operation.deprecated);
    let mut routes: Vec<Route> = current.map(|operation| Route::new(operation)).collect();
    routes.sort_by_key(|route| {
        std::cmp::Reverse((route.fixed.len(), route.query.len() + route.headers.len()))
    });
    let fixed = routes.iter().flat_map(|route| &route.fixed);
    let mut subresources: Vec<_> =
        fixed.filter(|(_, value)| value.is_none()).map(|(key, _)| *key).collect();
    subresources.sort_unstable();
    subresources.dedup();
    Router { routes, subresources }
}

impl Router {
    /// The operation of a request; None where S3 answers `MethodNotAllowed`. `query` is as it came,
    /// undecoded.
    #[must_use]
    pub fn route(
        &self,
        method: &Method,
        bucket: Option<&str>,
        key: Option<&str>,
        query: &str,
        headers: &HeaderMap,
    ) -> Option<&'static OperationShape> {
        let request = Request { method, bucket, key, query: pairs(query), headers };
        let mut candidates = self.routes.iter().filter(|route| route.addresses(&request));
        let first = candidates.next()?;
        let rank = first.fixed.len();
        let peers = candidates.take_while(|route| route.fixed.len() == rank);
        let mut chosen = first;
        for route in peers {
            if chosen.is_satisfied(&request) {
                break;
            }
            chosen = route;
        }
        self.consumes(chosen, &request).then_some(chosen.operation)
    }

    /// No subresource is named that the route does not speak of.
    fn consumes(&self, route: &Route, request: &Request<'_>) -> bool {
        request.query.iter().all(|(key, _)| {
            self.subresources.binary_search(&key.as_ref()).is_err()
                || route.fixed.iter().any(|(fixed, _)| fixed == key)
        })
    }
}

struct Request<'r> {
    method: &'r Method,
    bucket: Option<&'r str>,
    key: Option<&'r str>,
    query: Vec<(Cow<'r, str>, Cow<'r, str>)>,
    headers: &'r HeaderMap,
}

impl Request<'_> {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }
}

fn pairs(query: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let decode = |text| percent_decode_str(text).decode_utf8_lossy();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| (decode(k), decode(v)))
        .collect()
}

impl Route {
    fn new(operation: &'static OperationShape) -> Self {
        let (path, query) = operation.http.uri.split_once('?').unwrap_or((operation.http.uri, ""));
        let scope = match path {
            "/" => Scope::Service,
            "/{Bucket}" => Scope::Bucket,
            "/{Bucket}/{Key+}" => Scope::Key,
            other => Scope::Path(other.strip_prefix('/').unwrap_or(other)),
        };
        let required = |location: Location| {
            let members = operation.input.members().iter();
            let there = members.filter(|member| member.required && member.location == location);
            there.map(|member| member.wire).collect()
        };
        let fixed = query.split('&').filter(|pair| !pair.is_empty());
        let fixed = fixed.map(|pair| {
            pair.split_once('=').map_or((pair, None), |(key, value)| (key, Some(value)))
        });
        Self {
            operation,
            scope,
            fixed: fixed.collect(),
            query: required(Location::Query),
            headers: required(Location::Header),
        }
    }

    /// Method, path and the URI's own query keys fit.
    fn addresses(&self, request: &Request<'_>) -> bool {
        let scope = match (self.scope, request.bucket, request.key) {
            (Scope::Path(path), Some(bucket), None) => path == bucket,
            (scope, None, _) => scope == Scope::Service,
            (scope, Some(_), None) => scope == Scope::Bucket,
            (scope, Some(_), Some(_)) => scope == Scope::Key,
        };
        let fixed = |(key, value): &(&str, Option<&str>)| {
            request.parameter(key).is_some_and(|sent| value.is_none_or(|value| value == sent))
        };
        scope
            && self.operation.http.method == request.method.as_str()
            && self.fixed.iter().all(fixed)
    }

    fn is_satisfied(&self, request: &Request<'_>) -> bool {
        self.query.iter().all(|name| request.parameter(name).is_some())
            && self.headers.iter().all(|name| request.headers.contains_key(*name))
    }
}
