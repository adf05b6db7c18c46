//! Creation: resource by resource along the graph, then the outputs.

use std::collections::BTreeSet;

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{Cx, Error};

use super::{Next, Work, fault};
use crate::export;
use crate::proposal::Proposal;
use crate::resource::{self, Failure, Request};
use crate::schema::Schemas;
use crate::tables::{CURRENT, OnFailure, Output, Phase, Sealed, StackResource};
use crate::template::{self, DeletionPolicy, Map, Value};

/// Makes one resource, or ends the creation.
pub(super) fn step(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    let proposal = match fault(Proposal::load(cx, &work.key, &work.stack.name, CURRENT))? {
        Ok(proposal) => proposal,
        Err(reason) => return fail(cx, work, &reason),
    };
    if work.resources.is_empty()
        && let Err(reason) = begin(cx, work, &proposal)?
    {
        return fail(cx, work, &reason);
    }
    if work.operation.deadline.is_some_and(|deadline| deadline <= cx.now().as_millis()) {
        return fail(cx, work, "Stack creation time exceeded the specified timeout");
    }
    let keeps_going = work.operation.on_failure == OnFailure::DoNothing;
    if !work.operation.failed.is_empty() && !keeps_going {
        return fail_resources(cx, work);
    }
    match next(work, &proposal) {
        Some(logical_id) => make(cx, work, &proposal, &logical_id).map(|()| Next::Step),
        None if work.operation.failed.is_empty() => finish(cx, work, &proposal),
        None => fail_resources(cx, work),
    }
}

/// Finds before anything is made what would fail whatever is made: imports of exports that do not
/// exist.
pub(super) fn begin(
    cx: &mut Cx<'_>,
    work: &Work,
    proposal: &Proposal,
) -> Result<Result<(), String>, Error> {
    let world = proposal.world(cx, &work.key, &work.resources)?;
    let scope = proposal.scope(&world);
    for logical_id in proposal.graph.resources() {
        if let Err(fault) = scope.properties(logical_id) {
            return Ok(Err(sentence(&fault)));
        }
    }
    let imported = world.imported();
    export::note_imports(cx, &work.key, &imported)?;
    Ok(Ok(()))
}

/// The first resource, in the template's order, whose needs are met.
fn next(work: &Work, proposal: &Proposal) -> Option<String> {
    let made = work
        .resources
        .iter()
        .filter(|(_, resource)| matches!(resource.status, ResourceStatus::CreateComplete));
    let made: BTreeSet<String> = made.map(|(logical_id, _)| logical_id.clone()).collect();
    let ready = proposal.graph.ready(&made);
    let untried = ready.into_iter().find(|logical_id| !work.resources.contains_key(*logical_id));
    untried.map(str::to_owned)
}

/// Makes one resource; where that fails, its name is noted.
pub(super) fn make(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    logical_id: &str,
) -> Result<(), Error> {
    let Some(declared) = proposal.template.resources.get(logical_id) else { return Ok(()) };
    let needs = proposal.graph.dependencies(logical_id).map(str::to_owned).collect();
    let last = work.resources.values().map(|resource| resource.order).max();
    let order = last.map_or(0, |last| last.saturating_add(1));
    let record = StackResource {
        resource_type: declared.resource_type.clone(),
        physical_id: None,
        status: ResourceStatus::CreateInProgress,
        reason: None,
        timestamp: 0,
        depends_on: needs,
        deletion_policy: declared.deletion_policy.map(policy_name),
        order,
        shown: None,
        sealed: None,
        update_replace_policy: declared.update_replace_policy.map(policy_name),
    };
    let resolved = resolve(cx, work, proposal, logical_id)?;
    let shown = resolved.as_ref().ok().map(|(_, shown)| shown.clone());
    work.resources.insert(logical_id.to_owned(), StackResource { shown, ..record });
    work.mark(cx, logical_id, ResourceStatus::CreateInProgress, None)?;
    let outcome = match resolved {
        Ok((properties, _)) => create(cx, work, logical_id, properties)?,
        Err(reason) => Err(reason),
    };
    if work.resources.get(logical_id).is_some_and(|record| record.physical_id.is_some()) {
        let initiated = Some("Resource creation Initiated".to_owned());
        work.mark(cx, logical_id, ResourceStatus::CreateInProgress, initiated)?;
    }
    match outcome {
        Ok(()) => work.mark(cx, logical_id, ResourceStatus::CreateComplete, None)?,
        Err(reason) => {
            work.mark(cx, logical_id, ResourceStatus::CreateFailed, Some(reason))?;
            work.operation.failed.push(logical_id.to_owned());
        }
    }
    Ok(())
}

