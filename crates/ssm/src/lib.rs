//! Systems Manager's Parameter Store: versions, hierarchies, labels, tags, tiers, policies.
//!
//! Deliberately absent: the rest of Systems Manager, AWS's public parameters, parameters shared
//! between accounts, and secure strings, for which there is no KMS here: they are refused.
//! AWS: <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html>

mod authorization;
mod delete;
mod describe;
mod error;
mod filter;
mod get;
mod history;
mod label;
mod name;
mod page;
mod policy;
mod put;
mod tables;
mod tag;

use api::ssm::{
    self, AddTagsToResource, DeleteParameter, DeleteParameters, DescribeParameters, GetParameter,
    GetParameterHistory, GetParameters, GetParametersByPath, LabelParameterVersion,
    ListTagsForResource, PutParameter, RemoveTagsFromResource, UnlabelParameterVersion,
};
use gateway::Service;

pub use tables::reset;

/// Parameter Store and its decisions.
///
/// # Errors
/// Where the data of this build does not parse.
pub fn service() -> Result<Service, serde_json::Error> {
    let rows = include_str!("../../../data/authz/ssm.json");
    Ok(Service::new(&ssm::SERVICE, rows)?
        .resource("all-parameters", authorization::all_parameters)
        .resource("parameter", authorization::parameter)
        .resource("path", authorization::path)
        .resource("tagged", authorization::tagged)
        .on::<AddTagsToResource>(tag::add_tags_to_resource)
        .on::<DeleteParameter>(delete::delete_parameter)
        .on::<DeleteParameters>(delete::delete_parameters)
        .on::<DescribeParameters>(describe::describe_parameters)
        .on::<GetParameter>(get::get_parameter)
        .on::<GetParameterHistory>(history::get_parameter_history)
        .on::<GetParameters>(get::get_parameters)
        .on::<GetParametersByPath>(get::get_parameters_by_path)
        .on::<LabelParameterVersion>(label::label_parameter_version)
        .on::<ListTagsForResource>(tag::list_tags_for_resource)
        .on::<PutParameter>(put::put_parameter)
        .on::<RemoveTagsFromResource>(tag::remove_tags_from_resource)
        .on::<UnlabelParameterVersion>(label::unlabel_parameter_version))
}
