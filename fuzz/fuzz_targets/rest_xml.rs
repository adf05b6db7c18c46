//! REST-XML: the router, headers, parameters and documents into typed inputs; what was read and is
//! written reads the same.
//!
//! Input: a message whose target is `/bucket/key?query`.

#![no_main]

use std::borrow::Cow;
use std::sync::LazyLock;

use api::{Operation, Visitor};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use libfuzzer_sys::{Corpus, fuzz_target};
use wardian_fuzz::{Message, shown};
use wire::Style;
use wire::rest::{self, RestInput, RestRequest, Router};

static ROUTER: LazyLock<Router> = LazyLock::new(|| rest::router(&api::s3::SERVICE));

struct Read<'b> {
    name: &'static str,
    request: RestRequest<'b>,
}

impl Visitor for Read<'_> {
    fn operation<O: Operation>(&mut self) {
        if O::SHAPE.name != self.name {
            return;
        }
        let (headers, body) = (self.request.headers, self.request.body);
        let mut output = O::Output::default();
        if rest::read_output(O::SHAPE, 200, headers, body, &mut output).is_ok() {
            let _ = rest::write(O::SHAPE, &output);
        }
        let mut input = O::Input::default();
        if let Err(invalid) = rest::read(O::SHAPE, &self.request, &mut input) {
            let _ = (invalid.to_string(), invalid.message(Style::of(O::SHAPE)));
            return;
        }
        let _ = wire::json::redacted(&input);
        if shown(&input).contains(":-") {
            // Before 1970, and so before 1900: a date of a header does not go back as far.
            return;
        }
        let written = rest::write_input(O::SHAPE, &input);
        let Some(headers) = header_map(&written) else { return };
        let again = RestRequest {
            bucket: written.bucket.as_deref(),
            key: written.key.as_deref(),
            query: &written.query,
            headers: &headers,
            body: written.body.as_deref().unwrap_or_default().as_bytes(),
        };
        let mut second = O::Input::default();
        rest::read(O::SHAPE, &again, &mut second).unwrap();
        assert_eq!(shown(&input), shown(&second), "{written:?}");
        if O::SHAPE.name == "WriteGetObjectResponse" {
            // Its path is no bucket, and it has a host of its own.
            return;
        }
        let method = Method::from_bytes(written.method.as_bytes()).unwrap();
        let routed = ROUTER.route(&method, again.bucket, again.key, again.query, &headers);
        assert_eq!(routed.map(|shape| shape.name), Some(O::SHAPE.name), "{written:?}");
    }
}

/// None where a value cannot stand in a header.
fn header_map(written: &RestInput) -> Option<HeaderMap> {
    let pair = |(name, value): &(Cow<'static, str>, String)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        // Outer spaces do not survive a header.
        let whole = value.trim() == value;
        whole.then(|| HeaderValue::from_str(value).ok()).flatten().map(|value| (name, value))
    };
    written.headers.iter().map(pair).collect()
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(message) = Message::parse(bytes) else { return Corpus::Reject };
    let _ = rest::read_error(message.body);
    let path = message.uri.path().trim_start_matches('/');
    let (bucket, key) = match path.split_once('/') {
        Some((bucket, key)) => (Some(bucket), Some(key).filter(|key| !key.is_empty())),
        None => (Some(path).filter(|path| !path.is_empty()), None),
    };
    let query = message.uri.query().unwrap_or_default();
    let Some(shape) = ROUTER.route(&message.method, bucket, key, query, &message.headers) else {
        return Corpus::Keep;
    };
    let body = if shape.streaming_input { &[] } else { message.body };
    let request = RestRequest { bucket, key, query, headers: &message.headers, body };
    api::s3::operations(&mut Read { name: shape.name, request });
    Corpus::Keep
});
