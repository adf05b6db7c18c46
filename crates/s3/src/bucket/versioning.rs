//! GetBucketVersioning and PutBucketVersioning.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>.
//! Deliberately absent: MFA delete.

use api::s3::error::{ILLEGAL_VERSIONING_CONFIGURATION_EXCEPTION, INVALID_BUCKET_STATE};
use api::s3::{
    BucketVersioningStatus, GetBucketVersioningOutput, GetBucketVersioningRequest, MFADelete,
    PutBucketVersioningRequest, PutBucketVersioningResponse,
};
use gateway::{Cx, Error};

use crate::record::{BUCKETS, Versioning};
use crate::{bucket, error};

/// Never enabled: an empty answer.
pub fn get_bucket_versioning(
    cx: &mut Cx<'_>,
    input: GetBucketVersioningRequest,
) -> Result<GetBucketVersioningOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let status = found.bucket.versioning.map(|versioning| match versioning {
        Versioning::Enabled => BucketVersioningStatus::Enabled,
        Versioning::Suspended => BucketVersioningStatus::Suspended,
    });
    Ok(GetBucketVersioningOutput { status, ..GetBucketVersioningOutput::default() })
}

pub fn put_bucket_versioning(
    cx: &mut Cx<'_>,
    input: PutBucketVersioningRequest,
) -> Result<PutBucketVersioningResponse, Error> {
    let configuration = &input.versioning_configuration;
    match &configuration.mfa_delete {
        None | Some(MFADelete::Disabled) => {}
        Some(MFADelete::Enabled) => return Err(error::unsupported("x-amz-mfa")),
        Some(MFADelete::Unknown(_)) => return Err(error::malformed_xml()),
    }
    let versioning = match &configuration.status {
        Some(BucketVersioningStatus::Enabled) => Versioning::Enabled,
        Some(BucketVersioningStatus::Suspended) => Versioning::Suspended,
        Some(BucketVersioningStatus::Unknown(_)) => return Err(error::malformed_xml()),
        None => {
            let message = "The Versioning element must be specified";
            return Err(Error::new(ILLEGAL_VERSIONING_CONFIGURATION_EXCEPTION, message));
        }
    };
    let mut found = bucket::of(cx, &input)?;
    if found.bucket.object_lock.is_some() && versioning != Versioning::Enabled {
        let message = "An Object Lock configuration is present on this bucket, so the versioning \
                       state cannot be changed.";
        return Err(Error::new(INVALID_BUCKET_STATE, message));
    }
    found.bucket.versioning = Some(versioning);
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(PutBucketVersioningResponse::default())
}
