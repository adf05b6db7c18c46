//! What an explanation says, in words.

#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test may")]

mod cast;

use policy::{Context, Kind, Policies, Request, ResourceKind, ResourcePolicy, explain};
use serde_json::json;

fn reasons(context: &[(&'static str, &'static str)]) -> Vec<String> {
    let statements = json!([
        {"Action": ["s3:PutObject", "s3:DeleteObject"]},
        {"NotResource": "arn:aws:s3:::box/*"},
        {"Condition": {"StringEquals": {"aws:ResourceTag/team": ["red", "blue"]}}},
        {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]);
    let identity = [cast::source(&statements, Kind::Identity, "P")];
    let principal = cast::principal("ann");
    let mut facts = Context::new();
    for (key, value) in context {
        facts.insert(*key, *value);
    }
    let request = Request {
        principal: &principal,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::box/a",
        resource_account: None,
        context: &facts,
    };
    let policies = Policies { identity: &identity, ..Policies::default() };
    let explanation = explain(&request, &policies);
    explanation.policies[0].statements.iter().map(|one| one.reason()).collect()
}

#[test]
fn each_statement_says_the_first_thing_that_does_not_match() {
    assert_eq!(
        reasons(&[("aws:SecureTransport", "true")]),
        [
            "Action [s3:PutObject, s3:DeleteObject] does not match s3:GetObject",
            "NotResource [arn:aws:s3:::box/*] does not match arn:aws:s3:::box/a",
            "StringEquals aws:ResourceTag/team [red, blue] does not hold: \
             the request does not carry the key",
            "Bool aws:SecureTransport [false] does not hold: the request has [true]",
        ]
    );
    let reasons = reasons(&[("aws:ResourceTag/team", "red"), ("aws:SecureTransport", "true")]);
    assert_eq!(reasons[2], "every element and condition matches");
}

#[test]
fn rules_that_no_statement_shows_stand_as_notes() {
    let bucket = cast::source(&json!({}), Kind::Bucket, "B");
    let principal = cast::principal("away root");
    let context = Context::new();
    let request = Request {
        principal: &principal,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::box/a",
        resource_account: Some("111111111111"),
        context: &context,
    };
    let kind = ResourceKind::Bucket;
    let resource = Some(ResourcePolicy { source: &bucket, kind, restrict_public: true });
    let policies = Policies { resource, ..Policies::default() };
    assert_eq!(
        explain(&request, &policies).notes,
        [
            "Identity-based policies and permissions boundaries do not apply to the root user.",
            "The resource belongs to another account: both accounts must allow.",
            "RestrictPublicBuckets: the policy is public and serves only the bucket's account.",
        ]
    );
}
