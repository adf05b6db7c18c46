//! Policies written into a user, group or role.
//!
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#inline-policies>

use api::iam::{
    DeleteGroupPolicyRequest, DeleteGroupPolicyResponse, DeleteRolePolicyRequest,
    DeleteRolePolicyResponse, DeleteUserPolicyRequest, DeleteUserPolicyResponse,
    GetGroupPolicyRequest, GetGroupPolicyResponse, GetRolePolicyRequest, GetRolePolicyResponse,
    GetUserPolicyRequest, GetUserPolicyResponse, ListGroupPoliciesRequest,
    ListGroupPoliciesResponse, ListRolePoliciesRequest, ListRolePoliciesResponse,
    ListUserPoliciesRequest, ListUserPoliciesResponse, PutGroupPolicyRequest,
    PutGroupPolicyResponse, PutRolePolicyRequest, PutRolePolicyResponse, PutUserPolicyRequest,
    PutUserPolicyResponse,
};
use gateway::{AccountId, Cx, Error};
use minicbor::{Decode, Encode};
use policy::Kind as Grammar;
use store::{Record, Tx};

use crate::entity::{self, Entity, Kind};
use crate::page::{self, Ask, Page};
use crate::tables::INLINE;
use crate::{count, document, epoch, error};

#[derive(Debug, Clone, Encode, Decode)]
pub struct InlineRecord {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub document: String,
}

impl Record for InlineRecord {
    const VERSION: u8 = 1;
}

pub fn delete_group_policy(
    cx: &mut Cx<'_>,
    input: DeleteGroupPolicyRequest,
) -> Result<DeleteGroupPolicyResponse, Error> {
    delete(cx, Kind::Group, &input.group_name, &input.policy_name)?;
    Ok(DeleteGroupPolicyResponse::default())
}

pub fn delete_role_policy(
    cx: &mut Cx<'_>,
    input: DeleteRolePolicyRequest,
) -> Result<DeleteRolePolicyResponse, Error> {
    delete(cx, Kind::Role, &input.role_name, &input.policy_name)?;
    Ok(DeleteRolePolicyResponse::default())
}

pub fn delete_user_policy(
    cx: &mut Cx<'_>,
    input: DeleteUserPolicyRequest,
) -> Result<DeleteUserPolicyResponse, Error> {
    delete(cx, Kind::User, &input.user_name, &input.policy_name)?;
    Ok(DeleteUserPolicyResponse::default())
}

pub fn get_group_policy(
    cx: &mut Cx<'_>,
    input: GetGroupPolicyRequest,
) -> Result<GetGroupPolicyResponse, Error> {
    let (group, inline) = get(cx, Kind::Group, &input.group_name, &input.policy_name)?;
    Ok(GetGroupPolicyResponse {
        group_name: group.name,
        policy_name: inline.name,
        policy_document: document::encoded(&inline.document),
    })
}

pub fn get_role_policy(
    cx: &mut Cx<'_>,
    input: GetRolePolicyRequest,
) -> Result<GetRolePolicyResponse, Error> {
    let (role, inline) = get(cx, Kind::Role, &input.role_name, &input.policy_name)?;
    Ok(GetRolePolicyResponse {
        role_name: role.name,
        policy_name: inline.name,
        policy_document: document::encoded(&inline.document),
    })
}

pub fn get_user_policy(
    cx: &mut Cx<'_>,
    input: GetUserPolicyRequest,
) -> Result<GetUserPolicyResponse, Error> {
    let (user, inline) = get(cx, Kind::User, &input.user_name, &input.policy_name)?;
    Ok(GetUserPolicyResponse {
        user_name: user.name,
        policy_name: inline.name,
        policy_document: document::encoded(&inline.document),
    })
}

pub fn list_group_policies(
    cx: &mut Cx<'_>,
    input: ListGroupPoliciesRequest,
) -> Result<ListGroupPoliciesResponse, Error> {
    let (marker, most) = (input.marker.as_deref(), input.max_items);
    let page = list(cx, Kind::Group, &input.group_name, marker, most)?;
    Ok(ListGroupPoliciesResponse {
        is_truncated: page.is_truncated(),
        policy_names: page.items,
        marker: page.marker,
    })
}

pub fn list_role_policies(
    cx: &mut Cx<'_>,
    input: ListRolePoliciesRequest,
) -> Result<ListRolePoliciesResponse, Error> {
    let (marker, most) = (input.marker.as_deref(), input.max_items);
    let page = list(cx, Kind::Role, &input.role_name, marker, most)?;
    Ok(ListRolePoliciesResponse {
        is_truncated: page.is_truncated(),
        policy_names: page.items,
        marker: page.marker,
    })
}

