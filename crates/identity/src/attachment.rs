//! Managed policies on users, groups and roles.
//!
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html>

use api::iam::{
    AttachGroupPolicyRequest, AttachGroupPolicyResponse, AttachRolePolicyRequest,
    AttachRolePolicyResponse, AttachUserPolicyRequest, AttachUserPolicyResponse, AttachedPolicy,
    DetachGroupPolicyRequest, DetachGroupPolicyResponse, DetachRolePolicyRequest,
    DetachRolePolicyResponse, DetachUserPolicyRequest, DetachUserPolicyResponse,
    ListAttachedGroupPoliciesRequest, ListAttachedGroupPoliciesResponse,
    ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse,
    ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse,
};
use gateway::{AccountId, Cx, Error};
use minicbor::{Decode, Encode};
use store::{Record, Tx};

use crate::entity::{self, Kind};
use crate::managed_policy::{self as managed, Managed};
use crate::page::{self, Ask, Page};
use crate::tables::{ATTACHED_TO, ATTACHMENTS};
use crate::{arn, count, epoch, error};

const POLICIES_PER_ENTITY: usize = 10;

#[derive(Debug, Clone, Encode, Decode)]
pub struct AttachmentRecord {
    #[n(0)]
    pub arn: String,
}

impl Record for AttachmentRecord {
    const VERSION: u8 = 1;
}

pub fn attach_group_policy(
    cx: &mut Cx<'_>,
    input: AttachGroupPolicyRequest,
) -> Result<AttachGroupPolicyResponse, Error> {
    attach(cx, Kind::Group, &input.group_name, &input.policy_arn)?;
    Ok(AttachGroupPolicyResponse::default())
}

pub fn attach_role_policy(
    cx: &mut Cx<'_>,
    input: AttachRolePolicyRequest,
) -> Result<AttachRolePolicyResponse, Error> {
    attach(cx, Kind::Role, &input.role_name, &input.policy_arn)?;
    Ok(AttachRolePolicyResponse::default())
}

pub fn attach_user_policy(
    cx: &mut Cx<'_>,
    input: AttachUserPolicyRequest,
) -> Result<AttachUserPolicyResponse, Error> {
    attach(cx, Kind::User, &input.user_name, &input.policy_arn)?;
    Ok(AttachUserPolicyResponse::default())
}

pub fn detach_group_policy(
    cx: &mut Cx<'_>,
    input: DetachGroupPolicyRequest,
) -> Result<DetachGroupPolicyResponse, Error> {
    detach(cx, Kind::Group, &input.group_name, &input.policy_arn)?;
    Ok(DetachGroupPolicyResponse::default())
}

pub fn detach_role_policy(
    cx: &mut Cx<'_>,
    input: DetachRolePolicyRequest,
) -> Result<DetachRolePolicyResponse, Error> {
    detach(cx, Kind::Role, &input.role_name, &input.policy_arn)?;
    Ok(DetachRolePolicyResponse::default())
}

pub fn detach_user_policy(
    cx: &mut Cx<'_>,
    input: DetachUserPolicyRequest,
) -> Result<DetachUserPolicyResponse, Error> {
    detach(cx, Kind::User, &input.user_name, &input.policy_arn)?;
    Ok(DetachUserPolicyResponse::default())
}

pub fn list_attached_group_policies(
    cx: &mut Cx<'_>,
    input: ListAttachedGroupPoliciesRequest,
) -> Result<ListAttachedGroupPoliciesResponse, Error> {
    let ask = Listing {
        kind: Kind::Group,
        name: &input.group_name,
        path_prefix: input.path_prefix.as_deref(),
        marker: input.marker.as_deref(),
        max_items: input.max_items,
    };
    let page = list(cx, ask)?;
    Ok(ListAttachedGroupPoliciesResponse {
        is_truncated: page.is_truncated(),
        attached_policies: Some(page.items),
        marker: page.marker,
    })
}

pub fn list_attached_role_policies(
    cx: &mut Cx<'_>,
    input: ListAttachedRolePoliciesRequest,
) -> Result<ListAttachedRolePoliciesResponse, Error> {
    let ask = Listing {
        kind: Kind::Role,
        name: &input.role_name,
        path_prefix: input.path_prefix.as_deref(),
        marker: input.marker.as_deref(),
        max_items: input.max_items,
    };
    let page = list(cx, ask)?;
    Ok(ListAttachedRolePoliciesResponse {
        is_truncated: page.is_truncated(),
        attached_policies: Some(page.items),
        marker: page.marker,
    })
}

pub fn list_attached_user_policies(
    cx: &mut Cx<'_>,
    input: ListAttachedUserPoliciesRequest,
) -> Result<ListAttachedUserPoliciesResponse, Error> {
    let ask = Listing {
        kind: Kind::User,
        name: &input.user_name,
        path_prefix: input.path_prefix.as_deref(),
        marker: input.marker.as_deref(),
        max_items: input.max_items,
    };
    let page = list(cx, ask)?;
    Ok(ListAttachedUserPoliciesResponse {
        is_truncated: page.is_truncated(),
        attached_policies: Some(page.items),
        marker: page.marker,
    })
}

