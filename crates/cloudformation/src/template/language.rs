//! `AWS::LanguageExtensions`: loops are written out, and what is known before anything is made is
//! put in its place. A reference to a NoEcho parameter stays one, so that no secret comes to stand
//! in a processed template; what only the made resources know is left to the resolver, which knows
//! `Fn::Length`, `Fn::ToJsonString` and defaults of `Fn::FindInMap` too.
//!
//! Source: Template Reference, "AWS::LanguageExtensions transform", "Fn::ForEach", "Fn::Length",
//! "Fn::ToJsonString", "Fn::FindInMap enhancements"; processed templates recorded in
//! localstack/localstack (Apache-2.0).

mod fold;
mod for_each;

use super::transform::Workshop;
use super::{Conditions, Error, Map, Template, Value};
use fold::Fold;
use for_each::Loops;

/// The sections in which loops may stand and functions are resolved.
const SECTIONS: [&str; 3] = ["Conditions", "Resources", "Outputs"];

/// Runs the transform over a whole template.
///
/// # Errors
/// The sentence that follows `failed with:`.
pub(super) fn extend(root: Value, workshop: &mut Workshop<'_>) -> Result<Value, String> {
    let Value::Map(mut root) = root else { return Err(Error::UnsupportedStructure.to_string()) };
    let mappings = super::document::mappings(&root).map_err(|fault| fold::sentence(&fault))?;
    let template = Template { mappings, ..workshop.scope.template.clone() };
    let scope = super::Scope { template: &template, ..workshop.scope };
    let fold = Fold { scope, room: &workshop.room };
    for name in SECTIONS {
        let Some(section) = root.get_mut(name) else { continue };
        let loops = Loops { fold: &fold };
        let expanded = loops.expand(std::mem::replace(section, Value::Null), 0)?;
        *section = fold.section(name, expanded)?;
    }
    policies(&mut root, &fold)?;
    Ok(Value::Map(root))
}

/// The policies of resources are plain texts once conditions are known.
fn policies(root: &mut Map, fold: &Fold<'_>) -> Result<(), String> {
    let conditions = match root.get("Conditions") {
        Some(Value::Map(conditions)) => conditions.clone(),
        _ => Map::new(),
    };
    let Some(Value::Map(resources)) = root.get_mut("Resources") else { return Ok(()) };
    let computed = |resource: &Value| {
        let map = resource.as_map();
        fold::POLICIES.iter().any(|name| {
            map.and_then(|map| map.get(*name)).is_some_and(|policy| policy.as_str().is_none())
        })
    };
    if !resources.values().any(computed) {
        return Ok(());
    }
    let scope = fold.scope;
    let template = Template { conditions, ..scope.template.clone() };
    let conditions = Conditions::evaluate(&template, scope.environment);
    let conditions = conditions.map_err(|fault| fold::sentence(&fault))?;
    let scope = super::Scope { template: &template, conditions: &conditions, ..scope };
    for resource in resources.values_mut() {
        let Value::Map(resource) = resource else { continue };
        for name in fold::POLICIES {
            let Some(policy) = resource.get(name) else { continue };
            match scope.resolve(policy).map_err(|fault| fold::sentence(&fault))? {
                Some(policy) => drop(resource.insert(name.to_owned(), policy)),
                None => drop(resource.shift_remove(name)),
            }
        }
    }
    Ok(())
}
