//! Change sets: proposals to create a stack, looked at before they are executed.
//!
//! A change set is computed when it is created, so it is complete at once.
//! AWS: API reference, CreateChangeSet, DescribeChangeSet, ExecuteChangeSet, DeleteChangeSet,
//! ListChangeSets.

mod create;
mod describe;
mod execute;
mod import;
mod nested;

pub use create::create_change_set;
pub use describe::{describe_change_set, list_change_sets};
pub use execute::{delete_change_set, execute_change_set};
pub use nested::{begin, child, drop_children};

use api::cloudformation::{ExecutionStatus, StackStatus};
use gateway::{Cx, Error};

use crate::arn::{Arn, Kind, is_arn};
use crate::error;
use crate::stack;
use crate::tables::{self, ALL, CHANGE_SET_NAMES, CHANGE_SETS, ChangeSet, Stack, StackKey};

/// What an input's ChangeSetName and StackName lead to.
pub enum Found {
    ChangeSet(StackKey, String, Box<ChangeSet>),
    /// The stack is there, the change set is not.
    Nothing,
}

/// The change set of that id, or of that name and stack.
///
/// # Errors
/// `Stack [..] does not exist`; StackName must be given unless the change set is named by its ARN.
pub fn find(cx: &Cx<'_>, name: &str, stack_name: Option<&str>) -> Result<Found, Error> {
    if is_arn(name) {
        let arn = Arn::parse(name).filter(|arn| arn.kind == Kind::ChangeSet && arn.is_here(cx));
        let Some(arn) = arn else { return Ok(Found::Nothing) };
        let found = by_uuid(cx, arn.stack_key(), &arn.uuid)?;
        return if is_meant(cx, &found, name, stack_name)? {
            Ok(found)
        } else {
            Ok(Found::Nothing)
        };
    }
    let Some(stack_name) = stack_name else {
        let message = "StackName must be specified if ChangeSetName is not specified as an ARN.";
        return Err(Error::validation(message));
    };
    let (key, _) = stack::find(cx, stack_name)?.ok_or_else(|| error::no_stack(stack_name))?;
    match CHANGE_SET_NAMES.get(cx.tx, key.part(name))? {
        Some(uuid) => by_uuid(cx, key, &uuid),
        None => Ok(Found::Nothing),
    }
}

/// Whether a change set found by its uuid has that id and is the named stack's: the caller's
/// permission was asked for that stack.
fn is_meant(cx: &Cx<'_>, found: &Found, id: &str, stack_name: Option<&str>) -> Result<bool, Error> {
    let Found::ChangeSet(of, _, change_set) = found else { return Ok(false) };
    let Some(stack_name) = stack_name else { return Ok(change_set.id == id) };
    let named = stack::find(cx, stack_name)?.is_some_and(|(key, _)| key.uuid == of.uuid);
    Ok(named && change_set.id == id)
}

/// `near` is of the change set's account and region.
fn by_uuid(cx: &Cx<'_>, near: StackKey, uuid: &str) -> Result<Found, Error> {
    let Some(found) = CHANGE_SETS.get(cx.tx, near.beside(uuid))? else { return Ok(Found::Nothing) };
    let key = StackKey { uuid: found.stack_uuid.clone(), ..near };
    Ok(Found::ChangeSet(key, uuid.to_owned(), Box::new(found)))
}

/// The stack of a change set, by the change set's ARN: for its authorization.
///
/// # Errors
/// Only what the store says.
pub fn stack_of(cx: &Cx<'_>, arn: &Arn) -> Result<Option<String>, Error> {
    let found = CHANGE_SETS.get(cx.tx, arn.stack_key().beside(&arn.uuid))?;
    Ok(found.filter(|_| arn.is_here(cx)).map(|found| found.stack_id))
}

/// The change sets of a stack that were not executed, in the order of their names.
///
/// # Errors
/// Only what the store says.
pub fn pending(cx: &Cx<'_>, key: &StackKey) -> Result<Vec<(String, ChangeSet)>, Error> {
    let mut pending = Vec::new();
    for (_, uuid) in CHANGE_SET_NAMES.scan(cx.tx, CHANGE_SET_NAMES.prefix(key.id()), ALL)? {
        let found = CHANGE_SETS.get(cx.tx, key.beside(&uuid))?;
        pending.extend(found.filter(|found| !is_executed(found)).map(|found| (uuid, found)));
    }
    Ok(pending)
}

/// Another operation has changed the stack: what was proposed before cannot be executed any more.
///
/// # Errors
/// Only what the store says.
pub fn make_obsolete(cx: &mut Cx<'_>, key: &StackKey, except: Option<&str>) -> Result<(), Error> {
    for (uuid, mut change_set) in pending(cx, key)? {
        if Some(uuid.as_str()) != except && change_set.execution == ExecutionStatus::Available {
            change_set.execution = ExecutionStatus::Obsolete;
            CHANGE_SETS.put(cx.tx, key.beside(&uuid), &change_set)?;
        }
    }
    Ok(())
}

/// Drops the change sets of a stack that is deleted; those executed stay, to be described by their
/// id.
///
/// # Errors
/// Only what the store says.
pub fn drop_pending(cx: &mut Cx<'_>, key: &StackKey) -> Result<(), Error> {
    for (uuid, change_set) in pending(cx, key)? {
        delete(cx, key, &uuid, &change_set)?;
    }
    Ok(())
}

/// Deletes a change set, and those of the stacks in its stack.
fn delete(
    cx: &mut Cx<'_>,
    key: &StackKey,
    uuid: &str,
    change_set: &ChangeSet,
) -> Result<(), Error> {
    CHANGE_SETS.delete(cx.tx, key.beside(uuid));
    CHANGE_SET_NAMES.delete(cx.tx, key.part(&change_set.name));
    tables::delete_proposal(cx.tx, key, uuid);
    drop_children(cx, change_set)
}

/// What became of an executed change set, by what became of its stack.
pub fn finish(change_set: &mut ChangeSet, status: &StackStatus) {
    change_set.execution = match status {
        StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete => {
            ExecutionStatus::ExecuteComplete
        }
        _ => ExecutionStatus::ExecuteFailed,
    };
}

const fn is_executed(change_set: &ChangeSet) -> bool {
    matches!(
        change_set.execution,
        ExecutionStatus::ExecuteInProgress
            | ExecutionStatus::ExecuteComplete
            | ExecutionStatus::ExecuteFailed
    )
}

/// Whether the stack was only proposed so far.
fn is_reviewed(stack: &Stack) -> bool {
    stack.status == StackStatus::ReviewInProgress
}
