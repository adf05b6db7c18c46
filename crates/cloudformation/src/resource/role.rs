//! AWS::IAM::Role.
//!
//! AWS: Template reference, "AWS::IAM::Role".

use api::iam::{
    CreateRole, CreateRoleRequest, DeleteRole, DeleteRoleRequest, GetRole, GetRoleRequest,
    UpdateAssumeRolePolicy, UpdateAssumeRolePolicyRequest, UpdateRole, UpdateRoleRequest,
};

use super::principal::{self, Principal};
use super::{Failure, Request, Type};

/// In seconds: what a role has whose template does not say.
const MAX_SESSION_DURATION: i32 = 3600;

pub static TYPE: Type = Type {
    read: Some(read),
    name_property: Some("RoleName"),
    takes_stack_tags: true,
    ..Type::new("AWS::IAM::Role", create, update, delete)
};

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
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
        tags: principal::listed(tags),
    };
    request.call_create::<CreateRole>(&name, input)?;
    request.physical_id = Some(name.clone());
    principal::give_policies(request, Principal::Role, &name)?;
    describe(request, name)
}

fn describe(request: &mut Request<'_, '_>, role_name: String) -> Result<(), Failure> {
    let made = request.call_read::<GetRole>(GetRoleRequest { role_name })?.role;
    request.attributes.insert("Arn".to_owned(), made.arn);
    request.attributes.insert("RoleId".to_owned(), made.role_id);
    Ok(())
}

fn read(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.physical_id();
    describe(request, name)
}

fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
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
    principal::update_policies(request, Principal::Role, &name)?;
    principal::update_boundary(request, Principal::Role, &name)?;
    principal::update_tags(request, Principal::Role, &name)?;
    describe(request, name)
}

/// What the template attached is detached; what others attached stays and makes IAM refuse.
fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.physical_id();
    request.call::<GetRole>(GetRoleRequest { role_name: name.clone() })?;
    principal::take_policies(request, Principal::Role, &name)?;
    request.call_unless_gone::<DeleteRole>(DeleteRoleRequest { role_name: name })
}
