//! The migration to all features of an organization that only shared its bills.
//!
//! Its own handshake ends it, once each account that was invited has accepted one too; accounts that
//! were made in it have nothing to agree to.
//! AWS: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_support-all-features.html>

use api::organizations::{
    EnableAllFeaturesRequest, EnableAllFeaturesResponse, HandshakeParty, HandshakePartyType,
    HandshakeResource, HandshakeResourceType, error,
};
use gateway::id::Alphabet;
use gateway::{AccountId, Cx, Error};

use super::handshake;
use super::record::{
    HANDSHAKES, HandshakeRecord, Migration, ORGANIZATIONS, OrganizationRecord, State,
};
use super::{say, tree};

/// Ninety days, in seconds.
const LIFETIME: i64 = 90 * 24 * 3600;

pub fn enable_all_features(
    cx: &mut Cx<'_>,
    _input: EnableAllFeaturesRequest,
) -> Result<EnableAllFeaturesResponse, Error> {
    let organization = tree::managed(cx)?;
    if organization.all_features {
        // (unverified)
        let message = "The organization already has all features enabled.";
        let reason = "ORGANIZATION_ALREADY_HAS_ALL_FEATURES";
        return Err(say::handshake_constraint(reason, message));
    }
    if open(cx, &organization)?.is_some() {
        // (unverified)
        let message = "The organization is already enabling all features.";
        let reason = "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION";
        return Err(say::handshake_constraint(reason, message));
    }
    let own = send(cx, &organization, organization.management, Migration::Enable)?;
    for account in tree::accounts(cx.tx, &organization.id)? {
        let member = tree::member(cx.tx, &organization, account.as_str())?;
        let was_invited = member.is_some_and(|(_, member)| !member.created);
        if was_invited && account != organization.management {
            send(cx, &organization, account, Migration::Approve(own.id.clone()))?;
        }
    }
    Ok(EnableAllFeaturesResponse { handshake: Some(handshake::shape(cx, &own)?) })
}

/// Accepts a part of the migration: an invited account's, or the organization's own, which ends it.
///
/// # Errors
/// InvalidHandshakeTransitionException while accounts have not agreed yet.
pub fn accept(
    cx: &mut Cx<'_>,
    record: HandshakeRecord,
    part: &Migration,
) -> Result<HandshakeRecord, Error> {
    if *part == Migration::Enable && waits(cx, &record)? {
        // (unverified)
        let message = "Not all invited accounts have approved the change yet.";
        return Err(Error::new(error::INVALID_HANDSHAKE_TRANSITION_EXCEPTION, message));
    }
    let record = handshake::pass(cx, record, State::Accepted)?;
    if *part == Migration::Enable {
        let mut organization = tree::get(cx.tx, &record.organization)?;
        // Which types of policy are on is the root's to say, afterwards.
        organization.all_features = true;
        ORGANIZATIONS.put(cx.tx, &organization.id, &organization)?;
        tree::touch(cx.tx, &organization)?;
    }
    Ok(record)
}

/// The migration that is on its way, if there is one.
///
/// # Errors
/// Only what the store says.
pub fn open(
    cx: &Cx<'_>,
    organization: &OrganizationRecord,
) -> Result<Option<HandshakeRecord>, Error> {
    let now = cx.now().as_seconds();
    let is_it = |record: &HandshakeRecord| {
        record.organization == organization.id
            && record.migration == Some(Migration::Enable)
            && record.is_open(now)
    };
    Ok(handshake::all(cx.tx)?.into_iter().find(is_it))
}

/// Whether an account that is still a member has not accepted its part.
///
/// # Errors
/// Only what the store says.
pub fn waits(cx: &Cx<'_>, own: &HandshakeRecord) -> Result<bool, Error> {
    let organization = tree::get(cx.tx, &own.organization)?;
    let part = Some(Migration::Approve(own.id.clone()));
    for record in handshake::all(cx.tx)? {
        if record.migration == part
            && record.state != State::Accepted
            && tree::member(cx.tx, &organization, record.account.as_str())?.is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Of the organization's own: itself alone.
pub fn parties(record: &HandshakeRecord) -> (Vec<HandshakeParty>, Vec<HandshakeResource>) {
    let id = &record.organization;
    let party = HandshakeParty { id: id.clone(), r#type: HandshakePartyType::Organization };
    let resource = HandshakeResource {
        value: Some(id.clone()),
        r#type: Some(HandshakeResourceType::Organization),
        resources: None,
    };
    (vec![party], vec![resource])
}

fn send(
    cx: &mut Cx<'_>,
    organization: &OrganizationRecord,
    account: AccountId,
    part: Migration,
) -> Result<HandshakeRecord, Error> {
    let now = cx.now().as_seconds();
    let record = HandshakeRecord {
        id: format!("h-{}", cx.letters(Alphabet::Lower, 10)),
        organization: organization.id.clone(),
        management: organization.management,
        account,
        email: None,
        notes: None,
        state: State::Open,
        requested: now,
        expires: now.saturating_add(LIFETIME),
        tags: Vec::new(),
        all_features: true,
        migration: Some(part),
    };
    HANDSHAKES.put(cx.tx, &record.id, &record)?;
    Ok(record)
}
