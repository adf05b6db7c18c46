//! From the parts of an HTTP message to values.
//!
//! S3 has no constraint engine. What must stand in the document is checked here (`MalformedXML`),
//! and what is no value of its type; the meaning of values, known or not, is the operation's.

use std::borrow::Cow;

use api::{Kind, Location, Member, OperationShape, Shape, Structure, Value, View};
use http::HeaderMap;

use crate::bind::{self, Fault, Notes, Source};
use crate::path::Step;
use crate::xml::{Document, Element};
use crate::{Expected, Form, Invalid};

/// A request, its bucket and key already found and decoded.
#[derive(Debug, Clone, Copy)]
pub struct RestRequest<'r> {
    pub bucket: Option<&'r str>,
    pub key: Option<&'r str>,
    /// As it came, undecoded.
    pub query: &'r str,
    pub headers: &'r HeaderMap,
    /// The whole document; empty where the body is an object's bytes.
    pub body: &'r [u8],
}

/// Enumerations whose unknown values S3 answers with a code of their own, not with `MalformedXML`:
/// the operation's job.
const JUDGED_LATER: [&str; 5] = [
    "BucketLocationConstraint",
    "Event",
    "ObjectLockMode",
    "ObjectLockRetentionMode",
    "StorageClass",
];

/// Reads the input of `operation`.
///
/// # Errors
/// The first fault: of the document, then of headers and parameters.
pub fn read(
    operation: &OperationShape,
    request: &RestRequest<'_>,
    into: &mut dyn Structure,
) -> Result<(), Invalid> {
    parse(operation, request, into)?;
    check(into)
}

/// Reads without judging values.
pub(crate) fn parse(
    operation: &OperationShape,
    request: &RestRequest<'_>,
    into: &mut dyn Structure,
) -> Result<(), Invalid> {
    let query = Form::parse(request.query.as_bytes()).map_err(|_| Invalid::Argument {
        name: "query",
        value: String::new(),
        expected: Expected::Scalar,
    })?;
    let content = Content::of(operation.input, request.body, operation.input.name)?;
    let parts = Parts {
        bucket: request.bucket,
        key: request.key,
        query: Some(&query),
        headers: request.headers,
        content: &content,
        status: None,
    };
    let mut notes = Notes::default();
    bind::structure(&Rest::Message(&parts), into, &mut notes);
    judge(operation.input, &notes, &content)
}

/// Turns what binding noticed into S3's faults.
pub fn judge(shape: &Shape, notes: &Notes, content: &Content<'_>) -> Result<(), Invalid> {
    let member = |steps: &[Step]| match steps.first() {
        Some(Step::Member(index)) => shape.members().get(*index),
        _ => None,
    };
    for steps in &notes.missing {
        let Some(member) = member(steps) else { continue };
        return Err(match member.location {
            Location::Body | Location::Payload if matches!(content, Content::Nothing) => {
                Invalid::MissingBody
            }
            Location::Body | Location::Payload => Invalid::MalformedXml,
            _ => Invalid::Missing { name: member.wire },
        });
    }
    for Fault { steps, expected, text } in &notes.faults {
        let Some(member) = member(steps) else { continue };
        if matches!(member.location, Location::Body | Location::Payload) {
            return Err(Invalid::MalformedXml);
        }
        // A condition on a date that is none does not hold up the request.
        if *expected == Expected::Timestamp && is_condition(member) {
            continue;
        }
        let value = text.clone().unwrap_or_default();
        // S3 takes an empty number of a query for none.
        if value.is_empty() && matches!(member.location, Location::Query) {
            continue;
        }
        return Err(Invalid::Argument { name: member.wire, value, expected: *expected });
    }
    Ok(())
}

fn is_condition(member: &Member) -> bool {
    let name = member.wire.to_ascii_lowercase();
    name.contains("if-modified-since") || name.contains("if-unmodified-since")
}

