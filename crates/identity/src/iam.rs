//! IAM: one line for each operation that is served.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html>

use api::iam::{
    AddClientIDToOpenIDConnectProvider, AddRoleToInstanceProfile, AddUserToGroup,
    AttachGroupPolicy, AttachRolePolicy, AttachUserPolicy, ChangePassword, CreateAccessKey,
    CreateAccountAlias, CreateGroup, CreateInstanceProfile, CreateLoginProfile,
    CreateOpenIDConnectProvider, CreatePolicy, CreatePolicyVersion, CreateRole, CreateSAMLProvider,
    CreateServiceLinkedRole, CreateServiceSpecificCredential, CreateUser, CreateVirtualMFADevice,
    DeactivateMFADevice, DeleteAccessKey, DeleteAccountAlias, DeleteAccountPasswordPolicy,
    DeleteGroup, DeleteGroupPolicy, DeleteInstanceProfile, DeleteLoginProfile,
    DeleteOpenIDConnectProvider, DeletePolicy, DeletePolicyVersion, DeleteRole,
    DeleteRolePermissionsBoundary, DeleteRolePolicy, DeleteSAMLProvider, DeleteSSHPublicKey,
    DeleteServerCertificate, DeleteServiceLinkedRole, DeleteServiceSpecificCredential,
    DeleteSigningCertificate, DeleteUser, DeleteUserPermissionsBoundary, DeleteUserPolicy,
    DeleteVirtualMFADevice, DetachGroupPolicy, DetachRolePolicy, DetachUserPolicy,
    DisableOrganizationsRootCredentialsManagement, DisableOrganizationsRootSessions,
    EnableMFADevice, EnableOrganizationsRootCredentialsManagement, EnableOrganizationsRootSessions,
    GenerateCredentialReport, GenerateOrganizationsAccessReport,
    GenerateServiceLastAccessedDetails, GetAccessKeyLastUsed, GetAccountAuthorizationDetails,
    GetAccountPasswordPolicy, GetAccountSummary, GetContextKeysForCustomPolicy,
    GetContextKeysForPrincipalPolicy, GetCredentialReport, GetGroup, GetGroupPolicy,
    GetInstanceProfile, GetLoginProfile, GetMFADevice, GetOpenIDConnectProvider,
    GetOrganizationsAccessReport, GetPolicy, GetPolicyVersion, GetRole, GetRolePolicy,
    GetSAMLProvider, GetSSHPublicKey, GetServerCertificate, GetServiceLastAccessedDetails,
    GetServiceLastAccessedDetailsWithEntities, GetServiceLinkedRoleDeletionStatus, GetUser,
    GetUserPolicy, ListAccessKeys, ListAccountAliases, ListAttachedGroupPolicies,
    ListAttachedRolePolicies, ListAttachedUserPolicies, ListEntitiesForPolicy, ListGroupPolicies,
    ListGroups, ListGroupsForUser, ListInstanceProfileTags, ListInstanceProfiles,
    ListInstanceProfilesForRole, ListMFADeviceTags, ListMFADevices, ListOpenIDConnectProviderTags,
    ListOpenIDConnectProviders, ListOrganizationsFeatures, ListPolicies,
    ListPoliciesGrantingServiceAccess, ListPolicyTags, ListPolicyVersions, ListRolePolicies,
    ListRoleTags, ListRoles, ListSAMLProviderTags, ListSAMLProviders, ListSSHPublicKeys,
    ListServerCertificateTags, ListServerCertificates, ListServiceSpecificCredentials,
    ListSigningCertificates, ListUserPolicies, ListUserTags, ListUsers, ListVirtualMFADevices,
    PutGroupPolicy, PutRolePermissionsBoundary, PutRolePolicy, PutUserPermissionsBoundary,
    PutUserPolicy, RemoveClientIDFromOpenIDConnectProvider, RemoveRoleFromInstanceProfile,
    RemoveUserFromGroup, ResetServiceSpecificCredential, ResyncMFADevice, SetDefaultPolicyVersion,
    SetSecurityTokenServicePreferences, SimulateCustomPolicy, SimulatePrincipalPolicy,
    TagInstanceProfile, TagMFADevice, TagOpenIDConnectProvider, TagPolicy, TagRole,
    TagSAMLProvider, TagServerCertificate, TagUser, UntagInstanceProfile, UntagMFADevice,
    UntagOpenIDConnectProvider, UntagPolicy, UntagRole, UntagSAMLProvider, UntagServerCertificate,
    UntagUser, UpdateAccessKey, UpdateAccountPasswordPolicy, UpdateAssumeRolePolicy, UpdateGroup,
    UpdateLoginProfile, UpdateOpenIDConnectProviderThumbprint, UpdateRole, UpdateRoleDescription,
    UpdateSAMLProvider, UpdateSSHPublicKey, UpdateServerCertificate,
    UpdateServiceSpecificCredential, UpdateSigningCertificate, UpdateUser, UploadSSHPublicKey,
    UploadServerCertificate, UploadSigningCertificate,
};
use gateway::Service;

