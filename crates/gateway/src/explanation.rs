//! A kept request as a document: each decision with every policy considered, the statement that
//! decided, each condition with both values, and the smallest change that would allow it.
//!
//! Two forms: Wardian's own, and the one in which STS shows a decoded authorization message. An
//! account sees its own side only: of what belongs to another, that it exists and no more. Control
//! policies are the organization's: the accounts under them learn what a denial says, the ARN of
//! the one that denies, and nothing that stands in it.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use policy::{
    Change, ConditionExplanation, Decision, Effect, ElementExplanation, Explanation, Policies,
    PolicyExplanation, PolicyId, PolicyType, Remedy, Request, StatementEffect,
    StatementExplanation, explain, remedy,
};
use serde_json::{Map, Value, json};

use crate::decisions::Record;
use crate::question::Question;
use crate::{AccountId, Identity};

/// The most values of an element that are shown: AWS's own policies name thousands of actions.
const VALUES_MAX: usize = 25;

/// Condition keys that tell something of the resource.
const KEYS_OF_RESOURCES: [&str; 4] =
    ["aws:resourcetag/", "iam:resourcetag/", "s3:existingobjecttag/", "s3:buckettag/"];

/// The document of a request for `viewer`; None sees all.
pub fn document(record: &Record, viewer: Option<AccountId>) -> Value {
    let who = &record.who;
    let of_question = |question: &Question| {
        let sees_resource = viewer.is_none_or(|viewer| question.owner == viewer);
        let sees_caller =
            viewer.is_none_or(|viewer| who.caller.account == viewer || who.principal.is_none());
        let view =
            View { question, sees_resource, sees_caller, sees_organization: viewer.is_none() };
        question.put(who, |request, policies| view.decision(request, policies))
    };
    let decisions: Vec<Value> = record.questions.iter().map(of_question).collect();
    let mut document = json!({
        "requestId": record.id,
        "time": record.time.iso8601(),
        "service": record.service,
        "operation": record.operation,
        "caller": {
            "arn": who.arn(),
            "type": who.caller.principal_type(),
            "account": account_of(record),
            "userId": who.caller.user_id(),
            "via": who.caller.via,
        },
        "denied": record.is_denied(),
        "decisions": decisions,
    });
    if let Some((code, message)) = &record.error {
        put(&mut document, "error", json!({ "code": code, "message": message }));
    }
    if record.elided > 0 {
        put(&mut document, "furtherDecisions", record.elided.into());
    }
    document
}

fn account_of(record: &Record) -> Value {
    match record.who.caller.identity {
        Identity::Anonymous | Identity::Service(_) => Value::Null,
        _ => record.who.caller.account.as_str().into(),
    }
}

/// A decision, and how much of it may be seen.
struct View<'a> {
    question: &'a Question,
    sees_resource: bool,
    sees_caller: bool,
    sees_organization: bool,
}

