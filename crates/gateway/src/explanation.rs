//! A kept request as a document: each decision with every policy considered, the statement that
//! decided, each condition with both values, and the smallest change that would allow it.
//!
//! Two forms: Wardian's own, and the one in which STS shows a decoded authorization message. An
//! account sees its own side only: of what belongs to another, that it exists and no more. Control
//! policies are the organization's: the accounts under them learn what a denial says, the ARN of
//! the one that denies, and nothing that stands in it.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

mod message;
mod principals;
mod view;
mod words;

pub use message::message;
pub use principals::name_principals;
use serde_json::{Value, json};

use crate::decisions::Record;
use crate::question::Question;
use crate::{AccountId, Identity};
use view::View;
use words::name;

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
