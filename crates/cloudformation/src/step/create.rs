//! Creation: along the graph, all that needs nothing more at a time, then the outputs.

use std::collections::BTreeSet;

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{Cx, Error};

use super::handle::{self, Outcome, Pace, Run};
use super::{CREATING, IMPORTING, Next, Work, fault};
use crate::dynamic_reference;
use crate::export;
use crate::proposal::Proposal;
use crate::resource::{Action, Progress};
use crate::schema::Schemas;
use crate::tables::{CURRENT, CreationPolicy, OnFailure, Output, Phase, Sealed, StackResource};
use crate::template::{self, DeletionPolicy, Map, Value};

/// The reason of the event that first tells a physical id.
pub(super) const INITIATED: &str = "Resource creation Initiated";

/// Brings on what is in progress and begins what may begin, or ends the creation.
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
    let deadline = work.operation.deadline;
    if deadline.is_some_and(|deadline| deadline <= cx.now().as_millis()) {
        return fail(cx, work, "Stack creation time exceeded the specified timeout");
    }
    if work.gives_up() {
        return fail_resources(cx, work);
    }
    let mut pace = Pace::default();
    while wave(cx, work, &proposal, &mut pace)? && pace.has_room() {}
    match pace.next(deadline) {
        Some(next) => Ok(next),
        None if work.operation.failed.is_empty() => finish(cx, work, &proposal),
        None => fail_resources(cx, work),
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
    for logical_id in ready(work, proposal) {
        start(cx, work, proposal, &logical_id)?;
    }
    let mut done = Vec::new();
    for logical_id in work.in_progress(&[CREATING, IMPORTING]) {
        done.extend(bring_on(cx, work, proposal, &logical_id, pace)?.then_some(logical_id));
        if work.gives_up() {
            break;
        }
    }
    for logical_id in &done {
        complete(cx, work, logical_id)?;
    }
    Ok(!done.is_empty() && !work.gives_up())
}

/// Says that a resource is made, or imported.
pub(super) fn complete(cx: &mut Cx<'_>, work: &mut Work, logical_id: &str) -> Result<(), Error> {
    let imported = work.resources.get(logical_id).is_some_and(StackResource::is_imported);
    let (status, reason) = if imported {
        (ResourceStatus::ImportComplete, Some("Resource import completed.".to_owned()))
    } else {
        (ResourceStatus::CreateComplete, None)
    };
    work.mark(cx, logical_id, status, reason)
}

/// Finds before anything is made what would fail whatever is made: imports of exports that do not
/// exist, outputs of attributes that there are not.
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
    for (name, declared) in &proposal.template.outputs {
        if proposal.conditions.admits(declared.condition.as_deref())
            && let Err(fault) = scope.output(name)
        {
            return Ok(Err(sentence(&fault)));
        }
    }
    let imported = world.imported();
    export::note_imports(cx, &work.key, &imported)?;
    Ok(Ok(()))
}

/// The resources, in the template's order, whose needs are met and that were not begun.
fn ready(work: &Work, proposal: &Proposal) -> Vec<String> {
    let made = work.resources.iter().filter(|(_, resource)| {
        matches!(resource.status, ResourceStatus::CreateComplete | ResourceStatus::ImportComplete)
    });
    let made: BTreeSet<String> = made.map(|(logical_id, _)| logical_id.clone()).collect();
    let ready = proposal.graph.ready(&made).into_iter();
    let untried = ready.filter(|logical_id| !work.resources.contains_key(*logical_id));
    untried.map(str::to_owned).collect()
}

/// Says that a resource is in progress, and keeps what the template says of it.
pub(super) fn start(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    logical_id: &str,
) -> Result<(), Error> {
    let Some(declared) = proposal.template.resources.get(logical_id) else { return Ok(()) };
    let needs = proposal.graph.dependencies(logical_id).map(str::to_owned).collect();
    let last = work.resources.values().map(|resource| resource.order).max();
    let order = last.map_or(0, |last| last.saturating_add(1));
    let resolved = resolve(cx, work, proposal, logical_id)?;
    let imported = work.imports.get(logical_id).cloned();
    let (status, reason) = match imported {
        Some(_) => (IMPORTING, Some("Resource import started.".to_owned())),
        None => (CREATING, None),
    };
    let record = StackResource {
        resource_type: declared.resource_type.clone(),
        physical_id: imported,
        status: status.clone(),
        reason: None,
        timestamp: 0,
        depends_on: needs,
        deletion_policy: declared.deletion_policy.map(policy_name),
        order,
        shown: resolved.map_or_else(|fault| fault.shown, |(_, shown)| Some(shown)),
        sealed: None,
        update_replace_policy: declared.update_replace_policy.map(policy_name),
        waiting: None,
        creation_policy: declared.creation_policy.as_ref().and_then(creation_policy),
    };
    work.keep(logical_id, record);
    work.mark(cx, logical_id, status, reason)
}

/// Makes a resource that is in progress, or looks how far it is. True where it is done; where it
/// has failed, that is said and its name noted.
pub(super) fn bring_on(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    logical_id: &str,
    pace: &mut Pace,
) -> Result<bool, Error> {
    let Some(record) = work.resources.get(logical_id).cloned() else { return Ok(false) };
    let turn = (Action::Create, &*pace);
    let outcome = handle::bring_on(cx, work, (logical_id, record), turn, |cx, work, record| {
        make(cx, work, proposal, (logical_id, record))
    })?;
    match outcome {
        None => Ok(false),
        Some(Ok(progress)) => {
            pace.note(progress);
            Ok(progress == Progress::Done)
        }
        Some(Err(reason)) => {
            pace.worked();
            let imported = work.imports.contains_key(logical_id);
            let status =
                if imported { ResourceStatus::ImportFailed } else { ResourceStatus::CreateFailed };
            work.mark(cx, logical_id, status, Some(reason))?;
            work.operation.failed.push(logical_id.to_owned());
            Ok(false)
        }
    }
}

