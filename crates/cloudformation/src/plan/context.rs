//! The properties of a resource as they may be shown: BeforeContext and AfterContext of a change,
//! and what is said where they cannot be told.
//!
//! AWS: API reference, ResourceChange; DescribeChangeSet, IncludePropertyValues.

use crate::tables::StackResource;
use crate::template::intrinsics::KNOWN_AFTER_APPLY;
use crate::template::{self, Map, Scope, Value};

/// The properties as they may be shown, in the form of BeforeContext and AfterContext.
pub fn context(masked: &Scope<'_>, logical_id: &str) -> String {
    properties_text(masked.known_properties(logical_id))
}

/// What is said where values are asked for and the properties of a resource cannot be told.
pub fn warning(scope: &Scope<'_>, logical_ids: impl IntoIterator<Item = String>) -> Option<String> {
    let failed = logical_ids.into_iter().find_map(|logical_id| {
        let fault = match scope.properties(&logical_id) {
            Err(fault) => fault.to_string(),
            Ok(_) if joins_the_unknown(scope, &logical_id) => template::Error::Join.to_string(),
            Ok(_) => return None,
        };
        let fault = fault.strip_suffix(" found.").unwrap_or(&fault).to_owned();
        Some((logical_id, fault))
    });
    failed.map(|(logical_id, fault)| {
        format!(
            "[WARN] --include-property-values option can return incomplete ChangeSet data because: \
             ChangeSet creation failed for resource [{logical_id}] because: {fault}"
        )
    })
}

/// What an unknown text is split into cannot be joined for show. (recorded)
fn joins_the_unknown(scope: &Scope<'_>, logical_id: &str) -> bool {
    let declared = scope.template.resources.get(logical_id);
    let mut left: Vec<&Value> =
        declared.into_iter().flat_map(|declared| declared.properties.values()).collect();
    while let Some(value) = left.pop() {
        if let Some(("Fn::Join", argument)) = value.function()
            && let Some([_, parts]) = argument.as_list()
            && parts.function().is_some_and(|(name, _)| name == "Fn::Split")
            && scope.resolve(parts).is_ok_and(|it| it == Some(Value::string(KNOWN_AFTER_APPLY)))
        {
            return true;
        }
        match value {
            Value::List(items) => left.extend(items),
            Value::Map(map) => left.extend(map.values()),
            _ => {}
        }
    }
    false
}

pub fn properties_text(properties: Map) -> String {
    let context = Map::from_iter([("Properties".to_owned(), Value::Map(properties))]);
    Value::Map(context).to_json_text()
}

pub fn shown(known: &StackResource) -> Map {
    let text = known.shown.as_deref().unwrap_or_default();
    match serde_json::from_str::<serde_json::Value>(text).map(|json| Value::from(&json)) {
        Ok(Value::Map(map)) => map,
        _ => Map::new(),
    }
}
