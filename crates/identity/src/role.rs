//! Roles.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html>

use api::Timestamp;
use api::iam::{
    CreateRoleRequest, CreateRoleResponse, DeleteRoleRequest, DeleteRoleResponse, GetRoleRequest,
    GetRoleResponse, ListRolesRequest, ListRolesResponse, Role, RoleLastUsed,
    UpdateAssumeRolePolicyRequest, UpdateAssumeRolePolicyResponse, UpdateRoleDescriptionRequest,
    UpdateRoleDescriptionResponse, UpdateRoleRequest, UpdateRoleResponse,
};
use gateway::{AccountId, Cx, Error};
use store::Tx;

use crate::entity::{self, Entity, Kind, RolePart};
use crate::page::Ask;
use crate::tables::USES;
use crate::{attachment, boundary, document, error, inline, instance_profile, listing, tag, trust};

/// `MaxSessionDuration` where none is given, in seconds.
const MAX_SESSION_DEFAULT: i32 = 3600;

/// The answer shows the trust policy as it was given, and no `MaxSessionDuration`.
pub fn create_role(cx: &mut Cx<'_>, input: CreateRoleRequest) -> Result<CreateRoleResponse, Error> {
    let path = input.path.unwrap_or_else(|| "/".to_owned());
    if entity::is_reserved(&path) {
        return Err(error::protected_role(&input.role_name));
    }
    let given = input.assume_role_policy_document;
    let role = Entity {
        kind: Kind::Role,
        id: cx.unique_id(Kind::Role.prefix()),
        name: input.role_name,
        path,
        created: cx.now().as_seconds(),
        boundary: input.permissions_boundary,
        tags: tag::checked(input.tags.as_deref().unwrap_or_default())?,
        role: Some(RolePart {
            trust: trust::to_keep(cx, &given)?,
            description: input.description,
            max_session: input.max_session_duration.unwrap_or(MAX_SESSION_DEFAULT),
        }),
    };
    entity::insert(cx, &role)?;
    boundary::link(cx, &role)?;
    Ok(CreateRoleResponse {
        role: Role {
            assume_role_policy_document: Some(document::encoded(&given)),
            max_session_duration: None,
            permissions_boundary: boundary::shape(&role),
            tags: tag::shapes_if_any(&role.tags),
            ..shape(cx.tx, cx.account(), &role)?
        },
    })
}

pub fn delete_role(cx: &mut Cx<'_>, input: DeleteRoleRequest) -> Result<DeleteRoleResponse, Error> {
    let account = cx.account();
    let role = entity::get_to_change(cx, Kind::Role, &input.role_name)?;
    if attachment::has_any(cx.tx, account, &role.id)? {
        return Err(error::delete_conflict("must detach all policies first."));
    }
    if inline::has_any(cx.tx, account, &role.id)? {
        return Err(error::delete_conflict("must delete policies first."));
    }
    if !instance_profile::of_role(cx.tx, account, &role.id)?.is_empty() {
        return Err(error::delete_conflict("must remove roles from instance profile first."));
    }
    entity::remove(cx.tx, account, &role)?;
    Ok(DeleteRoleResponse::default())
}

pub fn get_role(cx: &mut Cx<'_>, input: GetRoleRequest) -> Result<GetRoleResponse, Error> {
    let role = entity::get(cx.tx, cx.account(), Kind::Role, &input.role_name)?;
    let last_used = last_used(cx.tx, cx.account(), &role.id)?;
    Ok(GetRoleResponse {
        role: Role {
            permissions_boundary: boundary::shape(&role),
            tags: tag::shapes_if_any(&role.tags),
            role_last_used: Some(last_used),
            ..shape(cx.tx, cx.account(), &role)?
        },
    })
}

