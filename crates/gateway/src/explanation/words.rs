//! What is said of a decision, and how its parts are named.

use policy::{
    Decision, Effect, ElementExplanation, Explanation, PolicyType, StatementEffect,
    StatementExplanation,
};

/// The most values of an element that are shown: AWS's own policies name thousands of actions.
pub(super) const VALUES_MAX: usize = 25;

/// The statement's own sentence, without hundreds of values in it.
pub(super) fn shortened(statement: &StatementExplanation) -> String {
    let long = |one: &&ElementExplanation| !one.matched && one.policy_values.len() > VALUES_MAX;
    match statement.elements.iter().find(|one| !one.matched).filter(|one| long(one)) {
        Some(one) => {
            let (element, count) = (one.element, one.policy_values.len());
            format!("{element} [{count} values] does not match {}", one.request_value)
        }
        None => statement.reason(),
    }
}

/// What is not there and would have to be: statements that fail by a condition alone, keys that
/// the request does not carry.
pub(super) fn missing(
    explained: &Explanation,
    decision: &Decision,
    action: &str,
    sees: bool,
) -> Vec<String> {
    if decision.effect != Effect::ImplicitDeny {
        return Vec::new();
    }
    let kind = name(decision.decided_by);
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    let mut missing = vec![format!("{article} {kind} that allows {action}")];
    let allows = explained.policies.iter();
    let allows = allows.filter(|one| sees && one.policy_type == decision.decided_by);
    let statements = allows
        .flat_map(|policy| policy.statements.iter().map(move |statement| (policy, statement)));
    for (policy, statement) in statements {
        let failing = statement.conditions.iter().filter(|one| !one.matched);
        let near = statement.effect == StatementEffect::Allow
            && !statement.matched
            && statement.elements.iter().all(|one| one.matched);
        if near {
            let which = statement.sid.clone();
            let which = which.unwrap_or_else(|| format!("number {}", statement.index + 1));
            let name = policy.policy.name();
            let failing: Vec<String> =
                failing.map(|one| format!("{} {}", one.operator, one.key)).collect();
            let failing = failing.join(", ");
            missing.push(format!("statement {which} of {name} would allow it, but for {failing}"));
        }
    }
    missing
}

pub(super) fn because(decision: &Decision, action: &str) -> String {
    match (decision.effect, decision.decided_by) {
        (Effect::Allow, PolicyType::Unconditional) => "no policy is asked".to_owned(),
        (Effect::Allow, by) => format!("allowed by the {}", name(by)),
        _ => decision.denial_context(action).trim_start().to_owned(),
    }
}

pub(super) const fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allowed",
        Effect::ExplicitDeny => "explicitDeny",
        Effect::ImplicitDeny => "implicitDeny",
    }
}

pub(super) const fn word(effect: StatementEffect) -> &'static str {
    match effect {
        StatementEffect::Allow => "Allow",
        StatementEffect::Deny => "Deny",
    }
}

pub(super) const fn name(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::Identity => "identity-based policy",
        PolicyType::Boundary => "permissions boundary",
        PolicyType::Session => "session policy",
        PolicyType::Resource => "resource-based policy",
        PolicyType::Trust => "role trust policy",
        PolicyType::AccessControlList => "access control list",
        PolicyType::ServiceControl => "service control policy",
        PolicyType::ResourceControl => "resource control policy",
        PolicyType::Unconditional => "none",
    }
}

/// Where such a policy is kept: with the caller, its session, the resource or the organization.
pub(super) const fn side(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::Identity | PolicyType::Unconditional => "identity",
        PolicyType::Boundary => "boundary",
        PolicyType::Session => "session",
        PolicyType::Resource | PolicyType::Trust | PolicyType::AccessControlList => "resource",
        PolicyType::ServiceControl | PolicyType::ResourceControl => "organization",
    }
}
