//! The engine: one step of a stack is one transaction. The operations of a few resources, their
//! events, their physical ids and the next queue item commit together, so that a crash neither
//! repeats nor loses a step.
//!
//! Resources that need nothing of each other are in progress together: each step begins all that
//! may begin, brings on a batch of them, and holds up none for another that has to wait. A stack
//! that only waits has no step in the queue but one for the time by which it waits no longer;
//! [`wake`] puts another one there.
//!
//! A step picks what may be done next from the records alone; nothing about it is kept in memory. A
//! step whose operation is no longer the stack's (a deletion has taken over a creation) does
//! nothing.

mod clean;
mod create;
mod delete;
mod handle;
mod rollback;
mod update;

use std::collections::BTreeMap;

use api::Timestamp;
use api::cloudformation::{ResourceStatus, StackStatus};
use gateway::{AccountId, Caller, Cx, Error};
use minicbor::{Decode, Encode};

use crate::arn::Arn;
use crate::authority::Authority;
use crate::event;
use crate::tables::{
    CHANGE_SETS, OPERATIONS, OnFailure, Operation, Phase, RESOURCES, STACKS, Stack, StackKey,
    StackResource,
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
    enqueue_at(cx, key, operation, cx.now())
}

/// Queues a step of a stack's operation, if that still runs then.
///
/// # Errors
/// Only what the store says.
pub fn enqueue_at(
    cx: &mut Cx<'_>,
    key: &StackKey,
    operation: &str,
    due: Timestamp,
) -> Result<(), Error> {
    let payload =
        Payload { account: key.account, uuid: key.uuid.clone(), operation: operation.to_owned() };
    let payload = minicbor::to_vec(&payload).map_err(Error::internal)?;
    cx.enqueue(JOB, due, payload)
}

/// Lets a stack look again at what it waits for, where an operation runs on it.
///
/// # Errors
/// Only what the store says.
pub fn wake(cx: &mut Cx<'_>, key: &StackKey) -> Result<(), Error> {
    match OPERATIONS.get(cx.tx, key.id())? {
        Some(operation) => enqueue(cx, key, &operation.id),
        None => Ok(()),
    }
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
    /// When something else has happened; or at this time, in milliseconds of AWS time.
    Wait(Option<i64>),
    Done,
}

