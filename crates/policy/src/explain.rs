//! Why a decision came out as it did: every policy and statement in the order they count, each
//! element and condition with both values.
//!
//! Computed only when asked, with the same element functions that [`crate::evaluate()`] uses, so
//! that the two cannot disagree. It shows whole documents: who may see it is the caller's question.

use crate::condition::Condition;
use crate::context::Text;
use crate::decision::{Decision, PolicyType};
use crate::evaluate::{Applicable, evaluate, is_cross_account, owner_can_always, turned_away};
use crate::policy::{Statement, StatementEffect};
use crate::principal::Reach;
use crate::{Policies, PolicyId, Principal, Request, ResourceKind, Source};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub decision: Decision,
    /// Rules that no statement shows: one sentence each.
    pub notes: Vec<String>,
    /// The policies that apply, in the order they are reported.
    pub policies: Vec<PolicyExplanation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyExplanation {
    pub policy_type: PolicyType,
    /// For control policies: how far below the organization's root, from 0.
    pub level: Option<usize>,
    pub policy: PolicyId,
    /// Deny if a Deny statement matches, else Allow if one does.
    pub says: Option<StatementEffect>,
    pub statements: Vec<StatementExplanation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementExplanation {
    pub index: usize,
    pub sid: Option<String>,
    /// Where it begins in the document, from 1.
    pub line: u32,
    pub effect: StatementEffect,
    pub matched: bool,
    pub elements: Vec<ElementExplanation>,
    pub conditions: Vec<ConditionExplanation>,
}

/// `Principal`, `Action`, `Resource` or a Not form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementExplanation {
    pub element: &'static str,
    pub policy_values: Vec<String>,
    pub request_value: String,
    pub matched: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionExplanation {
    pub operator: String,
    pub key: String,
    pub policy_values: Vec<String>,
    /// `None`: the request does not carry the key.
    pub request_values: Option<Vec<String>>,
    pub matched: bool,
}

/// Decides as [`evaluate()`] does and shows the way there.
pub fn explain(request: &Request<'_>, policies: &Policies<'_>) -> Explanation {
    let applicable = Applicable::new(request, policies);
    let explainer = Explainer { request, bounded: applicable.is_bounded() };
    let mut explained = Vec::new();
    let mut levels = |policy_type, levels: Option<&[&[Source]]>| {
        for (level, sources) in levels.into_iter().flatten().enumerate() {
            let each = sources.iter().map(|one| explainer.policy(policy_type, Some(level), one));
            explained.extend(each);
        }
    };
    levels(PolicyType::ServiceControl, applicable.service_control);
    levels(PolicyType::ResourceControl, applicable.resource_control);
    let mut add = |policy_type, source: &Source| {
        explained.push(explainer.policy(policy_type, None, source));
    };
    applicable.boundary.into_iter().for_each(|one| add(PolicyType::Boundary, one));
    applicable.session.into_iter().flatten().for_each(|one| add(PolicyType::Session, one));
    if let Some(resource) = applicable.resource {
        let policy_type = match resource.kind {
            ResourceKind::Bucket => PolicyType::Resource,
            ResourceKind::Trust => PolicyType::Trust,
        };
        add(policy_type, resource.source);
    }
    applicable.identity.iter().for_each(|one| add(PolicyType::Identity, one));
    Explanation {
        decision: evaluate(request, policies),
        notes: notes(request, policies),
        policies: explained,
    }
}

struct Explainer<'r> {
    request: &'r Request<'r>,
    bounded: bool,
}

