//! Stacks: how they are found, made, deleted and described. The work itself is done by
//! [`crate::step`].
//!
//! AWS: API reference, CreateStack, UpdateStack, DeleteStack, DescribeStacks, ListStacks,
//! UpdateTerminationProtection.

mod create;
mod delete;
mod describe;
mod policy;
mod update;

pub use create::{
    Proposed, blank, create_stack, endpoint, plain_name, refuse_foreign_tags, rollback, start,
    user_initiated,
};
pub use delete::{delete_stack, finish_reviewed};
pub use describe::{
    describe_stacks, list_stacks, pairs, parameters, update_termination_protection,
};
pub use policy::{get_stack_policy, set_stack_policy};
pub use update::{
    cancel_update_stack, continue_update_rollback, goes_on, rollback_stack, start_update,
    updatable, update_stack,
};

use gateway::{Cx, Error};

use crate::arn::{Arn, Kind, is_arn};
use crate::error;
use crate::tables::{NAMES, OPERATIONS, Operation, STACKS, Stack, StackKey, TOKENS};

/// For how long a deleted stack is found by its id.
const DELETED_MILLIS: i64 = 90 * 24 * 60 * 60 * 1000;

/// The stack of that name (unless it is deleted) or id, in the caller's account and the request's
/// region.
///
/// # Errors
/// Only what the store says.
pub fn find(cx: &Cx<'_>, name: &str) -> Result<Option<(StackKey, Stack)>, Error> {
    let key = if is_arn(name) {
        let arn = Arn::parse(name).filter(|arn| arn.kind == Kind::Stack && arn.is_here(cx));
        arn.map(|arn| arn.stack_key())
    } else {
        key_of(cx, name)?
    };
    let Some(key) = key else { return Ok(None) };
    let horizon = cx.now().as_millis().saturating_sub(DELETED_MILLIS);
    let stack = STACKS.get(cx.tx, key.id())?;
    // An id is the whole ARN: the caller's permission was asked for the name in it.
    let stack = stack.filter(|stack| !is_arn(name) || stack.id == name);
    let stack = stack.filter(|stack| stack.deleted.is_none_or(|deleted| deleted > horizon));
    Ok(stack.map(|stack| (key, stack)))
}

fn key_of(cx: &Cx<'_>, name: &str) -> Result<Option<StackKey>, Error> {
    let (account, region) = (cx.account(), cx.region());
    let uuid = NAMES.get(cx.tx, (account.number(), region, name))?;
    Ok(uuid.map(|uuid| StackKey { account, region: region.to_owned(), uuid }))
}

/// Notes that a client request token was given to `operation`; true where the same was asked
/// before.
///
/// # Errors
/// `TokenAlreadyExistsException` where the token was given to another operation of the stack.
pub fn is_repeated(
    cx: &mut Cx<'_>,
    key: &StackKey,
    token: Option<&str>,
    operation: &str,
) -> Result<bool, Error> {
    let Some(token) = token else { return Ok(false) };
    match TOKENS.get(cx.tx, key.part(token))? {
        Some(known) if known == operation => Ok(true),
        Some(_) => Err(error::token_exists()),
        None => {
            TOKENS.put(cx.tx, key.part(token), &operation.to_owned())?;
            Ok(false)
        }
    }
}

/// Puts an operation in the place of the one that ran, and queues its first step.
///
/// # Errors
/// What the store says.
pub fn run(cx: &mut Cx<'_>, key: &StackKey, operation: &Operation) -> Result<(), Error> {
    OPERATIONS.put(cx.tx, key.id(), operation)?;
    crate::step::enqueue(cx, key, &operation.id)
}
