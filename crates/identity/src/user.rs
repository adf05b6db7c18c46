//! Users.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users.html>

use api::Timestamp;
use api::iam::{
    CreateUserRequest, CreateUserResponse, DeleteUserRequest, DeleteUserResponse, GetUserRequest,
    GetUserResponse, ListUsersRequest, ListUsersResponse, UpdateUserRequest, UpdateUserResponse,
    User,
};
use gateway::{AccountId, Cx, Error, Identity};

use crate::entity::{self, Entity, Kind};
use crate::page::Ask;
use crate::{
    access_key, account, arn, attachment, boundary, error, inline, listing, login_profile,
    membership, mfa_device, service_credential, signing_certificate, ssh_public_key, tag,
};

pub fn create_user(cx: &mut Cx<'_>, input: CreateUserRequest) -> Result<CreateUserResponse, Error> {
    let user = Entity {
        kind: Kind::User,
        id: cx.unique_id(Kind::User.prefix()),
        name: input.user_name,
        path: input.path.unwrap_or_else(|| "/".to_owned()),
        created: cx.now().as_seconds(),
        boundary: input.permissions_boundary,
        tags: tag::checked(input.tags.as_deref().unwrap_or_default())?,
        role: None,
    };
    entity::insert(cx, &user)?;
    boundary::link(cx, &user)?;
    Ok(CreateUserResponse { user: Some(whole_shape(cx.account(), &user)) })
}

/// In an order of refusals that AWS does not document.
pub fn delete_user(cx: &mut Cx<'_>, input: DeleteUserRequest) -> Result<DeleteUserResponse, Error> {
    let account = cx.account();
    let user = entity::get(cx.tx, account, Kind::User, &input.user_name)?;
    if attachment::has_any(cx.tx, account, &user.id)? {
        return Err(error::delete_conflict("must detach all policies first."));
    }
    if inline::has_any(cx.tx, account, &user.id)? {
        return Err(error::delete_conflict("must delete policies first."));
    }
    if !access_key::owned(cx.tx, account, &user.id)?.is_empty() {
        return Err(error::delete_conflict("must delete access keys first."));
    }
    if !membership::groups_of(cx.tx, account, &user.id)?.is_empty() {
        return Err(error::delete_conflict("must remove users from group first."));
    }
    if login_profile::find(cx.tx, account, &user.id)?.is_some() {
        return Err(error::delete_conflict("must delete login profile first."));
    }
    if !mfa_device::devices_of(cx.tx, account, &user.id)?.is_empty() {
        return Err(error::delete_conflict("must delete MFA device first."));
    }
    if !service_credential::owned(cx.tx, account, &user.id)?.is_empty()
        || !ssh_public_key::owned(cx.tx, account, &user.id)?.is_empty()
        || !signing_certificate::owned(cx.tx, account, &user.id)?.is_empty()
    {
        return Err(error::delete_conflict("must remove referenced objects first."));
    }
    entity::remove(cx.tx, account, &user)?;
    Ok(DeleteUserResponse::default())
}

pub fn get_user(cx: &mut Cx<'_>, input: GetUserRequest) -> Result<GetUserResponse, Error> {
    if input.user_name.is_none() && matches!(cx.caller().identity, Identity::Root) {
        return Ok(GetUserResponse { user: root_user(cx)? });
    }
    let user = named_or_caller(cx, input.user_name.as_deref())?;
    Ok(GetUserResponse { user: whole_shape(cx.account(), &user) })
}

pub fn list_users(cx: &mut Cx<'_>, input: ListUsersRequest) -> Result<ListUsersResponse, Error> {
    let ask =
        Ask { scope: "ListUsers", marker: input.marker.as_deref(), max_items: input.max_items };
    let page = listing::entities(cx, Kind::User, input.path_prefix.as_deref(), ask)?;
    let account = cx.account();
    Ok(ListUsersResponse {
        is_truncated: page.is_truncated(),
        users: page.items.iter().map(|user| shape(account, user)).collect(),
        marker: page.marker,
    })
}

pub fn update_user(cx: &mut Cx<'_>, input: UpdateUserRequest) -> Result<UpdateUserResponse, Error> {
    let account = cx.account();
    let user = entity::get(cx.tx, account, Kind::User, &input.user_name)?;
    entity::rename(cx.tx, account, user, input.new_user_name, input.new_path)?;
    Ok(UpdateUserResponse::default())
}

/// The named user, or the user who calls.
///
/// # Errors
/// NoSuchEntity; ValidationError where no name is given and the caller is no user.
pub fn named_or_caller(cx: &Cx<'_>, name: Option<&str>) -> Result<Entity, Error> {
    if let Some(name) = name {
        return entity::get(cx.tx, cx.account(), Kind::User, name);
    }
    let user = match &cx.caller().identity {
        Identity::User(id) => entity::by_id(cx.tx, cx.account(), id)?,
        _ => None,
    };
    user.ok_or_else(error::must_specify_user_name)
}

/// As listings show a user: without tags and boundary.
#[must_use]
pub fn shape(account: AccountId, user: &Entity) -> User {
    User {
        path: Some(user.path.clone()),
        user_name: Some(user.name.clone()),
        user_id: user.id.clone(),
        arn: user.arn(account),
        create_date: user.created(),
        password_last_used: None,
        permissions_boundary: None,
        tags: None,
    }
}

fn whole_shape(account: AccountId, user: &Entity) -> User {
    User {
        permissions_boundary: boundary::shape(user),
        tags: tag::shapes_if_any(&user.tags),
        ..shape(account, user)
    }
}

/// The account's root user: it has neither name nor path.
fn root_user(cx: &Cx<'_>) -> Result<User, Error> {
    let created = account::get(cx.tx, cx.account())?.map_or(0, |account| account.created);
    Ok(User {
        user_id: cx.account().to_string(),
        arn: arn::root(cx.account()),
        create_date: Timestamp::from_seconds(created),
        ..User::default()
    })
}
