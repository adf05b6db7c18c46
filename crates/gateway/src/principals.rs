//! The principals of resource policies as they are kept: users and roles by unique id, so that
//! whoever is deleted and made again is somebody else, and accounts by the ARN of their root.
//!
//! One rule for trust policies, bucket policies and topic policies; each service has its own words
//! for a principal that does not exist. What is a well-formed principal at all, the policy language
//! says.
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use std::collections::HashMap;

use policy::{PrincipalPattern, PrincipalValue};
use store::Tx;

use crate::{AccountId, Error};

/// Names under which AWS services call. AWS keeps a list; here the form decides.
const SERVICE_DOMAINS: [&str; 4] =
    [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"];

/// Who exists: what the identity crate knows of names and ids.
pub trait Names {
    /// The unique id (`AIDA…`, `AROA…`) of the user or role with that ARN: how a kept policy names
    /// it, so that a deleted and re-created one is somebody else.
    ///
    /// # Errors
    /// Only what the store says.
    fn entity_id(&self, tx: &Tx, arn: &str) -> Result<Option<String>, Error>;

    /// The ARN of the user or role with that unique id, in any account; None once it is deleted.
    ///
    /// # Errors
    /// Only what the store says.
    fn entity_arn(&self, tx: &Tx, id: &str) -> Result<Option<String>, Error>;

    /// The account that S3 calls by this canonical user id.
    ///
    /// # Errors
    /// Only what the store says.
    fn canonical_account(&self, tx: &Tx, canonical_id: &str) -> Result<Option<AccountId>, Error>;

    /// The open accounts whose root user has this e-mail address, whatever its case.
    ///
    /// # Errors
    /// Only what the store says.
    fn accounts_of_email(&self, tx: &Tx, address: &str) -> Result<Vec<AccountId>, Error>;

    /// Whether the account is one of this server and open.
    ///
    /// # Errors
    /// Only what the store says.
    fn has_account(&self, tx: &Tx, account: AccountId) -> Result<bool, Error>;

    /// Whether the account has a role of exactly this name, on whatever path.
    ///
    /// # Errors
    /// Only what the store says.
    fn has_role(&self, tx: &Tx, account: AccountId, name: &str) -> Result<bool, Error>;
}

/// Which accounts a policy may name as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// Any: those of others need not be on this server.
    Any,
    Known,
}

/// The first principal of a policy that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// `AWS`, `Service`, …
    pub key: String,
    pub value: String,
}

/// The text as it is kept. The inner error is the first principal that does not exist.
///
/// # Errors
/// Only what the store says.
pub fn keep(
    tx: &Tx,
    names: &dyn Names,
    text: &str,
    accounts: Accounts,
) -> Result<Result<String, Unknown>, Error> {
    let (mut failed, mut unknown) = (None, None);
    let mut seen: HashMap<(String, String), Option<String>> = HashMap::new();
    let kept = policy::rewrite_principals(text, |one| {
        let asked = (one.key.to_owned(), one.value.to_owned());
        if let Some(kept) = seen.get(&asked) {
            return kept.clone();
        }
        let kept = match known(tx, names, one, accounts) {
            Ok(Known::As(kept)) => Some(kept),
            Ok(Known::AsItIs) => None,
            Ok(Known::Not) => {
                let (key, value) = (one.key.to_owned(), one.value.to_owned());
                unknown.get_or_insert(Unknown { key, value });
                None
            }
            Err(error) => {
                failed = Some(error);
                None
            }
        };
        seen.insert(asked, kept.clone());
        kept
    });
    match (failed, unknown) {
        (Some(error), _) => Err(error),
        (None, Some(unknown)) => Ok(Err(unknown)),
        (None, None) => Ok(Ok(kept)),
    }
}

/// A kept text as people read it: ARNs where the id still is somebody, the bare id where it is not.
///
/// # Errors
/// Only what the store says.
pub fn show(tx: &Tx, names: &dyn Names, text: &str) -> Result<String, Error> {
    let mut failed = None;
    let shown = policy::rewrite_principals(text, |one| match &one.pattern {
        Some(PrincipalPattern::UniqueId(id)) => names.entity_arn(tx, id).unwrap_or_else(|error| {
            failed = Some(error);
            None
        }),
        _ => None,
    });
    failed.map_or(Ok(shown), Err)
}

enum Known {
    AsItIs,
    As(String),
    Not,
}

impl Known {
    const fn if_it_is(known: bool) -> Self {
        if known { Self::AsItIs } else { Self::Not }
    }
}

fn known(
    tx: &Tx,
    names: &dyn Names,
    one: &PrincipalValue<'_>,
    accounts: Accounts,
) -> Result<Known, Error> {
    let exists = |account: AccountId| match accounts {
        Accounts::Any => Ok(true),
        Accounts::Known => names.has_account(tx, account),
    };
    Ok(match &one.pattern {
        Some(PrincipalPattern::User(arn) | PrincipalPattern::Role(arn)) => {
            names.entity_id(tx, arn)?.map_or(Known::Not, Known::As)
        }
        Some(PrincipalPattern::Account(id)) => match AccountId::parse(id) {
            Some(account) if exists(account)? => Known::As(root_of(account)),
            _ => Known::Not,
        },
        Some(PrincipalPattern::Session(arn)) => match session(arn) {
            Some((account, role)) => Known::if_it_is(names.has_role(tx, account, role)?),
            None => Known::Not,
        },
        Some(PrincipalPattern::FederatedUser(arn)) => {
            match arn.split(':').nth(4).and_then(AccountId::parse) {
                Some(account) => Known::if_it_is(exists(account)?),
                None => Known::Not,
            }
        }
        Some(PrincipalPattern::Service(name)) => {
            Known::if_it_is(SERVICE_DOMAINS.iter().any(|domain| name.ends_with(domain)))
        }
        Some(PrincipalPattern::CanonicalUser(id)) => {
            let account = names.canonical_account(tx, id)?;
            account.map_or(Known::Not, |account| Known::As(root_of(account)))
        }
        Some(PrincipalPattern::Everyone { .. } | PrincipalPattern::Federated(_)) => Known::AsItIs,
        // Ids are how AWS keeps principals, not how anybody names them.
        Some(PrincipalPattern::UniqueId(_)) | None => Known::Not,
    })
}

/// `arn:aws:sts::<account>:assumed-role/<role>/<session>`, without the role's path.
fn session(arn: &str) -> Option<(AccountId, &str)> {
    let (account, resource) = arn.strip_prefix("arn:aws:sts::")?.split_once(':')?;
    Some((AccountId::parse(account)?, resource.split('/').nth(1)?))
}

fn root_of(account: AccountId) -> String {
    format!("arn:aws:iam::{account}:root")
}
