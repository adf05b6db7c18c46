//! Managed policies: the account's own, and AWS's beside them.
//!
//! Versions stand in [`crate::policy_version`], attachments in [`crate::attachment`].
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html>

use api::Timestamp;
use api::iam::{
    CreatePolicyRequest, CreatePolicyResponse, DeletePolicyRequest, DeletePolicyResponse,
    GetPolicyRequest, GetPolicyResponse, ListPoliciesRequest, ListPoliciesResponse, Policy,
    PolicyScopeType, PolicyUsageType,
};
use gateway::{AccountId, Cx, Error};
use minicbor::{Decode, Encode};
use policy::{Kind, PolicyId, Source};
use store::{Record, Tx};

use crate::arn::Owner;
use crate::aws_managed_policy::{self as aws, AwsPolicy};
use crate::page::{self, Ask};
use crate::tables::{ATTACHED_TO, BOUNDARY_OF, POLICIES, VERSIONS};
use crate::{arn, count, document, epoch, error, tag};

const POLICIES_PER_ACCOUNT: usize = 1500;
/// Characters without white space.
const SIZE_MAX: usize = 6144;
const COUNTED: &str = "policy";

#[derive(Debug, Clone, Encode, Decode)]
pub struct PolicyRecord {
    /// `ANPA…`
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub path: String,
    #[n(3)]
    pub description: Option<String>,
    #[n(4)]
    pub default_version: u32,
    /// The highest number given: numbers are never given again.
    #[n(5)]
    pub last_version: u32,
    /// Seconds.
    #[n(6)]
    pub created: i64,
    /// Seconds.
    #[n(7)]
    pub updated: i64,
    #[n(8)]
    pub tags: Vec<(String, String)>,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct VersionRecord {
    #[n(0)]
    pub document: String,
    /// Seconds.
    #[n(1)]
    pub created: i64,
}

impl Record for PolicyRecord {
    const VERSION: u8 = 1;
}

impl Record for VersionRecord {
    const VERSION: u8 = 1;
}

/// A managed policy as an account sees it.
#[derive(Debug, Clone)]
pub enum Managed {
    Aws(&'static AwsPolicy),
    Own(PolicyRecord),
}

/// How many entities use a policy.
#[derive(Debug, Clone, Copy, Default)]
struct Usage {
    attached: usize,
    bounding: usize,
}

impl Managed {
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Aws(policy) => &policy.id,
            Self::Own(policy) => &policy.id,
        }
    }

    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Aws(policy) => &policy.path,
            Self::Own(policy) => &policy.path,
        }
    }

    #[must_use]
    pub fn arn(&self, account: AccountId) -> String {
        match self {
            Self::Aws(policy) => policy.arn.clone(),
            Self::Own(policy) => policy.arn(account),
        }
    }

    /// The default version, compiled, as attached to `owner`.
    ///
    /// # Errors
    /// What the store says; a kept document that does not parse.
    pub fn source(&self, tx: &Tx, account: AccountId, owner: &str) -> Result<Source, Error> {
        let compiled = match self {
            Self::Aws(policy) => policy.policy()?,
            Self::Own(policy) => {
                let key = (account.number(), &policy.id, policy.default_version);
                let version = VERSIONS.get(tx, key)?;
                let version =
                    version.ok_or_else(|| Error::internal("a policy without its version"))?;
                document::kept(&version.document, Kind::Identity)?
            }
        };
        Ok(Source { policy: compiled, id: PolicyId::managed(&self.arn(account), owner) })
    }

    /// As answers show it; listings show less.
    fn shape(&self, account: AccountId, usage: Usage) -> Policy {
        let mut shape = Policy {
            arn: Some(self.arn(account)),
            attachment_count: i32::try_from(usage.attached).ok(),
            permissions_boundary_usage_count: i32::try_from(usage.bounding).ok(),
            is_attachable: Some(true),
            policy_id: Some(self.id().to_owned()),
            path: Some(self.path().to_owned()),
            ..Policy::default()
        };
        match self {
            Self::Aws(policy) => {
                shape.policy_name = Some(policy.name.clone());
                shape.default_version_id = Some(policy.version.clone());
                shape.create_date = Some(policy.created);
                shape.update_date = Some(policy.updated);
            }
            Self::Own(policy) => {
                shape.policy_name = Some(policy.name.clone());
                shape.default_version_id = Some(format!("v{}", policy.default_version));
                shape.create_date = Some(Timestamp::from_seconds(policy.created));
                shape.update_date = Some(Timestamp::from_seconds(policy.updated));
            }
        }
        shape
    }
}

impl PolicyRecord {
    #[must_use]
    pub fn arn(&self, account: AccountId) -> String {
        arn::of(account, "policy", &self.path, &self.name)
    }
}

