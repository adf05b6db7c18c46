//! The cleanup behind an update or its rollback: deletes the physical resources that have lost
//! their place in the stack.
//!
//! What is to be deleted stands in a table of its own, with all that its deletion needs, so that
//! the template may have changed meanwhile.
//! AWS: User Guide, "Understand update behaviors of stack resources"; "UpdateReplacePolicy
//! attribute".

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{Cx, Error};

use super::handle::Pace;
use super::{Next, Work, delete};
use crate::event;
use crate::export;
use crate::proposal::Proposal;
use crate::resource::Progress;
use crate::tables::{
    self, ALL, BEFORE, CURRENT, DISCARDED, DURING, Discarded, POLICIES, PREVIOUS, Phase, STABLE,
    StackKey, StackResource,
};

/// Brings the cleanup on, or ends it. What cannot be deleted is left behind, and the stack
/// is complete.
pub(super) fn step(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    if let Some(next) = advance(cx, work)? {
        return Ok(next);
    }
    for (name, _) in discarded(cx, &work.key)? {
        DISCARDED.delete(cx.tx, work.key.part(&name));
    }
    let updated = work.operation.phase == Phase::CleanUpdate;
    note_imports(cx, work)?;
    let left = !work.operation.failed.is_empty();
    let (status, outcome) = if updated {
        (StackStatus::UpdateComplete, "Update successful")
    } else {
        (StackStatus::UpdateRollbackComplete, "Rollback successful")
    };
    let reason = left.then(|| format!("{outcome}. One or more resources could not be deleted."));
    work.announce(cx, status, reason)?;
    Ok(Next::Done)
}

/// Deletes (or leaves behind) discarded resources; None where none is left that has not failed
/// already.
pub(super) fn advance(cx: &mut Cx<'_>, work: &mut Work) -> Result<Option<Next>, Error> {
    let mut pace = Pace::default();
    for (name, found) in discarded(cx, &work.key)? {
        if found.resource.waiting.is_some() && !work.operation.failed.contains(&name) {
            dispose(cx, work, &name, found, &mut pace)?;
        }
    }
    while pace.has_room()
        && let Some((name, found)) = next(cx, work)?
    {
        dispose(cx, work, &name, found, &mut pace)?;
    }
    Ok(pace.next(None))
}

/// The newest that nothing else needs and that was not tried.
fn next(cx: &Cx<'_>, work: &Work) -> Result<Option<(String, Discarded)>, Error> {
    let all = discarded(cx, &work.key)?;
    let failed = |name: &String| work.operation.failed.contains(name);
    let left: Vec<_> = all.iter().filter(|(name, _)| !failed(name)).collect();
    let needed = |of: &Discarded| {
        left.iter().any(|(_, other)| other.resource.depends_on.contains(&of.logical_id))
    };
    let untried = left.iter().filter(|(_, discarded)| discarded.resource.waiting.is_none());
    let free = untried.clone().filter(|(_, discarded)| !needed(discarded));
    // Replaced resources may need each other's old ones in a circle: then the newest goes first,
    // once nothing is waited for.
    let newest = free.max_by_key(|(_, discarded)| discarded.resource.order);
    let waits = left.iter().any(|(_, discarded)| discarded.resource.waiting.is_some());
    let circle = || untried.filter(|_| !waits).max_by_key(|(_, one)| one.resource.order);
    Ok(newest.or_else(circle).map(|found| (*found).clone()))
}

