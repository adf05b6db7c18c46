//! The rollback of an update: each resource that it has touched goes back to what it was, all those
//! at a time that need nothing more; then what the update had added is deleted.
//!
//! AWS: User Guide, "Continue rolling back an update"; API reference, ContinueUpdateRollback,
//! RollbackStack.

use std::collections::BTreeMap;

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{Cx, Error};

use super::handle::{self, Outcome, Pace};
use super::{Next, Work, clean, fault, told, update};
use crate::event;
use crate::resource::{Action, Progress};
use crate::tables::{
    self, ALL, BEFORE, Before, CURRENT, DISCARDED, Operation, PREVIOUS, Phase, RESOURCES, STABLE,
    Stack, StackKey, StackResource,
};

/// Turns an operation round: the stack says again what it said before the update.
///
/// # Errors
/// Only what the store says.
pub fn begin(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &mut Stack,
    operation: &mut Operation,
    reason: Option<String>,
) -> Result<(), Error> {
    operation.phase = Phase::RollbackUpdate;
    operation.visited = None;
    if let Some(stable) = STABLE.get(cx.tx, key.id())? {
        stack.description = stable.description;
        stack.parameters = stable.parameters;
        stack.resolved = stable.resolved;
        stack.capabilities = stable.capabilities;
        stack.tags = stable.tags;
        stack.outputs = stable.outputs;
    }
    tables::copy_proposal(cx.tx, key, PREVIOUS, CURRENT)?;
    match told(operation.imports == Some(true), StackStatus::UpdateRollbackInProgress) {
        Some(status) => event::of_stack(cx, key, stack, status, reason),
        None => Ok(()),
    }
}

/// Brings on what goes back and begins what may, or ends the rollback.
pub(super) fn step(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    // The first step takes over what the update had in progress.
    if work.operation.visited.is_none() {
        work.cancel(cx)?;
        work.operation.failed.clear();
        work.operation.visited = Some(Vec::new());
    }
    let mut pace = Pace::default();
    while wave(cx, work, &mut pace)? && pace.has_room() {}
    if let Some(next) = pace.next(None) {
        return Ok(next);
    }
    if !work.operation.failed.is_empty() {
        let failed = work.failed();
        let reason = format!("The following resource(s) failed to update: {failed}. ");
        work.announce(cx, StackStatus::UpdateRollbackFailed, Some(reason))?;
        return Ok(Next::Done);
    }
    clean::forget_before(cx, &work.key)?;
    work.operation.phase = Phase::CleanRollback;
    work.announce(cx, StackStatus::UpdateRollbackCompleteCleanupInProgress, None)?;
    Ok(Next::Step)
}

/// Begins all that may go back, and works on all that does. True where some of it is back, so that
/// more may go.
fn wave(cx: &mut Cx<'_>, work: &mut Work, pace: &mut Pace) -> Result<bool, Error> {
    let mut left = left(cx, work)?;
    let mut went_on = false;
    for logical_id in ready(work, &left) {
        if let Some(before) = left.get(&logical_id)
            && start(cx, work, &logical_id, before.clone())?
        {
            left.remove(&logical_id);
            went_on = true;
        }
    }
    let mut done = Vec::new();
    for logical_id in work.in_progress(&[ResourceStatus::UpdateInProgress]) {
        let Some(old) = left.get(&logical_id).and_then(|before| before.resource.clone()) else {
            continue;
        };
        done.extend(bring_back(cx, work, &logical_id, old, pace)?.then_some(logical_id));
    }
    for logical_id in &done {
        work.mark(cx, logical_id, ResourceStatus::UpdateComplete, None)?;
        BEFORE.delete(cx.tx, work.key.part(logical_id));
    }
    Ok(went_on || !done.is_empty())
}

/// What is not yet what it was, and has not failed to become it.
fn left(cx: &Cx<'_>, work: &Work) -> Result<BTreeMap<String, Before>, Error> {
    let rows = BEFORE.scan(cx.tx, BEFORE.prefix(work.key.id()), ALL)?;
    let rows = rows.into_iter().map(|((.., logical_id), before)| (logical_id, before));
    Ok(rows.filter(|(logical_id, _)| !work.operation.failed.contains(logical_id)).collect())
}

/// What needs nothing that is still to go back and was not begun, the oldest first.
fn ready(work: &Work, left: &BTreeMap<String, Before>) -> Vec<String> {
    let begun = work.in_progress(&[ResourceStatus::UpdateInProgress]);
    let needs = |before: &Before| {
        let old = before.resource.as_ref();
        old.is_some_and(|old| old.depends_on.iter().any(|need| left.contains_key(need)))
    };
    let free = left.iter().filter(|(name, before)| !begun.contains(name) && !needs(before));
    let mut free: Vec<(u32, &String)> = free
        .map(|(name, before)| {
            (before.resource.as_ref().map_or(u32::MAX, |resource| resource.order), name)
        })
        .collect();
    free.sort();
    free.into_iter().map(|(_, name)| name.clone()).collect()
}

