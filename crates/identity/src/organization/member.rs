//! The accounts of an organization: made in it, shown, moved, removed, closed.
//!
//! An account is made at once; the request to make it is then told of as AWS tells of one that took
//! its time. The root user of such an account has no credentials: it is entered through the role
//! that trusts the management account.
//! AWS: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts.html>

use api::Timestamp;
use api::organizations::{
    Account, AccountJoinedMethod, AccountState, AccountStatus, CloseAccountRequest,
    CloseAccountResponse, CreateAccountFailureReason, CreateAccountRequest, CreateAccountResponse,
    CreateAccountState, CreateAccountStatus, DescribeAccountRequest, DescribeAccountResponse,
    DescribeCreateAccountStatusRequest, DescribeCreateAccountStatusResponse,
    LeaveOrganizationRequest, LeaveOrganizationResponse, ListAccountsForParentRequest,
    ListAccountsForParentResponse, ListAccountsRequest, ListAccountsResponse,
    ListCreateAccountStatusRequest, ListCreateAccountStatusResponse, MoveAccountRequest,
    MoveAccountResponse, RemoveAccountFromOrganizationRequest,
    RemoveAccountFromOrganizationResponse, error,
};
use gateway::id::Alphabet;
use gateway::{AccountId, Cx, Error};
use store::Tx;

use super::page::{self, Ask};
use super::record::{
    CHILDREN, CREATIONS, CreationRecord, DELEGATED, MEMBERS, MemberRecord, OrganizationRecord,
};
use super::{say, tag, tree};
use crate::account::{self, AccountRecord};
use crate::entity::{self, Entity, Kind, RolePart};
use crate::managed_policy as managed;
use crate::tables::COUNTS;
use crate::{attachment, trust};

const ROLE_NAME: &str = "OrganizationAccountAccessRole";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const MAX_SESSION: i32 = 3600;
/// The most that AWS raises its quota to.
const ACCOUNTS_MAX: usize = 10_000;

pub fn create_account(
    cx: &mut Cx<'_>,
    input: CreateAccountRequest,
) -> Result<CreateAccountResponse, Error> {
    let organization = tree::managed(cx)?;
    if tree::accounts(cx.tx, &organization.id)?.len() >= ACCOUNTS_MAX {
        // (unverified)
        let message = "You have exceeded the allowed number of AWS accounts.";
        return Err(say::constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", message));
    }
    let tags = tag::checked(input.tags.as_deref().unwrap_or_default())?;
    let now = cx.now().as_seconds();
    let account = match is_taken(cx.tx, &input.email)? {
        true => None,
        false => Some(make(cx, &organization, &input)?),
    };
    if let Some(account) = account {
        let member = MemberRecord {
            organization: organization.id.clone(),
            parent: organization.root.clone(),
            joined: now,
            created: true,
            tags,
        };
        tree::join(cx.tx, &organization, account, &member)?;
    }
    let id = format!("car-{}", cx.letters(Alphabet::Lower, 32));
    let record = CreationRecord { id, name: input.account_name, at: now, account };
    CREATIONS.put(cx.tx, (organization.id.as_str(), record.id.as_str()), &record)?;
    let status = CreateAccountStatus {
        state: Some(CreateAccountState::InProgress),
        completed_timestamp: None,
        account_id: None,
        failure_reason: None,
        ..creation_shape(&record)
    };
    Ok(CreateAccountResponse { create_account_status: Some(status) })
}

pub fn describe_create_account_status(
    cx: &mut Cx<'_>,
    input: DescribeCreateAccountStatusRequest,
) -> Result<DescribeCreateAccountStatusResponse, Error> {
    let organization = tree::readable(cx)?;
    let id = input.create_account_request_id.as_str();
    let found = CREATIONS.get(cx.tx, (organization.id.as_str(), id))?;
    let found = found.ok_or_else(|| {
        // (unverified)
        let message = "You specified a create account status that doesn't exist.";
        Error::new(error::CREATE_ACCOUNT_STATUS_NOT_FOUND_EXCEPTION, message)
    })?;
    let status = Some(creation_shape(&found));
    Ok(DescribeCreateAccountStatusResponse { create_account_status: status })
}

pub fn list_create_account_status(
    cx: &mut Cx<'_>,
    input: ListCreateAccountStatusRequest,
) -> Result<ListCreateAccountStatusResponse, Error> {
    let organization = tree::readable(cx)?;
    let range = CREATIONS.prefix((organization.id.as_str(),));
    let all = CREATIONS.scan(cx.tx, range, usize::MAX)?.into_iter();
    let all = all.map(|((_, id), record)| (id, creation_shape(&record)));
    let states = input.states.unwrap_or_default();
    let is_asked = |status: &CreateAccountStatus| {
        states.is_empty() || status.state.as_ref().is_some_and(|state| states.contains(state))
    };
    let all = all.filter(|(_, status)| is_asked(status)).collect();
    let scope = format!("ListCreateAccountStatus {states:?}");
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most: input.max_results };
    let (create_account_statuses, next_token) = page::of(cx, ask, all)?;
    Ok(ListCreateAccountStatusResponse { create_account_statuses, next_token })
}