/// A stack at work, as its records say.
struct Work {
    key: StackKey,
    stack: Stack,
    operation: Operation,
    resources: BTreeMap<String, StackResource>,
    /// The physical ids of what is to be imported, by logical id.
    imports: BTreeMap<String, String>,
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
        let executed = match &operation.change_set {
            Some(uuid) => CHANGE_SETS.get(cx.tx, key.beside(uuid))?,
            None => None,
        };
        let imports = executed.and_then(|executed| executed.imports).unwrap_or_default();
        let imports = imports.into_iter().collect();
        Ok(Some(Self { key, stack, operation, resources, imports }))
    }

    fn save(&mut self, cx: &mut Cx<'_>, next: Next) -> Result<(), Error> {
        STACKS.put(cx.tx, self.key.id(), &self.stack)?;
        match next {
            Next::Step => {
                OPERATIONS.put(cx.tx, self.key.id(), &self.operation)?;
                enqueue(cx, &self.key, &self.operation.id)
            }
            Next::Wait(until) => self.wait(cx, until),
            Next::Done => self.end(cx),
        }
    }

    /// One step at most stands in the queue for a time to come that is not later than `until`.
    fn wait(&mut self, cx: &mut Cx<'_>, until: Option<i64>) -> Result<(), Error> {
        let now = cx.now().as_millis();
        let alarm = self.operation.alarm.filter(|alarm| *alarm > now);
        if let Some(until) = until.filter(|until| alarm.is_none_or(|alarm| *until < alarm)) {
            self.operation.alarm = Some(until);
            enqueue_at(cx, &self.key, &self.operation.id, Timestamp::from_millis(until))?;
        }
        OPERATIONS.put(cx.tx, self.key.id(), &self.operation)?;
        Ok(())
    }

    fn end(&self, cx: &mut Cx<'_>) -> Result<(), Error> {
        OPERATIONS.delete(cx.tx, self.key.id());
        if let Some(parent) = self.stack.parent_id.as_deref().and_then(Arn::parse) {
            wake(cx, &parent.stack_key())?;
        }
        if let Some(uuid) = &self.operation.change_set {
            let found = CHANGE_SETS.get(cx.tx, self.key.beside(uuid))?;
            if let Some(mut executed) = found {
                change_set::finish(&mut executed, &self.stack.status);
                CHANGE_SETS.put(cx.tx, self.key.beside(uuid), &executed)?;
                change_set::drop_children(cx, &executed)?;
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
        match told(self.operation.imports == Some(true), status) {
            Some(status) => event::of_stack(cx, &self.key, &mut self.stack, status, reason),
            None => Ok(()),
        }
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

    /// Keeps what a run has made of a resource, before its next event.
    fn keep(&mut self, logical_id: &str, record: StackResource) {
        self.resources.insert(logical_id.to_owned(), record);
    }

    /// The resources in one of these states that have not failed, those first that began first.
    fn in_progress(&self, states: &[ResourceStatus]) -> Vec<String> {
        let failed = |name: &String| self.operation.failed.contains(name);
        let mut found: Vec<(u32, &String)> = self
            .resources
            .iter()
            .filter(|(name, resource)| states.contains(&resource.status) && !failed(name))
            .map(|(name, resource)| (resource.order, name))
            .collect();
        found.sort();
        found.into_iter().map(|(_, name)| name.clone()).collect()
    }

    /// Whether a failure ends the operation, whatever else could be done.
    fn gives_up(&self) -> bool {
        let keeps_going = self.operation.on_failure == OnFailure::DoNothing;
        !self.operation.failed.is_empty() && !keeps_going
    }

    /// Gives up what is in progress: it has failed as well.
    fn cancel(&mut self, cx: &mut Cx<'_>) -> Result<(), Error> {
        let states = [CREATING, IMPORTING, ResourceStatus::UpdateInProgress];
        for logical_id in self.in_progress(&states) {
            let Some(record) = self.resources.get_mut(&logical_id) else { continue };
            record.waiting = None;
            let (status, reason) = match record.status {
                CREATING => (ResourceStatus::CreateFailed, "Resource creation cancelled"),
                IMPORTING => (ResourceStatus::ImportFailed, "Resource import cancelled"),
                _ => (ResourceStatus::UpdateFailed, "Resource update cancelled"),
            };
            self.mark(cx, &logical_id, status, Some(reason.to_owned()))?;
            self.operation.failed.push(logical_id);
        }
        Ok(())
    }

    /// Until when the stack is watched before it counts as done; None where that is over.
    fn watched(&mut self, cx: &Cx<'_>) -> Option<i64> {
        let minutes = self.stack.rollback.as_ref().and_then(|rollback| rollback.minutes)?;
        let now = cx.now().as_millis();
        let since = *self.operation.settled.get_or_insert(now);
        let until = since.saturating_add(i64::from(minutes).saturating_mul(60_000));
        (until > now).then_some(until)
    }

    /// `[A, B]`
    fn failed(&self) -> String {
        // What was put aside is noted with its physical id.
        let failed = self.operation.failed.iter();
        let names: Vec<&str> = failed.filter_map(|name| name.split('/').next()).collect();
        format!("[{}]", names.join(", "))
    }
}

const CREATING: ResourceStatus = ResourceStatus::CreateInProgress;
const IMPORTING: ResourceStatus = ResourceStatus::ImportInProgress;

/// What a stack says of an operation: where it only imports, in words of that. None where it says
/// nothing then.
pub fn told(imports: bool, status: StackStatus) -> Option<StackStatus> {
    if !imports {
        return Some(status);
    }
    Some(match status {
        StackStatus::CreateInProgress | StackStatus::UpdateInProgress => {
            StackStatus::ImportInProgress
        }
        StackStatus::CreateComplete | StackStatus::UpdateComplete => StackStatus::ImportComplete,
        StackStatus::CreateFailed
        | StackStatus::UpdateFailed
        | StackStatus::RollbackFailed
        | StackStatus::UpdateRollbackFailed => StackStatus::ImportRollbackFailed,
        StackStatus::RollbackInProgress | StackStatus::UpdateRollbackInProgress => {
            StackStatus::ImportRollbackInProgress
        }
        StackStatus::RollbackComplete | StackStatus::UpdateRollbackComplete => {
            StackStatus::ImportRollbackComplete
        }
        StackStatus::UpdateCompleteCleanupInProgress
        | StackStatus::UpdateRollbackCompleteCleanupInProgress => return None,
        other => other,
    })
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
