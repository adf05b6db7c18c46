//! DeleteBucket: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html>

use api::s3::error::BUCKET_NOT_EMPTY;
use api::s3::{DeleteBucketRequest, DeleteBucketResponse};
use gateway::{Cx, Error};

use crate::bucket;
use crate::record::{BUCKETS, CORS, NAMES, OBJECTS, OWNED, PARTS, POLICIES, UPLOADS};

/// Uploads that are not completed go with the bucket; the sweeper collects their blobs.
pub fn delete_bucket(
    cx: &mut Cx<'_>,
    input: DeleteBucketRequest,
) -> Result<DeleteBucketResponse, Error> {
    let found = bucket::of(cx, &input)?;
    if !OBJECTS.scan(cx.tx, OBJECTS.prefix((found.id,)), 1)?.is_empty() {
        let message = match found.bucket.versioning {
            None => "The bucket you tried to delete is not empty",
            Some(_) => {
                "The bucket you tried to delete is not empty. You must delete all versions in \
                 the bucket."
            }
        };
        return Err(Error::new(BUCKET_NOT_EMPTY, message).with("BucketName", input.bucket));
    }
    let name = found.bucket.name.as_str();
    NAMES.delete(cx.tx, name);
    OWNED.delete(cx.tx, (found.bucket.account.number(), name));
    BUCKETS.delete(cx.tx, found.id);
    POLICIES.delete(cx.tx, found.id);
    CORS.delete(cx.tx, found.id);
    UPLOADS.delete_prefix(cx.tx, (found.id,));
    PARTS.delete_prefix(cx.tx, (found.id,));
    Ok(DeleteBucketResponse::default())
}
