//! Signature Version 2, where S3 still takes it: in the regions that were there before 2014.
//!
//! The same keys, tokens and gate as Version 4. AWS: "Signing and authenticating REST requests"
//! (Amazon S3 User Guide).

use api::Timestamp;
use sigv4::{AuthError, Form, SecretKey, Style, Version2};
use store::Tx;

use super::{Signed, Verified, Who, of_key, unsigned_payload};
use crate::gateway::Core;
use crate::request::AuthFacts;
use crate::{Error, auth_error};

/// The regions that take Version 2 (AWS: "Amazon S3 endpoints and quotas").
const REGIONS: [&str; 9] = [
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "sa-east-1",
    "us-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Whether requests signed by Version 2 are taken in a region.
#[must_use]
pub fn takes_version_2(region: &str) -> bool {
    REGIONS.binary_search(&region).is_ok()
}

pub fn verify(
    core: &Core,
    tx: &Tx,
    signed: &Signed<'_>,
    request: &sigv4::Request<'_>,
    presented: &Version2<'_>,
) -> Result<Verified, Error> {
    let facts = signed.facts;
    let fail = |error: &AuthError| auth_error::auth(error, Style::S3);
    if signed.service != core.s3.name() || !takes_version_2(&facts.region) {
        return Err(fail(&AuthError::UnsupportedMechanism));
    }
    let token = presented.session_token();
    let (caller, secret) = of_key(core, tx, presented.access_key_id(), token, Style::S3)?;
    let secret = SecretKey::new(secret.expose());
    // A presigned request ends at a moment of AWS time; the other form is held to the wall clock.
    let now = if presented.form() == Form::Query { facts.now } else { facts.wall }.as_seconds();
    sigv4::verify_version_2(presented, request, signed.virtual_host, &secret, now)
        .map_err(|error| fail(&error))?;
    if caller.has_expired(facts.now) {
        let token = token.unwrap_or_default().to_owned();
        return Err(fail(&AuthError::ExpiredToken { token, now: facts.now.as_seconds() }));
    }
    let payload = unsigned_payload(request.headers).map_err(|error| fail(&error))?;
    let mut who = Who::of_key(core, tx, caller, facts.now, Style::S3)?;
    who.auth = auth_facts(presented, facts.wall);
    Ok(Verified { who: Box::new(who), payload, seed: None })
}

/// A presigned request does not say when it was signed: its age is nobody's to know.
fn auth_facts(presented: &Version2<'_>, wall: Timestamp) -> AuthFacts {
    let age = |at: i64| wall.as_seconds().saturating_sub(at).max(0).saturating_mul(1000);
    AuthFacts {
        kind: Some(match presented.form() {
            Form::Header => "REST-HEADER",
            Form::Query => "REST-QUERY-STRING",
        }),
        version: Some("AWS"),
        age: presented.signed_at().map(age),
    }
}