impl Explainer<'_> {
    fn policy(
        &self,
        policy_type: PolicyType,
        level: Option<usize>,
        source: &Source,
    ) -> PolicyExplanation {
        let statements = source.policy.statements().iter().enumerate();
        let statements: Vec<_> = statements.map(|(at, one)| self.statement(at, one)).collect();
        let any = |effect| statements.iter().any(|one| one.matched && one.effect == effect);
        let says = if any(StatementEffect::Deny) {
            Some(StatementEffect::Deny)
        } else {
            any(StatementEffect::Allow).then_some(StatementEffect::Allow)
        };
        PolicyExplanation { policy_type, level, policy: source.id.clone(), says, statements }
    }

    fn statement(&self, index: usize, statement: &Statement) -> StatementExplanation {
        StatementExplanation {
            index,
            sid: statement.sid().map(|sid| sid.to_string()),
            line: statement.line(),
            effect: statement.effect(),
            matched: statement.reach(self.request, self.bounded) != Reach::Nobody,
            elements: self.elements(statement),
            conditions: statement.conditions.iter().map(|one| self.condition(one)).collect(),
        }
    }

    fn elements(&self, statement: &Statement) -> Vec<ElementExplanation> {
        let Request { principal, action, resource, context, .. } = *self.request;
        let mut elements = Vec::with_capacity(3);
        if let Some(element) = &statement.principal {
            let deny = statement.effect() == StatementEffect::Deny;
            let reach = element.reach(principal, deny, self.bounded);
            elements.push(ElementExplanation {
                element: if element.not { "NotPrincipal" } else { "Principal" },
                policy_values: owned(&element.written),
                request_value: name(principal),
                matched: reach != Reach::Nobody,
            });
        }
        elements.push(ElementExplanation {
            element: if statement.action.not { "NotAction" } else { "Action" },
            policy_values: owned(&statement.action.written),
            request_value: action.to_owned(),
            matched: statement.action.matches(action, context),
        });
        if let Some(element) = &statement.resource {
            elements.push(ElementExplanation {
                element: if element.not { "NotResource" } else { "Resource" },
                policy_values: owned(&element.written),
                request_value: resource.to_owned(),
                matched: element.matches(resource, context),
            });
        }
        elements
    }

    fn condition(&self, condition: &Condition) -> ConditionExplanation {
        let context = self.request.context;
        let texts = |values: &[Text]| values.iter().map(|one| one.clone().into_owned()).collect();
        ConditionExplanation {
            operator: condition.operator_name.to_string(),
            key: condition.key.to_string(),
            policy_values: owned(&condition.values),
            request_values: context.values(&condition.key).map(texts),
            matched: condition.holds(context),
        }
    }
}

impl StatementExplanation {
    /// One sentence: that it matches, or the first thing that does not.
    pub fn reason(&self) -> String {
        if let Some(one) = self.elements.iter().find(|one| !one.matched) {
            let ElementExplanation { element, policy_values, request_value, .. } = one;
            let values = policy_values.join(", ");
            return format!("{element} [{values}] does not match {request_value}");
        }
        if let Some(one) = self.conditions.iter().find(|one| !one.matched) {
            let ConditionExplanation { operator, key, policy_values, request_values, .. } = one;
            let values = policy_values.join(", ");
            let request = match request_values {
                Some(values) => format!("the request has [{}]", values.join(", ")),
                None => "the request does not carry the key".to_owned(),
            };
            return format!("{operator} {key} [{values}] does not hold: {request}");
        }
        "every element and condition matches".to_owned()
    }
}

fn notes(request: &Request<'_>, policies: &Policies<'_>) -> Vec<String> {
    let principal = request.principal;
    let root = matches!(principal, Principal::Root { .. });
    let signed = principal.account().is_some();
    let federated = matches!(principal, Principal::Federated { .. });
    let turned_away = policies.resource.is_some_and(|one| turned_away(request, &one));
    let rules = [
        (root, "Identity-based policies and permissions boundaries do not apply to the root user."),
        (!signed, "The caller belongs to no account: only the resource's side decides."),
        (
            signed && is_cross_account(request),
            "The resource belongs to another account: both accounts must allow.",
        ),
        (
            federated && policies.session.is_none(),
            "A federated session has only what its session policies allow, and has none.",
        ),
        (
            turned_away,
            "RestrictPublicBuckets: the policy is public and serves only the bucket's account.",
        ),
        (
            owner_can_always(request) && policies.resource.is_some(),
            "The root user of the bucket's account always has access to the bucket's policy.",
        ),
    ];
    rules.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note.to_owned()).collect()
}

fn name(principal: &Principal<'_>) -> String {
    match principal {
        Principal::Root { account } => format!("arn:aws:iam::{account}:root"),
        Principal::User { arn, .. } | Principal::Federated { arn, .. } => (*arn).to_owned(),
        Principal::Role { session_arn, .. } => (*session_arn).to_owned(),
        Principal::Service { name } => (*name).to_owned(),
        Principal::WebIdentity { provider } | Principal::Saml { provider } => {
            (*provider).to_owned()
        }
        Principal::Anonymous => "anonymous".to_owned(),
    }
}

fn owned(values: &[Box<str>]) -> Vec<String> {
    values.iter().map(|value| value.to_string()).collect()
}
