//! Versions of the account's managed policies: at most five, one of them in force.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>

use api::Timestamp;
use api::iam::{
    CreatePolicyVersionRequest, CreatePolicyVersionResponse, DeletePolicyVersionRequest,
    DeletePolicyVersionResponse, GetPolicyVersionRequest, GetPolicyVersionResponse,
    ListPolicyVersionsRequest, ListPolicyVersionsResponse, PolicyVersion,
    SetDefaultPolicyVersionRequest, SetDefaultPolicyVersionResponse,
};
use gateway::{Cx, Error};

use crate::managed_policy::{self as managed, Managed, VersionRecord};
use crate::page::{self, Ask};
use crate::tables::VERSIONS;
use crate::{document, epoch, error};

const VERSIONS_PER_POLICY: usize = 5;

pub fn create_policy_version(
    cx: &mut Cx<'_>,
    input: CreatePolicyVersionRequest,
) -> Result<CreatePolicyVersionResponse, Error> {
    let mut policy = managed::own(cx, "CreatePolicyVersion", &input.policy_arn)?;
    managed::check(cx, &input.policy_document)?;
    let number = cx.account().number();
    let range = VERSIONS.prefix((number, &policy.id));
    if VERSIONS.scan(cx.tx, range, VERSIONS_PER_POLICY)?.len() >= VERSIONS_PER_POLICY {
        return Err(Error::new(
            api::iam::error::LIMIT_EXCEEDED,
            "A managed policy can have up to 5 versions. Before you create a new version, you \
             must delete an existing version.",
        ));
    }
    let now = cx.now();
    policy.last_version = policy.last_version.saturating_add(1);
    let is_default = input.set_as_default == Some(true);
    if is_default {
        policy.default_version = policy.last_version;
    }
    policy.updated = now.as_seconds();
    let version = VersionRecord { document: input.policy_document, created: now.as_seconds() };
    VERSIONS.put(cx.tx, (number, &policy.id, policy.last_version), &version)?;
    managed::put(cx.tx, cx.account(), &policy)?;
    Ok(CreatePolicyVersionResponse {
        policy_version: Some(PolicyVersion {
            document: None,
            version_id: Some(format!("v{}", policy.last_version)),
            is_default_version: Some(is_default),
            create_date: Some(Timestamp::from_seconds(version.created)),
        }),
    })
}

pub fn delete_policy_version(
    cx: &mut Cx<'_>,
    input: DeletePolicyVersionRequest,
) -> Result<DeletePolicyVersionResponse, Error> {
    let policy = managed::own(cx, "DeletePolicyVersion", &input.policy_arn)?;
    let key = (cx.account().number(), &policy.id, number(&input.version_id));
    if !VERSIONS.contains(cx.tx, key)? {
        return Err(missing(&input.policy_arn, &input.version_id));
    }
    if key.2 == policy.default_version {
        let conflict = api::iam::error::DELETE_CONFLICT;
        return Err(Error::new(conflict, "Cannot delete the default version of a policy."));
    }
    VERSIONS.delete(cx.tx, key);
    let account = cx.account();
    epoch::touch(cx.tx, account)?;
    Ok(DeletePolicyVersionResponse::default())
}

pub fn get_policy_version(
    cx: &mut Cx<'_>,
    input: GetPolicyVersionRequest,
) -> Result<GetPolicyVersionResponse, Error> {
    let absent = || missing(&input.policy_arn, &input.version_id);
    let (text, is_default, created) = match managed::get(cx.tx, cx.account(), &input.policy_arn)? {
        Managed::Aws(policy) if policy.version == input.version_id => {
            (policy.document()?, true, policy.updated)
        }
        Managed::Aws(_) => return Err(absent()),
        Managed::Own(policy) => {
            let at = number(&input.version_id);
            let key = (cx.account().number(), &policy.id, at);
            let version = VERSIONS.get(cx.tx, key)?.ok_or_else(absent)?;
            let created = Timestamp::from_seconds(version.created);
            (version.document, at == policy.default_version, created)
        }
    };
    Ok(GetPolicyVersionResponse {
        policy_version: Some(PolicyVersion {
            document: Some(document::encoded(&text)),
            version_id: Some(input.version_id),
            is_default_version: Some(is_default),
            create_date: Some(created),
        }),
    })
}

/// The newest first.
pub fn list_policy_versions(
    cx: &mut Cx<'_>,
    input: ListPolicyVersionsRequest,
) -> Result<ListPolicyVersionsResponse, Error> {
    let mut versions = Vec::new();
    let shape = |id: String, is_default, created| PolicyVersion {
        document: None,
        version_id: Some(id),
        is_default_version: Some(is_default),
        create_date: Some(created),
    };
    match managed::get(cx.tx, cx.account(), &input.policy_arn)? {
        Managed::Aws(policy) => {
            versions.push((String::new(), shape(policy.version.clone(), true, policy.updated)));
        }
        Managed::Own(policy) => {
            let range = VERSIONS.prefix((cx.account().number(), &policy.id));
            for ((_, _, at), version) in VERSIONS.scan_reverse(cx.tx, range, usize::MAX)? {
                let created = Timestamp::from_seconds(version.created);
                let shape = shape(format!("v{at}"), at == policy.default_version, created);
                versions.push((format!("{:010}", !at), shape));
            }
        }
    }
    let scope = format!("ListPolicyVersions {}", input.policy_arn);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, versions)?;
    Ok(ListPolicyVersionsResponse {
        is_truncated: page.is_truncated(),
        versions: Some(page.items),
        marker: page.marker,
    })
}

pub fn set_default_policy_version(
    cx: &mut Cx<'_>,
    input: SetDefaultPolicyVersionRequest,
) -> Result<SetDefaultPolicyVersionResponse, Error> {
    let mut policy = managed::own(cx, "SetDefaultPolicyVersion", &input.policy_arn)?;
    let version = number(&input.version_id);
    if !VERSIONS.contains(cx.tx, (cx.account().number(), &policy.id, version))? {
        return Err(missing(&input.policy_arn, &input.version_id));
    }
    policy.default_version = version;
    policy.updated = cx.now().as_seconds();
    let account = cx.account();
    managed::put(cx.tx, account, &policy)?;
    Ok(SetDefaultPolicyVersionResponse::default())
}

/// `v3` is 3; 0, which is no version, for what is none.
fn number(id: &str) -> u32 {
    id.strip_prefix('v').and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn missing(arn: &str, version: &str) -> Error {
    let message = format!("Policy {arn} version {version} does not exist or is not attachable.");
    error::no_such_entity(message)
}
