//! Tags of accounts, units, policies and the root. Keys differ by case.
//!
//! AWS: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html>

use api::organizations::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, Tag, TagResourceRequest,
    TagResourceResponse, UntagResourceRequest, UntagResourceResponse,
};
use gateway::{Cx, Error};

use super::page::{self, Ask};
use super::record::{MEMBERS, ORGANIZATIONS, OrganizationRecord, Tags};
use super::{policy, say, tree, unit};

const TAGS_MAX: usize = 50;

pub fn tag_resource(
    cx: &mut Cx<'_>,
    input: TagResourceRequest,
) -> Result<TagResourceResponse, Error> {
    let organization = tree::managed(cx)?;
    let new = checked(&input.tags)?;
    change(cx, &organization, &input.resource_id, |mut tags| {
        for (key, value) in new {
            match tags.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = value,
                None => tags.push((key, value)),
            }
        }
        refuse_many(tags)
    })?;
    Ok(TagResourceResponse::default())
}

pub fn untag_resource(
    cx: &mut Cx<'_>,
    input: UntagResourceRequest,
) -> Result<UntagResourceResponse, Error> {
    let organization = tree::managed(cx)?;
    change(cx, &organization, &input.resource_id, |mut tags| {
        tags.retain(|(key, _)| !input.tag_keys.contains(key));
        Ok(tags)
    })?;
    Ok(UntagResourceResponse::default())
}

pub fn list_tags_for_resource(
    cx: &mut Cx<'_>,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Error> {
    let organization = tree::readable(cx)?;
    let mut tags = of(cx, &organization, &input.resource_id)?;
    tags.sort();
    let tags = tags.into_iter().map(|(key, value)| (key.clone(), Tag { key, value })).collect();
    let scope = format!("ListTagsForResource {}", input.resource_id);
    let most = Some(TAGS_MAX as i32);
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most };
    let (tags, next_token) = page::of(cx, ask, tags)?;
    Ok(ListTagsForResourceResponse { tags, next_token })
}

/// The tags of something new.
///
/// # Errors
/// InvalidInputException: a key twice, or one that is AWS's; ConstraintViolationException.
pub fn checked(tags: &[Tag]) -> Result<Tags, Error> {
    let mut checked = Tags::with_capacity(tags.len());
    for tag in tags {
        if tag.key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
            // (unverified)
            let message = "You can't add, edit, or delete system tag keys because they're \
                           reserved for AWS use.";
            return Err(say::invalid("INVALID_SYSTEM_TAGS_PARAMETER", message));
        }
        if checked.iter().any(|(key, _)| *key == tag.key) {
            // (unverified)
            let message = "Tag keys must be unique among the tags attached to the same entity.";
            return Err(say::invalid("DUPLICATE_TAG_KEY", message));
        }
        checked.push((tag.key.clone(), tag.value.clone()));
    }
    refuse_many(checked)
}

fn refuse_many(tags: Tags) -> Result<Tags, Error> {
    if tags.len() > TAGS_MAX {
        // (unverified)
        let message = "You have exceeded the number of tags allowed on this resource.";
        return Err(say::constraint("MAX_TAG_LIMIT_EXCEEDED", message));
    }
    Ok(tags)
}

fn of(cx: &Cx<'_>, organization: &OrganizationRecord, id: &str) -> Result<Tags, Error> {
    if id == organization.root {
        return Ok(organization.root_tags.clone());
    }
    if id.starts_with("p-") {
        let policy = super::control::find(cx.tx, organization, id)?;
        return policy.map(|policy| policy.tags).ok_or_else(say::no_target);
    }
    if let Some((_, member)) = tree::member(cx.tx, organization, id)? {
        return Ok(member.tags);
    }
    tree::unit(cx.tx, organization, id)?.map(|unit| unit.tags).ok_or_else(say::no_target)
}

fn change(
    cx: &mut Cx<'_>,
    organization: &OrganizationRecord,
    id: &str,
    change: impl FnOnce(Tags) -> Result<Tags, Error>,
) -> Result<(), Error> {
    let tags = change(of(cx, organization, id)?)?;
    if id == organization.root {
        let organization = OrganizationRecord { root_tags: tags, ..organization.clone() };
        return Ok(ORGANIZATIONS.put(cx.tx, &organization.id, &organization)?);
    }
    if id.starts_with("p-") {
        let mut policy = policy::get(cx.tx, organization, id)?;
        policy::refuse_managed(&policy)?;
        policy.tags = tags;
        return policy::put(cx.tx, organization, &policy);
    }
    if let Some((account, mut member)) = tree::member(cx.tx, organization, id)? {
        member.tags = tags;
        return Ok(MEMBERS.put(cx.tx, account.number(), &member)?);
    }
    let mut found = tree::unit(cx.tx, organization, id)?.ok_or_else(say::no_target)?;
    found.tags = tags;
    unit::put(cx.tx, organization, &found)
}
