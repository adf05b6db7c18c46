//! DescribeChangeSet and ListChangeSets.

use api::Timestamp;
use api::cloudformation::{
    self, Capability, ChangeAction, ChangeSetSummary, ChangeType, DescribeChangeSetInput,
    DescribeChangeSetOutput, ListChangeSetsInput, ListChangeSetsOutput, OnStackFailure,
    ResourceChange, RollbackConfiguration,
};
use gateway::{Cx, Error};

use super::{Found, find, pending};
use crate::tables::{Change, ChangeSet};
use crate::{error, page, stack};

pub fn describe_change_set(
    cx: &mut Cx<'_>,
    input: DescribeChangeSetInput,
) -> Result<DescribeChangeSetOutput, Error> {
    let found = find(cx, &input.change_set_name, input.stack_name.as_deref())?;
    let Found::ChangeSet(_, _, change_set) = found else {
        return Err(error::no_change_set(&input.change_set_name));
    };
    let changes = change_set.changes.clone();
    let (page, next_token) =
        page::of(changes, input.next_token.as_deref(), |change| &change.logical_id)?;
    let values = input.include_property_values.unwrap_or(false);
    let changes = page.into_iter().map(|change| addition(change, values)).collect();
    Ok(described(*change_set, changes, next_token))
}

pub fn list_change_sets(
    cx: &mut Cx<'_>,
    input: ListChangeSetsInput,
) -> Result<ListChangeSetsOutput, Error> {
    let found = stack::find(cx, &input.stack_name)?;
    let (key, _) = found.ok_or_else(|| error::no_stack(&input.stack_name))?;
    let pending = pending(cx, &key)?;
    let (page, next_token) = page::of(pending, input.next_token.as_deref(), |(uuid, _)| uuid)?;
    let summaries = page.into_iter().map(|(_, change_set)| summary(change_set)).collect();
    Ok(ListChangeSetsOutput { summaries: Some(summaries), next_token })
}

fn described(
    change_set: ChangeSet,
    changes: Vec<cloudformation::Change>,
    next_token: Option<String>,
) -> DescribeChangeSetOutput {
    let some = |list: &[(String, String)]| !list.is_empty();
    let capabilities = change_set.capabilities.iter().map(|name| Capability::from(name.as_str()));
    DescribeChangeSetOutput {
        change_set_name: Some(change_set.name),
        change_set_id: Some(change_set.id),
        stack_id: Some(change_set.stack_id),
        stack_name: Some(change_set.stack_name),
        description: change_set.description,
        parameters: some(&change_set.parameters).then(|| stack::parameters(&change_set.parameters)),
        creation_time: Some(Timestamp::from_millis(change_set.created)),
        execution_status: Some(change_set.execution),
        status: Some(change_set.status),
        status_reason: change_set.reason,
        notification_arns: Some(Vec::new()),
        rollback_configuration: Some(RollbackConfiguration::default()),
        capabilities: Some(capabilities.collect()),
        tags: some(&change_set.tags).then(|| stack::pairs(&change_set.tags)),
        changes: Some(changes),
        next_token,
        include_nested_stacks: Some(change_set.include_nested_stacks),
        on_stack_failure: change_set.on_stack_failure.as_deref().map(OnStackFailure::from),
        ..DescribeChangeSetOutput::default()
    }
}

fn addition(change: Change, values: bool) -> cloudformation::Change {
    cloudformation::Change {
        r#type: Some(ChangeType::Resource),
        resource_change: Some(ResourceChange {
            action: Some(ChangeAction::Add),
            logical_resource_id: Some(change.logical_id),
            resource_type: Some(change.resource_type),
            scope: Some(Vec::new()),
            details: Some(Vec::new()),
            after_context: values.then_some(change.after),
            ..ResourceChange::default()
        }),
        ..cloudformation::Change::default()
    }
}

fn summary(change_set: ChangeSet) -> ChangeSetSummary {
    ChangeSetSummary {
        stack_id: Some(change_set.stack_id),
        stack_name: Some(change_set.stack_name),
        change_set_id: Some(change_set.id),
        change_set_name: Some(change_set.name),
        execution_status: Some(change_set.execution),
        status: Some(change_set.status),
        status_reason: change_set.reason,
        creation_time: Some(Timestamp::from_millis(change_set.created)),
        description: change_set.description,
        include_nested_stacks: Some(change_set.include_nested_stacks),
        ..ChangeSetSummary::default()
    }
}
