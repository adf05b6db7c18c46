//! What an update would do, found without doing it: the changes that a change set shows, and
//! whether there are any.
//!
//! What rests on a resource that is to be replaced or made is not known yet: a change of it is
//! possible, not certain.
//! AWS: API reference, ResourceChange, ResourceChangeDetail, ResourceTargetDefinition.

mod context;
mod detail;

use std::collections::{BTreeMap, BTreeSet};

pub use context::{context, warning};
use context::{properties_text, shown};
use detail::{attribute, automatic, declared_beside, replacement};

use gateway::{Cx, Error};

use crate::proposal::Proposal;
use crate::resource::{is_stack, takes_stack_tags};
use crate::schema::Schemas;
use crate::stack_resource;
use crate::tables::{CURRENT, Change, Detail, Output, Sealed, Stack, StackKey, StackResource};
use crate::template::{DeletionPolicy, Scope, differing};
use crate::world::World;

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
        let changed = differing(&old, &new);
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
