//! AWS::CloudFormation::Stack: a stack in a stack. It is made, updated and deleted by the operations
//! that anybody uses, asked for as the caller of the stack that holds it, and works in steps of its
//! own; the holder waits for it. Its authority is the holder's.
//!
//! Deliberately not as on AWS: it cleans up when its own update is done, not when the root's is.
//! AWS: Template reference, "AWS::CloudFormation::Stack"; User Guide, "Split a template into
//! reusable pieces using nested stacks".

use api::Operation;
use api::cloudformation::{
    CancelUpdateStack, CancelUpdateStackInput, Capability, CreateStack, CreateStackInput,
    DeleteStack, DeleteStackInput, Parameter, StackStatus, Tag, UpdateStack, UpdateStackInput,
};
use gateway::{Cx, Error};

use super::{Action, Failure, Progress, Properties, Request, Type};
use crate::arn::Arn;
use crate::authority::Authority;
use crate::change_set;
use crate::step;
use crate::tables::{
    self, ALL, CURRENT, ChangeSet, EVENTS, OPERATIONS, OnFailure, Phase, STACKS, Stack, StackKey,
};
use crate::template::{Map, Value};

pub const NAME: &str = "AWS::CloudFormation::Stack";
/// What the names of its attributes begin with.
const OUTPUTS: &str = "Outputs.";
/// An attribute that no template can name: the child goes back to what it was, as is wanted.
const RETURNING: &str = "returning";
/// How deep stacks may stand in stacks.
const MAX_DEPTH: usize = 20;
/// The use of the child's template that it goes back to when its holder does.
const HELD: &str = "held";
const NO_UPDATES: &str = "No updates are to be performed.";

pub static TYPE: Type =
    Type { takes_stack_tags: true, wait: Some(wait), ..Type::new(NAME, create, update, delete) };

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    check_depth(request)?;
    let properties = request.read();
    let (capabilities, rests) = inherited(request)?;
    let proposed = change_set::child(request.cx, request.key, &request.logical_id)?;
    let stack_name = match &proposed {
        Some(proposed) => proposed.stack_name.clone(),
        None => request.generated_name(),
    };
    let input = CreateStackInput {
        stack_name,
        template_url: properties.text("TemplateURL"),
        parameters: Some(parameters(&request.properties)),
        capabilities: Some(capabilities),
        tags: Some(tags(request)),
        notification_arns: notifications(&properties),
        timeout_in_minutes: properties.integer("TimeoutInMinutes"),
        disable_rollback: rests.then_some(true),
        ..CreateStackInput::default()
    };
    let output = ask::<CreateStack>(request, input)?;
    request.physical_id = output.stack_id;
    Ok(adopt(request, proposed)?)
}

