//! An update: resource by resource along the graph of the new template, then the outputs. A
//! resource whose resolved properties are what they were is passed over.
//!
//! AWS: User Guide, "Update behaviors of stack resources"; "Prevent updates to stack resources"
//! (stack policies).

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{Cx, Error};

use super::{Next, Work, clean, create, fault, rollback};
use crate::export;
use crate::proposal::Proposal;
use crate::resource::{self, Failure, Request};
use crate::schema::Schemas;
use crate::stack_policy::{self, StackPolicy};
use crate::tables::{BEFORE, Before, CURRENT, OnFailure, Phase, RESOURCES, Sealed, StackResource};
use crate::template::Map;

const REPLACES: &str =
    "Requested update requires the creation of a new physical resource; hence creating one.";

/// Updates the next resource that changes, or ends the update.
pub(super) fn step(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    let proposal = match fault(Proposal::load(cx, &work.key, &work.stack.name, CURRENT))? {
        Ok(proposal) => proposal,
        Err(reason) => return fail(cx, work, &reason),
    };
    let visited = work.operation.visited.get_or_insert_default();
    if visited.is_empty() && work.operation.failed.is_empty() {
        if let Err(reason) = create::begin(cx, work, &proposal)? {
            return fail(cx, work, &reason);
        }
        refuse_removals(cx, work, &proposal)?;
    }
    let keeps_going = work.operation.on_failure == OnFailure::DoNothing;
    if !work.operation.failed.is_empty() && !keeps_going {
        return fail_resources(cx, work);
    }
    while let Some(logical_id) = next(work, &proposal) {
        if visit(cx, work, &proposal, &logical_id)? {
            return Ok(Next::Step);
        }
    }
    if work.operation.failed.is_empty() {
        finish(cx, work, &proposal)
    } else {
        fail_resources(cx, work)
    }
}

/// The next resource whose needs are met.
fn next(work: &Work, proposal: &Proposal) -> Option<String> {
    let visited = work.operation.visited.as_deref().unwrap_or_default();
    let done = |name: &str| visited.iter().any(|other| other == name);
    let failed = |name: &str| work.operation.failed.iter().any(|other| other == name);
    let ready =
        |name: &&str| !done(name) && !failed(name) && proposal.graph.dependencies(name).all(done);
    proposal.graph.order().find(ready).map(str::to_owned)
}

/// Brings one resource to what the template wants. False where nothing had to be done to it.
fn visit(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    logical_id: &str,
) -> Result<bool, Error> {
    let known = work.resources.get(logical_id).filter(|known| !known.is_gone()).cloned();
    let changed = match known {
        Some(known) if known.status != ResourceStatus::CreateFailed => {
            change(cx, work, proposal, (logical_id, known))?
        }
        half_made => {
            add(cx, work, proposal, (logical_id, half_made))?;
            true
        }
    };
    if !work.operation.failed.iter().any(|failed| failed == logical_id) {
        work.operation.visited.get_or_insert_default().push(logical_id.to_owned());
    }
    Ok(changed)
}

/// Makes a resource that is new, or that an earlier update could not make.
fn add(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    (logical_id, half_made): (&str, Option<StackResource>),
) -> Result<(), Error> {
    if let Some(half_made) = half_made {
        clean::discard(cx, &work.key, logical_id, half_made, false)?;
        work.resources.remove(logical_id);
    }
    remember(cx, work, logical_id, &Before { resource: None, silent: false })?;
    create::make(cx, work, proposal, logical_id)
}

/// A resource, and what it is to be.
struct Change<'a> {
    logical_id: &'a str,
    old: StackResource,
    sealed: Sealed,
    /// The record with what the new template says of it.
    new: StackResource,
    properties: Map,
    changed: Vec<String>,
}

fn change(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    (logical_id, old): (&str, StackResource),
) -> Result<bool, Error> {
    let new = redeclared(proposal, logical_id, &old);
    let (properties, shown) = match create::resolve(cx, work, proposal, logical_id)? {
        Ok(resolved) => resolved,
        Err(reason) => {
            remember(cx, work, logical_id, &Before { resource: Some(old), silent: false })?;
            return refuse(cx, work, logical_id, reason).map(|()| true);
        }
    };
    let sealed = old.open(cx.keyring(), &work.key)?;
    let tags = sealed.stack_tags.clone().unwrap_or_default();
    // Through the same text, so that alike is alike.
    let properties = Sealed::new(&properties, Default::default(), &[]).properties();
    let changed = changed(&sealed.properties(), &properties);
    let retagged = resource::takes_stack_tags(&old.resource_type) && tags != work.stack.tags;
    if changed.is_empty() && !retagged && old.status != ResourceStatus::UpdateFailed {
        redeclare(cx, work, logical_id, old, new)?;
        return Ok(false);
    }
    remember(cx, work, logical_id, &Before { resource: Some(old.clone()), silent: false })?;
    let new = StackResource { shown: Some(shown), ..new };
    let change = Change { logical_id, old, sealed, new, properties, changed };
    apply(cx, work, change)?;
    Ok(true)
}

