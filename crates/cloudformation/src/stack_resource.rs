//! The resources of a stack as the API shows them.
//!
//! AWS: API reference, DescribeStackResource, DescribeStackResources, ListStackResources.

use api::Timestamp;
use api::cloudformation::{
    self, DescribeStackResourceInput, DescribeStackResourceOutput, DescribeStackResourcesInput,
    DescribeStackResourcesOutput, ListStackResourcesInput, ListStackResourcesOutput,
    ResourceStatus, StackResourceDetail, StackResourceDriftInformation,
    StackResourceDriftInformationSummary, StackResourceDriftStatus, StackResourceSummary,
    StackStatus,
};
use gateway::{Cx, Error};

use crate::proposal::Proposal;
use crate::step::is_ours;
use crate::tables::{ALL, CURRENT, NAMES, RESOURCES, STACKS, Stack, StackKey, StackResource};
use crate::{error, page, stack};

pub fn describe_stack_resource(
    cx: &mut Cx<'_>,
    input: DescribeStackResourceInput,
) -> Result<DescribeStackResourceOutput, Error> {
    let found = stack::find(cx, &input.stack_name)?;
    let name = &input.stack_name;
    let missing = || Error::validation(format!("Stack '{name}' does not exist"));
    let (key, stack) = found.ok_or_else(missing)?;
    let logical_id = input.logical_resource_id;
    let found = RESOURCES.get(cx.tx, key.part(&logical_id))?;
    let found = found.filter(|resource| {
        stack.status == StackStatus::DeleteComplete
            || resource.status != ResourceStatus::DeleteComplete
    });
    let resource = found.ok_or_else(|| error::no_resource(&logical_id, &input.stack_name))?;
    let metadata = metadata(cx, &key, &stack, &logical_id)?;
    let detail = StackResourceDetail {
        stack_name: Some(stack.name),
        stack_id: Some(stack.id),
        logical_resource_id: logical_id,
        physical_resource_id: resource.physical_id,
        resource_type: resource.resource_type,
        last_updated_timestamp: Timestamp::from_millis(resource.timestamp),
        resource_status: resource.status,
        resource_status_reason: resource.reason,
        metadata: Some(metadata),
        drift_information: Some(not_checked()),
        ..StackResourceDetail::default()
    };
    Ok(DescribeStackResourceOutput { stack_resource_detail: Some(detail) })
}

/// The Metadata of a resource as JSON text: nothing of it is masked, as on AWS (recorded).
fn metadata(cx: &Cx<'_>, key: &StackKey, stack: &Stack, logical_id: &str) -> Result<String, Error> {
    const NONE: &str = "{}";
    let proposal = match Proposal::load(cx, key, &stack.name, CURRENT) {
        Ok(proposal) => proposal,
        Err(error) if is_ours(&error) => return Err(error),
        Err(_) => return Ok(NONE.to_owned()),
    };
    let resources = all(cx, key)?.into_iter().collect();
    let world = proposal.world(cx, key, &resources)?;
    let declared = proposal.template.resources.get(logical_id);
    let metadata = declared.and_then(|resource| resource.metadata.as_ref());
    let resolved = metadata.and_then(|value| proposal.scope(&world).resolve(value).ok().flatten());
    Ok(resolved.map_or_else(|| NONE.to_owned(), |value| value.to_json_text()))
}

pub fn describe_stack_resources(
    cx: &mut Cx<'_>,
    input: DescribeStackResourcesInput,
) -> Result<DescribeStackResourcesOutput, Error> {
    let (key, stack) = match (&input.stack_name, &input.physical_resource_id) {
        (Some(name), None) => existing(cx, name)?,
        (None, Some(physical_id)) => holder(cx, physical_id)?
            .ok_or_else(|| Error::validation(format!("Stack for {physical_id} does not exist")))?,
        // (unverified)
        _ => {
            let message = "You must specify either StackName or PhysicalResourceId, but not both.";
            return Err(Error::validation(message));
        }
    };
    let mut resources = all(cx, &key)?;
    if let Some(logical_id) = &input.logical_resource_id {
        resources.retain(|(name, _)| name == logical_id);
        if resources.is_empty() {
            return Err(error::no_resource(logical_id, &stack.name));
        }
    }
    let shown = resources.into_iter().map(|(name, resource)| described(&stack, name, resource));
    // AWS shows the first hundred here and has no further pages.
    Ok(DescribeStackResourcesOutput { stack_resources: Some(shown.take(page::SIZE).collect()) })
}

