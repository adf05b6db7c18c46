//! Which services an organization's service control policies leave to a root, unit or account, and
//! when its accounts last used them.
//!
//! The operations are IAM's. As with the access advisor, a report is worked out when it is asked
//! for, kept for three days and never changes. Only service control policies count.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html>

use std::collections::BTreeSet;

use api::iam::{
    AccessDetail, ErrorDetails, GenerateOrganizationsAccessReportRequest,
    GenerateOrganizationsAccessReportResponse, GetOrganizationsAccessReportRequest,
    GetOrganizationsAccessReportResponse, JobStatusType, SortKeyType,
};
use api::{Structure, Timestamp};
use gateway::{AccountId, Cx, Error, Resource};
use minicbor::{Decode, Encode};
use store::{Record, Tx};

use super::record::{ACCESS_REPORTS, ATTACHED, Control, OrganizationRecord};
use super::{control, tree};
use crate::page::{self, Ask};
use crate::tables::SERVICE_USES;
use crate::{document, error, granted};

const SECONDS_KEPT: i64 = 3 * 86_400;

#[derive(Debug, Clone, Encode, Decode)]
pub struct AccessReportRecord {
    /// Seconds.
    #[n(0)]
    pub created: i64,
    /// Why there is none: code and message.
    #[n(1)]
    pub failure: Option<(String, String)>,
    /// By namespace.
    #[n(2)]
    pub services: Vec<ServiceRecord>,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct ServiceRecord {
    #[n(0)]
    pub namespace: String,
    #[n(1)]
    pub last: Option<LastAccess>,
    /// How many accounts used it.
    #[n(2)]
    pub accounts: i32,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct LastAccess {
    /// Seconds.
    #[n(0)]
    pub at: i64,
    #[n(1)]
    pub region: String,
    /// Of the account: `o-…/r-…/ou-…/123456789012`.
    #[n(2)]
    pub path: String,
}

impl Record for AccessReportRecord {
    const VERSION: u8 = 1;
}

/// `arn:aws:iam::<account>:access-report/<entity path>`
pub fn resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let path = input.text("EntityPath").unwrap_or_default();
    Ok(Resource::arn(format!("arn:aws:iam::{}:access-report/{path}", cx.account())))
}

/// What cannot be reported is a job that failed, as AWS's answers have a place for it.
pub fn generate(
    cx: &mut Cx<'_>,
    input: GenerateOrganizationsAccessReportRequest,
) -> Result<GenerateOrganizationsAccessReportResponse, Error> {
    let (account, now) = (cx.account().number(), cx.now().as_seconds());
    for ((_, id), old) in
        ACCESS_REPORTS.scan(cx.tx, ACCESS_REPORTS.prefix((account,)), usize::MAX)?
    {
        if old.created.saturating_add(SECONDS_KEPT) <= now {
            ACCESS_REPORTS.delete(cx.tx, (account, id));
        }
    }
    let policy = input.organizations_policy_id.as_deref();
    let (failure, services) = match subject(cx, &input.entity_path, policy)? {
        Ok(subject) => (None, subject.services(cx.tx)?),
        Err((code, message)) => (Some((code.to_owned(), message.to_owned())), Vec::new()),
    };
    let id = cx.uuid();
    let report = AccessReportRecord { created: now, failure, services };
    ACCESS_REPORTS.put(cx.tx, (account, &id), &report)?;
    Ok(GenerateOrganizationsAccessReportResponse { job_id: Some(id) })
}

pub fn get(
    cx: &mut Cx<'_>,
    input: GetOrganizationsAccessReportRequest,
) -> Result<GetOrganizationsAccessReportResponse, Error> {
    let now = cx.now().as_seconds();
    let found = ACCESS_REPORTS.get(cx.tx, (cx.account().number(), &input.job_id))?;
    let found = found.filter(|report| now < report.created.saturating_add(SECONDS_KEPT));
    // AWS's sentence is not known.
    let missing = || error::no_such_entity(format!("Job {} is not found.", input.job_id));
    let mut report = found.ok_or_else(missing)?;
    let at = Timestamp::from_seconds(report.created);
    if let Some((code, message)) = report.failure {
        return Ok(GetOrganizationsAccessReportResponse {
            job_status: JobStatusType::Failed,
            job_creation_date: at,
            job_completion_date: Some(at),
            error_details: Some(ErrorDetails { message, code }),
            ..GetOrganizationsAccessReportResponse::default()
        });
    }
    let all = report.services.len();
    let unused = report.services.iter().filter(|service| service.last.is_none()).count();
    let key = input.sort_key.unwrap_or(SortKeyType::ServiceNamespaceAscending);
    sort(&mut report.services, &key);
    // The report never changes, so that a service's number is its place.
    let details = report.services.iter().enumerate();
    let details = details.map(|(number, service)| (format!("{number:06}"), shape(service)));
    let scope = format!("GetOrganizationsAccessReport {} {}", input.job_id, key.as_str());
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, details.collect())?;
    Ok(GetOrganizationsAccessReportResponse {
        job_status: JobStatusType::Completed,
        job_creation_date: at,
        job_completion_date: Some(at),
        number_of_services_accessible: i32::try_from(all).ok(),
        number_of_services_not_accessed: i32::try_from(unused).ok(),
        is_truncated: page.is_truncated(),
        access_details: Some(page.items),
        marker: page.marker,
        error_details: None,
    })
}

