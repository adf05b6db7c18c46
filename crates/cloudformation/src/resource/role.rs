//! AWS::IAM::Role.
//!
//! AWS: Template reference, "AWS::IAM::Role".

use api::iam::{
    AttachRolePolicy, AttachRolePolicyRequest, CreateRole, CreateRoleRequest, DeleteRole,
    DeleteRolePolicy, DeleteRolePolicyRequest, DeleteRoleRequest, DetachRolePolicy,
    DetachRolePolicyRequest, GetRole, GetRoleRequest, PutRolePolicy, PutRolePolicyRequest,
};

use super::{Failure, Request};

pub fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = properties.text("RoleName").unwrap_or_else(|| request.generated_name());
    let tags = request.all_tags();
    let input = CreateRoleRequest {
        path: properties.text("Path"),
        role_name: name.clone(),
        assume_role_policy_document: properties
            .document("AssumeRolePolicyDocument")
            .unwrap_or_default(),
        description: properties.text("Description"),
        max_session_duration: properties.integer("MaxSessionDuration"),
        permissions_boundary: properties.text("PermissionsBoundary"),
        tags: super::user::listed(tags),
    };
    request.call_create::<CreateRole>(&name, input)?;
    request.physical_id = Some(name.clone());
    for (policy_name, policy_document) in properties.policies() {
        let role_name = name.clone();
        let input = PutRolePolicyRequest { role_name, policy_name, policy_document };
        request.call::<PutRolePolicy>(input)?;
    }
    for policy_arn in properties.texts("ManagedPolicyArns") {
        let input = AttachRolePolicyRequest { role_name: name.clone(), policy_arn };
        request.call::<AttachRolePolicy>(input)?;
    }
    let made = request.call::<GetRole>(GetRoleRequest { role_name: name })?.role;
    request.attributes.insert("Arn".to_owned(), made.arn);
    request.attributes.insert("RoleId".to_owned(), made.role_id);
    Ok(())
}

/// What the template attached is detached; what others attached stays and makes IAM refuse.
pub fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = request.physical_id();
    request.call::<GetRole>(GetRoleRequest { role_name: name.clone() })?;
    for policy_arn in properties.texts("ManagedPolicyArns") {
        let input = DetachRolePolicyRequest { role_name: name.clone(), policy_arn };
        request.call_unless_gone::<DetachRolePolicy>(input)?;
    }
    for (policy_name, _) in properties.policies() {
        let input = DeleteRolePolicyRequest { role_name: name.clone(), policy_name };
        request.call_unless_gone::<DeleteRolePolicy>(input)?;
    }
    request.call_unless_gone::<DeleteRole>(DeleteRoleRequest { role_name: name })
}
