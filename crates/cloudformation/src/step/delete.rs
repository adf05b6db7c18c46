//! Deletion, of a stack or of what a failed creation has made: against the graph, the newest first.

use std::collections::BTreeSet;

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{Cx, Error};

use super::clean;
use super::handle::{self, Outcome, Pace};
use super::{Next, Work};
use crate::resource::{Action, Progress};
use crate::tables::{NAMES, Phase, RESOURCES, StackResource};
use crate::{change_set, export};

/// Brings on what is being deleted and begins what may go, or ends the deletion.
pub(super) fn step(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    if let Some(next) = clean::advance(cx, work)? {
        return Ok(next);
    }
    if let Err(reason) = work.caller(cx)? {
        return fail(cx, work, reason);
    }
    let mut pace = Pace::default();
    while wave(cx, work, &mut pace)? && pace.has_room() {}
    match pace.next(None) {
        Some(next) => Ok(next),
        None => finish(cx, work),
    }
}

/// Begins to delete all that may go, and works on all that goes. True where some of it is gone, so
/// that more may go.
fn wave(cx: &mut Cx<'_>, work: &mut Work, pace: &mut Pace) -> Result<bool, Error> {
    while start(cx, work)? {}
    let mut done = Vec::new();
    for logical_id in work.in_progress(&[ResourceStatus::DeleteInProgress]).into_iter().rev() {
        done.extend(bring_on(cx, work, &logical_id, pace)?.then_some(logical_id));
    }
    for logical_id in &done {
        work.mark(cx, logical_id, ResourceStatus::DeleteComplete, None)?;
    }
    Ok(!done.is_empty())
}

/// Begins to delete all that nothing else needs any more, the newest first. True where something
/// is gone by that alone.
fn start(cx: &mut Cx<'_>, work: &mut Work) -> Result<bool, Error> {
    let mut gone = false;
    for logical_id in free(work) {
        let Some(record) = work.resources.get(&logical_id) else { continue };
        let never_made = record.physical_id.is_none();
        let status = if record.status == ResourceStatus::ImportFailed
            || record.is_imported() && undoes(work)
        {
            ResourceStatus::ImportRollbackComplete
        } else if is_retained(work, &logical_id) {
            ResourceStatus::DeleteSkipped
        } else if never_made {
            ResourceStatus::DeleteComplete
        } else {
            ResourceStatus::DeleteInProgress
        };
        gone |= status != ResourceStatus::DeleteInProgress;
        work.mark(cx, &logical_id, status, None)?;
    }
    Ok(gone)
}

/// The resources, newest first, that are still there, were not tried in this deletion, and that no
/// other one still needs.
fn free(work: &Work) -> Vec<String> {
    let left = || work.resources.iter().filter(|(_, resource)| !resource.is_gone());
    let needed: BTreeSet<&String> = left().flat_map(|(_, other)| &other.depends_on).collect();
    let untried = left().filter(|(logical_id, resource)| {
        resource.status != ResourceStatus::DeleteInProgress
            && !work.operation.failed.contains(logical_id)
            && !needed.contains(logical_id)
    });
    let mut free: Vec<_> = untried.map(|(name, resource)| (resource.order, name)).collect();
    free.sort_by_key(|found| std::cmp::Reverse(*found));
    free.into_iter().map(|(_, name)| name.clone()).collect()
}

/// Whether what the same operation has made is deleted: what it has imported only leaves the stack.
fn undoes(work: &Work) -> bool {
    work.operation.phase == Phase::RollbackCreate || work.operation.change_set.is_some()
}

fn is_retained(work: &Work, logical_id: &str) -> bool {
    if work.operation.retain.iter().any(|name| name == logical_id) {
        return true;
    }
    let Some(resource) = work.resources.get(logical_id) else { return false };
    let creating = work.operation.phase == Phase::RollbackCreate;
    match resource.deletion_policy.as_deref() {
        Some("Retain") => !(creating && work.stack.retain_except_on_create == Some(true)),
        Some("RetainExceptOnCreate") => !creating,
        _ => false,
    }
}

/// Deletes a resource, or looks how far that is. True where it is gone.
fn bring_on(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    pace: &mut Pace,
) -> Result<bool, Error> {
    let Some(mut record) = work.resources.get(logical_id).cloned() else { return Ok(false) };
    if record.waiting.is_none() && !pace.has_room() {
        return Ok(false);
    }
    let waited = record.waiting;
    let outcome = delete(cx, work, (logical_id, &mut record))?;
    if record.waiting != waited {
        RESOURCES.put(cx.tx, work.key.part(logical_id), &record)?;
    }
    work.keep(logical_id, record);
    match outcome {
        Ok(progress) => {
            pace.note(progress);
            return Ok(progress == Progress::Done);
        }
        Err(reason) if work.operation.force => {
            work.mark(cx, logical_id, ResourceStatus::DeleteSkipped, Some(reason))?;
        }
        Err(reason) => {
            work.mark(cx, logical_id, ResourceStatus::DeleteFailed, Some(reason))?;
            work.operation.failed.push(logical_id.to_owned());
        }
    }
    pace.worked();
    Ok(false)
}

/// Lets the type's handler delete what the record tells of.
pub(super) fn delete(
    cx: &mut Cx<'_>,
    work: &Work,
    (logical_id, record): (&str, &mut StackResource),
) -> Result<Outcome, Error> {
    handle::look(cx, work, logical_id, record, Action::Delete)
}

fn finish(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    if !work.operation.failed.is_empty() {
        let failed = work.failed();
        return fail(cx, work, format!("The following resource(s) failed to delete: {failed}. "));
    }
    let (key, stack) = (&work.key, &work.stack);
    export::drop_all(cx, key, stack)?;
    if work.operation.phase == Phase::RollbackCreate {
        work.announce(cx, StackStatus::RollbackComplete, None)?;
        return Ok(Next::Done);
    }
    NAMES.delete(cx.tx, key.beside(&stack.name));
    change_set::drop_pending(cx, key)?;
    work.announce(cx, StackStatus::DeleteComplete, None)?;
    work.stack.deleted = Some(work.stack.last_event);
    Ok(Next::Done)
}

fn fail(cx: &mut Cx<'_>, work: &mut Work, reason: String) -> Result<Next, Error> {
    let status = match work.operation.phase {
        Phase::RollbackCreate => StackStatus::RollbackFailed,
        _ => StackStatus::DeleteFailed,
    };
    work.announce(cx, status, Some(reason))?;
    Ok(Next::Done)
}
