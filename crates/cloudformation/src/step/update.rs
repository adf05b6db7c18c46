//! An update: along the graph of the new template, all that needs nothing more at a time, then the
//! outputs. A resource whose resolved properties are what they were is passed over.
//!
//! AWS: User Guide, "Update behaviors of stack resources"; "Prevent updates to stack resources"
//! (stack policies).

mod change;

use std::collections::BTreeSet;

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{Cx, Error};

pub(super) use change::handle;
use change::{apply, change};

use super::handle::{self, Pace};
use super::{CREATING, IMPORTING, Next, Work, clean, create, fault, rollback};
use crate::export;
use crate::proposal::Proposal;
use crate::resource::{Action, Progress};
use crate::stack_policy::{self, StackPolicy};
use crate::tables::{BEFORE, Before, CURRENT, OnFailure, Phase, RESOURCES, StackResource};

const UPDATING: ResourceStatus = ResourceStatus::UpdateInProgress;

/// Brings on what is in progress and begins what may begin, or ends the update.
pub(super) fn step(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    let proposal = match fault(Proposal::load(cx, &work.key, &work.stack.name, CURRENT))? {
        Ok(proposal) => proposal,
        Err(reason) => return fail(cx, work, &reason),
    };
    if work.operation.visited.is_none() {
        work.operation.visited = Some(Vec::new());
        if let Err(reason) = create::begin(cx, work, &proposal)? {
            return fail(cx, work, &reason);
        }
        refuse_removals(cx, work, &proposal)?;
    }
    if work.gives_up() {
        return fail_resources(cx, work);
    }
    let mut pace = Pace::default();
    while wave(cx, work, &proposal, &mut pace)? && pace.has_room() {}
    match pace.next(None) {
        Some(next) => Ok(next),
        None if !work.operation.failed.is_empty() => fail_resources(cx, work),
        None => finish(cx, work, &proposal),
    }
}

/// Begins all that may begin, and works on all that is in progress. True where some of it is done,
/// so that more may begin.
fn wave(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    pace: &mut Pace,
) -> Result<bool, Error> {
    start_ready(cx, work, proposal)?;
    let mut done = Vec::new();
    for logical_id in work.in_progress(&[CREATING, IMPORTING, UPDATING]) {
        done.extend(bring_on(cx, work, proposal, &logical_id, pace)?.then_some(logical_id));
        if work.gives_up() {
            break;
        }
    }
    let went_on = !done.is_empty();
    for logical_id in done {
        let updating =
            work.resources.get(&logical_id).is_some_and(|resource| resource.status == UPDATING);
        if updating {
            work.mark(cx, &logical_id, ResourceStatus::UpdateComplete, None)?;
        } else {
            create::complete(cx, work, &logical_id)?;
        }
        work.operation.visited.get_or_insert_default().push(logical_id);
    }
    Ok(went_on && !work.gives_up())
}

/// Begins what may begin. What does not change is done at once, and what waits for it may begin.
fn start_ready(cx: &mut Cx<'_>, work: &mut Work, proposal: &Proposal) -> Result<(), Error> {
    loop {
        let mut passed = false;
        for logical_id in ready(work, proposal) {
            if !start(cx, work, proposal, &logical_id)? {
                work.operation.visited.get_or_insert_default().push(logical_id);
                passed = true;
            }
        }
        if !passed {
            return Ok(());
        }
    }
}

/// The resources whose needs are met and that were not begun.
fn ready(work: &Work, proposal: &Proposal) -> Vec<String> {
    let visited = work.operation.visited.iter().flatten();
    let visited: BTreeSet<&str> = visited.map(String::as_str).collect();
    let begun = |name: &str| {
        let status = work.resources.get(name).map(|resource| &resource.status);
        status.is_some_and(|status| [CREATING, IMPORTING, UPDATING].contains(status))
            || work.operation.failed.iter().any(|other| other == name)
    };
    let ready = proposal.graph.order().filter(|name| {
        !visited.contains(name)
            && !begun(name)
            && proposal.graph.dependencies(name).all(|need| visited.contains(need))
    });
    ready.map(str::to_owned).collect()
}

/// Begins to bring one resource to what the template wants. False where nothing has to be done to
/// it.
fn start(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    logical_id: &str,
) -> Result<bool, Error> {
    // What could not be imported is not the stack's to replace.
    let held =
        |known: &&StackResource| !known.is_gone() && known.status != ResourceStatus::ImportFailed;
    let known = work.resources.get(logical_id).filter(held).cloned();
    match known {
        Some(known) if known.status != ResourceStatus::CreateFailed => {
            change(cx, work, proposal, (logical_id, known))
        }
        half_made => add(cx, work, proposal, (logical_id, half_made)).map(|()| true),
    }
}

/// Works on a resource that is in progress, or looks how far it is. True where it is done; where
/// it has failed, that is said and its name noted.
fn bring_on(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    logical_id: &str,
    pace: &mut Pace,
) -> Result<bool, Error> {
    let Some(record) = work.resources.get(logical_id).cloned() else { return Ok(false) };
    if [CREATING, IMPORTING].contains(&record.status) {
        return create::bring_on(cx, work, proposal, logical_id, pace);
    }
    let turn = (Action::Update, &*pace);
    let outcome = handle::bring_on(cx, work, (logical_id, record), turn, |cx, work, record| {
        apply(cx, work, proposal, (logical_id, record))
    })?;
    match outcome {
        None => Ok(false),
        Some(Ok(progress)) => {
            pace.note(progress);
            Ok(progress == Progress::Done)
        }
        Some(Err(reason)) => {
            pace.worked();
            refuse(cx, work, logical_id, reason)?;
            Ok(false)
        }
    }
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
    create::start(cx, work, proposal, logical_id)
}

/// The resource stays as it is, and the update fails of it.
fn refuse(cx: &mut Cx<'_>, work: &mut Work, logical_id: &str, reason: String) -> Result<(), Error> {
    work.mark(cx, logical_id, ResourceStatus::UpdateFailed, Some(reason))?;
    work.operation.failed.push(logical_id.to_owned());
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
    if let Some(until) = work.watched(cx) {
        return Ok(Next::Wait(Some(until)));
    }
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
    work.cancel(cx)?;
    let what = |name: &String| match work.resources.get(name).map(|resource| &resource.status) {
        Some(ResourceStatus::CreateFailed) => "create",
        Some(ResourceStatus::ImportFailed) => "import",
        _ => "update",
    };
    let mut sentences = Vec::new();
    for kind in ["create", "import", "update"] {
        let failed = work.operation.failed.iter().filter(|name| what(name) == kind);
        let names: Vec<&str> = failed.map(String::as_str).collect();
        if !names.is_empty() {
            let names = names.join(", ");
            sentences.push(format!("The following resource(s) failed to {kind}: [{names}]"));
        }
    }
    fail(cx, work, &sentences.join(". "))
}

/// The update has failed: back to what was, or to rest, as its caller chose.
fn fail(cx: &mut Cx<'_>, work: &mut Work, reason: &str) -> Result<Next, Error> {
    work.cancel(cx)?;
    work.operation.failed.clear();
    let reason = Some(format!("{reason}. "));
    if work.operation.on_failure == OnFailure::DoNothing {
        work.announce(cx, StackStatus::UpdateFailed, reason)?;
        return Ok(Next::Done);
    }
    rollback::begin(cx, &work.key, &mut work.stack, &mut work.operation, reason)?;
    Ok(Next::Step)
}
