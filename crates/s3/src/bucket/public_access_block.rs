//! Block Public Access of a bucket.
//!
//! AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>.
//! The account's own settings stand in
//! [`crate::control`].

use api::s3::error::NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION;
use api::s3::{
    DeletePublicAccessBlockRequest, DeletePublicAccessBlockResponse, GetPublicAccessBlockOutput,
    GetPublicAccessBlockRequest, PublicAccessBlockConfiguration, PutPublicAccessBlockRequest,
    PutPublicAccessBlockResponse,
};
use gateway::{Cx, Error};

use crate::bucket;
use crate::record::{BUCKETS, PublicAccessBlock};

pub fn get_public_access_block(
    cx: &mut Cx<'_>,
    input: GetPublicAccessBlockRequest,
) -> Result<GetPublicAccessBlockOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let block = found.bucket.public_access_block.ok_or_else(|| {
        let message = "The public access block configuration was not found";
        Error::new(NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION, message)
            .with("BucketName", &found.bucket.name)
    })?;
    let configuration = PublicAccessBlockConfiguration {
        block_public_acls: Some(block.block_public_acls),
        ignore_public_acls: Some(block.ignore_public_acls),
        block_public_policy: Some(block.block_public_policy),
        restrict_public_buckets: Some(block.restrict_public_buckets),
    };
    Ok(GetPublicAccessBlockOutput { public_access_block_configuration: Some(configuration) })
}

/// What the request leaves out is off.
pub fn put_public_access_block(
    cx: &mut Cx<'_>,
    input: PutPublicAccessBlockRequest,
) -> Result<PutPublicAccessBlockResponse, Error> {
    let given = &input.public_access_block_configuration;
    let block = PublicAccessBlock {
        block_public_acls: given.block_public_acls.unwrap_or(false),
        ignore_public_acls: given.ignore_public_acls.unwrap_or(false),
        block_public_policy: given.block_public_policy.unwrap_or(false),
        restrict_public_buckets: given.restrict_public_buckets.unwrap_or(false),
    };
    let mut found = bucket::of(cx, &input)?;
    found.bucket.public_access_block = Some(block);
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(PutPublicAccessBlockResponse::default())
}

pub fn delete_public_access_block(
    cx: &mut Cx<'_>,
    input: DeletePublicAccessBlockRequest,
) -> Result<DeletePublicAccessBlockResponse, Error> {
    let mut found = bucket::of(cx, &input)?;
    found.bucket.public_access_block = None;
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(DeletePublicAccessBlockResponse::default())
}
