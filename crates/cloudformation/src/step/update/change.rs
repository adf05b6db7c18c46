//! What an update does to one resource that is there: finds what has to be done, says so, and does
//! it. Where that fails, the resource is what it was.
//!
//! AWS: User Guide, "Update behaviors of stack resources"; "Prevent updates to stack resources"
//! (stack policies).

use std::collections::{BTreeMap, BTreeSet};

use api::cloudformation::ResourceStatus;
use gateway::{Cx, Error};

use super::{UPDATING, is_kept, refuse, remember};
use crate::proposal::Proposal;
use crate::resource::{self, Action, Progress};
use crate::schema::Schemas;
use crate::stack_policy::{self, StackPolicy};
use crate::step::handle::{self, Outcome, Run};
use crate::step::{Work, clean, create};
use crate::tables::{BEFORE, Before, RESOURCES, Sealed, StackResource};
use crate::template::{Map, differing};

const REPLACES: &str =
    "Requested update requires the creation of a new physical resource; hence creating one.";

/// What a resource is to be.
struct Change {
    properties: Map,
    /// The top-level properties that differ.
    changed: BTreeSet<String>,
    replaces: bool,
}

impl Change {
    fn of(old: &StackResource, sealed: &Sealed, properties: &Map) -> Self {
        // Through the same text, so that alike is alike.
        let properties = Sealed::new(properties, BTreeMap::new(), &[]).properties();
        let changed = differing(&sealed.properties(), &properties);
        let schema = Schemas::bundled().get(&old.resource_type);
        let replaces =
            schema.is_some_and(|schema| changed.iter().any(|name| schema.replaces(name)));
        Self { properties, changed, replaces }
    }
}

/// Finds what has to be done to a resource that is there, and says so. False where that is nothing.
pub(super) fn change(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    (logical_id, old): (&str, StackResource),
) -> Result<bool, Error> {
    let new = redeclared(proposal, logical_id, &old);
    let (properties, shown) = match create::resolve(cx, work, proposal, logical_id)? {
        Ok(resolved) => resolved,
        Err(fault) => {
            remember(cx, work, logical_id, &Before { resource: Some(old), silent: false })?;
            return refuse(cx, work, logical_id, fault.reason).map(|()| true);
        }
    };
    let sealed = old.open(cx.keyring(), &work.key)?;
    let change = Change::of(&old, &sealed, &properties);
    let tags = sealed.stack_tags.clone().unwrap_or_default();
    let retagged = resource::takes_stack_tags(&old.resource_type) && tags != work.stack.tags;
    let looked_into = resource::is_stack(&old.resource_type);
    let same = change.changed.is_empty() && !retagged && !looked_into;
    if same && old.status != ResourceStatus::UpdateFailed {
        redeclare(cx, work, logical_id, old, new)?;
        return Ok(false);
    }
    remember(cx, work, logical_id, &Before { resource: Some(old.clone()), silent: false })?;
    if let Some(reason) = objection(cx, work, logical_id, &old, &sealed, &change)? {
        return refuse(cx, work, logical_id, reason).map(|()| true);
    }
    let reason = change.replaces.then(|| REPLACES.to_owned());
    work.keep(logical_id, StackResource { shown: Some(shown), ..new });
    work.mark(cx, logical_id, UPDATING, reason)?;
    Ok(true)
}

/// Why a change may not be.
fn objection(
    cx: &Cx<'_>,
    work: &Work,
    logical_id: &str,
    old: &StackResource,
    sealed: &Sealed,
    change: &Change,
) -> Result<Option<String>, Error> {
    let action = if change.replaces { stack_policy::REPLACE } else { stack_policy::MODIFY };
    let kind = &old.resource_type;
    if let Err(reason) = StackPolicy::load(cx, &work.key)?.allow(action, logical_id, kind) {
        return Ok(Some(reason));
    }
    let name = change.replaces.then(|| custom_name(kind, sealed, change)).flatten();
    Ok(name.map(|name| format!(
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {name} and update the stack again."
    )))
}

