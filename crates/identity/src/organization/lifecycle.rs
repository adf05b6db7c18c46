//! Organizations themselves, and their one root.
//!
//! AWS: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html>

use api::organizations::{
    CreateOrganizationRequest, CreateOrganizationResponse, DeleteOrganizationRequest,
    DeleteOrganizationResponse, DescribeOrganizationRequest, DescribeOrganizationResponse,
    ListRootsRequest, ListRootsResponse, Organization, OrganizationFeatureSet, PolicyTypeStatus,
    PolicyTypeSummary, Root, error,
};
use gateway::id::Alphabet;
use gateway::{AccountId, Cx, Error};
use store::Tx;

use super::page::{self, Ask};
use super::record::{
    ATTACHED, CHILDREN, CONTROLS, CREATIONS, Control, DELEGATED, HANDSHAKES, MemberRecord,
    ORGANIZATIONS, OrganizationRecord, SERVICE_ACCESS, TARGETS, UNITS,
};
use super::tree;
use crate::account;

pub const ROOT_NAME: &str = "Root";

/// The caller's account becomes the management account. Service control policies are enabled where
/// all features are, as AWS documents.
pub fn create_organization(
    cx: &mut Cx<'_>,
    input: CreateOrganizationRequest,
) -> Result<CreateOrganizationResponse, Error> {
    let account = cx.account();
    if tree::of(cx.tx, account)?.is_some() {
        let message = "The AWS account is already a member of an organization.";
        return Err(Error::new(error::ALREADY_IN_ORGANIZATION_EXCEPTION, message));
    }
    let all_features = input.feature_set != Some(OrganizationFeatureSet::ConsolidatedBilling);
    let organization = OrganizationRecord {
        id: format!("o-{}", cx.letters(Alphabet::Lower, 10)),
        management: account,
        root: format!("r-{}", cx.letters(Alphabet::Lower, 4)),
        all_features,
        enabled: if all_features { vec![Control::Service] } else { Vec::new() },
        root_tags: Vec::new(),
        root_credentials: false,
        root_sessions: false,
    };
    ORGANIZATIONS.put(cx.tx, &organization.id, &organization)?;
    tree::attach_full_access(cx.tx, &organization, &organization.root)?;
    let member = MemberRecord {
        organization: organization.id.clone(),
        parent: organization.root.clone(),
        joined: cx.now().as_seconds(),
        created: false,
        tags: Vec::new(),
    };
    tree::join(cx.tx, &organization, account, &member)?;
    let shape = shape(cx.tx, &organization)?;
    Ok(CreateOrganizationResponse { organization: Some(shape) })
}

/// Any member may ask.
pub fn describe_organization(
    cx: &mut Cx<'_>,
    _input: DescribeOrganizationRequest,
) -> Result<DescribeOrganizationResponse, Error> {
    let organization = tree::own(cx)?;
    Ok(DescribeOrganizationResponse { organization: Some(shape(cx.tx, &organization)?) })
}

pub fn delete_organization(
    cx: &mut Cx<'_>,
    _input: DeleteOrganizationRequest,
) -> Result<DeleteOrganizationResponse, Error> {
    let organization = tree::managed(cx)?;
    if tree::accounts(cx.tx, &organization.id)?.len() > 1 {
        let message = "To delete an organization you must first remove all member accounts \
                       (except the master).";
        return Err(Error::new(error::ORGANIZATION_NOT_EMPTY_EXCEPTION, message));
    }
    if tree::children(cx.tx, &organization, &organization.root)?.len() > 1 {
        // (unverified)
        let message = "To delete an organization you must first delete all of its organizational \
                       units.";
        return Err(Error::new(error::ORGANIZATION_NOT_EMPTY_EXCEPTION, message));
    }
    delete(cx.tx, &organization)?;
    Ok(DeleteOrganizationResponse::default())
}

pub fn list_roots(cx: &mut Cx<'_>, input: ListRootsRequest) -> Result<ListRootsResponse, Error> {
    let organization = tree::readable(cx)?;
    let root = (organization.root.clone(), root_shape(&organization));
    let ask =
        Ask { scope: "ListRoots", token: input.next_token.as_deref(), most: input.max_results };
    let (roots, next_token) = page::of(cx, ask, vec![root])?;
    Ok(ListRootsResponse { roots, next_token })
}

/// What becomes of organizations when an account is reset: one that it manages ends; where it is a
/// member it stays one.
///
/// # Errors
/// Only what the store says.
pub fn forget(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    match tree::of(tx, account)? {
        Some((organization, _)) if organization.management == account => delete(tx, &organization),
        _ => Ok(()),
    }
}

fn delete(tx: &mut Tx, organization: &OrganizationRecord) -> Result<(), Error> {
    let id = organization.id.as_str();
    for account in tree::accounts(tx, id)? {
        tree::leave(tx, organization, account)?;
    }
    let open = HANDSHAKES.scan(tx, HANDSHAKES.all(), usize::MAX)?;
    for (handshake, _) in open.into_iter().filter(|(_, record)| record.organization == id) {
        HANDSHAKES.delete(tx, &handshake);
    }
    UNITS.delete_prefix(tx, (id,));
    CHILDREN.delete_prefix(tx, (id,));
    CONTROLS.delete_prefix(tx, (id,));
    ATTACHED.delete_prefix(tx, (id,));
    TARGETS.delete_prefix(tx, (id,));
    CREATIONS.delete_prefix(tx, (id,));
    DELEGATED.delete_prefix(tx, (id,));
    SERVICE_ACCESS.delete_prefix(tx, (id,));
    ORGANIZATIONS.delete(tx, id);
    Ok(())
}

fn shape(tx: &Tx, organization: &OrganizationRecord) -> Result<Organization, Error> {
    let management = account::get(tx, organization.management)?;
    let account = organization.management.to_string();
    let feature_set = match organization.all_features {
        true => OrganizationFeatureSet::All,
        false => OrganizationFeatureSet::ConsolidatedBilling,
    };
    // The old list of types, which AWS keeps for clients that still read it.
    let available = Some(Control::Service).filter(|_| organization.all_features);
    Ok(Organization {
        id: Some(organization.id.clone()),
        arn: Some(organization_arn(organization)),
        feature_set: Some(feature_set),
        master_account_arn: Some(organization.node_arn(&account)),
        master_account_id: Some(account),
        master_account_email: management.map(|management| management.email),
        available_policy_types: Some(available.into_iter().map(type_shape).collect()),
    })
}

pub fn organization_arn(organization: &OrganizationRecord) -> String {
    let (management, id) = (organization.management, &organization.id);
    format!("arn:aws:organizations::{management}:organization/{id}")
}

pub fn root_shape(organization: &OrganizationRecord) -> Root {
    Root {
        id: Some(organization.root.clone()),
        arn: Some(organization.node_arn(&organization.root)),
        name: Some(ROOT_NAME.to_owned()),
        policy_types: Some(organization.enabled.iter().copied().map(type_shape).collect()),
    }
}

fn type_shape(control: Control) -> PolicyTypeSummary {
    PolicyTypeSummary { r#type: Some(control.shape()), status: Some(PolicyTypeStatus::Enabled) }
}