/// True where the entity has any.
///
/// # Errors
/// Only what the store says.
pub fn has_any(tx: &Tx, account: AccountId, entity: &str) -> Result<bool, Error> {
    let range = ATTACHMENTS.prefix((account.number(), entity));
    Ok(!ATTACHMENTS.scan(tx, range, 1)?.is_empty())
}

/// A managed policy that can be attached.
///
/// # Errors
/// The sentence for an ARN that is none; what `absent` makes of a policy that does not exist.
pub fn attachable(
    cx: &Cx<'_>,
    policy_arn: &str,
    absent: impl FnOnce() -> Error,
) -> Result<Managed, Error> {
    if arn::parts(policy_arn).is_none() {
        return Err(error::unparsable_arn());
    }
    managed::find(cx.tx, cx.account(), policy_arn)?.ok_or_else(absent)
}

/// Attaches without a question.
///
/// # Errors
/// Only what the store says.
pub fn put(
    tx: &mut Tx,
    account: AccountId,
    entity: &str,
    policy: &str,
    arn: &str,
) -> Result<(), Error> {
    let (number, record) = (account.number(), AttachmentRecord { arn: arn.to_owned() });
    ATTACHMENTS.put(tx, (number, entity, policy), &record)?;
    ATTACHED_TO.put(tx, (number, policy, entity), &())?;
    epoch::touch(tx, account)
}

/// Detaches all that an entity has.
///
/// # Errors
/// Only what the store says.
pub fn detach_all(tx: &mut Tx, account: AccountId, entity: &str) -> Result<(), Error> {
    let number = account.number();
    for ((_, _, policy), _) in
        ATTACHMENTS.scan(tx, ATTACHMENTS.prefix((number, entity)), usize::MAX)?
    {
        ATTACHED_TO.delete(tx, (number, &policy, entity));
    }
    ATTACHMENTS.delete_prefix(tx, (number, entity));
    epoch::touch(tx, account)
}

/// Attaching again changes nothing.
fn attach(cx: &mut Cx<'_>, kind: Kind, name: &str, policy_arn: &str) -> Result<(), Error> {
    let entity = entity::get_to_change(cx, kind, name)?;
    let policy = attachable(cx, policy_arn, || {
        let message = format!("Policy {policy_arn} does not exist or is not attachable.");
        error::no_such_entity(message)
    })?;
    if matches!(policy, Managed::Aws(aws) if aws.path.starts_with("/aws-service-role/")) {
        let shape = api::iam::error::POLICY_NOT_ATTACHABLE;
        let message = "Cannot attach a Service Role Policy to a Customer Role.";
        return Err(Error::new(shape, message));
    }
    let (account, number) = (cx.account(), cx.account().number());
    let attached = ATTACHMENTS.scan(cx.tx, ATTACHMENTS.prefix((number, &entity.id)), usize::MAX)?;
    if attached.iter().any(|((_, _, id), _)| id == policy.id()) {
        return Ok(());
    }
    let quota = format!("PoliciesPer{}", kind.title());
    count::within(cx, &quota, POLICIES_PER_ENTITY, attached.len())?;
    put(cx.tx, account, &entity.id, policy.id(), policy_arn)
}

fn detach(cx: &mut Cx<'_>, kind: Kind, name: &str, policy_arn: &str) -> Result<(), Error> {
    let entity = entity::get_to_change(cx, kind, name)?;
    let absent = || error::no_such_entity(format!("Policy {policy_arn} was not found."));
    let policy = attachable(cx, policy_arn, absent)?;
    let (account, number) = (cx.account(), cx.account().number());
    if !ATTACHMENTS.contains(cx.tx, (number, &entity.id, policy.id()))? {
        return Err(absent());
    }
    ATTACHMENTS.delete(cx.tx, (number, &entity.id, policy.id()));
    ATTACHED_TO.delete(cx.tx, (number, policy.id(), &entity.id));
    epoch::touch(cx.tx, account)
}

struct Listing<'a> {
    kind: Kind,
    name: &'a str,
    path_prefix: Option<&'a str>,
    marker: Option<&'a str>,
    max_items: Option<i32>,
}

fn list(cx: &Cx<'_>, listing: Listing<'_>) -> Result<Page<AttachedPolicy>, Error> {
    let account = cx.account();
    let entity = entity::get(cx.tx, account, listing.kind, listing.name)?;
    let range = ATTACHMENTS.prefix((account.number(), &entity.id));
    let prefix = listing.path_prefix.unwrap_or("/");
    let mut policies = Vec::new();
    for (_, attached) in ATTACHMENTS.scan(cx.tx, range, usize::MAX)? {
        let Some(policy) = managed::find(cx.tx, account, &attached.arn)? else { continue };
        if policy.path().starts_with(prefix) {
            let name = arn::parts(&attached.arn).map(|parts| parts.name.to_owned());
            let shape = AttachedPolicy { policy_name: name, policy_arn: Some(attached.arn) };
            policies.push((managed::place(&policy), shape));
        }
    }
    policies.sort_by(|(a, _), (b, _)| a.cmp(b));
    let scope = format!("attached {} {prefix}", entity.id);
    let Listing { marker, max_items, .. } = listing;
    page::sorted(cx, Ask { scope: &scope, marker, max_items }, policies)
}
