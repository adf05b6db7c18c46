//! AWS Organizations: accounts in a tree, under the control policies of its levels.
//!
//! [`control`] is what decisions read; the rest is the service. Deliberately absent: policies that
//! say nothing about permissions, billing, and resource policies of an organization.
//! AWS: <https://docs.aws.amazon.com/organizations/latest/APIReference/Welcome.html>

pub mod access_report;
mod attachment;
pub mod control;
mod delegation;
mod handshake;
mod lifecycle;
mod member;
mod migration;
mod page;
mod policy;
mod record;
mod resource;
pub mod root_access;
mod say;
mod tag;
mod tree;
mod unit;

use api::organizations::{
    AcceptHandshake, AttachPolicy, CancelHandshake, CloseAccount, CreateAccount,
    CreateOrganization, CreateOrganizationalUnit, CreatePolicy, DeclineHandshake,
    DeleteOrganization, DeleteOrganizationalUnit, DeletePolicy, DeregisterDelegatedAdministrator,
    DescribeAccount, DescribeCreateAccountStatus, DescribeEffectivePolicy, DescribeHandshake,
    DescribeOrganization, DescribeOrganizationalUnit, DescribePolicy, DetachPolicy,
    DisableAWSServiceAccess, DisablePolicyType, EnableAWSServiceAccess, EnableAllFeatures,
    EnablePolicyType, InviteAccountToOrganization, LeaveOrganization,
    ListAWSServiceAccessForOrganization, ListAccounts, ListAccountsForParent,
    ListAccountsWithInvalidEffectivePolicy, ListChildren, ListCreateAccountStatus,
    ListDelegatedAdministrators, ListDelegatedServicesForAccount,
    ListEffectivePolicyValidationErrors, ListHandshakesForAccount, ListHandshakesForOrganization,
    ListOrganizationalUnitsForParent, ListParents, ListPolicies, ListPoliciesForTarget, ListRoots,
    ListTagsForResource, ListTargetsForPolicy, MoveAccount, RegisterDelegatedAdministrator,
    RemoveAccountFromOrganization, TagResource, UntagResource, UpdateOrganizationalUnit,
    UpdatePolicy,
};
use gateway::Service;

pub use lifecycle::forget;
pub use root_access::reaches;

/// The service `organizations`.
///
/// # Errors
/// Where `data/authz/organizations.json` does not parse: a fault of this build.
pub fn service() -> Result<Service, serde_json::Error> {
    let rows = include_str!("../../../data/authz/organizations.json");
    let service = Service::new(&api::organizations::SERVICE, rows)?;
    Ok(policies(tree_of(organization(resources(service)))))
}

fn resources(service: Service) -> Service {
    service
        .resource("account", resource::account)
        .resource("child", resource::child)
        .resource("destination", resource::destination)
        .resource("handshake", resource::handshake)
        .resource("invited", resource::invited)
        .resource("parent", resource::parent)
        .resource("policy", resource::policy)
        .resource("root", resource::root)
        .resource("source", resource::source)
        .resource("tagged", resource::tagged)
        .resource("target", resource::target)
        .resource("unit", resource::unit)
}

fn organization(service: Service) -> Service {
    service
        .on::<AcceptHandshake>(handshake::accept_handshake)
        .on::<CancelHandshake>(handshake::cancel_handshake)
        .on::<CreateOrganization>(lifecycle::create_organization)
        .on::<DeclineHandshake>(handshake::decline_handshake)
        .on::<DeleteOrganization>(lifecycle::delete_organization)
        .on::<DeregisterDelegatedAdministrator>(delegation::deregister_delegated_administrator)
        .on::<DescribeHandshake>(handshake::describe_handshake)
        .on::<DescribeOrganization>(lifecycle::describe_organization)
        .on::<DisableAWSServiceAccess>(delegation::disable_aws_service_access)
        .on::<EnableAWSServiceAccess>(delegation::enable_aws_service_access)
        .on::<EnableAllFeatures>(migration::enable_all_features)
        .on::<InviteAccountToOrganization>(handshake::invite_account_to_organization)
        .on::<LeaveOrganization>(member::leave_organization)
        .on::<ListAWSServiceAccessForOrganization>(
            delegation::list_aws_service_access_for_organization,
        )
        .on::<ListDelegatedAdministrators>(delegation::list_delegated_administrators)
        .on::<ListDelegatedServicesForAccount>(delegation::list_delegated_services_for_account)
        .on::<ListHandshakesForAccount>(handshake::list_handshakes_for_account)
        .on::<ListHandshakesForOrganization>(handshake::list_handshakes_for_organization)
        .on::<ListRoots>(lifecycle::list_roots)
        .on::<RegisterDelegatedAdministrator>(delegation::register_delegated_administrator)
}

fn tree_of(service: Service) -> Service {
    service
        .on::<CloseAccount>(member::close_account)
        .on::<CreateAccount>(member::create_account)
        .on::<CreateOrganizationalUnit>(unit::create_organizational_unit)
        .on::<DeleteOrganizationalUnit>(unit::delete_organizational_unit)
        .on::<DescribeAccount>(member::describe_account)
        .on::<DescribeCreateAccountStatus>(member::describe_create_account_status)
        .on::<DescribeOrganizationalUnit>(unit::describe_organizational_unit)
        .on::<ListAccounts>(member::list_accounts)
        .on::<ListAccountsForParent>(member::list_accounts_for_parent)
        .on::<ListChildren>(unit::list_children)
        .on::<ListCreateAccountStatus>(member::list_create_account_status)
        .on::<ListOrganizationalUnitsForParent>(unit::list_organizational_units_for_parent)
        .on::<ListParents>(unit::list_parents)
        .on::<ListTagsForResource>(tag::list_tags_for_resource)
        .on::<MoveAccount>(member::move_account)
        .on::<RemoveAccountFromOrganization>(member::remove_account_from_organization)
        .on::<TagResource>(tag::tag_resource)
        .on::<UntagResource>(tag::untag_resource)
        .on::<UpdateOrganizationalUnit>(unit::update_organizational_unit)
}

fn policies(service: Service) -> Service {
    service
        .on::<AttachPolicy>(attachment::attach_policy)
        .on::<CreatePolicy>(policy::create_policy)
        .on::<DeletePolicy>(policy::delete_policy)
        .on::<DescribeEffectivePolicy>(policy::describe_effective_policy)
        .on::<DescribePolicy>(policy::describe_policy)
        .on::<DetachPolicy>(attachment::detach_policy)
        .on::<DisablePolicyType>(attachment::disable_policy_type)
        .on::<EnablePolicyType>(attachment::enable_policy_type)
        .on::<ListAccountsWithInvalidEffectivePolicy>(
            policy::list_accounts_with_invalid_effective_policy,
        )
        .on::<ListEffectivePolicyValidationErrors>(policy::list_effective_policy_validation_errors)
        .on::<ListPolicies>(policy::list_policies)
        .on::<ListPoliciesForTarget>(attachment::list_policies_for_target)
        .on::<ListTargetsForPolicy>(attachment::list_targets_for_policy)
        .on::<UpdatePolicy>(policy::update_policy)
}
