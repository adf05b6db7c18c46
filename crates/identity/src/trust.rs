//! Trust policies, kept by unique id: whoever is deleted and made again is somebody else.
//!
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use gateway::principals::{self, Accounts};
use gateway::{AccountId, Cx, Error, Names, id};
use policy::Kind as Grammar;
use store::Tx;

use crate::arn::{self, Owner};
use crate::entity::{self, Kind};
use crate::{account, count, document, error};

/// Characters without white space.
const SIZE_MAX: usize = 2048;

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

/// A kept policy as people read it.
///
/// # Errors
/// Only what the store says.
pub fn to_show(tx: &Tx, text: &str) -> Result<String, Error> {
    principals::show(tx, &Tables, text)
}

/// The principals by their unique ids. The inner error is the first that does not exist, as AWS
/// prints it: `"AWS":"arn:…"`.
///
/// # Errors
/// Only what the store says.
pub fn keep_principals(tx: &Tx, text: &str) -> Result<Result<String, String>, Error> {
    let kept = principals::keep(tx, &Tables, text, Accounts::Any)?;
    Ok(kept.map_err(|unknown| format!("\"{}\":\"{}\"", unknown.key.to_uppercase(), unknown.value)))
}

/// Who exists, by identity's tables.
pub struct Tables;

impl Names for Tables {
    fn entity_id(&self, tx: &Tx, arn: &str) -> Result<Option<String>, Error> {
        let Some(parts) = arn::parts(arn) else { return Ok(None) };
        let kind = match parts.kind {
            "user" => Kind::User,
            "role" => Kind::Role,
            _ => return Ok(None),
        };
        let Owner::Account(account) = parts.owner else { return Ok(None) };
        let found = entity::at(tx, account, kind, (parts.path, parts.name))?;
        Ok(found.map(|entity| entity.id))
    }

    fn entity_arn(&self, tx: &Tx, id: &str) -> Result<Option<String>, Error> {
        let Some(account) = id::account_of(id) else { return Ok(None) };
        let found = entity::by_id(tx, account, id)?.filter(|entity| entity.kind != Kind::Group);
        Ok(found.map(|entity| entity.arn(account)))
    }

    fn canonical_account(&self, tx: &Tx, canonical_id: &str) -> Result<Option<AccountId>, Error> {
        account::of_canonical_user_id(tx, canonical_id)
    }

    fn accounts_of_email(&self, tx: &Tx, address: &str) -> Result<Vec<AccountId>, Error> {
        account::of_email(tx, address)
    }

    fn has_account(&self, tx: &Tx, account: AccountId) -> Result<bool, Error> {
        Ok(account::get(tx, account)?.is_some_and(|account| account.closed.is_none()))
    }

    fn has_role(&self, tx: &Tx, account: AccountId, name: &str) -> Result<bool, Error> {
        let found = entity::find(tx, account, Kind::Role, name)?;
        Ok(found.is_some_and(|found| found.name == name))
    }
}
