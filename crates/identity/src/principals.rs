//! All users, groups and roles of an account, for who asks which of them may do something.
//!
//! Not an operation of IAM: ListUsers and its like are. What each may do the gateway decides.

use gateway::{AccountId, Error, Principal};
use store::Tx;

use crate::compile;
use crate::entity::{self, Kind};
use crate::tables::ENTITIES;

/// A user, group or role, by name.
#[derive(Debug, Clone)]
pub struct Listed {
    /// `user`, `group` or `role`
    pub kind: &'static str,
    /// `AIDA…`, `AGPA…` or `AROA…`
    pub id: String,
    pub name: String,
    pub arn: String,
}

/// The first `limit` of each kind, and whether there are more.
///
/// # Errors
/// Only what the store says.
pub fn list(tx: &Tx, account: AccountId, limit: usize) -> Result<(Vec<Listed>, bool), Error> {
    let mut all = Vec::new();
    let mut is_truncated = false;
    for kind in [Kind::User, Kind::Group, Kind::Role] {
        let range = ENTITIES.prefix((account.number(), kind as u8));
        let mut found = ENTITIES.scan(tx, range, limit.saturating_add(1))?;
        is_truncated |= found.len() > limit;
        found.truncate(limit);
        all.extend(found.into_iter().map(|(_, entity)| Listed {
            kind: kind.word(),
            arn: entity.arn(account),
            id: entity.id,
            name: entity.name,
        }));
    }
    Ok((all, is_truncated))
}

/// A group with its policies, as if it were a principal: what a member has of it.
///
/// # Errors
/// What the store says; a kept policy that does not parse.
pub fn group(tx: &Tx, account: AccountId, id: &str) -> Result<Option<Principal>, Error> {
    let Some(entity) = entity::by_id(tx, account, id)? else { return Ok(None) };
    Ok(Some(Principal {
        policies: compile::identity_policies(tx, account, &entity)?,
        boundary: None,
        arn: entity.arn(account),
        tags: entity.tag_map(),
        id: entity.id,
        name: entity.name,
    }))
}
