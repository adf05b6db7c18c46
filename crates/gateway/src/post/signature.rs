//! Who signed a form's policy: Signature Version 4, or Version 2, which older clients still make.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sigv4::{AuthError, PayloadHash, SecretKey, Style};
use store::Tx;
use subtle::ConstantTimeEq as _;

use super::{Form, policy};
use crate::authenticate::{self, Verified, Who};
use crate::gateway::Core;
use crate::region::is_region;
use crate::request::{AuthFacts, RequestFacts};
use crate::{Error, auth_error};

/// Finds the caller of a form, and holds the form against the policy that the caller signed. One
/// without a policy is anonymous.
///
/// # Errors
/// InvalidArgument for a signature of which something is missing; InvalidAccessKeyId,
/// SignatureDoesNotMatch; those of [`policy::check`].
pub fn verify(core: &Core, tx: &Tx, facts: &RequestFacts, form: &Form) -> Result<Verified, Error> {
    let verified = match check(form)? {
        Version::Four => of_version_4(core, tx, facts, form)?,
        Version::Two => of_version_2(core, tx, facts, form)?,
        Version::None => {
            let who = Who::anonymous(core, facts.now);
            Verified { who: Box::new(who), payload: PayloadHash::Unsigned, seed: None }
        }
    };
    policy::check(facts, form)?;
    Ok(verified)
}

/// How a form is signed.
pub enum Version {
    None,
    Two,
    Four,
}

/// A signature must be there whole, or not at all.
///
/// # Errors
/// InvalidArgument for what is missing; AccessDenied for a policy that nobody signed.
pub fn check(form: &Form) -> Result<Version, Error> {
    let has = |name: &str| form.field(name).is_some();
    let of_4 = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"];
    let version_4 = of_4.into_iter().any(has);
    let version_2 = has("awsaccesskeyid") || has("signature");
    let (version, fields): (_, &[(&str, &str)]) = match (version_4, version_2) {
        (true, _) => (Version::Four, &OF_VERSION_4),
        (false, true) => (Version::Two, &OF_VERSION_2),
        (false, false) if has("policy") || has("x-amz-security-token") => {
            return Err(Error::access_denied("Access Denied"));
        }
        (false, false) => (Version::None, &[]),
    };
    match fields.iter().find(|(name, _)| !has(name)) {
        Some((_, shown)) => Err(missing(shown)),
        None => Ok(version),
    }
}

/// Fields and how they are shown.
const OF_VERSION_4: [(&str, &str); 5] = [
    ("policy", "policy"),
    ("x-amz-algorithm", "X-Amz-Algorithm"),
    ("x-amz-credential", "X-Amz-Credential"),
    ("x-amz-date", "X-Amz-Date"),
    ("x-amz-signature", "X-Amz-Signature"),
];
const OF_VERSION_2: [(&str, &str); 3] =
    [("policy", "policy"), ("awsaccesskeyid", "AWSAccessKeyId"), ("signature", "Signature")];

fn of_version_4(
    core: &Core,
    tx: &Tx,
    facts: &RequestFacts,
    form: &Form,
) -> Result<Verified, Error> {
    let policy = field(form, "policy", "policy")?;
    let algorithm = field(form, "x-amz-algorithm", "X-Amz-Algorithm")?;
    let credential = field(form, "x-amz-credential", "X-Amz-Credential")?;
    let signature = field(form, "x-amz-signature", "X-Amz-Signature")?;
    if algorithm != "AWS4-HMAC-SHA256" {
        let message = "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"";
        return Err(super::argument(message, "X-Amz-Algorithm", algorithm));
    }
    let parts: Vec<&str> = credential.rsplitn(5, '/').collect();
    let malformed = || {
        let message = "The Credential is mal-formed; expecting \
                       \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
        super::argument(message, "X-Amz-Credential", credential)
    };
    let [end, service, region, date, key_id] = parts.as_slice() else { return Err(malformed()) };
    // A signing key that was handed out for one service and day is for nothing else. (from memory:
    // the words for it)
    if *end != "aws4_request" || *service != core.s3.name() || !is_region(region) {
        return Err(malformed());
    }
    let time = field(form, "x-amz-date", "X-Amz-Date")?;
    if !is_of_day(time, date) {
        let message = "Invalid credential date. This date is not the same as X-Amz-Date.";
        return Err(super::argument(message, "X-Amz-Credential", credential));
    }
    let token = form.field("x-amz-security-token");
    let (found, secret) = authenticate::of_key(core, tx, key_id, token, Style::S3)?;
    let key = SecretKey::new(secret.expose()).signing_key(date, region, service);
    let computed = hex::encode(key.sign(policy.as_bytes()));
    if !bool::from(computed.as_bytes().ct_eq(signature.as_bytes())) {
        return Err(mismatch(key_id, policy, signature));
    }
    caller(core, tx, facts, found, key_id, "AWS4-HMAC-SHA256")
}

