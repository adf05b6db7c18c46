//! Central root access: the management account's features for the root users of its members, and
//! who may act as one of them.
//!
//! The operations are IAM's and STS's; the organization keeps what is enabled.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html>

use api::iam::{
    DisableOrganizationsRootCredentialsManagementRequest,
    DisableOrganizationsRootCredentialsManagementResponse, DisableOrganizationsRootSessionsRequest,
    DisableOrganizationsRootSessionsResponse, EnableOrganizationsRootCredentialsManagementRequest,
    EnableOrganizationsRootCredentialsManagementResponse, EnableOrganizationsRootSessionsRequest,
    EnableOrganizationsRootSessionsResponse, FeatureType, ListOrganizationsFeaturesRequest,
    ListOrganizationsFeaturesResponse, error,
};
use gateway::{AccountId, Cx, Error};

use super::record::{DELEGATED, ORGANIZATIONS, OrganizationRecord, SERVICE_ACCESS};
use super::tree;

/// The service that an organization trusts with its root users.
const SERVICE: &str = "iam.amazonaws.com";

pub fn enable_credentials_management(
    cx: &mut Cx<'_>,
    _input: EnableOrganizationsRootCredentialsManagementRequest,
) -> Result<EnableOrganizationsRootCredentialsManagementResponse, Error> {
    let (organization_id, enabled_features) =
        set(cx, FeatureType::RootCredentialsManagement, true)?;
    Ok(EnableOrganizationsRootCredentialsManagementResponse { organization_id, enabled_features })
}

pub fn disable_credentials_management(
    cx: &mut Cx<'_>,
    _input: DisableOrganizationsRootCredentialsManagementRequest,
) -> Result<DisableOrganizationsRootCredentialsManagementResponse, Error> {
    let (organization_id, enabled_features) =
        set(cx, FeatureType::RootCredentialsManagement, false)?;
    Ok(DisableOrganizationsRootCredentialsManagementResponse { organization_id, enabled_features })
}

pub fn enable_sessions(
    cx: &mut Cx<'_>,
    _input: EnableOrganizationsRootSessionsRequest,
) -> Result<EnableOrganizationsRootSessionsResponse, Error> {
    let (organization_id, enabled_features) = set(cx, FeatureType::RootSessions, true)?;
    Ok(EnableOrganizationsRootSessionsResponse { organization_id, enabled_features })
}

pub fn disable_sessions(
    cx: &mut Cx<'_>,
    _input: DisableOrganizationsRootSessionsRequest,
) -> Result<DisableOrganizationsRootSessionsResponse, Error> {
    let (organization_id, enabled_features) = set(cx, FeatureType::RootSessions, false)?;
    Ok(DisableOrganizationsRootSessionsResponse { organization_id, enabled_features })
}

pub fn list_features(
    cx: &mut Cx<'_>,
    _input: ListOrganizationsFeaturesRequest,
) -> Result<ListOrganizationsFeaturesResponse, Error> {
    let (organization_id, enabled_features) = shown(&trusted(cx)?);
    Ok(ListOrganizationsFeaturesResponse { organization_id, enabled_features })
}

/// Whether the caller's account may have a task done as the root user of a member: it manages the
/// organization or administers IAM for it, and the task's feature is enabled.
///
/// # Errors
/// Only what the store says.
pub fn reaches(cx: &Cx<'_>, member: AccountId, task: &str) -> Result<bool, Error> {
    let caller = cx.account();
    let Some((organization, _)) = tree::of(cx.tx, caller)? else { return Ok(false) };
    let delegated = (organization.id.as_str(), caller.number(), SERVICE);
    let may_ask = organization.management == caller || DELEGATED.contains(cx.tx, delegated)?;
    let is_member = member != organization.management
        && tree::member(cx.tx, &organization, member.as_str())?.is_some();
    let is_enabled = match task {
        "IAMAuditRootUserCredentials"
        | "IAMCreateRootUserPassword"
        | "IAMDeleteRootUserCredentials" => organization.root_credentials,
        "S3UnlockBucketPolicy" | "SQSUnlockQueuePolicy" => organization.root_sessions,
        _ => false,
    };
    Ok(may_ask && is_member && is_enabled)
}

type Features = (Option<String>, Option<Vec<FeatureType>>);

fn set(cx: &mut Cx<'_>, feature: FeatureType, enabled: bool) -> Result<Features, Error> {
    let mut organization = trusted(cx)?;
    match feature {
        FeatureType::RootSessions => organization.root_sessions = enabled,
        _ => organization.root_credentials = enabled,
    }
    ORGANIZATIONS.put(cx.tx, &organization.id, &organization)?;
    Ok(shown(&organization))
}

fn shown(organization: &OrganizationRecord) -> Features {
    let credentials = organization.root_credentials;
    let features = [
        credentials.then_some(FeatureType::RootCredentialsManagement),
        organization.root_sessions.then_some(FeatureType::RootSessions),
    ];
    (Some(organization.id.clone()), Some(features.into_iter().flatten().collect()))
}

/// The caller's organization, where it manages one that trusts IAM. AWS's sentences are not known.
fn trusted(cx: &Cx<'_>) -> Result<OrganizationRecord, Error> {
    let Some((organization, _)) = tree::of(cx.tx, cx.account())? else {
        let message = "Your account is not a member of an organization.";
        return Err(Error::new(error::ORGANIZATION_NOT_FOUND_EXCEPTION, message));
    };
    if organization.management != cx.account() {
        let message = "The request was rejected because the account making the request is not the \
                       management account for the organization.";
        return Err(Error::new(error::CALLER_IS_NOT_MANAGEMENT_ACCOUNT_EXCEPTION, message));
    }
    if !organization.all_features {
        let message = "The request was rejected because your organization does not have all \
                       features enabled.";
        return Err(Error::new(error::ORGANIZATION_NOT_IN_ALL_FEATURES_MODE_EXCEPTION, message));
    }
    if !SERVICE_ACCESS.contains(cx.tx, (organization.id.as_str(), SERVICE))? {
        let message = "The request was rejected because trusted access is not enabled for IAM in \
                       Organizations.";
        return Err(Error::new(error::SERVICE_ACCESS_NOT_ENABLED_EXCEPTION, message));
    }
    Ok(organization)
}