impl View<'_> {
    fn decision(&self, request: &Request<'_>, policies: &Policies<'_>) -> Value {
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
    fn told(
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
    fn sees(&self, policy_type: PolicyType) -> bool {
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
    fn hides(&self, key: &str) -> bool {
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

/// The statement's own sentence, without hundreds of values in it.
fn shortened(statement: &StatementExplanation) -> String {
    let long = |one: &&ElementExplanation| !one.matched && one.policy_values.len() > VALUES_MAX;
    match statement.elements.iter().find(|one| !one.matched).filter(|one| long(one)) {
        Some(one) => {
            let (element, count) = (one.element, one.policy_values.len());
            format!("{element} [{count} values] does not match {}", one.request_value)
        }
        None => statement.reason(),
    }
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

/// What is not there and would have to be: statements that fail by a condition alone, keys that
/// the request does not carry.
fn missing(explained: &Explanation, decision: &Decision, action: &str, sees: bool) -> Vec<String> {
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

fn because(decision: &Decision, action: &str) -> String {
    match (decision.effect, decision.decided_by) {
        (Effect::Allow, PolicyType::Unconditional) => "no policy is asked".to_owned(),
        (Effect::Allow, by) => format!("allowed by the {}", name(by)),
        _ => decision.denial_context(action).trim_start().to_owned(),
    }
}

const fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allowed",
        Effect::ExplicitDeny => "explicitDeny",
        Effect::ImplicitDeny => "implicitDeny",
    }
}

const fn word(effect: StatementEffect) -> &'static str {
    match effect {
        StatementEffect::Allow => "Allow",
        StatementEffect::Deny => "Deny",
    }
}

const fn name(policy_type: PolicyType) -> &'static str {
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
const fn side(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::Identity | PolicyType::Unconditional => "identity",
        PolicyType::Boundary => "boundary",
        PolicyType::Session => "session",
        PolicyType::Resource | PolicyType::Trust | PolicyType::AccessControlList => "resource",
        PolicyType::ServiceControl | PolicyType::ResourceControl => "organization",
    }
}

fn put(value: &mut Value, name: &str, member: Value) {
    if let Some(members) = value.as_object_mut() {
        members.insert(name.to_owned(), member);
    }
}

/// The statements that an allowed request was allowed by, one of each type of policy.
pub fn matched_by(record: &Record, viewer: AccountId) -> Vec<Value> {
    let Some(question) = record.questions.first() else { return Vec::new() };
    let view = View {
        question,
        sees_resource: question.owner == viewer,
        sees_caller: true,
        sees_organization: false,
    };
    let decision = question.put(&record.who, policy::evaluate);
    let matched = decision.matched.iter().map(|one| {
        let mut value = json!({ "type": name(one.policy_type) });
        if view.sees(one.policy_type) {
            put(&mut value, "policy", one.policy.arn().unwrap_or(one.policy.name()).into());
            put(&mut value, "owner", one.policy.owner().into());
            put(&mut value, "sid", one.sid.as_deref().into());
            put(&mut value, "number", one.statement.map(|index| index.saturating_add(1)).into());
        }
        value
    });
    matched.collect()
}

/// Puts ARNs in place of the unique ids that kept policies name principals by, where `arn_of` knows
/// one.
pub fn name_principals(document: &mut Value, arn_of: &mut dyn FnMut(&str) -> Option<String>) {
    match document {
        Value::Array(values) => values.iter_mut().for_each(|one| name_principals(one, arn_of)),
        Value::Object(members) => {
            let is_principal = members
                .get("element")
                .and_then(Value::as_str)
                .is_some_and(|element| element.ends_with("Principal"));
            for (name, value) in members.iter_mut() {
                match value {
                    Value::Array(values) if is_principal && name == "policyValues" => {
                        values.iter_mut().for_each(|one| name_principal(one, arn_of));
                    }
                    Value::String(text) if name == "reason" && text.contains("AWS: A") => {
                        *text = named_within(text, arn_of);
                    }
                    value => name_principals(value, arn_of),
                }
            }
        }
        _ => {}
    }
}

fn name_principal(value: &mut Value, arn_of: &mut dyn FnMut(&str) -> Option<String>) {
    let id = value.as_str().and_then(|text| text.strip_prefix("AWS: ")).filter(|id| is_id(id));
    if let Some(arn) = id.and_then(arn_of) {
        *value = format!("AWS: {arn}").into();
    }
}

fn named_within(text: &str, arn_of: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let mut pieces = text.split("AWS: ");
    let mut named = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find([',', ']']).unwrap_or(piece.len());
        let (id, rest) = piece.split_at_checked(end).unwrap_or((piece, ""));
        let arn = if is_id(id) { arn_of(id) } else { None };
        named.push_str("AWS: ");
        named.push_str(arn.as_deref().unwrap_or(id));
        named.push_str(rest);
    }
    named
}

fn is_id(text: &str) -> bool {
    text.starts_with("AIDA") || text.starts_with("AROA")
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_named_where_somebody_still_has_the_id() {
        let mut document = json!({"statements": [{
            "reason": "Principal [AWS: AIDAGONE, AWS: AROAAPP, AWS: 1] does not match anonymous",
            "elements": [{"element": "Principal", "policyValues": ["AWS: AROAAPP", "AWS: AIDAGONE"]}],
        }]});
        let mut known = |id: &str| (id == "AROAAPP").then(|| "arn:app".to_owned());
        name_principals(&mut document, &mut known);
        let expected = json!({"statements": [{
            "reason": "Principal [AWS: AIDAGONE, AWS: arn:app, AWS: 1] does not match anonymous",
            "elements": [{"element": "Principal", "policyValues": ["AWS: arn:app", "AWS: AIDAGONE"]}],
        }]});
        assert_eq!(document, expected);
    }
}
