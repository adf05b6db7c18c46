//! Bucket policies: kept with users and roles by unique id, shown with their ARNs, compiled once
//! for each version.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>. The language
//! itself is the policy crate's.

mod check;
mod compiled;

use api::Structure;
use api::s3::error::{ACCESS_DENIED, METHOD_NOT_ALLOWED, NO_SUCH_BUCKET_POLICY};
use api::s3::{
    DeleteBucketPolicyRequest, DeleteBucketPolicyResponse, GetBucketPolicyOutput,
    GetBucketPolicyRequest, GetBucketPolicyStatusOutput, GetBucketPolicyStatusRequest,
    PolicyStatus, PutBucketPolicyRequest, PutBucketPolicyResponse,
};
use gateway::{Attached, Cx, Error, principals};
use policy::ResourceKind;

use crate::bucket::{self, Found};
use crate::record::{BUCKETS, BucketPolicy, POLICIES};
use crate::{control, error};

pub fn put_bucket_policy(
    cx: &mut Cx<'_>,
    input: PutBucketPolicyRequest,
) -> Result<PutBucketPolicyResponse, Error> {
    let mut found = own(cx, &input)?;
    let checked = check::check(cx, &found, &input.policy)?;
    if checked.is_public && control::effective(cx.tx, &found)?.block_public_policy {
        return Err(public_policy_blocked(cx, &found));
    }
    found.bucket.policy = Some(store::random()?);
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    POLICIES.put(cx.tx, found.id, &BucketPolicy { text: checked.text })?;
    Ok(PutBucketPolicyResponse::default())
}

pub fn get_bucket_policy(
    cx: &mut Cx<'_>,
    input: GetBucketPolicyRequest,
) -> Result<GetBucketPolicyOutput, Error> {
    let found = own(cx, &input)?;
    let kept = POLICIES.get(cx.tx, found.id)?.ok_or_else(|| no_policy(&found))?;
    Ok(GetBucketPolicyOutput {
        policy: Some(principals::show(cx.tx, cx.directory().names(), &kept.text)?),
    })
}

pub fn delete_bucket_policy(
    cx: &mut Cx<'_>,
    input: DeleteBucketPolicyRequest,
) -> Result<DeleteBucketPolicyResponse, Error> {
    let mut found = own(cx, &input)?;
    found.bucket.policy = None;
    BUCKETS.put(cx.tx, found.id, &found.bucket)?;
    POLICIES.delete(cx.tx, found.id);
    Ok(DeleteBucketPolicyResponse::default())
}

pub fn get_bucket_policy_status(
    cx: &mut Cx<'_>,
    input: GetBucketPolicyStatusRequest,
) -> Result<GetBucketPolicyStatusOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let attached = attached(cx, &found)?.ok_or_else(|| no_policy(&found))?;
    let is_public = Some(policy::is_public(&attached.source.policy));
    Ok(GetBucketPolicyStatusOutput { policy_status: Some(PolicyStatus { is_public }) })
}

/// A bucket of the caller's account: others may be allowed to and still cannot.
fn own(cx: &Cx<'_>, input: &dyn Structure) -> Result<Found, Error> {
    let found = bucket::of(cx, input)?;
    if cx.account() == found.bucket.account && !cx.caller().is_anonymous() {
        return Ok(found);
    }
    let message = "The specified method is not allowed against this resource.";
    Err(Error::new(METHOD_NOT_ALLOWED, message)
        .with("Method", cx.request().method.as_str())
        .with("ResourceType", "BUCKETPOLICY"))
}

/// The bucket's policy as decisions take it.
///
/// # Errors
/// Only what the store says. A kept policy that no longer compiles denies: it is an error, not an
/// absence.
pub fn attached(cx: &Cx<'_>, found: &Found) -> Result<Option<Attached>, Error> {
    let Some(version) = found.bucket.policy else { return Ok(None) };
    let source = compiled::get(cx.tx, found, version)?;
    let restrict_public = control::effective(cx.tx, found)?.restrict_public_buckets;
    Ok(Some(Attached { source, kind: ResourceKind::Bucket, restrict_public }))
}

fn no_policy(found: &Found) -> Error {
    Error::new(NO_SUCH_BUCKET_POLICY, "The bucket policy does not exist")
        .with("BucketName", &found.bucket.name)
}

fn public_policy_blocked(cx: &Cx<'_>, found: &Found) -> Error {
    if cx.account() != found.bucket.account {
        return error::access_denied();
    }
    let message = format!(
        "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"{}\" because \
         public policies are \
         prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
        cx.caller_arn(),
        found.arn()
    );
    Error::new(ACCESS_DENIED, message)
}
