//! What an update would do, found without doing it: the changes that a change set shows, and
//! whether there are any.
//!
//! What rests on a resource that is to be replaced or made is not known yet: a change of it is
//! possible, not certain.
//! AWS: API reference, ResourceChange, ResourceChangeDetail, ResourceTargetDefinition.

use std::collections::{BTreeMap, BTreeSet};

use gateway::{Cx, Error};

use crate::proposal::Proposal;
use crate::resource::{is_stack, takes_stack_tags};
use crate::schema::{ResourceSchema, Schemas};
use crate::stack_resource;
use crate::tables::{
    CURRENT, Change, Detail, Only, Output, Sealed, Stack, StackKey, StackResource,
};
use crate::template::{self, intrinsics::KNOWN_AFTER_APPLY};
use crate::template::{DeletionPolicy, Map, Mention, Resource, Scope, Template, Value, mentions};
use crate::world::World;

/// The source of changes that nobody has asked for.
const AUTOMATIC: &str = "Automatic";

/// What an update would change.
pub struct Plan {
    /// By logical id.
    pub changes: Vec<Change>,
    /// Outputs or tags of the stack itself change.
    pub beside: bool,
}

/// Everything that the changes are found in.
struct Comparison<'a> {
    old: &'a Proposal,
    new: &'a Proposal,
    /// The parameters whose values differ.
    parameters: BTreeSet<String>,
    resources: &'a BTreeMap<String, StackResource>,
    /// What is to be made or replaced.
    unknown: BTreeSet<String>,
    /// What is to be updated, or may be: attributes of it may change.
    modified: BTreeSet<String>,
    /// The new stack tags.
    tags: &'a [(String, String)],
}

impl Plan {
    /// Compares a proposal with the stack as it is.
    ///
    /// # Errors
    /// What the store says; a change of a resource's type; a function that cannot be resolved.
    pub fn of(
        cx: &Cx<'_>,
        key: &StackKey,
        stack: &Stack,
        new: &Proposal,
        tags: &[(String, String)],
    ) -> Result<Self, Error> {
        let old = Proposal::load(cx, key, &stack.name, CURRENT)?;
        let resources: BTreeMap<String, StackResource> = stack_resource::all(cx, key)?
            .into_iter()
            .filter(|(_, resource)| !resource.is_gone())
            .collect();
        refuse_other_types(new, &resources)?;
        let (before, after) = (old.texts(), new.texts());
        let names = after.keys().filter(|name| before.get(*name) != after.get(*name));
        let parameters = names.cloned().collect();
        let (unknown, modified) = (BTreeSet::new(), BTreeSet::new());
        let mut comparison = Comparison {
            old: &old,
            new,
            parameters,
            resources: &resources,
            unknown,
            modified,
            tags,
        };
        let world = new.world(cx, key, &resources)?;
        let mut changes = comparison.changes(cx, key, &world)?;
        changes.sort_by(|one, other| one.logical_id.cmp(&other.logical_id));
        let outputs = outputs(new, &new.scope(&world));
        let beside = stack.tags != tags || !same_outputs(&stack.outputs, &outputs);
        Ok(Self { changes, beside })
    }

    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(Change::is_possible) && !self.beside
    }
}

fn refuse_other_types(
    new: &Proposal,
    resources: &BTreeMap<String, StackResource>,
) -> Result<(), Error> {
    let declared = |name: &str| new.template.resources.get(name);
    let other: Vec<&str> = resources
        .iter()
        .filter(|(name, _)| new.graph.contains(name))
        .filter(|(name, resource)| {
            declared(name).is_some_and(|it| it.resource_type != resource.resource_type)
        })
        .map(|(name, _)| name.as_str())
        .collect();
    if other.is_empty() {
        return Ok(());
    }
    let names = other.join(", ");
    Err(Error::validation(format!(
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{names}]"
    )))
}

