//! The policy of a form: when it expires, and what each field must be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use api::{ErrorShape, Timestamp};
use serde_json::Value;

use super::Form;
use crate::Error;
use crate::request::RequestFacts;

/// Fields that no condition need name.
const FREE: [&str; 6] =
    ["policy", "x-amz-signature", "signature", "awsaccesskeyid", "file", "x-amz-algorithm"];

/// A checksum can only refuse bytes, never let more in.
const FREE_BEGINNINGS: [&str; 2] = ["x-ignore-", "x-amz-checksum-"];

/// Checks the form against its policy, if it has one; what the file may measure.
///
/// # Errors
/// InvalidPolicyDocument; AccessDenied, where the policy does not allow the form.
pub fn check(facts: &RequestFacts, form: &Form) -> Result<Option<(u64, u64)>, Error> {
    let Some(encoded) = form.field("policy") else { return Ok(None) };
    let text =
        BASE64.decode(encoded.trim()).map_err(|_| invalid("Invalid Policy: Invalid Base64."))?;
    let policy: Value =
        serde_json::from_slice(&text).map_err(|_| invalid("Invalid Policy: Invalid JSON."))?;
    let expiration = policy.get("expiration").and_then(Value::as_str);
    let expiration = expiration.ok_or_else(|| {
        invalid("Invalid Policy: Policy document does not contain an expiration.")
    })?;
    let expiration = Timestamp::parse(expiration)
        .ok_or_else(|| invalid("Invalid Policy: Invalid 'expiration' value."))?;
    let conditions = policy.get("conditions").and_then(Value::as_array);
    let conditions = conditions
        .ok_or_else(|| invalid("Invalid Policy: Policy document does not contain conditions."))?;
    if conditions.is_empty() {
        return Err(invalid("Invalid Policy: Policy must contain conditions."));
    }
    if expiration <= facts.now {
        return Err(Error::access_denied("Invalid according to Policy: Policy expired."));
    }
    let (mut named, mut length) = (vec!["bucket".to_owned()], None);
    for condition in conditions {
        match read(condition)? {
            Condition::Length(min, max) => length = Some((min, max)),
            Condition::Field { exact, name, value } => {
                let actual = match name.as_str() {
                    "bucket" => Some(form.bucket.as_str()),
                    name => form.field(name),
                };
                let actual = actual.unwrap_or_default();
                let holds = if exact { actual == value } else { fits(&name, actual, &value) };
                if !holds {
                    return Err(failed(condition));
                }
                named.push(name);
            }
        }
    }
    let extra: Vec<&str> = form
        .fields
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !FREE.contains(name) && !FREE_BEGINNINGS.iter().any(|b| name.starts_with(b)))
        .filter(|name| !named.iter().any(|known| known == name))
        .collect();
    if !extra.is_empty() {
        let message =
            format!("Invalid according to Policy: Extra input fields: {}", extra.join(", "));
        return Err(Error::access_denied(message));
    }
    Ok(length)
}

/// A list of types fits where each of it does.
fn fits(name: &str, actual: &str, start: &str) -> bool {
    match name {
        "content-type" => actual.split(',').all(|one| one.trim().starts_with(start)),
        _ => actual.starts_with(start),
    }
}

enum Condition {
    Length(u64, u64),
    Field { exact: bool, name: String, value: String },
}

fn read(condition: &Value) -> Result<Condition, Error> {
    if let Some(simple) = condition.as_object() {
        let mut pairs = simple.iter();
        let (Some((name, value)), None) = (pairs.next(), pairs.next()) else {
            return Err(invalid(
                "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly \
                 one property specified.",
            ));
        };
        let value = value.as_str().ok_or_else(|| {
            invalid("Invalid Policy: Invalid Simple-Condition: value must be a string.")
        })?;
        let (name, value) = (name.to_ascii_lowercase(), value.to_owned());
        return Ok(Condition::Field { exact: true, name, value });
    }
    let parts = condition.as_array().map_or(&[][..], Vec::as_slice);
    let [operator, first, second] = parts else {
        return Err(invalid("Invalid Policy: Invalid Condition: wrong number of arguments."));
    };
    let operator = operator.as_str().unwrap_or_default().to_ascii_lowercase();
    match operator.as_str() {
        "content-length-range" => match (number(first), number(second)) {
            (Some(min), Some(max)) => Ok(Condition::Length(min, max)),
            _ => Err(failed(condition)),
        },
        "eq" | "starts-with" => {
            let (Some(name), Some(value)) = (first.as_str(), second.as_str()) else {
                return Err(invalid("Invalid Policy: Invalid Condition: not a field and a value."));
            };
            // What names no field holds of none.
            let name = name.strip_prefix('$').ok_or_else(|| failed(condition))?;
            let (name, value) = (name.to_ascii_lowercase(), value.to_owned());
            Ok(Condition::Field { exact: operator == "eq", name, value })
        }
        _ => Err(invalid("Invalid Policy: Invalid Condition: unknown operation.")),
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn failed(condition: &Value) -> Error {
    // A condition of one property is told as an equation.
    let shown = match condition.as_object().and_then(|simple| simple.iter().next()) {
        Some((name, value)) => format!("[\"eq\", \"${name}\", {value}]"),
        None => {
            let parts = condition.as_array().map_or(&[][..], Vec::as_slice);
            let parts: Vec<String> = parts.iter().map(Value::to_string).collect();
            format!("[{}]", parts.join(", "))
        }
    };
    let message = format!("Invalid according to Policy: Policy Condition failed: {shown}");
    Error::access_denied(message)
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorShape { code: "InvalidPolicyDocument", status: 400 }, message)
}
