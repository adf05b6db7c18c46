//! The form in which STS shows a decoded authorization message.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use policy::{Effect, StatementEffect, StatementExplanation, explain};
use serde_json::{Value, json};

use super::put;
use super::view::View;
use super::words::{VALUES_MAX, word};
use crate::decisions::Record;
use crate::{AccountId, Identity};

/// The decisive question as STS shows a decoded authorization message.
pub fn message(record: &Record, viewer: AccountId) -> Value {
    let Some(question) = record.decisive() else {
        return json!({
            "allowed": !record.is_denied(),
            "explicitDeny": false,
            "matchedStatements": items(Vec::new()),
            "failures": items(Vec::new()),
            "context": {
                "principal": principal(record),
                "action": format!("{}:{}", record.service, record.operation),
                "resource": "*",
                "conditions": items(Vec::new()),
            },
        });
    };
    let view = View {
        question,
        sees_resource: question.owner == viewer,
        sees_caller: true,
        sees_organization: false,
    };
    question.put(&record.who, |request, policies| {
        let explained = explain(request, policies);
        let decision = view.told(&explained.decision, request, policies);
        let shown = explained.policies.iter().filter(|policy| view.sees(policy.policy_type));
        let wanted = match decision.effect {
            Effect::ExplicitDeny => Some(StatementEffect::Deny),
            Effect::Allow => Some(StatementEffect::Allow),
            Effect::ImplicitDeny => None,
        };
        let matched: Vec<Value> = shown
            .flat_map(|policy| &policy.statements)
            .filter(|one| one.matched && Some(one.effect) == wanted)
            .map(|one| matched(one, record))
            .collect();
        let conditions = request.context.iter().filter(|(key, _)| !view.hides(key));
        let conditions = conditions.map(|(key, values)| keyed(key, values)).collect();
        json!({
            "allowed": decision.is_allowed(),
            "explicitDeny": decision.effect == Effect::ExplicitDeny,
            "matchedStatements": items(matched),
            "failures": items(Vec::new()),
            "context": {
                "principal": principal(record),
                "action": question.action,
                "resource": question.resource.arn,
                "conditions": items(conditions),
            },
        })
    })
}

fn principal(record: &Record) -> Value {
    let who = &record.who;
    let mut value = json!({ "id": who.caller.user_id(), "arn": who.arn() });
    if let (Identity::User(_), Some(user)) = (&who.caller.identity, &who.principal) {
        put(&mut value, "name", user.name.as_str().into());
    }
    value
}

fn matched(statement: &StatementExplanation, record: &Record) -> Value {
    let values = |names: [&str; 2]| -> Vec<Value> {
        let elements = statement.elements.iter().filter(|one| names.contains(&one.element));
        let written = elements.flat_map(|one| one.policy_values.iter().take(VALUES_MAX));
        written.map(|value| json!({ "value": value })).collect()
    };
    let mut principals = values(["Principal", "NotPrincipal"]);
    if principals.is_empty() {
        let id = record.who.principal.as_ref().map(|principal| principal.id.as_str());
        principals.extend(id.map(|id| json!({ "value": id })));
    }
    let conditions = statement.conditions.iter().map(|one| keyed(&one.key, &one.policy_values));
    json!({
        "statementId": statement.sid.as_deref().unwrap_or_default(),
        "effect": word(statement.effect).to_ascii_uppercase(),
        "principals": items(principals),
        "principalGroups": items(Vec::new()),
        "actions": items(values(["Action", "NotAction"])),
        "resources": items(values(["Resource", "NotResource"])),
        "conditions": items(conditions.collect()),
    })
}

fn keyed<T: AsRef<str>>(key: &str, values: &[T]) -> Value {
    let values = values.iter().map(|value| json!({ "value": value.as_ref() })).collect();
    json!({ "key": key, "values": items(values) })
}

fn items(items: Vec<Value>) -> Value {
    json!({ "items": items })
}
