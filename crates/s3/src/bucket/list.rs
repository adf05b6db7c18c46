//! ListBuckets: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>

use api::Timestamp;
use api::s3::error::INVALID_ARGUMENT;
use api::s3::{Bucket, BucketLocationConstraint, ListBucketsOutput, ListBucketsRequest};
use gateway::{Cx, Error};
use store::Partial;

use crate::bucket::{create, owner};
use crate::record::{OWNED, Owned};
use crate::token;

const MAX: usize = 10_000;

pub fn list_buckets(
    cx: &mut Cx<'_>,
    input: ListBucketsRequest,
) -> Result<ListBucketsOutput, Error> {
    let max = page_size(input.max_buckets)?;
    let region = input.bucket_region.as_deref();
    region.map_or(Ok(()), check_region)?;
    let account = cx.account();
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let mut range = OWNED.prefix((account.number(), Partial(prefix)));
    // An empty token is none, as on AWS.
    if let Some(text) = input.continuation_token.as_deref().filter(|text| !text.is_empty()) {
        range = range.after(&OWNED.key((account.number(), token::read(text)?)));
    }
    let mut buckets = Vec::new();
    let mut next = None;
    // All of the account's names are read where a region is asked for: there is no index by region,
    // nor need of one.
    for ((_, name), owned) in OWNED.scan(cx.tx, range, usize::MAX)? {
        if region.is_some_and(|region| region != owned.region) {
            continue;
        }
        if buckets.len() == max {
            next = buckets.last().and_then(|last: &Bucket| last.name.as_deref()).map(token::write);
            break;
        }
        buckets.push(shown(name, &owned, &input));
    }
    Ok(ListBucketsOutput {
        buckets: Some(buckets),
        owner: Some(owner(cx, account)?),
        continuation_token: next,
        prefix: input.prefix,
    })
}

/// Region and ARN are told only to those who ask for pages or filter.
fn shown(name: String, owned: &Owned, input: &ListBucketsRequest) -> Bucket {
    let filtered = input.bucket_region.is_some() || input.prefix.is_some();
    let detailed = filtered || input.max_buckets.is_some();
    Bucket {
        creation_date: Some(Timestamp::from_millis(owned.created).whole_seconds()),
        bucket_region: detailed.then(|| owned.region.clone()),
        bucket_arn: detailed.then(|| format!("arn:aws:s3:::{name}")),
        name: Some(name),
    }
}

fn page_size(asked: Option<i32>) -> Result<usize, Error> {
    let asked = asked.map_or(Ok(MAX), usize::try_from);
    asked.ok().filter(|asked| (1..=MAX).contains(asked)).ok_or_else(|| {
        let message = "Argument max-buckets must be an integer between 1 and 10000";
        Error::new(INVALID_ARGUMENT, message).with("ArgumentName", "max-buckets")
    })
}

fn check_region(region: &str) -> Result<(), Error> {
    if region == "us-east-1" || create::is_region(&BucketLocationConstraint::from(region)) {
        return Ok(());
    }
    let message = format!("Argument value {region} is not a valid AWS Region");
    Err(Error::new(INVALID_ARGUMENT, message).with("ArgumentName", "bucket-region"))
}