pub fn list_user_policies(
    cx: &mut Cx<'_>,
    input: ListUserPoliciesRequest,
) -> Result<ListUserPoliciesResponse, Error> {
    let (marker, most) = (input.marker.as_deref(), input.max_items);
    let page = list(cx, Kind::User, &input.user_name, marker, most)?;
    Ok(ListUserPoliciesResponse {
        is_truncated: page.is_truncated(),
        policy_names: page.items,
        marker: page.marker,
    })
}

pub fn put_group_policy(
    cx: &mut Cx<'_>,
    input: PutGroupPolicyRequest,
) -> Result<PutGroupPolicyResponse, Error> {
    put(cx, Kind::Group, &input.group_name, input.policy_name, input.policy_document)?;
    Ok(PutGroupPolicyResponse::default())
}

pub fn put_role_policy(
    cx: &mut Cx<'_>,
    input: PutRolePolicyRequest,
) -> Result<PutRolePolicyResponse, Error> {
    put(cx, Kind::Role, &input.role_name, input.policy_name, input.policy_document)?;
    Ok(PutRolePolicyResponse::default())
}

pub fn put_user_policy(
    cx: &mut Cx<'_>,
    input: PutUserPolicyRequest,
) -> Result<PutUserPolicyResponse, Error> {
    put(cx, Kind::User, &input.user_name, input.policy_name, input.policy_document)?;
    Ok(PutUserPolicyResponse::default())
}

/// True where the entity has any.
///
/// # Errors
/// Only what the store says.
pub fn has_any(tx: &Tx, account: AccountId, entity: &str) -> Result<bool, Error> {
    Ok(!INLINE.scan(tx, INLINE.prefix((account.number(), entity)), 1)?.is_empty())
}

/// Replaces a policy of the same name without a word.
fn put(cx: &mut Cx<'_>, kind: Kind, owner: &str, name: String, text: String) -> Result<(), Error> {
    let entity = entity::get_to_change(cx, kind, owner)?;
    document::check(&text, Grammar::Identity)?;
    let (account, number) = (cx.account(), cx.account().number());
    let key = name.to_lowercase();
    let mut total = document::size(&text);
    for ((_, _, other), inline) in
        INLINE.scan(cx.tx, INLINE.prefix((number, &entity.id)), usize::MAX)?
    {
        if other != key {
            total = total.saturating_add(document::size(&inline.document));
        }
    }
    let most = count::raised(cx, size_max(kind));
    if total > most {
        let word = kind.word();
        let message = format!("Maximum policy size of {most} bytes exceeded for {word} {owner}");
        return Err(Error::new(api::iam::error::LIMIT_EXCEEDED, message));
    }
    INLINE.put(cx.tx, (number, &entity.id, &key), &InlineRecord { name, document: text })?;
    epoch::touch(cx.tx, account)
}

fn get(cx: &Cx<'_>, kind: Kind, owner: &str, name: &str) -> Result<(Entity, InlineRecord), Error> {
    let entity = entity::get(cx.tx, cx.account(), kind, owner)?;
    let key = (cx.account().number(), &entity.id, name.to_lowercase());
    let inline = INLINE.get(cx.tx, key)?.ok_or_else(|| {
        let word = kind.word();
        error::no_such_entity(format!("The {word} policy with name {name} cannot be found."))
    })?;
    Ok((entity, inline))
}

fn delete(cx: &mut Cx<'_>, kind: Kind, owner: &str, name: &str) -> Result<(), Error> {
    entity::get_to_change(cx, kind, owner)?;
    let (entity, _) = get(cx, kind, owner, name)?;
    let account = cx.account();
    INLINE.delete(cx.tx, (account.number(), &entity.id, name.to_lowercase()));
    epoch::touch(cx.tx, account)
}

fn list(
    cx: &Cx<'_>,
    kind: Kind,
    owner: &str,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<String>, Error> {
    let entity = entity::get(cx.tx, cx.account(), kind, owner)?;
    let range = INLINE.prefix((cx.account().number(), &entity.id));
    let rows = INLINE.scan(cx.tx, range, usize::MAX)?;
    let names = rows.into_iter().map(|((_, _, key), inline)| (key, inline.name)).collect();
    let scope = format!("inline {}", entity.id);
    page::sorted(cx, Ask { scope: &scope, marker, max_items }, names)
}

/// All inline policies of one entity together, in characters without white space.
const fn size_max(kind: Kind) -> usize {
    match kind {
        Kind::User => 2048,
        Kind::Group => 5120,
        Kind::Role => 10240,
    }
}
