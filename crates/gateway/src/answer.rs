//! From outputs and errors to HTTP: each service in its own protocol.

use std::borrow::Cow;

use api::{Json, OperationShape, Protocol, ServiceShape, Structure};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, SERVER};
use http::{Method, Response, StatusCode};

use crate::Error;
use crate::cx::Answer;
use crate::error::common;
use crate::request::RequestFacts;
use crate::stream::{Body, Outgoing};

/// The bytes of S3's second id: 76 characters of Base64, as on AWS.
const HOST_ID_SIZE: usize = 56;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const HOST_ID: HeaderName = HeaderName::from_static("x-amz-id-2");
const QUERY_REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// A success.
pub fn success(
    shape: &'static OperationShape,
    protocol: Protocol,
    facts: &RequestFacts,
    output: &dyn Structure,
    body: Option<Outgoing>,
    answer: Answer,
) -> Response<Body> {
    let mut response = match protocol {
        Protocol::Query => xml(200, wire::query::write(shape, output, &facts.id), protocol),
        Protocol::Json(version) => json(200, wire::json::write(output), version),
        Protocol::RestXml => rest(shape, output, body),
    };
    if let Some(status) = answer.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        *response.status_mut() = status;
    }
    for (name, value) in answer.headers {
        set(&mut response, name, &value);
    }
    identify(&mut response, protocol, facts);
    without_body_where_none_belongs(response, &facts.method)
}

/// A refusal or failure.
pub fn failure(
    service: &'static ServiceShape,
    facts: &RequestFacts,
    error: &Error,
) -> Response<Body> {
    let mut response = match service.protocol {
        Protocol::Json(version) => {
            let (code, status) = json_code(error);
            let text = wire::json::error(version, code, error.message(), error.fields());
            json(status, text, version)
        }
        Protocol::Query => {
            let sender = error.status() < 500;
            let (code, message) = (query_code(service, error), error.message());
            let text = wire::query::error(service, code, message, sender, &facts.id);
            xml(error.status(), text, service.protocol)
        }
        Protocol::RestXml => {
            let host = host_id(&facts.id);
            let (code, message) = (s3_code(error), error.message());
            let text = if service.name == "s3" {
                wire::rest::error(code, message, error.fields(), &facts.id, &host)
            } else {
                wire::rest::wrapped_error(code, message, error.fields(), &facts.id, &host)
            };
            // S3 sends its refusals in chunks.
            let bytes = Bytes::from(text.into_bytes());
            xml(error.status(), String::new(), service.protocol)
                .map(|_| Body::new(Outgoing::Unmeasured(bytes)))
        }
    };
    for (name, value) in error.headers() {
        set(&mut response, name, value);
    }
    identify(&mut response, service.protocol, facts);
    without_body_where_none_belongs(response, &facts.method)
}

/// The code that the client is shown.
pub fn code(service: &ServiceShape, error: &Error) -> &'static str {
    match service.protocol {
        Protocol::Json(_) => json_code(error).0,
        Protocol::Query => query_code(service, error),
        Protocol::RestXml => s3_code(error),
    }
}

fn rest(
    shape: &'static OperationShape,
    output: &dyn Structure,
    body: Option<Outgoing>,
) -> Response<Body> {
    let written = wire::rest::write(shape, output);
    let mut response = match (body, written.body) {
        (Some(body), _) => Response::new(Body::new(body)),
        (None, Some(text)) => xml(written.status, text, Protocol::RestXml),
        (None, None) => Response::new(Body::empty()),
    };
    if let Ok(status) = StatusCode::from_u16(written.status) {
        *response.status_mut() = status;
    }
    for (name, value) in written.headers {
        set(&mut response, &name, &value);
    }
    response
}

/// SNS has its own name for a denial.
fn query_code(service: &ServiceShape, error: &Error) -> &'static str {
    let is_denial = error.is(common::ACCESS_DENIED);
    if is_denial && service.name == "sns" { "AuthorizationError" } else { error.code() }
}

/// S3 has its own name for a fault of the server.
fn s3_code(error: &Error) -> &'static str {
    if error.is(common::INTERNAL_FAILURE) { "InternalError" } else { error.code() }
}

/// The services that speak JSON have their own names for what goes wrong before a handler, and
/// answer 400 to all but their own faults. AWS: "Common Error Types" (of Systems Manager).
fn json_code(error: &Error) -> (&'static str, u16) {
    let code = match error.code() {
        "AccessDenied" => "AccessDeniedException",
        "ExpiredToken" => "ExpiredTokenException",
        "IncompleteSignature" => "IncompleteSignatureException",
        "InvalidClientTokenId" => "UnrecognizedClientException",
        "MissingAuthenticationToken" => "MissingAuthenticationTokenException",
        "RequestExpired" | "SignatureDoesNotMatch" => "InvalidSignatureException",
        "RequestEntityTooLarge" => return ("RequestEntityTooLargeException", 413),
        "ValidationError" => "ValidationException",
        other => return (other, error.status()),
    };
    (code, 400)
}

fn json(status: u16, text: String, version: Json) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(text)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    set(&mut response, "content-type", &format!("application/x-amz-json-{}", version.version));
    response
}

fn xml(status: u16, text: String, protocol: Protocol) -> Response<Body> {
    let kind = if protocol == Protocol::RestXml { "application/xml" } else { "text/xml" };
    let mut response = Response::new(Body::from(Bytes::from(text)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// An answer that is neither an output nor an error, with the ids of its request.
pub fn identified(
    mut response: Response<Body>,
    protocol: Protocol,
    facts: &RequestFacts,
) -> Response<Body> {
    identify(&mut response, protocol, facts);
    response
}

fn identify(response: &mut Response<Body>, protocol: Protocol, facts: &RequestFacts) {
    if protocol == Protocol::RestXml {
        put(response, REQUEST_ID, &facts.id);
        put(response, HOST_ID, &host_id(&facts.id));
        response.headers_mut().insert(SERVER, HeaderValue::from_static("AmazonS3"));
    } else {
        put(response, QUERY_REQUEST_ID, &facts.id);
    }
}

/// HEAD, 204 and 304 carry headers only; HEAD keeps the length of what GET would send.
fn without_body_where_none_belongs(response: Response<Body>, method: &Method) -> Response<Body> {
    let status = response.status();
    let bare = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if method != Method::HEAD && !bare {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    if bare {
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
    } else if !status.is_success() {
        parts.headers.remove(CONTENT_LENGTH);
    }
    Response::from_parts(parts, Body::empty())
}

fn set(response: &mut Response<Body>, name: &str, value: &str) {
    if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
        put(response, name, value);
    }
}

fn put(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_bytes(&latin(value)) {
        response.headers_mut().insert(name, value);
    }
}

/// A header's letters are those of ISO-8859-1; for others AWS writes a space.
pub fn latin(text: &str) -> Cow<'_, [u8]> {
    if text.is_ascii() {
        return Cow::Borrowed(text.as_bytes());
    }
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b' ')).collect()
}

/// S3's second id, of no meaning but the look of it: derived, so that it costs no randomness, by
/// the steps of SplitMix64 (Steele, Lea and Flood, 2014).
fn host_id(request_id: &str) -> String {
    use base64::Engine as _;
    let step = |state: u64| {
        let word = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    };
    let mut state =
        request_id.bytes().fold(0, |state: u64, byte| step(state.wrapping_add(byte.into())));
    let mut bytes = [0; HOST_ID_SIZE];
    for chunk in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        chunk.iter_mut().zip(step(state).to_le_bytes()).for_each(|(byte, new)| *byte = new);
    }
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
