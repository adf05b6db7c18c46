//! What can be held against a template before any value is known: the shape of each function, and
//! that each name mentioned is defined. Not here: the attributes that a type has (`schema`), and
//! mentions of resources whose condition is false (`graph`).

use std::collections::HashSet;

use super::condition;
use super::intrinsics::{self, is_pseudo_parameter};
use super::reference::{self, Branches, Reference};
use super::{Block, Error, Graph, Map, Names, Template, Value, rules, sub};

/// Checks every function and every mention.
pub(super) fn references(template: &Template) -> Result<(), Error> {
    rules::check(template)?;
    condition::check(template)?;
    for resource in template.resources.values() {
        resource.expressions().try_for_each(|value| shapes(template, value))?;
        resource.computed_policies.values().try_for_each(|value| shapes(template, value))?;
        declared(template, resource.condition.as_deref(), Block::Resources)?;
    }
    let exports = template.outputs.values().filter_map(|output| output.export.as_ref());
    for output in template.outputs.values() {
        shapes(template, &output.value)?;
        declared(template, output.condition.as_deref(), Block::Outputs)?;
    }
    exports.clone().try_for_each(|value| shapes(template, value))?;

    let mut found = Vec::new();
    for resource in template.resources.values() {
        found.extend(resource.depends_on.iter().map(|name| Reference::Name(name)));
        resource
            .expressions()
            .for_each(|value| reference::collect(value, Branches::All, &mut found));
    }
    defined(template, &found, Block::Resources)?;
    depends_on_resources(template)?;

    let mut found = Vec::new();
    for value in template.outputs.values().map(|output| &output.value).chain(exports) {
        reference::collect(value, Branches::All, &mut found);
    }
    defined(template, &found, Block::Outputs)?;
    Graph::certain(template).map(drop)
}

/// The transforms that a template declares: the section and every Fn::Transform, each once.
pub(super) fn transforms(root: &Map) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    let declared = match root.get("Transform") {
        None => &[][..],
        Some(Value::List(list)) => list,
        Some(one) => std::slice::from_ref(one),
    };
    for transform in declared {
        names.push(transform_name(transform)?);
    }
    root.values().try_for_each(|section| embedded_transforms(section, &mut names))?;
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names)
}