fn dispose(
    cx: &mut Cx<'_>,
    work: &mut Work,
    name: &str,
    found: Discarded,
    pace: &mut Pace,
) -> Result<(), Error> {
    let Discarded { logical_id, mut resource, retained } = found;
    let deleting = work.operation.phase == Phase::Delete;
    let told = deleting && work.operation.retain.contains(&logical_id);
    if retained || told {
        tell(cx, work, (&logical_id, &mut resource), ResourceStatus::DeleteSkipped, None)?;
        DISCARDED.delete(cx.tx, work.key.part(name));
        pace.worked();
        return Ok(());
    }
    if resource.waiting.is_none() {
        tell(cx, work, (&logical_id, &mut resource), ResourceStatus::DeleteInProgress, None)?;
    }
    let outcome = delete::delete(cx, work, (&logical_id, &mut resource))?;
    if let Ok(progress) = outcome {
        pace.note(progress);
    } else {
        pace.worked();
    }
    match outcome {
        Ok(Progress::Waiting { .. }) => {
            let waits = Discarded { logical_id, resource, retained };
            DISCARDED.put(cx.tx, work.key.part(name), &waits)?;
        }
        Ok(Progress::Done) => {
            tell(cx, work, (&logical_id, &mut resource), ResourceStatus::DeleteComplete, None)?;
            DISCARDED.delete(cx.tx, work.key.part(name));
        }
        Err(reason) if deleting && work.operation.force => {
            let status = ResourceStatus::DeleteSkipped;
            tell(cx, work, (&logical_id, &mut resource), status, Some(reason))?;
            DISCARDED.delete(cx.tx, work.key.part(name));
        }
        Err(reason) => {
            let status = ResourceStatus::DeleteFailed;
            tell(cx, work, (&logical_id, &mut resource), status, Some(reason))?;
            work.operation.failed.push(name.to_owned());
        }
    }
    Ok(())
}

fn tell(
    cx: &mut Cx<'_>,
    work: &mut Work,
    resource: (&str, &mut StackResource),
    status: ResourceStatus,
    reason: Option<String>,
) -> Result<(), Error> {
    event::of_resource(cx, &work.key, &mut work.stack, resource, status, reason)
}

/// Takes a physical resource out of the stack, to be deleted in the cleanup. One that was never
/// made needs none.
pub(super) fn discard(
    cx: &mut Cx<'_>,
    key: &StackKey,
    logical_id: &str,
    resource: StackResource,
    retained: bool,
) -> Result<(), Error> {
    let Some(physical_id) = &resource.physical_id else { return Ok(()) };
    let name = place(logical_id, physical_id);
    let discarded = Discarded { logical_id: logical_id.to_owned(), resource, retained };
    DISCARDED.put(cx.tx, key.part(&name), &discarded)?;
    Ok(())
}

/// Under which name a discarded resource stands.
pub(super) fn place(logical_id: &str, physical_id: &str) -> String {
    format!("{logical_id}/{physical_id}")
}

fn discarded(cx: &Cx<'_>, key: &StackKey) -> Result<Vec<(String, Discarded)>, Error> {
    let rows = DISCARDED.scan(cx.tx, DISCARDED.prefix(key.id()), ALL)?;
    Ok(rows.into_iter().map(|((.., name), found)| (name, found)).collect())
}

/// The stack rests: there is no earlier state to go back to any more.
///
/// # Errors
/// Only what the store says.
pub fn forget_before(cx: &mut Cx<'_>, key: &StackKey) -> Result<(), Error> {
    BEFORE.delete_prefix(cx.tx, key.id());
    STABLE.delete(cx.tx, key.id());
    POLICIES.delete(cx.tx, key.part(DURING));
    tables::delete_proposal(cx.tx, key, PREVIOUS);
    Ok(())
}

/// Notes what the stack imports now, and no more. Where its template cannot be resolved any more,
/// all stays noted.
fn note_imports(cx: &mut Cx<'_>, work: &Work) -> Result<(), Error> {
    let loaded = super::fault(Proposal::load(cx, &work.key, &work.stack.name, CURRENT))?;
    let Ok(proposal) = loaded else { return Ok(()) };
    let world = proposal.world(cx, &work.key, &work.resources)?;
    let scope = proposal.scope(&world);
    let resources = proposal.graph.resources().all(|name| scope.properties(name).is_ok());
    let outputs = proposal.template.outputs.iter().all(|(name, declared)| {
        !proposal.conditions.admits(declared.condition.as_deref()) || scope.output(name).is_ok()
    });
    if !resources || !outputs {
        return Ok(());
    }
    let imported = world.imported();
    export::drop_imports(cx, &work.key)?;
    export::note_imports(cx, &work.key, &imported)
}
