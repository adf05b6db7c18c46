//! Which services the entities of an account may use, and when they last did.
//!
//! A job's answer is worked out when it is asked for, kept for three days and never changes. Single
//! actions are told of the services that are served here (see [`crate::tracked_action`]).
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_access-advisor.html>

use std::collections::BTreeSet;

use api::iam::{
    AccessAdvisorUsageGranularityType, EntityDetails, EntityInfo,
    GenerateServiceLastAccessedDetailsRequest, GenerateServiceLastAccessedDetailsResponse,
    GetServiceLastAccessedDetailsRequest, GetServiceLastAccessedDetailsResponse,
    GetServiceLastAccessedDetailsWithEntitiesRequest,
    GetServiceLastAccessedDetailsWithEntitiesResponse, JobStatusType, PolicyOwnerEntityType,
    ServiceLastAccessed, TrackedActionLastAccessed,
};
use api::{Structure, Timestamp};
use gateway::{AccountId, Cx, Error, Resource};
use minicbor::{Decode, Encode};
use store::{Record, Tx};

use crate::access_key::UseRecord;
use crate::arn::{self, Owner};
use crate::entity::{self, Entity, Kind};
use crate::managed_policy::{self as managed, Managed};
use crate::page::{self, Ask};
use crate::tables::{ACCESS_JOBS, ACTION_USES, ATTACHED_TO, SERVICE_USES};
use crate::{compile, error, granted, membership, tracked_action};

const SECONDS_KEPT: i64 = 3 * 86_400;

#[derive(Debug, Clone, Encode, Decode)]
pub struct AccessJobRecord {
    /// Seconds.
    #[n(0)]
    pub created: i64,
    #[n(1)]
    pub action_level: bool,
    /// The namespaces that are granted, sorted.
    #[n(2)]
    pub services: Vec<String>,
    /// Who may use them, by unique id.
    #[n(3)]
    pub entities: Vec<String>,
    #[n(4)]
    pub uses: Vec<LastUse>,
    /// Of single actions, where they were asked for.
    #[n(5)]
    pub actions: Vec<LastUse>,
}

/// The last use of a granted service or action by one who may use it.
#[derive(Debug, Clone, Encode, Decode)]
pub struct LastUse {
    /// `iam`, or of actions `iam:GetUser`.
    #[n(0)]
    pub of: String,
    #[n(1)]
    pub entity: String,
    /// Seconds.
    #[n(2)]
    pub at: i64,
    #[n(3)]
    pub region: String,
}

impl Record for AccessJobRecord {
    const VERSION: u8 = 1;
}

/// Whose policies grant: a user, group, role or managed policy of the account.
pub enum Subject {
    Entity(Entity),
    Policy(Managed),
}

/// The user, group, role or policy that `Arn` names.
pub fn resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let text = input.text("Arn").unwrap_or_default();
    let tags = match find(cx.tx, cx.account(), text)? {
        Some(Subject::Entity(entity)) => entity.tag_map(),
        Some(Subject::Policy(Managed::Own(policy))) => policy.tags.into_iter().collect(),
        _ => return Ok(arn::resource(text)),
    };
    Ok(arn::resource(text).tagged(tags))
}

pub fn generate_service_last_accessed_details(
    cx: &mut Cx<'_>,
    input: GenerateServiceLastAccessedDetailsRequest,
) -> Result<GenerateServiceLastAccessedDetailsResponse, Error> {
    let (account, now) = (cx.account(), cx.now().as_seconds());
    let subject = get(cx.tx, account, &input.arn)?;
    let action_level = input.granularity == Some(AccessAdvisorUsageGranularityType::ActionLevel);
    let mut job = job_of(cx.tx, account, subject, action_level)?;
    job.created = now;
    let jobs = ACCESS_JOBS.scan(cx.tx, ACCESS_JOBS.prefix((account.number(),)), usize::MAX)?;
    for ((_, id), job) in jobs {
        if job.created.saturating_add(SECONDS_KEPT) <= now {
            ACCESS_JOBS.delete(cx.tx, (account.number(), id));
        }
    }
    let id = cx.uuid();
    ACCESS_JOBS.put(cx.tx, (account.number(), &id), &job)?;
    Ok(GenerateServiceLastAccessedDetailsResponse { job_id: Some(id) })
}

