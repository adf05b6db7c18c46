//! What the users, roles and groups of templates have in common: the policies that they hold inline
//! and attached, and, of users and roles, boundary and tags. IAM has an operation of its own for each
//! of the three; what is done with them is the same. The types that are an inline policy of one of
//! them (AWS::IAM::UserPolicy and its like) put and delete theirs here, too.

use api::iam::{
    AttachGroupPolicy, AttachGroupPolicyRequest, AttachRolePolicy, AttachRolePolicyRequest,
    AttachUserPolicy, AttachUserPolicyRequest, DeleteGroupPolicy, DeleteGroupPolicyRequest,
    DeleteRolePermissionsBoundary, DeleteRolePermissionsBoundaryRequest, DeleteRolePolicy,
    DeleteRolePolicyRequest, DeleteUserPermissionsBoundary, DeleteUserPermissionsBoundaryRequest,
    DeleteUserPolicy, DeleteUserPolicyRequest, DetachGroupPolicy, DetachGroupPolicyRequest,
    DetachRolePolicy, DetachRolePolicyRequest, DetachUserPolicy, DetachUserPolicyRequest,
    PutGroupPolicy, PutGroupPolicyRequest, PutRolePermissionsBoundary,
    PutRolePermissionsBoundaryRequest, PutRolePolicy, PutRolePolicyRequest,
    PutUserPermissionsBoundary, PutUserPermissionsBoundaryRequest, PutUserPolicy,
    PutUserPolicyRequest, Tag, TagRole, TagRoleRequest, TagUser, TagUserRequest, UntagRole,
    UntagRoleRequest, UntagUser, UntagUserRequest,
};

use super::{Failure, Properties, Request, difference};

/// Which of the three it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    User,
    Role,
    Group,
}

/// Gives a new principal the policies that its template names.
pub fn give_policies(
    request: &mut Request<'_, '_>,
    of: Principal,
    name: &str,
) -> Result<(), Failure> {
    let properties = request.read();
    for policy in properties.policies() {
        put_policy(request, of, name, policy)?;
    }
    let arns = properties.texts("ManagedPolicyArns");
    arns.into_iter().try_for_each(|arn| attach(request, of, name, arn))
}

/// Brings the policies of a principal from the old properties to the new ones.
pub fn update_policies(
    request: &mut Request<'_, '_>,
    of: Principal,
    name: &str,
) -> Result<(), Failure> {
    let (old, new) = (request.read_old(), request.read());
    let (added, dropped) = difference(&old.policies(), &new.policies());
    let kept = new.policies();
    for policy in added {
        put_policy(request, of, name, policy)?;
    }
    for (policy_name, _) in dropped {
        if !kept.iter().any(|(other, _)| *other == policy_name) {
            delete_policy(request, of, name, policy_name)?;
        }
    }
    let arns = |of: &Properties| of.texts("ManagedPolicyArns");
    let (attached, detached) = difference(&arns(&old), &arns(&new));
    detached.into_iter().try_for_each(|arn| detach(request, of, name, arn))?;
    attached.into_iter().try_for_each(|arn| attach(request, of, name, arn))
}

/// Takes the policies away that the template gave. What others gave stays, and makes IAM refuse to
/// delete the principal.
pub fn take_policies(
    request: &mut Request<'_, '_>,
    of: Principal,
    name: &str,
) -> Result<(), Failure> {
    let properties = request.read();
    let arns = properties.texts("ManagedPolicyArns");
    arns.into_iter().try_for_each(|arn| detach(request, of, name, arn))?;
    let mut inline = properties.policies().into_iter();
    inline.try_for_each(|(policy_name, _)| delete_policy(request, of, name, policy_name))
}

/// Brings the permissions boundary of a user or role to what the template says.
pub fn update_boundary(
    request: &mut Request<'_, '_>,
    of: Principal,
    name: &str,
) -> Result<(), Failure> {
    if !request.changes(&["PermissionsBoundary"]) {
        return Ok(());
    }
    let name = name.to_owned();
    match (of, request.read().text("PermissionsBoundary")) {
        (Principal::Role, Some(permissions_boundary)) => {
            let input = PutRolePermissionsBoundaryRequest { role_name: name, permissions_boundary };
            request.call::<PutRolePermissionsBoundary>(input).map(drop)
        }
        (Principal::Role, None) => {
            let input = DeleteRolePermissionsBoundaryRequest { role_name: name };
            request.call_unless_gone::<DeleteRolePermissionsBoundary>(input)
        }
        (Principal::User, Some(permissions_boundary)) => {
            let input = PutUserPermissionsBoundaryRequest { user_name: name, permissions_boundary };
            request.call::<PutUserPermissionsBoundary>(input).map(drop)
        }
        (Principal::User, None) => {
            let input = DeleteUserPermissionsBoundaryRequest { user_name: name };
            request.call_unless_gone::<DeleteUserPermissionsBoundary>(input)
        }
        (Principal::Group, _) => Ok(()),
    }
}

