//! Who is in which group.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups_manage_add-remove-users.html>

use api::iam::{
    AddUserToGroupRequest, AddUserToGroupResponse, ListGroupsForUserRequest,
    ListGroupsForUserResponse, RemoveUserFromGroupRequest, RemoveUserFromGroupResponse,
};
use gateway::{AccountId, Cx, Error};
use store::Tx;

use crate::entity::{self, Entity, Kind};
use crate::page::{self, Ask};
use crate::tables::{MEMBERS, MEMBERSHIPS};
use crate::{count, epoch, group};

const GROUPS_PER_USER: usize = 10;

/// Adding again changes nothing.
pub fn add_user_to_group(
    cx: &mut Cx<'_>,
    input: AddUserToGroupRequest,
) -> Result<AddUserToGroupResponse, Error> {
    let account = cx.account();
    let number = account.number();
    let group = entity::get(cx.tx, account, Kind::Group, &input.group_name)?;
    let user = entity::get(cx.tx, account, Kind::User, &input.user_name)?;
    if MEMBERS.contains(cx.tx, (number, &group.id, &user.id))? {
        return Ok(AddUserToGroupResponse::default());
    }
    let range = MEMBERSHIPS.prefix((number, &user.id));
    let present = MEMBERSHIPS.scan(cx.tx, range, usize::MAX)?.len();
    count::within(cx, "GroupsPerUser", GROUPS_PER_USER, present)?;
    MEMBERS.put(cx.tx, (number, &group.id, &user.id), &())?;
    MEMBERSHIPS.put(cx.tx, (number, &user.id, &group.id), &())?;
    epoch::touch(cx.tx, account)?;
    Ok(AddUserToGroupResponse::default())
}

pub fn list_groups_for_user(
    cx: &mut Cx<'_>,
    input: ListGroupsForUserRequest,
) -> Result<ListGroupsForUserResponse, Error> {
    let account = cx.account();
    let user = entity::get(cx.tx, account, Kind::User, &input.user_name)?;
    let mut groups: Vec<_> = groups_of(cx.tx, account, &user.id)?
        .iter()
        .map(|group| (group.name.to_lowercase(), group::shape(account, group)))
        .collect();
    groups.sort_by(|(a, _), (b, _)| a.cmp(b));
    let scope = format!("groups of {}", user.id);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, groups)?;
    Ok(ListGroupsForUserResponse {
        is_truncated: page.is_truncated(),
        groups: page.items,
        marker: page.marker,
    })
}

/// Removing who is no member changes nothing.
pub fn remove_user_from_group(
    cx: &mut Cx<'_>,
    input: RemoveUserFromGroupRequest,
) -> Result<RemoveUserFromGroupResponse, Error> {
    let account = cx.account();
    let number = account.number();
    let group = entity::get(cx.tx, account, Kind::Group, &input.group_name)?;
    let user = entity::get(cx.tx, account, Kind::User, &input.user_name)?;
    MEMBERS.delete(cx.tx, (number, &group.id, &user.id));
    MEMBERSHIPS.delete(cx.tx, (number, &user.id, &group.id));
    epoch::touch(cx.tx, account)?;
    Ok(RemoveUserFromGroupResponse::default())
}

/// The groups of a user.
///
/// # Errors
/// Only what the store says.
pub fn groups_of(tx: &Tx, account: AccountId, user: &str) -> Result<Vec<Entity>, Error> {
    let range = MEMBERSHIPS.prefix((account.number(), user));
    let rows = MEMBERSHIPS.scan(tx, range, usize::MAX)?;
    let groups = rows.iter().map(|((_, _, group), ())| entity::by_id(tx, account, group));
    groups.filter_map(Result::transpose).collect()
}

/// The members of a group.
///
/// # Errors
/// Only what the store says.
pub fn members_of(tx: &Tx, account: AccountId, group: &str) -> Result<Vec<Entity>, Error> {
    let rows = MEMBERS.scan(tx, MEMBERS.prefix((account.number(), group)), usize::MAX)?;
    let users = rows.iter().map(|((_, _, user), ())| entity::by_id(tx, account, user));
    users.filter_map(Result::transpose).collect()
}
