//! AWS::IAM::ManagedPolicy. Its physical id is the policy's ARN.
//!
//! AWS: Template reference, "AWS::IAM::ManagedPolicy".

use api::iam::{
    AttachGroupPolicy, AttachGroupPolicyRequest, AttachRolePolicy, AttachRolePolicyRequest,
    AttachUserPolicy, AttachUserPolicyRequest, CreatePolicy, CreatePolicyRequest, DeletePolicy,
    DeletePolicyRequest, DeletePolicyVersion, DeletePolicyVersionRequest, DetachGroupPolicy,
    DetachGroupPolicyRequest, DetachRolePolicy, DetachRolePolicyRequest, DetachUserPolicy,
    DetachUserPolicyRequest, GetPolicy, GetPolicyRequest, ListPolicyVersions,
    ListPolicyVersionsRequest, Policy,
};

use super::{Failure, Request};

pub fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = properties.text("ManagedPolicyName").unwrap_or_else(|| request.generated_name());
    let input = CreatePolicyRequest {
        policy_name: name.clone(),
        path: properties.text("Path"),
        policy_document: properties.document("PolicyDocument").unwrap_or_default(),
        description: properties.text("Description"),
        tags: None,
    };
    let made = request.call_create::<CreatePolicy>(&name, input)?.policy.unwrap_or_default();
    let policy_arn = made.arn.clone().unwrap_or_default();
    request.physical_id = Some(policy_arn.clone());
    for group_name in properties.texts("Groups") {
        let input = AttachGroupPolicyRequest { group_name, policy_arn: policy_arn.clone() };
        request.call::<AttachGroupPolicy>(input)?;
    }
    for role_name in properties.texts("Roles") {
        let input = AttachRolePolicyRequest { role_name, policy_arn: policy_arn.clone() };
        request.call::<AttachRolePolicy>(input)?;
    }
    for user_name in properties.texts("Users") {
        let input = AttachUserPolicyRequest { user_name, policy_arn: policy_arn.clone() };
        request.call::<AttachUserPolicy>(input)?;
    }
    let attached = ["Groups", "Roles", "Users"].map(|kind| properties.texts(kind).len());
    describe(request, made, attached.iter().sum());
    Ok(())
}

fn describe(request: &mut Request<'_, '_>, policy: Policy, attached: usize) {
    let date = |at: Option<api::Timestamp>| at.map(api::Timestamp::iso8601);
    let attributes = [
        ("AttachmentCount", Some(attached.to_string())),
        ("CreateDate", date(policy.create_date)),
        ("DefaultVersionId", policy.default_version_id),
        ("IsAttachable", Some("true".to_owned())),
        ("PermissionsBoundaryUsageCount", Some("0".to_owned())),
        ("PolicyArn", policy.arn),
        ("PolicyId", policy.policy_id),
        ("UpdateDate", date(policy.update_date)),
    ];
    for (name, value) in attributes {
        request.attributes.insert(name.to_owned(), value.unwrap_or_default());
    }
}

/// What the template attached is detached; other attachments make IAM refuse.
pub fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let policy_arn = request.physical_id();
    request.call::<GetPolicy>(GetPolicyRequest { policy_arn: policy_arn.clone() })?;
    for group_name in properties.texts("Groups") {
        let input = DetachGroupPolicyRequest { group_name, policy_arn: policy_arn.clone() };
        request.call_unless_gone::<DetachGroupPolicy>(input)?;
    }
    for role_name in properties.texts("Roles") {
        let input = DetachRolePolicyRequest { role_name, policy_arn: policy_arn.clone() };
        request.call_unless_gone::<DetachRolePolicy>(input)?;
    }
    for user_name in properties.texts("Users") {
        let input = DetachUserPolicyRequest { user_name, policy_arn: policy_arn.clone() };
        request.call_unless_gone::<DetachUserPolicy>(input)?;
    }
    delete_versions(request, &policy_arn)?;
    request.call_unless_gone::<DeletePolicy>(DeletePolicyRequest { policy_arn })
}

/// A policy has five versions at most: one page.
fn delete_versions(request: &mut Request<'_, '_>, policy_arn: &str) -> Result<(), Failure> {
    let input = ListPolicyVersionsRequest {
        policy_arn: policy_arn.to_owned(),
        ..ListPolicyVersionsRequest::default()
    };
    let versions = request.call::<ListPolicyVersions>(input)?.versions.unwrap_or_default();
    for version in versions {
        if version.is_default_version != Some(true) {
            let input = DeletePolicyVersionRequest {
                policy_arn: policy_arn.to_owned(),
                version_id: version.version_id.unwrap_or_default(),
            };
            request.call_unless_gone::<DeletePolicyVersion>(input)?;
        }
    }
    Ok(())
}
