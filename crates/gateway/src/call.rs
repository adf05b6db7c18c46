//! Calls inside the house: one service uses another through the same door as any client.

use api::{Operation, OperationShape, Structure};

use crate::authenticate::Who;
use crate::decisions::Record;
use crate::error::common;
use crate::request::RequestFacts;
use crate::service::{Entry, Handler, Input, Output};
use crate::stream::Outgoing;
use crate::{Caller, Cx, Error, authorize, event};

/// Authorizes, handles and records `O` as `caller`, in the transaction of `cx`.
pub fn call<O: Operation>(
    cx: &mut Cx<'_>,
    caller: &Caller,
    input: O::Input,
) -> Result<O::Output, Error> {
    within(
        cx,
        caller,
        O::SHAPE,
        &input,
        |output| output,
        |inner| {
            let entry = admitted(inner, O::SHAPE, &input)?;
            let Handler::Plain(handler) = &entry.handler else {
                return Err(Error::internal("a call of an operation that streams"));
            };
            output::<O>(handler(inner, Box::new(O::Input::clone(&input)))?)
        },
    )
}

/// The same for an operation whose answer streams an object's bytes.
pub fn download<O: Operation>(
    cx: &mut Cx<'_>,
    caller: &Caller,
    input: O::Input,
) -> Result<(O::Output, Outgoing), Error> {
    within(
        cx,
        caller,
        O::SHAPE,
        &input,
        |(output, _)| output,
        |inner| {
            let entry = admitted(inner, O::SHAPE, &input)?;
            let Handler::Download(handler) = &entry.handler else {
                return Err(Error::internal("a download of an operation that does not stream"));
            };
            let (known, body) = handler(inner, Box::new(O::Input::clone(&input)))?;
            Ok((output::<O>(known)?, body))
        },
    )
}

/// Runs what a call does with a context of its own, and keeps nothing of it where it failed.
fn within<T>(
    cx: &mut Cx<'_>,
    caller: &Caller,
    shape: &'static OperationShape,
    input: &dyn Input,
    answered: impl Fn(&T) -> &dyn Structure,
    run: impl FnOnce(&mut Cx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let core = cx.core;
    let service = core
        .service(shape.service)
        .ok_or_else(|| Error::internal("a call of a service that is not served"))?;
    // One transaction, one moment.
    let (wall, now) = (cx.request.wall, cx.request.now);
    let facts = RequestFacts { wall, now, ..RequestFacts::of_service(core, &cx.request.region) };
    let who = Who::of_caller(core, cx.tx, caller.clone(), facts.now)?;
    let before = cx.tx.savepoint();
    let mut inner = Cx::new(cx.tx, core, service, shape.name, &who, &facts);
    let result = run(&mut inner);
    let fault = result.as_ref().err().filter(|error| error.is(common::SERVICE_UNAVAILABLE));
    let fault = inner.fault.take().or_else(|| fault.cloned());
    let mut events = std::mem::take(&mut inner.events);
    let input = Some(input.as_structure());
    let outcome = result.as_ref().map(answered);
    events.push(event::Event::new(core, &who, &facts, shape, input, outcome));
    if result.is_err() {
        cx.tx.rollback(before);
    }
    for call in who.trail.take_calls() {
        cx.who.trail.add_call(call);
    }
    let operation = (service.shape, shape.name);
    cx.who.trail.add_call(Record::new(Box::new(who), &facts, operation, result.as_ref().err()));
    cx.events.append(&mut events);
    cx.fault = cx.fault.take().or(fault);
    result
}

/// The entry of an operation whose input is well-formed and which the caller may call.
fn admitted<'c>(
    cx: &mut Cx<'c>,
    shape: &'static OperationShape,
    input: &dyn Input,
) -> Result<&'c Entry, Error> {
    let structure = input.as_structure();
    wire::validate(shape, structure).map_err(|invalid| crate::invalid::error(shape, &invalid))?;
    authorize::gate(cx, structure)?;
    let service = cx.service;
    service.served(shape.name).ok_or_else(|| authorize::unmapped(cx))
}

fn output<O: Operation>(output: Box<dyn Output>) -> Result<O::Output, Error> {
    let output = output.into_any().downcast::<O::Output>();
    output.map(|output| *output).map_err(|_| Error::internal("another operation's output"))
}