pub fn list_stack_resources(
    cx: &mut Cx<'_>,
    input: ListStackResourcesInput,
) -> Result<ListStackResourcesOutput, Error> {
    let found = stack::find(cx, &input.stack_name)?;
    let (key, _) = found.ok_or_else(|| error::no_stack(&input.stack_name))?;
    let resources = all(cx, &key)?;
    let (page, next_token) = page::of(resources, input.next_token.as_deref(), |(name, _)| name)?;
    let summaries = page.into_iter().map(|(name, resource)| summary(name, resource)).collect();
    Ok(ListStackResourcesOutput { stack_resource_summaries: Some(summaries), next_token })
}

fn existing(cx: &Cx<'_>, name: &str) -> Result<(StackKey, Stack), Error> {
    stack::find(cx, name)?.ok_or_else(|| error::no_stack_with_id(name))
}

/// The stack that made the resource of this physical id.
///
/// # Errors
/// Only what the store says.
pub fn holder(cx: &Cx<'_>, physical_id: &str) -> Result<Option<(StackKey, Stack)>, Error> {
    let (account, region) = (cx.account(), cx.region());
    for (_, uuid) in NAMES.scan(cx.tx, NAMES.prefix((account.number(), region)), ALL)? {
        let key = StackKey { account, region: region.to_owned(), uuid };
        let held = all(cx, &key)?.into_iter().any(|(_, resource)| {
            !resource.is_gone() && resource.physical_id.as_deref() == Some(physical_id)
        });
        if let Some(stack) = STACKS.get(cx.tx, key.id())?.filter(|_| held) {
            return Ok(Some((key, stack)));
        }
    }
    Ok(None)
}

/// The resources by logical id.
pub fn all(cx: &Cx<'_>, key: &StackKey) -> Result<Vec<(String, StackResource)>, Error> {
    let rows = RESOURCES.scan(cx.tx, RESOURCES.prefix(key.id()), ALL)?;
    Ok(rows.into_iter().map(|((.., name), resource)| (name, resource)).collect())
}

fn described(
    stack: &Stack,
    logical_id: String,
    resource: StackResource,
) -> cloudformation::StackResource {
    cloudformation::StackResource {
        stack_name: Some(stack.name.clone()),
        stack_id: Some(stack.id.clone()),
        logical_resource_id: logical_id,
        physical_resource_id: resource.physical_id,
        resource_type: resource.resource_type,
        timestamp: Timestamp::from_millis(resource.timestamp),
        resource_status: resource.status,
        resource_status_reason: resource.reason,
        drift_information: Some(not_checked()),
        ..cloudformation::StackResource::default()
    }
}

fn summary(logical_id: String, resource: StackResource) -> StackResourceSummary {
    StackResourceSummary {
        logical_resource_id: logical_id,
        physical_resource_id: resource.physical_id,
        resource_type: resource.resource_type,
        last_updated_timestamp: Timestamp::from_millis(resource.timestamp),
        resource_status: resource.status,
        resource_status_reason: resource.reason,
        drift_information: Some(StackResourceDriftInformationSummary {
            stack_resource_drift_status: StackResourceDriftStatus::NotChecked,
            last_check_timestamp: None,
        }),
        ..StackResourceSummary::default()
    }
}

fn not_checked() -> StackResourceDriftInformation {
    StackResourceDriftInformation {
        stack_resource_drift_status: StackResourceDriftStatus::NotChecked,
        last_check_timestamp: None,
    }
}
