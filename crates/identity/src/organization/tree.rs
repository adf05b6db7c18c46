//! The tree of an organization: its root, its units, its accounts, and where each of them is.
//!
//! AWS: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_getting-started_concepts.html>

use gateway::{AccountId, Cx, Error};
use store::Tx;

use super::record::{
    ACCOUNTS_OF, ATTACHED, CHILDREN, Control, DELEGATED, MEMBERS, MemberRecord, ORGANIZATIONS,
    OrganizationRecord, TARGETS, UNITS, UnitRecord,
};
use super::say;
use crate::epoch;

/// More levels than a tree can have, so that no fault of the store makes a walk endless.
const LEVELS_MAX: usize = 16;

/// The organization that an account is in, and its place there.
pub fn of(
    tx: &Tx,
    account: AccountId,
) -> Result<Option<(OrganizationRecord, MemberRecord)>, Error> {
    let Some(member) = MEMBERS.get(tx, account.number())? else { return Ok(None) };
    Ok(Some((get(tx, &member.organization)?, member)))
}

/// INVARIANT: members and handshakes name organizations that there are.
pub fn get(tx: &Tx, id: &str) -> Result<OrganizationRecord, Error> {
    ORGANIZATIONS.get(tx, id)?.ok_or_else(|| Error::internal("an organization that is gone"))
}

/// The organization of the caller's account.
///
/// # Errors
/// AWSOrganizationsNotInUseException.
pub fn own(cx: &Cx<'_>) -> Result<OrganizationRecord, Error> {
    of(cx.tx, cx.account())?.map(|(organization, _)| organization).ok_or_else(say::not_in_use)
}

/// The organization that the caller's account manages: what changes one, and what only its
/// management account may see.
///
/// # Errors
/// AWSOrganizationsNotInUseException, AccessDeniedException.
pub fn managed(cx: &Cx<'_>) -> Result<OrganizationRecord, Error> {
    let organization = own(cx)?;
    if organization.management != cx.account() {
        return Err(say::not_yours());
    }
    Ok(organization)
}

/// The organization that the caller's account may look into: its management account, and the
/// delegated administrators.
///
/// # Errors
/// AWSOrganizationsNotInUseException, AccessDeniedException.
pub fn readable(cx: &Cx<'_>) -> Result<OrganizationRecord, Error> {
    let organization = own(cx)?;
    let account = cx.account().number();
    let is_delegated = || -> Result<bool, Error> {
        let range = DELEGATED.prefix((organization.id.as_str(), account));
        Ok(!DELEGATED.scan(cx.tx, range, 1)?.is_empty())
    };
    if organization.management != cx.account() && !is_delegated()? {
        return Err(say::not_yours());
    }
    Ok(organization)
}

/// The member of the organization with the account id.
pub fn member(
    tx: &Tx,
    organization: &OrganizationRecord,
    id: &str,
) -> Result<Option<(AccountId, MemberRecord)>, Error> {
    let Some(account) = AccountId::parse(id) else { return Ok(None) };
    let member = MEMBERS.get(tx, account.number())?;
    let member = member.filter(|member| member.organization == organization.id);
    Ok(member.map(|member| (account, member)))
}

/// The accounts of an organization, by id.
pub fn accounts(tx: &Tx, organization: &str) -> Result<Vec<AccountId>, Error> {
    let rows = ACCOUNTS_OF.scan(tx, ACCOUNTS_OF.prefix((organization,)), usize::MAX)?;
    Ok(rows.into_iter().filter_map(|((_, number), ())| AccountId::from_number(number)).collect())
}

pub fn unit(
    tx: &Tx,
    organization: &OrganizationRecord,
    id: &str,
) -> Result<Option<UnitRecord>, Error> {
    Ok(UNITS.get(tx, (organization.id.as_str(), id))?)
}

/// Whether there is such a root or unit.
pub fn is_parent(tx: &Tx, organization: &OrganizationRecord, id: &str) -> Result<bool, Error> {
    Ok(id == organization.root || unit(tx, organization, id)?.is_some())
}

/// What is right below a root or unit: ids of units and accounts.
pub fn children(
    tx: &Tx,
    organization: &OrganizationRecord,
    parent: &str,
) -> Result<Vec<String>, Error> {
    let range = CHILDREN.prefix((organization.id.as_str(), parent));
    let rows = CHILDREN.scan(tx, range, usize::MAX)?;
    Ok(rows.into_iter().map(|((.., child), ())| child).collect())
}

