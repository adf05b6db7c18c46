//! GetBucketAcl and PutBucketAcl.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html>

use api::s3::{GetBucketAclOutput, GetBucketAclRequest, PutBucketAclRequest, PutBucketAclResponse};
use gateway::{Cx, Error};

use crate::acl::{self, Acl};
use crate::bucket;
use crate::record::BUCKETS;

pub fn get_bucket_acl(
    cx: &mut Cx<'_>,
    input: GetBucketAclRequest,
) -> Result<GetBucketAclOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let owner = found.bucket.account;
    let acl = found.bucket.acl.as_ref().filter(|_| found.bucket.has_acls());
    let grants = Some(acl::show::grants(cx, acl, owner)?);
    Ok(GetBucketAclOutput { owner: Some(bucket::owner(cx, owner)?), grants })
}

pub fn put_bucket_acl(
    cx: &mut Cx<'_>,
    input: PutBucketAclRequest,
) -> Result<PutBucketAclResponse, Error> {
    let mut found = bucket::of(cx, &input)?;
    let owner = found.bucket.account;
    let given = input.access_control_policy.as_ref();
    let acl = acl::read::put(cx, &input, given, owner, owner)?;
    let arn = found.arn();
    acl::read::check(cx, &found, &input, &acl, ("s3:PutBucketAcl", &arn))?;
    if found.bucket.has_acls() {
        found.bucket.acl = Some(acl).filter(|acl| *acl != Acl::private(owner));
        BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    }
    Ok(PutBucketAclResponse::default())
}
