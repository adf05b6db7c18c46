//! Tags of users, roles and policies. Keys are unique without regard to case and keep theirs.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>

use api::iam::{
    ListPolicyTagsRequest, ListPolicyTagsResponse, ListRoleTagsRequest, ListRoleTagsResponse,
    ListUserTagsRequest, ListUserTagsResponse, Tag, TagPolicyRequest, TagPolicyResponse,
    TagRoleRequest, TagRoleResponse, TagUserRequest, TagUserResponse, UntagPolicyRequest,
    UntagPolicyResponse, UntagRoleRequest, UntagRoleResponse, UntagUserRequest, UntagUserResponse,
};
use gateway::{Cx, Error};

use crate::entity::{self, Kind};
use crate::managed_policy::{self as managed, Managed};
use crate::page::{self, Ask, Page};
use crate::{count, error};

const TAGS_PER_RESOURCE: usize = 50;

/// Key and value, in the order in which they were set.
pub type Tags = Vec<(String, String)>;

pub fn list_policy_tags(
    cx: &mut Cx<'_>,
    input: ListPolicyTagsRequest,
) -> Result<ListPolicyTagsResponse, Error> {
    let tags = match managed::get(cx.tx, cx.account(), &input.policy_arn)? {
        Managed::Aws(_) => Vec::new(),
        Managed::Own(policy) => policy.tags,
    };
    let page = list(cx, &input.policy_arn, &tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListPolicyTagsResponse {
        is_truncated: page.is_truncated(),
        tags: page.items,
        marker: page.marker,
    })
}

pub fn list_role_tags(
    cx: &mut Cx<'_>,
    input: ListRoleTagsRequest,
) -> Result<ListRoleTagsResponse, Error> {
    let role = entity::get(cx.tx, cx.account(), Kind::Role, &input.role_name)?;
    let page = list(cx, &role.id, &role.tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListRoleTagsResponse {
        is_truncated: page.is_truncated(),
        tags: page.items,
        marker: page.marker,
    })
}

pub fn list_user_tags(
    cx: &mut Cx<'_>,
    input: ListUserTagsRequest,
) -> Result<ListUserTagsResponse, Error> {
    let user = entity::get(cx.tx, cx.account(), Kind::User, &input.user_name)?;
    let page = list(cx, &user.id, &user.tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListUserTagsResponse {
        is_truncated: page.is_truncated(),
        tags: page.items,
        marker: page.marker,
    })
}

pub fn tag_policy(cx: &mut Cx<'_>, input: TagPolicyRequest) -> Result<TagPolicyResponse, Error> {
    let mut policy = managed::own(cx, "TagPolicy", &input.policy_arn)?;
    policy.tags = merged(cx, policy.tags, &input.tags, "TagsPerPolicy")?;
    let account = cx.account();
    managed::put(cx.tx, account, &policy)?;
    Ok(TagPolicyResponse::default())
}

pub fn tag_role(cx: &mut Cx<'_>, input: TagRoleRequest) -> Result<TagRoleResponse, Error> {
    tag(cx, Kind::Role, &input.role_name, &input.tags)?;
    Ok(TagRoleResponse::default())
}

pub fn tag_user(cx: &mut Cx<'_>, input: TagUserRequest) -> Result<TagUserResponse, Error> {
    tag(cx, Kind::User, &input.user_name, &input.tags)?;
    Ok(TagUserResponse::default())
}

pub fn untag_policy(
    cx: &mut Cx<'_>,
    input: UntagPolicyRequest,
) -> Result<UntagPolicyResponse, Error> {
    let mut policy = managed::own(cx, "UntagPolicy", &input.policy_arn)?;
    policy.tags = without(policy.tags, &input.tag_keys);
    let account = cx.account();
    managed::put(cx.tx, account, &policy)?;
    Ok(UntagPolicyResponse::default())
}

pub fn untag_role(cx: &mut Cx<'_>, input: UntagRoleRequest) -> Result<UntagRoleResponse, Error> {
    untag(cx, Kind::Role, &input.role_name, &input.tag_keys)?;
    Ok(UntagRoleResponse::default())
}