pub fn create_policy(
    cx: &mut Cx<'_>,
    input: CreatePolicyRequest,
) -> Result<CreatePolicyResponse, Error> {
    let account = cx.account();
    check(cx, &input.policy_document)?;
    let tags = tag::checked(input.tags.as_deref().unwrap_or_default())?;
    let key = (account.number(), input.policy_name.to_lowercase());
    if POLICIES.contains(cx.tx, &key)? {
        let name = &input.policy_name;
        let message =
            format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(error::already_exists(message));
    }
    count::add(cx, COUNTED, "PoliciesPerAccount", POLICIES_PER_ACCOUNT)?;
    let now = cx.now().as_seconds();
    let record = PolicyRecord {
        id: cx.unique_id("ANPA"),
        name: input.policy_name,
        path: input.path.unwrap_or_else(|| "/".to_owned()),
        description: input.description,
        default_version: 1,
        last_version: 1,
        created: now,
        updated: now,
        tags,
    };
    let version = VersionRecord { document: input.policy_document, created: now };
    VERSIONS.put(cx.tx, (account.number(), &record.id, 1u32), &version)?;
    put(cx.tx, account, &record)?;
    let tags = tag::shapes_if_any(&record.tags);
    let policy = Policy { tags, ..Managed::Own(record).shape(account, Usage::default()) };
    Ok(CreatePolicyResponse { policy: Some(policy) })
}

pub fn delete_policy(
    cx: &mut Cx<'_>,
    input: DeletePolicyRequest,
) -> Result<DeletePolicyResponse, Error> {
    let account = cx.account();
    let number = account.number();
    let record = own(cx, "DeletePolicy", &input.policy_arn)?;
    let usage = usage(cx.tx, account, &record.id)?;
    if usage.attached + usage.bounding > 0 {
        let conflict = api::iam::error::DELETE_CONFLICT;
        return Err(Error::new(conflict, "Cannot delete a policy attached to entities."));
    }
    let versions = VERSIONS.prefix((number, &record.id));
    if VERSIONS.scan(cx.tx, versions, 2)?.len() > 1 {
        return Err(Error::new(
            api::iam::error::DELETE_CONFLICT,
            "This policy has more than one version. Before you delete a policy, you must delete \
             the policy's versions. The default version is deleted with the policy.",
        ));
    }
    VERSIONS.delete_prefix(cx.tx, (number, &record.id));
    POLICIES.delete(cx.tx, (number, record.name.to_lowercase()));
    count::subtract(cx.tx, account, COUNTED)?;
    epoch::touch(cx.tx, account)?;
    Ok(DeletePolicyResponse::default())
}

pub fn get_policy(cx: &mut Cx<'_>, input: GetPolicyRequest) -> Result<GetPolicyResponse, Error> {
    let found = get(cx.tx, cx.account(), &input.policy_arn)?;
    let usage = usage(cx.tx, cx.account(), found.id())?;
    let (description, tags) = match &found {
        Managed::Aws(policy) => (policy.description.clone(), Vec::new()),
        Managed::Own(policy) => (policy.description.clone(), tag::shapes(&policy.tags)),
    };
    let shape = found.shape(cx.account(), usage);
    Ok(GetPolicyResponse { policy: Some(Policy { description, tags: Some(tags), ..shape }) })
}

pub fn list_policies(
    cx: &mut Cx<'_>,
    input: ListPoliciesRequest,
) -> Result<ListPoliciesResponse, Error> {
    let account = cx.account();
    let mut candidates = Vec::new();
    if !matches!(input.scope, Some(PolicyScopeType::Local)) {
        candidates.extend(aws::all().iter().map(Managed::Aws));
    }
    if !matches!(input.scope, Some(PolicyScopeType::Aws)) {
        let own = POLICIES.scan(cx.tx, POLICIES.prefix((account.number(),)), usize::MAX)?;
        candidates.extend(own.into_iter().map(|(_, policy)| Managed::Own(policy)));
    }
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    candidates.retain(|policy| policy.path().starts_with(prefix));
    let asks_usage = input.policy_usage_filter.is_some() || input.only_attached == Some(true);
    if asks_usage {
        candidates = used(cx.tx, account, candidates, &input)?;
    }
    let mut policies: Vec<_> = candidates.into_iter().map(|one| (place(&one), one)).collect();
    policies.sort_by(|(a, _), (b, _)| a.cmp(b));
    let scope = input.scope.as_ref().map_or("All", PolicyScopeType::as_str);
    let scope = format!("ListPolicies {scope} {prefix}");
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, policies)?;
    let shapes = page.items.iter().map(|policy| listed(cx.tx, account, policy));
    Ok(ListPoliciesResponse {
        is_truncated: page.is_truncated(),
        policies: Some(shapes.collect::<Result<_, _>>()?),
        marker: page.marker,
    })
}