/// The properties as the type's schema wants them, and the same as they may be shown.
pub(super) fn resolve(
    cx: &Cx<'_>,
    work: &Work,
    proposal: &Proposal,
    logical_id: &str,
) -> Result<Result<(Map, String), String>, Error> {
    let world = proposal.world(cx, &work.key, &work.resources)?;
    let masked = world.masked();
    let properties = match proposal.scope(&world).properties(logical_id) {
        Ok(properties) => properties,
        Err(fault) => return Ok(Err(sentence(&fault))),
    };
    let shown = proposal.scope(&masked).properties(logical_id).unwrap_or_default();
    let declared = proposal.template.resources.get(logical_id);
    let schema = declared.and_then(|resource| Schemas::bundled().get(&resource.resource_type));
    let validated = match schema {
        Some(schema) => schema.validate(logical_id, &properties),
        None => Ok(properties),
    };
    let shown = Value::Map(shown).to_json_text();
    Ok(validated.map(|properties| (properties, shown)).map_err(|fault| fault.to_string()))
}

/// Lets the type's handler make the resource. What it made before it failed stays, with its
/// physical id, so that the rollback deletes it.
pub(super) fn create(
    cx: &mut Cx<'_>,
    work: &mut Work,
    logical_id: &str,
    properties: Map,
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
    let mut request = Request::new(cx, &caller, &work.stack, kind, logical_id, properties);
    let result = (kind.create)(&mut request);
    let Request { physical_id, attributes, properties, .. } = request;
    record.physical_id = physical_id;
    let sealed = Sealed::new(&properties, attributes, &work.stack.tags);
    record.seal(cx, &work.key, &sealed)?;
    match result {
        Ok(()) => Ok(Ok(())),
        Err(Failure::House(error)) => Err(error),
        Err(Failure::Handler { message, code }) => Ok(Err(resource::reason(cx, &message, code))),
    }
}

/// All is made: outputs, exports, CREATE_COMPLETE.
fn finish(cx: &mut Cx<'_>, work: &mut Work, proposal: &Proposal) -> Result<Next, Error> {
    let outputs = match outputs(cx, work, proposal)? {
        Ok(outputs) => outputs,
        Err(reason) => return fail(cx, work, &reason),
    };
    let before = cx.tx.savepoint();
    if let Some((name, other)) = export::put(cx, &work.key, &work.stack, &outputs)? {
        cx.tx.rollback(before);
        let reason = format!("Export with name {name} is already exported by stack {other}");
        return fail(cx, work, &reason);
    }
    work.stack.outputs = outputs;
    work.announce(cx, StackStatus::CreateComplete, None)?;
    Ok(Next::Done)
}

/// The outputs as they are now; their imports are noted.
pub(super) fn outputs(
    cx: &mut Cx<'_>,
    work: &Work,
    proposal: &Proposal,
) -> Result<Result<Vec<Output>, String>, Error> {
    let world = proposal.world(cx, &work.key, &work.resources)?;
    let scope = proposal.scope(&world);
    let mut outputs = Vec::new();
    for (key, declared) in &proposal.template.outputs {
        if !proposal.conditions.admits(declared.condition.as_deref()) {
            continue;
        }
        match scope.output(key) {
            Err(fault) => return Ok(Err(sentence(&fault))),
            Ok(None) => {}
            Ok(Some((value, export))) => outputs.push(Output {
                key: key.clone(),
                value,
                description: declared.description.clone(),
                export,
            }),
        }
    }
    let imported = world.imported();
    export::note_imports(cx, &work.key, &imported)?;
    Ok(Ok(outputs))
}

fn fail_resources(cx: &mut Cx<'_>, work: &mut Work) -> Result<Next, Error> {
    let failed = work.failed();
    fail(cx, work, &format!("The following resource(s) failed to create: {failed}"))
}

/// The creation has failed: on to the rollback, or to rest, as its caller chose.
fn fail(cx: &mut Cx<'_>, work: &mut Work, reason: &str) -> Result<Next, Error> {
    let on_failure = work.operation.on_failure;
    work.operation.failed.clear();
    match on_failure {
        OnFailure::DoNothing => {
            work.announce(cx, StackStatus::CreateFailed, Some(format!("{reason}. ")))?;
            Ok(Next::Done)
        }
        OnFailure::Rollback => {
            work.operation.phase = Phase::RollbackCreate;
            let reason = format!("{reason}. Rollback requested by user.");
            work.announce(cx, StackStatus::RollbackInProgress, Some(reason))?;
            Ok(Next::Step)
        }
        OnFailure::Delete => {
            work.operation.phase = Phase::Delete;
            let reason = format!("{reason}. Delete requested by user.");
            work.announce(cx, StackStatus::DeleteInProgress, Some(reason))?;
            Ok(Next::Step)
        }
    }
}

/// A template's fault as a reason: without the full stop that the reason's own follows.
pub(super) fn sentence(fault: &template::Error) -> String {
    let text = fault.to_string();
    match fault {
        template::Error::NoExport(_) => text.trim_end_matches('.').to_owned(),
        _ => text,
    }
}

/// A policy as the template writes it.
pub(super) fn policy_name(policy: DeletionPolicy) -> String {
    policy.name().to_owned()
}
