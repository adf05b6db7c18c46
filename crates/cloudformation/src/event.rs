//! The events of a stack: written by the engine, read newest first by DescribeStackEvents.
//!
//! No two events of a stack have the same time, because the ids of resources' events are made of
//! it.

use std::cmp::Reverse;

use api::Timestamp;
use api::cloudformation::{
    self, DescribeStackEventsInput, DescribeStackEventsOutput, ResourceStatus, StackStatus,
};
use gateway::{Cx, Error};

use crate::tables::{EVENTS, Stack, StackEvent, StackKey, StackResource};
use crate::{error, page, stack};

pub const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// Brings the stack into `status` and says so.
///
/// # Errors
/// Only what the store says.
pub fn of_stack(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &mut Stack,
    status: StackStatus,
    reason: Option<String>,
) -> Result<(), Error> {
    let event = StackEvent {
        id: cx.uuid(),
        logical_id: stack.name.clone(),
        physical_id: stack.id.clone(),
        resource_type: STACK_TYPE.to_owned(),
        timestamp: 0,
        status: ResourceStatus::from(status.as_str()),
        reason: reason.clone(),
        properties: None,
        token: None,
        operation_id: None,
        operation_type: None,
    };
    let deletes = matches!(status, StackStatus::DeleteInProgress | StackStatus::RollbackInProgress);
    stack.status = status;
    stack.reason = reason;
    let at = put(cx, key, stack, event)?;
    if deletes {
        stack.deleting = Some(at);
    }
    Ok(())
}

/// Brings a resource into `status` and says so.
///
/// # Errors
/// Only what the store says.
pub fn of_resource(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &mut Stack,
    (logical_id, resource): (&str, &mut StackResource),
    status: ResourceStatus,
    reason: Option<String>,
) -> Result<(), Error> {
    let event = StackEvent {
        id: String::new(),
        logical_id: logical_id.to_owned(),
        physical_id: resource.physical_id.clone().unwrap_or_default(),
        resource_type: resource.resource_type.clone(),
        timestamp: 0,
        status: status.clone(),
        reason: reason.clone(),
        properties: resource.shown.clone(),
        token: None,
        operation_id: None,
        operation_type: None,
    };
    resource.status = status;
    resource.reason = reason;
    resource.timestamp = put(cx, key, stack, event)?;
    Ok(())
}

fn put(
    cx: &mut Cx<'_>,
    key: &StackKey,
    stack: &mut Stack,
    mut event: StackEvent,
) -> Result<i64, Error> {
    stack.last_event = cx.now().as_millis().max(stack.last_event.saturating_add(1));
    stack.events = stack.events.saturating_add(1);
    event.timestamp = stack.last_event;
    event.token.clone_from(&stack.token);
    event.operation_id.clone_from(&stack.operation_id);
    event.operation_type.clone_from(&stack.operation_type);
    if event.id.is_empty() {
        let at = Timestamp::from_millis(event.timestamp).iso8601_millis();
        event.id = format!("{}-{}-{at}", event.logical_id, event.status.as_str());
    }
    let (account, region, uuid) = key.id();
    EVENTS.put(cx.tx, (account, region, uuid, Reverse(stack.events)), &event)?;
    Ok(event.timestamp)
}

pub fn describe_stack_events(
    cx: &mut Cx<'_>,
    input: DescribeStackEventsInput,
) -> Result<DescribeStackEventsOutput, Error> {
    let found = stack::find(cx, &input.stack_name)?;
    let (key, stack) = found.ok_or_else(|| error::no_stack(&input.stack_name))?;
    let mut range = EVENTS.prefix(key.id());
    if let Some(place) = page::place(input.next_token.as_deref())? {
        let number: u64 = place.parse().map_err(|_| page::invalid())?;
        let (account, region, uuid) = key.id();
        range = range.after(&EVENTS.key((account, region, uuid, Reverse(number))));
    }
    let rows = EVENTS.scan(cx.tx, range, page::SIZE)?;
    let last = rows.last().map(|((.., Reverse(number)), _)| *number);
    let next_token =
        last.filter(|number| *number > 1).map(|number| page::token(&number.to_string()));
    let events = rows.into_iter().map(|(_, event)| shown(&stack, event)).collect();
    Ok(DescribeStackEventsOutput { stack_events: Some(events), next_token })
}

fn shown(stack: &Stack, event: StackEvent) -> cloudformation::StackEvent {
    cloudformation::StackEvent {
        stack_id: stack.id.clone(),
        event_id: event.id,
        stack_name: stack.name.clone(),
        logical_resource_id: Some(event.logical_id),
        physical_resource_id: Some(event.physical_id),
        resource_type: Some(event.resource_type),
        timestamp: Timestamp::from_millis(event.timestamp),
        resource_status: Some(event.status),
        resource_status_reason: event.reason,
        resource_properties: event.properties,
        client_request_token: event.token,
        ..cloudformation::StackEvent::default()
    }
}
