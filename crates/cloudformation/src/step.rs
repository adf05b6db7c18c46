//! The engine: one step of a stack is one transaction. The resource's operation, its events, its
//! physical id and the next queue item commit together, so that a crash neither repeats nor loses a
//! step.
//!
//! A step picks what may be done next from the records alone; nothing about it is kept in memory. A
//! step whose operation is no longer the stack's (a deletion has taken over a creation) does
//! nothing.

mod clean;
mod create;
mod delete;
mod rollback;
mod update;

use std::collections::BTreeMap;

use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{AccountId, Caller, Cx, Error};
use minicbor::{Decode, Encode};

use crate::authority::Authority;
use crate::event;
use crate::tables::{
    CHANGE_SETS, OPERATIONS, Operation, Phase, RESOURCES, STACKS, Stack, StackKey, StackResource,
};
use crate::{change_set, stack_resource};

pub use clean::forget_before;
pub use rollback::begin as begin_rollback;

/// The queue's name for a step.
pub const JOB: &str = "step";

#[derive(Encode, Decode)]
struct Payload {
    #[n(0)]
    account: AccountId,
    #[n(1)]
    uuid: String,
    #[n(2)]
    operation: String,
}

/// Queues the next step of a stack's operation, due at once.
///
/// # Errors
/// Only what the store says.
pub fn enqueue(cx: &mut Cx<'_>, key: &StackKey, operation: &str) -> Result<(), Error> {
    let payload =
        Payload { account: key.account, uuid: key.uuid.clone(), operation: operation.to_owned() };
    let payload = minicbor::to_vec(&payload).map_err(Error::internal)?;
    cx.enqueue(JOB, cx.now(), payload)
}

/// Takes one step.
///
/// # Errors
/// Only what the store and the keyring say: the step stays queued and is taken again. All else is
/// the stack's failure.
pub fn run(cx: &mut Cx<'_>, payload: &[u8]) -> Result<(), Error> {
    let Some(mut work) = Work::load(cx, payload)? else { return Ok(()) };
    let next = match work.operation.phase {
        Phase::Create => create::step(cx, &mut work)?,
        Phase::RollbackCreate | Phase::Delete => delete::step(cx, &mut work)?,
        Phase::Update => update::step(cx, &mut work)?,
        Phase::RollbackUpdate => rollback::step(cx, &mut work)?,
        Phase::CleanUpdate | Phase::CleanRollback => clean::step(cx, &mut work)?,
    };
    work.save(cx, next)
}

/// Whether there is another step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Step,
    Done,
}

/// A stack at work, as its records say.
struct Work {
    key: StackKey,
    stack: Stack,
    operation: Operation,
    resources: BTreeMap<String, StackResource>,
}

impl Work {
    /// None where the step is stale.
    fn load(cx: &Cx<'_>, payload: &[u8]) -> Result<Option<Self>, Error> {
        let Ok(payload) = minicbor::decode::<Payload>(payload) else { return Ok(None) };
        let region = cx.region().to_owned();
        let key = StackKey { account: payload.account, region, uuid: payload.uuid };
        let operation = OPERATIONS.get(cx.tx, key.id())?;
        let operation = operation.filter(|operation| operation.id == payload.operation);
        let (Some(operation), Some(stack)) = (operation, STACKS.get(cx.tx, key.id())?) else {
            return Ok(None);
        };
        let resources = stack_resource::all(cx, &key)?.into_iter().collect();
        Ok(Some(Self { key, stack, operation, resources }))
    }

    fn save(&self, cx: &mut Cx<'_>, next: Next) -> Result<(), Error> {
        STACKS.put(cx.tx, self.key.id(), &self.stack)?;
        if next == Next::Step {
            OPERATIONS.put(cx.tx, self.key.id(), &self.operation)?;
            return enqueue(cx, &self.key, &self.operation.id);
        }
        OPERATIONS.delete(cx.tx, self.key.id());
        if let Some(uuid) = &self.operation.change_set {
            let found = CHANGE_SETS.get(cx.tx, self.key.beside(uuid))?;
            if let Some(mut executed) = found {
                change_set::finish(&mut executed, &self.stack.status);
                CHANGE_SETS.put(cx.tx, self.key.beside(uuid), &executed)?;
            }
        }
        Ok(())
    }

    /// As whom this step's operations go; else the sentence that the stack fails with.
    fn caller(&self, cx: &mut Cx<'_>) -> Result<Result<Caller, String>, Error> {
        match fault(Authority::open(cx, &self.key, &self.operation.authority))? {
            Ok(authority) => fault(authority.caller(cx)),
            Err(reason) => Ok(Err(reason)),
        }
    }

    fn announce(
        &mut self,
        cx: &mut Cx<'_>,
        status: StackStatus,
        reason: Option<String>,
    ) -> Result<(), Error> {
        event::of_stack(cx, &self.key, &mut self.stack, status, reason)
    }

    /// Brings a resource into a status, says so, and keeps it.
    fn mark(
        &mut self,
        cx: &mut Cx<'_>,
        logical_id: &str,
        status: ResourceStatus,
        reason: Option<String>,
    ) -> Result<(), Error> {
        let Some(resource) = self.resources.get_mut(logical_id) else { return Ok(()) };
        let known = (logical_id, &mut *resource);
        event::of_resource(cx, &self.key, &mut self.stack, known, status, reason)?;
        RESOURCES.put(cx.tx, self.key.part(logical_id), resource)?;
        Ok(())
    }

    /// `[A, B]`
    fn failed(&self) -> String {
        // What was put aside is noted with its physical id.
        let failed = self.operation.failed.iter();
        let names: Vec<&str> = failed.filter_map(|name| name.split('/').next()).collect();
        format!("[{}]", names.join(", "))
    }
}

/// Whether the store failed, so that the step is to be taken again. Any other fault of the house
/// would only repeat itself and hold up the queue: it is the stack's failure too.
pub fn is_ours(error: &Error) -> bool {
    error.is(gateway::common::SERVICE_UNAVAILABLE) && error.cause().is_some()
}

/// Parts what a client could have caused, which is the stack's failure, from what the house failed
/// at, which is tried again.
fn fault<T>(result: Result<T, Error>) -> Result<Result<T, String>, Error> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if is_ours(&error) => Err(error),
        Err(error) => Ok(Err(error.message().to_owned())),
    }
}
