//! Calls inside the house: one service uses another through the same door as any client.

use api::Operation;

use crate::authenticate::Who;
use crate::error::common;
use crate::request::RequestFacts;
use crate::service::{Handler, Input};
use crate::{Caller, Cx, Error, authorize, event};

/// Authorizes, handles and records `O` as `caller`, in the transaction of `cx`.
pub fn call<O: Operation>(
    cx: &mut Cx<'_>,
    caller: &Caller,
    input: O::Input,
) -> Result<O::Output, Error> {
    let core = cx.core;
    let service = core
        .service(O::SHAPE.service)
        .ok_or_else(|| Error::internal("a call of a service that is not served"))?;
    // One transaction, one moment.
    let (wall, now) = (cx.request.wall, cx.request.now);
    let facts = RequestFacts { wall, now, ..RequestFacts::of_service(core, &cx.request.region) };
    let who = Who::of_caller(core, cx.tx, caller.clone(), facts.now)?;
    let before = cx.tx.savepoint();
    let mut inner = Cx::new(cx.tx, core, service, O::SHAPE.name, &who, &facts);
    let result = run::<O>(&mut inner, &input);
    let fault = result.as_ref().err().filter(|error| error.is(common::SERVICE_UNAVAILABLE));
    let fault = inner.fault.take().or_else(|| fault.cloned());
    let mut events = std::mem::take(&mut inner.events);
    events.push(event::Event::new(
        core,
        &who,
        &facts,
        O::SHAPE,
        Some(&input),
        result.as_ref().err(),
    ));
    if result.is_err() {
        cx.tx.rollback(before);
    }
    cx.events.append(&mut events);
    cx.fault = cx.fault.take().or(fault);
    result
}

fn run<O: Operation>(cx: &mut Cx<'_>, input: &O::Input) -> Result<O::Output, Error> {
    wire::validate(O::SHAPE, input).map_err(|invalid| crate::invalid::error(O::SHAPE, &invalid))?;
    authorize::gate(cx, input)?;
    let entry = cx.service.served(O::SHAPE.name).ok_or_else(|| authorize::unmapped(cx))?;
    let Handler::Plain(handler) = &entry.handler else {
        return Err(Error::internal("a call of an operation that streams"));
    };
    let input: Box<dyn Input> = Box::new(O::Input::clone(input));
    let output = handler(cx, input)?;
    let output = output.into_any().downcast::<O::Output>();
    output.map(|output| *output).map_err(|_| Error::internal("another operation's output"))
}