/// What is known of the outputs; one that cannot be resolved is found when the update is made.
fn outputs(new: &Proposal, scope: &Scope<'_>) -> Vec<Output> {
    let declared = new.template.outputs.iter();
    let admitted = declared.filter(|(_, it)| new.conditions.admits(it.condition.as_deref()));
    let resolved = admitted.map(|(name, it)| {
        let (value, export) = scope.output(name).ok().flatten().unwrap_or_default();
        Output { key: name.clone(), value, description: it.description.clone(), export }
    });
    resolved.collect()
}

fn same_outputs(old: &[Output], new: &[Output]) -> bool {
    let same = |(one, other): (&Output, &Output)| {
        (&one.key, &one.value, &one.description, &one.export)
            == (&other.key, &other.value, &other.description, &other.export)
    };
    old.len() == new.len() && old.iter().zip(new).all(same)
}

impl Comparison<'_> {
    fn changes(
        &mut self,
        cx: &Cx<'_>,
        key: &StackKey,
        world: &World<'_>,
    ) -> Result<Vec<Change>, Error> {
        let masked = world.masked();
        let (old, new) = (self.old, self.new);
        let before = old.world(cx, key, self.resources)?;
        let nothing = BTreeMap::new();
        let unmade = old.world(cx, key, &nothing)?;
        let unmade = unmade.masked();
        let mut changes = Vec::new();
        for logical_id in new.graph.order() {
            let Some(declared) = new.template.resources.get(logical_id) else { continue };
            let known = self.resources.get(logical_id);
            let Some(known) = known.filter(|known| known.physical_id.is_some()) else {
                self.unknown.insert(logical_id.to_owned());
                let after = context(&new.scope(&masked), logical_id);
                changes.push(Change::added(logical_id, &declared.resource_type, after));
                continue;
            };
            let sealed = known.open(cx.keyring(), key)?;
            let scopes = (new.scope(world), new.scope(&masked));
            let beside = self.metadata(logical_id, &old.scope(&before), &scopes.0);
            let change = self.modified(logical_id, (known, &sealed), scopes, beside);
            let Some(change) = change else { continue };
            self.modified.insert(logical_id.to_owned());
            if !change.is_possible() && change.replacement.as_deref() != Some("False") {
                world.replace(logical_id);
                masked.replace(logical_id);
                self.unknown.insert(logical_id.to_owned());
            }
            changes.push(change);
        }
        let removed = self.resources.iter().filter(|(name, _)| !new.graph.contains(name));
        // What goes is told as it was written, not as it was made. (recorded)
        let left = |name: &str| context(&old.scope(&unmade), name);
        changes.extend(removed.map(|(name, resource)| removal(name, resource, left(name))));
        Ok(changes)
    }

    /// None where nothing changes.
    fn modified(
        &self,
        logical_id: &str,
        (known, sealed): (&StackResource, &Sealed),
        (scope, masked): (Scope<'_>, Scope<'_>),
        mut details: Vec<Detail>,
    ) -> Option<Change> {
        let declared = self.new.template.resources.get(logical_id)?;
        let schema = Schemas::bundled().get(&known.resource_type)?;
        let old = sealed.properties();
        let properties = scope.properties(logical_id).unwrap_or_default();
        let new = Sealed::new(&schema.coerce(&properties), BTreeMap::new(), &[]).properties();
        let shown = (shown(known), masked.properties(logical_id).unwrap_or_default());
        let changed = names(&old, &new);
        for name in declared.properties.keys().filter(|name| !changed.contains(*name)) {
            details.extend(self.possible(logical_id, name, schema, &shown));
        }
        for name in changed {
            details.extend(self.details(logical_id, &name, schema, &shown));
        }
        let retagged = takes_stack_tags(&known.resource_type)
            && sealed.stack_tags.as_deref().unwrap_or_default() != self.tags;
        if retagged {
            details.push(attribute("Tags"));
        }
        details.extend(declared_beside(known, declared));
        if is_stack(&known.resource_type) {
            details.push(automatic());
        }
        if details.is_empty() {
            return None;
        }
        // Causes first, then what they come to.
        details.sort_by_key(|detail| {
            let partner = detail.source == "DirectModification" && detail.only.is_none();
            (partner && !detail.is_static, detail.attribute != "Metadata")
        });
        let replacement = replacement(&details);
        let kept = declared.update_replace_policy == Some(DeletionPolicy::Retain);
        let policy_action = (replacement != "False")
            .then(|| if kept { "ReplaceAndRetain" } else { "ReplaceAndDelete" }.to_owned());
        let scope: BTreeSet<&String> = details.iter().map(|detail| &detail.attribute).collect();
        let scope = scope.into_iter().cloned().collect();
        Some(Change {
            logical_id: logical_id.to_owned(),
            resource_type: known.resource_type.clone(),
            after: context(&masked, logical_id),
            action: Some("Modify".to_owned()),
            physical_id: known.physical_id.clone(),
            replacement: Some(replacement.to_owned()),
            policy_action,
            scope: Some(scope),
            details: Some(details),
            before: Some(properties_text(shown.0)),
            change_set_id: None,
        })
    }

    /// Why a property changes: for a parameter that two ways, as AWS tells it.
    fn details(
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
    fn possible(
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
    fn metadata(&self, logical_id: &str, before: &Scope<'_>, after: &Scope<'_>) -> Vec<Detail> {
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
    /// A resource that is not there yet.
    pub fn added(logical_id: &str, resource_type: &str, after: String) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            after,
            action: None,
            physical_id: None,
            replacement: None,
            policy_action: None,
            scope: None,
            details: None,
            before: None,
            change_set_id: None,
        }
    }

    /// What is to change in a stack in the stack is told by a change set of its own; where nothing
    /// is, only what else changes of it is left. False where that is nothing.
    pub fn is_left_without_automatic(&mut self) -> bool {
        let Some(details) = &mut self.details else { return true };
        details.retain(|detail| detail.source != AUTOMATIC);
        !details.is_empty()
    }
}

