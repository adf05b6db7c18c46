//! Deletion, of a stack or of what a failed creation has made: against the graph, the newest first.

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{Caller, Cx, Error};

use super::clean;
use super::{Next, Work, fault};
use crate::resource::{self, Failure, Request};
use crate::tables::{NAMES, Phase, StackResource};
use crate::{change_set, export};

/// Deletes (or leaves behind) one resource, or ends the deletion.
pub(super) fn step(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    if clean::one(cx, work)? {
        return Ok(Next::Step);
    }
    let Some(logical_id) = next(work) else { return finish(cx, work) };
    if is_retained(work, &logical_id) {
        work.mark(cx, &logical_id, ResourceStatus::DeleteSkipped, None)?;
        return Ok(Next::Step);
    }
    let never_made =
        work.resources.get(&logical_id).is_some_and(|resource| resource.physical_id.is_none());
    if never_made {
        work.mark(cx, &logical_id, ResourceStatus::DeleteComplete, None)?;
        return Ok(Next::Step);
    }
    let caller = match work.caller(cx)? {
        Ok(caller) => caller,
        Err(reason) => return fail(cx, work, reason),
    };
    work.mark(cx, &logical_id, ResourceStatus::DeleteInProgress, None)?;
    let Some(record) = work.resources.get(&logical_id) else { return Ok(Next::Step) };
    match delete(cx, work, &caller, (&logical_id, record))? {
        Ok(()) => work.mark(cx, &logical_id, ResourceStatus::DeleteComplete, None)?,
        Err(reason) if work.operation.force => {
            work.mark(cx, &logical_id, ResourceStatus::DeleteSkipped, Some(reason))?;
        }
        Err(reason) => {
            work.mark(cx, &logical_id, ResourceStatus::DeleteFailed, Some(reason))?;
            work.operation.failed.push(logical_id);
        }
    }
    Ok(Next::Step)
}

/// The newest resource that is still there, did not fail in this deletion, and that no other one
/// still needs.
fn next(work: &Work) -> Option<String> {
    let left = || work.resources.iter().filter(|(_, resource)| !resource.is_gone());
    let free = left().filter(|(logical_id, _)| {
        !work.operation.failed.contains(logical_id)
            && !left().any(|(_, other)| other.depends_on.contains(logical_id))
    });
    let newest = free.max_by_key(|(_, resource)| resource.order);
    newest.map(|(logical_id, _)| logical_id.clone())
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

/// Lets the type's handler delete what the record tells of; else the reason why it could not.
pub(super) fn delete(
    cx: &mut Cx<'_>,
    work: &Work,
    caller: &Caller,
    (logical_id, record): (&str, &StackResource),
) -> Result<Result<(), String>, Error> {
    let Some(kind) = resource::find(&record.resource_type) else {
        let name = &record.resource_type;
        return Ok(Err(format!("Resource type {name} is not implemented by this server.")));
    };
    let sealed = match fault(record.open(cx.keyring(), &work.key))? {
        Ok(sealed) => sealed,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut request = Request::new(cx, caller, &work.stack, kind, logical_id, sealed.properties());
    request.physical_id.clone_from(&record.physical_id);
    request.attributes = sealed.attributes;
    match (kind.delete)(&mut request) {
        Ok(()) => Ok(Ok(())),
        // What is gone already is what was asked for.
        Err(Failure::Handler { code: "NotFound", .. }) => Ok(Ok(())),
        Err(Failure::House(error)) => Err(error),
        Err(Failure::Handler { message, code }) => Ok(Err(resource::reason(cx, &message, code))),
    }
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
