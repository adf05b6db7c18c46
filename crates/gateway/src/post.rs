//! POST object: an HTML form that uploads a file is a PutObject whose headers are the form's fields
//! and whose permission is a signed policy.
//!
//! The fields stand before the file; the file streams like any other body. What is authorized,
//! handled and recorded is PutObject. AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>

mod answer;
mod file;
mod policy;
mod signature;

use std::borrow::Cow;

use api::ErrorShape;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::request::RequestFacts;
use crate::route::Target;
use crate::stream::RequestBody;
use crate::{Error, auth_error, encoded_word};

pub use answer::answer;
pub use file::read;
pub use signature::verify;

/// Fields that are headers of a PutObject, besides those that begin with `x-amz-`.
const HEADERS: [&str; 6] = [
    "cache-control",
    "content-type",
    "content-disposition",
    "content-encoding",
    "content-md5",
    "expires",
];

/// A form that uploads a file.
pub struct Form {
    /// Names in lower case, and values, in the order they came in.
    pub fields: Vec<(String, String)>,
    /// What the policy allows the file to measure.
    pub length: Option<(u64, u64)>,
    bucket: String,
}

impl Form {
    /// The first field of the name, in lower case.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a request is a form for a bucket: nothing else is posted there without a query.
pub fn is_form(facts: &RequestFacts, target: &Target) -> bool {
    // `WriteGetObjectResponse` is no bucket.
    let is_bucket = |name: &str| !name.bytes().any(|byte| byte.is_ascii_uppercase());
    facts.method == Method::POST
        && target.bucket.as_deref().is_some_and(is_bucket)
        && target.key.is_none()
        && facts.query.is_empty()
}

/// Reads the fields, and makes the request the PutObject that they ask for; what is left is the
/// file.
///
/// # Errors
/// S3's sentences for what is no such form.
pub async fn open(
    facts: &mut RequestFacts,
    target: &mut Target,
    body: RequestBody,
    idle: std::time::Duration,
) -> Result<(Form, RequestBody), Error> {
    let kind = facts.header(CONTENT_TYPE.as_str()).unwrap_or_default();
    if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        return Err(not_a_form());
    }
    // What seems signed in its head is no form that is signed in its fields, or by nobody.
    if facts.headers.contains_key(AUTHORIZATION) {
        return Err(auth_error::auth(&sigv4::AuthError::TwoMechanisms, sigv4::Style::S3));
    }
    let (fields, file_name, body) = read(facts, body, idle).await?;
    let bucket = target.bucket.clone().unwrap_or_default();
    let mut form = Form { fields, length: None, bucket };
    let key = form.fields.iter_mut().find(|(name, _)| name == "key").ok_or_else(|| {
        let message = "Bucket POST must contain a field named 'key'.  If it is specified, please \
                       check the order of the fields.";
        argument(message, "key", "")
    })?;
    if let Some(file_name) = file_name {
        key.1 = key.1.replace("${filename}", &file_name);
    }
    if key.1.is_empty() {
        return Err(argument("User key must have a length greater than 0.", "key", ""));
    }
    target.key = Some(key.1.clone());
    signature::check(&form)?;
    facts.headers = headers(facts, &form)?;
    // What is wrong with the policy is said once it is known who signed it.
    form.length = policy::check(facts, &form).ok().flatten();
    Ok((form, body))
}

/// The headers of the PutObject.
fn headers(facts: &RequestFacts, form: &Form) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    for name in ["host", "user-agent", "referer", "content-length", "origin"] {
        if let (Some(value), Ok(name)) = (facts.headers.get(name), HeaderName::try_from(name)) {
            headers.insert(name, value.clone());
        }
    }
    for (name, value) in &form.fields {
        let value = match name.as_str() {
            "acl" | "tagging" => value,
            name if HEADERS.contains(&name) || is_amz(name) => value,
            _ => continue,
        };
        let (name, value) = match name.as_str() {
            "acl" => ("x-amz-acl", value.clone()),
            "tagging" => ("x-amz-tagging", tags(value)?),
            // A form says what it means: it has no encoded words.
            name if name.starts_with("x-amz-meta-") => {
                (name, encoded_word::protect(value).into_owned())
            }
            name => (name, value.clone()),
        };
        let value = match name {
            name if HEADERS.contains(&name) => crate::answer::latin(&value),
            _ => Cow::Borrowed(value.as_bytes()),
        };
        let (name, value) = (HeaderName::try_from(name), HeaderValue::from_bytes(&value));
        // The policy speaks of the first of a name.
        if let (Ok(name), Ok(value)) = (name, value)
            && !headers.contains_key(&name)
        {
            headers.insert(name, value);
        }
    }
    Ok(headers)
}

/// Fields of the signature are no headers of the object.
fn is_amz(name: &str) -> bool {
    name.starts_with("x-amz-")
        && !name.starts_with("x-amz-copy-source")
        && !matches!(
            name,
            "x-amz-algorithm"
                | "x-amz-credential"
                | "x-amz-date"
                | "x-amz-signature"
                | "x-amz-security-token"
                | "x-amz-content-sha256"
                | "x-amz-trailer"
                | "x-amz-decoded-content-length"
        )
}

/// A form's tags are a document; a PutObject's are a query. A document of another kind brings none.
fn tags(document: &str) -> Result<String, Error> {
    let trimmed = document.trim();
    if trimmed.starts_with('<') && trimmed.ends_with('>') && !trimmed.contains("<Tagging") {
        return Ok(String::new());
    }
    let mut input = api::s3::PutObjectTaggingRequest::default();
    let request = wire::rest::RestRequest {
        bucket: Some("bucket"),
        key: Some("key"),
        query: "tagging",
        headers: &HeaderMap::new(),
        body: document.as_bytes(),
    };
    let shape = <api::s3::PutObjectTagging as api::Operation>::SHAPE;
    wire::rest::read(shape, &request, &mut input)
        .map_err(|error| crate::invalid::error(shape, &error))?;
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = input.tagging.tag_set.iter().flatten();
    let pairs = pairs.map(|tag| format!("{}={}", encoded(&tag.key), encoded(&tag.value)));
    Ok(pairs.collect::<Vec<_>>().join("&"))
}

fn not_a_form() -> Error {
    let shape = ErrorShape { code: "PreconditionFailed", status: 412 };
    let message = "At least one of the pre-conditions you specified did not hold";
    Error::new(shape, message)
        .with("Condition", "Bucket POST must be of the enclosure-type multipart/form-data")
}

fn argument(message: &str, name: &str, value: &str) -> Error {
    let shape = ErrorShape { code: "InvalidArgument", status: 400 };
    Error::new(shape, message).with("ArgumentName", name).with("ArgumentValue", value)
}