fn sort(services: &mut [ServiceRecord], key: &SortKeyType) {
    let at = |service: &ServiceRecord| service.last.as_ref().map(|last| last.at);
    match key {
        SortKeyType::ServiceNamespaceDescending => services.reverse(),
        SortKeyType::LastAuthenticatedTimeAscending => services.sort_by_key(at),
        SortKeyType::LastAuthenticatedTimeDescending => {
            services.sort_by_key(|service| std::cmp::Reverse(at(service)));
        }
        _ => {}
    }
}

fn shape(service: &ServiceRecord) -> AccessDetail {
    let last = service.last.as_ref();
    AccessDetail {
        service_name: granted::service_name(&service.namespace).to_owned(),
        service_namespace: service.namespace.clone(),
        region: last.map(|last| last.region.clone()),
        entity_path: last.map(|last| last.path.clone()),
        last_authenticated_time: last.map(|last| Timestamp::from_seconds(last.at)),
        total_authenticated_entities: last.map(|_| service.accounts),
    }
}

/// What a report is about.
struct Subject {
    organization: OrganizationRecord,
    /// The namespaces that are left to it.
    services: BTreeSet<String>,
    accounts: Vec<AccountId>,
}

type Failure = (&'static str, &'static str);

/// The codes and sentences of jobs that failed are not known.
fn subject(
    cx: &Cx<'_>,
    path: &str,
    policy: Option<&str>,
) -> Result<Result<Subject, Failure>, Error> {
    let Some((organization, _)) = tree::of(cx.tx, cx.account())? else {
        return Ok(Err((
            "OrganizationNotFound",
            "Your account is not a member of an organization.",
        )));
    };
    if organization.management != cx.account() {
        let message = "Reports are made for the management account of an organization alone.";
        return Ok(Err(("AccessDenied", message)));
    }
    if !organization.has_enabled(Control::Service) {
        let message = "Service control policies are not enabled in the root of the organization.";
        return Ok(Err(("PolicyTypeNotEnabled", message)));
    }
    let Some(line) = line(cx.tx, &organization, path)? else {
        return Ok(Err(("EntityNotFound", "There is no such entity in the organization.")));
    };
    let entity = line.last().map_or("", String::as_str);
    if entity == organization.management.as_str() {
        let accounts = vec![organization.management];
        return Ok(Ok(Subject { organization, services: granted::all(), accounts }));
    }
    let mut accounts = Vec::new();
    for account in tree::accounts(cx.tx, &organization.id)? {
        let own = line_of(cx.tx, &organization, account)?;
        let is_below = own.iter().any(|node| node == entity);
        let is_bound = match policy {
            Some(policy) => is_attached(cx.tx, &organization, &own, policy)?,
            None => true,
        };
        if account != organization.management && is_below && is_bound {
            accounts.push(account);
        }
    }
    let services = match policy {
        None => left(cx.tx, &organization, &line)?,
        Some(id) => match control::find(cx.tx, &organization, id)? {
            Some(found) if found.kind == Control::Service => {
                let policy = document::kept(&found.content, found.kind.grammar())?;
                granted::left([&policy])
            }
            _ => return Ok(Err(("PolicyNotFound", "There is no such service control policy."))),
        },
    };
    Ok(Ok(Subject { organization, services, accounts }))
}

