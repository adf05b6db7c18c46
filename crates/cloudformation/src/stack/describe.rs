//! DescribeStacks, ListStacks, UpdateTerminationProtection.

use api::Timestamp;
use api::cloudformation::{
    self, Capability, DeletionMode, DescribeStacksInput, DescribeStacksOutput, ListStacksInput,
    ListStacksOutput, Parameter, RollbackConfiguration, StackDriftInformation,
    StackDriftInformationSummary, StackDriftStatus, StackStatus, StackSummary, Tag,
    UpdateTerminationProtectionInput, UpdateTerminationProtectionOutput,
};
use gateway::{Cx, Error};

use super::find;
use crate::deployment::Deployment;
use crate::error;
use crate::page;
use crate::shown_order;
use crate::tables::{ALL, Output, STACKS, Stack};

pub fn describe_stacks(
    cx: &mut Cx<'_>,
    input: DescribeStacksInput,
) -> Result<DescribeStacksOutput, Error> {
    if let Some(name) = &input.stack_name {
        let found = find(cx, name)?;
        let (_, stack) = found.ok_or_else(|| error::no_stack_with_id(name))?;
        return Ok(DescribeStacksOutput {
            stacks: Some(vec![described(&stack)]),
            next_token: None,
        });
    }
    let stacks = all(cx, |stack| stack.status != StackStatus::DeleteComplete)?;
    let (page, next_token) = page::of(stacks, input.next_token.as_deref(), |stack| &stack.id)?;
    Ok(DescribeStacksOutput { stacks: Some(page.iter().map(described).collect()), next_token })
}

pub fn list_stacks(cx: &mut Cx<'_>, input: ListStacksInput) -> Result<ListStacksOutput, Error> {
    let wanted = input.stack_status_filter.unwrap_or_default();
    let stacks = all(cx, |stack| wanted.is_empty() || wanted.contains(&stack.status))?;
    let (page, next_token) = page::of(stacks, input.next_token.as_deref(), |stack| &stack.id)?;
    Ok(ListStacksOutput { stack_summaries: Some(page.iter().map(summary).collect()), next_token })
}

pub fn update_termination_protection(
    cx: &mut Cx<'_>,
    input: UpdateTerminationProtectionInput,
) -> Result<UpdateTerminationProtectionOutput, Error> {
    let found = find(cx, &input.stack_name)?;
    let found = found.filter(|(_, stack)| stack.status != StackStatus::DeleteComplete);
    let (key, mut stack) = found.ok_or_else(|| error::no_stack(&input.stack_name))?;
    stack.termination_protection = input.enable_termination_protection;
    STACKS.put(cx.tx, key.id(), &stack)?;
    Ok(UpdateTerminationProtectionOutput { stack_id: Some(stack.id) })
}

/// The stacks of the account and region that `wanted` admits, newest first; those deleted long ago
/// are none.
fn all(cx: &Cx<'_>, wanted: impl Fn(&Stack) -> bool) -> Result<Vec<Stack>, Error> {
    let horizon = cx.now().as_millis().saturating_sub(super::DELETED_MILLIS);
    let range = STACKS.prefix((cx.account().number(), cx.region()));
    let rows = STACKS.scan(cx.tx, range, ALL)?.into_iter().map(|(_, stack)| stack);
    let live = |stack: &Stack| stack.deleted.is_none_or(|deleted| deleted > horizon);
    let mut stacks: Vec<Stack> = rows.filter(|stack| live(stack) && wanted(stack)).collect();
    stacks.sort_by(|one, other| (other.created, &other.id).cmp(&(one.created, &one.id)));
    Ok(stacks)
}

