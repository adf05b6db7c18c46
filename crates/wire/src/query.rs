//! AWS Query: a form in, XML out. The protocol of IAM, STS and CloudFormation.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonParameters.html>

use std::borrow::Cow;
use std::fmt::Write as _;

use api::{Kind, Member, OperationShape, ServiceShape, Structure, Value, View};

use crate::bind::{self, Notes, Source};
use crate::form::Branch;
use crate::scalar::{self, Times};
use crate::text::push_escaped;
use crate::xml::{self, Document};
use crate::{Expected, Form, Invalid, constraint, path};

/// Reads and checks the input of `operation`.
///
/// # Errors
/// What does not parse, else every broken constraint.
pub fn read(
    operation: &OperationShape,
    form: &Form,
    into: &mut dyn Structure,
) -> Result<(), Invalid> {
    let notes = parse(operation, form, into)?;
    constraint::check(operation, into, &notes.missing)
}

/// Reads without judging constraints.
pub(crate) fn parse(
    operation: &OperationShape,
    form: &Form,
    into: &mut dyn Structure,
) -> Result<Notes, Invalid> {
    let mut notes = Notes::default();
    bind::structure(&Branch::root(form), into, &mut notes);
    match notes.faults.first() {
        None => Ok(notes),
        Some(fault) => {
            let path = path::spell(operation.input, &fault.steps);
            Err(Invalid::Malformed { path, expected: fault.expected })
        }
    }
}

/// The answer of success.
#[must_use]
pub fn write(operation: &OperationShape, output: &dyn Structure, request_id: &str) -> String {
    let name = operation.name;
    // A session's token fits in.
    let mut out = String::with_capacity(2048);
    push(&mut out, &["<", name, "Response xmlns=\"", namespace(operation), "\">"]);
    if let Some(wrapper) = operation.result_wrapper {
        push(&mut out, &["<", wrapper, ">"]);
        let inside = out.len();
        xml::members(&mut out, output, times(operation));
        xml::close(&mut out, wrapper, inside);
    }
    out.push_str("<ResponseMetadata><RequestId>");
    xml::escape(&mut out, request_id);
    push(&mut out, &["</RequestId></ResponseMetadata></", name, "Response>"]);
    out
}

fn push(out: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| out.push_str(part));
}

/// The answer of refusal or failure; `sender` says whose fault it is.
#[must_use]
pub fn error(
    service: &ServiceShape,
    code: &str,
    message: &str,
    sender: bool,
    request_id: &str,
) -> String {
    let fault = if sender { "Sender" } else { "Receiver" };
    let mut out = String::with_capacity(512);
    let _ = write!(
        out,
        "<ErrorResponse xmlns=\"{}\"><Error><Type>{fault}</Type><Code>",
        service.xml_namespace
    );
    xml::escape(&mut out, code);
    out.push_str("</Code><Message>");
    xml::escape(&mut out, message);
    out.push_str("</Message></Error><RequestId>");
    xml::escape(&mut out, request_id);
    out.push_str("</RequestId></ErrorResponse>");
    out
}

/// The form that a client sends for `operation`.
#[must_use]
pub fn write_input(operation: &OperationShape, input: &dyn Structure) -> String {
    let version = api::service(operation.service).map_or("", |service| service.api_version);
    let mut form = format!("Action={}&Version={version}", operation.name);
    let mut name = String::new();
    pairs(&mut form, &mut name, input);
    form
}

/// Reads the answer of success, as a client does.
///
/// # Errors
/// Where it is not the answer of `operation`.
pub fn read_output(
    operation: &OperationShape,
    answer: &[u8],
    into: &mut dyn Structure,
) -> Result<(), Invalid> {
    let document = Document::parse(answer).map_err(|_| Invalid::MalformedXml)?;
    let Some(wrapper) = operation.result_wrapper else { return Ok(()) };
    let result = document.root().child(wrapper).ok_or(Invalid::MalformedXml)?;
    let mut notes = Notes::default();
    bind::structure(&result, into, &mut notes);
    if notes.faults.is_empty() { Ok(()) } else { Err(Invalid::MalformedXml) }
}

/// Code and message of an error answer; None where it is none.
#[must_use]
pub fn read_error(answer: &[u8]) -> Option<(String, String)> {
    let document = Document::parse(answer).ok()?;
    let error = document.root().child("Error")?;
    let text = |name| error.child(name).and_then(|e| e.text().map(str::to_owned));
    Some((text("Code")?, text("Message").unwrap_or_default()))
}