/// Does what a change asks for. Where that fails, all of it is taken back.
pub(super) fn apply(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    (logical_id, old): (&str, StackResource),
) -> Result<Outcome, Error> {
    let (sealed, resolved) =
        (old.open(cx.keyring(), &work.key)?, create::resolve(cx, work, proposal, logical_id)?);
    let properties = match resolved {
        Ok((properties, _)) => properties,
        Err(fault) => return Ok(Err(fault.reason)),
    };
    let change = Change::of(&old, &sealed, &properties);
    let before = cx.tx.savepoint();
    let outcome = if change.replaces {
        replace(cx, work, logical_id, old.clone(), change.properties)?
    } else {
        handle(cx, work, logical_id, sealed, change.properties)?
    };
    if outcome.is_err() {
        cx.tx.rollback(before);
        work.keep(logical_id, old);
    }
    Ok(outcome)
}

/// The name that the template gives, where the new resource would bear that of the old one.
fn custom_name(kind: &str, sealed: &Sealed, change: &Change) -> Option<String> {
    let property = resource::find(kind)?.name_property?;
    let (old, new) = (sealed.properties(), &change.properties);
    let name = new.get(property).filter(|name| old.get(property) == Some(*name))?;
    name.text().map(Into::into)
}

/// Makes the new resource, and puts the old one aside for the cleanup.
fn replace(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    old: StackResource,
    to: Map,
) -> Result<Outcome, Error> {
    let retained = is_kept(old.update_replace_policy.as_deref());
    let mut made = StackResource { physical_id: None, sealed: None, ..old.clone() };
    let run = Run { action: Action::Create, from: Sealed::default(), to };
    let outcome = handle::run(cx, work, logical_id, &mut made, run)?;
    if outcome.is_err() {
        return Ok(outcome);
    }
    if made.physical_id != old.physical_id {
        // As it was, not as the new template describes it.
        let known = BEFORE.get(cx.tx, work.key.part(logical_id))?.and_then(|it| it.resource);
        let known = known.filter(|known| known.physical_id == old.physical_id);
        clean::discard(cx, &work.key, logical_id, known.unwrap_or(old), retained)?;
    }
    work.keep(logical_id, made);
    work.mark(cx, logical_id, UPDATING, Some(create::INITIATED.to_owned()))?;
    Ok(outcome)
}

/// Lets the type's handler bring the resource from one state to another, and keeps what came of it.
pub(in crate::step) fn handle(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    from: Sealed,
    to: Map,
) -> Result<Outcome, Error> {
    let Some(mut record) = work.resources.get(logical_id).cloned() else {
        return Ok(Ok(Progress::Done));
    };
    let run = Run { action: Action::Update, from, to };
    let outcome = handle::run(cx, work, logical_id, &mut record, run)?;
    RESOURCES.put(cx.tx, work.key.part(logical_id), &record)?;
    work.keep(logical_id, record);
    Ok(outcome)
}

/// The record with the attributes that the new template declares beside the properties.
fn redeclared(proposal: &Proposal, logical_id: &str, old: &StackResource) -> StackResource {
    let declared = proposal.template.resources.get(logical_id);
    let deletion = declared.and_then(|declared| declared.deletion_policy);
    let replacing = declared.and_then(|declared| declared.update_replace_policy);
    StackResource {
        depends_on: proposal.graph.dependencies(logical_id).map(str::to_owned).collect(),
        deletion_policy: deletion.map(create::policy_name),
        update_replace_policy: replacing.map(create::policy_name),
        ..old.clone()
    }
}

/// Keeps attributes of the template that change nothing in the resource itself.
fn redeclare(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    old: StackResource,
    new: StackResource,
) -> Result<(), Error> {
    let same = old.depends_on == new.depends_on
        && old.deletion_policy == new.deletion_policy
        && old.update_replace_policy == new.update_replace_policy;
    if same {
        return Ok(());
    }
    remember(cx, work, logical_id, &Before { resource: Some(old), silent: true })?;
    RESOURCES.put(cx.tx, work.key.part(logical_id), &new)?;
    work.resources.insert(logical_id.to_owned(), new);
    Ok(())
}
