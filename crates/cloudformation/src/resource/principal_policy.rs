//! AWS::IAM::GroupPolicy, AWS::IAM::RolePolicy and AWS::IAM::UserPolicy: an inline policy of one of
//! them.
//!
//! AWS: Template reference, "AWS::IAM::RolePolicy" and its siblings.

use api::iam::{
    DeleteGroupPolicy, DeleteGroupPolicyRequest, DeleteRolePolicy, DeleteRolePolicyRequest,
    DeleteUserPolicy, DeleteUserPolicyRequest, PutGroupPolicy, PutGroupPolicyRequest,
    PutRolePolicy, PutRolePolicyRequest, PutUserPolicy, PutUserPolicyRequest,
};

use super::{Failure, Request};

/// Whose policy it is, by name.
#[derive(Clone, PartialEq, Eq)]
pub enum Holder {
    Group(String),
    Role(String),
    User(String),
}

pub fn create_group_policy(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    create(request, "GroupName", Holder::Group)
}

pub fn update_group_policy(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    update(request, "GroupName", Holder::Group)
}

pub fn delete_group_policy(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    delete(request, "GroupName", Holder::Group)
}

pub fn create_role_policy(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    create(request, "RoleName", Holder::Role)
}

pub fn update_role_policy(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    update(request, "RoleName", Holder::Role)
}

pub fn delete_role_policy(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    delete(request, "RoleName", Holder::Role)
}

pub fn create_user_policy(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    create(request, "UserName", Holder::User)
}

pub fn update_user_policy(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    update(request, "UserName", Holder::User)
}

pub fn delete_user_policy(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    delete(request, "UserName", Holder::User)
}

/// Its physical id is `PolicyName|HolderName`.
fn create(
    request: &mut Request<'_, '_>,
    property: &str,
    holder: fn(String) -> Holder,
) -> Result<(), Failure> {
    let properties = request.read();
    let name = properties.text("PolicyName").unwrap_or_default();
    let owner = properties.text(property).unwrap_or_default();
    let Some(document) = properties.document("PolicyDocument") else {
        return Err(Failure::Handler {
            message: "PolicyDocument must be specified.".to_owned(),
            code: "InvalidRequest",
        });
    };
    put(request, holder(owner.clone()), name.clone(), document)?;
    request.physical_id = Some(format!("{name}|{owner}"));
    Ok(())
}

/// Names replace it, so that only its document can have changed.
fn update(
    request: &mut Request<'_, '_>,
    property: &str,
    holder: fn(String) -> Holder,
) -> Result<(), Failure> {
    if request.changes(&["PolicyDocument"]) {
        let id = request.physical_id.clone();
        create(request, property, holder)?;
        request.physical_id = id;
    }
    Ok(())
}

fn delete(
    request: &mut Request<'_, '_>,
    property: &str,
    holder: fn(String) -> Holder,
) -> Result<(), Failure> {
    let properties = request.read();
    let name = properties.text("PolicyName").unwrap_or_default();
    forget(request, holder(properties.text(property).unwrap_or_default()), name)
}

/// Puts a policy into its holder.
pub fn put(
    request: &mut Request<'_, '_>,
    holder: Holder,
    policy_name: String,
    policy_document: String,
) -> Result<(), Failure> {
    match holder {
        Holder::Group(group_name) => {
            let input = PutGroupPolicyRequest { group_name, policy_name, policy_document };
            request.call::<PutGroupPolicy>(input).map(drop)
        }
        Holder::Role(role_name) => {
            let input = PutRolePolicyRequest { role_name, policy_name, policy_document };
            request.call::<PutRolePolicy>(input).map(drop)
        }
        Holder::User(user_name) => {
            let input = PutUserPolicyRequest { user_name, policy_name, policy_document };
            request.call::<PutUserPolicy>(input).map(drop)
        }
    }
}

/// Takes a policy from its holder, unless one of them is gone.
pub fn forget(
    request: &mut Request<'_, '_>,
    holder: Holder,
    policy_name: String,
) -> Result<(), Failure> {
    match holder {
        Holder::Group(group_name) => {
            let input = DeleteGroupPolicyRequest { group_name, policy_name };
            request.call_unless_gone::<DeleteGroupPolicy>(input)
        }
        Holder::Role(role_name) => {
            let input = DeleteRolePolicyRequest { role_name, policy_name };
            request.call_unless_gone::<DeleteRolePolicy>(input)
        }
        Holder::User(user_name) => {
            let input = DeleteUserPolicyRequest { user_name, policy_name };
            request.call_unless_gone::<DeleteUserPolicy>(input)
        }
    }
}
