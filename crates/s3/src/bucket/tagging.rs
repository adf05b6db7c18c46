//! GetBucketTagging, PutBucketTagging and DeleteBucketTagging.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html>

use api::s3::error::NO_SUCH_TAG_SET;
use api::s3::{
    DeleteBucketTaggingRequest, DeleteBucketTaggingResponse, GetBucketTaggingOutput,
    GetBucketTaggingRequest, PutBucketTaggingRequest, PutBucketTaggingResponse,
};
use gateway::{Cx, Error};

use crate::record::BUCKETS;
use crate::{bucket, tag};

pub fn get_bucket_tagging(
    cx: &mut Cx<'_>,
    input: GetBucketTaggingRequest,
) -> Result<GetBucketTaggingOutput, Error> {
    let found = bucket::of(cx, &input)?;
    if found.bucket.tags.is_none() {
        return Err(Error::new(NO_SUCH_TAG_SET, "The TagSet does not exist")
            .with("BucketName", found.bucket.name));
    }
    Ok(GetBucketTaggingOutput { tag_set: tag::list(found.bucket.tags.as_ref()) })
}

pub fn put_bucket_tagging(
    cx: &mut Cx<'_>,
    input: PutBucketTaggingRequest,
) -> Result<PutBucketTaggingResponse, Error> {
    let mut found = bucket::of(cx, &input)?;
    let before = found.bucket.tags.take().unwrap_or_default();
    let given = input.tagging.tag_set.as_deref().unwrap_or_default();
    let tags = tag::replacing(&before, given, cx.request().is_of_service())?;
    found.bucket.tags = Some(tags).filter(|tags| !tags.is_empty());
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    cx.set_status(204);
    Ok(PutBucketTaggingResponse::default())
}

pub fn delete_bucket_tagging(
    cx: &mut Cx<'_>,
    input: DeleteBucketTaggingRequest,
) -> Result<DeleteBucketTaggingResponse, Error> {
    let mut found = bucket::of(cx, &input)?;
    // System tags stay, whoever deletes the others.
    let system = found.bucket.tags.as_ref().map(tag::system_of);
    found.bucket.tags = system.filter(|tags| !tags.is_empty());
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(DeleteBucketTaggingResponse::default())
}
