//! The cleanup behind an update or its rollback: deletes the physical resources that have lost
//! their place in the stack.
//!
//! What is to be deleted stands in a table of its own, with all that its deletion needs, so that
//! the template may have changed meanwhile.
//! AWS: User Guide, "Understand update behaviors of stack resources"; "UpdateReplacePolicy
//! attribute".

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{Cx, Error};

use super::{Next, Work, delete};
use crate::event;
use crate::export;
use crate::proposal::Proposal;
use crate::tables::{
    self, ALL, BEFORE, CURRENT, DISCARDED, DURING, Discarded, POLICIES, PREVIOUS, Phase, STABLE,
    StackKey, StackResource,
};

/// Deletes one resource, or ends the cleanup. What cannot be deleted is left behind, and the stack
/// is complete.
pub(super) fn step(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    if one(cx, work)? {
        return Ok(Next::Step);
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

/// Deletes (or leaves behind) one discarded resource; false where none is left that has not failed
/// already.
pub(super) fn one(cx: &mut Cx<'_>, work: &mut Work) -> Result<bool, Error> {
    let all = discarded(cx, &work.key)?;
    let failed = |name: &String| work.operation.failed.contains(name);
    let left: Vec<_> = all.iter().filter(|(name, _)| !failed(name)).collect();
    let needed = |of: &Discarded| {
        left.iter().any(|(_, other)| other.resource.depends_on.contains(&of.logical_id))
    };
    let free = left.iter().filter(|(_, discarded)| !needed(discarded));
    // Replaced resources may need each other's old ones in a circle: then the newest goes first.
    let newest = free.max_by_key(|(_, discarded)| discarded.resource.order);
    let newest = newest.or_else(|| left.iter().max_by_key(|(_, one)| one.resource.order));
    let Some((name, found)) = newest.map(|found| (*found).clone()) else { return Ok(false) };
    dispose(cx, work, &name, found)?;
    Ok(true)
}

fn dispose(cx: &mut Cx<'_>, work: &mut Work, name: &str, found: Discarded) -> Result<(), Error> {
    let Discarded { logical_id, mut resource, retained } = found;
    let deleting = work.operation.phase == Phase::Delete;
    let told = deleting && work.operation.retain.contains(&logical_id);
    if retained || told {
        tell(cx, work, (&logical_id, &mut resource), ResourceStatus::DeleteSkipped, None)?;
        DISCARDED.delete(cx.tx, work.key.part(name));
        return Ok(());
    }
    tell(cx, work, (&logical_id, &mut resource), ResourceStatus::DeleteInProgress, None)?;
    let outcome = match work.caller(cx)? {
        Ok(caller) => delete::delete(cx, work, &caller, (&logical_id, &resource))?,
        Err(reason) => Err(reason),
    };
    match outcome {
        Ok(()) => {
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
