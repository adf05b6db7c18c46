//! DeleteStack.

use api::cloudformation::{
    DeleteStackInput, DeleteStackResponse, DeletionMode, OperationType, StackStatus,
};
use gateway::{Cx, Error};

use super::create::user_initiated;
use super::{find, is_repeated, run};
use crate::authority::Authority;
use crate::change_set;
use crate::event;
use crate::export;
use crate::step;
use crate::tables::{NAMES, OnFailure, Operation, Phase, STACKS, Stack, StackKey};

pub fn delete_stack(
    cx: &mut Cx<'_>,
    input: DeleteStackInput,
) -> Result<DeleteStackResponse, Error> {
    let done = DeleteStackResponse::default();
    let Some((key, mut stack)) = find(cx, &input.stack_name)? else { return Ok(done) };
    if matches!(stack.status, StackStatus::DeleteInProgress | StackStatus::DeleteComplete) {
        return Ok(done);
    }
    if is_repeated(cx, &key, input.client_request_token.as_deref(), "DeleteStack")? {
        return Ok(done);
    }
    if stack.termination_protection {
        let name = &stack.name;
        let message =
            format!("Stack [{name}] cannot be deleted while TerminationProtection is enabled");
        return Err(Error::validation(message));
    }
    if is_updating(&stack) {
        let (id, status) = (&stack.id, stack.status.as_str());
        let message = format!("Stack [{id}] cannot be deleted while in status {status}");
        return Err(Error::validation(message));
    }
    check_retained(&stack, &input)?;
    export::refuse_used(cx, &key, &stack)?;
    stack.token.clone_from(&input.client_request_token);
    stack.role_arn = input.role_arn.clone().or(stack.role_arn);
    stack.deletion_mode = input.deletion_mode.as_ref().map(|mode| mode.as_str().to_owned());
    if stack.status == StackStatus::ReviewInProgress {
        return finish_reviewed(cx, &key, stack).map(|()| done);
    }
    let authority = Authority::of_request(cx, stack.role_arn.clone())?;
    step::forget_before(cx, &key)?;
    let id = stack.begin(cx, &OperationType::DeleteStack);
    event::of_stack(cx, &key, &mut stack, StackStatus::DeleteInProgress, user_initiated())?;
    STACKS.put(cx.tx, key.id(), &stack)?;
    let sealed = authority.seal(cx, &key)?;
    let operation = Operation {
        retain: input.retain_resources.unwrap_or_default(),
        force: input.deletion_mode == Some(DeletionMode::ForceDeleteStack),
        ..Operation::new(id, Phase::Delete, sealed, OnFailure::DoNothing)
    };
    run(cx, &key, &operation)?;
    Ok(done)
}

/// Whether an update runs, or goes back.
const fn is_updating(stack: &Stack) -> bool {
    matches!(
        stack.status,
        StackStatus::UpdateInProgress
            | StackStatus::UpdateCompleteCleanupInProgress
            | StackStatus::UpdateRollbackInProgress
            | StackStatus::UpdateRollbackCompleteCleanupInProgress
            | StackStatus::ImportInProgress
            | StackStatus::ImportRollbackInProgress
    )
}

/// What may be left behind only where a deletion has failed before. (sentences unverified)
fn check_retained(stack: &Stack, input: &DeleteStackInput) -> Result<(), Error> {
    if stack.status == StackStatus::DeleteFailed {
        return Ok(());
    }
    let retains = input.retain_resources.as_ref().is_some_and(|names| !names.is_empty());
    let forced = input.deletion_mode == Some(DeletionMode::ForceDeleteStack);
    let what = match (retains, forced) {
        (true, _) => "RetainResources",
        (false, true) => "DeletionMode FORCE_DELETE_STACK",
        (false, false) => return Ok(()),
    };
    let id = &stack.id;
    Err(Error::validation(format!(
        "Invalid operation on stack [{id}]. {what} can be specified only for stacks in the DELETE_FAILED state."
    )))
}

/// A stack that was only proposed has nothing to delete but itself.
///
/// # Errors
/// Only what the store says.
pub fn finish_reviewed(cx: &mut Cx<'_>, key: &StackKey, mut stack: Stack) -> Result<(), Error> {
    event::of_stack(cx, key, &mut stack, StackStatus::DeleteComplete, None)?;
    stack.deleted = Some(cx.now().as_millis());
    NAMES.delete(cx.tx, key.beside(&stack.name));
    change_set::drop_pending(cx, key)?;
    STACKS.put(cx.tx, key.id(), &stack)?;
    Ok(())
}
