//! Dynamic references: `{{resolve:ssm:name}}` and `{{resolve:ssm:name:version}}` in properties.
//!
//! What they name must be there when a stack or change set is asked for. Until a resource is made
//! or changed the reference itself stands for its value, in change sets and where states are
//! compared; then the stack's caller reads it. Deliberately absent: `ssm-secure` and
//! `secretsmanager`, for neither of which there is anything here; they are refused. What a value
//! holds is never taken for a reference.
//!
//! AWS: User Guide, "Get values stored in other services using dynamic references".

use std::collections::{BTreeMap, BTreeSet};

use gateway::{Caller, Cx, Error};

use crate::error;
use crate::resource::Failure;
use crate::step::is_ours;
use crate::stored_parameter::{refusal, value};
use crate::template::intrinsics::MAX_RESOLVED;
use crate::template::{Map, Value};

const BEGINS: &str = "{{resolve:";
const ENDS: &str = "}}";
/// What one template may refer to.
const REFERENCES_MAX: usize = 60;

/// The names of Parameter Store, versions included, that the properties of a resource refer to.
///
/// # Errors
/// References of another form, or to another service.
pub fn names(resource_type: &str, properties: &Map) -> Result<BTreeSet<String>, Error> {
    let mut names = BTreeSet::new();
    let mut fault = None;
    for (property, value) in properties {
        each_text(value, &mut |text| {
            for piece in pieces(text) {
                let Piece::Reference { service, key, whole } = piece else { continue };
                match service {
                    "ssm" if is_name(key) => drop(names.insert(key.to_owned())),
                    _ => {
                        fault =
                            fault.take().or(Some(unfit(service, whole, resource_type, property)))
                    }
                }
            }
        });
    }
    fault.map_or(Ok(names), Err)
}

/// Checks that all of them are there, and for the caller to read.
///
/// # Errors
/// `Parameters: [ssm:name] cannot be found.`; a denial; more references than may be.
pub fn require(cx: &mut Cx<'_>, caller: &Caller, names: &BTreeSet<String>) -> Result<(), Error> {
    if names.len() > REFERENCES_MAX {
        return Err(Error::validation(too_many()));
    }
    let mut missing = Vec::new();
    for name in names {
        if value(cx, caller, name).map_err(refusal)?.is_none() {
            missing.push(name.as_str());
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Error::validation(not_found(&missing))) }
}

/// Whether there is any reference in the properties.
pub fn is_in(properties: &Map) -> bool {
    let mut found = false;
    for value in properties.values() {
        each_text(value, &mut |text| found = found || text.contains(BEGINS));
    }
    found
}

/// The properties with what their references stand for.
///
/// # Errors
/// The resource's failure, or the house's own.
pub fn resolve(cx: &mut Cx<'_>, caller: &Caller, properties: &Map) -> Result<Map, Failure> {
    let mut known = BTreeMap::new();
    let mut missing = Vec::new();
    // What only now is a text may hold a reference that nobody has looked at.
    let names =
        names("", properties).map_err(|error| Failure::Plain(error.message().to_owned()))?;
    if names.len() > REFERENCES_MAX {
        return Err(Failure::Plain(too_many()));
    }
    for name in names {
        match value(cx, caller, &name) {
            Ok(Some(value)) => drop(known.insert(name, value)),
            Ok(None) => missing.push(name),
            Err(error) if is_ours(&error) => return Err(Failure::House(error)),
            Err(error) => return Err(Failure::Plain(error.message().to_owned())),
        }
    }
    if !missing.is_empty() {
        let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
        return Err(Failure::Plain(not_found(&missing)));
    }
    let mut room = MAX_RESOLVED;
    let replaced = properties
        .iter()
        .map(|(name, value)| Some((name.clone(), replace(value, &known, &mut room)?)));
    let too_large = || Failure::Plain("The resolved properties are too large".to_owned());
    replaced.collect::<Option<Map>>().ok_or_else(too_large)
}

/// (unverified)
fn too_many() -> String {
    format!("Template format error: Number of dynamic references is greater than {REFERENCES_MAX}.")
}

fn not_found(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("ssm:{name}")).collect();
    format!("Parameters: [{}] cannot be found.", names.join(", "))
}

