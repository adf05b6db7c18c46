//! Is a bucket policy public? The test behind S3 Block Public Access and GetBucketPolicyStatus.
//!
//! An Allow is public when it reaches principals that nobody fixed: everyone, unless a condition
//! pins the request to a fixed value of one of a few keys. Deny statements do not count.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>

use ipnet::IpNet;

use crate::condition::{Condition, Pinned};
use crate::policy::{Policy, Statement, StatementEffect};
use crate::principal::PrincipalPattern;

/// Whether S3 calls this bucket policy public.
pub fn is_public(policy: &Policy) -> bool {
    policy.is_public()
}

/// Keys whose fixed values name someone (lower case, sorted).
const PINNING_KEYS: [&str; 19] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];
const KMS_KEY: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";

pub(crate) fn public_statement(statement: &Statement) -> bool {
    let Some(principal) = &statement.principal else { return false };
    let anyone = principal.not || principal.patterns.iter().any(PrincipalPattern::is_everyone);
    statement.effect() == StatementEffect::Allow && anyone && !statement.conditions.iter().any(pins)
}

fn pins(condition: &Condition) -> bool {
    let key = condition.key.to_ascii_lowercase();
    if key != KMS_KEY && PINNING_KEYS.binary_search(&key.as_str()).is_err() {
        return false;
    }
    condition.pins(|value| match value {
        Pinned::Network(network) => narrow(network),
        // `AROAEXAMPLE:*` is every session of one role.
        Pinned::Text(text, _) if key == "aws:userid" => one_identity(text),
        // "Not a service" is everybody else.
        Pinned::Text(text, _) if key == "aws:principalisawsservice" => {
            text.eq_ignore_ascii_case("true")
        }
        Pinned::Text(_, fixed) => fixed,
    })
}

/// Blocks wider than these are public.
fn narrow(network: &IpNet) -> bool {
    match network {
        IpNet::V4(block) => block.prefix_len() >= 8,
        IpNet::V6(block) => block.prefix_len() >= 32,
    }
}

fn one_identity(value: &str) -> bool {
    let id = value.strip_suffix(":*").unwrap_or(value);
    !id.is_empty() && !id.contains(['*', '?', '$'])
}
