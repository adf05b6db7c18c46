//! AWS::IAM::User. Not its LoginProfile: there are no console passwords yet.
//!
//! AWS: Template reference, "AWS::IAM::User".

use api::iam::{
    AddUserToGroup, AddUserToGroupRequest, AttachUserPolicy, AttachUserPolicyRequest, CreateUser,
    CreateUserRequest, DeleteUser, DeleteUserPermissionsBoundary,
    DeleteUserPermissionsBoundaryRequest, DeleteUserPolicy, DeleteUserPolicyRequest,
    DeleteUserRequest, DetachUserPolicy, DetachUserPolicyRequest, GetUser, GetUserRequest,
    PutUserPermissionsBoundary, PutUserPermissionsBoundaryRequest, PutUserPolicy,
    PutUserPolicyRequest, RemoveUserFromGroup, RemoveUserFromGroupRequest, Tag, TagUser,
    TagUserRequest, UntagUser, UntagUserRequest, UpdateUser, UpdateUserRequest,
};

use super::{Failure, Request, difference};

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
    describe(request, name)
}

fn describe(request: &mut Request<'_, '_>, user_name: String) -> Result<(), Failure> {
    let made = request.call::<GetUser>(GetUserRequest { user_name: Some(user_name) })?.user;
    request.attributes.insert("Arn".to_owned(), made.arn);
    Ok(())
}

pub fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    request.refuse_properties(&["LoginProfile"])?;
    let name = request.physical_id();
    if request.changes(&["Path"]) {
        let path = request.read().text("Path").unwrap_or_else(|| "/".to_owned());
        request.call::<UpdateUser>(UpdateUserRequest {
            user_name: name.clone(),
            new_path: Some(path),
            new_user_name: None,
        })?;
    }
    update_policies(request, &name)?;
    update_groups(request, &name)?;
    update_boundary_and_tags(request, &name)?;
    describe(request, name)
}

fn update_policies(request: &mut Request<'_, '_>, name: &str) -> Result<(), Failure> {
    let (old, new) = (request.read_old(), request.read());
    let (put, dropped) = difference(&old.policies(), &new.policies());
    let kept = new.policies();
    for (policy_name, policy_document) in put {
        let user_name = name.to_owned();
        let input = PutUserPolicyRequest { user_name, policy_name, policy_document };
        request.call::<PutUserPolicy>(input)?;
    }
    for (policy_name, _) in dropped {
        if !kept.iter().any(|(other, _)| *other == policy_name) {
            let input = DeleteUserPolicyRequest { user_name: name.to_owned(), policy_name };
            request.call_unless_gone::<DeleteUserPolicy>(input)?;
        }
    }
    let arns = |of: &super::Properties| of.texts("ManagedPolicyArns");
    let (attached, detached) = difference(&arns(&old), &arns(&new));
    for policy_arn in detached {
        let input = DetachUserPolicyRequest { user_name: name.to_owned(), policy_arn };
        request.call_unless_gone::<DetachUserPolicy>(input)?;
    }
    for policy_arn in attached {
        let input = AttachUserPolicyRequest { user_name: name.to_owned(), policy_arn };
        request.call::<AttachUserPolicy>(input)?;
    }
    Ok(())
}

fn update_groups(request: &mut Request<'_, '_>, name: &str) -> Result<(), Failure> {
    let groups = |of: super::Properties| of.texts("Groups");
    let (joined, left) = difference(&groups(request.read_old()), &groups(request.read()));
    for group_name in joined {
        let input = AddUserToGroupRequest { group_name, user_name: name.to_owned() };
        request.call::<AddUserToGroup>(input)?;
    }
    for group_name in left {
        let input = RemoveUserFromGroupRequest { group_name, user_name: name.to_owned() };
        request.call_unless_gone::<RemoveUserFromGroup>(input)?;
    }
    Ok(())
}

fn update_boundary_and_tags(request: &mut Request<'_, '_>, name: &str) -> Result<(), Failure> {
    let user_name = name.to_owned();
    if request.changes(&["PermissionsBoundary"]) {
        match request.read().text("PermissionsBoundary") {
            Some(permissions_boundary) => {
                let user_name = user_name.clone();
                let input = PutUserPermissionsBoundaryRequest { user_name, permissions_boundary };
                request.call::<PutUserPermissionsBoundary>(input)?;
            }
            None => {
                let input = DeleteUserPermissionsBoundaryRequest { user_name: user_name.clone() };
                request.call_unless_gone::<DeleteUserPermissionsBoundary>(input)?;
            }
        }
    }
    let (added, tag_keys) = request.tag_changes();
    if !tag_keys.is_empty() {
        let input = UntagUserRequest { user_name: user_name.clone(), tag_keys };
        request.call::<UntagUser>(input)?;
    }
    if let Some(tags) = listed(added) {
        request.call::<TagUser>(TagUserRequest { user_name, tags })?;
    }
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
