//! Tags of parameters. Keys differ by case.
//!
//! AWS: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html>

use std::collections::BTreeMap;

use api::ssm::{
    AddTagsToResourceRequest, AddTagsToResourceResult, ListTagsForResourceRequest,
    ListTagsForResourceResult, RemoveTagsFromResourceRequest, RemoveTagsFromResourceResult,
    ResourceTypeForTagging, Tag, error,
};
use gateway::{Cx, Error};

use crate::error as say;
use crate::name;
use crate::tables::{self, Parameter};

const TAGS_MAX: usize = 50;

pub fn add_tags_to_resource(
    cx: &mut Cx<'_>,
    input: AddTagsToResourceRequest,
) -> Result<AddTagsToResourceResult, Error> {
    let (path, mut parameter) = tagged(cx, &input.resource_type, &input.resource_id)?;
    parameter.tags = added(parameter.tags, &input.tags)?;
    tables::put(cx, &path, &parameter)?;
    Ok(AddTagsToResourceResult::default())
}

pub fn list_tags_for_resource(
    cx: &mut Cx<'_>,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResult, Error> {
    let (_, parameter) = tagged(cx, &input.resource_type, &input.resource_id)?;
    let tag = |(key, value): (String, String)| Tag { key, value };
    Ok(ListTagsForResourceResult { tag_list: Some(parameter.tags.into_iter().map(tag).collect()) })
}

pub fn remove_tags_from_resource(
    cx: &mut Cx<'_>,
    input: RemoveTagsFromResourceRequest,
) -> Result<RemoveTagsFromResourceResult, Error> {
    let (path, mut parameter) = tagged(cx, &input.resource_type, &input.resource_id)?;
    parameter.tags.retain(|key, _| !input.tag_keys.contains(key));
    tables::put(cx, &path, &parameter)?;
    Ok(RemoveTagsFromResourceResult::default())
}

/// The tags with others added or changed.
///
/// # Errors
/// `TooManyTagsError`, and a key that is AWS's.
pub fn added(
    mut tags: BTreeMap<String, String>,
    new: &[Tag],
) -> Result<BTreeMap<String, String>, Error> {
    for tag in new {
        if tag.key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
            let message = "aws: prefixed tag key names are not allowed for external use.";
            return Err(Error::validation(message));
        }
        tags.insert(tag.key.clone(), tag.value.clone());
    }
    if tags.len() > TAGS_MAX {
        let message = "The number of tags on the resource exceeds the limit of 50.";
        return Err(Error::new(error::TOO_MANY_TAGS_ERROR, message));
    }
    Ok(tags)
}

/// The parameter that is tagged, by its name; of other types there is nothing here.
fn tagged(
    cx: &Cx<'_>,
    kind: &ResourceTypeForTagging,
    id: &str,
) -> Result<(String, Parameter), Error> {
    if *kind != ResourceTypeForTagging::Parameter {
        return Err(say::invalid_resource_id());
    }
    let path = name::path(id).map_err(|_| say::invalid_resource_id())?;
    let parameter = tables::find(cx, &path)?.ok_or_else(say::invalid_resource_id)?;
    Ok((path, parameter))
}
