//! The policy simulator: what policies would decide, asked of the engine that decides.
//!
//! Only what is given is known: the caller's own facts and the context entries. Resources are
//! simulated, not looked up. Not served: the list of policies to leave out of a simulation.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html>

use api::Structure;
use api::iam::{
    ContextEntry, EvaluationResult, OrganizationsDecisionDetail, PermissionsBoundaryDecisionDetail,
    SimulateCustomPolicyRequest, SimulatePolicyResponse, SimulatePrincipalPolicyRequest,
};
use gateway::{Cx, Error, Resource};
use policy::{
    Context, Kind as Grammar, Policies, Policy, PolicyId, Principal, Request, ResourceKind,
    ResourcePolicy, Source, explain,
};

use crate::arn::{self, Owner};
use crate::entity::{self, Entity, Kind};
use crate::page::{self, Ask};
use crate::{compile, error};

mod context_keys;
mod outcome;

pub use context_keys::{get_context_keys_for_custom_policy, get_context_keys_for_principal_policy};

/// What is simulated, from either operation.
struct Simulation {
    identity: Vec<Source>,
    boundary: Vec<Source>,
    resource_policy: Option<Source>,
    service_control: Option<Vec<Vec<Source>>>,
    /// Whose ARN the caller has; None: nobody's.
    caller: Option<String>,
    caller_id: String,
    tags: Vec<(String, String)>,
    resource_owner: Option<String>,
    actions: Vec<String>,
    resources: Vec<String>,
    entries: Vec<ContextEntry>,
}

/// The user, group or role whose policies are asked about.
pub fn policy_source(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let text = input.text("PolicySourceArn").unwrap_or_default();
    Ok(match source_entity(cx, text) {
        Ok(entity) => arn::resource(text).tagged(entity.tag_map()),
        Err(_) => arn::resource(text),
    })
}

pub fn simulate_custom_policy(
    cx: &mut Cx<'_>,
    input: SimulateCustomPolicyRequest,
) -> Result<SimulatePolicyResponse, Error> {
    let levels = input.ordered_organization_policy_input_list.map(|levels| {
        let texts = levels.into_iter().map(|level| level.service_control_policy_input_list);
        texts.map(|texts| listed(&texts.unwrap_or_default(), "Scp", Grammar::ServiceControl))
    });
    let simulation = Simulation {
        identity: listed(&input.policy_input_list, "PolicyInputList", Grammar::Identity)?,
        boundary: boundary(input.permissions_boundary_policy_input_list.as_deref())?,
        resource_policy: resource_policy(input.resource_policy.as_deref())?,
        service_control: levels.map(Iterator::collect::<Result<_, _>>).transpose()?,
        caller: input.caller_arn,
        caller_id: String::new(),
        tags: Vec::new(),
        resource_owner: input.resource_owner,
        actions: input.action_names,
        resources: input.resource_arns.unwrap_or_default(),
        entries: input.context_entries.unwrap_or_default(),
    };
    answer(cx, &simulation, "SimulateCustomPolicy", input.marker.as_deref(), input.max_items)
}

pub fn simulate_principal_policy(
    cx: &mut Cx<'_>,
    input: SimulatePrincipalPolicyRequest,
) -> Result<SimulatePolicyResponse, Error> {
    if input.policy_exclusion_list.is_some() {
        return Err(error::invalid_input("PolicyExclusionList is not served by this server."));
    }
    let entity = source_entity(cx, &input.policy_source_arn)?;
    let mut identity = compile::identity_policies(cx.tx, cx.account(), &entity)?;
    let more = input.policy_input_list.unwrap_or_default();
    identity.extend(listed(&more, "PolicyInputList", Grammar::Identity)?);
    let boundary = match input.permissions_boundary_policy_input_list.as_deref() {
        Some(texts) => boundary(Some(texts))?,
        None => compile::boundary_of(cx.tx, cx.account(), &entity)?.into_iter().collect(),
    };
    let is_itself = input.caller_arn.as_ref().is_none_or(|arn| *arn == input.policy_source_arn);
    let simulation = Simulation {
        identity,
        boundary,
        resource_policy: resource_policy(input.resource_policy.as_deref())?,
        service_control: cx
            .account_facts()
            // Service-linked roles are under none.
            .filter(|_| !entity.path.starts_with("/aws-service-role/"))
            .map(|account| account.service_control.clone())
            .filter(|levels| !levels.is_empty()),
        caller: Some(input.caller_arn.unwrap_or(input.policy_source_arn)),
        caller_id: if is_itself { entity.id.clone() } else { String::new() },
        tags: if is_itself { entity.tags } else { Vec::new() },
        resource_owner: input.resource_owner,
        actions: input.action_names,
        resources: input.resource_arns.unwrap_or_default(),
        entries: input.context_entries.unwrap_or_default(),
    };
    answer(cx, &simulation, &entity.id, input.marker.as_deref(), input.max_items)
}