/// Brings the tags of a user or role to those of template and stack.
pub fn update_tags(
    request: &mut Request<'_, '_>,
    of: Principal,
    name: &str,
) -> Result<(), Failure> {
    let (added, tag_keys) = request.tag_changes();
    let name = name.to_owned();
    if !tag_keys.is_empty() {
        match of {
            Principal::Role => {
                let input = UntagRoleRequest { role_name: name.clone(), tag_keys };
                request.call::<UntagRole>(input).map(drop)?;
            }
            Principal::User => {
                let input = UntagUserRequest { user_name: name.clone(), tag_keys };
                request.call::<UntagUser>(input).map(drop)?;
            }
            Principal::Group => {}
        }
    }
    let Some(tags) = listed(added) else { return Ok(()) };
    match of {
        Principal::Role => {
            request.call::<TagRole>(TagRoleRequest { role_name: name, tags }).map(drop)
        }
        Principal::User => {
            request.call::<TagUser>(TagUserRequest { user_name: name, tags }).map(drop)
        }
        Principal::Group => Ok(()),
    }
}

/// Tags as IAM takes them; None for none, so that nobody is asked for a permission to tag.
pub fn listed(tags: Vec<(String, String)>) -> Option<Vec<Tag>> {
    let tags: Vec<Tag> = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
    (!tags.is_empty()).then_some(tags)
}

/// Puts an inline policy, given by name and document, into its holder.
pub fn put_policy(
    request: &mut Request<'_, '_>,
    of: Principal,
    name: &str,
    (policy_name, policy_document): (String, String),
) -> Result<(), Failure> {
    let name = name.to_owned();
    match of {
        Principal::User => {
            let input = PutUserPolicyRequest { user_name: name, policy_name, policy_document };
            request.call::<PutUserPolicy>(input).map(drop)
        }
        Principal::Role => {
            let input = PutRolePolicyRequest { role_name: name, policy_name, policy_document };
            request.call::<PutRolePolicy>(input).map(drop)
        }
        Principal::Group => {
            let input = PutGroupPolicyRequest { group_name: name, policy_name, policy_document };
            request.call::<PutGroupPolicy>(input).map(drop)
        }
    }
}

/// Takes an inline policy from its holder, unless one of them is gone.
pub fn delete_policy(
    request: &mut Request<'_, '_>,
    of: Principal,
    name: &str,
    policy_name: String,
) -> Result<(), Failure> {
    let name = name.to_owned();
    match of {
        Principal::User => {
            let input = DeleteUserPolicyRequest { user_name: name, policy_name };
            request.call_unless_gone::<DeleteUserPolicy>(input)
        }
        Principal::Role => {
            let input = DeleteRolePolicyRequest { role_name: name, policy_name };
            request.call_unless_gone::<DeleteRolePolicy>(input)
        }
        Principal::Group => {
            let input = DeleteGroupPolicyRequest { group_name: name, policy_name };
            request.call_unless_gone::<DeleteGroupPolicy>(input)
        }
    }
}

fn attach(
    request: &mut Request<'_, '_>,
    of: Principal,
    name: &str,
    policy_arn: String,
) -> Result<(), Failure> {
    let name = name.to_owned();
    match of {
        Principal::User => {
            let input = AttachUserPolicyRequest { user_name: name, policy_arn };
            request.call::<AttachUserPolicy>(input).map(drop)
        }
        Principal::Role => {
            let input = AttachRolePolicyRequest { role_name: name, policy_arn };
            request.call::<AttachRolePolicy>(input).map(drop)
        }
        Principal::Group => {
            let input = AttachGroupPolicyRequest { group_name: name, policy_arn };
            request.call::<AttachGroupPolicy>(input).map(drop)
        }
    }
}

fn detach(
    request: &mut Request<'_, '_>,
    of: Principal,
    name: &str,
    policy_arn: String,
) -> Result<(), Failure> {
    let name = name.to_owned();
    match of {
        Principal::User => {
            let input = DetachUserPolicyRequest { user_name: name, policy_arn };
            request.call_unless_gone::<DetachUserPolicy>(input)
        }
        Principal::Role => {
            let input = DetachRolePolicyRequest { role_name: name, policy_arn };
            request.call_unless_gone::<DetachRolePolicy>(input)
        }
        Principal::Group => {
            let input = DetachGroupPolicyRequest { group_name: name, policy_arn };
            request.call_unless_gone::<DetachGroupPolicy>(input)
        }
    }
}