pub fn get_service_last_accessed_details(
    cx: &mut Cx<'_>,
    input: GetServiceLastAccessedDetailsRequest,
) -> Result<GetServiceLastAccessedDetailsResponse, Error> {
    let job = job(cx, &input.job_id)?;
    let at = Timestamp::from_seconds(job.created);
    let mut services = Vec::new();
    for namespace in &job.services {
        services.push((namespace.clone(), service_shape(cx, namespace, &job)?));
    }
    let scope = format!("GetServiceLastAccessedDetails {}", input.job_id);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, services)?;
    let granularity = if job.action_level {
        AccessAdvisorUsageGranularityType::ActionLevel
    } else {
        AccessAdvisorUsageGranularityType::ServiceLevel
    };
    Ok(GetServiceLastAccessedDetailsResponse {
        job_status: JobStatusType::Completed,
        job_type: Some(granularity),
        job_creation_date: at,
        job_completion_date: at,
        is_truncated: page.is_truncated(),
        services_last_accessed: page.items,
        marker: page.marker,
        error: None,
    })
}

/// Who may use the service, whether or not they did.
pub fn get_service_last_accessed_details_with_entities(
    cx: &mut Cx<'_>,
    input: GetServiceLastAccessedDetailsWithEntitiesRequest,
) -> Result<GetServiceLastAccessedDetailsWithEntitiesResponse, Error> {
    let job = job(cx, &input.job_id)?;
    let at = Timestamp::from_seconds(job.created);
    let namespace = &input.service_namespace;
    let mut details = Vec::new();
    let entities = if job.services.contains(namespace) { job.entities } else { Vec::new() };
    for id in entities {
        let used = job.uses.iter().find(|used| used.of == *namespace && used.entity == id);
        if let Some(entity) = entity::by_id(cx.tx, cx.account(), &id)? {
            details.push((id, entity_shape(cx.account(), entity, used.map(|used| used.at))));
        }
    }
    details.sort_by(|(a, _), (b, _)| a.cmp(b));
    let scope = format!("GetServiceLastAccessedDetailsWithEntities {} {namespace}", input.job_id);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, details)?;
    Ok(GetServiceLastAccessedDetailsWithEntitiesResponse {
        job_status: JobStatusType::Completed,
        job_creation_date: at,
        job_completion_date: at,
        is_truncated: page.is_truncated(),
        entity_details_list: page.items,
        marker: page.marker,
        error: None,
    })
}

/// The user, group, role or policy of the ARN.
///
/// # Errors
/// NoSuchEntity; AWS's sentence is not known.
pub fn get(tx: &Tx, account: AccountId, text: &str) -> Result<Subject, Error> {
    let missing = || error::no_such_entity(format!("ARN {text} is not found."));
    find(tx, account, text)?.ok_or_else(missing)
}

fn find(tx: &Tx, account: AccountId, text: &str) -> Result<Option<Subject>, Error> {
    let Some(parts) = arn::parts(text) else { return Ok(None) };
    let kind = match parts.kind {
        "user" => Kind::User,
        "group" => Kind::Group,
        "role" => Kind::Role,
        _ => return Ok(managed::find(tx, account, text)?.map(Subject::Policy)),
    };
    if parts.owner != Owner::Account(account) {
        return Ok(None);
    }
    let found = entity::at(tx, account, kind, (parts.path, parts.name))?;
    Ok(found.map(Subject::Entity))
}

/// The services that the subject's policies grant, who may use them, and who did.
fn job_of(
    tx: &Tx,
    account: AccountId,
    subject: Subject,
    action_level: bool,
) -> Result<AccessJobRecord, Error> {
    let (policies, entities) = match subject {
        Subject::Policy(policy) => {
            let source = policy.source(tx, account, "access advisor")?;
            (vec![source], entities_of(tx, account, policy.id())?)
        }
        Subject::Entity(entity) => {
            let policies = compile::policies(tx, account, &entity)?;
            let entities = if entity.kind == Kind::Group {
                membership::members_of(tx, account, &entity.id)?
            } else {
                vec![entity]
            };
            (policies, entities)
        }
    };
    let granted: BTreeSet<String> =
        policies.iter().flat_map(|source| granted::namespaces(&source.policy)).collect();
    let (mut uses, mut actions) = (Vec::new(), Vec::new());
    for entity in &entities {
        let of = (account.number(), &entity.id);
        for ((_, _, service), used) in SERVICE_USES.scan(tx, SERVICE_USES.prefix(of), usize::MAX)? {
            if granted.contains(&service) {
                uses.push(last_use(service, entity, used));
            }
        }
        if !action_level {
            continue;
        }
        for ((_, _, action), used) in ACTION_USES.scan(tx, ACTION_USES.prefix(of), usize::MAX)? {
            if granted.contains(&used.service) {
                actions.push(last_use(action, entity, used));
            }
        }
    }
    Ok(AccessJobRecord {
        created: 0,
        action_level,
        services: granted.into_iter().collect(),
        entities: entities.into_iter().map(|entity| entity.id).collect(),
        uses,
        actions,
    })
}

