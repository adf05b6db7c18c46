//! Parameter policies: what ends a parameter, or tells of it. Only their end is carried out here;
//! there is no EventBridge to tell.
//!
//! AWS: <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html>

use api::Timestamp;
use api::ssm::{ParameterInlinePolicy, error};
use gateway::Error;
use serde_json::Value;

const POLICIES_MAX: usize = 10;
const TYPES: [&str; 3] = ["Expiration", "ExpirationNotification", "NoChangeNotification"];

/// The policies of a request.
pub struct Policies {
    /// Each as its own JSON.
    pub texts: Vec<String>,
    /// In milliseconds.
    pub expires: Option<i64>,
}

/// Reads `[{"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": ".."}}]`.
///
/// # Errors
/// AWS's codes; the sentences are (unverified).
pub fn read(text: &str) -> Result<Policies, Error> {
    let Ok(Value::Array(items)) = serde_json::from_str::<Value>(text) else {
        return Err(invalid_attribute("The policies must be a JSON array of policies."));
    };
    if items.len() > POLICIES_MAX {
        let message = "You specified more than the maximum number of allowed policies for the \
                       parameter. The maximum is 10.";
        return Err(Error::new(error::POLICIES_LIMIT_EXCEEDED_EXCEPTION, message));
    }
    let mut policies = Policies { texts: Vec::with_capacity(items.len()), expires: None };
    for item in &items {
        let kind = item.get("Type").and_then(Value::as_str).unwrap_or_default();
        if !TYPES.contains(&kind) {
            let message = "The policy type isn't supported. Parameter Store supports the following \
                           policy types: Expiration, ExpirationNotification, and \
                           NoChangeNotification.";
            return Err(Error::new(error::INVALID_POLICY_TYPE_EXCEPTION, message));
        }
        check(kind, item, &mut policies)?;
        policies.texts.push(item.to_string());
    }
    let needs_end = policies.texts.iter().any(|text| text.contains("\"ExpirationNotification\""));
    if needs_end && policies.expires.is_none() {
        let message = "There is a conflict in the policies specified for this parameter. You \
                       can't, for example, specify two Expiration policies for a parameter. \
                       Review your policies, and try again.";
        return Err(Error::new(error::INCOMPATIBLE_POLICY_EXCEPTION, message));
    }
    Ok(policies)
}

fn check(kind: &str, policy: &Value, policies: &mut Policies) -> Result<(), Error> {
    let attribute =
        |name: &str| policy.get("Attributes").and_then(|all| all.get(name)).and_then(Value::as_str);
    if policy.get("Version").and_then(Value::as_str) != Some("1.0") {
        return Err(invalid_attribute("The policy version must be 1.0."));
    }
    if kind == "Expiration" {
        let moment = attribute("Timestamp").and_then(Timestamp::parse);
        let moment = moment.ok_or_else(|| invalid_attribute("The Timestamp isn't valid."))?;
        if policies.expires.replace(moment.as_millis()).is_some() {
            let message = "There is a conflict in the policies specified for this parameter. You \
                           can't, for example, specify two Expiration policies for a parameter. \
                           Review your policies, and try again.";
            return Err(Error::new(error::INCOMPATIBLE_POLICY_EXCEPTION, message));
        }
        return Ok(());
    }
    let length = if kind == "ExpirationNotification" { "Before" } else { "After" };
    let is_number = attribute(length).is_some_and(|text| text.parse::<u32>().is_ok());
    let is_unit = matches!(attribute("Unit"), Some("Days" | "Hours"));
    if is_number && is_unit {
        Ok(())
    } else {
        Err(invalid_attribute(&format!("The attributes {length} and Unit aren't valid.")))
    }
}

/// The policies as listings show them.
pub fn shapes(texts: &[String]) -> Vec<ParameterInlinePolicy> {
    let shape = |text: &String| {
        let kind = serde_json::from_str::<Value>(text).ok();
        let kind = kind.and_then(|policy| policy.get("Type")?.as_str().map(str::to_owned));
        ParameterInlinePolicy {
            policy_text: Some(text.clone()),
            policy_type: kind,
            policy_status: Some("Pending".to_owned()),
        }
    };
    texts.iter().map(shape).collect()
}

fn invalid_attribute(message: &str) -> Error {
    Error::new(error::INVALID_POLICY_ATTRIBUTE_EXCEPTION, message)
}
