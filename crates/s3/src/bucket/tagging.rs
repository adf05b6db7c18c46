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
    let tags =
        tag::document(input.tagging.tag_set.as_deref().unwrap_or_default(), tag::Of::Bucket)?;
    let mut found = bucket::of(cx, &input)?;
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
    found.bucket.tags = None;
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(DeleteBucketTaggingResponse::default())
}