use crate::organization::{access_report, root_access};
use crate::{
    access_advisor, access_key, alias, attachment, authorization_details, boundary,
    credential_report, granting_policy, group, inline, instance_profile, login_profile,
    managed_policy, membership, mfa_device, oidc_provider, password_policy, policy_entities,
    policy_version, resource, role, saml_provider, server_certificate, service_credential,
    service_linked_role, signing_certificate, simulate, ssh_public_key, summary, tag, user,
};

/// The service `iam`.
///
/// # Errors
/// Where `data/authz/iam.json` does not parse: a fault of this build.
pub fn service() -> Result<Service, serde_json::Error> {
    let service = Service::new(&api::iam::SERVICE, include_str!("../../../data/authz/iam.json"))?;
    Ok(operations(resources(service)))
}

fn resources(service: Service) -> Service {
    service
        .resource("access-report", access_report::resource)
        .resource("accessing-entity", access_advisor::resource)
        .resource("bounded-role", resource::bounded_role)
        .resource("bounded-user", resource::bounded_user)
        .resource("credential-owner", service_credential::owner)
        .resource("group", resource::group)
        .resource("groups", resource::groups)
        .resource("instance-profile", instance_profile::resource)
        .resource("instance-profiles", resource::instance_profiles)
        .resource("key-owner", resource::key_owner)
        .resource("mfa-device", mfa_device::resource)
        .resource("new-group", resource::new_group)
        .resource("new-instance-profile", instance_profile::new_resource)
        .resource("new-mfa-device", mfa_device::new_resource)
        .resource("new-oidc-provider", oidc_provider::new_resource)
        .resource("new-policy", resource::new_policy)
        .resource("new-role", resource::new_role)
        .resource("new-saml-provider", saml_provider::new_resource)
        .resource("new-server-certificate", server_certificate::new_resource)
        .resource("new-service-linked-role", service_linked_role::resource)
        .resource("new-user", resource::new_user)
        .resource("oidc-provider", oidc_provider::resource)
        .resource("passed-role", instance_profile::passed_role)
        .resource("policies", resource::policies)
        .resource("policy", resource::policy)
        .resource("policy-source", simulate::policy_source)
        .resource("renamed-group", resource::renamed_group)
        .resource("renamed-server-certificate", server_certificate::renamed_resource)
        .resource("renamed-user", resource::renamed_user)
        .resource("role", resource::role)
        .resource("roles", resource::roles)
        .resource("saml-provider", saml_provider::resource)
        .resource("server-certificate", server_certificate::resource)
        .resource("service-linked-role-task", service_linked_role::deleted)
        .resource("user", resource::user)
        .resource("users", resource::users)
}