/// The names of the top-level properties that differ, sorted.
fn changed(old: &Map, new: &Map) -> Vec<String> {
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    let mut names: Vec<String> =
        names.filter(|name| old.get(*name) != new.get(*name)).cloned().collect();
    names.sort();
    names
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

/// Keeps what a resource was before this update; the first time counts, unless only its record had
/// changed then.
fn remember(cx: &mut Cx<'_>, work: &Work, logical_id: &str, before: &Before) -> Result<(), Error> {
    let part = work.key.part(logical_id);
    match BEFORE.get(cx.tx, part)? {
        None => BEFORE.put(cx.tx, part, before)?,
        Some(known) if known.silent && !before.silent => {
            BEFORE.put(cx.tx, part, &Before { silent: false, ..known })?;
        }
        Some(_) => {}
    }
    Ok(())
}

fn apply(cx: &mut Cx<'_>, work: &mut Work, change: Change<'_>) -> Result<(), Error> {
    let logical_id = change.logical_id;
    let kind = &change.old.resource_type;
    let schema = Schemas::bundled().get(kind);
    let replaces =
        schema.is_some_and(|schema| change.changed.iter().any(|name| schema.replaces(name)));
    let action = if replaces { stack_policy::REPLACE } else { stack_policy::MODIFY };
    if let Err(reason) = StackPolicy::load(cx, &work.key)?.allow(action, logical_id, kind) {
        return refuse(cx, work, logical_id, reason);
    }
    if replaces && let Some(name) = custom_name(&change) {
        let reason = format!(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {name} and update the stack again."
        );
        return refuse(cx, work, logical_id, reason);
    }
    let reason = replaces.then(|| REPLACES.to_owned());
    work.resources.insert(logical_id.to_owned(), change.new.clone());
    work.mark(cx, logical_id, ResourceStatus::UpdateInProgress, reason)?;
    let before = cx.tx.savepoint();
    let old = change.old.clone();
    let outcome = if replaces { replace(cx, work, change)? } else { modify(cx, work, change)? };
    match outcome {
        Ok(()) => work.mark(cx, logical_id, ResourceStatus::UpdateComplete, None),
        Err(reason) => {
            cx.tx.rollback(before);
            work.mark(cx, logical_id, ResourceStatus::UpdateFailed, Some(reason))?;
            let status = ResourceStatus::UpdateFailed;
            restore(cx, work, logical_id, StackResource { status, ..old })?;
            work.operation.failed.push(logical_id.to_owned());
            Ok(())
        }
    }
}

/// The name that the template gives, where the new resource would bear that of the old one.
fn custom_name(change: &Change<'_>) -> Option<String> {
    let property = resource::find(&change.old.resource_type)?.name_property?;
    let (old, new) = (change.sealed.properties(), &change.properties);
    let name = new.get(property).filter(|name| old.get(property) == Some(*name))?;
    name.text().map(Into::into)
}

/// Makes the new resource, and puts the old one aside for the cleanup.
fn replace(
    cx: &mut Cx<'_>,
    work: &mut Work,
    change: Change<'_>,
) -> Result<Result<(), String>, Error> {
    let Change { logical_id, old, new, properties, .. } = change;
    let retained = is_kept(new.update_replace_policy.as_deref());
    let empty = StackResource { physical_id: None, sealed: None, ..new };
    work.resources.insert(logical_id.to_owned(), empty);
    if let Err(reason) = create::create(cx, work, logical_id, properties)? {
        return Ok(Err(reason));
    }
    let made = work.resources.get(logical_id).and_then(|made| made.physical_id.clone());
    if made != old.physical_id {
        clean::discard(cx, &work.key, logical_id, old, retained)?;
    }
    let initiated = Some("Resource creation Initiated".to_owned());
    work.mark(cx, logical_id, ResourceStatus::UpdateInProgress, initiated)?;
    Ok(Ok(()))
}

fn modify(
    cx: &mut Cx<'_>,
    work: &mut Work,
    change: Change<'_>,
) -> Result<Result<(), String>, Error> {
    let Change { logical_id, sealed, properties, .. } = change;
    handle(cx, work, logical_id, sealed, properties)
}

/// Lets the type's handler bring the resource from one state to another, and keeps what came of it.
pub(super) fn handle(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    from: Sealed,
    to: Map,
) -> Result<Result<(), String>, Error> {
    let caller = match work.caller(cx)? {
        Ok(caller) => caller,
        Err(reason) => return Ok(Err(reason)),
    };
    let Some(record) = work.resources.get_mut(logical_id) else { return Ok(Ok(())) };
    let Some(kind) = resource::find(&record.resource_type) else {
        let name = &record.resource_type;
        return Ok(Err(format!("Resource type {name} is not implemented by this server.")));
    };
    let mut request = Request::new(cx, &caller, &work.stack, kind, logical_id, to);
    request.old = from.properties();
    request.old_tags = from.stack_tags.unwrap_or_default();
    request.physical_id.clone_from(&record.physical_id);
    request.attributes = from.attributes;
    let result = (kind.update)(&mut request);
    let Request { attributes, properties, .. } = request;
    match result {
        Ok(()) => {
            let sealed = Sealed::new(&properties, attributes, &work.stack.tags);
            record.seal(cx, &work.key, &sealed)?;
            Ok(Ok(()))
        }
        Err(Failure::House(error)) => Err(error),
        Err(Failure::Handler { message, code }) => Ok(Err(resource::reason(cx, &message, code))),
    }
}

/// The resource stays as it is, and the update fails of it.
fn refuse(cx: &mut Cx<'_>, work: &mut Work, logical_id: &str, reason: String) -> Result<(), Error> {
    work.mark(cx, logical_id, ResourceStatus::UpdateFailed, Some(reason))?;
    work.operation.failed.push(logical_id.to_owned());
    Ok(())
}

/// Keeps a resource's record without saying anything.
pub(super) fn restore(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    resource: StackResource,
) -> Result<(), Error> {
    RESOURCES.put(cx.tx, work.key.part(logical_id), &resource)?;
    work.resources.insert(logical_id.to_owned(), resource);
    Ok(())
}

/// Fails the resources that the new template leaves out and the stack policy protects.
fn refuse_removals(cx: &mut Cx<'_>, work: &mut Work, proposal: &Proposal) -> Result<(), Error> {
    let policy = StackPolicy::load(cx, &work.key)?;
    for (logical_id, resource) in work.resources.clone() {
        if proposal.graph.contains(&logical_id) || resource.is_gone() {
            continue;
        }
        let kind = &resource.resource_type;
        if let Err(reason) = policy.allow(stack_policy::DELETE, &logical_id, kind) {
            let before = Before { resource: Some(resource), silent: false };
            remember(cx, work, &logical_id, &before)?;
            refuse(cx, work, &logical_id, reason)?;
        }
    }
    Ok(())
}

/// All is as the template wants it: outputs, exports, and on to the cleanup. There is no way back
/// from here.
fn finish(cx: &mut Cx<'_>, work: &mut Work, proposal: &Proposal) -> Result<Next, Error> {
    let outputs = match create::outputs(cx, work, proposal)? {
        Ok(outputs) => outputs,
        Err(reason) => return fail(cx, work, &reason),
    };
    let before = cx.tx.savepoint();
    if let Err(reason) = export::replace(cx, &work.key, &work.stack, &outputs)? {
        cx.tx.rollback(before);
        return fail(cx, work, &reason);
    }
    work.stack.outputs = outputs;
    for (logical_id, resource) in std::mem::take(&mut work.resources) {
        if proposal.graph.contains(&logical_id) {
            work.resources.insert(logical_id, resource);
            continue;
        }
        RESOURCES.delete(cx.tx, work.key.part(&logical_id));
        if !resource.is_gone() {
            let retained = is_kept(resource.deletion_policy.as_deref());
            clean::discard(cx, &work.key, &logical_id, resource, retained)?;
        }
    }
    clean::forget_before(cx, &work.key)?;
    work.operation.phase = Phase::CleanUpdate;
    work.operation.visited = None;
    work.announce(cx, StackStatus::UpdateCompleteCleanupInProgress, None)?;
    Ok(Next::Step)
}

/// Whether a policy leaves behind what an update puts aside.
pub(super) fn is_kept(policy: Option<&str>) -> bool {
    matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
}

fn fail_resources(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    let created = |name: &&String| {
        let resource = work.resources.get(*name);
        resource.is_some_and(|resource| resource.status == ResourceStatus::CreateFailed)
    };
    let (create, update): (Vec<&String>, Vec<&String>) =
        work.operation.failed.iter().partition(created);
    let mut sentences = Vec::new();
    for (what, names) in [("create", create), ("update", update)] {
        if !names.is_empty() {
            let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
            let names = names.join(", ");
            sentences.push(format!("The following resource(s) failed to {what}: [{names}]"));
        }
    }
    fail(cx, work, &sentences.join(". "))
}

/// The update has failed: back to what was, or to rest, as its caller chose.
fn fail(cx: &mut Cx<'_>, work: &mut Work, reason: &str) -> Result<Next, Error> {
    work.operation.failed.clear();
    let reason = Some(format!("{reason}. "));
    if work.operation.on_failure == OnFailure::DoNothing {
        work.announce(cx, StackStatus::UpdateFailed, reason)?;
        return Ok(Next::Done);
    }
    rollback::begin(cx, &work.key, &mut work.stack, &mut work.operation, reason)?;
    Ok(Next::Step)
}