fn unfit(service: &str, whole: &str, resource_type: &str, property: &str) -> Error {
    match service {
        "ssm" => Error::validation(format!(
            "Incorrect format is used in the following SSM reference: [{whole}]"
        )),
        "ssm-secure" if (resource_type, property) != ("AWS::IAM::User", "LoginProfile") => {
            Error::validation(format!(
                "SSM Secure reference is not supported in: [{resource_type}/Properties/{property}]"
            ))
        }
        _ => error::not_implemented("This kind of dynamic reference"),
    }
}

/// `name`, `/a/path:3`, or the ARN of a parameter.
fn is_name(key: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    if key.starts_with("arn:") {
        return key.chars().all(|c| fits(c) || c == ':');
    }
    let (name, version) = key.split_once(':').unwrap_or((key, "1"));
    let is_number = !version.is_empty() && version.chars().all(|c| c.is_ascii_digit());
    !name.is_empty() && name.chars().all(fits) && is_number
}

enum Piece<'a> {
    Text(&'a str),
    Reference { service: &'a str, key: &'a str, whole: &'a str },
}

/// A text in its parts; what begins a reference and does not end it is text.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(BEGINS) {
        let Some((inner, after)) = behind.split_once(ENDS) else { break };
        let begins = before.len();
        let ends = rest.len().saturating_sub(after.len());
        let (service, key) = inner.split_once(':').unwrap_or((inner, ""));
        pieces.push(Piece::Text(before));
        let whole = rest.get(begins..ends).unwrap_or_default();
        pieces.push(Piece::Reference { service, key, whole });
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn each_text(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::List(list) => list.iter().for_each(|item| each_text(item, visit)),
        Value::Map(map) => map.values().for_each(|item| each_text(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// None where there is no room for the values.
fn replace(value: &Value, known: &BTreeMap<String, String>, room: &mut usize) -> Option<Value> {
    Some(match value {
        Value::String(text) if text.contains(BEGINS) => {
            let mut replaced = String::new();
            for piece in pieces(text) {
                let part = match piece {
                    Piece::Text(text) => text,
                    Piece::Reference { key, .. } => known.get(key).map_or("", String::as_str),
                };
                *room = room.checked_sub(part.len())?;
                replaced.push_str(part);
            }
            Value::String(replaced)
        }
        Value::List(list) => {
            let items = list.iter().map(|item| replace(item, known, room));
            Value::List(items.collect::<Option<Vec<_>>>()?)
        }
        Value::Map(map) => {
            let members = map.iter();
            let members =
                members.map(|(name, item)| Some((name.clone(), replace(item, known, room)?)));
            Value::Map(members.collect::<Option<Map>>()?)
        }
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<BTreeSet<String>, Error> {
        let properties = Map::from_iter([("Name".to_owned(), Value::string(text))]);
        names("AWS::S3::Bucket", &properties)
    }

    #[test]
    fn references_are_found_wherever_they_stand_in_a_text() {
        let found = of("a-{{resolve:ssm:/x/y:2}}-{{resolve:ssm:z}} {{resolve:ssm:open").unwrap();
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["/x/y:2", "z"]);
        assert!(of("{{changeSet:KNOWN_AFTER_APPLY}} {{resolve").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_reference_to_a_plain_parameter_is_refused() {
        for (text, sentence) in [
            (
                "{{resolve:ssm:}}",
                "Incorrect format is used in the following SSM reference: [{{resolve:ssm:}}]",
            ),
            (
                "{{resolve:ssm:a:b}}",
                "Incorrect format is used in the following SSM reference: [{{resolve:ssm:a:b}}]",
            ),
            (
                "{{resolve:ssm-secure:a:1}}",
                "SSM Secure reference is not supported in: [AWS::S3::Bucket/Properties/Name]",
            ),
            (
                "{{resolve:secretsmanager:a}}",
                "This kind of dynamic reference is not implemented by this server.",
            ),
        ] {
            assert_eq!(of(text).unwrap_err().message(), sentence);
        }
    }

    #[test]
    fn a_value_that_looks_like_a_reference_stays_as_it_is() {
        let known = BTreeMap::from([("a".to_owned(), "{{resolve:ssm:b}}".to_owned())]);
        let value = Value::string("<{{resolve:ssm:a}}>");
        let replaced = replace(&value, &known, &mut 100);
        assert_eq!(replaced, Some(Value::string("<{{resolve:ssm:b}}>")));
        assert_eq!(replace(&value, &known, &mut 5), None);
    }
}