/// Enumerations inside the document, and numbers' ranges anywhere.
fn check(input: &dyn Structure) -> Result<(), Invalid> {
    for (index, member) in input.shape().members().iter().enumerate() {
        let Some(view) = input.member(index).and_then(Value::view) else { continue };
        match (member.location, view) {
            (Location::Body | Location::Payload, view) => check_document(view, member.shape)?,
            (_, View::Integer(number)) if !in_range(number, member.shape) => {
                return Err(Invalid::Argument {
                    name: member.wire,
                    value: number.to_string(),
                    expected: Expected::Between(
                        member.shape.min.unwrap_or(0),
                        member.shape.max.unwrap_or_else(|| i32::MAX.into()),
                    ),
                });
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_document(view: View<'_>, shape: &Shape) -> Result<(), Invalid> {
    match (view, &shape.kind) {
        (View::Structure(inner), _) => {
            for (index, member) in inner.shape().members().iter().enumerate() {
                if let Some(view) = inner.member(index).and_then(Value::view) {
                    check_document(view, member.shape)?;
                }
            }
            Ok(())
        }
        (View::List(list), Kind::List { element, .. }) => (0..list.len())
            .filter_map(|index| list.get(index))
            .try_for_each(|item| check_document(item, element.shape)),
        (View::String(text), Kind::Enum(values))
            if !values.contains(&text) && !JUDGED_LATER.contains(&shape.name) =>
        {
            Err(Invalid::MalformedXml)
        }
        (View::Integer(number), _) if !in_range(number, shape) => Err(Invalid::MalformedXml),
        _ => Ok(()),
    }
}

fn in_range(number: i64, shape: &Shape) -> bool {
    shape.min.is_none_or(|min| number >= min) && shape.max.is_none_or(|max| number <= max)
}

/// What the body holds.
pub enum Content<'b> {
    Nothing,
    /// A payload that is text: a bucket policy.
    Text(Cow<'b, str>),
    /// The document, and whether its root is the payload (else the structure's own members stand in
    /// it).
    Document(Document),
}

impl<'b> Content<'b> {
    /// Reads the body of a message of `shape`; without a payload member, `root` is the document's
    /// root.
    pub fn of(shape: &Shape, body: &'b [u8], root: &str) -> Result<Self, Invalid> {
        if body.is_empty() {
            return Ok(Self::Nothing);
        }
        let mut members = shape.members().iter();
        let payload = members.find(|member| member.location == Location::Payload);
        let root = match payload {
            Some(member) if matches!(member.shape.kind, Kind::Structure(_)) => member.wire,
            Some(_) => {
                let text = std::str::from_utf8(body).map_err(|_| Invalid::MalformedXml)?;
                return Ok(Self::Text(Cow::Borrowed(text)));
            }
            None if shape.members().iter().any(|member| member.location == Location::Body) => root,
            None => return Ok(Self::Nothing),
        };
        let document = Document::parse(body).map_err(|_| Invalid::MalformedXml)?;
        if document.root().is_named(root) {
            Ok(Self::Document(document))
        } else {
            Err(Invalid::MalformedXml)
        }
    }
}

/// The parts of a message that members can stand in.
pub struct Parts<'m> {
    pub bucket: Option<&'m str>,
    pub key: Option<&'m str>,
    pub query: Option<&'m Form>,
    pub headers: &'m HeaderMap,
    pub content: &'m Content<'m>,
    pub status: Option<u16>,
}

/// A place in a message.
pub enum Rest<'m> {
    Message(&'m Parts<'m>),
    Text(Cow<'m, str>),
    /// A list in one header, by commas.
    Listed(Vec<Cow<'m, str>>),
    /// The headers that begin with a prefix.
    Prefixed(&'m HeaderMap, &'static str),
    Element(Element<'m>),
}

impl<'m> Parts<'m> {
    fn member(&self, member: &'static Member) -> Option<Rest<'m>> {
        let text = |text: &'m str| Rest::Text(Cow::Borrowed(text));
        match member.location {
            Location::Uri if member.wire == "Bucket" => self.bucket.map(text),
            Location::Uri => self.key.map(text),
            Location::Query => self.query?.value(member.wire).map(text),
            Location::Header => self.header(member),
            Location::Headers => Some(Rest::Prefixed(self.headers, member.wire))
                .filter(|_| prefixed(self.headers, member.wire).next().is_some()),
            Location::Status => Some(Rest::Text(self.status?.to_string().into())),
            Location::Payload => match self.content {
                Content::Nothing => None,
                Content::Text(text) => Some(Rest::Text(Cow::Borrowed(text))),
                Content::Document(document) => Some(Rest::Element(document.root())),
            },
            Location::Body => match self.content {
                Content::Document(document) => document.root().member(member).map(Rest::Element),
                Content::Nothing | Content::Text(_) => None,
            },
        }
    }

    fn header(&self, member: &'static Member) -> Option<Rest<'m>> {
        // Operations have many more members than requests have headers: to look at each header takes
        // less than to hash each member's name.
        let named = |name: &http::HeaderName| name.as_str().eq_ignore_ascii_case(member.wire);
        let mut values =
            self.headers.iter().filter(|(name, _)| named(name)).map(|(_, value)| value);
        if !matches!(member.shape.kind, Kind::List { .. }) {
            let decode = if is_kept(member.wire) { latin } else { decoded };
            return values.next().map(|value| Rest::Text(decode(value)));
        }
        let values: Vec<_> = values
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(|item| String::from_utf8_lossy(item.trim_ascii()))
            .filter(|item| !item.is_empty())
            .collect();
        (!values.is_empty()).then_some(Rest::Listed(values))
    }
}

/// Headers that S3 keeps with an object, and answers.
fn is_kept(name: &str) -> bool {
    matches!(
        name,
        "Cache-Control"
            | "Content-Disposition"
            | "Content-Encoding"
            | "Content-Language"
            | "Content-Type"
            | "Expires"
    )
}

/// A header's letters are those of ISO-8859-1, as AWS reads them ("Working with object metadata"
/// shows what becomes of UTF-8).
fn latin(value: &http::HeaderValue) -> Cow<'_, str> {
    match value.to_str() {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().copied().map(char::from).collect()),
    }
}

fn decoded(value: &http::HeaderValue) -> Cow<'_, str> {
    let bytes = value.as_bytes();
    // Nearly all are ASCII, which the strict check passes many bytes at a time.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn prefixed<'m>(
    headers: &'m HeaderMap,
    prefix: &'static str,
) -> impl Iterator<Item = (&'m str, Cow<'m, str>)> {
    headers
        .iter()
        .filter_map(move |(name, value)| Some((name.as_str().strip_prefix(prefix)?, latin(value))))
}

impl Source for Rest<'_> {
    fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Element(element) => element.text().map(Cow::Borrowed),
            Self::Message(_) | Self::Listed(_) | Self::Prefixed(..) => None,
        }
    }

    fn member(&self, member: &'static Member) -> Option<Self> {
        match self {
            Self::Message(parts) => parts.member(member),
            Self::Element(element) => element.member(member).map(Self::Element),
            Self::Text(_) | Self::Listed(_) | Self::Prefixed(..) => None,
        }
    }

    fn items(
        &self,
        element: &'static Member,
        flattened: bool,
        each: &mut dyn FnMut(Self),
    ) -> Result<(), Expected> {
        match self {
            Self::Listed(values) => {
                values.iter().for_each(|value| each(Self::Text(value.clone())));
                Ok(())
            }
            Self::Element(list) => {
                list.items(element, flattened, &mut |item| each(Self::Element(item)))
            }
            Self::Message(_) | Self::Text(_) | Self::Prefixed(..) => Err(Expected::Collection),
        }
    }

    fn entries(
        &self,
        key: &'static Member,
        value: &'static Member,
        flattened: bool,
        each: &mut dyn FnMut(&str, Self),
    ) -> Result<(), Expected> {
        match self {
            Self::Prefixed(headers, prefix) => {
                prefixed(headers, prefix).for_each(|(name, text)| each(name, Self::Text(text)));
                Ok(())
            }
            Self::Element(map) => map
                .entries(key, value, flattened, &mut |name, item| each(name, Self::Element(item))),
            Self::Message(_) | Self::Text(_) | Self::Listed(_) => Err(Expected::Collection),
        }
    }
}
