//! What a request presents: nothing, an `Authorization` header or a presigned query.
//!
//! Only form is judged here. Whether scope, time and signature are right is `verify`'s to say.
//!
//! AWS pages: "Authenticating Requests: Using the Authorization Header" and "Authenticating
//! Requests: Using Query Parameters" (Amazon S3 API Reference).

use std::borrow::Cow;

use crate::canonical::ALGORITHM;
use crate::credential::Credential;
use crate::error::{AuthError, ExpiresFault, Form, Missing};
use crate::payload::PayloadHash;
use crate::request::{Request, Style};
use crate::timestamp;
use crate::verify::MAX_PRESIGNED_SECONDS;
use crate::version2::Version2;

mod header;
mod query;

pub(crate) use query::{decode, parameter};

/// What a request says of who sent it.
#[derive(Clone, Debug)]
pub enum Presented<'a> {
    /// Nothing at all.
    Anonymous,
    /// A signature, well-formed and unproven.
    Signed(Authorization<'a>),
    /// S3: a signature of Version 2, well-formed and unproven.
    Version2(Version2<'a>),
}

/// A signature with all that it claims to cover.
#[derive(Clone)]
pub struct Authorization<'a> {
    form: Form,
    credential: Credential<'a>,
    signed_headers: Cow<'a, str>,
    signature: Cow<'a, str>,
    session_token: Option<Cow<'a, str>>,
    payload: PayloadHash,
    time: RequestTime<'a>,
    expires: Option<u32>,
}

#[derive(Clone)]
struct RequestTime<'a> {
    at: i64,
    /// As sent.
    text: Cow<'a, str>,
    /// `YYYYMMDDTHHMMSSZ`.
    basic: Cow<'a, str>,
}

impl<'a> Authorization<'a> {
    pub fn form(&self) -> Form {
        self.form
    }

    pub fn credential(&self) -> &Credential<'a> {
        &self.credential
    }

    pub fn access_key_id(&self) -> &str {
        self.credential.access_key_id()
    }

    /// Lower-case names joined by semicolons, in the order sent.
    pub fn signed_headers(&self) -> &str {
        &self.signed_headers
    }

    /// As sent.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// `X-Amz-Security-Token`.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    pub fn payload(&self) -> PayloadHash {
        self.payload
    }

    /// When the client says it signed: seconds since 1970, UTC.
    pub fn time(&self) -> i64 {
        self.time.at
    }

    /// When the client says it signed, in its own words.
    pub fn time_sent(&self) -> &str {
        &self.time.text
    }

    pub(crate) fn time_basic(&self) -> &str {
        &self.time.basic
    }

    /// Seconds that a presigned S3 request stays valid. None for the header form, and for the
    /// services that speak Query: they read the parameter and hold to their quarter of an hour.
    pub fn expires(&self) -> Option<u32> {
        self.expires
    }
}

impl std::fmt::Debug for Authorization<'_> {
    /// Without signature and session token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authorization")
            .field("form", &self.form)
            .field("credential", &self.credential)
            .field("signed_headers", &self.signed_headers)
            .field("payload", &self.payload)
            .field("time", &self.time.basic)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Reads what the request presents.
///
/// # Errors
/// Whatever is malformed, doubled or half there. A request that shows any sign of being signed is
/// never taken for an anonymous one.
pub fn inspect<'a>(request: &Request<'a>, style: Style) -> Result<Presented<'a>, AuthError> {
    let header = match request.headers.one("authorization") {
        Err(_) if style == Style::S3 => return Err(AuthError::TwoMechanisms),
        other => other?,
    };
    let parameters = query::Parameters::read(request.query)?;
    match (header, parameters.mechanism(style)) {
        (None, query::Mechanism::None) => Ok(Presented::Anonymous),
        (Some(_), query::Mechanism::V2 | query::Mechanism::V4) => Err(AuthError::TwoMechanisms),
        (Some(value), query::Mechanism::None) => header::read(value, request, style),
        (None, query::Mechanism::V2) => parameters.version_2().map(Presented::Version2),
        (None, query::Mechanism::V4) => query::read(parameters, request, style),
    }
}

/// Lower-cased; None unless each name is a header's name.
fn signed_headers(list: Cow<'_, str>) -> Option<Cow<'_, str>> {
    // The list is printed into the canonical request: nothing in it may look like another line.
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(is_token);
    if !list.split(';').all(is_name) {
        return None;
    }
    let upper = list.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(if upper { Cow::Owned(list.to_ascii_lowercase()) } else { list })
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

fn credential(text: Cow<'_, str>, form: Form) -> Result<Credential<'_>, AuthError> {
    let Some(credential) = Credential::parse(text.clone()) else {
        return Err(AuthError::MalformedCredential { form, credential: text.into_owned() });
    };
    if credential.access_key_id().is_empty() {
        return Err(AuthError::EmptyAccessKey { form, credential: text.into_owned() });
    }
    Ok(credential)
}