pub fn list_roles(cx: &mut Cx<'_>, input: ListRolesRequest) -> Result<ListRolesResponse, Error> {
    let ask =
        Ask { scope: "ListRoles", marker: input.marker.as_deref(), max_items: input.max_items };
    let page = listing::entities(cx, Kind::Role, input.path_prefix.as_deref(), ask)?;
    let (tx, account) = (&*cx.tx, cx.account());
    let roles = page.items.iter().map(|role| shape(tx, account, role));
    Ok(ListRolesResponse {
        is_truncated: page.is_truncated(),
        roles: roles.collect::<Result<_, _>>()?,
        marker: page.marker,
    })
}

pub fn update_assume_role_policy(
    cx: &mut Cx<'_>,
    input: UpdateAssumeRolePolicyRequest,
) -> Result<UpdateAssumeRolePolicyResponse, Error> {
    let mut role = entity::get_to_change(cx, Kind::Role, &input.role_name)?;
    let kept = trust::to_keep(cx, &input.policy_document)?;
    part(&mut role)?.trust = kept;
    let account = cx.account();
    entity::put(cx.tx, account, &role)?;
    Ok(UpdateAssumeRolePolicyResponse::default())
}

/// A description that is not given stays; a duration that is not given becomes one hour, as AWS
/// documents. Of a service-linked role the description alone changes.
pub fn update_role(cx: &mut Cx<'_>, input: UpdateRoleRequest) -> Result<UpdateRoleResponse, Error> {
    let mut role = if input.max_session_duration.is_some() {
        entity::get_to_change(cx, Kind::Role, &input.role_name)?
    } else {
        entity::get_to_describe(cx, Kind::Role, &input.role_name)?
    };
    let changed = part(&mut role)?;
    if input.description.is_some() {
        changed.description = input.description;
    }
    changed.max_session = input.max_session_duration.unwrap_or(MAX_SESSION_DEFAULT);
    let account = cx.account();
    entity::put(cx.tx, account, &role)?;
    Ok(UpdateRoleResponse::default())
}

pub fn update_role_description(
    cx: &mut Cx<'_>,
    input: UpdateRoleDescriptionRequest,
) -> Result<UpdateRoleDescriptionResponse, Error> {
    let mut role = entity::get_to_describe(cx, Kind::Role, &input.role_name)?;
    part(&mut role)?.description = Some(input.description);
    let account = cx.account();
    entity::put(cx.tx, account, &role)?;
    let shape = shape(cx.tx, account, &role)?;
    Ok(UpdateRoleDescriptionResponse { role: Some(shape) })
}

/// As instance profiles show a role.
///
/// # Errors
/// Only what the store says.
pub fn brief_shape(tx: &Tx, account: AccountId, role: &Entity) -> Result<Role, Error> {
    let whole = shape(tx, account, role)?;
    Ok(Role { description: None, max_session_duration: None, ..whole })
}

/// As listings show a role: without tags, boundary and last use.
///
/// # Errors
/// Only what the store says.
pub fn shape(tx: &Tx, account: AccountId, role: &Entity) -> Result<Role, Error> {
    let part = role.role.as_ref().ok_or_else(no_part)?;
    let trust = trust::to_show(tx, &part.trust)?;
    Ok(Role {
        path: role.path.clone(),
        role_name: role.name.clone(),
        role_id: role.id.clone(),
        arn: role.arn(account),
        create_date: role.created(),
        assume_role_policy_document: Some(document::encoded(&trust)),
        description: part.description.clone(),
        max_session_duration: Some(part.max_session),
        ..Role::default()
    })
}

/// When a role was last used; empty where it never was.
///
/// # Errors
/// Only what the store says.
pub fn last_used(tx: &Tx, account: AccountId, role: &str) -> Result<RoleLastUsed, Error> {
    let used = USES.get(tx, (account.number(), role))?;
    Ok(used.map_or_else(RoleLastUsed::default, |used| RoleLastUsed {
        last_used_date: Some(Timestamp::from_seconds(used.at)),
        region: Some(used.region),
    }))
}

fn part(role: &mut Entity) -> Result<&mut RolePart, Error> {
    role.role.as_mut().ok_or_else(no_part)
}

/// INVARIANT: an entity of kind role has its role part.
fn no_part() -> Error {
    Error::internal("a role without its part")
}
