//! AWS::IAM::Role.
//!
//! AWS: Template reference, "AWS::IAM::Role".

use api::iam::{
    AttachRolePolicy, AttachRolePolicyRequest, CreateRole, CreateRoleRequest, DeleteRole,
    DeleteRolePermissionsBoundary, DeleteRolePermissionsBoundaryRequest, DeleteRolePolicy,
    DeleteRolePolicyRequest, DeleteRoleRequest, DetachRolePolicy, DetachRolePolicyRequest, GetRole,
    GetRoleRequest, PutRolePermissionsBoundary, PutRolePermissionsBoundaryRequest, PutRolePolicy,
    PutRolePolicyRequest, TagRole, TagRoleRequest, UntagRole, UntagRoleRequest,
    UpdateAssumeRolePolicy, UpdateAssumeRolePolicyRequest, UpdateRole, UpdateRoleRequest,
};

use super::{Failure, Request, difference};

/// In seconds: what a role has whose template does not say.
const MAX_SESSION_DURATION: i32 = 3600;

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
    describe(request, name)
}

fn describe(request: &mut Request<'_, '_>, role_name: String) -> Result<(), Failure> {
    let made = request.call::<GetRole>(GetRoleRequest { role_name })?.role;
    request.attributes.insert("Arn".to_owned(), made.arn);
    request.attributes.insert("RoleId".to_owned(), made.role_id);
    Ok(())
}

pub fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.physical_id();
    let properties = request.read();
    if request.changes(&["AssumeRolePolicyDocument"]) {
        let policy_document = properties.document("AssumeRolePolicyDocument").unwrap_or_default();
        let input = UpdateAssumeRolePolicyRequest { role_name: name.clone(), policy_document };
        request.call::<UpdateAssumeRolePolicy>(input)?;
    }
    if request.changes(&["Description", "MaxSessionDuration"]) {
        let seconds = properties.integer("MaxSessionDuration").unwrap_or(MAX_SESSION_DURATION);
        request.call::<UpdateRole>(UpdateRoleRequest {
            role_name: name.clone(),
            description: Some(properties.text("Description").unwrap_or_default()),
            max_session_duration: Some(seconds),
        })?;
    }
    update_policies(request, &name)?;
    update_boundary_and_tags(request, &name)?;
    describe(request, name)
}

fn update_policies(request: &mut Request<'_, '_>, name: &str) -> Result<(), Failure> {
    let (old, new) = (request.read_old(), request.read());
    let (put, dropped) = difference(&old.policies(), &new.policies());
    let kept = new.policies();
    for (policy_name, policy_document) in put {
        let role_name = name.to_owned();
        let input = PutRolePolicyRequest { role_name, policy_name, policy_document };
        request.call::<PutRolePolicy>(input)?;
    }
    for (policy_name, _) in dropped {
        if !kept.iter().any(|(other, _)| *other == policy_name) {
            let input = DeleteRolePolicyRequest { role_name: name.to_owned(), policy_name };
            request.call_unless_gone::<DeleteRolePolicy>(input)?;
        }
    }
    let arns = |of: &super::Properties| of.texts("ManagedPolicyArns");
    let (attached, detached) = difference(&arns(&old), &arns(&new));
    for policy_arn in detached {
        let input = DetachRolePolicyRequest { role_name: name.to_owned(), policy_arn };
        request.call_unless_gone::<DetachRolePolicy>(input)?;
    }
    for policy_arn in attached {
        let input = AttachRolePolicyRequest { role_name: name.to_owned(), policy_arn };
        request.call::<AttachRolePolicy>(input)?;
    }
    Ok(())
}

fn update_boundary_and_tags(request: &mut Request<'_, '_>, name: &str) -> Result<(), Failure> {
    let role_name = name.to_owned();
    if request.changes(&["PermissionsBoundary"]) {
        match request.read().text("PermissionsBoundary") {
            Some(permissions_boundary) => {
                let role_name = role_name.clone();
                let input = PutRolePermissionsBoundaryRequest { role_name, permissions_boundary };
                request.call::<PutRolePermissionsBoundary>(input)?;
            }
            None => {
                let input = DeleteRolePermissionsBoundaryRequest { role_name: role_name.clone() };
                request.call_unless_gone::<DeleteRolePermissionsBoundary>(input)?;
            }
        }
    }
    let (added, tag_keys) = request.tag_changes();
    if !tag_keys.is_empty() {
        let input = UntagRoleRequest { role_name: role_name.clone(), tag_keys };
        request.call::<UntagRole>(input)?;
    }
    if let Some(tags) = super::user::listed(added) {
        request.call::<TagRole>(TagRoleRequest { role_name, tags })?;
    }
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
