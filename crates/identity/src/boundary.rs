//! Permissions boundaries: the managed policy that caps what a user or role may be allowed.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>

use api::iam::{
    AttachedPermissionsBoundary, DeleteRolePermissionsBoundaryRequest,
    DeleteRolePermissionsBoundaryResponse, DeleteUserPermissionsBoundaryRequest,
    DeleteUserPermissionsBoundaryResponse, PermissionsBoundaryAttachmentType,
    PutRolePermissionsBoundaryRequest, PutRolePermissionsBoundaryResponse,
    PutUserPermissionsBoundaryRequest, PutUserPermissionsBoundaryResponse,
};
use gateway::{Cx, Error};

use crate::attachment;
use crate::entity::{self, Entity, Kind};
use crate::error;
use crate::managed_policy as managed;
use crate::tables::BOUNDARY_OF;

pub fn delete_role_permissions_boundary(
    cx: &mut Cx<'_>,
    input: DeleteRolePermissionsBoundaryRequest,
) -> Result<DeleteRolePermissionsBoundaryResponse, Error> {
    let role = entity::get_to_change(cx, Kind::Role, &input.role_name)?;
    set(cx, role, None)?;
    Ok(DeleteRolePermissionsBoundaryResponse::default())
}

pub fn delete_user_permissions_boundary(
    cx: &mut Cx<'_>,
    input: DeleteUserPermissionsBoundaryRequest,
) -> Result<DeleteUserPermissionsBoundaryResponse, Error> {
    let user = entity::get_to_change(cx, Kind::User, &input.user_name)?;
    set(cx, user, None)?;
    Ok(DeleteUserPermissionsBoundaryResponse::default())
}

pub fn put_role_permissions_boundary(
    cx: &mut Cx<'_>,
    input: PutRolePermissionsBoundaryRequest,
) -> Result<PutRolePermissionsBoundaryResponse, Error> {
    let role = entity::get_to_change(cx, Kind::Role, &input.role_name)?;
    set(cx, role, Some(input.permissions_boundary))?;
    Ok(PutRolePermissionsBoundaryResponse::default())
}

pub fn put_user_permissions_boundary(
    cx: &mut Cx<'_>,
    input: PutUserPermissionsBoundaryRequest,
) -> Result<PutUserPermissionsBoundaryResponse, Error> {
    let user = entity::get_to_change(cx, Kind::User, &input.user_name)?;
    set(cx, user, Some(input.permissions_boundary))?;
    Ok(PutUserPermissionsBoundaryResponse::default())
}

/// Notes that the boundary of a new entity bounds it.
///
/// # Errors
/// NoSuchEntity, ValidationError: no such policy.
pub fn link(cx: &mut Cx<'_>, entity: &Entity) -> Result<(), Error> {
    let Some(arn) = entity.boundary.as_deref() else { return Ok(()) };
    let policy = attachment::attachable(cx, arn, || {
        error::no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable."))
    })?;
    let key = (cx.account().number(), policy.id(), &entity.id);
    Ok(BOUNDARY_OF.put(cx.tx, key, &())?)
}

/// As answers show it.
#[must_use]
pub fn shape(entity: &Entity) -> Option<AttachedPermissionsBoundary> {
    entity.boundary.as_ref().map(|arn| AttachedPermissionsBoundary {
        permissions_boundary_type: Some(PermissionsBoundaryAttachmentType::Policy),
        permissions_boundary_arn: Some(arn.clone()),
    })
}

/// Taking away what is not there is no error.
fn set(cx: &mut Cx<'_>, mut entity: Entity, boundary: Option<String>) -> Result<(), Error> {
    let account = cx.account();
    if let Some(old) = &entity.boundary
        && let Some(policy) = managed::find(cx.tx, account, old)?
    {
        BOUNDARY_OF.delete(cx.tx, (account.number(), policy.id(), &entity.id));
    }
    entity.boundary = boundary;
    link(cx, &entity)?;
    entity::put(cx.tx, account, &entity)
}
