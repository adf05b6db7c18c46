//! Tags of topics. Keys differ by case.
//!
//! AWS: <https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html>

use std::collections::BTreeMap;

use api::sns::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, Tag, TagResourceRequest,
    TagResourceResponse, UntagResourceRequest, UntagResourceResponse, error as codes,
};
use gateway::{Cx, Error};

use crate::arn::TopicArn;
use crate::error;
use crate::tables::{self, Topic};

const TAGS_MAX: usize = 50;

pub fn list_tags_for_resource(
    cx: &mut Cx<'_>,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Error> {
    let (_, topic) = tagged(cx, &input.resource_arn)?;
    let tag = |(key, value): (String, String)| Tag { key, value };
    Ok(ListTagsForResourceResponse { tags: Some(topic.tags.into_iter().map(tag).collect()) })
}

pub fn tag_resource(
    cx: &mut Cx<'_>,
    input: TagResourceRequest,
) -> Result<TagResourceResponse, Error> {
    let (arn, mut topic) = tagged(cx, &input.resource_arn)?;
    topic.tags.extend(read(&input.tags)?);
    check_number(&topic.tags)?;
    tables::put(cx, &arn, &topic)?;
    Ok(TagResourceResponse::default())
}

pub fn untag_resource(
    cx: &mut Cx<'_>,
    input: UntagResourceRequest,
) -> Result<UntagResourceResponse, Error> {
    let (arn, mut topic) = tagged(cx, &input.resource_arn)?;
    topic.tags.retain(|key, _| !input.tag_keys.contains(key));
    tables::put(cx, &arn, &topic)?;
    Ok(UntagResourceResponse::default())
}

/// The tags of a request.
///
/// # Errors
/// A key twice, or one that is AWS's.
pub fn read(tags: &[Tag]) -> Result<BTreeMap<String, String>, Error> {
    let mut read = BTreeMap::new();
    for tag in tags {
        if tag.key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
            let reason = "aws: prefixed tag key names are not allowed for external use.";
            return Err(error::invalid(&format!("Tags Reason: {reason}")));
        }
        if read.insert(tag.key.clone(), tag.value.clone()).is_some() {
            return Err(error::invalid("Duplicated keys are not allowed."));
        }
    }
    Ok(read)
}

/// # Errors
/// `TagLimitExceeded`
pub fn check_number(tags: &BTreeMap<String, String>) -> Result<(), Error> {
    if tags.len() <= TAGS_MAX {
        return Ok(());
    }
    let message = "Could not complete request: tag quota of per resource exceeded";
    Err(Error::new(codes::TAG_LIMIT_EXCEEDED, message))
}

fn tagged(cx: &Cx<'_>, text: &str) -> Result<(TopicArn, Topic), Error> {
    let arn = TopicArn::parse("ResourceArn", text)?;
    let topic = tables::find(cx, &arn)?.ok_or_else(error::no_resource)?;
    Ok((arn, topic))
}
