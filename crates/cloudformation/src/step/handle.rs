//! One run of a type's handler for a resource, and the wait for what it has begun.

use gateway::{Caller, Cx, Error};

use super::{Next, Work, create, fault};
use crate::dynamic_reference;
use crate::resource::{self, Action, Failure, Progress, Request, Type};
use crate::schema::Schemas;
use crate::tables::{Sealed, StackResource};
use crate::template::Map;

/// How many resources one step works on: what of them is done commits together.
pub(super) const BATCH: usize = 16;

/// Of what state, to what state. Where the stack waits for the resource already, both are as its
/// record has them.
pub(super) struct Run {
    pub action: Action,
    pub from: Sealed,
    pub to: Map,
}

/// What came of a run, or the reason of its failure.
pub(super) type Outcome = Result<Progress, String>;

/// What a step has found among the resources in progress.
#[derive(Default)]
pub(super) struct Pace {
    worked: usize,
    waits: bool,
    until: Option<i64>,
}

impl Pace {
    pub const fn has_room(&self) -> bool {
        self.worked < BATCH
    }

    pub const fn worked(&mut self) {
        self.worked = self.worked.saturating_add(1);
    }

    pub fn note(&mut self, progress: Progress) {
        match progress {
            Progress::Done => self.worked(),
            Progress::Waiting { until } => {
                self.waits = true;
                self.until = [self.until, until].into_iter().flatten().min();
            }
        }
    }

    /// Another step at once where there was work, later where something is waited for; None where
    /// nothing is in progress.
    pub fn next(&self, until: Option<i64>) -> Option<Next> {
        if self.worked > 0 {
            return Some(Next::Step);
        }
        let until = [self.until, until].into_iter().flatten().min();
        self.waits.then_some(Next::Wait(until))
    }
}

/// Lets the type's handler do it, unless the stack waits for that already; then asks how far it is.
/// What was made before a failure stays in the record, with its physical id.
pub(super) fn run(
    cx: &mut Cx<'_>,
    work: &Work,
    logical_id: &str,
    record: &mut StackResource,
    run: Run,
) -> Result<Outcome, Error> {
    let caller = match work.caller(cx)? {
        Ok(caller) => caller,
        Err(reason) => return Ok(Err(reason)),
    };
    let Some(kind) = resource::find(&record.resource_type) else {
        let name = &record.resource_type;
        return Ok(Err(format!("Resource type {name} is not implemented by this server.")));
    };
    let Run { action, from, to } = run;
    let given = match given(cx, &caller, (logical_id, record), (action, &from, &to)) {
        Ok(given) => given,
        Err(Failure::House(error)) => return Err(error),
        Err(Failure::Plain(reason)) => return Ok(Err(reason)),
        Err(Failure::Handler { message, code }) => {
            return Ok(Err(resource::reason(cx, &message, code)));
        }
    };
    let place = (&work.key, &work.stack);
    let mut request = Request::new(cx, &caller, place, kind, logical_id, given);
    request.old = from.applied();
    request.old_tags = from.stack_tags.unwrap_or_default();
    request.physical_id.clone_from(&record.physical_id);
    request.attributes = from.attributes;
    request.waiting_since = record.waiting;
    request.creation_policy = record.creation_policy;
    let result = begin(&mut request, kind, action);
    let Request { physical_id, attributes, properties: applied, .. } = request;
    let changes = matches!(action, Action::Update | Action::Import) && result.is_ok();
    if action == Action::Create || changes {
        record.physical_id = physical_id;
        let sealed = Sealed::new(&to, attributes, &work.stack.tags).applied_as(&applied);
        record.seal(cx, &work.key, &sealed)?;
    }
    let waits = matches!(result, Ok(Progress::Waiting { .. }));
    record.waiting = waits.then(|| record.waiting.unwrap_or_else(|| cx.now().as_millis()));
    match result {
        Ok(progress) => Ok(Ok(progress)),
        // What is gone already is what was asked for.
        Err(Failure::Handler { code: "NotFound", .. }) if action == Action::Delete => {
            Ok(Ok(Progress::Done))
        }
        Err(Failure::House(error)) => Err(error),
        Err(Failure::Plain(reason)) => Ok(Err(reason)),
        Err(Failure::Handler { message, code }) => Ok(Err(resource::reason(cx, &message, code))),
    }
}

/// What the handler is given: the properties with what their dynamic references stand for. What
/// was given once is not asked for again.
fn given(
    cx: &mut Cx<'_>,
    caller: &Caller,
    (logical_id, record): (&str, &StackResource),
    (action, from, to): (Action, &Sealed, &Map),
) -> Result<Map, Failure> {
    if action == Action::Delete || record.waiting.is_some() {
        return Ok(from.applied());
    }
    if !dynamic_reference::is_in(to) {
        return Ok(to.clone());
    }
    let resolved = dynamic_reference::resolve(cx, caller, to)?;
    let Some(schema) = Schemas::bundled().get(&record.resource_type) else { return Ok(resolved) };
    let checked = schema.validate(logical_id, &resolved);
    checked.map_err(|fault| Failure::Plain(create::violation(&fault.to_string())))
}

fn begin(request: &mut Request<'_, '_>, kind: &Type, action: Action) -> Result<Progress, Failure> {
    // A look where nothing is waited for is the first run: so deletions begin.
    if request.waiting_since.is_none() {
        let handler = match action {
            Action::Create => kind.create,
            Action::Import => kind.read.ok_or_else(|| not_importable(kind.name))?,
            Action::Update => kind.update,
            Action::Delete => kind.delete,
        };
        handler(request)?;
    }
    kind.wait.map_or(Ok(Progress::Done), |wait| wait(request, action))
}

fn not_importable(kind: &str) -> Failure {
    Failure::Plain(format!("ResourceTypes [{kind}] are not supported for Import"))
}

/// Runs with what the record has alone: a deletion, or a look at what the stack waits for.
pub(super) fn look(
    cx: &mut Cx<'_>,
    work: &Work,
    logical_id: &str,
    record: &mut StackResource,
    action: Action,
) -> Result<Outcome, Error> {
    let from = match fault(record.open(cx.keyring(), &work.key))? {
        Ok(sealed) => sealed,
        Err(reason) => return Ok(Err(reason)),
    };
    let to = from.properties();
    run(cx, work, logical_id, record, Run { action, from, to })
}

/// Looks how far a resource is that the stack waits for; else has `begin` work on it, where there is
/// room. None where there is none.
pub(super) fn bring_on(
    cx: &mut Cx<'_>,
    work: &mut Work,
    (logical_id, mut record): (&str, StackResource),
    (action, pace): (Action, &Pace),
    begin: impl FnOnce(&mut Cx<'_>, &mut Work, StackResource) -> Result<Outcome, Error>,
) -> Result<Option<Outcome>, Error> {
    if record.waiting.is_none() {
        return if pace.has_room() { begin(cx, work, record).map(Some) } else { Ok(None) };
    }
    let outcome = look(cx, work, logical_id, &mut record, action)?;
    if record.waiting.is_none() {
        work.keep(logical_id, record);
    }
    Ok(Some(outcome))
}
