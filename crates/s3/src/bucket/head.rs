//! HeadBucket: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>

use api::s3::{HeadBucketOutput, HeadBucketRequest};
use gateway::{Cx, Error};

use crate::bucket;

pub fn head_bucket(cx: &mut Cx<'_>, input: HeadBucketRequest) -> Result<HeadBucketOutput, Error> {
    let found = bucket::of(cx, &input)?;
    cx.add_header("content-type", "application/xml");
    Ok(HeadBucketOutput {
        bucket_arn: Some(found.arn()),
        bucket_region: Some(found.bucket.region),
        access_point_alias: Some(false),
        ..HeadBucketOutput::default()
    })
}