pub fn untag_user(cx: &mut Cx<'_>, input: UntagUserRequest) -> Result<UntagUserResponse, Error> {
    untag(cx, Kind::User, &input.user_name, &input.tag_keys)?;
    Ok(UntagUserResponse::default())
}

/// The tags of a new resource.
///
/// # Errors
/// InvalidInput: a key twice, or one that is AWS's.
pub fn checked(tags: &[Tag]) -> Result<Tags, Error> {
    let mut checked: Tags = Vec::with_capacity(tags.len());
    for tag in tags {
        if tag.key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
            // IAM's own sentence is not known; this is the one that other services print.
            let message = "aws: prefixed tag key names are not allowed for external use.";
            return Err(error::invalid_input(message));
        }
        if checked.iter().any(|(key, _)| same_key(key, &tag.key)) {
            return Err(error::duplicate_tag_keys());
        }
        checked.push((tag.key.clone(), tag.value.clone()));
    }
    Ok(checked)
}

#[must_use]
pub fn shapes(tags: &[(String, String)]) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

/// AWS leaves the element out where there are none.
#[must_use]
pub fn shapes_if_any(tags: &[(String, String)]) -> Option<Vec<Tag>> {
    (!tags.is_empty()).then(|| shapes(tags))
}

/// Whether two keys are the same to AWS.
#[must_use]
pub fn same_key(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn tag(cx: &mut Cx<'_>, kind: Kind, name: &str, tags: &[Tag]) -> Result<(), Error> {
    let mut entity = entity::get_to_describe(cx, kind, name)?;
    let quota = if kind == Kind::Role { "TagsPerRole" } else { "TagsPerUser" };
    entity.tags = merged(cx, entity.tags, tags, quota)?;
    let account = cx.account();
    entity::put(cx.tx, account, &entity)
}

fn untag(cx: &mut Cx<'_>, kind: Kind, name: &str, keys: &[String]) -> Result<(), Error> {
    let mut entity = entity::get_to_describe(cx, kind, name)?;
    entity.tags = without(entity.tags, keys);
    let account = cx.account();
    entity::put(cx.tx, account, &entity)
}

/// The tags with others added or changed.
///
/// # Errors
/// InvalidInput, LimitExceeded.
pub fn merged(cx: &Cx<'_>, mut tags: Tags, added: &[Tag], quota: &str) -> Result<Tags, Error> {
    for (key, value) in checked(added)? {
        match tags.iter_mut().find(|(known, _)| same_key(known, &key)) {
            Some(known) => *known = (key, value),
            None => tags.push((key, value)),
        }
    }
    let most = count::raised(cx, TAGS_PER_RESOURCE);
    if tags.len() > most { Err(error::limit(quota, most)) } else { Ok(tags) }
}

#[must_use]
pub fn without(mut tags: Tags, keys: &[String]) -> Tags {
    tags.retain(|(known, _)| !keys.iter().any(|key| same_key(known, key)));
    tags
}

/// A page of tags, sorted by key.
///
/// # Errors
/// `Invalid Marker.`
pub fn list(
    cx: &Cx<'_>,
    of: &str,
    tags: &[(String, String)],
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<Tag>, Error> {
    let mut tags: Vec<_> = shapes(tags).into_iter().map(|tag| (tag.key.clone(), tag)).collect();
    tags.sort_by(|(a, _), (b, _)| a.cmp(b));
    let scope = format!("tags {of}");
    page::sorted(cx, Ask { scope: &scope, marker, max_items }, tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(keys: &[&str]) -> Vec<Tag> {
        let tag = |key: &&str| Tag { key: (*key).to_owned(), value: String::new() };
        keys.iter().map(tag).collect()
    }

    #[test]
    fn keys_that_differ_in_case_only_are_the_same_key() {
        let error = checked(&tags(&["Team", "tEAM"])).expect_err("twice");
        assert_eq!(error.code(), "InvalidInput");
    }

    #[test]
    fn keys_of_aws_are_refused_in_any_case() {
        assert!(checked(&tags(&["AWS:x"])).is_err());
        assert!(checked(&tags(&["aws"])).is_ok());
    }
}
