//! Invitations: an account that stands alone joins an organization when both sides have agreed.
//!
//! What handshakes have in common is here too; those of the migration to all features are in
//! [`super::migration`]. Deliberately absent: the transfer of who pays.
//! AWS: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html>

use api::Timestamp;
use api::organizations::{
    AcceptHandshakeRequest, AcceptHandshakeResponse, ActionType, CancelHandshakeRequest,
    CancelHandshakeResponse, DeclineHandshakeRequest, DeclineHandshakeResponse,
    DescribeHandshakeRequest, DescribeHandshakeResponse, Handshake, HandshakeFilter,
    HandshakeParty, HandshakePartyType, HandshakeResource, HandshakeResourceType, HandshakeState,
    InviteAccountToOrganizationRequest, InviteAccountToOrganizationResponse,
    ListHandshakesForAccountRequest, ListHandshakesForAccountResponse,
    ListHandshakesForOrganizationRequest, ListHandshakesForOrganizationResponse,
    OrganizationFeatureSet, error,
};
use gateway::id::Alphabet;
use gateway::{AccountId, Cx, Error};
use store::Tx;

use super::page::{self, Ask};
use super::record::{HANDSHAKES, HandshakeRecord, MemberRecord, Migration, State};
use super::{migration, say, tag, tree};
use crate::account;

/// Fifteen days, in seconds.
const LIFETIME: i64 = 15 * 24 * 3600;

pub fn invite_account_to_organization(
    cx: &mut Cx<'_>,
    input: InviteAccountToOrganizationRequest,
) -> Result<InviteAccountToOrganizationResponse, Error> {
    let organization = tree::managed(cx)?;
    let account = invited(cx.tx, &input.target)?;
    if tree::member(cx.tx, &organization, account.as_str())?.is_some() {
        // (unverified)
        let message = "The provided account is already a member of an organization.";
        return Err(say::handshake_constraint("ALREADY_IN_AN_ORGANIZATION", message));
    }
    if migration::open(cx, &organization)?.is_some() {
        // (unverified)
        let message = "You can't invite accounts while the organization is enabling all features.";
        let reason = "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES";
        return Err(say::handshake_constraint(reason, message));
    }
    let now = cx.now().as_seconds();
    let is_open = |known: &HandshakeRecord| {
        known.account == account && known.organization == organization.id && known.is_open(now)
    };
    if all(cx.tx)?.iter().any(is_open) {
        // (unverified)
        let message = "A handshake with the same action and target already exists.";
        return Err(Error::new(error::DUPLICATE_HANDSHAKE_EXCEPTION, message));
    }
    let by_email = input.target.r#type == HandshakePartyType::Email;
    let record = HandshakeRecord {
        id: format!("h-{}", cx.letters(Alphabet::Lower, 10)),
        organization: organization.id.clone(),
        management: organization.management,
        account,
        email: by_email.then_some(input.target.id),
        notes: input.notes,
        state: State::Open,
        requested: now,
        expires: now.saturating_add(LIFETIME),
        tags: tag::checked(input.tags.as_deref().unwrap_or_default())?,
        all_features: organization.all_features,
        migration: None,
    };
    HANDSHAKES.put(cx.tx, &record.id, &record)?;
    Ok(InviteAccountToOrganizationResponse { handshake: Some(shape(cx, &record)?) })
}

/// By whom it was sent to.
pub fn accept_handshake(
    cx: &mut Cx<'_>,
    input: AcceptHandshakeRequest,
) -> Result<AcceptHandshakeResponse, Error> {
    let record = received(cx, &input.handshake_id)?;
    if let Some(part) = record.migration.clone() {
        let record = migration::accept(cx, record, &part)?;
        return Ok(AcceptHandshakeResponse { handshake: Some(shape(cx, &record)?) });
    }
    if tree::of(cx.tx, record.account)?.is_some() {
        // (unverified)
        let message = "The provided account is already a member of an organization.";
        return Err(say::handshake_constraint("ALREADY_IN_AN_ORGANIZATION", message));
    }
    let record = pass(cx, record, State::Accepted)?;
    let organization = tree::get(cx.tx, &record.organization)?;
    let member = MemberRecord {
        organization: organization.id.clone(),
        parent: organization.root.clone(),
        joined: cx.now().as_seconds(),
        created: false,
        tags: record.tags.clone(),
    };
    tree::join(cx.tx, &organization, record.account, &member)?;
    Ok(AcceptHandshakeResponse { handshake: Some(shape(cx, &record)?) })
}