/// From the root down to `id`, which is a root or a unit.
pub fn line(tx: &Tx, organization: &OrganizationRecord, id: &str) -> Result<Vec<String>, Error> {
    let mut line = vec![id.to_owned()];
    while let Some(top) = line.last().filter(|top| **top != organization.root) {
        let above = unit(tx, organization, top)?;
        let above = above.filter(|_| line.len() < LEVELS_MAX);
        line.push(above.ok_or_else(|| Error::internal("a unit without a way to its root"))?.parent);
    }
    line.reverse();
    Ok(line)
}

/// `o-…/r-…/ou-…/`
pub fn path(organization: &OrganizationRecord, line: &[String]) -> String {
    format!("{}/{}/", organization.id, line.join("/"))
}

/// Puts an account into the organization, under its root.
pub fn join(
    tx: &mut Tx,
    organization: &OrganizationRecord,
    account: AccountId,
    member: &MemberRecord,
) -> Result<(), Error> {
    let (id, text) = (organization.id.as_str(), account.to_string());
    MEMBERS.put(tx, account.number(), member)?;
    ACCOUNTS_OF.put(tx, (id, account.number()), &())?;
    CHILDREN.put(tx, (id, member.parent.as_str(), text.as_str()), &())?;
    attach_full_access(tx, organization, &text)?;
    epoch::touch(tx, account)
}

/// Takes an account out of the organization.
pub fn leave(
    tx: &mut Tx,
    organization: &OrganizationRecord,
    account: AccountId,
) -> Result<(), Error> {
    let (id, text) = (organization.id.as_str(), account.to_string());
    if let Some(member) = MEMBERS.get(tx, account.number())? {
        CHILDREN.delete(tx, (id, member.parent.as_str(), text.as_str()));
    }
    MEMBERS.delete(tx, account.number());
    ACCOUNTS_OF.delete(tx, (id, account.number()));
    DELEGATED.delete_prefix(tx, (id, account.number()));
    detach_all(tx, &organization.id, &text)?;
    epoch::touch(tx, account)
}

/// What is new has the policy of each enabled type that allows all.
pub fn attach_full_access(
    tx: &mut Tx,
    organization: &OrganizationRecord,
    target: &str,
) -> Result<(), Error> {
    for control in &organization.enabled {
        attach(tx, &organization.id, target, control.full_access().0)?;
    }
    Ok(())
}

pub fn attach(tx: &mut Tx, organization: &str, target: &str, policy: &str) -> Result<(), Error> {
    ATTACHED.put(tx, (organization, target, policy), &())?;
    Ok(TARGETS.put(tx, (organization, policy, target), &())?)
}

pub fn detach(tx: &mut Tx, organization: &str, target: &str, policy: &str) {
    ATTACHED.delete(tx, (organization, target, policy));
    TARGETS.delete(tx, (organization, policy, target));
}

pub fn detach_all(tx: &mut Tx, organization: &str, target: &str) -> Result<(), Error> {
    let range = ATTACHED.prefix((organization, target));
    for ((.., policy), ()) in ATTACHED.scan(tx, range, usize::MAX)? {
        detach(tx, organization, target, &policy);
    }
    Ok(())
}

/// Ends the epoch of each account: their places or policies are others now.
pub fn touch(tx: &mut Tx, organization: &OrganizationRecord) -> Result<(), Error> {
    accounts(tx, &organization.id)?.into_iter().try_for_each(|account| epoch::touch(tx, account))
}

impl OrganizationRecord {
    pub fn has_enabled(&self, control: Control) -> bool {
        self.enabled.contains(&control)
    }

    /// `arn:aws:organizations::<management account>:<kind>/<organization>/<id>`
    pub fn arn(&self, kind: &str, id: &str) -> String {
        format!("arn:aws:organizations::{}:{kind}/{}/{id}", self.management, self.id)
    }

    /// The ARN of a root, unit or account.
    pub fn node_arn(&self, id: &str) -> String {
        let kind = if id.starts_with("r-") {
            "root"
        } else if id.starts_with("ou-") {
            "ou"
        } else {
            "account"
        };
        self.arn(kind, id)
    }
}
