//! GetObjectAcl, under BucketOwnerEnforced: the bucket's owner has full control, and nobody else is
//! named.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html>

use api::s3::{GetObjectAclOutput, GetObjectAclRequest};
use gateway::{Cx, Error};

use crate::bucket::{self, settings};
use crate::object;

pub fn get_object_acl(
    cx: &mut Cx<'_>,
    input: GetObjectAclRequest,
) -> Result<GetObjectAclOutput, Error> {
    object::check_version(input.version_id.as_deref())?;
    let found = bucket::of(cx, &input)?;
    if object::current(cx.tx, &found.id, &input.key)?.is_none() {
        return Err(object::missing(cx, &input, &found, &input.key));
    }
    let account = found.bucket.account;
    Ok(GetObjectAclOutput {
        owner: Some(bucket::owner(cx, account)?),
        grants: Some(settings::owner_alone(cx, account)?),
        ..GetObjectAclOutput::default()
    })
}