pub fn decline_handshake(
    cx: &mut Cx<'_>,
    input: DeclineHandshakeRequest,
) -> Result<DeclineHandshakeResponse, Error> {
    let record = received(cx, &input.handshake_id)?;
    let record = pass(cx, record, State::Declined)?;
    Ok(DeclineHandshakeResponse { handshake: Some(shape(cx, &record)?) })
}

/// By whom it was sent.
pub fn cancel_handshake(
    cx: &mut Cx<'_>,
    input: CancelHandshakeRequest,
) -> Result<CancelHandshakeResponse, Error> {
    let record = find(cx, &input.handshake_id)?;
    if record.management != cx.account() {
        return Err(say::not_yours());
    }
    let record = pass(cx, record, State::Canceled)?;
    Ok(CancelHandshakeResponse { handshake: Some(shape(cx, &record)?) })
}

pub fn describe_handshake(
    cx: &mut Cx<'_>,
    input: DescribeHandshakeRequest,
) -> Result<DescribeHandshakeResponse, Error> {
    let record = find(cx, &input.handshake_id)?;
    Ok(DescribeHandshakeResponse { handshake: Some(shape(cx, &record)?) })
}

/// Those that were sent to the caller's account.
pub fn list_handshakes_for_account(
    cx: &mut Cx<'_>,
    input: ListHandshakesForAccountRequest,
) -> Result<ListHandshakesForAccountResponse, Error> {
    let account = cx.account();
    let mut found = all(cx.tx)?;
    found.retain(|record| record.account == account && is_asked(input.filter.as_ref(), record));
    let ask = Ask {
        scope: "ListHandshakesForAccount",
        token: input.next_token.as_deref(),
        most: input.max_results,
    };
    let (handshakes, next_token) = page::of(cx, ask, shapes(cx, &found)?)?;
    Ok(ListHandshakesForAccountResponse { handshakes, next_token })
}

pub fn list_handshakes_for_organization(
    cx: &mut Cx<'_>,
    input: ListHandshakesForOrganizationRequest,
) -> Result<ListHandshakesForOrganizationResponse, Error> {
    let organization = tree::readable(cx)?;
    let mut found = all(cx.tx)?;
    let filter = input.filter.as_ref();
    found.retain(|record| record.organization == organization.id && is_asked(filter, record));
    let ask = Ask {
        scope: "ListHandshakesForOrganization",
        token: input.next_token.as_deref(),
        most: input.max_results,
    };
    let (handshakes, next_token) = page::of(cx, ask, shapes(cx, &found)?)?;
    Ok(ListHandshakesForOrganizationResponse { handshakes, next_token })
}

impl HandshakeRecord {
    pub fn is_open(&self, now: i64) -> bool {
        self.state == State::Open && now < self.expires
    }

    fn action(&self) -> ActionType {
        match self.migration {
            None => ActionType::Invite,
            Some(Migration::Enable) => ActionType::EnableAllFeatures,
            Some(Migration::Approve(_)) => ActionType::ApproveAllFeatures,
        }
    }

    /// `arn:aws:organizations::<management account>:handshake/<organization>/<action>/<id>`
    pub fn arn(&self) -> String {
        let (organization, id) = (&self.organization, &self.id);
        let action = self.action().as_str().to_lowercase();
        format!("arn:aws:organizations::{}:handshake/{organization}/{action}/{id}", self.management)
    }

    fn shown_state(&self, now: i64) -> HandshakeState {
        match self.state {
            State::Open if now < self.expires => HandshakeState::Open,
            State::Open => HandshakeState::Expired,
            State::Accepted => HandshakeState::Accepted,
            State::Declined => HandshakeState::Declined,
            State::Canceled => HandshakeState::Canceled,
        }
    }
}

/// The account of this server that a party is.
fn invited(tx: &Tx, target: &HandshakeParty) -> Result<AccountId, Error> {
    let found = match &target.r#type {
        HandshakePartyType::Account => match AccountId::parse(&target.id) {
            Some(id) => account::get(tx, id)?,
            None => None,
        },
        HandshakePartyType::Email => {
            let all = account::list(tx, None, usize::MAX)?;
            all.into_iter().find(|account| account.email.eq_ignore_ascii_case(&target.id))
        }
        _ => None,
    };
    let found = found.filter(|account| account.closed.is_none());
    // (unverified)
    let message = "You specified an invalid target for the invitation.";
    let refused = || say::invalid("INVALID_PARTY_TYPE_TARGET", message);
    Ok(found.ok_or_else(refused)?.id)
}

/// A handshake that the caller's account is a party of: to others it is not there.
fn find(cx: &Cx<'_>, id: &str) -> Result<HandshakeRecord, Error> {
    let caller = cx.account();
    let found = HANDSHAKES.get(cx.tx, id)?;
    let found = found.filter(|one| one.account == caller || one.management == caller);
    found.ok_or_else(say::no_handshake)
}