impl Subject {
    fn services(&self, tx: &Tx) -> Result<Vec<ServiceRecord>, Error> {
        let empty = |namespace: &String| ServiceRecord {
            namespace: namespace.clone(),
            last: None,
            accounts: 0,
        };
        let mut services: Vec<ServiceRecord> = self.services.iter().map(empty).collect();
        for account in &self.accounts {
            let line = line_of(tx, &self.organization, *account)?;
            let path = format!("{}/{}", self.organization.id, line.join("/"));
            let mut seen = BTreeSet::new();
            let range = SERVICE_USES.prefix((account.number(),));
            for ((_, _, namespace), used) in SERVICE_USES.scan(tx, range, usize::MAX)? {
                let found = services.binary_search_by(|one| one.namespace.cmp(&namespace));
                let Some(service) = found.ok().and_then(|index| services.get_mut(index)) else {
                    continue;
                };
                if seen.insert(namespace) {
                    service.accounts = service.accounts.saturating_add(1);
                }
                if service.last.as_ref().is_none_or(|last| last.at < used.at) {
                    let (at, region) = (used.at, used.region);
                    service.last = Some(LastAccess { at, region, path: path.clone() });
                }
            }
        }
        Ok(services)
    }
}

/// From the root down to the entity that the path ends with; None where it is not the way to it.
fn line(
    tx: &Tx,
    organization: &OrganizationRecord,
    path: &str,
) -> Result<Option<Vec<String>>, Error> {
    let mut nodes = path.trim_end_matches('/').split('/').map(str::to_owned);
    let is_own = nodes.next().is_some_and(|id| id == organization.id);
    let nodes: Vec<String> = nodes.collect();
    let Some(last) = nodes.last().filter(|_| is_own) else { return Ok(None) };
    let real = match tree::member(tx, organization, last)? {
        Some((account, _)) => line_of(tx, organization, account)?,
        None if tree::is_parent(tx, organization, last)? => tree::line(tx, organization, last)?,
        None => return Ok(None),
    };
    Ok((real == nodes).then_some(real))
}

/// From the root down to the account.
fn line_of(
    tx: &Tx,
    organization: &OrganizationRecord,
    account: AccountId,
) -> Result<Vec<String>, Error> {
    let member = tree::member(tx, organization, account.as_str())?;
    let (_, member) = member.ok_or_else(|| Error::internal("an account that is no member"))?;
    let mut line = tree::line(tx, organization, &member.parent)?;
    line.push(account.to_string());
    Ok(line)
}

/// The services that each level of the line leaves.
fn left(
    tx: &Tx,
    organization: &OrganizationRecord,
    line: &[String],
) -> Result<BTreeSet<String>, Error> {
    let mut left: Option<BTreeSet<String>> = None;
    for node in line {
        let mut policies = Vec::new();
        for found in control::attached(tx, organization, node, Control::Service)? {
            policies.push(document::kept(&found.content, found.kind.grammar())?);
        }
        let here = granted::left(&policies);
        left = Some(match left {
            Some(above) => above.intersection(&here).cloned().collect(),
            None => here,
        });
    }
    Ok(left.unwrap_or_default())
}

fn is_attached(
    tx: &Tx,
    organization: &OrganizationRecord,
    line: &[String],
    policy: &str,
) -> Result<bool, Error> {
    for node in line {
        if ATTACHED.contains(tx, (organization.id.as_str(), node.as_str(), policy))? {
            return Ok(true);
        }
    }
    Ok(false)
}
