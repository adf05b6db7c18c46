//! Which policies stand where, and which types are enabled.
//!
//! Everything in the tree has at least one service control policy while their type is enabled, so
//! that nothing is shut off by accident.
//! AWS: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_policies_attach.html>

use api::organizations::{
    AttachPolicyRequest, AttachPolicyResponse, DetachPolicyRequest, DetachPolicyResponse,
    DisablePolicyTypeRequest, DisablePolicyTypeResponse, EnablePolicyTypeRequest,
    EnablePolicyTypeResponse, ListPoliciesForTargetRequest, ListPoliciesForTargetResponse,
    ListTargetsForPolicyRequest, ListTargetsForPolicyResponse, PolicyTargetSummary, TargetType,
    error,
};
use gateway::{Cx, Error};
use store::Tx;

use super::lifecycle::{ROOT_NAME, root_shape};
use super::page::{self, Ask};
use super::record::{ATTACHED, Control, ORGANIZATIONS, OrganizationRecord, TARGETS, UNITS};
use super::{control, policy, say, tree};
use crate::account;

/// Of each type, on each root, unit and account.
const ATTACHED_MAX: usize = 5;

pub fn attach_policy(
    cx: &mut Cx<'_>,
    input: AttachPolicyRequest,
) -> Result<AttachPolicyResponse, Error> {
    let organization = tree::managed(cx)?;
    let policy = policy::get(cx.tx, &organization, &input.policy_id)?;
    let (_, _) = target(cx.tx, &organization, &input.target_id)?.ok_or_else(say::no_target)?;
    refuse_disabled(&organization, policy.kind)?;
    let attached = control::attached(cx.tx, &organization, &input.target_id, policy.kind)?;
    if attached.iter().any(|known| known.id == policy.id) {
        // (unverified)
        let message = "The specified policy is already attached to the specified target.";
        return Err(Error::new(error::DUPLICATE_POLICY_ATTACHMENT_EXCEPTION, message));
    }
    if attached.len() >= ATTACHED_MAX {
        // (unverified)
        let message = "You have attached the maximum number of policies to the specified target.";
        return Err(say::constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    tree::attach(cx.tx, &organization.id, &input.target_id, &policy.id)?;
    tree::touch(cx.tx, &organization)?;
    Ok(AttachPolicyResponse::default())
}

pub fn detach_policy(
    cx: &mut Cx<'_>,
    input: DetachPolicyRequest,
) -> Result<DetachPolicyResponse, Error> {
    let organization = tree::managed(cx)?;
    let policy = policy::get(cx.tx, &organization, &input.policy_id)?;
    let (_, _) = target(cx.tx, &organization, &input.target_id)?.ok_or_else(say::no_target)?;
    let place = (organization.id.as_str(), input.target_id.as_str(), policy.id.as_str());
    if !ATTACHED.contains(cx.tx, place)? {
        // (unverified)
        let message = "The specified policy is not attached to the specified target.";
        return Err(Error::new(error::POLICY_NOT_ATTACHED_EXCEPTION, message));
    }
    if policy.kind == Control::Resource && policy.is_aws_managed() {
        // (unverified)
        let message = "You can't detach the RCPFullAWSAccess policy.";
        return Err(say::invalid("NON_DETACHABLE_POLICY", message));
    }
    let attached = control::attached(cx.tx, &organization, &input.target_id, policy.kind)?;
    if attached.len() == 1 {
        // (unverified)
        let message = "You cannot remove the last policy attached to the specified target. You \
                       must have at least one attached at all times.";
        return Err(say::constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    tree::detach(cx.tx, &organization.id, &input.target_id, &policy.id);
    tree::touch(cx.tx, &organization)?;
    Ok(DetachPolicyResponse::default())
}

pub fn list_policies_for_target(
    cx: &mut Cx<'_>,
    input: ListPoliciesForTargetRequest,
) -> Result<ListPoliciesForTargetResponse, Error> {
    let organization = tree::readable(cx)?;
    target(cx.tx, &organization, &input.target_id)?.ok_or_else(say::no_target)?;
    let policies = match Control::of(&input.filter) {
        Some(kind) => control::attached(cx.tx, &organization, &input.target_id, kind)?,
        None => Vec::new(),
    };
    let shapes = policies.iter().map(|one| (one.id.clone(), policy::summary(&organization, one)));
    let scope = format!("ListPoliciesForTarget {} {}", input.target_id, input.filter.as_str());
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most: input.max_results };
    let (policies, next_token) = page::of(cx, ask, shapes.collect())?;
    Ok(ListPoliciesForTargetResponse { policies, next_token })
}

pub fn list_targets_for_policy(
    cx: &mut Cx<'_>,
    input: ListTargetsForPolicyRequest,
) -> Result<ListTargetsForPolicyResponse, Error> {
    let organization = tree::readable(cx)?;
    let policy = policy::get(cx.tx, &organization, &input.policy_id)?;
    let range = TARGETS.prefix((organization.id.as_str(), policy.id.as_str()));
    let mut targets = Vec::new();
    for ((.., id), ()) in TARGETS.scan(cx.tx, range, usize::MAX)? {
        if let Some((name, kind)) = target(cx.tx, &organization, &id)? {
            let summary = PolicyTargetSummary {
                arn: Some(organization.node_arn(&id)),
                target_id: Some(id.clone()),
                name: Some(name),
                r#type: Some(kind),
            };
            targets.push((id, summary));
        }
    }
    let scope = format!("ListTargetsForPolicy {}", policy.id);
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most: input.max_results };
    let (targets, next_token) = page::of(cx, ask, targets)?;
    Ok(ListTargetsForPolicyResponse { targets, next_token })
}

/// Everything in the tree is given the policy that allows all, so that enabling changes nothing.
pub fn enable_policy_type(
    cx: &mut Cx<'_>,
    input: EnablePolicyTypeRequest,
) -> Result<EnablePolicyTypeResponse, Error> {
    let mut organization = rooted(cx, &input.root_id)?;
    let kind = policy::known(&input.policy_type)?;
    policy::refuse_without_features(&organization)?;
    if organization.has_enabled(kind) {
        // (unverified)
        let message = "The specified policy type is already enabled.";
        return Err(Error::new(error::POLICY_TYPE_ALREADY_ENABLED_EXCEPTION, message));
    }
    organization.enabled.push(kind);
    for node in nodes(cx.tx, &organization)? {
        tree::attach(cx.tx, &organization.id, &node, kind.full_access().0)?;
    }
    ORGANIZATIONS.put(cx.tx, &organization.id, &organization)?;
    tree::touch(cx.tx, &organization)?;
    Ok(EnablePolicyTypeResponse { root: Some(root_shape(&organization)) })
}

/// All policies of the type are detached from everything; they stay, and enabling the type again
/// brings none of them back.
pub fn disable_policy_type(
    cx: &mut Cx<'_>,
    input: DisablePolicyTypeRequest,
) -> Result<DisablePolicyTypeResponse, Error> {
    let mut organization = rooted(cx, &input.root_id)?;
    let kind = policy::known(&input.policy_type)?;
    refuse_disabled(&organization, kind)?;
    organization.enabled.retain(|enabled| *enabled != kind);
    for node in nodes(cx.tx, &organization)? {
        for policy in control::attached(cx.tx, &organization, &node, kind)? {
            tree::detach(cx.tx, &organization.id, &node, &policy.id);
        }
    }
    ORGANIZATIONS.put(cx.tx, &organization.id, &organization)?;
    tree::touch(cx.tx, &organization)?;
    Ok(DisablePolicyTypeResponse { root: Some(root_shape(&organization)) })
}

/// The organization that the caller manages, by its root.
fn rooted(cx: &Cx<'_>, root: &str) -> Result<OrganizationRecord, Error> {
    let organization = tree::managed(cx)?;
    if organization.root == root { Ok(organization) } else { Err(say::no_root()) }
}

fn refuse_disabled(organization: &OrganizationRecord, kind: Control) -> Result<(), Error> {
    if organization.has_enabled(kind) {
        return Ok(());
    }
    // (unverified)
    let message = "This operation can be performed only for enabled policy types.";
    Err(Error::new(error::POLICY_TYPE_NOT_ENABLED_EXCEPTION, message))
}

/// The root, all units and all accounts.
fn nodes(tx: &Tx, organization: &OrganizationRecord) -> Result<Vec<String>, Error> {
    let units = UNITS.scan(tx, UNITS.prefix((organization.id.as_str(),)), usize::MAX)?;
    let units = units.into_iter().map(|((_, id), _)| id);
    let accounts = tree::accounts(tx, &organization.id)?.into_iter().map(|id| id.to_string());
    Ok(std::iter::once(organization.root.clone()).chain(units).chain(accounts).collect())
}

/// Name and type of what a policy can be attached to.
fn target(
    tx: &Tx,
    organization: &OrganizationRecord,
    id: &str,
) -> Result<Option<(String, TargetType)>, Error> {
    if id == organization.root {
        return Ok(Some((ROOT_NAME.to_owned(), TargetType::Root)));
    }
    if let Some(unit) = tree::unit(tx, organization, id)? {
        return Ok(Some((unit.name, TargetType::OrganizationalUnit)));
    }
    let Some((account, _)) = tree::member(tx, organization, id)? else { return Ok(None) };
    let name = account::get(tx, account)?.map(|account| account.name);
    Ok(Some((name.unwrap_or_default(), TargetType::Account)))
}