/// Lets the type's handler make the resource. What it made before it failed stays, with its
/// physical id, so that the rollback deletes it.
fn make(
    cx: &mut Cx<'_>,
    work: &mut Work,
    proposal: &Proposal,
    (logical_id, mut record): (&str, StackResource),
) -> Result<Outcome, Error> {
    let to = match resolve(cx, work, proposal, logical_id)? {
        Ok((properties, _)) => properties,
        Err(fault) => return Ok(Err(fault.reason)),
    };
    let imports = record.status == IMPORTING;
    let action = if imports { Action::Import } else { Action::Create };
    let run = Run { action, from: Sealed::default(), to };
    let outcome = handle::run(cx, work, logical_id, &mut record, run)?;
    let made = !imports && record.physical_id.is_some();
    work.keep(logical_id, record);
    if made {
        let initiated = Some(INITIATED.to_owned());
        work.mark(cx, logical_id, ResourceStatus::CreateInProgress, initiated)?;
    }
    Ok(outcome)
}

/// The properties as the type's schema wants them, and the same as they may be shown.
pub(super) fn resolve(
    cx: &Cx<'_>,
    work: &Work,
    proposal: &Proposal,
    logical_id: &str,
) -> Result<Result<(Map, String), Unresolved>, Error> {
    let world = proposal.world(cx, &work.key, &work.resources)?;
    let masked = world.masked();
    let properties = match proposal.scope(&world).properties(logical_id) {
        Ok(properties) => properties,
        Err(fault) => return Ok(Err(Unresolved { reason: sentence(&fault), shown: None })),
    };
    let shown = proposal.scope(&masked).properties(logical_id).unwrap_or_default();
    let declared = proposal.template.resources.get(logical_id);
    let schema = declared.and_then(|resource| Schemas::bundled().get(&resource.resource_type));
    let validated = match schema {
        // What references stand for is checked when it is known.
        Some(schema) if dynamic_reference::is_in(&properties) => Ok(schema.coerce(&properties)),
        Some(schema) => schema.validate(logical_id, &properties),
        None => Ok(properties),
    };
    let shown = Value::Map(shown).to_json_text();
    Ok(match validated {
        Ok(properties) => Ok((properties, shown)),
        Err(fault) => Err(Unresolved { reason: violation(&fault.to_string()), shown: Some(shown) }),
    })
}

/// Why the properties of a resource cannot be had, and those that it was given, where it was given
/// any.
pub(super) struct Unresolved {
    pub reason: String,
    shown: Option<String>,
}

/// Where nothing but required properties is missing, AWS says so in words of their own.
pub(super) fn violation(sentence: &str) -> String {
    let (_, violations) = sentence.split_once(" with message: ").unwrap_or_default();
    let missing = violations.lines().map(|line| {
        let name = line.strip_prefix("#: required key [")?.strip_suffix("] not found")?;
        Some(format!("The property {{/{name}}} is required"))
    });
    match missing.collect::<Option<Vec<String>>>() {
        Some(missing) if !missing.is_empty() => {
            format!("Property validation failure: [{}]", missing.join(", "))
        }
        _ => sentence.to_owned(),
    }
}

/// All is made: outputs, exports, CREATE_COMPLETE.
fn finish(cx: &mut Cx<'_>, work: &mut Work, proposal: &Proposal) -> Result<Next, Error> {
    if let Some(until) = work.watched(cx) {
        return Ok(Next::Wait(Some(until)));
    }
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
    work.cancel(cx)?;
    let failed = work.failed();
    let what = if work.operation.imports == Some(true) { "import" } else { "create" };
    fail(cx, work, &format!("The following resource(s) failed to {what}: {failed}"))
}

/// The creation has failed: on to the rollback, or to rest, as its caller chose.
fn fail(cx: &mut Cx<'_>, work: &mut Work, reason: &str) -> Result<Next, Error> {
    let on_failure = work.operation.on_failure;
    work.cancel(cx)?;
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

/// `{ResourceSignal: {Count: 1, Timeout: PT5M}}`, with AWS's defaults.
fn creation_policy(policy: &Value) -> Option<CreationPolicy> {
    let signal = policy.as_map()?.get("ResourceSignal")?.as_map()?;
    let text = |name: &str| signal.get(name).and_then(|value| value.text().map(String::from));
    let count = text("Count").and_then(|text| text.parse().ok()).unwrap_or(1);
    let millis = text("Timeout").and_then(|text| duration_millis(&text));
    Some(CreationPolicy { count, millis: millis.unwrap_or(5 * 60_000) })
}

/// ISO 8601: `PT1H30M10S`.
fn duration_millis(text: &str) -> Option<i64> {
    let (mut seconds, mut number) = (0_i64, String::new());
    for letter in text.strip_prefix("PT")?.chars() {
        let unit = match letter {
            'H' => 3600,
            'M' => 60,
            'S' => 1,
            digit => {
                number.push(digit);
                continue;
            }
        };
        let count: i64 = std::mem::take(&mut number).parse().ok()?;
        seconds = seconds.checked_add(count.checked_mul(unit)?)?;
    }
    if number.is_empty() { seconds.checked_mul(1000) } else { None }
}
