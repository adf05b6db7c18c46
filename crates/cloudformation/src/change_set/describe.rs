//! DescribeChangeSet and ListChangeSets.

use api::Timestamp;
use api::cloudformation::{
    self, AttributeChangeType, Capability, ChangeAction, ChangeSetSummary, ChangeSource,
    ChangeType, DescribeChangeSetInput, DescribeChangeSetOutput, EvaluationType,
    ListChangeSetsInput, ListChangeSetsOutput, OnStackFailure, PolicyAction, Replacement,
    RequiresRecreation, ResourceAttribute, ResourceChange, ResourceChangeDetail,
    ResourceTargetDefinition, RollbackConfiguration,
};
use gateway::{Cx, Error};

use super::{Found, find, pending};
use crate::deployment::Deployment;
use crate::tables::{Change, ChangeSet, Detail, Only};
use crate::{error, page, stack};

pub fn describe_change_set(
    cx: &mut Cx<'_>,
    input: DescribeChangeSetInput,
) -> Result<DescribeChangeSetOutput, Error> {
    let found = find(cx, &input.change_set_name, input.stack_name.as_deref())?;
    let Found::ChangeSet(_, _, change_set) = found else {
        return Err(error::no_change_set(&input.change_set_name));
    };
    let values = input.include_property_values.unwrap_or(false);
    let changes = change_set.changes.iter().filter_map(|change| told(change, values)).collect();
    let (page, next_token) =
        page::of(changes, input.next_token.as_deref(), |change| &change.logical_id)?;
    let changes = page.into_iter().map(|change| shown(change, values)).collect();
    let mut change_set = *change_set;
    change_set.reason = change_set.reason.or(change_set.warning.take().filter(|_| values));
    Ok(described(change_set, changes, next_token))
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
        parameters: some(&change_set.parameters)
            .then(|| stack::parameters(&change_set.parameters, change_set.resolved.as_deref())),
        creation_time: Some(Timestamp::from_millis(change_set.created)),
        execution_status: Some(change_set.execution),
        status: Some(change_set.status),
        status_reason: change_set.reason,
        notification_arns: Some(change_set.notification_arns.unwrap_or_default()),
        rollback_configuration: Some(RollbackConfiguration {
            monitoring_time_in_minutes: change_set.rollback.and_then(|rollback| rollback.minutes),
            rollback_triggers: None,
        }),
        capabilities: Some(capabilities.collect()),
        tags: some(&change_set.tags).then(|| stack::pairs(&change_set.tags)),
        changes: Some(changes),
        next_token,
        include_nested_stacks: Some(change_set.include_nested_stacks),
        deployment_config: change_set.deployment.as_ref().map(Deployment::shown),
        import_existing_resources: change_set.import_existing,
        parent_change_set_id: change_set.parent_id,
        root_change_set_id: change_set.root_id,
        on_stack_failure: change_set.on_stack_failure.as_deref().map(OnStackFailure::from),
        ..DescribeChangeSetOutput::default()
    }
}

/// A change with the reasons that are shown with or without values; None where none is left.
fn told(change: &Change, values: bool) -> Option<Change> {
    let mut change = change.clone();
    let other = if values { Only::WithoutValues } else { Only::WithValues };
    let had = change.details.as_ref().is_some_and(|details| !details.is_empty());
    if let Some(details) = &mut change.details {
        details.retain(|detail| detail.only != Some(other));
    }
    let has = change.details.as_ref().is_some_and(|details| !details.is_empty());
    (has || !had).then_some(change)
}

fn shown(change: Change, values: bool) -> cloudformation::Change {
    let given = |text: Option<String>| text.filter(|text| values && !text.is_empty());
    let details = change.details.unwrap_or_default();
    let scope = change.scope.unwrap_or_default();
    cloudformation::Change {
        r#type: Some(ChangeType::Resource),
        resource_change: Some(ResourceChange {
            policy_action: change.policy_action.as_deref().map(PolicyAction::from),
            action: Some(change.action.as_deref().map_or(ChangeAction::Add, ChangeAction::from)),
            logical_resource_id: Some(change.logical_id),
            physical_resource_id: change.physical_id,
            resource_type: Some(change.resource_type),
            replacement: change.replacement.as_deref().map(Replacement::from),
            scope: Some(scope.iter().map(|name| ResourceAttribute::from(name.as_str())).collect()),
            details: Some(details.into_iter().map(|known| detail(known, values)).collect()),
            before_context: given(change.before),
            after_context: given(Some(change.after)),
            change_set_id: change.change_set_id,
            ..ResourceChange::default()
        }),
        ..cloudformation::Change::default()
    }
}

/// What is shown of one reason; its values only where they were asked for.
fn detail(detail: Detail, values: bool) -> ResourceChangeDetail {
    let kind = match (&detail.before, &detail.after) {
        (None, Some(_)) => AttributeChangeType::Add,
        (Some(_), None) => AttributeChangeType::Remove,
        _ => AttributeChangeType::Modify,
    };
    let named = values && detail.name.is_some();
    let path = detail.name.as_ref().map(|name| format!("/Properties/{name}"));
    let evaluation =
        if detail.is_static { EvaluationType::Static } else { EvaluationType::Dynamic };
    ResourceChangeDetail {
        target: Some(ResourceTargetDefinition {
            attribute: Some(ResourceAttribute::from(detail.attribute.as_str())),
            requires_recreation: detail
                .requires_recreation
                .as_deref()
                .map(RequiresRecreation::from),
            path: path.filter(|_| named),
            name: detail.name,
            before_value: detail.before.filter(|_| named),
            after_value: detail.after.filter(|_| named),
            attribute_change_type: named.then_some(kind),
            ..ResourceTargetDefinition::default()
        }),
        evaluation: Some(evaluation),
        change_source: Some(ChangeSource::from(detail.source.as_str())),
        causing_entity: detail.causing_entity,
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
        parent_change_set_id: change_set.parent_id,
        root_change_set_id: change_set.root_id,
        ..ChangeSetSummary::default()
    }
}
