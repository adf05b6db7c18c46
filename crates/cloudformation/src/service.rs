//! The service: one line for each operation that is served. The others of the model answer
//! `NotImplemented`.

use api::cloudformation::{
    self, CancelUpdateStack, ContinueUpdateRollback, CreateChangeSet, CreateStack, DeleteChangeSet,
    DeleteStack, DescribeChangeSet, DescribeEvents, DescribeStackEvents, DescribeStackResource,
    DescribeStackResources, DescribeStacks, ExecuteChangeSet, GetStackPolicy, GetTemplate,
    GetTemplateSummary, ListChangeSets, ListExports, ListImports, ListStackResources, ListStacks,
    RollbackStack, SetStackPolicy, SignalResource, UpdateStack, UpdateTerminationProtection,
    ValidateTemplate,
};
use gateway::Service;

use crate::{
    authorization, change_set, event, export, operation_event, signal, stack, stack_resource, step,
    template_operation,
};

/// CloudFormation, its decisions and its background work.
///
/// # Errors
/// Where the data of this build does not parse.
pub fn service() -> Result<Service, serde_json::Error> {
    let rows = include_str!("../../../data/authz/cloudformation.json");
    Ok(Service::new(&cloudformation::SERVICE, rows)?
        .resource("role", authorization::role)
        .resource("stack", authorization::stack)
        .resource("stacks", authorization::stacks)
        .job(step::JOB, step::run)
        .intake(signal::BUCKET, signal::receive)
        .on::<CancelUpdateStack>(stack::cancel_update_stack)
        .on::<ContinueUpdateRollback>(stack::continue_update_rollback)
        .on::<CreateChangeSet>(change_set::create_change_set)
        .on::<CreateStack>(stack::create_stack)
        .on::<DeleteChangeSet>(change_set::delete_change_set)
        .on::<DeleteStack>(stack::delete_stack)
        .on::<DescribeChangeSet>(change_set::describe_change_set)
        .on::<DescribeEvents>(operation_event::describe_events)
        .on::<DescribeStackEvents>(event::describe_stack_events)
        .on::<DescribeStackResource>(stack_resource::describe_stack_resource)
        .on::<DescribeStackResources>(stack_resource::describe_stack_resources)
        .on::<DescribeStacks>(stack::describe_stacks)
        .on::<ExecuteChangeSet>(change_set::execute_change_set)
        .on::<GetStackPolicy>(stack::get_stack_policy)
        .on::<GetTemplate>(template_operation::get_template)
        .on::<GetTemplateSummary>(template_operation::get_template_summary)
        .on::<ListChangeSets>(change_set::list_change_sets)
        .on::<ListExports>(export::list_exports)
        .on::<ListImports>(export::list_imports)
        .on::<ListStackResources>(stack_resource::list_stack_resources)
        .on::<ListStacks>(stack::list_stacks)
        .on::<RollbackStack>(stack::rollback_stack)
        .on::<SetStackPolicy>(stack::set_stack_policy)
        .on::<SignalResource>(signal::signal_resource)
        .on::<UpdateStack>(stack::update_stack)
        .on::<UpdateTerminationProtection>(stack::update_termination_protection)
        .on::<ValidateTemplate>(template_operation::validate_template))
}
