//! The rollback of an update: each resource that it has touched goes back to what it was, those
//! first that were made first; then what the update had added is deleted.
//!
//! AWS: User Guide, "Continue rolling back an update"; API reference, ContinueUpdateRollback,
//! RollbackStack.

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{Cx, Error};

use super::handle::{self, Outcome, Pace};
use super::{Next, Work, clean, fault, update};
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
    event::of_stack(cx, key, stack, StackStatus::UpdateRollbackInProgress, reason)
}

/// Brings resources back, or ends the rollback.
pub(super) fn step(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    // The first step takes over what the update had in progress.
    if work.operation.visited.is_none() {
        work.cancel(cx)?;
        work.operation.failed.clear();
        work.operation.visited = Some(Vec::new());
    }
    let mut pace = Pace::default();
    while pace.has_room()
        && let Some((logical_id, before)) = next(cx, work)?
    {
        match bring_back(cx, work, &logical_id, before)? {
            Progress::Done => pace.worked(),
            waits @ Progress::Waiting { .. } => {
                pace.note(waits);
                break;
            }
        }
    }
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

/// The oldest resource that is not yet what it was.
fn next(cx: &Cx<'_>, work: &Work) -> Result<Option<(String, Before)>, Error> {
    let rows = BEFORE.scan(cx.tx, BEFORE.prefix(work.key.id()), ALL)?;
    let rows = rows.into_iter().map(|((.., logical_id), before)| (logical_id, before));
    let left = rows.filter(|(logical_id, _)| !work.operation.failed.contains(logical_id));
    let order = |(_, before): &(String, Before)| {
        before.resource.as_ref().map_or(u32::MAX, |resource| resource.order)
    };
    Ok(left.min_by_key(order))
}

fn bring_back(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    before: Before,
) -> Result<Progress, Error> {
    let now = work.resources.get(logical_id).cloned();
    let Before { resource, silent } = before;
    match (resource, now) {
        (Some(old), Some(now)) if silent => {
            let kept = StackResource { status: now.status, reason: now.reason, ..old };
            update::restore(cx, work, logical_id, kept)?;
        }
        (Some(old), Some(now)) => return undo(cx, work, logical_id, (old, now)),
        // A record that is lost cannot be told of.
        (Some(old), None) => update::restore(cx, work, logical_id, old)?,
        (None, now) => {
            RESOURCES.delete(cx.tx, work.key.part(logical_id));
            work.resources.remove(logical_id);
            if let Some(now) = now.filter(|now| !now.is_gone()) {
                let retained = is_retained(&work.stack, &now);
                clean::discard(cx, &work.key, logical_id, now, retained)?;
            }
        }
    }
    BEFORE.delete(cx.tx, work.key.part(logical_id));
    Ok(Progress::Done)
}

/// Whether the template keeps what this update has made, though it is rolled back.
fn is_retained(stack: &Stack, made: &StackResource) -> bool {
    made.deletion_policy.as_deref() == Some("Retain") && stack.retain_except_on_create != Some(true)
}

fn undo(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    (old, now): (StackResource, StackResource),
) -> Result<Progress, Error> {
    let replaced = now.physical_id != old.physical_id;
    let skipped = work.operation.retain.iter().any(|name| name == logical_id);
    let order = now.order;
    if skipped {
        work.mark(cx, logical_id, ResourceStatus::UpdateComplete, None)?;
    } else if replaced {
        let place = clean::place(logical_id, old.physical_id.as_deref().unwrap_or_default());
        DISCARDED.delete(cx.tx, work.key.part(&place));
        let retained = is_retained(&work.stack, &now);
        clean::discard(cx, &work.key, logical_id, now, retained)?;
        work.keep(logical_id, StackResource { order, ..old });
        work.mark(cx, logical_id, ResourceStatus::UpdateInProgress, None)?;
        work.mark(cx, logical_id, ResourceStatus::UpdateComplete, None)?;
    } else {
        match reverse(cx, work, logical_id, old)? {
            Ok(Progress::Done) => {
                work.mark(cx, logical_id, ResourceStatus::UpdateComplete, None)?;
            }
            Ok(waits) => return Ok(waits),
            Err(reason) => {
                work.mark(cx, logical_id, ResourceStatus::UpdateFailed, Some(reason))?;
                work.operation.failed.push(logical_id.to_owned());
                return Ok(Progress::Done);
            }
        }
    }
    BEFORE.delete(cx.tx, work.key.part(logical_id));
    Ok(Progress::Done)
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
    work.mark(cx, logical_id, ResourceStatus::UpdateInProgress, None)?;
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