pub fn describe_account(
    cx: &mut Cx<'_>,
    input: DescribeAccountRequest,
) -> Result<DescribeAccountResponse, Error> {
    let organization = tree::readable(cx)?;
    let (account, member) = get(cx.tx, &organization, &input.account_id)?;
    let mut shape = shape(cx.tx, &organization, account, &member)?;
    let line = tree::line(cx.tx, &organization, &member.parent)?;
    shape.paths = Some(vec![format!("{}{account}/", tree::path(&organization, &line))]);
    Ok(DescribeAccountResponse { account: Some(shape) })
}

pub fn list_accounts(
    cx: &mut Cx<'_>,
    input: ListAccountsRequest,
) -> Result<ListAccountsResponse, Error> {
    let organization = tree::readable(cx)?;
    let ids = tree::accounts(cx.tx, &organization.id)?.into_iter().map(|id| id.to_string());
    let shapes = shapes(cx.tx, &organization, ids.collect())?;
    let ask =
        Ask { scope: "ListAccounts", token: input.next_token.as_deref(), most: input.max_results };
    let (accounts, next_token) = page::of(cx, ask, shapes)?;
    Ok(ListAccountsResponse { accounts, next_token })
}

pub fn list_accounts_for_parent(
    cx: &mut Cx<'_>,
    input: ListAccountsForParentRequest,
) -> Result<ListAccountsForParentResponse, Error> {
    let organization = tree::readable(cx)?;
    if !tree::is_parent(cx.tx, &organization, &input.parent_id)? {
        return Err(say::no_parent());
    }
    let mut ids = tree::children(cx.tx, &organization, &input.parent_id)?;
    ids.retain(|id| !id.starts_with("ou-"));
    let shapes = shapes(cx.tx, &organization, ids)?;
    let scope = format!("ListAccountsForParent {}", input.parent_id);
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most: input.max_results };
    let (accounts, next_token) = page::of(cx, ask, shapes)?;
    Ok(ListAccountsForParentResponse { accounts, next_token })
}

pub fn move_account(
    cx: &mut Cx<'_>,
    input: MoveAccountRequest,
) -> Result<MoveAccountResponse, Error> {
    let organization = tree::managed(cx)?;
    let (account, mut member) = get(cx.tx, &organization, &input.account_id)?;
    if !tree::is_parent(cx.tx, &organization, &input.source_parent_id)?
        || member.parent != input.source_parent_id
    {
        // (unverified)
        let message = "You specified a source parent that doesn't exist.";
        return Err(Error::new(error::SOURCE_PARENT_NOT_FOUND_EXCEPTION, message));
    }
    if !tree::is_parent(cx.tx, &organization, &input.destination_parent_id)? {
        // (unverified)
        let message = "You specified a destination parent that doesn't exist.";
        return Err(Error::new(error::DESTINATION_PARENT_NOT_FOUND_EXCEPTION, message));
    }
    if member.parent == input.destination_parent_id {
        // (unverified)
        let message = "The account is already in the specified destination.";
        return Err(Error::new(error::DUPLICATE_ACCOUNT_EXCEPTION, message));
    }
    let (id, text) = (organization.id.as_str(), account.to_string());
    CHILDREN.delete(cx.tx, (id, member.parent.as_str(), text.as_str()));
    CHILDREN.put(cx.tx, (id, input.destination_parent_id.as_str(), text.as_str()), &())?;
    member.parent = input.destination_parent_id;
    MEMBERS.put(cx.tx, account.number(), &member)?;
    crate::epoch::touch(cx.tx, account)?;
    Ok(MoveAccountResponse::default())
}

pub fn remove_account_from_organization(
    cx: &mut Cx<'_>,
    input: RemoveAccountFromOrganizationRequest,
) -> Result<RemoveAccountFromOrganizationResponse, Error> {
    let organization = tree::managed(cx)?;
    let (account, _) = get(cx.tx, &organization, &input.account_id)?;
    part(cx, &organization, account)?;
    Ok(RemoveAccountFromOrganizationResponse::default())
}

pub fn leave_organization(
    cx: &mut Cx<'_>,
    _input: LeaveOrganizationRequest,
) -> Result<LeaveOrganizationResponse, Error> {
    let organization = tree::own(cx)?;
    let account = cx.account();
    part(cx, &organization, account)?;
    Ok(LeaveOrganizationResponse::default())
}

