//! GetBucketLocation: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>

use api::s3::{BucketLocationConstraint, GetBucketLocationOutput, GetBucketLocationRequest};
use gateway::{Cx, Error};

use crate::bucket;

/// A bucket of us-east-1 has no location constraint.
pub fn get_bucket_location(
    cx: &mut Cx<'_>,
    input: GetBucketLocationRequest,
) -> Result<GetBucketLocationOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let is_eu = found.bucket.is_eu == Some(true);
    let region = if is_eu { "EU".to_owned() } else { found.bucket.region };
    let region = Some(region).filter(|region| region != "us-east-1");
    let location_constraint = region.map(|region| BucketLocationConstraint::from(region.as_str()));
    Ok(GetBucketLocationOutput { location_constraint })
}