fn removal(logical_id: &str, resource: &StackResource, before: String) -> Change {
    let kept =
        matches!(resource.deletion_policy.as_deref(), Some("Retain" | "RetainExceptOnCreate"));
    Change {
        action: Some("Remove".to_owned()),
        physical_id: resource.physical_id.clone(),
        policy_action: Some(if kept { "Retain" } else { "Delete" }.to_owned()),
        before: Some(before),
        ..Change::added(logical_id, &resource.resource_type, String::new())
    }
}

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

fn properties_text(properties: Map) -> String {
    let context = Map::from_iter([("Properties".to_owned(), Value::Map(properties))]);
    Value::Map(context).to_json_text()
}

fn shown(known: &StackResource) -> Map {
    let text = known.shown.as_deref().unwrap_or_default();
    match serde_json::from_str::<serde_json::Value>(text).map(|json| Value::from(&json)) {
        Ok(Value::Map(map)) => map,
        _ => Map::new(),
    }
}

/// The names of the top-level properties that differ or may, sorted.
fn names(old: &Map, new: &Map) -> BTreeSet<String> {
    let names = old.keys().chain(new.keys());
    names.filter(|name| old.get(*name) != new.get(*name)).cloned().collect()
}

fn expression<'a>(template: &'a Template, logical_id: &str, name: &str) -> Option<&'a Value> {
    template.resources.get(logical_id)?.properties.get(name)
}

fn value_text(value: &Value) -> String {
    value.text().map_or_else(|| value.to_json_text(), Into::into)
}

fn recreation(schema: &ResourceSchema, name: &str) -> &'static str {
    if schema.replaces(name) { "Always" } else { "Never" }
}

fn replacement(details: &[Detail]) -> &'static str {
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

/// A change of an attribute of the template that is no property.
fn attribute(name: &str) -> Detail {
    Detail {
        attribute: name.to_owned(),
        requires_recreation: Some("Never".to_owned()),
        source: "DirectModification".to_owned(),
        is_static: true,
        ..Detail::default()
    }
}

/// What changes in a nested stack is not known before its own update.
fn automatic() -> Detail {
    Detail { source: AUTOMATIC.to_owned(), is_static: false, ..attribute("Properties") }
}

fn declared_beside(known: &StackResource, declared: &Resource) -> Vec<Detail> {
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
