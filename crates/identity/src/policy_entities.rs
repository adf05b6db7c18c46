//! Which users, groups and roles a managed policy is attached to, or bounds.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html>

use api::iam::{
    EntityType, ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse, PolicyGroup,
    PolicyRole, PolicyUsageType, PolicyUser,
};
use gateway::{Cx, Error};

use crate::entity::{self, Entity, Kind};
use crate::managed_policy as managed;
use crate::page::{self, Ask};
use crate::tables::{ATTACHED_TO, BOUNDARY_OF};

pub fn list_entities_for_policy(
    cx: &mut Cx<'_>,
    input: ListEntitiesForPolicyRequest,
) -> Result<ListEntitiesForPolicyResponse, Error> {
    let policy = managed::get(cx.tx, cx.account(), &input.policy_arn)?;
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let mut found = Vec::new();
    for id in users_of(cx, policy.id(), input.policy_usage_filter.as_ref())? {
        let Some(entity) = entity::by_id(cx.tx, cx.account(), &id)? else { continue };
        if entity.path.starts_with(prefix) && is_asked(&entity, input.entity_filter.as_ref()) {
            found.push((id, entity));
        }
    }
    let scope = format!("ListEntitiesForPolicy {} {prefix}", input.policy_arn);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, found)?;
    let of = |kind| page.items.iter().filter(move |entity| entity.kind == kind);
    let groups = of(Kind::Group).map(|group| PolicyGroup {
        group_name: Some(group.name.clone()),
        group_id: Some(group.id.clone()),
    });
    let users = of(Kind::User).map(|user| PolicyUser {
        user_name: Some(user.name.clone()),
        user_id: Some(user.id.clone()),
    });
    let roles = of(Kind::Role).map(|role| PolicyRole {
        role_name: Some(role.name.clone()),
        role_id: Some(role.id.clone()),
    });
    Ok(ListEntitiesForPolicyResponse {
        policy_groups: Some(groups.collect()),
        policy_users: Some(users.collect()),
        policy_roles: Some(roles.collect()),
        is_truncated: page.is_truncated(),
        marker: page.marker.clone(),
    })
}

/// The ids of all who use the policy so, sorted.
fn users_of(
    cx: &Cx<'_>,
    policy: &str,
    usage: Option<&PolicyUsageType>,
) -> Result<Vec<String>, Error> {
    let key = (cx.account().number(), policy);
    let mut rows = Vec::new();
    if usage != Some(&PolicyUsageType::PermissionsBoundary) {
        rows.extend(ATTACHED_TO.scan(cx.tx, ATTACHED_TO.prefix(key), usize::MAX)?);
    }
    if usage != Some(&PolicyUsageType::PermissionsPolicy) {
        rows.extend(BOUNDARY_OF.scan(cx.tx, BOUNDARY_OF.prefix(key), usize::MAX)?);
    }
    let mut ids: Vec<String> = rows.into_iter().map(|((_, _, entity), ())| entity).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

fn is_asked(entity: &Entity, filter: Option<&EntityType>) -> bool {
    filter.is_none_or(|filter| filter.as_str() == entity.kind.title())
}