fn last_use(of: String, entity: &Entity, used: UseRecord) -> LastUse {
    LastUse { of, entity: entity.id.clone(), at: used.at, region: used.region }
}

/// The users and roles that a policy is attached to; of its groups, the members.
fn entities_of(tx: &Tx, account: AccountId, policy: &str) -> Result<Vec<Entity>, Error> {
    let rows = ATTACHED_TO.scan(tx, ATTACHED_TO.prefix((account.number(), policy)), usize::MAX)?;
    let mut found = Vec::new();
    for ((_, _, id), ()) in rows {
        match entity::by_id(tx, account, &id)? {
            Some(group) if group.kind == Kind::Group => {
                found.extend(membership::members_of(tx, account, &group.id)?);
            }
            Some(entity) => found.push(entity),
            None => {}
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found.dedup_by(|a, b| a.id == b.id);
    Ok(found)
}

fn job(cx: &Cx<'_>, id: &str) -> Result<AccessJobRecord, Error> {
    let now = cx.now().as_seconds();
    let found = ACCESS_JOBS.get(cx.tx, (cx.account().number(), id))?;
    let fresh = found.filter(|job| now < job.created.saturating_add(SECONDS_KEPT));
    // AWS's sentence is not known.
    fresh.ok_or_else(|| error::no_such_entity(format!("Job {id} is not found.")))
}

fn service_shape(
    cx: &Cx<'_>,
    namespace: &str,
    job: &AccessJobRecord,
) -> Result<ServiceLastAccessed, Error> {
    let used = || job.uses.iter().filter(|used| used.of == namespace);
    let mut shape = ServiceLastAccessed {
        service_name: granted::service_name(namespace).to_owned(),
        service_namespace: namespace.to_owned(),
        total_authenticated_entities: i32::try_from(used().count()).ok(),
        ..ServiceLastAccessed::default()
    };
    if let Some(last) = used().max_by_key(|used| used.at) {
        shape.last_authenticated = Some(Timestamp::from_seconds(last.at));
        shape.last_authenticated_entity = arn_of(cx, &last.entity)?;
        shape.last_authenticated_region = Some(last.region.clone());
    }
    if job.action_level {
        let actions = tracked_action::of_service(namespace).into_iter();
        let actions = actions.map(|action| action_shape(cx, namespace, action, &job.actions));
        let actions = actions.collect::<Result<Vec<_>, _>>()?;
        shape.tracked_actions_last_accessed = (!actions.is_empty()).then_some(actions);
    }
    Ok(shape)
}

fn action_shape(
    cx: &Cx<'_>,
    namespace: &str,
    action: &str,
    uses: &[LastUse],
) -> Result<TrackedActionLastAccessed, Error> {
    let whole = format!("{namespace}:{action}");
    let last = uses.iter().filter(|used| used.of == whole).max_by_key(|used| used.at);
    let mut shape = TrackedActionLastAccessed {
        action_name: Some(action.to_owned()),
        ..TrackedActionLastAccessed::default()
    };
    if let Some(last) = last {
        shape.last_accessed_entity = arn_of(cx, &last.entity)?;
        shape.last_accessed_time = Some(Timestamp::from_seconds(last.at));
        shape.last_accessed_region = Some(last.region.clone());
    }
    Ok(shape)
}

fn arn_of(cx: &Cx<'_>, id: &str) -> Result<Option<String>, Error> {
    let entity = entity::by_id(cx.tx, cx.account(), id)?;
    Ok(entity.map(|entity| entity.arn(cx.account())))
}

fn entity_shape(account: AccountId, entity: Entity, last: Option<i64>) -> EntityDetails {
    EntityDetails {
        entity_info: EntityInfo {
            arn: entity.arn(account),
            name: entity.name,
            r#type: owner_type(entity.kind),
            id: entity.id,
            path: Some(entity.path),
        },
        last_authenticated: last.map(Timestamp::from_seconds),
    }
}

/// As answers name the kind.
#[must_use]
pub const fn owner_type(kind: Kind) -> PolicyOwnerEntityType {
    match kind {
        Kind::User => PolicyOwnerEntityType::User,
        Kind::Group => PolicyOwnerEntityType::Group,
        Kind::Role => PolicyOwnerEntityType::Role,
    }
}
