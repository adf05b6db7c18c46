//! AWS::IAM::ManagedPolicy. Its physical id is the policy's ARN.
//!
//! AWS: Template reference, "AWS::IAM::ManagedPolicy".

use api::iam::{
    AttachGroupPolicy, AttachGroupPolicyRequest, AttachRolePolicy, AttachRolePolicyRequest,
    AttachUserPolicy, AttachUserPolicyRequest, CreatePolicy, CreatePolicyRequest,
    CreatePolicyVersion, CreatePolicyVersionRequest, DeletePolicy, DeletePolicyRequest,
    DeletePolicyVersion, DeletePolicyVersionRequest, DetachGroupPolicy, DetachGroupPolicyRequest,
    DetachRolePolicy, DetachRolePolicyRequest, DetachUserPolicy, DetachUserPolicyRequest,
    GetPolicy, GetPolicyRequest, ListPolicyVersions, ListPolicyVersionsRequest, Policy,
};

use super::{Failure, Properties, Request, Type, difference};

/// As many versions as IAM keeps of a policy.
const MAX_VERSIONS: usize = 5;

pub static TYPE: Type = Type {
    read: Some(read),
    name_property: Some("ManagedPolicyName"),
    ..Type::new("AWS::IAM::ManagedPolicy", create, update, delete)
};

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = properties.text("ManagedPolicyName").unwrap_or_else(|| request.generated_name());
    let input = CreatePolicyRequest {
        policy_name: name.clone(),
        path: properties.text("Path"),
        policy_document: properties.document("PolicyDocument").unwrap_or_default(),
        description: properties.text("Description"),
        tags: None,
    };
    let made = request.call_create::<CreatePolicy>(&name, input)?.policy.unwrap_or_default();
    let policy_arn = made.arn.clone().unwrap_or_default();
    request.physical_id = Some(policy_arn.clone());
    attach(request, &policy_arn, &Properties::default(), &properties)?;
    let attached = ["Groups", "Roles", "Users"].map(|kind| properties.texts(kind).len());
    describe(request, made, attached.iter().sum());
    Ok(())
}

fn describe(request: &mut Request<'_, '_>, policy: Policy, attached: usize) {
    let date = |at: Option<api::Timestamp>| at.map(api::Timestamp::iso8601);
    let attributes = [
        ("AttachmentCount", Some(attached.to_string())),
        ("CreateDate", date(policy.create_date)),
        ("DefaultVersionId", policy.default_version_id),
        ("IsAttachable", Some("true".to_owned())),
        ("PermissionsBoundaryUsageCount", Some("0".to_owned())),
        ("PolicyArn", policy.arn),
        ("PolicyId", policy.policy_id),
        ("UpdateDate", date(policy.update_date)),
    ];
    for (name, value) in attributes {
        request.attributes.insert(name.to_owned(), value.unwrap_or_default());
    }
}

fn read(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let input = GetPolicyRequest { policy_arn: request.physical_id() };
    let known = request.call_read::<GetPolicy>(input)?.policy.unwrap_or_default();
    let attached = known.attachment_count.and_then(|count| usize::try_from(count).ok());
    describe(request, known, attached.unwrap_or(0));
    Ok(())
}

/// What the template attached is detached; other attachments make IAM refuse.
fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let policy_arn = request.physical_id();
    request.call::<GetPolicy>(GetPolicyRequest { policy_arn: policy_arn.clone() })?;
    detach(request, &policy_arn, &properties, &Properties::default())?;
    delete_versions(request, &policy_arn)?;
    request.call_unless_gone::<DeletePolicy>(DeletePolicyRequest { policy_arn })
}

/// A policy has five versions at most: one page.
fn delete_versions(request: &mut Request<'_, '_>, policy_arn: &str) -> Result<(), Failure> {
    let input = ListPolicyVersionsRequest {
        policy_arn: policy_arn.to_owned(),
        ..ListPolicyVersionsRequest::default()
    };
    let versions = request.call::<ListPolicyVersions>(input)?.versions.unwrap_or_default();
    for version in versions {
        if version.is_default_version != Some(true) {
            let input = DeletePolicyVersionRequest {
                policy_arn: policy_arn.to_owned(),
                version_id: version.version_id.unwrap_or_default(),
            };
            request.call_unless_gone::<DeletePolicyVersion>(input)?;
        }
    }
    Ok(())
}

