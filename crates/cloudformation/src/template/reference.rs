//! What an expression refers to, found without resolving anything. Malformed calls refer to nothing
//! here; `check` refuses them.

use super::sub::{self, Piece};
use super::{Conditions, Map, Value};

/// One mention of something defined elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference<'a> {
    /// Ref, or `${Name}`.
    Name(&'a str),
    /// Fn::GetAtt; the attribute is absent when it is computed.
    Attribute(&'a str, Option<&'a str>),
    /// `${Resource.Attribute}`.
    SubAttribute(&'a str, &'a str),
    /// The condition of Fn::If.
    If(&'a str),
}

/// What an expression names, for those who ask why its value has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mention {
    /// A parameter, or a resource's physical id.
    Name(String),
    /// A resource and its attribute.
    Attribute(String, String),
}

/// What the expression names under these conditions, in its order.
pub fn mentions(value: &Value, conditions: &Conditions) -> Vec<Mention> {
    let mut found = Vec::new();
    collect(value, Branches::Taken(conditions), &mut found);
    let named = found.into_iter().filter_map(|reference| match reference {
        Reference::Name(name) => Some(Mention::Name(name.to_owned())),
        Reference::Attribute(resource, attribute) => {
            let attribute = attribute.unwrap_or_default().to_owned();
            Some(Mention::Attribute(resource.to_owned(), attribute))
        }
        Reference::SubAttribute(resource, attribute) => {
            Some(Mention::Attribute(resource.to_owned(), attribute.to_owned()))
        }
        Reference::If(_) => None,
    });
    named.collect()
}

/// Which branches of Fn::If are looked into.
#[derive(Clone, Copy)]
pub(super) enum Branches<'c> {
    All,
    /// Neither: what is needed whatever the conditions say.
    Certain,
    Taken(&'c Conditions),
}

/// Appends the references of the value, in its order.
pub(super) fn collect<'a>(
    value: &'a Value,
    branches: Branches<'_>,
    found: &mut Vec<Reference<'a>>,
) {
    match value.function() {
        Some(("Ref", argument)) => found.extend(argument.as_str().map(Reference::Name)),
        Some(("Fn::GetAtt", argument)) => get_att(argument, branches, found),
        Some(("Fn::Sub", argument)) => substitution(argument, branches, found),
        Some(("Fn::If", Value::List(arguments))) => choice(arguments, branches, found),
        Some((_, argument)) => collect(argument, branches, found),
        None => match value {
            Value::List(list) => list.iter().for_each(|item| collect(item, branches, found)),
            Value::Map(map) => map.values().for_each(|item| collect(item, branches, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        },
    }
}

/// The resource and the attribute of Fn::GetAtt: `[A, B.C]` or `"A.B.C"`. The attribute may be a
/// call. Empty parts make it malformed.
pub(super) fn get_att_parts(argument: &Value) -> Option<(&str, Attribute<'_>)> {
    let (resource, attribute) = match argument {
        Value::String(text) => {
            let (resource, name) = text.split_once('.')?;
            (resource, Attribute::Name(name))
        }
        Value::List(list) => match list.as_slice() {
            [Value::String(resource), Value::String(name)] => {
                (resource.as_str(), Attribute::Name(name))
            }
            [Value::String(resource), call] if call.function().is_some() => {
                (resource.as_str(), Attribute::Computed(call))
            }
            _ => return None,
        },
        _ => return None,
    };
    let empty = resource.is_empty() || attribute == Attribute::Name("");
    (!empty).then_some((resource, attribute))
}

/// The second part of Fn::GetAtt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Attribute<'a> {
    Name(&'a str),
    Computed(&'a Value),
}

/// The text and the variables of Fn::Sub in its two forms.
pub(super) fn sub_parts(argument: &Value) -> Option<(&str, Option<&Map>)> {
    match argument {
        Value::String(text) => Some((text, None)),
        Value::List(list) => match list.as_slice() {
            [Value::String(text), Value::Map(variables)] => Some((text, Some(variables))),
            _ => None,
        },
        _ => None,
    }
}

fn get_att<'a>(argument: &'a Value, branches: Branches<'_>, found: &mut Vec<Reference<'a>>) {
    match get_att_parts(argument) {
        Some((resource, Attribute::Name(name))) => {
            found.push(Reference::Attribute(resource, Some(name)));
        }
        Some((resource, Attribute::Computed(call))) => {
            found.push(Reference::Attribute(resource, None));
            collect(call, branches, found);
        }
        None => {}
    }
}

fn substitution<'a>(argument: &'a Value, branches: Branches<'_>, found: &mut Vec<Reference<'a>>) {
    let Some((text, variables)) = sub_parts(argument) else {
        return;
    };
    for piece in sub::pieces(text).unwrap_or_default() {
        let Piece::Variable(name) = piece else {
            continue;
        };
        if variables.is_some_and(|variables| variables.contains_key(name)) {
            continue;
        }
        found.push(match name.split_once('.') {
            Some((resource, attribute)) => Reference::SubAttribute(resource, attribute),
            None => Reference::Name(name),
        });
    }
    for value in variables.into_iter().flat_map(Map::values) {
        collect(value, branches, found);
    }
}

fn choice<'a>(arguments: &'a [Value], branches: Branches<'_>, found: &mut Vec<Reference<'a>>) {
    let [Value::String(condition), then, otherwise] = arguments else {
        return;
    };
    found.push(Reference::If(condition));
    let truth = match branches {
        Branches::All => {
            collect(then, branches, found);
            return collect(otherwise, branches, found);
        }
        Branches::Certain => return,
        Branches::Taken(conditions) => conditions.get(condition),
    };
    match truth {
        Some(true) => collect(then, branches, found),
        Some(false) => collect(otherwise, branches, found),
        None => {}
    }
}
