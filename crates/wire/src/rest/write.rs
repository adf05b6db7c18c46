//! From values to S3's answers.

use std::borrow::Cow;
use std::fmt::Write as _;

use api::{Kind, Location, Member, OperationShape, Structure, Value, View};

use crate::scalar::{self, Times};
use crate::xml;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
pub(super) const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Pairs of a header's name and value.
pub type Headers = Vec<(Cow<'static, str>, String)>;

/// An answer of success. Names of headers are the model's; `Content-Type` is the caller's choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestResponse {
    pub status: u16,
    pub headers: Headers,
    /// None where there is no document: nothing, or an object's bytes.
    pub body: Option<String>,
}

/// Writes the output of `operation`.
#[must_use]
pub fn write(operation: &OperationShape, output: &dyn Structure) -> RestResponse {
    let mut response =
        RestResponse { status: operation.http.status, headers: Vec::new(), body: None };
    let mut in_document = false;
    for (index, member) in operation.output.members().iter().enumerate() {
        let view = output.member(index).and_then(Value::view);
        in_document |= member.location == Location::Body;
        let Some(view) = view else { continue };
        match (member.location, view) {
            (Location::Header | Location::Headers, view) => {
                push_headers(&mut response.headers, member, view);
            }
            (Location::Status, View::Integer(status)) => {
                response.status = u16::try_from(status).unwrap_or(response.status);
            }
            (Location::Payload, View::String(text)) => response.body = Some(text.to_owned()),
            (Location::Payload, View::Structure(payload)) => {
                response.body = Some(document(member.wire, payload));
            }
            _ => {}
        }
    }
    if in_document {
        let root = operation.result_wrapper.unwrap_or(operation.output.name);
        response.body = Some(document(root, output));
    }
    response
}

/// An error's document. `fields` stand between message and ids, in their order.
#[must_use]
pub fn error(
    code: &str,
    message: &str,
    fields: &[(&'static str, String)],
    request_id: &str,
    host_id: &str,
) -> String {
    let mut out = String::with_capacity(512);
    out.push_str(DECLARATION);
    out.push_str("<Error>");
    push_error(&mut out, code, message, fields);
    push_all(&mut out, [("RequestId", request_id), ("HostId", host_id)]);
    out.push_str("</Error>");
    out
}

/// The document of a refusal by the other services that speak REST-XML: the error, and beside it
/// the ids.
#[must_use]
pub fn wrapped_error(
    code: &str,
    message: &str,
    fields: &[(&'static str, String)],
    request_id: &str,
    host_id: &str,
) -> String {
    let mut out = String::with_capacity(512);
    out.push_str(DECLARATION);
    out.push_str("<ErrorResponse><Error>");
    push_error(&mut out, code, message, fields);
    out.push_str("</Error>");
    push_all(&mut out, [("RequestId", request_id), ("HostId", host_id)]);
    out.push_str("</ErrorResponse>");
    out
}

fn push_error(out: &mut String, code: &str, message: &str, fields: &[(&'static str, String)]) {
    let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
    push_all(out, [("Code", code), ("Message", message)].into_iter().chain(fields));
}

fn push_all<'a>(out: &mut String, elements: impl IntoIterator<Item = (&'a str, &'a str)>) {
    for (name, value) in elements {
        let _ = write!(out, "<{name}>");
        xml::escape(out, value);
        let _ = write!(out, "</{name}>");
    }
}

/// A document with S3's namespace on its root. Where the root is itself the only member
/// (GetBucketLocation), the text stands right in it.
pub(super) fn document(root: &str, structure: &dyn Structure) -> String {
    let mut out = String::with_capacity(1024);
    let _ = write!(out, "{DECLARATION}<{root} xmlns=\"{NAMESPACE}\">");
    let inside = out.len();
    match bare(root, structure.shape().members()) {
        Some(member) => {
            if let Some(view) = structure.named(member.name) {
                xml::value(&mut out, view, member.shape, Times::Millis);
            }
        }
        None => xml::members(&mut out, structure, Times::Millis),
    }
    xml::close(&mut out, root, inside);
    out
}

/// The member that is the root itself.
pub(super) fn bare(root: &str, members: &'static [Member]) -> Option<&'static Member> {
    let mut inside = members.iter().filter(|member| member.location == Location::Body);
    let first = inside.next()?;
    let scalar =
        !matches!(first.shape.kind, Kind::List { .. } | Kind::Map { .. } | Kind::Structure(_));
    (scalar && inside.next().is_none() && first.wire == root).then_some(first)
}

pub(super) fn push_headers(headers: &mut Headers, member: &'static Member, view: View<'_>) {
    match (view, &member.shape.kind) {
        (View::Map(map), Kind::Map { value, .. }) => {
            for (key, item) in map.entries() {
                if let Some(text) = scalar::text(item, value.shape, Times::Http) {
                    let name = Cow::Owned(format!("{}{key}", member.wire));
                    headers.push((name, text.into_owned()));
                }
            }
        }
        (View::List(list), Kind::List { element, .. }) => {
            let items = (0..list.len()).filter_map(|index| list.get(index));
            let words: Vec<_> =
                items.filter_map(|item| scalar::text(item, element.shape, Times::Http)).collect();
            if !words.is_empty() {
                headers.push((Cow::Borrowed(member.wire), words.join(",")));
            }
        }
        _ => {
            if let Some(text) = scalar::text(view, member.shape, Times::Http) {
                headers.push((Cow::Borrowed(member.wire), text.into_owned()));
            }
        }
    }
}
