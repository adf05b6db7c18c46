//! What every kind of temporary credentials shares: session policies, tags and the answer's form.

use api::Timestamp;
use api::sts::{Credentials, PolicyDescriptorType, Tag};
use gateway::{AccountId, Caller, Cx, Error};
use policy::Kind as Grammar;

use crate::arn::{self, Owner};
use crate::{document, managed_policy as managed, tag};

const POLICY_ARNS_MAX: usize = 10;

/// What was packed into a token besides who it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    Nothing,
    Tags,
    Policies,
}

/// Sealed credentials, with the share of the space that they use where something was packed.
/// `minimum` is MinimumSessionTokenSize: a client's way to see whether it can carry long tokens.
///
/// # Errors
/// PackedPolicyTooLarge.
pub fn credentials(
    cx: &mut Cx<'_>,
    account: AccountId,
    session: Caller,
    packed: Packed,
    minimum: Option<i32>,
) -> Result<(Credentials, Option<i32>), Error> {
    let expires = session.session.as_ref().map_or(0, |session| session.expires);
    let minimum = minimum.and_then(|minimum| usize::try_from(minimum).ok()).unwrap_or(0);
    let sealed = cx.seal_session(account, session, minimum)?;
    let used = sealed.packed_size;
    if used > 100 {
        let message = match packed {
            Packed::Nothing => "Serialized token too large for session".to_owned(),
            Packed::Tags => {
                format!("Packed size of session tags consumes {used}% of allotted space.")
            }
            Packed::Policies => format!(
                "Packed policy consumes {used}% of allotted space, please use smaller policy."
            ),
        };
        return Err(Error::new(api::sts::error::PACKED_POLICY_TOO_LARGE, message));
    }
    let size = (packed != Packed::Nothing).then(|| i32::try_from(used).unwrap_or(100));
    let credentials = Credentials {
        access_key_id: sealed.access_key_id,
        secret_access_key: sealed.secret_access_key.expose_str().unwrap_or_default().to_owned(),
        session_token: sealed.session_token,
        expiration: Timestamp::from_seconds(expires),
    };
    Ok((credentials, size))
}

/// Checks the session policies: documents by their grammar, ARNs by their being policies of
/// `account` or AWS's.
///
/// # Errors
/// MalformedPolicyDocument, ValidationError.
pub fn policies(
    cx: &Cx<'_>,
    account: AccountId,
    text: Option<&str>,
    arns: Option<&[PolicyDescriptorType]>,
) -> Result<(Option<Vec<String>>, Vec<String>), Error> {
    if let Some(text) = text {
        document::compile(text, Grammar::Session).map_err(|invalid| {
            Error::new(api::sts::error::MALFORMED_POLICY_DOCUMENT, invalid.message)
        })?;
    }
    let arns: Vec<String> =
        arns.unwrap_or_default().iter().filter_map(|policy| policy.arn.clone()).collect();
    if arns.len() > POLICY_ARNS_MAX {
        return Err(Error::validation(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: \
             Member must have length less than or equal to 10",
        ));
    }
    for arn in &arns {
        let own = |owner| owner == Owner::Aws || owner == Owner::Account(account);
        let parts = arn::parts(arn).filter(|parts| parts.kind == "policy" && own(parts.owner));
        // AWS's sentences for both are not known.
        if parts.is_none() {
            return Err(Error::validation(format!("ARN {arn} is not valid.")));
        }
        if managed::find(cx.tx, account, arn)?.is_none() {
            let message = format!("Policy {arn} does not exist or is not attachable.");
            return Err(Error::validation(message));
        }
    }
    Ok((text.map(|text| vec![text.to_owned()]), arns))
}

/// Checks that no key stands twice among the session tags.
///
/// # Errors
/// InvalidParameterValue.
pub fn unique_tags(tags: &[Tag]) -> Result<(), Error> {
    let mut rest = tags;
    while let Some((first, others)) = rest.split_first() {
        if others.iter().any(|other| tag::same_key(&other.key, &first.key)) {
            return Err(invalid_parameter(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        rest = others;
    }
    Ok(())
}

/// STS's code for tags that do not fit together.
pub fn invalid_parameter(message: &str) -> Error {
    Error::new(api::sts::error::INVALID_PARAMETER_VALUE, message)
}