/// A new document is a new version, and the default one; the oldest of the others makes room for
/// it.
fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let (old, new) = (request.read_old(), request.read());
    let policy_arn = request.physical_id();
    if request.changes(&["PolicyDocument"]) {
        make_room(request, &policy_arn)?;
        request.call::<CreatePolicyVersion>(CreatePolicyVersionRequest {
            policy_arn: policy_arn.clone(),
            policy_document: new.document("PolicyDocument").unwrap_or_default(),
            set_as_default: Some(true),
        })?;
    }
    attach(request, &policy_arn, &old, &new)?;
    detach(request, &policy_arn, &old, &new)?;
    let made = request.call::<GetPolicy>(GetPolicyRequest { policy_arn })?.policy;
    let attached = ["Groups", "Roles", "Users"].map(|kind| new.texts(kind).len());
    describe(request, made.unwrap_or_default(), attached.iter().sum());
    Ok(())
}

fn make_room(request: &mut Request<'_, '_>, policy_arn: &str) -> Result<(), Failure> {
    let input = ListPolicyVersionsRequest {
        policy_arn: policy_arn.to_owned(),
        ..ListPolicyVersionsRequest::default()
    };
    let versions = request.call::<ListPolicyVersions>(input)?.versions.unwrap_or_default();
    if versions.len() < MAX_VERSIONS {
        return Ok(());
    }
    let number = |id: &Option<String>| {
        id.as_deref().and_then(|id| id.strip_prefix('v')?.parse::<u64>().ok())
    };
    let spare = versions.into_iter().filter(|version| version.is_default_version != Some(true));
    let Some(oldest) = spare.min_by_key(|version| number(&version.version_id)) else {
        return Ok(());
    };
    let version_id = oldest.version_id.unwrap_or_default();
    let input = DeletePolicyVersionRequest { policy_arn: policy_arn.to_owned(), version_id };
    request.call_unless_gone::<DeletePolicyVersion>(input)
}

/// Attaches the policy to those whom only the new properties name.
fn attach(
    request: &mut Request<'_, '_>,
    policy_arn: &str,
    old: &Properties,
    new: &Properties,
) -> Result<(), Failure> {
    let added = |kind: &str| difference(&old.texts(kind), &new.texts(kind)).0;
    for group_name in added("Groups") {
        let input = AttachGroupPolicyRequest { group_name, policy_arn: policy_arn.to_owned() };
        request.call::<AttachGroupPolicy>(input)?;
    }
    for role_name in added("Roles") {
        let input = AttachRolePolicyRequest { role_name, policy_arn: policy_arn.to_owned() };
        request.call::<AttachRolePolicy>(input)?;
    }
    for user_name in added("Users") {
        let input = AttachUserPolicyRequest { user_name, policy_arn: policy_arn.to_owned() };
        request.call::<AttachUserPolicy>(input)?;
    }
    Ok(())
}

/// Detaches it from those whom only the old properties name.
fn detach(
    request: &mut Request<'_, '_>,
    policy_arn: &str,
    old: &Properties,
    new: &Properties,
) -> Result<(), Failure> {
    let dropped = |kind: &str| difference(&old.texts(kind), &new.texts(kind)).1;
    for group_name in dropped("Groups") {
        let input = DetachGroupPolicyRequest { group_name, policy_arn: policy_arn.to_owned() };
        request.call_unless_gone::<DetachGroupPolicy>(input)?;
    }
    for role_name in dropped("Roles") {
        let input = DetachRolePolicyRequest { role_name, policy_arn: policy_arn.to_owned() };
        request.call_unless_gone::<DetachRolePolicy>(input)?;
    }
    for user_name in dropped("Users") {
        let input = DetachUserPolicyRequest { user_name, policy_arn: policy_arn.to_owned() };
        request.call_unless_gone::<DetachUserPolicy>(input)?;
    }
    Ok(())
}
