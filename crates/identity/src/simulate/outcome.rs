//! A decision in the words of the policy simulator.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html>

use std::collections::BTreeSet;

use api::iam::{PolicyEvaluationDecisionType, PolicySourceType, Position, Statement};
use policy::{
    Decision, Effect, Explanation, Place, PolicyExplanation, PolicyId, PolicyType, Source,
    StatementEffect,
};

use crate::arn;

pub fn decision(decision: &Decision) -> PolicyEvaluationDecisionType {
    match decision.effect {
        Effect::Allow => PolicyEvaluationDecisionType::Allowed,
        Effect::ExplicitDeny => PolicyEvaluationDecisionType::ExplicitDeny,
        Effect::ImplicitDeny => PolicyEvaluationDecisionType::ImplicitDeny,
    }
}

/// The statements that decided: each that allows, or each that denies. None where no policy said
/// enough.
pub fn statements(explained: &Explanation, sources: &[&Source]) -> Vec<Statement> {
    let wanted = match explained.decision.effect {
        Effect::Allow => StatementEffect::Allow,
        Effect::ExplicitDeny => StatementEffect::Deny,
        Effect::ImplicitDeny => return Vec::new(),
    };
    let mut shown = Vec::new();
    for policy in &explained.policies {
        let source = sources.iter().find(|source| source.id == policy.policy);
        for statement in &policy.statements {
            if statement.matched && statement.effect == wanted {
                let statements = source.map(|source| source.policy.statements());
                let found = statements.and_then(|all| all.get(statement.index));
                shown.push(shape(policy, found.map(policy::Statement::place)));
            }
        }
    }
    shown
}

/// Condition keys that a statement about this action and resource asks for, and nobody gave.
pub fn missing_keys(explained: &Explanation) -> Vec<String> {
    let statements = explained.policies.iter().flat_map(|policy| &policy.statements);
    let about = statements.filter(|one| one.elements.iter().all(|element| element.matched));
    let conditions = about.flat_map(|statement| &statement.conditions);
    let missing = conditions.filter(|condition| condition.request_values.is_none());
    missing.map(|condition| condition.key.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

pub fn boundary_allows(explained: &Explanation) -> bool {
    let mut boundaries =
        explained.policies.iter().filter(|policy| policy.policy_type == PolicyType::Boundary);
    boundaries.all(|policy| policy.says == Some(StatementEffect::Allow))
}

/// Whether each level of the organization has a policy that allows, and none that denies.
pub fn organizations_allow(explained: &Explanation) -> bool {
    let control = |policy: &&PolicyExplanation| policy.policy_type == PolicyType::ServiceControl;
    let says = |level: Option<usize>, effect: StatementEffect| {
        let of_level = explained.policies.iter().filter(control);
        of_level.filter(|policy| policy.level == level).any(|policy| policy.says == Some(effect))
    };
    let levels: Vec<_> = explained.policies.iter().filter(control).map(|one| one.level).collect();
    levels
        .iter()
        .all(|level| says(*level, StatementEffect::Allow) && !says(*level, StatementEffect::Deny))
}

fn shape(policy: &PolicyExplanation, place: Option<(Place, Place)>) -> Statement {
    let kind = match policy.policy_type {
        PolicyType::Resource => "Resource Policy",
        PolicyType::Boundary => "IAM Permissions Boundary Policy",
        PolicyType::ServiceControl => "Organizations Policy",
        _ => "IAM Policy",
    };
    Statement {
        source_policy_id: Some(source_id(&policy.policy)),
        // AWS answers a word that its model does not have.
        source_policy_type: Some(PolicySourceType::Unknown(kind.to_owned())),
        start_position: place.map(|(start, _)| position(start)),
        end_position: place.map(|(_, end)| position(end)),
    }
}

/// A managed policy by its name; an inline one with whom it belongs to: `user_Bob_read`.
fn source_id(policy: &PolicyId) -> String {
    match (policy.arn(), arn::parts(policy.owner())) {
        (None, Some(owner)) => format!("{}_{}_{}", owner.kind, owner.name, policy.name()),
        _ => policy.name().to_owned(),
    }
}

fn position(place: Place) -> Position {
    Position { line: i32::try_from(place.line).ok(), column: i32::try_from(place.column).ok() }
}