fn described(stack: &Stack) -> cloudformation::Stack {
    let deleted = stack.status == StackStatus::DeleteComplete;
    let rolls_back = matches!(
        stack.status,
        StackStatus::RollbackInProgress
            | StackStatus::RollbackComplete
            | StackStatus::RollbackFailed
    );
    cloudformation::Stack {
        stack_id: Some(stack.id.clone()),
        stack_name: stack.name.clone(),
        change_set_id: stack.change_set_id.clone().filter(|_| !deleted && !rolls_back),
        description: stack.description.clone(),
        parameters: listed(parameters(&stack.parameters, stack.resolved.as_deref())),
        creation_time: Timestamp::from_millis(stack.created),
        deletion_time: stack.deleted.or(stack.deleting).map(Timestamp::from_millis),
        last_updated_time: stack.updated.map(Timestamp::from_millis),
        rollback_configuration: Some(RollbackConfiguration {
            monitoring_time_in_minutes: stack.rollback.as_ref().and_then(|it| it.minutes),
            rollback_triggers: None,
        }),
        stack_status: stack.status.clone(),
        stack_status_reason: stack.reason.clone(),
        disable_rollback: Some(stack.disable_rollback),
        deployment_config: stack.deployment.as_ref().map(Deployment::shown),
        notification_arns: Some(stack.notification_arns.clone().unwrap_or_default()),
        parent_id: stack.parent_id.clone(),
        root_id: stack.root_id.clone(),
        timeout_in_minutes: stack.timeout_in_minutes,
        capabilities: listed(
            stack.capabilities.iter().map(|name| Capability::from(name.as_str())).collect(),
        ),
        outputs: listed(stack.outputs.iter().map(output).collect()),
        role_arn: stack.role_arn.clone(),
        tags: Some(pairs(&stack.tags)),
        enable_termination_protection: (!deleted).then_some(stack.termination_protection),
        drift_information: Some(StackDriftInformation {
            stack_drift_status: StackDriftStatus::NotChecked,
            last_check_timestamp: None,
        }),
        retain_except_on_create: stack.retain_except_on_create,
        deletion_mode: stack.deletion_mode.as_deref().map(DeletionMode::from),
        ..cloudformation::Stack::default()
    }
}

fn summary(stack: &Stack) -> StackSummary {
    StackSummary {
        stack_id: Some(stack.id.clone()),
        stack_name: stack.name.clone(),
        template_description: stack.description.clone(),
        creation_time: Timestamp::from_millis(stack.created),
        last_updated_time: stack.updated.map(Timestamp::from_millis),
        deletion_time: stack.deleted.or(stack.deleting).map(Timestamp::from_millis),
        stack_status: stack.status.clone(),
        stack_status_reason: stack.reason.clone(),
        parent_id: stack.parent_id.clone(),
        root_id: stack.root_id.clone(),
        drift_information: Some(StackDriftInformationSummary {
            stack_drift_status: StackDriftStatus::NotChecked,
            last_check_timestamp: None,
        }),
        ..StackSummary::default()
    }
}

fn output(output: &Output) -> cloudformation::Output {
    cloudformation::Output {
        output_key: Some(output.key.clone()),
        output_value: Some(output.value.clone()),
        description: output.description.clone(),
        export_name: output.export.clone(),
    }
}

/// AWS leaves out what is empty, tags and a few others excepted.
fn listed<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Parameters as the API shows them: by name, with what they stood for in Parameter Store.
pub fn parameters(
    shown: &[(String, String)],
    resolved: Option<&[(String, String)]>,
) -> Vec<Parameter> {
    let value = |name: &String| resolved?.iter().find(|(other, _)| other == name);
    let mut shown: Vec<_> = shown.iter().collect();
    shown.sort();
    let shown = shown_order::hashed(shown, |(name, _)| name);
    let parameters = shown.into_iter().map(|(name, text)| Parameter {
        parameter_key: Some(name.clone()),
        parameter_value: Some(text.clone()),
        resolved_value: value(name).map(|(_, value)| value.clone()),
        ..Parameter::default()
    });
    parameters.collect()
}

/// Tags as the API shows them.
pub fn pairs(tags: &[(String, String)]) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}
