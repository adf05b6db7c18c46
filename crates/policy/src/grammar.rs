//! From JSON to a [`Document`]: which elements stand where and of what type.
//!
//! Not here: what the values mean, and AWS's sentences: a [`Flaw`] says what is wrong, and
//! [`crate::validate`] says it the way the service that stores this kind of policy does.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use crate::json::{self, Node, Place, Value};
use crate::operator::Operator;

/// A policy document whose shape is sound and whose values are unread.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub version: Option<String>,
    pub statements: Vec<RawStatement>,
}

#[derive(Clone, Debug)]
pub(crate) struct RawStatement {
    pub line: u32,
    pub place: (Place, Place),
    pub sid: Option<String>,
    pub effect: Option<String>,
    pub principal: Option<RawPrincipal>,
    pub action: Option<RawElement>,
    pub resource: Option<RawElement>,
    pub conditions: Vec<RawCondition>,
}

/// `Action`, `Resource` or its Not form.
#[derive(Clone, Debug)]
pub(crate) struct RawElement {
    pub not: bool,
    pub values: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct RawPrincipal {
    pub not: bool,
    /// Bare `"*"`, without a key.
    pub star: bool,
    pub values: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(crate) struct RawCondition {
    pub operator_name: String,
    pub operator: Operator,
    pub key: String,
    pub values: Vec<String>,
}

/// The first thing found wrong with the shape of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    NotJson,
    NotAnObject,
    UnknownField(String),
    MissingField(&'static str),
    /// A list of no statements.
    NoStatements,
    /// An element together with its Not form.
    Twice(&'static str),
    /// A value of the wrong type, an unknown operator.
    Syntax,
}

pub(crate) fn document(text: &str) -> Result<Document, Flaw> {
    let root = json::parse(text).ok_or(Flaw::NotJson)?;
    let Value::Object(members) = root.value else { return Err(Flaw::NotAnObject) };
    let mut version = None;
    let mut statement = None;
    for (name, node) in members {
        match name.as_str() {
            "Version" => version = Some(string(node)?),
            "Id" => drop(string(node)?),
            "Statement" => statement = Some(node),
            _ => return Err(Flaw::UnknownField(name)),
        }
    }
    let nodes = match statement.ok_or(Flaw::MissingField("Statement"))? {
        Node { value: Value::Array(nodes), .. } => nodes,
        node => vec![node],
    };
    if nodes.is_empty() {
        return Err(Flaw::NoStatements);
    }
    let statements = nodes.into_iter().map(|node| self::statement(text, node));
    Ok(Document { version, statements: statements.collect::<Result<_, _>>()? })
}

fn statement(text: &str, node: Node) -> Result<RawStatement, Flaw> {
    let mut raw = RawStatement {
        line: json::line(text, node.start),
        place: (json::place(text, node.start.saturating_add(1)), json::place(text, node.end)),
        sid: None,
        effect: None,
        principal: None,
        action: None,
        resource: None,
        conditions: Vec::new(),
    };
    let Value::Object(members) = node.value else { return Err(Flaw::Syntax) };
    for (name, node) in members {
        match name.as_str() {
            "Sid" => raw.sid = Some(string(node)?),
            "Effect" => raw.effect = Some(string(node)?),
            "Principal" => once("Principal", &mut raw.principal, principal(node, false)?)?,
            "NotPrincipal" => once("Principal", &mut raw.principal, principal(node, true)?)?,
            "Action" => once("Action", &mut raw.action, element(node, false, Nulls::Refused)?)?,
            "NotAction" => once("Action", &mut raw.action, element(node, true, Nulls::Refused)?)?,
            "Resource" => {
                once("Resource", &mut raw.resource, element(node, false, Nulls::Skipped)?)?
            }
            "NotResource" => {
                once("Resource", &mut raw.resource, element(node, true, Nulls::Refused)?)?
            }
            "Condition" => raw.conditions = conditions(node)?,
            _ => return Err(Flaw::UnknownField(name)),
        }
    }
    Ok(raw)
}

/// An element stands once, in one of its two forms.
fn once<T>(name: &'static str, slot: &mut Option<T>, value: T) -> Result<(), Flaw> {
    if slot.is_some() {
        return Err(Flaw::Twice(name));
    }
    *slot = Some(value);
    Ok(())
}

fn element(node: Node, not: bool, nulls: Nulls) -> Result<RawElement, Flaw> {
    Ok(RawElement { not, values: strings(node, nulls)? })
}

fn principal(node: Node, not: bool) -> Result<RawPrincipal, Flaw> {
    let members = match node.value {
        Value::Object(members) => members,
        Value::String(star) if star == "*" => {
            return Ok(RawPrincipal { not, star: true, values: Vec::new() });
        }
        // A bare name: kept, so that it is refused as a principal and not as bad syntax.
        Value::String(name) => {
            return Ok(RawPrincipal { not, star: false, values: vec![(String::new(), name)] });
        }
        _ => return Err(Flaw::Syntax),
    };
    let mut values = Vec::new();
    for (key, node) in members {
        for value in strings(node, Nulls::Refused)? {
            values.push((key.clone(), value));
        }
    }
    Ok(RawPrincipal { not, star: false, values })
}

fn conditions(node: Node) -> Result<Vec<RawCondition>, Flaw> {
    let Value::Object(operators) = node.value else { return Err(Flaw::Syntax) };
    let mut conditions = Vec::new();
    for (operator_name, node) in operators {
        let Value::Object(keys) = node.value else { return Err(Flaw::Syntax) };
        for (key, node) in keys {
            // AWS minds an unknown operator only where it compares something.
            let operator = Operator::named(&operator_name).ok_or(Flaw::Syntax)?;
            let values = scalars(node)?;
            let operator_name = operator_name.clone();
            conditions.push(RawCondition { operator_name, operator, key, values });
        }
    }
    Ok(conditions)
}

fn string(node: Node) -> Result<String, Flaw> {
    match node.value {
        Value::String(text) => Ok(text),
        _ => Err(Flaw::Syntax),
    }
}

/// What a `null` in a list means: AWS overlooks it among resources.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nulls {
    Refused,
    Skipped,
}

/// A string or a list of strings.
fn strings(node: Node, nulls: Nulls) -> Result<Vec<String>, Flaw> {
    match node.value {
        Value::Array(nodes) => nodes
            .into_iter()
            .filter(|node| nulls == Nulls::Refused || !matches!(node.value, Value::Null))
            .map(string)
            .collect(),
        value => Ok(vec![string(Node { value, ..node })?]),
    }
}

/// A scalar or a list of them, as text.
fn scalars(node: Node) -> Result<Vec<String>, Flaw> {
    let scalar = |node: Node| match node.value {
        Value::String(text) | Value::Number(text) => Ok(text),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Flaw::Syntax),
    };
    match node.value {
        Value::Array(nodes) => nodes.into_iter().map(scalar).collect(),
        value => Ok(vec![scalar(Node { value, ..node })?]),
    }
}
