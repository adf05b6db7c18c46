//! ExecuteChangeSet and DeleteChangeSet.

use api::cloudformation::{
    ChangeSetStatus, ChangeSetType, DeleteChangeSetInput, DeleteChangeSetOutput,
    ExecuteChangeSetInput, ExecuteChangeSetOutput, ExecutionStatus, error as shape,
};
use gateway::{Cx, Error};

use super::{Found, delete, find, pending};
use crate::deployment;
use crate::error;
use crate::proposal::Proposal;
use crate::stack::{self, Proposed};
use crate::tables::{CHANGE_SETS, ChangeSet, OnFailure, STACKS};

pub fn execute_change_set(
    cx: &mut Cx<'_>,
    input: ExecuteChangeSetInput,
) -> Result<ExecuteChangeSetOutput, Error> {
    let found = find(cx, &input.change_set_name, input.stack_name.as_deref())?;
    let Found::ChangeSet(key, uuid, mut change_set) = found else {
        return Err(error::no_change_set(&input.change_set_name));
    };
    let token = input.client_request_token.as_deref();
    if stack::is_repeated(cx, &key, token, &format!("ExecuteChangeSet {uuid}"))? {
        return Ok(ExecuteChangeSetOutput::default());
    }
    refuse_nested(&change_set)?;
    executable(&change_set)?;
    let stack = STACKS.get(cx.tx, key.id())?;
    let reviewed = stack.as_ref().is_some_and(super::is_reviewed);
    let imports = change_set.kind == ChangeSetType::Import;
    let updates = change_set.kind == ChangeSetType::Update || imports && !reviewed;
    let stack = stack.filter(|_| updates || reviewed);
    let mut stack = stack.ok_or_else(|| error::no_change_set(&input.change_set_name))?;
    if updates {
        stack::updatable(&stack)?;
    }
    let on_failure = on_failure(&change_set, input.disable_rollback)?;
    if updates {
        stack::goes_on(&stack, on_failure == OnFailure::DoNothing)?;
    }
    let proposal = Proposal::load(cx, &key, &stack.name, &uuid)?;
    change_set.execution = ExecutionStatus::ExecuteInProgress;
    CHANGE_SETS.put(cx.tx, key.beside(&uuid), &change_set)?;
    for (other, pending) in pending(cx, &key)? {
        delete(cx, &key, &other, &pending)?;
    }
    stack.change_set_id = Some(change_set.id.clone());
    stack.updated = Some(cx.now().as_millis());
    let proposed = Proposed {
        proposal: &proposal,
        capabilities: change_set.capabilities.clone(),
        tags: change_set.tags.clone(),
        role_arn: change_set.role_arn.clone(),
        on_failure,
        token: input.client_request_token,
        timeout_in_minutes: None,
        retain_except_on_create: input.retain_except_on_create,
        rollback: change_set.rollback.clone(),
        notification_arns: change_set.notification_arns.clone(),
        change_set: Some(uuid),
        deployment: change_set.deployment.clone(),
        imports,
    };
    if updates {
        stack::start_update(cx, &key, &mut stack, proposed)?;
    } else {
        stack::start(cx, &key, &mut stack, proposed)?;
    }
    Ok(ExecuteChangeSetOutput::default())
}

pub fn delete_change_set(
    cx: &mut Cx<'_>,
    input: DeleteChangeSetInput,
) -> Result<DeleteChangeSetOutput, Error> {
    let found = find(cx, &input.change_set_name, input.stack_name.as_deref())?;
    // What does not exist needs no deletion: the model names no error for it.
    if let Found::ChangeSet(key, uuid, change_set) = found {
        if change_set.execution == ExecutionStatus::ExecuteInProgress {
            let (id, status) = (&change_set.id, change_set.execution.as_str());
            return Err(invalid_status(format!(
                "ChangeSet [{id}] cannot be deleted in its current execution status of [{status}]"
            )));
        }
        refuse_nested(&change_set)?;
        delete(cx, &key, &uuid, &change_set)?;
    }
    Ok(DeleteChangeSetOutput::default())
}

fn executable(change_set: &ChangeSet) -> Result<(), Error> {
    let id = &change_set.id;
    if change_set.status != ChangeSetStatus::CreateComplete {
        let status = change_set.status.as_str();
        return Err(invalid_status(format!(
            "ChangeSet [{id}] cannot be executed in its current status of [{status}]"
        )));
    }
    if change_set.execution != ExecutionStatus::Available {
        let status = change_set.execution.as_str();
        return Err(invalid_status(format!(
            "ChangeSet [{id}] cannot be executed in its current execution status of [{status}]"
        )));
    }
    Ok(())
}

/// What is in the change set of another stack goes with that. (sentence unverified)
fn refuse_nested(change_set: &ChangeSet) -> Result<(), Error> {
    let (id, root) = (&change_set.id, change_set.root_id.as_deref().unwrap_or_default());
    match change_set.parent_id {
        None => Ok(()),
        Some(_) => Err(Error::validation(format!(
            "ChangeSet [{id}] is nested: the operation must be performed on the root change set [{root}]."
        ))),
    }
}

fn invalid_status(message: String) -> Error {
    Error::new(shape::INVALID_CHANGE_SET_STATUS, message)
}

fn on_failure(change_set: &ChangeSet, disable_rollback: Option<bool>) -> Result<OnFailure, Error> {
    match (change_set.on_stack_failure.as_deref(), disable_rollback) {
        (Some(_), Some(_)) => {
            let message = "You can specify either OnStackFailure or DisableRollback, but not both.";
            Err(Error::validation(message))
        }
        (Some("DO_NOTHING"), None) => Ok(OnFailure::DoNothing),
        (Some("DELETE"), None) => Ok(OnFailure::Delete),
        (None, given) if deployment::rests(given, change_set.deployment.as_ref()) => {
            Ok(OnFailure::DoNothing)
        }
        _ => Ok(OnFailure::Rollback),
    }
}
