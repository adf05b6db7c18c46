//! All users, groups, roles and policies of an account with how they hang together.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use api::Timestamp;
use api::iam::{
    AttachedPolicy, EntityType, GetAccountAuthorizationDetailsRequest,
    GetAccountAuthorizationDetailsResponse, GroupDetail, ManagedPolicyDetail, PolicyDetail,
    PolicyVersion, RoleDetail, UserDetail,
};
use gateway::{AccountId, Cx, Error};
use store::Tx;

use crate::entity::{Entity, Kind};
use crate::managed_policy::{self as managed, Managed};
use crate::page::{self, Ask};
use crate::tables::{ATTACHMENTS, ENTITIES, INLINE, POLICIES, VERSIONS};
use crate::{
    arn, aws_managed_policy as aws, boundary, document, instance_profile, membership, role, tag,
};

/// What a page is made of, before it is known which of it the page shows.
enum Item {
    Entity(Entity),
    Policy(Managed),
}

/// Users, groups, roles and policies, in this order; of AWS's policies those that are used.
pub fn get_account_authorization_details(
    cx: &mut Cx<'_>,
    input: GetAccountAuthorizationDetailsRequest,
) -> Result<GetAccountAuthorizationDetailsResponse, Error> {
    let account = cx.account();
    let filter = input.filter.unwrap_or_default();
    let items = items(cx.tx, account, &filter)?;
    let names: Vec<_> = filter.iter().map(EntityType::as_str).collect();
    let scope = format!("GetAccountAuthorizationDetails {}", names.join(","));
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, items)?;
    let is_truncated = page.is_truncated();
    let mut response = GetAccountAuthorizationDetailsResponse {
        user_detail_list: Some(Vec::new()),
        group_detail_list: Some(Vec::new()),
        role_detail_list: Some(Vec::new()),
        policies: Some(Vec::new()),
        is_truncated,
        marker: page.marker,
    };
    for item in page.items {
        match item {
            Item::Policy(policy) => {
                let detail = policy_detail(cx.tx, account, &policy)?;
                response.policies.get_or_insert_default().push(detail);
            }
            Item::Entity(entity) => match entity.kind {
                Kind::User => {
                    let detail = user_detail(cx.tx, account, &entity)?;
                    response.user_detail_list.get_or_insert_default().push(detail);
                }
                Kind::Group => {
                    let detail = group_detail(cx.tx, account, entity)?;
                    response.group_detail_list.get_or_insert_default().push(detail);
                }
                Kind::Role => {
                    let detail = role_detail(cx.tx, account, &entity)?;
                    response.role_detail_list.get_or_insert_default().push(detail);
                }
            },
        }
    }
    Ok(response)
}

/// Each with its place, sorted.
fn items(tx: &Tx, account: AccountId, filter: &[EntityType]) -> Result<Vec<(String, Item)>, Error> {
    let wanted = |kind: EntityType| filter.is_empty() || filter.contains(&kind);
    let mut items = Vec::new();
    let kinds = [
        (0, Kind::User, EntityType::User),
        (1, Kind::Group, EntityType::Group),
        (2, Kind::Role, EntityType::Role),
    ];
    for (order, kind, word) in kinds {
        if wanted(word) {
            let range = ENTITIES.prefix((account.number(), kind as u8));
            for ((_, _, name), entity) in ENTITIES.scan(tx, range, usize::MAX)? {
                items.push((format!("{order} {name}"), Item::Entity(entity)));
            }
        }
    }
    let mut policies = Vec::new();
    if wanted(EntityType::LocalManagedPolicy) {
        let own = POLICIES.scan(tx, POLICIES.prefix((account.number(),)), usize::MAX)?;
        policies.extend(own.into_iter().map(|(_, policy)| Managed::Own(policy)));
    }
    if wanted(EntityType::AWSManagedPolicy) {
        for policy in aws::all() {
            if managed::is_used(tx, account, &policy.id)? {
                policies.push(Managed::Aws(policy));
            }
        }
    }
    let place = |policy: &Managed| format!("3 {}", managed::place(policy));
    items.extend(policies.into_iter().map(|policy| (place(&policy), Item::Policy(policy))));
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(items)
}

fn user_detail(tx: &Tx, account: AccountId, user: &Entity) -> Result<UserDetail, Error> {
    let groups = membership::groups_of(tx, account, &user.id)?;
    let inline = inline_policies(tx, account, &user.id)?;
    Ok(UserDetail {
        path: Some(user.path.clone()),
        user_name: Some(user.name.clone()),
        user_id: Some(user.id.clone()),
        arn: Some(user.arn(account)),
        create_date: Some(user.created()),
        user_policy_list: (!inline.is_empty()).then_some(inline),
        group_list: Some(groups.into_iter().map(|group| group.name).collect()),
        attached_managed_policies: Some(attached_policies(tx, account, &user.id)?),
        permissions_boundary: boundary::shape(user),
        tags: Some(tag::shapes(&user.tags)),
    })
}