fn embedded_transforms(value: &Value, names: &mut Vec<String>) -> Result<(), Error> {
    match value {
        Value::List(list) => list.iter().try_for_each(|item| embedded_transforms(item, names)),
        Value::Map(map) => {
            if let Some(transform) = map.get("Fn::Transform") {
                let one = std::slice::from_ref(transform);
                for transform in transform.as_list().unwrap_or(one) {
                    names.push(transform_name(transform)?);
                }
            }
            map.values().try_for_each(|item| embedded_transforms(item, names))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// Whether a transform stands anywhere in the value.
pub(super) fn has_transform(value: &Value) -> bool {
    match value {
        Value::List(list) => list.iter().any(has_transform),
        Value::Map(map) => map.contains_key("Fn::Transform") || map.values().any(has_transform),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn transform_name(transform: &Value) -> Result<String, Error> {
    let name = transform.as_map().map_or(Some(transform), |map| map.get("Name"));
    name.and_then(Value::as_str).map(str::to_owned).ok_or(Error::TransformName)
}

fn declared(template: &Template, condition: Option<&str>, block: Block) -> Result<(), Error> {
    match condition {
        Some(name) if !template.conditions.contains_key(name) => {
            Err(Error::UnresolvedCondition { name: name.to_owned(), block })
        }
        _ => Ok(()),
    }
}

/// Refuses mentions of what the template does not define.
fn defined(template: &Template, found: &[Reference<'_>], block: Block) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let mut unresolved: Vec<&str> = Vec::new();
    for mention in found {
        match *mention {
            Reference::If(name) if !template.conditions.contains_key(name) => {
                return Err(Error::UnresolvedIf(name.to_owned()));
            }
            Reference::Name(name) if !known(template, name) && seen.insert(name) => {
                unresolved.push(name);
            }
            _ => {}
        }
    }
    if !unresolved.is_empty() {
        return Err(Error::Unresolved { names: unresolved.into_iter().collect(), block });
    }
    for mention in found {
        match *mention {
            Reference::Attribute(name, _) if !template.resources.contains_key(name) => {
                return Err(Error::UndefinedResource(name.to_owned()));
            }
            Reference::SubAttribute(name, attribute) if !template.resources.contains_key(name) => {
                return Err(Error::SubAttribute(format!("{name}.{attribute}")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn known(template: &Template, name: &str) -> bool {
    is_pseudo_parameter(name)
        || template.parameters.contains_key(name)
        || template.resources.contains_key(name)
}

/// DependsOn takes resources alone: a parameter's name is as unresolved as an unknown one.
fn depends_on_resources(template: &Template) -> Result<(), Error> {
    let names: Names = template
        .resources
        .values()
        .flat_map(|resource| &resource.depends_on)
        .filter(|name| !template.resources.contains_key(*name))
        .cloned()
        .collect();
    if names.0.is_empty() {
        return Ok(());
    }
    Err(Error::Unresolved { names, block: Block::Resources })
}

/// Checks the shape of every call in the value.
pub(super) fn shapes(template: &Template, value: &Value) -> Result<(), Error> {
    if let Some((name, argument)) = value.function() {
        shape(template, name, argument)?;
    }
    match value {
        Value::List(list) => list.iter().try_for_each(|item| shapes(template, item)),
        Value::Map(map) => map.values().try_for_each(|item| shapes(template, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn shape(template: &Template, name: &str, argument: &Value) -> Result<(), Error> {
    let list = argument.as_list();
    let (fits, error) = match name {
        "Ref" => (argument.as_str().is_some_and(|name| !name.is_empty()), Error::Ref),
        "Fn::GetAtt" => (reference::get_att_parts(argument).is_some(), Error::GetAtt),
        "Fn::Sub" => match reference::sub_parts(argument) {
            Some((text, _)) => return sub::pieces(text).map(drop),
            None => (false, Error::Sub),
        },
        "Fn::Join" => (
            matches!(list, Some([delimiter, items])
            if delimiter.as_str().is_some() && listlike(items)),
            Error::Join,
        ),
        "Fn::Split" => (
            matches!(list, Some([delimiter, text])
            if delimiter.as_str().is_some() && textlike(text)),
            Error::Split,
        ),
        "Fn::Select" => (
            matches!(list, Some([index, items])
            if is_index(index) && listlike(items) && is_within(index, items)),
            Error::Select,
        ),
        "Fn::FindInMap" => (in_map(template, list), Error::FindInMap),
        "Fn::Length" if template.extended => (listlike(argument), Error::Length),
        "Fn::ToJsonString" if template.extended => return Ok(()),
        "Fn::Base64" => (textlike(argument), Error::StringValue("Fn::Base64")),
        "Fn::GetAZs" => (textlike(argument), Error::StringValue("Fn::GetAZs")),
        "Fn::ImportValue" => return import(template, argument),
        "Fn::Cidr" => (matches!(list, Some([_, _] | [_, _, _])), Error::Cidr),
        "Fn::If" => match list {
            Some([Value::String(_), _, _]) => return Ok(()),
            Some([_, _, _]) => (false, Error::IfCondition),
            _ => (false, Error::If),
        },
        "Fn::Equals" => (list.is_some_and(|list| list.len() == 2), Error::Equals),
        "Fn::And" | "Fn::Or" | "Fn::Not" => return condition::shape(name, argument),
        // Run by its macro before functions are; reported as a transform of the template.
        "Fn::Transform" => return Ok(()),
        other => (false, Error::UnsupportedFunction(other.to_owned())),
    };
    if fits { Ok(()) } else { Err(error) }
}

/// Map, key and attribute; with the language extensions, a default as well.
fn in_map(template: &Template, list: Option<&[Value]>) -> bool {
    let Some([map, key, attribute, default @ ..]) = list else { return false };
    let admitted =
        default.is_empty() || template.extended && intrinsics::default_value(default).is_some();
    admitted && [map, key, attribute].into_iter().all(textlike)
}

fn import(template: &Template, argument: &Value) -> Result<(), Error> {
    if !textlike(argument) {
        return Err(Error::StringValue("Fn::ImportValue"));
    }
    let mut found = Vec::new();
    reference::collect(argument, Branches::All, &mut found);
    let resource = |mention: &Reference<'_>| match mention {
        Reference::Name(name) => template.resources.contains_key(*name),
        Reference::Attribute(..) | Reference::SubAttribute(..) => true,
        Reference::If(_) => false,
    };
    if found.iter().any(resource) || calls(argument, &["Fn::ImportValue", "Fn::GetAZs"]) {
        return Err(Error::ImportValue);
    }
    Ok(())
}

fn calls(value: &Value, names: &[&str]) -> bool {
    value.function().is_some_and(|(name, _)| names.contains(&name))
        || match value {
            Value::List(list) => list.iter().any(|item| calls(item, names)),
            Value::Map(map) => map.values().any(|item| calls(item, names)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
}

fn textlike(value: &Value) -> bool {
    value.text().is_some() || value.function().is_some()
}

fn listlike(value: &Value) -> bool {
    value.as_list().is_some() || value.function().is_some()
}

/// Whether a known list has an item at a known index.
fn is_within(index: &Value, items: &Value) -> bool {
    let (index, items) = (index.text().and_then(|text| text.parse().ok()), items.as_list());
    match (index, items) {
        (Some(index), Some(items)) => items.get::<usize>(index).is_some(),
        _ => true,
    }
}

fn is_index(value: &Value) -> bool {
    value.function().is_some() || value.text().is_some_and(|text| text.parse::<usize>().is_ok())
}
