//! What the gateway must know of identity: keys, accounts and what a principal may do.
//!
//! The identity crate implements it over its own tables; the gateway never reads those. All answers
//! come from the transaction of the request, so that identity, permission and action are read from
//! one snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Timestamp;
use policy::Source;
use store::{Secret, Tx};

use crate::{AccountId, Caller, Error, Names};

pub trait Directory: Send + Sync {
    /// Who exists, by name.
    fn names(&self) -> &dyn Names;

    /// The long-term access key of that id, active or not.
    ///
    /// # Errors
    /// Only what the store says.
    fn access_key(&self, tx: &Tx, id: &str) -> Result<Option<AccessKey>, Error>;

    /// The account, unless it does not exist or was closed.
    ///
    /// # Errors
    /// Only what the store says.
    fn account(&self, tx: &Tx, id: AccountId) -> Result<Option<Arc<Account>>, Error>;

    /// The user or role with the unique id (`AIDA…`, `AROA…`).
    ///
    /// # Errors
    /// Only what the store says.
    fn principal(
        &self,
        tx: &Tx,
        account: AccountId,
        id: &str,
    ) -> Result<Option<Arc<Principal>>, Error>;

    /// The compiled default version of a managed policy (the account's or AWS's).
    ///
    /// # Errors
    /// Only what the store says.
    fn managed_policy(
        &self,
        tx: &Tx,
        account: AccountId,
        arn: &str,
    ) -> Result<Option<Source>, Error>;

    /// Notes that a key was used. Kept in memory and written by [`Directory::flush`]: never a write
    /// per request.
    fn note_use(&self, key_use: KeyUse<'_>);

    /// Writes what was noted.
    ///
    /// # Errors
    /// Only what the store says; what was noted stays noted.
    fn flush(&self, tx: &mut Tx) -> Result<(), Error>;
}

/// Who used which key for what: GetAccessKeyLastUsed, RoleLastUsed and the access advisor answer
/// from it.
#[derive(Debug, Clone, Copy)]
pub struct KeyUse<'a> {
    pub caller: &'a Caller,
    pub service: &'static str,
    pub operation: &'static str,
    pub region: &'a str,
    pub now: Timestamp,
}

/// A long-term access key.
#[derive(Debug, Clone)]
pub struct AccessKey {
    pub account: AccountId,
    /// The unique id of the user; None for a key of the account's root.
    pub user_id: Option<String>,
    pub secret: Secret,
    pub active: bool,
}

/// An account of this server.
#[derive(Debug)]
pub struct Account {
    pub id: AccountId,
    /// Drawn when the account is made or reset: session tokens of before are nothing after.
    pub realm: [u8; 16],
    /// 64 hexadecimal digits: how S3 names the account.
    pub canonical_user_id: String,
    /// As it was called when it was made.
    pub name: String,
    /// Its place in an organization; None outside of one.
    pub organization: Option<Membership>,
    /// Levels from the organization's root down to the account; empty where such policies do not
    /// apply: outside an organization, in its management account, where their type is disabled.
    pub service_control: Vec<Vec<Source>>,
    pub resource_control: Vec<Vec<Source>>,
}

/// The place of an account in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// `o-…`
    pub id: String,
    /// From the organization down to the account's parent, as condition keys show it:
    /// `o-…/r-…/ou-…/`.
    pub path: String,
}

/// A user or role and all that decides for it, compiled.
#[derive(Debug)]
pub struct Principal {
    /// `AIDA…` or `AROA…`
    pub id: String,
    pub name: String,
    /// With path: `arn:aws:iam::123456789012:user/path/name`.
    pub arn: String,
    pub tags: BTreeMap<String, String>,
    /// Inline, attached and (of users) group policies.
    pub policies: Vec<Source>,
    pub boundary: Option<Source>,
}