/// Whether a time, as `20260101T000000Z`, is of the day.
fn is_of_day(time: &str, day: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let clock = time.strip_prefix(day).and_then(|rest| rest.strip_prefix('T')?.strip_suffix('Z'));
    day.len() == 8 && digits(day) && clock.is_some_and(|clock| clock.len() == 6 && digits(clock))
}

fn of_version_2(
    core: &Core,
    tx: &Tx,
    facts: &RequestFacts,
    form: &Form,
) -> Result<Verified, Error> {
    let policy = field(form, "policy", "policy")?;
    let key_id = field(form, "awsaccesskeyid", "AWSAccessKeyId")?;
    let signature = field(form, "signature", "Signature")?;
    let token = form.field("x-amz-security-token");
    let (found, secret) = authenticate::of_key(core, tx, key_id, token, Style::S3)?;
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.expose()).map_err(Error::internal)?;
    mac.update(policy.as_bytes());
    let computed = BASE64.encode(mac.finalize().into_bytes());
    if !bool::from(computed.as_bytes().ct_eq(signature.trim().as_bytes())) {
        return Err(mismatch(key_id, policy, signature));
    }
    caller(core, tx, facts, found, key_id, "AWS")
}

fn caller(
    core: &Core,
    tx: &Tx,
    facts: &RequestFacts,
    caller: crate::Caller,
    key_id: &str,
    version: &'static str,
) -> Result<Verified, Error> {
    if caller.has_expired(facts.now) {
        let error = AuthError::ExpiredToken { token: String::new(), now: facts.now.as_seconds() };
        return Err(auth_error::auth(&error, Style::S3));
    }
    let mut who = Who::find(core, tx, caller, facts.now)?.ok_or_else(|| {
        let access_key_id = key_id.to_owned();
        auth_error::auth(&AuthError::UnknownAccessKey { access_key_id }, Style::S3)
    })?;
    who.auth = AuthFacts { kind: Some("POST"), version: Some(version), age: None };
    Ok(Verified { who: Box::new(who), payload: PayloadHash::Unsigned, seed: None })
}

fn field<'f>(form: &'f Form, name: &str, shown: &str) -> Result<&'f str, Error> {
    form.field(name).ok_or_else(|| missing(shown))
}

fn missing(name: &str) -> Error {
    let message = format!(
        "Bucket POST must contain a field named '{name}'.  If it is specified, please check the \
         order of the fields."
    );
    super::argument(&message, name, "")
}

fn mismatch(key_id: &str, policy: &str, signature: &str) -> Error {
    let bytes: Vec<String> = policy.bytes().map(|byte| hex::encode([byte])).collect();
    let shape = api::ErrorShape { code: "SignatureDoesNotMatch", status: 403 };
    let message = "The request signature we calculated does not match the signature you provided. \
                   Check your key and signing method.";
    Error::new(shape, message)
        .with("AWSAccessKeyId", key_id)
        .with("StringToSign", policy)
        .with("SignatureProvided", signature)
        .with("StringToSignBytes", bytes.join(" "))
}
