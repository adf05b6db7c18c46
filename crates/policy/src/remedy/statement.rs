//! The statement that allows one request and nothing else, and whose policies it would stand in.

use crate::json::quote;
use crate::{Kind, Policy, Principal, Request};

/// A statement that allows just this action on just this resource, and the policy of it alone.
pub(super) fn statement(
    request: &Request<'_>,
    kind: Kind,
    principal: Option<&str>,
) -> Option<(String, Policy)> {
    let mut text = String::from(r#"{"Effect":"Allow""#);
    if let Some(principal) = principal {
        text.push_str(",\"Principal\":");
        text.push_str(principal);
    }
    text.push_str(",\"Action\":");
    text.push_str(&quote(request.action));
    if kind != Kind::Trust {
        text.push_str(",\"Resource\":");
        text.push_str(&quote(&literal(request.resource)));
    }
    text.push('}');
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#);
    let policy = Policy::parse(&document, kind).ok()?;
    Some((text, policy))
}

/// The resource as a pattern that means it alone: a key of S3 may contain what patterns are made
/// of. Elsewhere a star is no part of a name, but how the resource itself is written.
fn literal(resource: &str) -> String {
    if !resource.starts_with("arn:aws:s3:::") || resource == "arn:aws:s3:::*" {
        return resource.to_owned();
    }
    let mut text = String::with_capacity(resource.len());
    for c in resource.chars() {
        match c {
            '*' | '?' | '$' => text.extend(['$', '{', c, '}']),
            c => text.push(c),
        }
    }
    text
}

/// The value of `Principal` that names the caller.
pub(super) fn named(principal: &Principal<'_>, by_session: bool) -> String {
    let aws = |arn: &str| format!("{{\"AWS\":{}}}", quote(arn));
    let federated = |provider: &str| format!("{{\"Federated\":{}}}", quote(provider));
    match principal {
        Principal::Root { account } => aws(&format!("arn:aws:iam::{account}:root")),
        Principal::User { arn, .. } => aws(arn),
        Principal::Role { role_arn, session_arn, .. } => {
            aws(if by_session { session_arn } else { role_arn })
        }
        Principal::Federated { arn, user_arn, .. } => aws(if by_session { arn } else { user_arn }),
        Principal::Service { name } => format!("{{\"Service\":{}}}", quote(name)),
        Principal::WebIdentity { provider } | Principal::Saml { provider } => federated(provider),
        Principal::Anonymous => "\"*\"".to_owned(),
    }
}

pub(super) fn identity_owner(principal: &Principal<'_>) -> String {
    match principal {
        Principal::User { arn, .. } => (*arn).to_owned(),
        Principal::Role { role_arn, .. } => (*role_arn).to_owned(),
        Principal::Federated { user_arn, .. } => (*user_arn).to_owned(),
        _ => String::new(),
    }
}

/// The bucket of an object, else the resource itself.
pub(super) fn resource_owner(resource: &str) -> String {
    match resource.strip_prefix("arn:aws:s3:::").and_then(|rest| rest.split('/').next()) {
        Some(bucket) => format!("arn:aws:s3:::{bucket}"),
        None => resource.to_owned(),
    }
}
