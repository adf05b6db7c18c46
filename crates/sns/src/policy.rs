//! Topic policies: the one that each topic begins with, and what is asked of another.
//!
//! AWS: <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>

use gateway::principals::{self, Accounts};
use gateway::{Cx, Error};
use policy::{Kind, Policy};
use serde_json::{Value, json};

use crate::arn::TopicArn;
use crate::error;

/// Bytes of a policy.
const SIZE_MAX: usize = 30_720;
/// What a policy may speak of, beside the owner's own administration.
const ACTIONS: [&str; 8] = [
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
];

/// The policy of a topic that has none of its own. Its condition key is set for no caller of
/// today's IAM, so it allows nothing that identity-based policies do not.
pub fn default(arn: &TopicArn) -> Value {
    let actions: Vec<String> = ACTIONS.iter().map(|action| format!("SNS:{action}")).collect();
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": actions,
            "Resource": arn.to_string(),
            "Condition": {"StringEquals": {"AWS:SourceOwner": arn.account.to_string()}},
        }],
    })
}

/// Whether a policy may speak of the action.
pub fn knows(action: &str) -> bool {
    ACTIONS.contains(&action)
}

/// Checks a policy that is to be kept, and gives the form in which it is: with users and roles by
/// their unique ids.
///
/// # Errors
/// `InvalidParameter`
pub fn to_keep(cx: &Cx<'_>, text: &str) -> Result<String, Error> {
    check(text)?;
    let kept = principals::keep(cx.tx, cx.directory().names(), text, Accounts::Any)?;
    kept.map_err(|_| error::invalid("Policy Error: PrincipalNotFound"))
}

/// A kept policy as its readers write it. Who was deleted stays an id.
///
/// # Errors
/// Only what the store says.
pub fn to_show(cx: &Cx<'_>, text: &str) -> Result<String, Error> {
    principals::show(cx.tx, cx.directory().names(), text)
}

/// Whether it is a policy of a topic at all.
///
/// # Errors
/// `InvalidParameter`
pub fn check(text: &str) -> Result<(), Error> {
    if text.len() > SIZE_MAX {
        return Err(error::invalid("Policy Reason: policy is too long"));
    }
    Policy::parse(text, Kind::Topic).map_err(|invalid| {
        let out_of_scope = invalid.message.ends_with("out of service scope!");
        let message = if out_of_scope { invalid.message } else { "Policy Error: null".to_owned() };
        error::invalid(&message)
    })?;
    Ok(())
}
