//! The `Authorization` header.

use std::borrow::Cow;

use super::{ALGORITHM, Authorization, Presented, RequestTime, credential, signed_headers};
use crate::error::{AuthError, Form, Missing};
use crate::payload::PayloadHash;
use crate::request::{Headers, Request, Style};
use crate::{timestamp, version2};

pub(super) fn read<'a>(
    value: &'a [u8],
    request: &Request<'a>,
    style: Style,
) -> Result<Presented<'a>, AuthError> {
    let text = lossy(value);
    let components = match style {
        Style::S3 => match s3_scheme(value, &text)? {
            Scheme::Version2(credential) => {
                let presented = version2::of_header(lossy(credential), request, &text)?;
                return Ok(Presented::Version2(presented));
            }
            Scheme::Version4(components) => components,
        },
        Style::Query => query_scheme(value),
    };
    let time = time(request.headers)?;
    if style == Style::S3 && !matches!(time, Some((_, Some(_)))) {
        return Err(AuthError::MissingDate);
    }
    let parts = Parts::read(components, &text, style)?;
    let list = parts.signed_headers.and_then(|list| signed_headers(lossy(list)));
    let missing = Missing {
        credential: parts.credential.is_none(),
        signature: parts.signature.is_none(),
        signed_headers: list.is_none(),
        date: time.is_none(),
        ..Missing::default()
    };
    let (Some(named), Some(signature), Some(signed_headers), Some((sent, at))) =
        (parts.credential, parts.signature, list, time)
    else {
        return Err(AuthError::IncompleteHeader { missing, authorization: text.into_owned() });
    };
    let Some(at) = at else {
        return Err(AuthError::MalformedDate { form: Form::Header, date: lossy(sent).into() });
    };
    require_algorithm(&text)?;
    Ok(Presented::Signed(Authorization {
        form: Form::Header,
        credential: credential(lossy(named), Form::Header)?,
        signed_headers,
        signature: lossy(signature),
        session_token: request.headers.one("x-amz-security-token")?.map(lossy),
        payload: payload(request.headers, style)?,
        time: RequestTime { at, text: lossy(sent), basic: basic(sent, at) },
        expires: None,
    }))
}

enum Scheme<'a> {
    Version2(&'a [u8]),
    Version4(&'a [u8]),
}

/// What follows the scheme, if S3 knows the scheme.
fn s3_scheme<'a>(value: &'a [u8], text: &str) -> Result<Scheme<'a>, AuthError> {
    let Some((scheme, rest)) = split_once(value, b' ') else {
        return Err(AuthError::AuthorizationWithoutSpace { authorization: text.to_owned() });
    };
    match scheme {
        b"AWS4-HMAC-SHA256" => Ok(Scheme::Version4(rest)),
        b"AWS" => Ok(Scheme::Version2(rest)),
        // Version 4A: a real mechanism, but not here.
        scheme if scheme.starts_with(b"AWS4-") => Err(AuthError::UnsupportedMechanism),
        _ => Err(AuthError::UnsupportedAuthorizationType { authorization: text.to_owned() }),
    }
}

/// What follows the scheme, whatever the scheme: a stranger's scheme lacks our components.
fn query_scheme(value: &[u8]) -> &[u8] {
    split_once(value, b' ').map_or(value, |(_, rest)| rest)
}

fn require_algorithm(authorization: &str) -> Result<(), AuthError> {
    match authorization.split(' ').next() {
        Some(ALGORITHM) => Ok(()),
        other => {
            let algorithm = other.unwrap_or_default().to_owned();
            Err(AuthError::UnsupportedAlgorithm { form: Form::Header, algorithm })
        }
    }
}

#[derive(Default)]
struct Parts<'a> {
    credential: Option<&'a [u8]>,
    signed_headers: Option<&'a [u8]>,
    signature: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn read(components: &'a [u8], authorization: &str, style: Style) -> Result<Self, AuthError> {
        let mut parts = Self::default();
        for part in components.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let Some((name, value)) = split_once(part, b'=') else {
                if style == Style::S3 || part.is_empty() {
                    continue;
                }
                let (part, authorization) = (lossy(part).into(), authorization.to_owned());
                return Err(AuthError::NotAPair { part, authorization });
            };
            let (place, name) = match name {
                b"Credential" => (&mut parts.credential, "Credential"),
                b"SignedHeaders" => (&mut parts.signed_headers, "SignedHeaders"),
                b"Signature" => (&mut parts.signature, "Signature"),
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(AuthError::DuplicateComponent { name });
            }
        }
        Ok(parts)
    }
}

type Sent<'a> = (&'a [u8], Option<i64>);

/// `X-Amz-Date`, or else `Date`: as sent, and as read where it can be read.
fn time<'a>(headers: &Headers<'a>) -> Result<Option<Sent<'a>>, AuthError> {
    let sent = match headers.one("x-amz-date")? {
        Some(sent) => Some(sent),
        None => headers.one("date")?,
    };
    Ok(sent
        .map(|sent| (sent, timestamp::parse_basic(sent).or_else(|| timestamp::parse_http(sent)))))
}

fn basic(sent: &[u8], at: i64) -> Cow<'_, str> {
    match timestamp::parse_basic(sent) {
        Some(_) => lossy(sent),
        None => Cow::Owned(timestamp::basic(at)),
    }
}

fn payload(headers: &Headers<'_>, style: Style) -> Result<PayloadHash, AuthError> {
    match style {
        Style::Query => Ok(PayloadHash::Body),
        Style::S3 => PayloadHash::of(headers)?.ok_or(AuthError::MissingContentSha256),
    }
}

fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let mut halves = text.splitn(2, |byte| *byte == at);
    Some((halves.next()?, halves.next()?))
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // What is text, as nearly all is, is found to be so in larger steps.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