fn namespace(operation: &OperationShape) -> &'static str {
    api::service(operation.service).map_or("", |service| service.xml_namespace)
}

/// CloudFormation's answers carry milliseconds, IAM's and STS's do not; our own do, for the clock's
/// sake.
fn times(operation: &OperationShape) -> Times {
    if matches!(operation.service, "iam" | "sts") { Times::Seconds } else { Times::Millis }
}

fn pairs(form: &mut String, name: &mut String, structure: &dyn Structure) {
    for (index, member) in structure.shape().members().iter().enumerate() {
        if let Some(view) = structure.member(index).and_then(Value::view) {
            below(name, member.wire, |name| pair(form, name, member, view));
        }
    }
}

fn pair(form: &mut String, name: &mut String, member: &Member, view: View<'_>) {
    match (view, &member.shape.kind) {
        (View::Structure(inner), _) => pairs(form, name, inner),
        (View::List(list), Kind::List { element, flattened }) => {
            if list.is_empty() {
                return push_pair(form, name, "");
            }
            let flat = member.flattened || *flattened;
            for index in 0..list.len() {
                let Some(item) = list.get(index) else { continue };
                let number = index + 1;
                let segment =
                    if flat { number.to_string() } else { format!("{}.{number}", element.wire) };
                below(name, &segment, |name| pair(form, name, element, item));
            }
        }
        (View::Map(map), Kind::Map { key, value, flattened }) => {
            let mut number = 0;
            for (text, item) in map.entries() {
                number += 1;
                let flat = member.flattened || *flattened;
                let segment = if flat { number.to_string() } else { format!("entry.{number}") };
                below(name, &segment, |name| {
                    below(name, key.wire, |name| push_pair(form, name, text));
                    below(name, value.wire, |name| pair(form, name, value, item));
                });
            }
            if number == 0 {
                push_pair(form, name, "");
            }
        }
        _ => {
            if let Some(text) = scalar::text(view, member.shape, Times::Millis) {
                push_pair(form, name, &text);
            }
        }
    }
}

fn below(name: &mut String, segment: &str, then: impl FnOnce(&mut String)) {
    let length = name.len();
    if length > 0 {
        name.push('.');
    }
    name.push_str(segment);
    then(name);
    name.truncate(length);
}

fn push_pair(form: &mut String, name: &str, value: &str) {
    form.push('&');
    push_escaped(form, name);
    form.push('=');
    push_escaped(form, value);
}

impl Source for Branch<'_> {
    fn text(&self) -> Option<Cow<'_, str>> {
        self.value().filter(|_| self.is_leaf()).map(Cow::Borrowed)
    }

    fn member(&self, member: &'static Member) -> Option<Self> {
        self.child(member.wire)
    }

    fn items(
        &self,
        element: &'static Member,
        flattened: bool,
        each: &mut dyn FnMut(Self),
    ) -> Result<(), Expected> {
        let numbers = if flattened { Some(self.clone()) } else { self.child(element.wire) };
        numbered(self, numbers)?.into_iter().for_each(each);
        Ok(())
    }

    fn entries(
        &self,
        key: &'static Member,
        value: &'static Member,
        flattened: bool,
        each: &mut dyn FnMut(&str, Self),
    ) -> Result<(), Expected> {
        let numbers = if flattened { Some(self.clone()) } else { self.child("entry") };
        for pair in numbered(self, numbers)? {
            let name = pair.child(key.wire).and_then(|key| key.value());
            let (name, item) = name.zip(pair.child(value.wire)).ok_or(Expected::Collection)?;
            each(name, item);
        }
        Ok(())
    }
}

/// The numbered children of a collection. An empty value alone is an empty collection; anything
/// else that is not understood is refused, for a list that is silently dropped may be the one that
/// restricts.
fn numbered<'f>(
    collection: &Branch<'f>,
    numbers: Option<Branch<'f>>,
) -> Result<Vec<Branch<'f>>, Expected> {
    let is_empty = collection.is_leaf() && collection.value().is_none_or(str::is_empty);
    match numbers {
        _ if is_empty => Ok(Vec::new()),
        Some(numbers) => numbers.numbered().ok_or(Expected::Collection),
        None => Err(Expected::Collection),
    }
}
