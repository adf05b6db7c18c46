//! From a document to typed values. JSON has types of its own: a number is no string, and what is
//! null is not there.

use std::borrow::Cow;

use api::{Kind, Member, OperationShape, Shape, Structure, Timestamp, TimestampFormat};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::bind::{self, Notes, Source};
use crate::scalar::Scalar;
use crate::{Expected, Invalid, constraint};

const MISPLACED_OBJECT: Expected =
    Expected::Misplaced("Start of structure or map found where not expected.");
const MISPLACED_LIST: Expected =
    Expected::Misplaced("Unrecognized collection type class java.lang.String");
const MISPLACED_SCALAR: Expected = Expected::Misplaced("Unexpected field type");
const MISPLACED_TOKEN: Expected = Expected::Misplaced("Unexpected token received from parser.");

/// Reads and checks the input of `operation`. No document is an empty one.
///
/// # Errors
/// What does not parse, else every broken constraint.
pub fn read(
    operation: &OperationShape,
    document: &[u8],
    into: &mut dyn Structure,
) -> Result<(), Invalid> {
    let notes = parse(document, into)?;
    constraint::check(operation, into, &notes.missing)
}

/// Reads without judging constraints.
pub(crate) fn parse(document: &[u8], into: &mut dyn Structure) -> Result<Notes, Invalid> {
    let mut notes = Notes::default();
    let value =
        if document.is_empty() { Value::Object(serde_json::Map::new()) } else { tree(document)? };
    if !value.is_object() {
        return Err(Invalid::Serialization(None));
    }
    bind::structure(&Node(&value), into, &mut notes);
    match notes.faults.first() {
        None => Ok(notes),
        Some(fault) => Err(Invalid::Serialization(Some(fault.expected))),
    }
}

/// Reads the answer of success, as a client does.
///
/// # Errors
/// Where it is not the answer of an operation with that output.
pub fn read_output(answer: &[u8], into: &mut dyn Structure) -> Result<(), Invalid> {
    parse(answer, into).map(|_| ())
}

/// Code and message of an error answer; None where it is none.
#[must_use]
pub fn read_error(answer: &[u8]) -> Option<(String, String)> {
    let value = tree(answer).ok()?;
    let code = value.get("__type")?.as_str()?;
    let message = value.get("message").or_else(|| value.get("Message"));
    let message = message.and_then(Value::as_str).unwrap_or_default();
    Some((code.to_owned(), message.to_owned()))
}

/// Never deeper than the parser's own limit of 128.
fn tree(document: &[u8]) -> Result<Value, Invalid> {
    serde_json::from_slice(document).map_err(|_| Invalid::Serialization(None))
}

/// A place in a document.
struct Node<'d>(&'d Value);

impl Source for Node<'_> {
    fn text(&self) -> Option<Cow<'_, str>> {
        self.0.as_str().map(Cow::Borrowed)
    }

    fn scalar(&self, shape: &Shape) -> Result<Scalar<'_>, Expected> {
        match self.0 {
            Value::Object(_) => Err(MISPLACED_OBJECT),
            Value::Array(_) => Err(MISPLACED_LIST),
            value => scalar(value, shape),
        }
    }

    fn check_structure(&self) -> Result<(), Expected> {
        match self.0 {
            Value::Object(_) => Ok(()),
            Value::Array(_) => Err(MISPLACED_LIST),
            _ => Err(MISPLACED_SCALAR),
        }
    }

    fn member(&self, member: &'static Member) -> Option<Self> {
        self.0.get(member.wire).filter(|value| !value.is_null()).map(Node)
    }

    fn items(
        &self,
        _: &'static Member,
        _: bool,
        each: &mut dyn FnMut(Self),
    ) -> Result<(), Expected> {
        match self.0 {
            // An element that is dropped may be the one that restricts: null is refused as one.
            Value::Array(items) => {
                items.iter().map(Node).for_each(each);
                Ok(())
            }
            Value::Object(_) => Err(MISPLACED_OBJECT),
            _ => Err(MISPLACED_SCALAR),
        }
    }

    fn entries(
        &self,
        _: &'static Member,
        _: &'static Member,
        _: bool,
        each: &mut dyn FnMut(&str, Self),
    ) -> Result<(), Expected> {
        let Value::Object(entries) = self.0 else { return self.check_structure() };
        entries.iter().for_each(|(name, value)| each(name, Node(value)));
        Ok(())
    }
}

fn scalar<'v>(value: &'v Value, shape: &Shape) -> Result<Scalar<'v>, Expected> {
    match (&shape.kind, value) {
        (Kind::String | Kind::Enum(_), Value::String(text)) => {
            Ok(Scalar::Text(Cow::Borrowed(text)))
        }
        (Kind::Integer, Value::Number(number)) => {
            let number = number.as_i64().and_then(|number| i32::try_from(number).ok());
            number.map(Scalar::Integer).ok_or(converted(value, "Integer"))
        }
        (Kind::Long, Value::Number(number)) => {
            number.as_i64().map(Scalar::Long).ok_or(converted(value, "Long"))
        }
        (Kind::Double, Value::Number(number)) => {
            number.as_f64().map(Scalar::Double).ok_or(converted(value, "Double"))
        }
        (Kind::Boolean, Value::Bool(truth)) => Ok(Scalar::Boolean(*truth)),
        (Kind::Boolean, _) => Err(MISPLACED_TOKEN),
        (Kind::Timestamp(format), _) => timestamp(value, *format).map(Scalar::Timestamp),
        (Kind::Blob, Value::String(text)) => {
            STANDARD.decode(text).map(Scalar::Blob).map_err(|_| converted(value, "Blob"))
        }
        (Kind::String | Kind::Enum(_), _) => Err(converted(value, "String")),
        (Kind::Integer, _) => Err(converted(value, "Integer")),
        (Kind::Long, _) => Err(converted(value, "Long")),
        (Kind::Double, _) => Err(converted(value, "Double")),
        (Kind::Blob, _) => Err(converted(value, "Blob")),
        (Kind::List { .. } | Kind::Map { .. } | Kind::Structure(_), _) => Err(MISPLACED_SCALAR),
    }
}

/// Seconds since the epoch, with their fraction, unless the model says otherwise.
fn timestamp(value: &Value, format: Option<TimestampFormat>) -> Result<Timestamp, Expected> {
    let wrong = || converted(value, "Date");
    match (format, value) {
        (None | Some(TimestampFormat::UnixSeconds), Value::Number(number)) => {
            let seconds = number.as_f64().filter(|seconds| seconds.abs() < SECONDS_MAX);
            let millis = seconds.map(|seconds| (seconds * 1000.0).round() as i64);
            millis.map(Timestamp::from_millis).ok_or_else(wrong)
        }
        (Some(_), Value::String(text)) => Timestamp::parse(text).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// Year 10,000: no moment that AWS names lies behind it.
const SECONDS_MAX: f64 = 253_402_300_800.0;

const fn converted(value: &Value, to: &'static str) -> Expected {
    let from = match value {
        Value::String(_) => "STRING_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::Null | Value::Array(_) | Value::Object(_) => "NULL_VALUE",
    };
    Expected::Converted { from, to }
}
