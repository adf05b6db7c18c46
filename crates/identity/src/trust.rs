//! Trust policies, kept by unique id: whoever is deleted and made again is somebody else.
//!
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use gateway::{AccountId, Cx, Error, id};
use policy::{Kind as Grammar, PrincipalPattern, PrincipalValue};
use store::Tx;

use crate::arn::{self, Owner};
use crate::entity::{self, Kind};
use crate::{account, count, document, error};

/// Characters without white space.
const SIZE_MAX: usize = 2048;

/// Names under which AWS services call. AWS keeps a list; here the form decides.
const SERVICE_DOMAINS: [&str; 4] =
    [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"];

/// Checks a trust policy and gives the form in which it is kept.
///
/// # Errors
/// MalformedPolicyDocument, also where a principal does not exist; LimitExceeded.
pub fn to_keep(cx: &Cx<'_>, text: &str) -> Result<String, Error> {
    document::check(text, Grammar::Trust)?;
    let most = count::raised(cx, SIZE_MAX);
    if document::size(text) > most {
        return Err(error::limit("ACLSizePerRole", most));
    }
    keep_principals(cx.tx, text)?.map_err(|unknown| {
        error::malformed_policy(format!("Invalid principal in policy: {unknown}"))
    })
}

/// A kept policy as people read it: ARNs where the id still is somebody, the bare id where it is
/// not.
///
/// # Errors
/// Only what the store says.
pub fn to_show(tx: &Tx, text: &str) -> Result<String, Error> {
    let mut failed = None;
    let shown = policy::rewrite_principals(text, |value| match &value.pattern {
        Some(PrincipalPattern::UniqueId(id)) => match arn_of(tx, id) {
            Ok(arn) => arn,
            Err(error) => {
                failed = Some(error);
                None
            }
        },
        _ => None,
    });
    failed.map_or(Ok(shown), Err)
}

/// Replaces the ARNs of users and roles by their unique ids and bare account numbers by the
/// account's ARN. The inner error is the first principal that does not exist, as AWS prints it:
/// `"AWS":"arn:…"`.
///
/// # Errors
/// Only what the store says.
pub fn keep_principals(tx: &Tx, text: &str) -> Result<Result<String, String>, Error> {
    let (mut failed, mut unknown) = (None, None);
    let kept = policy::rewrite_principals(text, |value| match keep(tx, value) {
        Ok(Known::As(kept)) => Some(kept),
        Ok(Known::AsItIs) => None,
        Ok(Known::Not) => {
            let (key, value) = (value.key.to_uppercase(), value.value);
            unknown.get_or_insert_with(|| format!("\"{key}\":\"{value}\""));
            None
        }
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    match (failed, unknown) {
        (Some(error), _) => Err(error),
        (None, Some(unknown)) => Ok(Err(unknown)),
        (None, None) => Ok(Ok(kept)),
    }
}

/// The ARN of the user or role with the unique id, in whatever account; None where it is gone.
///
/// # Errors
/// Only what the store says.
pub fn arn_of(tx: &Tx, id: &str) -> Result<Option<String>, Error> {
    let Some(account) = id::account_of(id) else { return Ok(None) };
    let found = entity::by_id(tx, account, id)?.filter(|entity| entity.kind != Kind::Group);
    Ok(found.map(|entity| entity.arn(account)))
}

/// The unique id of the user or role with the ARN, in whatever account; None where there is none.
///
/// # Errors
/// Only what the store says.
pub fn id_of(tx: &Tx, arn: &str) -> Result<Option<String>, Error> {
    let Some(parts) = arn::parts(arn) else { return Ok(None) };
    let kind = match parts.kind {
        "user" => Kind::User,
        "role" => Kind::Role,
        _ => return Ok(None),
    };
    let Owner::Account(account) = parts.owner else { return Ok(None) };
    let found = entity::find(tx, account, kind, parts.name)?;
    Ok(found.filter(|entity| entity.path == parts.path).map(|entity| entity.id))
}

enum Known {
    AsItIs,
    As(String),
    Not,
}

fn keep(tx: &Tx, value: &PrincipalValue<'_>) -> Result<Known, Error> {
    let known = |known: bool| if known { Known::AsItIs } else { Known::Not };
    Ok(match &value.pattern {
        Some(PrincipalPattern::User(arn) | PrincipalPattern::Role(arn)) => {
            id_of(tx, arn)?.map_or(Known::Not, Known::As)
        }
        // Any account: those of others need not be on this server.
        Some(PrincipalPattern::Account(_)) => match AccountId::parse(value.value) {
            Some(account) => Known::As(arn::root(account)),
            None => Known::AsItIs,
        },
        Some(PrincipalPattern::Session(arn)) => known(session_role_exists(tx, arn)?),
        Some(PrincipalPattern::Service(name)) => {
            known(SERVICE_DOMAINS.iter().any(|domain| name.ends_with(domain)))
        }
        Some(PrincipalPattern::CanonicalUser(id)) => account::of_canonical_user_id(tx, id)?
            .map_or(Known::Not, |account| Known::As(arn::root(account))),
        Some(
            PrincipalPattern::Everyone { .. }
            | PrincipalPattern::FederatedUser(_)
            | PrincipalPattern::Federated(_),
        ) => Known::AsItIs,
        // Ids are how AWS keeps principals, not how anybody names them.
        Some(PrincipalPattern::UniqueId(_)) | None => Known::Not,
    })
}

/// `arn:aws:sts::<account>:assumed-role/<role>/<session>`
fn session_role_exists(tx: &Tx, arn: &str) -> Result<bool, Error> {
    let Some((account, resource)) =
        arn.strip_prefix("arn:aws:sts::").and_then(|rest| rest.split_once(':'))
    else {
        return Ok(false);
    };
    let role = resource.split('/').nth(1).unwrap_or_default();
    match AccountId::parse(account) {
        Some(account) => Ok(entity::find(tx, account, Kind::Role, role)?.is_some()),
        None => Ok(false),
    }
}
