//! A user or role with all policies that speak for it, compiled.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html>

use gateway::{AccountId, Error, Principal};
use policy::{Kind as Grammar, PolicyId, Source};
use store::Tx;

use crate::entity::{self, Entity, Kind};
use crate::tables::{ATTACHMENTS, INLINE};
use crate::{document, managed_policy as managed, membership, password_policy};

/// Stands for a boundary whose policy is gone: it allows nothing.
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"none:none","Resource":"*"}]}"#;

/// The user or role with the unique id.
///
/// # Errors
/// What the store says; a kept policy that does not parse.
pub fn principal(tx: &Tx, account: AccountId, id: &str) -> Result<Option<Principal>, Error> {
    let found = entity::by_id(tx, account, id)?.filter(|entity| entity.kind != Kind::Group);
    let Some(entity) = found else { return Ok(None) };
    let policies = identity_policies(tx, account, &entity)?;
    let boundary = boundary_of(tx, account, &entity)?;
    Ok(Some(Principal {
        arn: entity.arn(account),
        tags: entity.tag_map(),
        id: entity.id,
        name: entity.name,
        policies,
        boundary,
    }))
}

/// All that speaks for an entity: its policies and, where the account lets its users change their
/// passwords, that.
///
/// # Errors
/// As [`policies`].
pub fn identity_policies(
    tx: &Tx,
    account: AccountId,
    entity: &Entity,
) -> Result<Vec<Source>, Error> {
    let mut all = policies(tx, account, entity)?;
    if entity.kind == Kind::User {
        all.extend(password_policy::permission(tx, account, entity)?);
    }
    Ok(all)
}

/// The policies of an entity; of a user, also those of its groups.
///
/// # Errors
/// What the store says; a kept policy that does not parse.
pub fn policies(tx: &Tx, account: AccountId, entity: &Entity) -> Result<Vec<Source>, Error> {
    let mut policies = Vec::new();
    add_policies(tx, account, entity, &mut policies)?;
    if entity.kind == Kind::User {
        for group in membership::groups_of(tx, account, &entity.id)? {
            add_policies(tx, account, &group, &mut policies)?;
        }
    }
    Ok(policies)
}

/// The permissions boundary of an entity, where it has one.
///
/// # Errors
/// What the store says; a kept policy that does not parse.
pub fn boundary_of(tx: &Tx, account: AccountId, entity: &Entity) -> Result<Option<Source>, Error> {
    entity.boundary.as_ref().map(|arn| boundary(tx, account, arn, entity)).transpose()
}

/// The inline and attached policies of one entity.
fn add_policies(
    tx: &Tx,
    account: AccountId,
    entity: &Entity,
    policies: &mut Vec<Source>,
) -> Result<(), Error> {
    let (of, owner) = ((account.number(), &entity.id), entity.arn(account));
    for (_, inline) in INLINE.scan(tx, INLINE.prefix(of), usize::MAX)? {
        let policy = document::kept(&inline.document, Grammar::Identity)?;
        policies.push(Source { policy, id: PolicyId::inline(&inline.name, &owner) });
    }
    for (_, attached) in ATTACHMENTS.scan(tx, ATTACHMENTS.prefix(of), usize::MAX)? {
        // INVARIANT: a policy cannot be deleted while it is attached.
        let found = managed::find(tx, account, &attached.arn)?
            .ok_or_else(|| Error::internal("an attached policy is gone"))?;
        policies.push(found.source(tx, account, &owner)?);
    }
    Ok(())
}

fn boundary(tx: &Tx, account: AccountId, arn: &str, entity: &Entity) -> Result<Source, Error> {
    let owner = entity.arn(account);
    match managed::find(tx, account, arn)? {
        Some(found) => found.source(tx, account, &owner),
        None => Ok(Source {
            policy: document::kept(NOTHING, Grammar::Identity)?,
            id: PolicyId::managed(arn, &owner),
        }),
    }
}
