//! Is the signature right, for this server, now?
//!
//! Order: scope, signed headers, time, signature. The gateway has looked the access key up before,
//! so an unknown key is reported before all of these. An expired presigned request is told so
//! whatever its signature.
//!
//! Not here: the session token's contents, and whether the body has the hash that was signed.

use subtle::ConstantTimeEq;

use crate::canonical::{self, Covered, Explanation};
use crate::chunk::Seed;
use crate::error::{AuthError, Form, ScopeFault, SignatureMismatch};
use crate::inspect::Authorization;
use crate::key::{SecretKey, SigningKey, SigningKeys, TERMINATOR};
use crate::payload::hex_of;
use crate::request::{Request, Style};

/// How far a client's clock may be from the server's, in both directions.
pub const MAX_SKEW_SECONDS: i64 = 15 * 60;

/// The longest life of a presigned request: a week.
pub const MAX_PRESIGNED_SECONDS: u32 = 604_800;

/// What the server demands of a signature.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub style: Style,
    /// The service's signing name: `iam`, `sts`, `s3`, ..
    pub service: &'a str,
    /// None where any region will do.
    pub region: Option<&'a str>,
    /// The SHA-256 of the body, for [`Style::Query`]. S3's clients state their own.
    pub body_sha256: &'a [u8; 32],
    /// Seconds since 1970, UTC.
    pub now: i64,
}

/// A signature that is right.
#[derive(Clone, Debug)]
pub struct Verified<'a> {
    authorization: &'a Authorization<'a>,
    key: SigningKey,
}

impl<'a> Verified<'a> {
    pub fn authorization(&self) -> &'a Authorization<'a> {
        self.authorization
    }

    /// What the signatures of chunks follow from.
    pub fn seed(&self) -> Seed {
        let auth = self.authorization;
        Seed::new(self.key.clone(), auth.credential(), auth.time_basic(), auth.signature())
    }
}

/// Checks a signature.
///
/// # Errors
/// [`AuthError::WrongScope`], [`AuthError::HeadersNotSigned`], [`AuthError::Skewed`],
/// [`AuthError::Expired`], [`AuthError::NotYetValid`], [`AuthError::SignatureDoesNotMatch`].
pub fn verify<'a>(
    authorization: &'a Authorization<'a>,
    request: &Request<'_>,
    secret: &SecretKey,
    keys: &SigningKeys,
    expected: &Expected<'_>,
) -> Result<Verified<'a>, AuthError> {
    check_scope(authorization, expected)?;
    check_signed_headers(authorization, request, expected.style)?;
    check_time(authorization, expected)?;
    let key = keys.key(secret, authorization.credential());
    let explanation = explain(authorization, request, expected);
    let signature = hex_of(&key.sign(explanation.string_to_sign.as_bytes()));
    if bool::from(signature.ct_eq(authorization.signature().as_bytes())) {
        return Ok(Verified { authorization, key });
    }
    Err(AuthError::SignatureDoesNotMatch(Box::new(SignatureMismatch {
        access_key_id: authorization.access_key_id().to_owned(),
        signature: authorization.signature().to_owned(),
        string_to_sign: explanation.string_to_sign,
        canonical_request: Some(explanation.canonical_request),
    })))
}

/// The texts that the signature should have been computed over.
pub fn explain(
    authorization: &Authorization<'_>,
    request: &Request<'_>,
    expected: &Expected<'_>,
) -> Explanation {
    let covered = Covered::by(authorization, expected.body_sha256);
    canonical::explain(request, expected.style, &covered)
}

/// The operation of a service that speaks JSON.
const TARGET: &str = "x-amz-target";

fn check_scope(auth: &Authorization<'_>, expected: &Expected<'_>) -> Result<(), AuthError> {
    let credential = auth.credential();
    let mut faults = Vec::new();
    let given = |given: &str| given.to_owned();
    if let Some(region) = expected.region.filter(|region| *region != credential.region()) {
        faults.push(ScopeFault::Region {
            given: given(credential.region()),
            expected: region.to_owned(),
        });
    }
    if credential.service() != expected.service {
        faults.push(ScopeFault::Service {
            given: given(credential.service()),
            expected: expected.service.to_owned(),
        });
    }
    if credential.terminator() != TERMINATOR {
        faults.push(ScopeFault::Terminator { given: given(credential.terminator()) });
    }
    let date = auth.time_basic().split('T').next().unwrap_or_default();
    if credential.date() != date {
        faults.push(ScopeFault::Date {
            given: given(credential.date()),
            expected: date.to_owned(),
            sent: auth.time_sent().to_owned(),
        });
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(AuthError::WrongScope { form: auth.form(), faults })
}

/// Everyone wants `host` signed; S3 also every `x-amz-*` that is there. The other services read of
/// those only date, token and target: the first is signed with the scope, the second opens for one
/// key only, and the third names the operation, so that it must be signed where it is there.
fn check_signed_headers(
    auth: &Authorization<'_>,
    request: &Request<'_>,
    style: Style,
) -> Result<(), AuthError> {
    let is_signed = |name: &str| auth.signed_headers().split(';').any(|other| other == name);
    let mut names: Vec<String> = Vec::new();
    if !is_signed("host") {
        names.push("host".to_owned());
    }
    let must_be_signed = |name: &str| match style {
        Style::S3 => name.starts_with("x-amz-"),
        Style::Query => name == TARGET,
    };
    for (name, _) in request.headers.iter().filter(|(name, _)| must_be_signed(name)) {
        if !is_signed(name) && names.last().is_none_or(|last| last != name) {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() { Ok(()) } else { Err(AuthError::HeadersNotSigned { names }) }
}

fn check_time(auth: &Authorization<'_>, expected: &Expected<'_>) -> Result<(), AuthError> {
    let (at, now) = (auth.time(), expected.now);
    let Some(expires) = auth.expires().filter(|_| auth.form() == Form::Query) else {
        if at.abs_diff(now) <= MAX_SKEW_SECONDS.unsigned_abs() {
            return Ok(());
        }
        return Err(AuthError::Skewed { at, sent: auth.time_sent().to_owned(), now });
    };
    if at > now.saturating_add(MAX_SKEW_SECONDS) {
        return Err(AuthError::NotYetValid { at, expires, now });
    }
    // A URL that lives for no time is dead when it is signed.
    if expires == 0 || now > at.saturating_add(i64::from(expires)) {
        return Err(AuthError::Expired { at, expires, now });
    }
    Ok(())
}
