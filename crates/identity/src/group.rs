//! Groups of users. A group is never a principal.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html>

use api::iam::{
    CreateGroupRequest, CreateGroupResponse, DeleteGroupRequest, DeleteGroupResponse,
    GetGroupRequest, GetGroupResponse, Group, ListGroupsRequest, ListGroupsResponse,
    UpdateGroupRequest, UpdateGroupResponse,
};
use gateway::{AccountId, Cx, Error};

use crate::entity::{self, Entity, Kind};
use crate::page::{self, Ask};
use crate::{attachment, error, inline, listing, membership, user};

pub fn create_group(
    cx: &mut Cx<'_>,
    input: CreateGroupRequest,
) -> Result<CreateGroupResponse, Error> {
    let group = Entity {
        kind: Kind::Group,
        id: cx.unique_id(Kind::Group.prefix()),
        name: input.group_name,
        path: input.path.unwrap_or_else(|| "/".to_owned()),
        created: cx.now().as_seconds(),
        boundary: None,
        tags: Vec::new(),
        role: None,
    };
    entity::insert(cx, &group)?;
    Ok(CreateGroupResponse { group: shape(cx.account(), &group) })
}

pub fn delete_group(
    cx: &mut Cx<'_>,
    input: DeleteGroupRequest,
) -> Result<DeleteGroupResponse, Error> {
    let account = cx.account();
    let group = entity::get(cx.tx, account, Kind::Group, &input.group_name)?;
    if !membership::members_of(cx.tx, account, &group.id)?.is_empty() {
        return Err(error::delete_conflict("must remove users from group first."));
    }
    if attachment::has_any(cx.tx, account, &group.id)? {
        return Err(error::delete_conflict("must detach all policies first."));
    }
    if inline::has_any(cx.tx, account, &group.id)? {
        return Err(error::delete_conflict("must delete policies first."));
    }
    entity::remove(cx.tx, account, &group)?;
    Ok(DeleteGroupResponse::default())
}

/// The group and a page of its members.
pub fn get_group(cx: &mut Cx<'_>, input: GetGroupRequest) -> Result<GetGroupResponse, Error> {
    let account = cx.account();
    let group = entity::get(cx.tx, account, Kind::Group, &input.group_name)?;
    let mut users: Vec<_> = membership::members_of(cx.tx, account, &group.id)?
        .iter()
        .map(|member| (member.name.to_lowercase(), user::shape(account, member)))
        .collect();
    users.sort_by(|(a, _), (b, _)| a.cmp(b));
    let scope = format!("members of {}", group.id);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, users)?;
    Ok(GetGroupResponse {
        group: shape(account, &group),
        is_truncated: page.is_truncated(),
        users: page.items,
        marker: page.marker,
    })
}

pub fn list_groups(cx: &mut Cx<'_>, input: ListGroupsRequest) -> Result<ListGroupsResponse, Error> {
    let ask =
        Ask { scope: "ListGroups", marker: input.marker.as_deref(), max_items: input.max_items };
    let page = listing::entities(cx, Kind::Group, input.path_prefix.as_deref(), ask)?;
    let account = cx.account();
    Ok(ListGroupsResponse {
        is_truncated: page.is_truncated(),
        groups: page.items.iter().map(|group| shape(account, group)).collect(),
        marker: page.marker,
    })
}

pub fn update_group(
    cx: &mut Cx<'_>,
    input: UpdateGroupRequest,
) -> Result<UpdateGroupResponse, Error> {
    let account = cx.account();
    let group = entity::get(cx.tx, account, Kind::Group, &input.group_name)?;
    entity::rename(cx.tx, account, group, input.new_group_name, input.new_path)?;
    Ok(UpdateGroupResponse::default())
}

#[must_use]
pub fn shape(account: AccountId, group: &Entity) -> Group {
    Group {
        path: group.path.clone(),
        group_name: group.name.clone(),
        group_id: group.id.clone(),
        arn: group.arn(account),
        create_date: group.created(),
    }
}
