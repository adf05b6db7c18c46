//! Service and resource control policies: made, changed, shown, deleted.
//!
//! The other types (tag, backup, chat and declarative policies) say nothing about permissions and
//! are refused as not implemented.
//! AWS: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html>

use api::organizations::{
    CreatePolicyRequest, CreatePolicyResponse, DeletePolicyRequest, DeletePolicyResponse,
    DescribeEffectivePolicyRequest, DescribeEffectivePolicyResponse, DescribePolicyRequest,
    DescribePolicyResponse, ListAccountsWithInvalidEffectivePolicyRequest,
    ListAccountsWithInvalidEffectivePolicyResponse, ListEffectivePolicyValidationErrorsRequest,
    ListEffectivePolicyValidationErrorsResponse, ListPoliciesRequest, ListPoliciesResponse, Policy,
    PolicySummary, PolicyType, UpdatePolicyRequest, UpdatePolicyResponse, error,
};
use gateway::id::Alphabet;
use gateway::{Cx, Error};
use store::Tx;

use super::page::{self, Ask};
use super::record::{CONTROLS, Control, ControlRecord, OrganizationRecord, TARGETS};
use super::{control, say, tag, tree};
use crate::document;

/// Bytes of a document.
const SIZE_MAX: usize = 5120;

pub fn create_policy(
    cx: &mut Cx<'_>,
    input: CreatePolicyRequest,
) -> Result<CreatePolicyResponse, Error> {
    let organization = tree::managed(cx)?;
    let kind = known(&input.r#type)?;
    refuse_without_features(&organization)?;
    refuse_unfit(kind, &input.content)?;
    refuse_taken(cx.tx, &organization, kind, &input.name)?;
    let number = own(cx.tx, &organization)?.iter().filter(|policy| policy.kind == kind).count();
    let most = if kind == Control::Service { 10_000 } else { 1000 };
    if number >= most {
        // (unverified)
        let message = "You have exceeded the maximum number of policies in your organization.";
        return Err(say::constraint("POLICY_NUMBER_LIMIT_EXCEEDED", message));
    }
    let policy = ControlRecord {
        id: format!("p-{}", cx.letters(Alphabet::Lower, 8)),
        name: input.name,
        description: input.description,
        kind,
        content: input.content,
        tags: tag::checked(input.tags.as_deref().unwrap_or_default())?,
    };
    put(cx.tx, &organization, &policy)?;
    Ok(CreatePolicyResponse { policy: Some(shape(&organization, &policy)) })
}

pub fn update_policy(
    cx: &mut Cx<'_>,
    input: UpdatePolicyRequest,
) -> Result<UpdatePolicyResponse, Error> {
    let organization = tree::managed(cx)?;
    let mut policy = get(cx.tx, &organization, &input.policy_id)?;
    refuse_managed(&policy)?;
    if let Some(name) = input.name.filter(|name| *name != policy.name) {
        refuse_taken(cx.tx, &organization, policy.kind, &name)?;
        policy.name = name;
    }
    policy.description = input.description.unwrap_or(policy.description);
    if let Some(content) = input.content {
        refuse_unfit(policy.kind, &content)?;
        policy.content = content;
    }
    put(cx.tx, &organization, &policy)?;
    tree::touch(cx.tx, &organization)?;
    Ok(UpdatePolicyResponse { policy: Some(shape(&organization, &policy)) })
}

pub fn delete_policy(
    cx: &mut Cx<'_>,
    input: DeletePolicyRequest,
) -> Result<DeletePolicyResponse, Error> {
    let organization = tree::managed(cx)?;
    let policy = get(cx.tx, &organization, &input.policy_id)?;
    refuse_managed(&policy)?;
    let range = TARGETS.prefix((organization.id.as_str(), policy.id.as_str()));
    if !TARGETS.scan(cx.tx, range, 1)?.is_empty() {
        // (unverified)
        let message = "The specified policy is attached to one or more entities. Detach it from \
                       all entities first.";
        return Err(Error::new(error::POLICY_IN_USE_EXCEPTION, message));
    }
    CONTROLS.delete(cx.tx, (&organization.id, &policy.id));
    Ok(DeletePolicyResponse::default())
}

pub fn describe_policy(
    cx: &mut Cx<'_>,
    input: DescribePolicyRequest,
) -> Result<DescribePolicyResponse, Error> {
    let organization = tree::readable(cx)?;
    let policy = get(cx.tx, &organization, &input.policy_id)?;
    Ok(DescribePolicyResponse { policy: Some(shape(&organization, &policy)) })
}

pub fn list_policies(
    cx: &mut Cx<'_>,
    input: ListPoliciesRequest,
) -> Result<ListPoliciesResponse, Error> {
    let organization = tree::readable(cx)?;
    let kind = Control::of(&input.filter);
    let mut all = own(cx.tx, &organization)?;
    all.extend(kind.map(Control::full_access_policy));
    all.retain(|policy| Some(policy.kind) == kind);
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let all = all.iter().map(|policy| (policy.id.clone(), summary(&organization, policy)));
    let scope = format!("ListPolicies {}", input.filter.as_str());
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most: input.max_results };
    let (policies, next_token) = page::of(cx, ask, all.collect())?;
    Ok(ListPoliciesResponse { policies, next_token })
}

