//! Delegated administrators, and the services with access to an organization.
//!
//! Kept and told; no service of this server asks for either but Organizations itself, which lets
//! delegated administrators look into it.
//! AWS: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html>

use std::collections::BTreeMap;

use api::Timestamp;
use api::organizations::{
    DelegatedAdministrator, DelegatedService, DeregisterDelegatedAdministratorRequest,
    DeregisterDelegatedAdministratorResponse, DisableAWSServiceAccessRequest,
    DisableAWSServiceAccessResponse, EnableAWSServiceAccessRequest, EnableAWSServiceAccessResponse,
    EnabledServicePrincipal, ListAWSServiceAccessForOrganizationRequest,
    ListAWSServiceAccessForOrganizationResponse, ListDelegatedAdministratorsRequest,
    ListDelegatedAdministratorsResponse, ListDelegatedServicesForAccountRequest,
    ListDelegatedServicesForAccountResponse, RegisterDelegatedAdministratorRequest,
    RegisterDelegatedAdministratorResponse, error,
};
use gateway::{AccountId, Cx, Error};

use super::page::{self, Ask};
use super::record::{DELEGATED, OrganizationRecord, SERVICE_ACCESS};
use super::{member, say, tree};

pub fn register_delegated_administrator(
    cx: &mut Cx<'_>,
    input: RegisterDelegatedAdministratorRequest,
) -> Result<RegisterDelegatedAdministratorResponse, Error> {
    let organization = tree::managed(cx)?;
    let (account, _) = member::get(cx.tx, &organization, &input.account_id)?;
    if account == organization.management {
        // (unverified)
        let message = "You cannot register master account/yourself as delegated administrator for \
                       your organization.";
        let reason = "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR";
        return Err(say::constraint(reason, message));
    }
    refuse_unknown(&input.service_principal)?;
    let key = (organization.id.as_str(), account.number(), input.service_principal.as_str());
    if DELEGATED.contains(cx.tx, key)? {
        // (unverified)
        let message =
            "The provided account is already a delegated administrator for your organization.";
        return Err(Error::new(error::ACCOUNT_ALREADY_REGISTERED_EXCEPTION, message));
    }
    let now = cx.now().as_seconds().unsigned_abs();
    DELEGATED.put(cx.tx, key, &now)?;
    Ok(RegisterDelegatedAdministratorResponse::default())
}

pub fn deregister_delegated_administrator(
    cx: &mut Cx<'_>,
    input: DeregisterDelegatedAdministratorRequest,
) -> Result<DeregisterDelegatedAdministratorResponse, Error> {
    let organization = tree::managed(cx)?;
    let (account, _) = member::get(cx.tx, &organization, &input.account_id)?;
    refuse_unknown(&input.service_principal)?;
    let key = (organization.id.as_str(), account.number(), input.service_principal.as_str());
    if !DELEGATED.contains(cx.tx, key)? {
        return Err(not_registered());
    }
    DELEGATED.delete(cx.tx, key);
    Ok(DeregisterDelegatedAdministratorResponse::default())
}

pub fn list_delegated_administrators(
    cx: &mut Cx<'_>,
    input: ListDelegatedAdministratorsRequest,
) -> Result<ListDelegatedAdministratorsResponse, Error> {
    let organization = tree::readable(cx)?;
    let service = input.service_principal.as_deref();
    let range = DELEGATED.prefix((organization.id.as_str(),));
    let mut since: BTreeMap<u64, u64> = BTreeMap::new();
    for ((_, account, of), at) in DELEGATED.scan(cx.tx, range, usize::MAX)? {
        if service.is_none_or(|service| service == of) {
            let first = since.entry(account).or_insert(at);
            *first = at.min(*first);
        }
    }
    let mut administrators = Vec::with_capacity(since.len());
    for (number, at) in since {
        let id = AccountId::from_number(number).map(|id| id.to_string()).unwrap_or_default();
        administrators.push((id.clone(), administrator(cx, &organization, &id, at)?));
    }
    let scope = format!("ListDelegatedAdministrators {}", service.unwrap_or_default());
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most: input.max_results };
    let (delegated_administrators, next_token) = page::of(cx, ask, administrators)?;
    Ok(ListDelegatedAdministratorsResponse { delegated_administrators, next_token })
}