/// Says that a resource goes back. True where nothing has to be done to it for that.
fn start(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    before: Before,
) -> Result<bool, Error> {
    let now = work.resources.get(logical_id).cloned();
    let Before { resource, silent } = before;
    match (resource, now) {
        (Some(old), Some(now)) if silent => {
            let kept = StackResource { status: now.status, reason: now.reason, ..old };
            update::restore(cx, work, logical_id, kept)?;
        }
        (Some(old), Some(now)) => {
            if !take_back(cx, work, logical_id, (old, now))? {
                return Ok(false);
            }
        }
        // A record that is lost cannot be told of.
        (Some(old), None) => update::restore(cx, work, logical_id, old)?,
        (None, now) => {
            let imported = now.as_ref().is_some_and(StackResource::is_imported);
            let now = now.filter(|_| !imported);
            if imported {
                work.mark(cx, logical_id, ResourceStatus::ImportRollbackComplete, None)?;
            }
            RESOURCES.delete(cx.tx, work.key.part(logical_id));
            work.resources.remove(logical_id);
            if let Some(now) = now.filter(|now| !now.is_gone()) {
                let retained = is_retained(&work.stack, &now);
                clean::discard(cx, &work.key, logical_id, now, retained)?;
            }
        }
    }
    BEFORE.delete(cx.tx, work.key.part(logical_id));
    Ok(true)
}

/// Whether the template keeps what this update has made, though it is rolled back.
fn is_retained(stack: &Stack, made: &StackResource) -> bool {
    made.deletion_policy.as_deref() == Some("Retain") && stack.retain_except_on_create != Some(true)
}

/// A resource that was replaced has its place again, and one that is to be skipped keeps what it is:
/// then it is done. Any other one has to be updated back.
fn take_back(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    (old, now): (StackResource, StackResource),
) -> Result<bool, Error> {
    let order = now.order;
    if work.operation.retain.iter().any(|name| name == logical_id) {
        work.mark(cx, logical_id, ResourceStatus::UpdateComplete, None)?;
        return Ok(true);
    }
    if now.physical_id == old.physical_id {
        work.mark(cx, logical_id, ResourceStatus::UpdateInProgress, None)?;
        return Ok(false);
    }
    let place = clean::place(logical_id, old.physical_id.as_deref().unwrap_or_default());
    DISCARDED.delete(cx.tx, work.key.part(&place));
    let retained = is_retained(&work.stack, &now);
    clean::discard(cx, &work.key, logical_id, now, retained)?;
    work.keep(logical_id, StackResource { order, ..old });
    work.mark(cx, logical_id, ResourceStatus::UpdateInProgress, None)?;
    work.mark(cx, logical_id, ResourceStatus::UpdateComplete, None)?;
    Ok(true)
}

/// Works on a resource that goes back, or looks how far it is. True where it is what it was; where
/// it has failed, that is said and its name noted.
fn bring_back(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    old: StackResource,
    pace: &mut Pace,
) -> Result<bool, Error> {
    let waits = work.resources.get(logical_id).is_some_and(|now| now.waiting.is_some());
    if !waits && !pace.has_room() {
        return Ok(false);
    }
    match reverse(cx, work, logical_id, old)? {
        Ok(progress) => {
            pace.note(progress);
            Ok(progress == Progress::Done)
        }
        Err(reason) => {
            pace.worked();
            work.mark(cx, logical_id, ResourceStatus::UpdateFailed, Some(reason))?;
            work.operation.failed.push(logical_id.to_owned());
            Ok(false)
        }
    }
}

/// Updates a resource to what it was. Where that fails, it stays what it is.
fn reverse(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    old: StackResource,
) -> Result<Outcome, Error> {
    let Some(now) = work.resources.get(logical_id).cloned() else { return Ok(Ok(Progress::Done)) };
    let outcome = if now.waiting.is_some() {
        let mut record = now;
        let outcome = handle::look(cx, work, logical_id, &mut record, Action::Update)?;
        work.keep(logical_id, record);
        outcome
    } else {
        begin_reverse(cx, work, logical_id, (&old, now))?
    };
    if outcome == Ok(Progress::Done) {
        let sealed = work.resources.get(logical_id).and_then(|made| made.sealed.clone());
        work.keep(logical_id, StackResource { sealed, ..old });
    }
    Ok(outcome)
}

fn begin_reverse(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    (old, now): (&StackResource, StackResource),
) -> Result<Outcome, Error> {
    let states = fault(now.open(cx.keyring(), &work.key))?
        .and_then(|from| Ok((from, fault_text(old.open(cx.keyring(), &work.key))?)));
    let (from, to) = match states {
        Ok(states) => states,
        Err(reason) => return Ok(Err(reason)),
    };
    let before = cx.tx.savepoint();
    let outcome = update::handle(cx, work, logical_id, from, to.properties())?;
    if outcome.is_err() {
        cx.tx.rollback(before);
        work.keep(logical_id, now);
    }
    Ok(outcome)
}

fn fault_text<T>(result: Result<T, Error>) -> Result<T, String> {
    result.map_err(|error| error.message().to_owned())
}
