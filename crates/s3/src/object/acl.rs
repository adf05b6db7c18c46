//! GetObjectAcl and PutObjectAcl. Under BucketOwnerEnforced the bucket's owner has full control,
//! and nobody else is named.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html>

use api::s3::{GetObjectAclOutput, GetObjectAclRequest, PutObjectAclOutput, PutObjectAclRequest};
use gateway::{Cx, Error};

use crate::acl::{self, Acl};
use crate::bucket;
use crate::object::{self, version};

pub fn get_object_acl(
    cx: &mut Cx<'_>,
    input: GetObjectAclRequest,
) -> Result<GetObjectAclOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let object = object::read(cx, &input, &found, &input.key, input.version_id.as_deref())?;
    if let Some(version) = object::shown_version(&found, &object) {
        cx.add_header("x-amz-version-id", version);
    }
    let has_acls = found.bucket.has_acls();
    let owner = object.owner.filter(|_| has_acls).unwrap_or(found.bucket.account);
    let acl = object.acl.as_ref().filter(|_| has_acls);
    Ok(GetObjectAclOutput {
        owner: Some(bucket::owner(cx, owner)?),
        grants: Some(acl::show::grants(cx, acl, owner)?),
        ..GetObjectAclOutput::default()
    })
}

pub fn put_object_acl(
    cx: &mut Cx<'_>,
    input: PutObjectAclRequest,
) -> Result<PutObjectAclOutput, Error> {
    let found = bucket::of(cx, &input)?;
    if input.version_id.is_none() {
        object::refuse_marker(cx, &found, &input.key)?;
    }
    let mut object = object::read(cx, &input, &found, &input.key, input.version_id.as_deref())?;
    let bucket_owner = found.bucket.account;
    let owner = object.owner.unwrap_or(bucket_owner);
    let given = input.access_control_policy.as_ref();
    let acl = acl::read::put(cx, &input, given, owner, bucket_owner)?;
    let arn = format!("{}/{}", found.arn(), input.key);
    acl::read::check(cx, &found, &input, &acl, ("s3:PutObjectAcl", &arn))?;
    if found.bucket.has_acls() {
        object.acl = Some(acl).filter(|acl| *acl != Acl::private(owner));
        version::update(cx, &found.id, &input.key, &object)?;
    }
    if let Some(version) = object::shown_version(&found, &object) {
        cx.add_header("x-amz-version-id", version);
    }
    Ok(PutObjectAclOutput::default())
}