/// The user, group or role of the ARN.
fn source_entity(cx: &Cx<'_>, text: &str) -> Result<Entity, Error> {
    let account = cx.account();
    let parts = arn::parts(text).filter(|parts| parts.owner == Owner::Account(account));
    let kind = parts.as_ref().and_then(|parts| match parts.kind {
        "user" => Some(Kind::User),
        "group" => Some(Kind::Group),
        "role" => Some(Kind::Role),
        _ => None,
    });
    let (Some(parts), Some(kind)) = (parts, kind) else {
        // AWS's sentence is not known.
        return Err(error::invalid_input(format!("Invalid Entity Arn: {text}")));
    };
    entity::get(cx.tx, account, kind, parts.name)
}

/// One result for each action on each resource, in pages.
fn answer(
    cx: &Cx<'_>,
    simulation: &Simulation,
    scope: &str,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<SimulatePolicyResponse, Error> {
    if let Some(wrong) = simulation.actions.iter().find(|action| !action.contains(':')) {
        // AWS's sentence is not known.
        return Err(error::invalid_input(format!("Invalid Action Name: {wrong}")));
    }
    let any = ["*".to_owned()];
    let resources = if simulation.resources.is_empty() { &any[..] } else { &simulation.resources };
    let pairs = simulation.actions.iter().flat_map(|action| {
        resources.iter().map(move |resource| (action.as_str(), resource.as_str()))
    });
    let pairs = pairs.enumerate().map(|(at, pair)| (format!("{at:08}"), pair)).collect();
    let scope = format!("simulate {scope}");
    let page = page::sorted(cx, Ask { scope: &scope, marker, max_items }, pairs)?;
    let results = page
        .items
        .iter()
        .map(|(action, resource)| simulation.result(cx.account().as_str(), action, resource));
    Ok(SimulatePolicyResponse {
        is_truncated: page.is_truncated(),
        evaluation_results: Some(results.collect()),
        marker: page.marker,
    })
}

impl Simulation {
    fn result(&self, account: &str, action: &str, resource: &str) -> EvaluationResult {
        let caller = self.caller.as_deref().unwrap_or_default();
        let account = caller.split(':').nth(4).filter(|id| !id.is_empty()).unwrap_or(account);
        let session = format!("arn:aws:sts::{account}:assumed-role/{}/simulation", last(caller));
        let principal = if caller.contains(":role/") {
            Principal::Role {
                account,
                role_arn: caller,
                role_id: &self.caller_id,
                session_arn: &session,
            }
        } else {
            Principal::User { account, arn: caller, id: &self.caller_id }
        };
        let context = self.context(&principal);
        let owner = self.resource_owner.as_deref().map(account_of);
        let levels: Option<Vec<&[Source]>> =
            self.service_control.as_ref().map(|levels| levels.iter().map(Vec::as_slice).collect());
        let request = Request {
            principal: &principal,
            action,
            resource,
            resource_account: owner.or(Some(account)),
            context: &context,
        };
        let policies = Policies {
            identity: &self.identity,
            boundary: self.boundary.first(),
            resource: self.resource_policy.as_ref().map(|source| ResourcePolicy {
                source,
                kind: ResourceKind::Bucket,
                restrict_public: false,
            }),
            service_control: levels.as_deref(),
            ..Policies::default()
        };
        let explained = explain(&request, &policies);
        let decision = outcome::decision(&explained.decision);
        let statements = outcome::statements(&explained, &self.sources());
        let missing = outcome::missing_keys(&explained);
        let boundary = self.boundary.first().map(|_| PermissionsBoundaryDecisionDetail {
            allowed_by_permissions_boundary: Some(outcome::boundary_allows(&explained)),
        });
        let specific = (!self.resources.is_empty()).then(|| {
            let result = api::iam::ResourceSpecificResult {
                eval_resource_name: resource.to_owned(),
                eval_resource_decision: decision.clone(),
                matched_statements: Some(statements.clone()),
                missing_context_values: Some(missing.clone()),
                permissions_boundary_decision_detail: boundary.clone(),
                ..Default::default()
            };
            vec![result]
        });
        EvaluationResult {
            eval_action_name: action.to_owned(),
            eval_resource_name: Some(resource.to_owned()),
            eval_decision: decision,
            matched_statements: Some(statements),
            missing_context_values: Some(missing),
            organizations_decision_detail: Some(OrganizationsDecisionDetail {
                allowed_by_organizations: Some(outcome::organizations_allow(&explained)),
            }),
            permissions_boundary_decision_detail: boundary,
            eval_decision_details: Some(std::collections::BTreeMap::new()),
            resource_specific_results: specific,
        }
    }

    /// What the caller is, and the entries over it.
    fn context(&self, principal: &Principal<'_>) -> Context {
        let mut context = Context::new();
        if self.caller.is_some() {
            principal.describe(&mut context);
            for (key, value) in &self.tags {
                context.insert(format!("aws:PrincipalTag/{key}"), value.clone());
            }
        }
        for entry in &self.entries {
            let Some(name) = entry.context_key_name.clone() else { continue };
            let values = entry.context_key_values.clone().unwrap_or_default();
            let kind = entry.context_key_type.as_ref().map(|kind| kind.as_str().to_owned());
            if kind.is_some_and(|kind| kind.ends_with("List")) {
                context.insert_values(name, values);
            } else if let Some(value) = values.into_iter().next() {
                context.insert(name, value);
            }
        }
        context
    }

    fn sources(&self) -> Vec<&Source> {
        let levels = self.service_control.iter().flatten().flatten();
        let own = self.identity.iter().chain(&self.boundary).chain(&self.resource_policy);
        own.chain(levels).collect()
    }
}

/// Documents given as text, named by their place in the list.
fn listed(texts: &[String], list: &str, grammar: Grammar) -> Result<Vec<Source>, Error> {
    let sources = texts.iter().zip(1..).map(|(text, at)| {
        let policy = Policy::parse(text, grammar)
            .map_err(|invalid| error::invalid_input(invalid.message))?;
        Ok(Source { policy, id: PolicyId::inline(&format!("{list}.{at}"), "") })
    });
    sources.collect()
}

fn boundary(texts: Option<&[String]>) -> Result<Vec<Source>, Error> {
    let texts = texts.unwrap_or_default();
    if texts.len() > 1 {
        return Err(error::invalid_input("Only one permissions boundary can be simulated."));
    }
    listed(texts, "PermissionsBoundaryPolicyInputList", Grammar::Identity)
}

fn resource_policy(text: Option<&str>) -> Result<Option<Source>, Error> {
    let Some(text) = text else { return Ok(None) };
    let policy = Policy::parse(text, Grammar::Bucket)
        .map_err(|invalid| error::invalid_input(invalid.message))?;
    Ok(Some(Source { policy, id: PolicyId::inline("ResourcePolicy", "") }))
}

/// Of `123456789012` or `arn:aws:iam::123456789012:root`.
fn account_of(owner: &str) -> &str {
    owner.split(':').nth(4).unwrap_or(owner)
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