/// Those that are used as the listing asks for.
fn used(
    tx: &Tx,
    account: AccountId,
    candidates: Vec<Managed>,
    input: &ListPoliciesRequest,
) -> Result<Vec<Managed>, Error> {
    let mut found = Vec::new();
    for policy in candidates {
        let usage = usage(tx, account, policy.id())?;
        let is_used = match input.policy_usage_filter {
            Some(PolicyUsageType::PermissionsPolicy) => usage.attached > 0,
            Some(PolicyUsageType::PermissionsBoundary) => usage.bounding > 0,
            _ => true,
        };
        if is_used && (input.only_attached != Some(true) || usage.attached > 0) {
            found.push(policy);
        }
    }
    Ok(found)
}

/// The policy of that ARN: the account's own, or AWS's.
///
/// # Errors
/// Only what the store says.
pub fn find(tx: &Tx, account: AccountId, arn: &str) -> Result<Option<Managed>, Error> {
    let Some(parts) = arn::parts(arn).filter(|parts| parts.kind == "policy") else {
        return Ok(None);
    };
    match parts.owner {
        Owner::Aws => Ok(aws::find(arn).map(Managed::Aws)),
        Owner::Account(owner) if owner == account => {
            let found = POLICIES.get(tx, (account.number(), parts.name.to_lowercase()))?;
            let same = |found: &PolicyRecord| found.name == parts.name && found.path == parts.path;
            Ok(found.filter(same).map(Managed::Own))
        }
        Owner::Account(_) => Ok(None),
    }
}

/// The policy of that ARN.
///
/// # Errors
/// NoSuchEntity.
pub fn get(tx: &Tx, account: AccountId, arn: &str) -> Result<Managed, Error> {
    find(tx, account, arn)?
        .ok_or_else(|| error::no_such_entity(format!("Policy {arn} was not found.")))
}

/// The account's own policy of that ARN, to be changed by `operation`.
///
/// # Errors
/// NoSuchEntity; AccessDenied for AWS's policies, which nobody changes.
pub fn own(cx: &Cx<'_>, operation: &str, arn: &str) -> Result<PolicyRecord, Error> {
    if arn::parts(arn).is_some_and(|parts| parts.owner == Owner::Aws) {
        let caller = cx.caller_arn();
        return Err(Error::access_denied(format!(
            "User: {caller} is not authorized to perform: iam:{operation} on resource: policy {arn}"
        )));
    }
    match get(cx.tx, cx.account(), arn)? {
        Managed::Own(record) => Ok(record),
        Managed::Aws(_) => Err(Error::internal("a policy of AWS under an account's ARN")),
    }
}

/// Writes an own policy.
///
/// # Errors
/// Only what the store says.
pub fn put(tx: &mut Tx, account: AccountId, record: &PolicyRecord) -> Result<(), Error> {
    POLICIES.put(tx, (account.number(), record.name.to_lowercase()), record)?;
    epoch::touch(tx, account)
}

/// A document that may become a version.
///
/// # Errors
/// MalformedPolicyDocument, LimitExceeded.
pub fn check(cx: &Cx<'_>, text: &str) -> Result<(), Error> {
    let most = count::raised(cx, SIZE_MAX);
    if document::size(text) > most {
        return Err(error::limit("PolicySize", most));
    }
    document::check(text, Kind::Identity).map(drop)
}

/// Where a policy stands in listings: by name; the id tells AWS's and the account's own apart.
#[must_use]
pub fn place(policy: &Managed) -> String {
    let name = match policy {
        Managed::Aws(policy) => &policy.name,
        Managed::Own(policy) => &policy.name,
    };
    format!("{} {}", name.to_lowercase(), policy.id())
}

/// As listings show a policy.
///
/// # Errors
/// Only what the store says.
pub fn listed(tx: &Tx, account: AccountId, policy: &Managed) -> Result<Policy, Error> {
    Ok(policy.shape(account, usage(tx, account, policy.id())?))
}

/// Whether a policy is attached to anything, or bounds anything.
///
/// # Errors
/// Only what the store says.
pub fn is_used(tx: &Tx, account: AccountId, id: &str) -> Result<bool, Error> {
    let key = (account.number(), id);
    Ok(!ATTACHED_TO.scan(tx, ATTACHED_TO.prefix(key), 1)?.is_empty()
        || !BOUNDARY_OF.scan(tx, BOUNDARY_OF.prefix(key), 1)?.is_empty())
}

fn usage(tx: &Tx, account: AccountId, id: &str) -> Result<Usage, Error> {
    let key = (account.number(), id);
    Ok(Usage {
        attached: ATTACHED_TO.scan(tx, ATTACHED_TO.prefix(key), usize::MAX)?.len(),
        bounding: BOUNDARY_OF.scan(tx, BOUNDARY_OF.prefix(key), usize::MAX)?.len(),
    })
}