/// Control policies have no such sum, which the model says; the types that have one cannot be
/// enabled here.
pub fn describe_effective_policy(
    cx: &mut Cx<'_>,
    input: DescribeEffectivePolicyRequest,
) -> Result<DescribeEffectivePolicyResponse, Error> {
    let organization = tree::own(cx)?;
    if let Some(target) = input.target_id.filter(|target| target != cx.account().as_str()) {
        // Of others only who may look into the organization learns.
        tree::readable(cx)?;
        tree::member(cx.tx, &organization, &target)?.ok_or_else(say::no_target)?;
    }
    Err(no_effective_policy())
}

pub fn list_accounts_with_invalid_effective_policy(
    cx: &mut Cx<'_>,
    _input: ListAccountsWithInvalidEffectivePolicyRequest,
) -> Result<ListAccountsWithInvalidEffectivePolicyResponse, Error> {
    tree::readable(cx)?;
    Err(no_effective_policy())
}

pub fn list_effective_policy_validation_errors(
    cx: &mut Cx<'_>,
    input: ListEffectivePolicyValidationErrorsRequest,
) -> Result<ListEffectivePolicyValidationErrorsResponse, Error> {
    let organization = tree::readable(cx)?;
    tree::member(cx.tx, &organization, &input.account_id)?.ok_or_else(say::no_account)?;
    Err(no_effective_policy())
}

fn no_effective_policy() -> Error {
    // (unverified)
    let message = "The specified policy type is not enabled, or the account has no effective \
                   policy of that type.";
    Error::new(error::EFFECTIVE_POLICY_NOT_FOUND_EXCEPTION, message)
}

/// The policy of that id.
///
/// # Errors
/// PolicyNotFoundException.
pub fn get(tx: &Tx, organization: &OrganizationRecord, id: &str) -> Result<ControlRecord, Error> {
    control::find(tx, organization, id)?.ok_or_else(say::no_policy)
}

/// The type, where it is enforced here.
///
/// # Errors
/// NotImplemented.
pub fn known(kind: &PolicyType) -> Result<Control, Error> {
    let missing = || say::not_implemented(&format!("The policy type {}", kind.as_str()));
    Control::of(kind).ok_or_else(missing)
}

/// An organization that only shares its bills has no policies.
///
/// # Errors
/// PolicyTypeNotAvailableForOrganizationException.
pub fn refuse_without_features(organization: &OrganizationRecord) -> Result<(), Error> {
    if organization.all_features {
        return Ok(());
    }
    // (unverified)
    let message = "You can't use the specified policy type with the feature set currently enabled \
                   for this organization.";
    Err(Error::new(error::POLICY_TYPE_NOT_AVAILABLE_FOR_ORGANIZATION_EXCEPTION, message))
}

pub fn summary(organization: &OrganizationRecord, policy: &ControlRecord) -> PolicySummary {
    PolicySummary {
        id: Some(policy.id.clone()),
        arn: Some(policy.arn(organization)),
        name: Some(policy.name.clone()),
        description: Some(policy.description.clone()),
        r#type: Some(policy.kind.shape()),
        aws_managed: Some(policy.is_aws_managed()),
    }
}

pub fn put(
    tx: &mut Tx,
    organization: &OrganizationRecord,
    policy: &ControlRecord,
) -> Result<(), Error> {
    Ok(CONTROLS.put(tx, (&organization.id, &policy.id), policy)?)
}

fn own(tx: &Tx, organization: &OrganizationRecord) -> Result<Vec<ControlRecord>, Error> {
    let range = CONTROLS.prefix((organization.id.as_str(),));
    Ok(CONTROLS.scan(tx, range, usize::MAX)?.into_iter().map(|(_, policy)| policy).collect())
}

/// Nobody changes a policy of AWS's.
pub fn refuse_managed(policy: &ControlRecord) -> Result<(), Error> {
    if policy.is_aws_managed() {
        // (unverified)
        let message = "You can't modify an AWS managed policy.";
        return Err(say::invalid("IMMUTABLE_POLICY", message));
    }
    Ok(())
}

fn refuse_unfit(kind: Control, content: &str) -> Result<(), Error> {
    if content.len() > SIZE_MAX {
        // (unverified)
        let message = "You have exceeded the maximum policy size.";
        return Err(say::constraint("POLICY_CONTENT_LIMIT_EXCEEDED", message));
    }
    let sound = document::compile(content, kind.grammar());
    let policy = sound.map_err(|invalid| say::malformed(invalid.message))?;
    let allows =
        |statement: &policy::Statement| statement.effect() == policy::StatementEffect::Allow;
    if kind == Control::Resource && policy.statements().iter().any(allows) {
        // Only the policy that AWS attaches allows anything.
        // (unverified)
        let message = "The provided policy document does not meet the requirements of the \
                       specified policy type.";
        return Err(say::malformed(message));
    }
    Ok(())
}

fn refuse_taken(
    tx: &Tx,
    organization: &OrganizationRecord,
    kind: Control,
    name: &str,
) -> Result<(), Error> {
    let is_it = |policy: &ControlRecord| policy.kind == kind && policy.name == name;
    if own(tx, organization)?.iter().any(is_it) || kind.full_access().1 == name {
        // (unverified)
        let message = "A policy with the specified name and type already exists.";
        return Err(Error::new(error::DUPLICATE_POLICY_EXCEPTION, message));
    }
    Ok(())
}

fn shape(organization: &OrganizationRecord, policy: &ControlRecord) -> Policy {
    let summary = Some(summary(organization, policy));
    Policy { policy_summary: summary, content: Some(policy.content.clone()) }
}
