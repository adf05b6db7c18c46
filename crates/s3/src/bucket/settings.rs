//! The settings that every bucket has and that cannot be changed yet: clients ask for them.
//!
//! AWS: GetBucketVersioning, GetBucketEncryption, GetBucketOwnershipControls, GetBucketAcl and
//! GetObjectAcl of a bucket as it is made.

use api::s3::{
    GetBucketAclOutput, GetBucketAclRequest, GetBucketEncryptionOutput, GetBucketEncryptionRequest,
    GetBucketOwnershipControlsOutput, GetBucketOwnershipControlsRequest, GetBucketVersioningOutput,
    GetBucketVersioningRequest, Grant, Grantee, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule, Permission, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Type,
};
use gateway::{AccountId, Cx, Error};

use crate::bucket;

/// Never enabled: an empty answer.
pub fn get_bucket_versioning(
    cx: &mut Cx<'_>,
    input: GetBucketVersioningRequest,
) -> Result<GetBucketVersioningOutput, Error> {
    bucket::of(cx, &input)?;
    Ok(GetBucketVersioningOutput::default())
}

/// SSE-S3, as every bucket since January 2023.
pub fn get_bucket_encryption(
    cx: &mut Cx<'_>,
    input: GetBucketEncryptionRequest,
) -> Result<GetBucketEncryptionOutput, Error> {
    bucket::of(cx, &input)?;
    let by_default = ServerSideEncryptionByDefault {
        sse_algorithm: ServerSideEncryption::Aes256,
        ..ServerSideEncryptionByDefault::default()
    };
    let rule = ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(by_default),
        bucket_key_enabled: Some(false),
        ..ServerSideEncryptionRule::default()
    };
    let server_side_encryption_configuration =
        Some(ServerSideEncryptionConfiguration { rules: vec![rule] });
    Ok(GetBucketEncryptionOutput { server_side_encryption_configuration })
}

pub fn get_bucket_ownership_controls(
    cx: &mut Cx<'_>,
    input: GetBucketOwnershipControlsRequest,
) -> Result<GetBucketOwnershipControlsOutput, Error> {
    bucket::of(cx, &input)?;
    let rule = OwnershipControlsRule { object_ownership: ObjectOwnership::BucketOwnerEnforced };
    let ownership_controls = Some(OwnershipControls { rules: vec![rule] });
    Ok(GetBucketOwnershipControlsOutput { ownership_controls })
}

pub fn get_bucket_acl(
    cx: &mut Cx<'_>,
    input: GetBucketAclRequest,
) -> Result<GetBucketAclOutput, Error> {
    let account = bucket::of(cx, &input)?.bucket.account;
    let grants = Some(owner_alone(cx, account)?);
    Ok(GetBucketAclOutput { owner: Some(bucket::owner(cx, account)?), grants })
}

/// What an access control list says under BucketOwnerEnforced: the bucket's owner has full control.
///
/// # Errors
/// Only what the store says.
pub fn owner_alone(cx: &Cx<'_>, account: AccountId) -> Result<Vec<Grant>, Error> {
    let owner = bucket::owner(cx, account)?;
    let grantee = Grantee { id: owner.id, r#type: Type::CanonicalUser, ..Grantee::default() };
    Ok(vec![Grant { grantee: Some(grantee), permission: Some(Permission::FullControl) }])
}
