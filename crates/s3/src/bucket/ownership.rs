//! Object ownership of a bucket.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>

use api::s3::error::{
    INVALID_BUCKET_ACL_WITH_OBJECT_OWNERSHIP, OWNERSHIP_CONTROLS_NOT_FOUND_ERROR,
};
use api::s3::{
    DeleteBucketOwnershipControlsRequest, DeleteBucketOwnershipControlsResponse,
    GetBucketOwnershipControlsOutput, GetBucketOwnershipControlsRequest, ObjectOwnership,
    OwnershipControls, OwnershipControlsRule, PutBucketOwnershipControlsRequest,
    PutBucketOwnershipControlsResponse,
};
use gateway::{Cx, Error};

use crate::record::{BUCKETS, Ownership};
use crate::{bucket, error};

pub fn get_bucket_ownership_controls(
    cx: &mut Cx<'_>,
    input: GetBucketOwnershipControlsRequest,
) -> Result<GetBucketOwnershipControlsOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let object_ownership = match found.bucket.ownership() {
        Ownership::Enforced => ObjectOwnership::BucketOwnerEnforced,
        Ownership::Preferred => ObjectOwnership::BucketOwnerPreferred,
        Ownership::Writer => ObjectOwnership::ObjectWriter,
        Ownership::Deleted => {
            let message = "The bucket ownership controls were not found";
            return Err(Error::new(OWNERSHIP_CONTROLS_NOT_FOUND_ERROR, message)
                .with("BucketName", found.bucket.name));
        }
    };
    let rules = vec![OwnershipControlsRule { object_ownership }];
    let ownership_controls = Some(OwnershipControls { rules });
    Ok(GetBucketOwnershipControlsOutput { ownership_controls })
}

pub fn put_bucket_ownership_controls(
    cx: &mut Cx<'_>,
    input: PutBucketOwnershipControlsRequest,
) -> Result<PutBucketOwnershipControlsResponse, Error> {
    let [rule] = input.ownership_controls.rules.as_slice() else {
        return Err(error::malformed_xml());
    };
    let ownership = match &rule.object_ownership {
        ObjectOwnership::BucketOwnerEnforced => Ownership::Enforced,
        ObjectOwnership::BucketOwnerPreferred => Ownership::Preferred,
        ObjectOwnership::ObjectWriter => Ownership::Writer,
        ObjectOwnership::Unknown(_) => return Err(error::malformed_xml()),
    };
    let mut found = bucket::of(cx, &input)?;
    if ownership == Ownership::Enforced && found.bucket.has_acls() && found.bucket.acl.is_some() {
        let message =
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
        return Err(Error::new(INVALID_BUCKET_ACL_WITH_OBJECT_OWNERSHIP, message));
    }
    found.bucket.ownership = Some(ownership);
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(PutBucketOwnershipControlsResponse::default())
}

pub fn delete_bucket_ownership_controls(
    cx: &mut Cx<'_>,
    input: DeleteBucketOwnershipControlsRequest,
) -> Result<DeleteBucketOwnershipControlsResponse, Error> {
    let mut found = bucket::of(cx, &input)?;
    found.bucket.ownership = Some(Ownership::Deleted);
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    Ok(DeleteBucketOwnershipControlsResponse::default())
}
