//! AWS::S3::BucketPolicy. Its physical id is the bucket's name.
//!
//! AWS: Template reference, "AWS::S3::BucketPolicy".

use api::s3::{
    DeleteBucketPolicy, DeleteBucketPolicyRequest, GetBucketPolicy, GetBucketPolicyRequest,
    PutBucketPolicy, PutBucketPolicyRequest,
};

use super::{Failure, Request, Type};

pub static TYPE: Type =
    Type { read: Some(read), ..Type::new("AWS::S3::BucketPolicy", create, update, delete) };

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let bucket = properties.text("Bucket").unwrap_or_default();
    let input = PutBucketPolicyRequest {
        bucket: bucket.clone(),
        policy: properties.document("PolicyDocument").unwrap_or_default(),
        ..PutBucketPolicyRequest::default()
    };
    request.call::<PutBucketPolicy>(input)?;
    request.physical_id = Some(bucket);
    Ok(())
}

fn read(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let bucket = request.physical_id();
    let input = GetBucketPolicyRequest { bucket, expected_bucket_owner: None };
    request.call_read::<GetBucketPolicy>(input).map(drop)
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let bucket = request.physical_id();
    let input = DeleteBucketPolicyRequest { bucket, ..DeleteBucketPolicyRequest::default() };
    request.call_unless_gone::<DeleteBucketPolicy>(input)
}

/// The policy is put anew: its bucket is the same.
fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    if request.changes(&["PolicyDocument"]) { create(request) } else { Ok(()) }
}
