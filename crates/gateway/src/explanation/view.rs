//! One decision as one account may see it.

use policy::{
    Change, ConditionExplanation, Decision, Effect, ElementExplanation, Policies,
    PolicyExplanation, PolicyId, PolicyType, Remedy, Request, StatementExplanation, explain,
    remedy,
};
use serde_json::{Map, Value, json};

use super::put;
use super::words::{VALUES_MAX, because, effect, missing, name, shortened, side, word};
use crate::question::Question;

/// Condition keys that tell something of the resource.
const KEYS_OF_RESOURCES: [&str; 4] =
    ["aws:resourcetag/", "iam:resourcetag/", "s3:existingobjecttag/", "s3:buckettag/"];

/// A decision, and how much of it may be seen.
pub(super) struct View<'a> {
    pub question: &'a Question,
    pub sees_resource: bool,
    pub sees_caller: bool,
    pub sees_organization: bool,
}

impl View<'_> {
    pub(super) fn decision(&self, request: &Request<'_>, policies: &Policies<'_>) -> Value {
        let explained = explain(request, policies);
        let decision = self.told(&explained.decision, request, policies);
        let question = self.question;
        let mut shown: Vec<Value> =
            explained.policies.iter().map(|one| self.policy(one, &decision)).collect();
        // How many there are of what is not shown is nobody else's business either.
        shown.dedup_by(|a, b| a == b && a.get("hidden").is_some());
        let is_closed = question.is_of_a_closed_account();
        let is_kept_back = !decision.is_allowed() && !self.is_own(decision.decided_by);
        let (because, missing) = if is_closed {
            (
                format!("the account {} is closed: what it has is nobody's", question.owner),
                Vec::new(),
            )
        } else if is_kept_back {
            let kind = name(decision.decided_by);
            (format!("the other account's {kind} does not allow it"), Vec::new())
        } else {
            let sees = self.sees(decision.decided_by);
            let missing = missing(&explained, &decision, &question.action, sees);
            (because(&decision, &question.action), missing)
        };
        let notes = explained.notes.iter();
        let notes: Vec<&String> =
            notes.filter(|note| self.sees_resource || !note.contains("public")).collect();
        let mut value = json!({
            "action": question.action,
            "resource": question.resource.arn,
            "resourceAccount": question.owner.as_str(),
            "allowed": decision.is_allowed(),
            "effect": effect(decision.effect),
            "decidedBy": if is_closed { "closed account" } else { name(decision.decided_by) },
            "because": because,
            "notes": notes,
            "policies": shown,
            "missing": missing,
            "context": self.context(request),
        });
        if question.is_soft {
            put(&mut value, "onlyAsked", true.into());
        }
        if !decision.is_allowed() {
            let found = if is_closed { None } else { remedy(request, policies) };
            let remedy = found.map(|found| self.remedy(&found));
            put(&mut value, "remedy", remedy.unwrap_or(Value::Null));
        }
        value
    }

    /// The decision as the viewer may know it. That another account's policy denies, and does not
    /// merely not allow, would tell whether there is such a role: it is told as if there were no
    /// policy at all.
    pub(super) fn told(
        &self,
        decision: &Decision,
        request: &Request<'_>,
        policies: &Policies<'_>,
    ) -> Decision {
        if decision.effect != Effect::ExplicitDeny || self.is_own(decision.decided_by) {
            return decision.clone();
        }
        let mut told = policy::evaluate(request, &Policies { resource: None, ..*policies });
        if side(told.decided_by) == "resource" || told.is_allowed() {
            told = Decision {
                effect: Effect::ImplicitDeny,
                decided_by: decision.decided_by,
                policy: None,
                matched: Vec::new(),
            };
        }
        told
    }

    /// The changes; what another account would have to change is one, whatever it is.
    fn remedy(&self, remedy: &Remedy) -> Value {
        let is_hidden = |change: &&Change| match change {
            Change::Add { policy_type, .. } | Change::Remove { policy_type, .. } => {
                !self.is_own(*policy_type)
            }
            Change::Unrestrict { .. } => !self.sees_resource,
        };
        let (hidden, shown): (Vec<&Change>, Vec<&Change>) =
            remedy.changes.iter().partition(is_hidden);
        let mut changes: Vec<Value> = shown.into_iter().map(|one| self.change(one)).collect();
        // What differs by its level alone, where levels are not shown.
        changes.dedup();
        if !hidden.is_empty() {
            let owner = self.question.owner.as_str();
            changes.push(json!({ "change": "ask-owner", "side": "resource", "owner": owner }));
        }
        json!({ "changes": changes, "evaluatesTo": effect(remedy.proof.effect) })
    }

    /// Whether what stands in such a policy is shown.
    pub(super) fn sees(&self, policy_type: PolicyType) -> bool {
        self.is_own(policy_type) && (self.sees_organization || side(policy_type) != "organization")
    }

    /// Whether such a policy is of the viewer's account, or of the organization that it is in.
    fn is_own(&self, policy_type: PolicyType) -> bool {
        match side(policy_type) {
            "resource" => self.sees_resource,
            "organization" if policy_type == PolicyType::ResourceControl => self.sees_resource,
            _ => self.sees_caller,
        }
    }

    fn policy(&self, policy: &PolicyExplanation, decision: &Decision) -> Value {
        let policy_type = policy.policy_type;
        let mut value = json!({ "type": name(policy_type), "side": side(policy_type) });
        if !self.sees(policy_type) {
            put(&mut value, "hidden", true.into());
            if self.is_own(policy_type) && denies(decision, policy) {
                put(&mut value, "arn", policy.policy.arn().into());
                put(&mut value, "decided", true.into());
            }
            return value;
        }
        let decided = |index: Option<usize>| {
            decision.matched.iter().any(|one| {
                one.policy_type == policy_type
                    && one.policy == policy.policy
                    && index.is_none_or(|index| one.statement == Some(index))
            })
        };
        let statements: Vec<Value> = policy
            .statements
            .iter()
            .map(|one| self.statement(one, decided(Some(one.index))))
            .collect();
        put(&mut value, "name", policy.policy.name().into());
        put(&mut value, "owner", policy.policy.owner().into());
        if let Some(arn) = policy.policy.arn() {
            put(&mut value, "arn", arn.into());
        }
        if let Some(level) = policy.level {
            put(&mut value, "level", level.into());
        }
        put(&mut value, "says", policy.says.map_or(Value::Null, |says| word(says).into()));
        put(&mut value, "decided", decided(None).into());
        put(&mut value, "statements", statements.into());
        value
    }

    fn statement(&self, statement: &StatementExplanation, decided: bool) -> Value {
        let first_wrong = statement.conditions.iter().find(|one| !one.matched);
        let elements_match = statement.elements.iter().all(|one| one.matched);
        let reason = match first_wrong {
            Some(one) if elements_match && self.hides(&one.key) => {
                format!("{} {} does not hold", one.operator, one.key)
            }
            _ => shortened(statement),
        };
        let conditions: Vec<Value> =
            statement.conditions.iter().map(|one| self.condition(one)).collect();
        json!({
            "number": statement.index.saturating_add(1),
            "sid": statement.sid,
            "line": statement.line,
            "effect": word(statement.effect),
            "matched": statement.matched,
            "decided": decided,
            "reason": reason,
            "elements": statement.elements.iter().map(element).collect::<Vec<_>>(),
            "conditions": conditions,
        })
    }

    fn condition(&self, condition: &ConditionExplanation) -> Value {
        let values = if self.hides(&condition.key) {
            json!("hidden")
        } else {
            condition.request_values.as_ref().map_or(Value::Null, |values| json!(values))
        };
        json!({
            "operator": condition.operator,
            "key": condition.key,
            "policyValues": condition.policy_values,
            "requestValues": values,
            "matched": condition.matched,
        })
    }

    /// Whether a key tells what belongs to another account.
    pub(super) fn hides(&self, key: &str) -> bool {
        let key = key.to_ascii_lowercase();
        !self.sees_resource && KEYS_OF_RESOURCES.iter().any(|prefix| key.starts_with(prefix))
    }

    fn context(&self, request: &Request<'_>) -> Value {
        let keys = request.context.iter().filter(|(key, _)| !self.hides(key));
        let pairs = keys.map(|(key, values)| {
            let value = match values {
                [value] => Value::from(value.as_ref()),
                values => values.iter().map(|value| Value::from(value.as_ref())).collect(),
            };
            (key.to_owned(), value)
        });
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    fn change(&self, change: &Change) -> Value {
        match change {
            Change::Add { policy_type, level, policy, owner, statement } => {
                let statement: Value = serde_json::from_str(statement).unwrap_or_default();
                let mut value = json!({
                    "change": "add-statement",
                    "type": name(*policy_type),
                    "side": side(*policy_type),
                    "statement": statement,
                });
                let policy = policy.as_ref().filter(|_| self.sees(*policy_type));
                if let Some(policy) = policy {
                    say_whether_it_can_be_changed(&mut value, policy);
                    put(&mut value, "policy", policy.arn().unwrap_or(policy.name()).into());
                    put(&mut value, "owner", policy.owner().into());
                }
                if let Some(owner) = owner {
                    put(&mut value, "owner", owner.as_str().into());
                }
                if let Some(level) = level.filter(|_| self.sees(*policy_type)) {
                    put(&mut value, "level", level.into());
                }
                value
            }
            Change::Remove { policy_type, policy, statement, sid, line } => {
                let mut value = json!({
                    "change": "remove-statement",
                    "type": name(*policy_type),
                    "side": side(*policy_type),
                });
                if self.sees(*policy_type) {
                    say_whether_it_can_be_changed(&mut value, policy);
                    put(&mut value, "policy", policy.arn().unwrap_or(policy.name()).into());
                    put(&mut value, "owner", policy.owner().into());
                    put(&mut value, "number", statement.saturating_add(1).into());
                    put(&mut value, "sid", sid.clone().into());
                    put(&mut value, "line", (*line).into());
                } else {
                    put(&mut value, "policy", policy.arn().into());
                }
                value
            }
            Change::Unrestrict { .. } => json!({
                "change": "turn-off-restrict-public-buckets",
                "type": name(PolicyType::Resource),
                "side": "resource",
            }),
        }
    }
}

/// AWS's own policies are as they are: another has to take such a one's place.
fn say_whether_it_can_be_changed(change: &mut Value, policy: &PolicyId) {
    if policy.arn().is_some_and(|arn| arn.starts_with("arn:aws:iam::aws:")) {
        put(change, "replace", true.into());
    }
}

/// Whether the request is denied by a Deny of this policy.
fn denies(decision: &Decision, policy: &PolicyExplanation) -> bool {
    let is_it = |one: &policy::Matched| {
        one.policy_type == policy.policy_type && one.policy == policy.policy
    };
    decision.effect == Effect::ExplicitDeny
        && decision.decided_by == policy.policy_type
        && decision.matched.iter().any(is_it)
}

fn element(element: &ElementExplanation) -> Value {
    let shown: Vec<&String> = element.policy_values.iter().take(VALUES_MAX).collect();
    let mut value = json!({
        "element": element.element,
        "policyValues": shown,
        "requestValue": element.request_value,
        "matched": element.matched,
    });
    let more = element.policy_values.len().saturating_sub(VALUES_MAX);
    if more > 0 {
        put(&mut value, "furtherPolicyValues", more.into());
    }
    value
}
