//! AddPermission and RemovePermission: one statement of a topic's policy.
//!
//! AWS: <https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html>

use api::sns::{
    AddPermissionInput, AddPermissionResponse, RemovePermissionInput, RemovePermissionResponse,
};
use gateway::{Cx, Error};
use serde_json::{Value, json};

use crate::arn::TopicArn;
use crate::tables::{self, Topic};
use crate::{attribute, error, policy};

pub fn add_permission(
    cx: &mut Cx<'_>,
    input: AddPermissionInput,
) -> Result<AddPermissionResponse, Error> {
    let arn = TopicArn::parse("TopicArn", &input.topic_arn)?;
    let topic = tables::find(cx, &arn)?.ok_or_else(error::no_topic)?;
    if !input.action_name.iter().all(|action| policy::knows(action)) {
        return Err(error::invalid("Policy statement action out of service scope!"));
    }
    let mut document = attribute::policy_of(&arn, &topic.attributes);
    let label = input.label.as_str();
    let statements = statements(&mut document)?;
    if statements.iter().any(|statement| has_label(statement, label)) {
        return Err(error::invalid("Statement already exists"));
    }
    let principals = input.aws_account_id.iter().map(|id| format!("arn:aws:iam::{id}:root"));
    let actions = input.action_name.iter().map(|action| format!("SNS:{action}"));
    statements.push(json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": one_or_all(principals)},
        "Action": one_or_all(actions),
        "Resource": arn.to_string(),
    }));
    keep(cx, &arn, topic, &document)?;
    Ok(AddPermissionResponse::default())
}

pub fn remove_permission(
    cx: &mut Cx<'_>,
    input: RemovePermissionInput,
) -> Result<RemovePermissionResponse, Error> {
    let arn = TopicArn::parse("TopicArn", &input.topic_arn)?;
    let topic = tables::find(cx, &arn)?.ok_or_else(error::no_topic)?;
    let mut document = attribute::policy_of(&arn, &topic.attributes);
    let statements = statements(&mut document)?;
    let had = statements.len();
    statements.retain(|statement| !has_label(statement, &input.label));
    match (statements.len() == had, statements.is_empty()) {
        (true, _) => {}
        // A policy without statements is none: the topic has the first one again.
        (false, true) => {
            let mut topic = topic;
            topic.attributes.remove("Policy");
            tables::put(cx, &arn, &topic)?;
        }
        (false, false) => keep(cx, &arn, topic, &document)?,
    }
    Ok(RemovePermissionResponse::default())
}

fn keep(cx: &mut Cx<'_>, arn: &TopicArn, mut topic: Topic, document: &Value) -> Result<(), Error> {
    // Whom it names already is kept by id, and whom it names anew is an account.
    let text = document.to_string();
    policy::check(&text)?;
    topic.attributes.insert("Policy".to_owned(), text);
    tables::put(cx, arn, &topic)
}

fn statements(document: &mut Value) -> Result<&mut Vec<Value>, Error> {
    let unreadable = || Error::internal("a topic policy without statements was kept");
    let all = document.get_mut("Statement").ok_or_else(unreadable)?;
    // One statement may stand by itself.
    if all.is_object() {
        *all = Value::Array(vec![all.take()]);
    }
    all.as_array_mut().ok_or_else(unreadable)
}

fn has_label(statement: &Value, label: &str) -> bool {
    statement.get("Sid").and_then(Value::as_str) == Some(label)
}

fn one_or_all(values: impl Iterator<Item = String>) -> Value {
    let values: Vec<String> = values.collect();
    match values.as_slice() {
        [one] => Value::from(one.as_str()),
        _ => Value::from(values),
    }
}
