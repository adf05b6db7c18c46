//! The attributes of topics.
//!
//! AWS: <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>

use std::collections::BTreeMap;

use api::sns::{
    GetTopicAttributesInput, GetTopicAttributesResponse, SetTopicAttributesInput,
    SetTopicAttributesResponse,
};
use gateway::{Cx, Error};
use serde_json::{Map, Value, json};

use crate::arn::TopicArn;
use crate::{error, policy, tables};

const DISPLAY_NAME_MAX: usize = 100;

pub fn get_topic_attributes(
    cx: &mut Cx<'_>,
    input: GetTopicAttributesInput,
) -> Result<GetTopicAttributesResponse, Error> {
    let arn = TopicArn::parse("TopicArn", &input.topic_arn)?;
    let topic = tables::find(cx, &arn)?.ok_or_else(error::no_topic)?;
    let mut shown = topic.attributes;
    if let Some(text) = shown.get_mut("Policy") {
        *text = policy::to_show(cx, text)?;
    }
    let owner = arn.account.to_string();
    let effective = effective_delivery(shown.get("DeliveryPolicy").map(String::as_str));
    shown.insert("EffectiveDeliveryPolicy".to_owned(), effective.to_string());
    shown.insert("Owner".to_owned(), owner);
    shown.insert("TopicArn".to_owned(), arn.to_string());
    for number in ["SubscriptionsConfirmed", "SubscriptionsDeleted", "SubscriptionsPending"] {
        shown.insert(number.to_owned(), "0".to_owned());
    }
    shown.entry("DisplayName".to_owned()).or_default();
    shown.entry("Policy".to_owned()).or_insert_with(|| policy::default(&arn).to_string());
    if shown.contains_key("FifoTopic") {
        shown.entry("ContentBasedDeduplication".to_owned()).or_insert_with(|| "false".to_owned());
    }
    Ok(GetTopicAttributesResponse { attributes: Some(shown) })
}

pub fn set_topic_attributes(
    cx: &mut Cx<'_>,
    input: SetTopicAttributesInput,
) -> Result<SetTopicAttributesResponse, Error> {
    let arn = TopicArn::parse("TopicArn", &input.topic_arn)?;
    let mut topic = tables::find(cx, &arn)?.ok_or_else(error::no_topic)?;
    let value = input.attribute_value.unwrap_or_default();
    let name = input.attribute_name;
    let is_fifo = topic.attributes.contains_key("FifoTopic");
    let value = to_keep(cx, is_fifo, &name, &value)?;
    if value.is_empty() {
        topic.attributes.remove(&name);
    } else {
        topic.attributes.insert(name, value);
    }
    tables::put(cx, &arn, &topic)?;
    Ok(SetTopicAttributesResponse::default())
}

/// An attribute as it is kept, where it may be set so.
///
/// # Errors
/// As [`check`]; `InvalidParameter` for a policy that names nobody.
pub fn to_keep(cx: &Cx<'_>, is_fifo: bool, name: &str, value: &str) -> Result<String, Error> {
    check(is_fifo, name, value)?;
    if name == "Policy" && !value.is_empty() {
        return policy::to_keep(cx, value);
    }
    Ok(value.to_owned())
}

/// Whether an attribute may be set so. `FifoTopic` is decided when a topic is made.
///
/// # Errors
/// `InvalidParameter`; `NotImplemented` for what needs a delivery or a KMS.
fn check(is_fifo: bool, name: &str, value: &str) -> Result<(), Error> {
    match name {
        "DisplayName" if value.chars().count() > DISPLAY_NAME_MAX => {
            Err(error::invalid("DisplayName Reason: Must be less than 100 characters long"))
        }
        "DisplayName" => Ok(()),
        "Policy" if value.is_empty() => Ok(()),
        "Policy" => policy::check(value),
        "DeliveryPolicy" if value.is_empty() => Ok(()),
        "DeliveryPolicy" => match serde_json::from_str(value) {
            Ok(Value::Object(_)) => Ok(()),
            _ => Err(error::invalid("DeliveryPolicy: failed to parse JSON.")),
        },
        "SignatureVersion" if matches!(value, "1" | "2") => Ok(()),
        "TracingConfig" if matches!(value, "PassThrough" | "Active") => Ok(()),
        "ContentBasedDeduplication" if is_fifo => check_boolean(name, value),
        "FifoThroughputScope" if is_fifo && matches!(value, "Topic" | "MessageGroup") => Ok(()),
        "KmsMasterKeyId" if value.is_empty() => Ok(()),
        "ArchivePolicy" | "KmsMasterKeyId" => Err(error::not_implemented(name)),
        name if is_feedback(name) => Err(error::not_implemented(name)),
        "SignatureVersion" | "TracingConfig" | "FifoThroughputScope" => Err(error::invalid(name)),
        _ => Err(error::invalid("AttributeName")),
    }
}

/// # Errors
/// `InvalidParameter`
pub fn check_boolean(name: &str, value: &str) -> Result<(), Error> {
    if matches!(value, "true" | "false") { Ok(()) } else { Err(error::invalid(name)) }
}

/// `HTTPSuccessFeedbackRoleArn` and the like: the log of deliveries.
fn is_feedback(name: &str) -> bool {
    ["SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// The retries of HTTP deliveries as they would be: what a policy leaves out is AWS's.
fn effective_delivery(policy: Option<&str>) -> Value {
    let own: Value = policy.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    let own = own.get("http").cloned().unwrap_or(Value::Null);
    let part = |name: &str, default: Value| -> Value {
        let mut all: Map<String, Value> = default.as_object().cloned().unwrap_or_default();
        if let Some(own) = own.get(name).and_then(Value::as_object) {
            all.extend(own.clone());
        }
        Value::Object(all)
    };
    let retries = json!({
        "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0,
        "numNoDelayRetries": 0, "numMinDelayRetries": 0, "backoffFunction": "linear",
    });
    let requests = json!({"headerContentType": "text/plain; charset=UTF-8"});
    let disabled = own.get("disableSubscriptionOverrides").cloned().unwrap_or(Value::Bool(false));
    json!({"http": {
        "defaultHealthyRetryPolicy": part("defaultHealthyRetryPolicy", retries),
        "disableSubscriptionOverrides": disabled,
        "defaultRequestPolicy": part("defaultRequestPolicy", requests),
    }})
}

/// The policy of a topic: its own, else the one that each begins with.
pub fn policy_of(arn: &TopicArn, attributes: &BTreeMap<String, String>) -> Value {
    let own = attributes.get("Policy").and_then(|text| serde_json::from_str(text).ok());
    own.unwrap_or_else(|| policy::default(arn))
}
