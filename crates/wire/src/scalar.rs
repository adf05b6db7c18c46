//! Scalars as text: what each kind looks like, per place.

use std::borrow::Cow;

use api::{Kind, Shape, Slot, Timestamp, TimestampFormat, View};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Expected;

/// A scalar that was read.
pub enum Scalar<'t> {
    Text(Cow<'t, str>),
    Integer(i32),
    Long(i64),
    Double(f64),
    Boolean(bool),
    Timestamp(Timestamp),
    Blob(Vec<u8>),
}

/// Reads `text` as a scalar of `shape`.
pub fn parse<'t>(shape: &Shape, text: Cow<'t, str>) -> Result<Scalar<'t>, Expected> {
    let word = text.trim();
    match shape.kind {
        Kind::String | Kind::Enum(_) => Ok(Scalar::Text(text)),
        Kind::Integer => word.parse().map(Scalar::Integer).map_err(|_| Expected::Integer),
        Kind::Long => word.parse().map(Scalar::Long).map_err(|_| Expected::Integer),
        Kind::Double => word
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Scalar::Double)
            .ok_or(Expected::Number),
        Kind::Boolean if word.eq_ignore_ascii_case("true") => Ok(Scalar::Boolean(true)),
        Kind::Boolean if word.eq_ignore_ascii_case("false") => Ok(Scalar::Boolean(false)),
        Kind::Boolean => Err(Expected::Boolean),
        Kind::Timestamp(_) => {
            Timestamp::parse(word).map(Scalar::Timestamp).ok_or(Expected::Timestamp)
        }
        Kind::Blob => STANDARD.decode(word).map(Scalar::Blob).map_err(|_| Expected::Base64),
        Kind::List { .. } | Kind::Map { .. } | Kind::Structure(_) => Err(Expected::Collection),
    }
}

/// Puts a scalar where its kind belongs; a slot of another kind keeps what it has.
pub fn put(scalar: Scalar<'_>, slot: Slot<'_>) {
    match (scalar, slot) {
        (Scalar::Text(text), Slot::String(into)) => into.set(&text),
        (Scalar::Integer(number), Slot::Integer(into)) => *into = number,
        (Scalar::Long(number), Slot::Long(into)) => *into = number,
        (Scalar::Double(number), Slot::Double(into)) => *into = number,
        (Scalar::Boolean(truth), Slot::Boolean(into)) => *into = truth,
        (Scalar::Timestamp(moment), Slot::Timestamp(into)) => *into = moment,
        (Scalar::Blob(bytes), Slot::Blob(into)) => into.0 = bytes,
        _ => {}
    }
}

/// How timestamps are written where the model does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// `2026-01-31T23:59:59Z`: IAM, STS.
    Seconds,
    /// `2026-01-31T23:59:59.123Z`: CloudFormation, S3's documents.
    Millis,
    /// `Sat, 31 Jan 2026 23:59:59 GMT`: headers.
    Http,
}

/// A scalar as text; None for collections.
pub fn text<'v>(view: View<'v>, shape: &Shape, times: Times) -> Option<Cow<'v, str>> {
    Some(match view {
        View::String(text) => Cow::Borrowed(text),
        View::Integer(number) => Cow::Owned(number.to_string()),
        View::Double(number) => Cow::Owned(number.to_string()),
        View::Boolean(truth) => Cow::Borrowed(if truth { "true" } else { "false" }),
        View::Timestamp(moment) => Cow::Owned(timestamp(moment, shape, times)),
        View::Blob(bytes) => Cow::Owned(STANDARD.encode(bytes)),
        View::List(_) | View::Map(_) | View::Structure(_) => return None,
    })
}

fn timestamp(moment: Timestamp, shape: &Shape, times: Times) -> String {
    let Kind::Timestamp(format) = shape.kind else { return moment.iso8601() };
    match (format, times) {
        (Some(TimestampFormat::Rfc822), _) | (None, Times::Http) => moment.http_date(),
        (Some(TimestampFormat::UnixSeconds), _) => moment.as_seconds().to_string(),
        (None, Times::Seconds) => moment.iso8601(),
        (None, Times::Millis) | (Some(TimestampFormat::Iso8601), _) => moment.iso8601_millis(),
    }
}