fn received(cx: &Cx<'_>, id: &str) -> Result<HandshakeRecord, Error> {
    let record = find(cx, id)?;
    if record.account == cx.account() { Ok(record) } else { Err(say::not_yours()) }
}

/// Ends an open handshake.
pub fn pass(
    cx: &mut Cx<'_>,
    mut record: HandshakeRecord,
    state: State,
) -> Result<HandshakeRecord, Error> {
    if record.state == state {
        // (unverified)
        let message = "The specified handshake is already in the requested state.";
        return Err(Error::new(error::HANDSHAKE_ALREADY_IN_STATE_EXCEPTION, message));
    }
    if !record.is_open(cx.now().as_seconds()) {
        // (unverified)
        let message = "You can't perform the operation on the handshake in its current state.";
        return Err(Error::new(error::INVALID_HANDSHAKE_TRANSITION_EXCEPTION, message));
    }
    record.state = state;
    HANDSHAKES.put(cx.tx, &record.id, &record)?;
    Ok(record)
}

pub fn all(tx: &Tx) -> Result<Vec<HandshakeRecord>, Error> {
    let rows = HANDSHAKES.scan(tx, HANDSHAKES.all(), usize::MAX)?;
    Ok(rows.into_iter().map(|(_, record)| record).collect())
}

fn is_asked(filter: Option<&HandshakeFilter>, record: &HandshakeRecord) -> bool {
    let parent = match &record.migration {
        Some(Migration::Approve(parent)) => Some(parent),
        _ => None,
    };
    filter.is_none_or(|filter| {
        filter.action_type.as_ref().is_none_or(|action| *action == record.action())
            && filter.parent_handshake_id.as_ref().is_none_or(|asked| parent == Some(asked))
    })
}

fn shapes(cx: &Cx<'_>, records: &[HandshakeRecord]) -> Result<Vec<(String, Handshake)>, Error> {
    records.iter().map(|record| Ok((record.id.clone(), shape(cx, record)?))).collect()
}

pub fn shape(cx: &Cx<'_>, record: &HandshakeRecord) -> Result<Handshake, Error> {
    let (parties, resources) = match record.migration {
        Some(Migration::Enable) => migration::parties(record),
        _ => parties(cx, record)?,
    };
    let waits = record.migration == Some(Migration::Enable) && migration::waits(cx, record)?;
    let state = match record.shown_state(cx.now().as_seconds()) {
        HandshakeState::Open if waits => HandshakeState::Requested,
        state => state,
    };
    Ok(Handshake {
        id: Some(record.id.clone()),
        arn: Some(record.arn()),
        parties: Some(parties),
        state: Some(state),
        requested_timestamp: Some(Timestamp::from_seconds(record.requested)),
        expiration_timestamp: Some(Timestamp::from_seconds(record.expires)),
        action: Some(record.action()),
        resources: Some(resources),
    })
}

/// The organization and the account that is asked.
fn parties(
    cx: &Cx<'_>,
    record: &HandshakeRecord,
) -> Result<(Vec<HandshakeParty>, Vec<HandshakeResource>), Error> {
    use HandshakeResourceType as Kind;
    let master = account::get(cx.tx, record.management)?;
    let (email, name) = master.map(|master| (master.email, master.name)).unwrap_or_default();
    let resource = |kind, value: &str| HandshakeResource {
        value: Some(value.to_owned()),
        r#type: Some(kind),
        resources: None,
    };
    let features = match record.all_features {
        true => OrganizationFeatureSet::All,
        false => OrganizationFeatureSet::ConsolidatedBilling,
    };
    let mut organization = resource(Kind::Organization, &record.organization);
    organization.resources = Some(vec![
        resource(Kind::MasterEmail, &email),
        resource(Kind::MasterName, &name),
        resource(Kind::OrganizationFeatureSet, features.as_str()),
    ]);
    let (party, invited) = match &record.email {
        Some(email) => (HandshakePartyType::Email, (Kind::Email, email.clone())),
        None => (HandshakePartyType::Account, (Kind::Account, record.account.to_string())),
    };
    let mut resources = vec![organization, resource(invited.0, &invited.1)];
    resources.extend(record.notes.as_deref().map(|notes| resource(Kind::Notes, notes)));
    let from = record.organization.clone();
    let parties = vec![
        HandshakeParty { id: from, r#type: HandshakePartyType::Organization },
        HandshakeParty { id: invited.1, r#type: party },
    ];
    Ok((parties, resources))
}
