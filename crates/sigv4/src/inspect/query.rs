//! The presigned query: the `X-Amz-*` parameters.

use std::borrow::Cow;

use super::{ALGORITHM, Authorization, MAX_PRESIGNED_SECONDS, Presented, RequestTime};
use super::{AuthError, ExpiresFault, Form, Missing, PayloadHash, Request, Style};
use super::{Version2, credential, signed_headers, timestamp};
use crate::version2;

/// The names, as they stand in the query.
pub(crate) mod parameter {
    pub(crate) const ALGORITHM: &str = "X-Amz-Algorithm";
    pub(crate) const CONTENT_SHA256: &str = "X-Amz-Content-Sha256";
    pub(crate) const CREDENTIAL: &str = "X-Amz-Credential";
    pub(crate) const DATE: &str = "X-Amz-Date";
    pub(crate) const EXPIRES: &str = "X-Amz-Expires";
    pub(crate) const SECURITY_TOKEN: &str = "X-Amz-Security-Token";
    pub(crate) const SIGNATURE: &str = "X-Amz-Signature";
    pub(crate) const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
}

/// The parameters that speak of authentication, decoded.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    algorithm: Option<Cow<'a, str>>,
    content_sha256: Option<Cow<'a, str>>,
    credential: Option<Cow<'a, str>>,
    date: Option<Cow<'a, str>>,
    expires: Option<Cow<'a, str>>,
    security_token: Option<Cow<'a, str>>,
    signature: Option<Cow<'a, str>>,
    signed_headers: Option<Cow<'a, str>>,
    v2_access_key: Option<Cow<'a, str>>,
    v2_signature: Option<Cow<'a, str>>,
    v2_expires: Option<Cow<'a, str>>,
    v2_security_token: Option<Cow<'a, str>>,
}

/// The way of signing that the parameters speak of.
pub(super) enum Mechanism {
    None,
    V2,
    V4,
}

impl<'a> Parameters<'a> {
    pub(super) fn read(query: &'a str) -> Result<Self, AuthError> {
        let mut found = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (place, name) = match &*decode(name) {
                "AWSAccessKeyId" => (&mut found.v2_access_key, "AWSAccessKeyId"),
                "Signature" => (&mut found.v2_signature, "Signature"),
                "Expires" => (&mut found.v2_expires, "Expires"),
                "x-amz-security-token" => (&mut found.v2_security_token, "x-amz-security-token"),
                parameter::ALGORITHM => (&mut found.algorithm, parameter::ALGORITHM),
                parameter::CONTENT_SHA256 => (&mut found.content_sha256, parameter::CONTENT_SHA256),
                parameter::CREDENTIAL => (&mut found.credential, parameter::CREDENTIAL),
                parameter::DATE => (&mut found.date, parameter::DATE),
                parameter::EXPIRES => (&mut found.expires, parameter::EXPIRES),
                parameter::SECURITY_TOKEN => (&mut found.security_token, parameter::SECURITY_TOKEN),
                parameter::SIGNATURE => (&mut found.signature, parameter::SIGNATURE),
                parameter::SIGNED_HEADERS => (&mut found.signed_headers, parameter::SIGNED_HEADERS),
                _ => continue,
            };
            if place.replace(decode(value)).is_some() {
                return Err(AuthError::DuplicateParameter { name });
            }
        }
        Ok(found)
    }

    pub(super) fn mechanism(&self, style: Style) -> Mechanism {
        let v4 = [&self.algorithm, &self.signature, &self.credential, &self.signed_headers];
        if v4.iter().any(|parameter| parameter.is_some()) {
            Mechanism::V4
        } else if style == Style::S3
            && (self.v2_access_key.is_some() || self.v2_signature.is_some())
        {
            Mechanism::V2
        } else {
            Mechanism::None
        }
    }

    /// The signature of a query of Version 2.
    pub(super) fn version_2(self) -> Result<Version2<'a>, AuthError> {
        match (self.v2_access_key, self.v2_signature, self.v2_expires) {
            (Some(key), Some(signature), Some(expires)) => {
                let token = self.v2_security_token.or(self.security_token);
                version2::of_query(key, signature, expires, token)
            }
            _ => Err(AuthError::IncompleteVersion2),
        }
    }

    fn missing(&self, style: Style) -> Missing {
        Missing {
            algorithm: self.algorithm.is_none(),
            credential: self.credential.is_none(),
            signature: self.signature.is_none(),
            signed_headers: self.signed_headers.is_none(),
            date: self.date.is_none(),
            // The other services' requests are valid for a quarter of an hour, said or not.
            expires: self.expires.is_none() && style == Style::S3,
        }
    }
}

pub(super) fn read<'a>(
    found: Parameters<'a>,
    request: &Request<'a>,
    style: Style,
) -> Result<Presented<'a>, AuthError> {
    let missing = found.missing(style);
    if missing != Missing::default() {
        return Err(AuthError::IncompleteQuery { missing });
    }
    let algorithm = found.algorithm.unwrap_or_default();
    if algorithm != ALGORITHM {
        let algorithm = algorithm.into_owned();
        return Err(AuthError::UnsupportedAlgorithm { form: Form::Query, algorithm });
    }
    let credential = credential(found.credential.unwrap_or_default(), Form::Query)?;
    let date = found.date.unwrap_or_default();
    let Some(at) = timestamp::parse_basic(date.as_bytes()) else {
        return Err(AuthError::MalformedDate { form: Form::Query, date: date.into_owned() });
    };
    let expires = match (style, found.expires) {
        (Style::S3, Some(text)) => Some(expires(&text)?),
        _ => None,
    };
    let list = signed_headers(found.signed_headers.unwrap_or_default()).ok_or(
        AuthError::IncompleteQuery { missing: Missing { signed_headers: true, ..missing } },
    )?;
    Ok(Presented::Signed(Authorization {
        form: Form::Query,
        credential,
        signed_headers: list,
        signature: found.signature.unwrap_or_default(),
        session_token: found.security_token,
        payload: payload(found.content_sha256.as_deref(), request, style)?,
        time: RequestTime { at, text: date.clone(), basic: date },
        expires,
    }))
}

/// The parameter, else the header, else unsigned.
fn payload(
    parameter: Option<&str>,
    request: &Request<'_>,
    style: Style,
) -> Result<PayloadHash, AuthError> {
    match (style, parameter) {
        (Style::Query, _) => Ok(PayloadHash::Body),
        (Style::S3, Some(value)) => PayloadHash::parse(value.as_bytes()),
        (Style::S3, None) => Ok(PayloadHash::of(request.headers)?.unwrap_or(PayloadHash::Unsigned)),
    }
}

fn expires(text: &str) -> Result<u32, AuthError> {
    let fault = |fault| AuthError::MalformedExpires { fault };
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(fault(ExpiresFault::NotANumber));
    }
    if negative {
        return Err(fault(ExpiresFault::Negative));
    }
    let seconds = digits.parse().ok().filter(|seconds| *seconds <= MAX_PRESIGNED_SECONDS);
    seconds.ok_or_else(|| fault(ExpiresFault::TooLong))
}

pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy();
        return Cow::Owned(decoded.into_owned());
    }
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}