fn group_detail(tx: &Tx, account: AccountId, group: Entity) -> Result<GroupDetail, Error> {
    Ok(GroupDetail {
        arn: Some(group.arn(account)),
        create_date: Some(group.created()),
        group_policy_list: Some(inline_policies(tx, account, &group.id)?),
        attached_managed_policies: Some(attached_policies(tx, account, &group.id)?),
        path: Some(group.path),
        group_name: Some(group.name),
        group_id: Some(group.id),
    })
}

fn role_detail(tx: &Tx, account: AccountId, role: &Entity) -> Result<RoleDetail, Error> {
    let shape = role::shape(tx, account, role)?;
    let profiles = instance_profile::of_role(tx, account, &role.id)?;
    let profiles = profiles.iter().map(|profile| instance_profile::shape(tx, account, profile));
    Ok(RoleDetail {
        path: Some(shape.path),
        role_name: Some(shape.role_name),
        role_id: Some(shape.role_id),
        arn: Some(shape.arn),
        create_date: Some(shape.create_date),
        assume_role_policy_document: shape.assume_role_policy_document,
        instance_profile_list: Some(profiles.collect::<Result<_, _>>()?),
        role_policy_list: Some(inline_policies(tx, account, &role.id)?),
        attached_managed_policies: Some(attached_policies(tx, account, &role.id)?),
        permissions_boundary: boundary::shape(role),
        tags: Some(tag::shapes(&role.tags)),
        role_last_used: Some(role::last_used(tx, account, &role.id)?),
    })
}

fn policy_detail(
    tx: &Tx,
    account: AccountId,
    policy: &Managed,
) -> Result<ManagedPolicyDetail, Error> {
    let shape = managed::listed(tx, account, policy)?;
    let (description, versions) = match policy {
        Managed::Aws(policy) => {
            let only = PolicyVersion {
                document: Some(document::encoded(&policy.document()?)),
                version_id: Some(policy.version.clone()),
                is_default_version: Some(true),
                create_date: Some(policy.updated),
            };
            (policy.description.clone(), vec![only])
        }
        Managed::Own(policy) => {
            let range = VERSIONS.prefix((account.number(), &policy.id));
            let rows = VERSIONS.scan_reverse(tx, range, usize::MAX)?;
            let versions = rows.into_iter().map(|((_, _, number), version)| PolicyVersion {
                document: Some(document::encoded(&version.document)),
                version_id: Some(format!("v{number}")),
                is_default_version: Some(number == policy.default_version),
                create_date: Some(Timestamp::from_seconds(version.created)),
            });
            (policy.description.clone(), versions.collect())
        }
    };
    Ok(ManagedPolicyDetail {
        policy_name: shape.policy_name,
        policy_id: shape.policy_id,
        arn: shape.arn,
        path: shape.path,
        default_version_id: shape.default_version_id,
        attachment_count: shape.attachment_count,
        permissions_boundary_usage_count: shape.permissions_boundary_usage_count,
        is_attachable: shape.is_attachable,
        description,
        create_date: shape.create_date,
        update_date: shape.update_date,
        policy_version_list: Some(versions),
    })
}

fn inline_policies(tx: &Tx, account: AccountId, of: &str) -> Result<Vec<PolicyDetail>, Error> {
    let rows = INLINE.scan(tx, INLINE.prefix((account.number(), of)), usize::MAX)?;
    let shapes = rows.into_iter().map(|(_, inline)| PolicyDetail {
        policy_document: Some(document::encoded(&inline.document)),
        policy_name: Some(inline.name),
    });
    Ok(shapes.collect())
}

fn attached_policies(tx: &Tx, account: AccountId, of: &str) -> Result<Vec<AttachedPolicy>, Error> {
    let rows = ATTACHMENTS.scan(tx, ATTACHMENTS.prefix((account.number(), of)), usize::MAX)?;
    let mut shapes: Vec<_> = rows
        .into_iter()
        .map(|(_, attached)| AttachedPolicy {
            policy_name: arn::parts(&attached.arn).map(|parts| parts.name.to_owned()),
            policy_arn: Some(attached.arn),
        })
        .collect();
    shapes.sort_by(|a, b| a.policy_name.cmp(&b.policy_name));
    Ok(shapes)
}
