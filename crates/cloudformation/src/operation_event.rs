//! DescribeEvents: the events of a stack, or of one operation on it, newest first.
//!
//! Nothing is told of hooks and validations: there are none here.
//! AWS: API reference, DescribeEvents, OperationEvent.

use std::cmp::Reverse;

use api::Timestamp;
use api::cloudformation::{
    BeaconStackOperationStatus, DescribeEventsInput, DescribeEventsOutput, EventType,
    OperationEvent, OperationType,
};
use gateway::{Cx, Error};

use crate::change_set::{self, Found};
use crate::tables::{ALL, EVENTS, STACKS, Stack, StackEvent, StackKey};
use crate::{error, event, page, stack};

pub fn describe_events(
    cx: &mut Cx<'_>,
    input: DescribeEventsInput,
) -> Result<DescribeEventsOutput, Error> {
    let Some((key, stack)) = asked_for(cx, &input)? else {
        return Ok(DescribeEventsOutput { operation_events: Some(Vec::new()), next_token: None });
    };
    let failures = input.filters.and_then(|filters| filters.failed_events) == Some(true);
    let wanted = |event: &StackEvent| {
        let meant = input.operation_id.is_none() || event.operation_id == input.operation_id;
        meant && (!failures || event.status.as_str().ends_with("_FAILED"))
    };
    let mut place = match page::place(input.next_token.as_deref())? {
        Some(place) => Some(place.parse().map_err(|_| page::invalid())?),
        None => None,
    };
    let mut events = Vec::new();
    // One more than a page holds tells whether there is another page.
    while events.len() <= page::SIZE {
        let rows = rows(cx, &key, place)?;
        let Some((last, _)) = rows.last() else { break };
        place = Some(*last);
        events.extend(rows.into_iter().filter(|(_, event)| wanted(event)));
    }
    let more = events.len() > page::SIZE;
    events.truncate(page::SIZE);
    let last = events.last().filter(|_| more);
    let next_token = last.map(|(number, _)| page::token(&number.to_string()));
    let shown = events.into_iter().map(|(_, event)| shown(&stack, event)).collect();
    Ok(DescribeEventsOutput { operation_events: Some(shown), next_token })
}

/// The events behind `place`, as many as a page holds, with their numbers.
fn rows(cx: &Cx<'_>, key: &StackKey, place: Option<u64>) -> Result<Vec<(u64, StackEvent)>, Error> {
    let mut range = EVENTS.prefix(key.id());
    if let Some(number) = place {
        let (account, region, uuid) = key.id();
        range = range.after(&EVENTS.key((account, region, uuid, Reverse(number))));
    }
    let rows = EVENTS.scan(cx.tx, range, page::SIZE)?;
    Ok(rows.into_iter().map(|((.., Reverse(number)), event)| (number, event)).collect())
}

/// The stack whose events are asked for; None where a change set is, of which there is nothing to
/// tell. (sentences unverified)
fn asked_for(cx: &Cx<'_>, input: &DescribeEventsInput) -> Result<Option<(StackKey, Stack)>, Error> {
    if let Some(name) = &input.change_set_name {
        let found = change_set::find(cx, name, input.stack_name.as_deref())?;
        return match found {
            Found::ChangeSet(..) => Ok(None),
            Found::Nothing => Err(error::no_change_set(name)),
        };
    }
    if let Some(name) = &input.stack_name {
        let found = stack::find(cx, name)?;
        return found.map(Some).ok_or_else(|| error::no_stack(name));
    }
    let Some(id) = &input.operation_id else {
        let message = "Either StackName, ChangeSetName or OperationId must be specified.";
        return Err(Error::validation(message));
    };
    let found = of_operation(cx, id)?;
    let missing = || Error::validation(format!("Operation [{id}] does not exist"));
    found.map(Some).ok_or_else(missing)
}

/// The stack of an operation.
fn of_operation(cx: &Cx<'_>, id: &str) -> Result<Option<(StackKey, Stack)>, Error> {
    let (account, region) = (cx.account(), cx.region());
    for ((.., uuid), stack) in STACKS.scan(cx.tx, STACKS.prefix((account.number(), region)), ALL)? {
        let key = StackKey { account, region: region.to_owned(), uuid };
        let events = EVENTS.scan(cx.tx, EVENTS.prefix(key.id()), ALL)?;
        if events.iter().any(|(_, event)| event.operation_id.as_deref() == Some(id)) {
            return Ok(Some((key, stack)));
        }
    }
    Ok(None)
}

fn shown(stack: &Stack, event: StackEvent) -> OperationEvent {
    let of_stack = event.resource_type == event::STACK_TYPE && event.physical_id == stack.id;
    let status = event.status.as_str();
    let failed = status.ends_with("_FAILED");
    let event_type = match (of_stack, failed) {
        (true, _) => EventType::StackEvent,
        (false, true) => EventType::ProvisioningError,
        (false, false) => EventType::ProgressEvent,
    };
    let operation_status = of_stack.then(|| match status {
        _ if failed || status.ends_with("ROLLBACK_COMPLETE") => BeaconStackOperationStatus::Failed,
        _ if status.ends_with("_COMPLETE") => BeaconStackOperationStatus::Succeeded,
        _ => BeaconStackOperationStatus::InProgress,
    });
    OperationEvent {
        event_id: Some(event.id),
        stack_id: Some(stack.id.clone()),
        operation_id: event.operation_id,
        operation_type: event.operation_type.as_deref().map(OperationType::from),
        operation_status,
        event_type: Some(event_type),
        logical_resource_id: Some(event.logical_id),
        physical_resource_id: Some(event.physical_id),
        resource_type: Some(event.resource_type),
        timestamp: Some(Timestamp::from_millis(event.timestamp)),
        resource_status: Some(event.status),
        resource_status_reason: event.reason,
        resource_properties: event.properties,
        client_request_token: event.token,
        ..OperationEvent::default()
    }
}