#[expect(clippy::too_many_lines, reason = "a table: one line for each operation")]
fn operations(service: Service) -> Service {
    service
        .on::<AddClientIDToOpenIDConnectProvider>(
            oidc_provider::add_client_id_to_open_id_connect_provider,
        )
        .on::<AddRoleToInstanceProfile>(instance_profile::add_role_to_instance_profile)
        .on::<AddUserToGroup>(membership::add_user_to_group)
        .on::<AttachGroupPolicy>(attachment::attach_group_policy)
        .on::<AttachRolePolicy>(attachment::attach_role_policy)
        .on::<AttachUserPolicy>(attachment::attach_user_policy)
        .on::<ChangePassword>(login_profile::change_password)
        .on::<CreateAccessKey>(access_key::create_access_key)
        .on::<CreateAccountAlias>(alias::create_account_alias)
        .on::<CreateGroup>(group::create_group)
        .on::<CreateInstanceProfile>(instance_profile::create_instance_profile)
        .on::<CreateLoginProfile>(login_profile::create_login_profile)
        .on::<CreateOpenIDConnectProvider>(oidc_provider::create_open_id_connect_provider)
        .on::<CreatePolicy>(managed_policy::create_policy)
        .on::<CreatePolicyVersion>(policy_version::create_policy_version)
        .on::<CreateRole>(role::create_role)
        .on::<CreateSAMLProvider>(saml_provider::create_saml_provider)
        .on::<CreateServiceLinkedRole>(service_linked_role::create_service_linked_role)
        .on::<CreateServiceSpecificCredential>(
            service_credential::create_service_specific_credential,
        )
        .on::<CreateUser>(user::create_user)
        .on::<CreateVirtualMFADevice>(mfa_device::create_virtual_mfa_device)
        .on::<DeactivateMFADevice>(mfa_device::deactivate_mfa_device)
        .on::<DeleteAccessKey>(access_key::delete_access_key)
        .on::<DeleteAccountAlias>(alias::delete_account_alias)
        .on::<DeleteAccountPasswordPolicy>(password_policy::delete_account_password_policy)
        .on::<DeleteGroup>(group::delete_group)
        .on::<DeleteGroupPolicy>(inline::delete_group_policy)
        .on::<DeleteInstanceProfile>(instance_profile::delete_instance_profile)
        .on::<DeleteLoginProfile>(login_profile::delete_login_profile)
        .on::<DeleteOpenIDConnectProvider>(oidc_provider::delete_open_id_connect_provider)
        .on::<DeletePolicy>(managed_policy::delete_policy)
        .on::<DeletePolicyVersion>(policy_version::delete_policy_version)
        .on::<DeleteRole>(role::delete_role)
        .on::<DeleteRolePermissionsBoundary>(boundary::delete_role_permissions_boundary)
        .on::<DeleteRolePolicy>(inline::delete_role_policy)
        .on::<DeleteSAMLProvider>(saml_provider::delete_saml_provider)
        .on::<DeleteSSHPublicKey>(ssh_public_key::delete_ssh_public_key)
        .on::<DeleteServerCertificate>(server_certificate::delete_server_certificate)
        .on::<DeleteServiceLinkedRole>(service_linked_role::delete_service_linked_role)
        .on::<DeleteServiceSpecificCredential>(
            service_credential::delete_service_specific_credential,
        )
        .on::<DeleteSigningCertificate>(signing_certificate::delete_signing_certificate)
        .on::<DeleteUser>(user::delete_user)
        .on::<DeleteUserPermissionsBoundary>(boundary::delete_user_permissions_boundary)
        .on::<DeleteUserPolicy>(inline::delete_user_policy)
        .on::<DeleteVirtualMFADevice>(mfa_device::delete_virtual_mfa_device)
        .on::<DetachGroupPolicy>(attachment::detach_group_policy)
        .on::<DetachRolePolicy>(attachment::detach_role_policy)
        .on::<DetachUserPolicy>(attachment::detach_user_policy)
        .on::<DisableOrganizationsRootCredentialsManagement>(
            root_access::disable_credentials_management,
        )
        .on::<DisableOrganizationsRootSessions>(root_access::disable_sessions)
        .on::<EnableMFADevice>(mfa_device::enable_mfa_device)
        .on::<EnableOrganizationsRootCredentialsManagement>(
            root_access::enable_credentials_management,
        )
        .on::<EnableOrganizationsRootSessions>(root_access::enable_sessions)
        .on::<GenerateCredentialReport>(credential_report::generate_credential_report)
        .on::<GenerateOrganizationsAccessReport>(access_report::generate)
        .on::<GenerateServiceLastAccessedDetails>(
            access_advisor::generate_service_last_accessed_details,
        )
        .on::<GetAccessKeyLastUsed>(access_key::get_access_key_last_used)
        .on::<GetAccountAuthorizationDetails>(
            authorization_details::get_account_authorization_details,
        )
        .on::<GetAccountPasswordPolicy>(password_policy::get_account_password_policy)
        .on::<GetAccountSummary>(summary::get_account_summary)
        .on::<GetContextKeysForCustomPolicy>(simulate::get_context_keys_for_custom_policy)
        .on::<GetContextKeysForPrincipalPolicy>(simulate::get_context_keys_for_principal_policy)
        .on::<GetCredentialReport>(credential_report::get_credential_report)
        .on::<GetGroup>(group::get_group)
        .on::<GetGroupPolicy>(inline::get_group_policy)
        .on::<GetInstanceProfile>(instance_profile::get_instance_profile)
        .on::<GetLoginProfile>(login_profile::get_login_profile)
        .on::<GetMFADevice>(mfa_device::get_mfa_device)
        .on::<GetOpenIDConnectProvider>(oidc_provider::get_open_id_connect_provider)
        .on::<GetOrganizationsAccessReport>(access_report::get)
        .on::<GetPolicy>(managed_policy::get_policy)
        .on::<GetPolicyVersion>(policy_version::get_policy_version)
        .on::<GetRole>(role::get_role)
        .on::<GetRolePolicy>(inline::get_role_policy)
        .on::<GetSAMLProvider>(saml_provider::get_saml_provider)
        .on::<GetSSHPublicKey>(ssh_public_key::get_ssh_public_key)
        .on::<GetServerCertificate>(server_certificate::get_server_certificate)
        .on::<GetServiceLastAccessedDetails>(access_advisor::get_service_last_accessed_details)
        .on::<GetServiceLastAccessedDetailsWithEntities>(
            access_advisor::get_service_last_accessed_details_with_entities,
        )
        .on::<GetServiceLinkedRoleDeletionStatus>(
            service_linked_role::get_service_linked_role_deletion_status,
        )
        .on::<GetUser>(user::get_user)
        .on::<GetUserPolicy>(inline::get_user_policy)
        .on::<ListAccessKeys>(access_key::list_access_keys)
        .on::<ListAccountAliases>(alias::list_account_aliases)
        .on::<ListAttachedGroupPolicies>(attachment::list_attached_group_policies)
        .on::<ListAttachedRolePolicies>(attachment::list_attached_role_policies)
        .on::<ListAttachedUserPolicies>(attachment::list_attached_user_policies)
        .on::<ListEntitiesForPolicy>(policy_entities::list_entities_for_policy)
        .on::<ListGroupPolicies>(inline::list_group_policies)
        .on::<ListGroups>(group::list_groups)
        .on::<ListGroupsForUser>(membership::list_groups_for_user)
        .on::<ListInstanceProfileTags>(instance_profile::list_instance_profile_tags)
        .on::<ListInstanceProfiles>(instance_profile::list_instance_profiles)
        .on::<ListInstanceProfilesForRole>(instance_profile::list_instance_profiles_for_role)
        .on::<ListMFADeviceTags>(mfa_device::list_mfa_device_tags)
        .on::<ListMFADevices>(mfa_device::list_mfa_devices)
        .on::<ListOpenIDConnectProviderTags>(oidc_provider::list_open_id_connect_provider_tags)
        .on::<ListOpenIDConnectProviders>(oidc_provider::list_open_id_connect_providers)
        .on::<ListOrganizationsFeatures>(root_access::list_features)
        .on::<ListPolicies>(managed_policy::list_policies)
        .on::<ListPoliciesGrantingServiceAccess>(
            granting_policy::list_policies_granting_service_access,
        )
        .on::<ListPolicyTags>(tag::list_policy_tags)
        .on::<ListPolicyVersions>(policy_version::list_policy_versions)
        .on::<ListRolePolicies>(inline::list_role_policies)
        .on::<ListRoleTags>(tag::list_role_tags)
        .on::<ListRoles>(role::list_roles)
        .on::<ListSAMLProviderTags>(saml_provider::list_saml_provider_tags)
        .on::<ListSAMLProviders>(saml_provider::list_saml_providers)
        .on::<ListSSHPublicKeys>(ssh_public_key::list_ssh_public_keys)
        .on::<ListServerCertificateTags>(server_certificate::list_server_certificate_tags)
        .on::<ListServerCertificates>(server_certificate::list_server_certificates)
        .on::<ListServiceSpecificCredentials>(service_credential::list_service_specific_credentials)
        .on::<ListSigningCertificates>(signing_certificate::list_signing_certificates)
        .on::<ListUserPolicies>(inline::list_user_policies)
        .on::<ListUserTags>(tag::list_user_tags)
        .on::<ListUsers>(user::list_users)
        .on::<ListVirtualMFADevices>(mfa_device::list_virtual_mfa_devices)
        .on::<PutGroupPolicy>(inline::put_group_policy)
        .on::<PutRolePermissionsBoundary>(boundary::put_role_permissions_boundary)
        .on::<PutRolePolicy>(inline::put_role_policy)
        .on::<PutUserPermissionsBoundary>(boundary::put_user_permissions_boundary)
        .on::<PutUserPolicy>(inline::put_user_policy)
        .on::<RemoveClientIDFromOpenIDConnectProvider>(
            oidc_provider::remove_client_id_from_open_id_connect_provider,
        )
        .on::<RemoveRoleFromInstanceProfile>(instance_profile::remove_role_from_instance_profile)
        .on::<RemoveUserFromGroup>(membership::remove_user_from_group)
        .on::<ResetServiceSpecificCredential>(service_credential::reset_service_specific_credential)
        .on::<ResyncMFADevice>(mfa_device::resync_mfa_device)
        .on::<SetDefaultPolicyVersion>(policy_version::set_default_policy_version)
        .on::<SetSecurityTokenServicePreferences>(summary::set_security_token_service_preferences)
        .on::<SimulateCustomPolicy>(simulate::simulate_custom_policy)
        .on::<SimulatePrincipalPolicy>(simulate::simulate_principal_policy)
        .on::<TagInstanceProfile>(instance_profile::tag_instance_profile)
        .on::<TagMFADevice>(mfa_device::tag_mfa_device)
        .on::<TagOpenIDConnectProvider>(oidc_provider::tag_open_id_connect_provider)
        .on::<TagPolicy>(tag::tag_policy)
        .on::<TagRole>(tag::tag_role)
        .on::<TagSAMLProvider>(saml_provider::tag_saml_provider)
        .on::<TagServerCertificate>(server_certificate::tag_server_certificate)
        .on::<TagUser>(tag::tag_user)
        .on::<UntagInstanceProfile>(instance_profile::untag_instance_profile)
        .on::<UntagMFADevice>(mfa_device::untag_mfa_device)
        .on::<UntagOpenIDConnectProvider>(oidc_provider::untag_open_id_connect_provider)
        .on::<UntagPolicy>(tag::untag_policy)
        .on::<UntagRole>(tag::untag_role)
        .on::<UntagSAMLProvider>(saml_provider::untag_saml_provider)
        .on::<UntagServerCertificate>(server_certificate::untag_server_certificate)
        .on::<UntagUser>(tag::untag_user)
        .on::<UpdateAccessKey>(access_key::update_access_key)
        .on::<UpdateAccountPasswordPolicy>(password_policy::update_account_password_policy)
        .on::<UpdateAssumeRolePolicy>(role::update_assume_role_policy)
        .on::<UpdateGroup>(group::update_group)
        .on::<UpdateLoginProfile>(login_profile::update_login_profile)
        .on::<UpdateOpenIDConnectProviderThumbprint>(
            oidc_provider::update_open_id_connect_provider_thumbprint,
        )
        .on::<UpdateRole>(role::update_role)
        .on::<UpdateRoleDescription>(role::update_role_description)
        .on::<UpdateSAMLProvider>(saml_provider::update_saml_provider)
        .on::<UpdateSSHPublicKey>(ssh_public_key::update_ssh_public_key)
        .on::<UpdateServerCertificate>(server_certificate::update_server_certificate)
        .on::<UpdateServiceSpecificCredential>(
            service_credential::update_service_specific_credential,
        )
        .on::<UpdateSigningCertificate>(signing_certificate::update_signing_certificate)
        .on::<UpdateUser>(user::update_user)
        .on::<UploadSSHPublicKey>(ssh_public_key::upload_ssh_public_key)
        .on::<UploadServerCertificate>(server_certificate::upload_server_certificate)
        .on::<UploadSigningCertificate>(signing_certificate::upload_signing_certificate)
}
