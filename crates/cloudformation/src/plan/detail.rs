//! Why a resource changes: one [`Detail`] a cause, as a change set tells it.
//!
//! AWS: API reference, ResourceChangeDetail, ResourceTargetDefinition.

use super::Comparison;
use crate::schema::ResourceSchema;
use crate::tables::{Change, Detail, Only, StackResource};
use crate::template::intrinsics::KNOWN_AFTER_APPLY;
use crate::template::{DeletionPolicy, Map, Mention, Resource, Scope, Template, Value, mentions};

/// The source of changes that nobody has asked for.
const AUTOMATIC: &str = "Automatic";

impl Comparison<'_> {
    /// Why a property changes: for a parameter that two ways, as AWS tells it.
    pub(super) fn details(
        &self,
        logical_id: &str,
        name: &str,
        schema: &ResourceSchema,
        (before, after): &(Map, Map),
    ) -> Vec<Detail> {
        let text = |map: &Map| map.get(name).map(value_text);
        let detail = |source: &str, is_static: bool, causing_entity: Option<String>| Detail {
            attribute: "Properties".to_owned(),
            name: Some(name.to_owned()),
            requires_recreation: Some(recreation(schema, name).to_owned()),
            source: source.to_owned(),
            is_static,
            causing_entity,
            before: text(before),
            after: text(after),
            only: None,
        };
        let expression = expression(&self.new.template, logical_id, name);
        let named = expression.map(|value| mentions(value, &self.new.conditions));
        let mut details = Vec::new();
        for mention in named.unwrap_or_default() {
            let found = match mention {
                Mention::Name(name) if self.parameters.contains(&name) => {
                    detail("ParameterReference", true, Some(name))
                }
                Mention::Name(name) if self.unknown.contains(&name) => {
                    detail("ResourceReference", true, Some(name))
                }
                Mention::Attribute(name, attribute) if self.unknown.contains(&name) => {
                    detail("ResourceAttribute", true, Some(format!("{name}.{attribute}")))
                }
                Mention::Name(_) | Mention::Attribute(..) => continue,
            };
            if !details.iter().any(|known: &Detail| known.causing_entity == found.causing_entity) {
                details.push(found);
            }
        }
        let rewritten = expression != self::expression(&self.old.template, logical_id, name);
        if details.is_empty() {
            let certain = text(after).is_none_or(|text| !text.contains(KNOWN_AFTER_APPLY));
            details.push(detail("DirectModification", certain, None));
        } else if rewritten || details.iter().any(|known| known.source == "ParameterReference") {
            details.push(detail("DirectModification", false, None));
        } else {
            let only = Some(Only::WithValues);
            details.insert(0, Detail { only, ..detail("DirectModification", false, None) });
        }
        details
    }

    /// Why a property may change whose value is what it was: it rests on an attribute of what
    /// changes.
    pub(super) fn possible(
        &self,
        logical_id: &str,
        name: &str,
        schema: &ResourceSchema,
        (before, after): &(Map, Map),
    ) -> Vec<Detail> {
        let expression = expression(&self.new.template, logical_id, name);
        let named = expression.map(|value| mentions(value, &self.new.conditions));
        let mut details: Vec<Detail> = Vec::new();
        for mention in named.unwrap_or_default() {
            let Mention::Attribute(of, attribute) = mention else { continue };
            let entity = format!("{of}.{attribute}");
            let told = details.iter().any(|known| known.causing_entity.as_ref() == Some(&entity));
            if told || !self.modified.contains(&of) {
                continue;
            }
            details.push(Detail {
                attribute: "Properties".to_owned(),
                name: Some(name.to_owned()),
                requires_recreation: Some(recreation(schema, name).to_owned()),
                source: "ResourceAttribute".to_owned(),
                is_static: false,
                causing_entity: Some(entity),
                before: before.get(name).map(value_text),
                after: after.get(name).map(value_text),
                only: Some(Only::WithoutValues),
            });
        }
        details
    }

    /// Why the metadata of a resource changes.
    pub(super) fn metadata(
        &self,
        logical_id: &str,
        before: &Scope<'_>,
        after: &Scope<'_>,
    ) -> Vec<Detail> {
        let declared = |template: &'_ Template| {
            template.resources.get(logical_id).and_then(|resource| resource.metadata.clone())
        };
        let (old, new) = (declared(&self.old.template), declared(&self.new.template));
        let resolve = |scope: &Scope<'_>, value: &Option<Value>| {
            value.as_ref().and_then(|value| scope.resolve(value).ok().flatten())
        };
        if resolve(before, &old) == resolve(after, &new) {
            return Vec::new();
        }
        let named = new.iter().flat_map(|value| mentions(value, &self.new.conditions));
        let parameters = named.filter_map(|mention| match mention {
            Mention::Name(name) if self.parameters.contains(&name) => Some(name),
            Mention::Name(_) | Mention::Attribute(..) => None,
        });
        let caused: Vec<Detail> = parameters
            .map(|name| Detail {
                source: "ParameterReference".to_owned(),
                causing_entity: Some(name),
                ..attribute("Metadata")
            })
            .collect();
        let is_static = caused.is_empty() || old != new;
        let own = Detail { is_static, ..attribute("Metadata") };
        caused.into_iter().chain([own]).collect()
    }
}

impl Change {
    /// What is to change in a stack in the stack is told by a change set of its own; where nothing
    /// is, only what else changes of it is left. False where that is nothing.
    pub fn is_left_without_automatic(&mut self) -> bool {
        let Some(details) = &mut self.details else { return true };
        details.retain(|detail| detail.source != AUTOMATIC);
        !details.is_empty()
    }
}

pub(super) fn replacement(details: &[Detail]) -> &'static str {
    let possible = |detail: &Detail| detail.only == Some(Only::WithoutValues);
    let certain = details.iter().any(|detail| !possible(detail));
    let replaces = |detail: &&Detail| {
        detail.requires_recreation.as_deref() == Some("Always") && !(certain && possible(detail))
    };
    let mut replacing = details.iter().filter(replaces).peekable();
    if replacing.peek().is_none() {
        "False"
    } else if replacing.any(|detail| detail.is_static) {
        "True"
    } else {
        "Conditional"
    }
}

pub(super) fn declared_beside(known: &StackResource, declared: &Resource) -> Vec<Detail> {
    let name = |policy: Option<DeletionPolicy>| policy.map(DeletionPolicy::name);
    let mut details = Vec::new();
    if known.deletion_policy.as_deref() != name(declared.deletion_policy) {
        details.push(attribute("DeletionPolicy"));
    }
    if known.update_replace_policy.as_deref() != name(declared.update_replace_policy) {
        details.push(attribute("UpdateReplacePolicy"));
    }
    details
}

/// A change of an attribute of the template that is no property.
pub(super) fn attribute(name: &str) -> Detail {
    Detail {
        attribute: name.to_owned(),
        requires_recreation: Some("Never".to_owned()),
        source: "DirectModification".to_owned(),
        is_static: true,
        ..Detail::default()
    }
}

/// What changes in a nested stack is not known before its own update.
pub(super) fn automatic() -> Detail {
    Detail { source: AUTOMATIC.to_owned(), is_static: false, ..attribute("Properties") }
}

fn recreation(schema: &ResourceSchema, name: &str) -> &'static str {
    if schema.replaces(name) { "Always" } else { "Never" }
}

fn expression<'a>(template: &'a Template, logical_id: &str, name: &str) -> Option<&'a Value> {
    template.resources.get(logical_id)?.properties.get(name)
}

fn value_text(value: &Value) -> String {
    value.text().map_or_else(|| value.to_json_text(), Into::into)
}
