//! What a form is answered: a status of its choice, a document, or the way to another page.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, HeaderValue, LOCATION};
use http::{Response, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Form;
use crate::request::RequestFacts;
use crate::route::Target;
use crate::stream::Body;

const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Makes PutObject's answer the form's.
pub fn answer(
    mut response: Response<Body>,
    form: &Form,
    facts: &RequestFacts,
    target: &Target,
) -> Response<Body> {
    let (bucket, key) = (form.bucket.as_str(), target.key.as_deref().unwrap_or_default());
    let etag = response.headers().get(ETAG).and_then(|value| value.to_str().ok());
    let etag = etag.unwrap_or_default().to_owned();
    let encoded = |text: &str| utf8_percent_encode(text, PATH).to_string();
    let host = facts.header("host").unwrap_or_default();
    let scheme = if facts.secure { "https" } else { "http" };
    let path = if facts.path.trim_matches('/') == bucket {
        format!("{bucket}/{}", encoded(key))
    } else {
        encoded(key)
    };
    let location = format!("{scheme}://{host}/{path}");
    let redirect = form.field("success_action_redirect").or_else(|| form.field("redirect"));
    if let Some(redirect) = redirect.filter(|redirect| redirect.contains("://")) {
        let mark = if redirect.contains('?') { '&' } else { '?' };
        let etag = utf8_percent_encode(&etag, NON_ALPHANUMERIC);
        let key = utf8_percent_encode(key, NON_ALPHANUMERIC);
        let target = format!("{redirect}{mark}bucket={bucket}&key={key}&etag={etag}");
        if let Ok(value) = HeaderValue::try_from(target) {
            response.headers_mut().insert(LOCATION, value);
            *response.status_mut() = StatusCode::SEE_OTHER;
            return response;
        }
    }
    if let Ok(value) = HeaderValue::try_from(location.as_str()) {
        response.headers_mut().insert(LOCATION, value);
    }
    match form.field("success_action_status") {
        Some("200") => response,
        Some("201") => {
            *response.status_mut() = StatusCode::CREATED;
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            let (parts, _) = response.into_parts();
            let document = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>{}</Location>\
                 <Bucket>{}</Bucket><Key>{}</Key><ETag>{}</ETag></PostResponse>",
                escaped(&location),
                escaped(bucket),
                escaped(key),
                escaped(&etag)
            );
            Response::from_parts(parts, Body::from(Bytes::from(document)))
        }
        _ => {
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