/// The account's credentials are nothing from now on; it stays in the organization, suspended.
pub fn close_account(
    cx: &mut Cx<'_>,
    input: CloseAccountRequest,
) -> Result<CloseAccountResponse, Error> {
    let organization = tree::managed(cx)?;
    let (account, _) = get(cx.tx, &organization, &input.account_id)?;
    if account == organization.management {
        // (unverified)
        let message = "You can't close the management account of an organization.";
        return Err(say::constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", message));
    }
    let now = cx.now();
    if account == cx.default_account() || !account::close(cx.tx, account, now)? {
        // (unverified)
        let message = "The provided account is already closed.";
        return Err(match account == cx.default_account() {
            true => say::not_implemented("Closing the account that the server was started with"),
            false => Error::new(error::ACCOUNT_ALREADY_CLOSED_EXCEPTION, message),
        });
    }
    Ok(CloseAccountResponse::default())
}

/// The member with the account id.
///
/// # Errors
/// AccountNotFoundException.
pub fn get(
    tx: &Tx,
    organization: &OrganizationRecord,
    id: &str,
) -> Result<(AccountId, MemberRecord), Error> {
    tree::member(tx, organization, id)?.ok_or_else(say::no_account)
}

/// As listings show an account.
///
/// # Errors
/// Only what the store says.
pub fn shape(
    tx: &Tx,
    organization: &OrganizationRecord,
    account: AccountId,
    member: &MemberRecord,
) -> Result<Account, Error> {
    let AccountRecord { name, email, closed, .. } = account::get(tx, account)?
        .ok_or_else(|| Error::internal("a member of an organization that is no account"))?;
    let (status, state) = match closed {
        None => (AccountStatus::Active, AccountState::Active),
        Some(_) => (AccountStatus::Suspended, AccountState::Suspended),
    };
    let joined_method = match member.created {
        true => AccountJoinedMethod::Created,
        false => AccountJoinedMethod::Invited,
    };
    Ok(Account {
        id: Some(account.to_string()),
        arn: Some(organization.node_arn(account.as_str())),
        email: Some(email),
        name: Some(name),
        status: Some(status),
        state: Some(state),
        paths: None,
        joined_method: Some(joined_method),
        joined_timestamp: Some(Timestamp::from_seconds(member.joined)),
    })
}

fn shapes(
    tx: &Tx,
    organization: &OrganizationRecord,
    ids: Vec<String>,
) -> Result<Vec<(String, Account)>, Error> {
    let shape = |id: String| {
        let (account, member) = get(tx, organization, &id)?;
        Ok((id, shape(tx, organization, account, &member)?))
    };
    ids.into_iter().map(shape).collect()
}

fn part(
    cx: &mut Cx<'_>,
    organization: &OrganizationRecord,
    account: AccountId,
) -> Result<(), Error> {
    if account == organization.management {
        // (unverified)
        let message = "You can't remove the management account from an organization.";
        return Err(Error::new(error::MASTER_CANNOT_LEAVE_ORGANIZATION_EXCEPTION, message));
    }
    let range = DELEGATED.prefix((organization.id.as_str(), account.number()));
    if !DELEGATED.scan(cx.tx, range, 1)?.is_empty() {
        // (unverified)
        let message = "You can't remove a delegated administrator from an organization.";
        let reason = "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG";
        return Err(say::constraint(reason, message));
    }
    tree::leave(cx.tx, organization, account)
}

/// AWS knows an address of a root user once.
fn is_taken(tx: &Tx, email: &str) -> Result<bool, Error> {
    let all = account::list(tx, None, usize::MAX)?;
    Ok(all.iter().any(|account| account.email.eq_ignore_ascii_case(email)))
}

/// A new account, with the role by which the management account gets in.
fn make(
    cx: &mut Cx<'_>,
    organization: &OrganizationRecord,
    input: &CreateAccountRequest,
) -> Result<AccountId, Error> {
    let (id, now) = (account::draw(cx)?, cx.now());
    account::create(cx.tx, id, &input.account_name, &input.email, now)?;
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{}:root"}},"Action":"sts:AssumeRole"}}]}}"#,
        organization.management
    );
    let kept = trust::keep_principals(cx.tx, &text)?.map_err(Error::internal)?;
    let role = Entity {
        kind: Kind::Role,
        id: cx.unique_id_in(Kind::Role.prefix(), id),
        name: input.role_name.clone().unwrap_or_else(|| ROLE_NAME.to_owned()),
        path: "/".to_owned(),
        created: now.as_seconds(),
        boundary: None,
        tags: Vec::new(),
        role: Some(RolePart { trust: kept, description: None, max_session: MAX_SESSION }),
    };
    entity::put(cx.tx, id, &role)?;
    COUNTS.put(cx.tx, (id.number(), Kind::Role.word()), &1)?;
    let policy = managed::get(cx.tx, id, ADMINISTRATOR)?;
    attachment::put(cx.tx, id, &role.id, policy.id(), ADMINISTRATOR)?;
    Ok(id)
}

fn creation_shape(record: &CreationRecord) -> CreateAccountStatus {
    let (state, failure_reason) = match record.account {
        Some(_) => (CreateAccountState::Succeeded, None),
        None => (CreateAccountState::Failed, Some(CreateAccountFailureReason::EmailAlreadyExists)),
    };
    CreateAccountStatus {
        id: Some(record.id.clone()),
        account_name: Some(record.name.clone()),
        state: Some(state),
        requested_timestamp: Some(Timestamp::from_seconds(record.at)),
        completed_timestamp: Some(Timestamp::from_seconds(record.at)),
        account_id: record.account.map(|account| account.to_string()),
        gov_cloud_account_id: None,
        failure_reason,
    }
}
