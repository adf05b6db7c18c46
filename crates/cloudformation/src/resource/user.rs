//! AWS::IAM::User. Not its LoginProfile: there are no console passwords yet.
//!
//! AWS: Template reference, "AWS::IAM::User".

use api::iam::{
    AddUserToGroup, AddUserToGroupRequest, AttachUserPolicy, AttachUserPolicyRequest, CreateUser,
    CreateUserRequest, DeleteUser, DeleteUserPolicy, DeleteUserPolicyRequest, DeleteUserRequest,
    DetachUserPolicy, DetachUserPolicyRequest, GetUser, GetUserRequest, PutUserPolicy,
    PutUserPolicyRequest, RemoveUserFromGroup, RemoveUserFromGroupRequest, Tag,
};

use super::{Failure, Request};

pub fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    request.refuse_properties(&["LoginProfile"])?;
    let properties = request.read();
    let name = properties.text("UserName").unwrap_or_else(|| request.generated_name());
    let input = CreateUserRequest {
        path: properties.text("Path"),
        user_name: name.clone(),
        permissions_boundary: properties.text("PermissionsBoundary"),
        tags: listed(request.all_tags()),
    };
    request.call_create::<CreateUser>(&name, input)?;
    request.physical_id = Some(name.clone());
    for (policy_name, policy_document) in properties.policies() {
        let user_name = name.clone();
        let input = PutUserPolicyRequest { user_name, policy_name, policy_document };
        request.call::<PutUserPolicy>(input)?;
    }
    for policy_arn in properties.texts("ManagedPolicyArns") {
        let input = AttachUserPolicyRequest { user_name: name.clone(), policy_arn };
        request.call::<AttachUserPolicy>(input)?;
    }
    for group_name in properties.texts("Groups") {
        let input = AddUserToGroupRequest { group_name, user_name: name.clone() };
        request.call::<AddUserToGroup>(input)?;
    }
    let made = request.call::<GetUser>(GetUserRequest { user_name: Some(name) })?.user;
    request.attributes.insert("Arn".to_owned(), made.arn);
    Ok(())
}

/// What the template gave is taken away; what others gave stays and makes IAM refuse.
pub fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = request.physical_id();
    request.call::<GetUser>(GetUserRequest { user_name: Some(name.clone()) })?;
    for group_name in properties.texts("Groups") {
        let input = RemoveUserFromGroupRequest { group_name, user_name: name.clone() };
        request.call_unless_gone::<RemoveUserFromGroup>(input)?;
    }
    for policy_arn in properties.texts("ManagedPolicyArns") {
        let input = DetachUserPolicyRequest { user_name: name.clone(), policy_arn };
        request.call_unless_gone::<DetachUserPolicy>(input)?;
    }
    for (policy_name, _) in properties.policies() {
        let input = DeleteUserPolicyRequest { user_name: name.clone(), policy_name };
        request.call_unless_gone::<DeleteUserPolicy>(input)?;
    }
    request.call_unless_gone::<DeleteUser>(DeleteUserRequest { user_name: name })
}

/// Tags as IAM takes them; None for none, so that nobody is asked for a permission to tag.
pub fn listed(tags: Vec<(String, String)>) -> Option<Vec<Tag>> {
    let tags: Vec<Tag> = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
    (!tags.is_empty()).then_some(tags)
}