pub fn list_delegated_services_for_account(
    cx: &mut Cx<'_>,
    input: ListDelegatedServicesForAccountRequest,
) -> Result<ListDelegatedServicesForAccountResponse, Error> {
    let organization = tree::readable(cx)?;
    let (account, _) = member::get(cx.tx, &organization, &input.account_id)?;
    let range = DELEGATED.prefix((organization.id.as_str(), account.number()));
    let rows = DELEGATED.scan(cx.tx, range, usize::MAX)?;
    if rows.is_empty() {
        return Err(not_registered());
    }
    let services = rows.into_iter().map(|((.., service), at)| {
        let date = Some(moment(at));
        let principal = Some(service.clone());
        (service, DelegatedService { service_principal: principal, delegation_enabled_date: date })
    });
    let scope = format!("ListDelegatedServicesForAccount {account}");
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most: input.max_results };
    let (delegated_services, next_token) = page::of(cx, ask, services.collect())?;
    Ok(ListDelegatedServicesForAccountResponse { delegated_services, next_token })
}

pub fn enable_aws_service_access(
    cx: &mut Cx<'_>,
    input: EnableAWSServiceAccessRequest,
) -> Result<EnableAWSServiceAccessResponse, Error> {
    let organization = tree::managed(cx)?;
    refuse_unknown(&input.service_principal)?;
    let now = cx.now().as_seconds().unsigned_abs();
    SERVICE_ACCESS.put(cx.tx, (&organization.id, &input.service_principal), &now)?;
    Ok(EnableAWSServiceAccessResponse::default())
}

pub fn disable_aws_service_access(
    cx: &mut Cx<'_>,
    input: DisableAWSServiceAccessRequest,
) -> Result<DisableAWSServiceAccessResponse, Error> {
    let organization = tree::managed(cx)?;
    refuse_unknown(&input.service_principal)?;
    SERVICE_ACCESS.delete(cx.tx, (&organization.id, &input.service_principal));
    Ok(DisableAWSServiceAccessResponse::default())
}

pub fn list_aws_service_access_for_organization(
    cx: &mut Cx<'_>,
    input: ListAWSServiceAccessForOrganizationRequest,
) -> Result<ListAWSServiceAccessForOrganizationResponse, Error> {
    let organization = tree::readable(cx)?;
    let range = SERVICE_ACCESS.prefix((organization.id.as_str(),));
    let rows = SERVICE_ACCESS.scan(cx.tx, range, usize::MAX)?.into_iter();
    let services = rows.map(|((_, service), at)| {
        let principal = Some(service.clone());
        let date = Some(moment(at));
        (service, EnabledServicePrincipal { service_principal: principal, date_enabled: date })
    });
    let ask = Ask {
        scope: "ListAWSServiceAccessForOrganization",
        token: input.next_token.as_deref(),
        most: input.max_results,
    };
    let (enabled_service_principals, next_token) = page::of(cx, ask, services.collect())?;
    Ok(ListAWSServiceAccessForOrganizationResponse { enabled_service_principals, next_token })
}

fn administrator(
    cx: &Cx<'_>,
    organization: &OrganizationRecord,
    id: &str,
    since: u64,
) -> Result<DelegatedAdministrator, Error> {
    let (account, record) = member::get(cx.tx, organization, id)?;
    let shape = member::shape(cx.tx, organization, account, &record)?;
    Ok(DelegatedAdministrator {
        id: shape.id,
        arn: shape.arn,
        email: shape.email,
        name: shape.name,
        status: shape.status,
        state: shape.state,
        joined_method: shape.joined_method,
        joined_timestamp: shape.joined_timestamp,
        delegation_enabled_date: Some(moment(since)),
    })
}

fn moment(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(i64::try_from(seconds).unwrap_or_default())
}

/// AWS keeps a list; here the form decides.
fn refuse_unknown(service: &str) -> Result<(), Error> {
    if service.strip_suffix(".amazonaws.com").is_some_and(|name| !name.is_empty()) {
        return Ok(());
    }
    // (unverified)
    let message = "You specified an unrecognized service principal.";
    Err(say::invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", message))
}

fn not_registered() -> Error {
    // (unverified)
    let message =
        "The provided account is not a registered delegated administrator for your organization.";
    Error::new(error::ACCOUNT_NOT_REGISTERED_EXCEPTION, message)
}
