//! The condition keys that every request has, whatever the service.
//!
//! A key is set only where AWS sets it: a key that is absent and one that is empty are different.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use api::{Structure, View};
use policy::{Context, Principal};

use crate::authenticate::Who;
use crate::request::RequestFacts;
use crate::rows;
use crate::{Account, Cx, Resource};

/// How many keys a request of no tags has, about.
const USUAL: usize = 24;

/// The keys of the caller, the connection, the moment and the request's tags.
pub fn of_request(cx: &Cx<'_>, principal: &Principal<'_>, input: &dyn Structure) -> Context {
    let mut context = Context::with_capacity(USUAL);
    add_request(&mut context, cx.request);
    add_caller(&mut context, cx.who, principal);
    add_auth(&mut context, cx.who);
    add_tags(&mut context, input);
    // IAM is global: it answers from us-east-1 wherever it is asked (AWS: aws:RequestedRegion).
    let region = if cx.service.name() == "iam" { "us-east-1" } else { &cx.request.region };
    context.insert("aws:RequestedRegion", region.to_owned());
    context
}

/// The keys of a resource: its account and its tags.
pub fn add_resource(context: &mut Context, cx: &Cx<'_>, resource: &Resource) {
    let owner = resource.account.unwrap_or(cx.who.caller.account);
    context.insert("aws:ResourceAccount", owner.to_string());
    for (key, value) in &resource.tags {
        context.insert_beside(format!("aws:ResourceTag/{key}"), value.clone());
        if cx.service.name() == "iam" {
            context.insert_beside(format!("iam:ResourceTag/{key}"), value.clone());
        }
    }
    for (key, values) in &resource.keys {
        match values.as_slice() {
            // `s3:ExistingObjectTag/team`
            [value] if key.contains('/') => context.insert_beside(key.clone(), value.clone()),
            [value] => context.insert(key.clone(), value.clone()),
            values => context.insert_values(key.clone(), values.to_vec()),
        }
    }
}

/// The keys of the organization that the resource's account is in.
pub fn add_owner(context: &mut Context, owner: Option<&Account>) {
    if let Some(place) = owner.and_then(|owner| owner.organization.as_ref()) {
        context.insert("aws:ResourceOrgID", place.id.clone());
        context.insert_values("aws:ResourceOrgPaths", vec![place.path.clone()]);
    }
}

fn add_request(context: &mut Context, request: &RequestFacts) {
    context.insert("aws:CurrentTime", request.now.iso8601());
    context.insert("aws:EpochTime", request.now.as_seconds().to_string());
    context.insert("aws:SecureTransport", if request.secure { "true" } else { "false" });
    if let Some(ip) = request.source_ip {
        context.insert("aws:SourceIp", ip.to_string());
    }
    if let Some(agent) = request.header("user-agent") {
        context.insert("aws:UserAgent", agent.to_owned());
    }
    if let Some(referer) = request.header("referer") {
        context.insert("aws:referer", referer.to_owned());
    }
    if let Some(version) = request.tls {
        context.insert("s3:TlsVersion", version);
    }
}

fn add_caller(context: &mut Context, who: &Who, principal: &Principal<'_>) {
    let caller = &who.caller;
    principal.describe(context);
    context.insert("aws:ViaAWSService", if caller.via.is_empty() { "false" } else { "true" });
    if let (Some(first), Some(last)) = (caller.via.first(), caller.via.last()) {
        context.insert("aws:CalledViaFirst", first.clone());
        context.insert("aws:CalledViaLast", last.clone());
        context.insert_values("aws:CalledVia", caller.via.clone());
    }
    if let Some(place) = who.account.as_ref().and_then(|account| account.organization.as_ref()) {
        context.insert("aws:PrincipalOrgID", place.id.clone());
        context.insert_values("aws:PrincipalOrgPaths", vec![place.path.clone()]);
    }
    if let Some(principal) = &who.principal {
        for (key, value) in &principal.tags {
            context.insert(format!("aws:PrincipalTag/{key}"), value.clone());
        }
    }
    add_session(context, who);
}

/// Session tags win over the role's own of the same key.
fn add_session(context: &mut Context, who: &Who) {
    let Some(session) = &who.caller.session else { return };
    for (key, value) in &session.tags {
        context.insert(format!("aws:PrincipalTag/{key}"), value.clone());
    }
    let issued = api::Timestamp::from_seconds(session.issued);
    context.insert("aws:TokenIssueTime", issued.iso8601());
    context
        .insert("aws:MultiFactorAuthPresent", if session.mfa.is_some() { "true" } else { "false" });
    if let Some(at) = session.mfa {
        let age = who.now.as_seconds().saturating_sub(at).max(0);
        context.insert("aws:MultiFactorAuthAge", age.to_string());
    }
    if let Some(identity) = &session.source_identity {
        context.insert("aws:SourceIdentity", identity.clone());
    }
}

fn add_auth(context: &mut Context, who: &Who) {
    if let Some(kind) = who.auth.kind {
        context.insert("s3:authType", kind);
    }
    if let Some(version) = who.auth.version {
        context.insert("s3:signatureversion", version);
    }
    if let Some(age) = who.auth.age {
        context.insert("s3:signatureAge", age.to_string());
    }
}

/// `aws:RequestTag/…` and `aws:TagKeys`, of any operation whose input has tags as AWS writes them.
fn add_tags(context: &mut Context, input: &dyn Structure) {
    let of_a_bucket = || match input.named("CreateBucketConfiguration")? {
        View::Structure(bucket) => bucket.named("Tags"),
        _ => None,
    };
    if let Some(View::List(tags)) = input.named("Tags").or_else(of_a_bucket) {
        let mut keys = Vec::with_capacity(tags.len());
        for at in 0..tags.len() {
            let Some(View::Structure(tag)) = tags.get(at) else { continue };
            if let (Some(key), Some(value)) = (tag.text("Key"), tag.text("Value")) {
                context.insert_beside(format!("aws:RequestTag/{key}"), value.to_owned());
                keys.push(key.to_owned());
            }
        }
        context.insert_values("aws:TagKeys", keys);
    }
    if let Some(view @ View::List(_)) = input.named("TagKeys") {
        context.insert_values("aws:TagKeys", rows::values(view));
    }
}
