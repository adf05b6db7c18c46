//! The client's side of REST-XML: requests written, answers read.

use api::{Location, OperationShape, Structure, Value, View};
use http::HeaderMap;

use super::read::{Content, Parts, Rest, judge};
use super::write::{Headers, bare, document, push_headers};
use crate::Invalid;
use crate::bind::{self, Notes};
use crate::scalar::{self, Times};
use crate::text::push_escaped;
use crate::xml::Document;

/// A request as a client sends it, bucket and key apart: where they stand (host or path) is the
/// client's choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestInput {
    pub method: &'static str,
    pub bucket: Option<String>,
    /// Undecoded, as it is.
    pub key: Option<String>,
    /// Escaped, without `?`.
    pub query: String,
    pub headers: Headers,
    pub body: Option<String>,
}

/// Writes the input of `operation`.
#[must_use]
pub fn write_input(operation: &OperationShape, input: &dyn Structure) -> RestInput {
    let (_, fixed) = operation.http.uri.split_once('?').unwrap_or_default();
    let mut request = RestInput {
        method: operation.http.method,
        bucket: None,
        key: None,
        query: fixed.to_owned(),
        headers: Vec::new(),
        body: None,
    };
    let mut in_document = false;
    for (index, member) in operation.input.members().iter().enumerate() {
        in_document |= member.location == Location::Body;
        let Some(view) = input.member(index).and_then(Value::view) else { continue };
        let text = || scalar::text(view, member.shape, Times::Millis).unwrap_or_default();
        match (member.location, view) {
            (Location::Uri, _) if member.wire == "Bucket" => {
                request.bucket = Some(text().into_owned())
            }
            (Location::Uri, _) => request.key = Some(text().into_owned()),
            (Location::Query, _) => push_parameter(&mut request.query, member.wire, &text()),
            (Location::Header | Location::Headers, view) => {
                push_headers(&mut request.headers, member, view);
            }
            (Location::Payload, View::String(text)) => request.body = Some(text.to_owned()),
            (Location::Payload, View::Structure(payload)) => {
                request.body = Some(document(member.wire, payload));
            }
            _ => {}
        }
    }
    if in_document {
        request.body = Some(document(operation.input.name, input));
    }
    request
}

/// Reads the output of `operation`.
///
/// # Errors
/// Where the answer is not the operation's.
pub fn read_output(
    operation: &OperationShape,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    into: &mut dyn Structure,
) -> Result<(), Invalid> {
    let root = operation.result_wrapper.unwrap_or(operation.output.name);
    let body = if operation.streaming_output { &[] } else { body };
    let content = Content::of(operation.output, body, root)?;
    let parts = Parts {
        bucket: None,
        key: None,
        query: None,
        headers,
        content: &content,
        status: Some(status),
    };
    let mut notes = Notes::default();
    bind::structure(&Rest::Message(&parts), into, &mut notes);
    notes.missing.clear();
    judge(operation.output, &notes, &content)?;
    read_bare(operation, root, &content, into);
    Ok(())
}

/// Code and message of an error's document; None where it is none.
#[must_use]
pub fn read_error(body: &[u8]) -> Option<(String, String)> {
    let document = Document::parse(body).ok()?;
    let root = document.root();
    let text = |name| root.child(name).and_then(|child| child.text().map(str::to_owned));
    Some((text("Code")?, text("Message").unwrap_or_default()))
}

fn read_bare(
    operation: &OperationShape,
    root: &str,
    content: &Content<'_>,
    into: &mut dyn Structure,
) {
    let members = operation.output.members();
    let Some(member) = bare(root, members) else { return };
    let Content::Document(document) = content else { return };
    let text = document.root().text().unwrap_or_default();
    let index = members.iter().position(|other| std::ptr::eq(other, member));
    let value = index.and_then(|index| into.member_mut(index));
    if let (Some(value), Ok(scalar), false) =
        (value, scalar::parse(member.shape, text.into()), text.is_empty())
    {
        scalar::put(scalar, value.slot());
    }
}

fn push_parameter(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    push_escaped(query, name);
    query.push('=');
    push_escaped(query, value);
}