/// Whatever has changed, the child finds out for itself: its template may be another one under the
/// same URL. Where the holder goes back, the child does with the template that it had.
fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    request.attributes.remove(RETURNING);
    let (key, child) = child(request)?.ok_or_else(|| missing(request))?;
    let running = OPERATIONS.get(request.cx.tx, request.key.id()).map_err(Error::from)?;
    let returns = running.is_some_and(|running| running.phase == Phase::RollbackUpdate);
    if !returns {
        tables::copy_proposal(request.cx.tx, &key, CURRENT, HELD)?;
    } else if is_back(request, &child)? {
        return Ok(());
    } else {
        tables::copy_proposal(request.cx.tx, &key, HELD, CURRENT)?;
    }
    let properties = request.read();
    let (capabilities, rests) = inherited(request)?;
    let input = UpdateStackInput {
        stack_name: child.id,
        template_url: properties.text("TemplateURL").filter(|_| !returns),
        use_previous_template: returns.then_some(true),
        parameters: Some(parameters(&request.properties)),
        capabilities: Some(capabilities),
        tags: Some(tags(request)),
        notification_arns: notifications(&properties),
        disable_rollback: (rests && !returns).then_some(true),
        ..UpdateStackInput::default()
    };
    let proposed = change_set::child(request.cx, request.key, &request.logical_id)?;
    match ask::<UpdateStack>(request, input) {
        Ok(_) => Ok(adopt(request, proposed.filter(|_| !returns))?),
        Err(Failure::Plain(reason)) if reason == NO_UPDATES => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Whether the child has gone back by itself, or is on its way; one that is still on the way forth
/// is told to.
fn is_back(request: &mut Request<'_, '_>, child: &Stack) -> Result<bool, Failure> {
    match child.status {
        StackStatus::UpdateRollbackComplete => Ok(true),
        StackStatus::UpdateInProgress => {
            let stack_name = child.id.clone();
            let input = CancelUpdateStackInput { stack_name, ..CancelUpdateStackInput::default() };
            ask::<CancelUpdateStack>(request, input)?;
            request.attributes.insert(RETURNING.to_owned(), String::new());
            Ok(true)
        }
        StackStatus::UpdateRollbackInProgress
        | StackStatus::UpdateRollbackCompleteCleanupInProgress => {
            request.attributes.insert(RETURNING.to_owned(), String::new());
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let Some((_, child)) = child(request)? else { return Ok(()) };
    if matches!(child.status, StackStatus::DeleteInProgress | StackStatus::DeleteComplete) {
        return Ok(());
    }
    let input = DeleteStackInput { stack_name: child.id, ..DeleteStackInput::default() };
    ask::<DeleteStack>(request, input)?;
    Ok(adopt(request, None)?)
}

fn wait(request: &mut Request<'_, '_>, action: Action) -> Result<Progress, Failure> {
    let Some((key, child)) = child(request)? else {
        return if action == Action::Delete { Ok(Progress::Done) } else { Err(missing(request)) };
    };
    if is_working(&child.status) {
        return Ok(Progress::Waiting { until: None });
    }
    let returning = request.attributes.remove(RETURNING).is_some();
    // An update that had nothing to do leaves the child as it was, whatever that is.
    let untouched = action == Action::Update && request.waiting_since.is_none();
    let status = child.status.clone();
    match (action, status) {
        (Action::Create, StackStatus::CreateComplete)
        | (Action::Update, StackStatus::UpdateComplete | StackStatus::CreateComplete) => {}
        (Action::Update, _) if untouched => {}
        (Action::Update, StackStatus::UpdateRollbackComplete) if returning => {}
        (Action::Delete, StackStatus::DeleteComplete) => return Ok(Progress::Done),
        (_, status) => return Err(failure(request, &key, &child, action, &status)?),
    }
    request.attributes.retain(|name, _| !name.starts_with(OUTPUTS));
    for output in child.outputs {
        request.attributes.insert(format!("{OUTPUTS}{}", output.key), output.value);
    }
    Ok(Progress::Done)
}

/// Whether an operation runs on the child: there is something to wait for.
const fn is_working(status: &StackStatus) -> bool {
    matches!(
        status,
        StackStatus::CreateInProgress
            | StackStatus::RollbackInProgress
            | StackStatus::DeleteInProgress
            | StackStatus::UpdateInProgress
            | StackStatus::UpdateCompleteCleanupInProgress
            | StackStatus::UpdateRollbackInProgress
            | StackStatus::UpdateRollbackCompleteCleanupInProgress
    )
}

/// Asks for an operation on the child. What is refused is said as it stands.
fn ask<O: Operation>(request: &mut Request<'_, '_>, input: O::Input) -> Result<O::Output, Failure> {
    match request.cx.call::<O>(request.caller, input) {
        Ok(output) => Ok(output),
        Err(error) if step::is_ours(&error) => Err(Failure::House(error)),
        Err(error) => Err(Failure::Plain(error.message().to_owned())),
    }
}

fn child(request: &Request<'_, '_>) -> Result<Option<(StackKey, Stack)>, Error> {
    let id = request.physical_id();
    let Some(arn) = Arn::parse(&id) else { return Ok(None) };
    let key = arn.stack_key();
    let stack = STACKS.get(request.cx.tx, key.id())?.filter(|stack| stack.id == id);
    Ok(stack.map(|stack| (key, stack)))
}

fn missing(request: &Request<'_, '_>) -> Failure {
    Failure::Plain(format!("Stack with id {} does not exist", request.physical_id()))
}

/// Makes the child, whose operation has just begun, one of the holder's: it works with the holder's
/// authority, and tells the holder when it is done. The change set that proposed it is executed.
fn adopt(request: &mut Request<'_, '_>, proposed: Option<ChangeSet>) -> Result<(), Error> {
    let Some((key, mut child)) = child(request)? else { return Ok(()) };
    let holder = STACKS.get(request.cx.tx, request.key.id())?;
    child.parent_id = Some(request.stack_id.clone());
    let root = holder.as_ref().and_then(|holder| holder.root_id.clone());
    child.root_id = Some(root.unwrap_or_else(|| request.stack_id.clone()));
    child.endpoint.clone_from(&request.endpoint);
    child.role_arn = holder.and_then(|holder| holder.role_arn);
    let proposed = proposed.filter(|proposed| proposed.stack_id == child.id);
    if let Some(proposed) = &proposed {
        child.change_set_id = Some(proposed.id.clone());
    }
    STACKS.put(request.cx.tx, key.id(), &child)?;
    let ours = OPERATIONS.get(request.cx.tx, request.key.id())?;
    let its = OPERATIONS.get(request.cx.tx, key.id())?;
    if let (Some(ours), Some(mut its)) = (ours, its) {
        let authority = Authority::open(request.cx, request.key, &ours.authority)?;
        its.authority = authority.seal(request.cx, &key)?;
        if let Some(proposed) = proposed {
            its.change_set = change_set::begin(request.cx, &key, proposed)?;
        }
        OPERATIONS.put(request.cx.tx, key.id(), &its)?;
    }
    Ok(())
}

fn check_depth(request: &Request<'_, '_>) -> Result<(), Failure> {
    if is_too_deep(request.cx, &request.stack_id)? {
        return Err(Failure::Plain(too_deep()));
    }
    Ok(())
}

/// Whether a stack in this stack would be too deep: a template that names itself would never come
/// to an end. (AWS publishes no figure)
///
/// # Errors
/// Only what the store says.
pub fn is_too_deep(cx: &Cx<'_>, stack_id: &str) -> Result<bool, Error> {
    let mut above = Some(stack_id.to_owned());
    for _ in 0..MAX_DEPTH {
        let Some(arn) = above.as_deref().and_then(Arn::parse) else { return Ok(false) };
        let stack = STACKS.get(cx.tx, arn.stack_key().id())?;
        above = stack.and_then(|stack| stack.parent_id);
    }
    Ok(above.is_some())
}

/// What is said of it.
pub fn too_deep() -> String {
    format!("Stacks can be nested {MAX_DEPTH} deep at most.")
}

/// What the holder was granted, and whether what fails is to rest where it is.
fn inherited(request: &Request<'_, '_>) -> Result<(Vec<Capability>, bool), Error> {
    let holder = STACKS.get(request.cx.tx, request.key.id())?;
    let granted = holder.map(|holder| holder.capabilities).unwrap_or_default();
    let operation = OPERATIONS.get(request.cx.tx, request.key.id())?;
    let rests = operation.is_some_and(|running| running.on_failure == OnFailure::DoNothing);
    Ok((granted.iter().map(|name| Capability::from(name.as_str())).collect(), rests))
}

/// The parameters that properties give to the stack.
pub fn parameters(properties: &Map) -> Vec<Parameter> {
    let given = properties.get("Parameters").and_then(Value::as_map);
    let parameter = |(name, value): (&String, &Value)| Parameter {
        parameter_key: Some(name.clone()),
        parameter_value: Some(text(value)),
        ..Parameter::default()
    };
    given.into_iter().flatten().map(parameter).collect()
}

/// Lists become the text that a list parameter takes.
fn text(value: &Value) -> String {
    match value {
        Value::List(list) => list.iter().map(text).collect::<Vec<_>>().join(","),
        value => value.text().map_or_else(|| value.to_json_text(), Into::into),
    }
}

fn tags(request: &Request<'_, '_>) -> Vec<Tag> {
    request.all_tags().into_iter().map(|(key, value)| Tag { key, value }).collect()
}

/// The topics that properties name.
pub fn notifications(properties: &Properties) -> Option<Vec<String>> {
    let arns = properties.texts("NotificationARNs");
    (!arns.is_empty()).then_some(arns)
}

/// Why the child has not become what it was to be: what it said when it began to fail.
fn failure(
    request: &Request<'_, '_>,
    key: &StackKey,
    child: &Stack,
    action: Action,
    status: &StackStatus,
) -> Result<Failure, Error> {
    let turned = match action {
        Action::Create | Action::Import => StackStatus::RollbackInProgress,
        Action::Update => StackStatus::UpdateRollbackInProgress,
        Action::Delete => StackStatus::DeleteFailed,
    };
    let events = EVENTS.scan(request.cx.tx, EVENTS.prefix(key.id()), ALL)?;
    let turning = events
        .into_iter()
        .map(|(_, event)| event)
        .find(|event| event.physical_id == child.id && event.status.as_str() == turned.as_str());
    let (at, reason) = match turning {
        Some(event) => (turned.as_str(), event.reason),
        None => (status.as_str(), child.reason.clone()),
    };
    let reason = reason.unwrap_or_default();
    let reason = reason.strip_suffix("Rollback requested by user.").unwrap_or(&reason);
    let id = &child.id;
    Ok(Failure::Plain(match action {
        Action::Create | Action::Import => {
            format!("Embedded stack {id} was not successfully created: {reason}")
        }
        Action::Update => format!(
            "Embedded stack {id} was not successfully updated. Currently in {at} with reason: {reason}"
        ),
        Action::Delete => format!("Embedded stack {id} was not successfully deleted: {reason}"),
    }))
}
