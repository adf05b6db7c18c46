//! CreateBucket: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
//!
//! New buckets are as AWS makes them since April 2023: BucketOwnerEnforced, all public access
//! blocked.

use api::s3::error as code;
use api::s3::{
    BucketCannedACL, BucketLocationConstraint, CreateBucketConfiguration, CreateBucketOutput,
    CreateBucketRequest, ObjectOwnership,
};
use gateway::{Cx, Error};

use crate::error;
use crate::record::{BUCKETS, Bucket, NAMES, Named, OWNED, Owned, PublicAccessBlock};

/// Buckets of an account.
const BUCKETS_MAX: usize = 10_000;
const ALL_BLOCKED: PublicAccessBlock = PublicAccessBlock {
    block_public_acls: true,
    ignore_public_acls: true,
    block_public_policy: true,
    restrict_public_buckets: true,
};

pub fn create_bucket(
    cx: &mut Cx<'_>,
    input: CreateBucketRequest,
) -> Result<CreateBucketOutput, Error> {
    let configuration = input.create_bucket_configuration.as_ref();
    let region = region(cx.region(), configuration)?;
    check_features(&input)?;
    check_acl(&input)?;
    let name = &input.bucket;
    if let Some(named) = NAMES.get(cx.tx, name.as_str())? {
        let existing = BUCKETS.get(cx.tx, named.id)?;
        again(cx, existing, &region)?;
        return Ok(answer(name, &region));
    }
    check_quota(cx)?;
    let id = store::random()?;
    let (account, created) = (cx.account(), cx.now().as_millis());
    let bucket = Bucket {
        name: name.clone(),
        account,
        region: region.clone(),
        created,
        public_access_block: Some(ALL_BLOCKED),
        policy: None,
    };
    BUCKETS.put(cx.tx, id, &bucket)?;
    NAMES.put(cx.tx, name.as_str(), &Named { id })?;
    let owned = Owned { id, region: region.clone(), created };
    OWNED.put(cx.tx, (account.number(), name.as_str()), &owned)?;
    Ok(answer(name, &region))
}

fn answer(name: &str, region: &str) -> CreateBucketOutput {
    let location = match region {
        "us-east-1" => format!("/{name}"),
        _ => format!("http://{name}.s3.amazonaws.com/"),
    };
    let bucket_arn = Some(format!("arn:aws:s3:::{name}"));
    CreateBucketOutput { location: Some(location), bucket_arn }
}

/// A name that is taken. The owner may repeat the call in us-east-1, as ever.
fn again(cx: &Cx<'_>, existing: Option<Bucket>, region: &str) -> Result<(), Error> {
    let Some(existing) = existing.filter(|bucket| bucket.account == cx.account()) else {
        let message = "The requested bucket name is not available. The bucket namespace is shared \
                       by all users of the \
                       system. Please select a different name and try again.";
        return Err(Error::new(code::BUCKET_ALREADY_EXISTS, message));
    };
    if existing.region == "us-east-1" && region == "us-east-1" && cx.region() == "us-east-1" {
        return Ok(());
    }
    let message =
        "Your previous request to create the named bucket succeeded and you already own it.";
    Err(Error::new(code::BUCKET_ALREADY_OWNED_BY_YOU, message).with("BucketName", existing.name))
}

fn check_quota(cx: &Cx<'_>) -> Result<(), Error> {
    let max = BUCKETS_MAX.saturating_mul(cx.limits().quota_factor);
    let rows = OWNED.scan(cx.tx, OWNED.prefix((cx.account().number(),)), max)?;
    if rows.len() < max {
        return Ok(());
    }
    let message = "You have attempted to create more buckets than allowed";
    Err(Error::new(code::TOO_MANY_BUCKETS, message))
}

/// The region of the new bucket, asked for at the endpoint of `endpoint`.
fn region(
    endpoint: &str,
    configuration: Option<&CreateBucketConfiguration>,
) -> Result<String, Error> {
    let constraint = configuration.and_then(|given| given.location_constraint.as_ref());
    match (endpoint, constraint) {
        ("us-east-1", None) => Ok(endpoint.to_owned()),
        ("us-east-1" | "eu-west-1", Some(BucketLocationConstraint::Eu)) => {
            Ok("eu-west-1".to_owned())
        }
        ("us-east-1", Some(constraint)) if is_region(constraint) => {
            Ok(constraint.as_str().to_owned())
        }
        ("us-east-1", Some(constraint)) => {
            let message = "The specified location-constraint is not valid";
            Err(Error::new(code::INVALID_LOCATION_CONSTRAINT, message)
                .with("LocationConstraint", constraint.as_str()))
        }
        (_, Some(constraint)) if constraint.as_str() == endpoint => Ok(endpoint.to_owned()),
        (_, constraint) => {
            let shown = constraint.map_or("unspecified", BucketLocationConstraint::as_str);
            let message = format!(
                "The {shown} location constraint is incompatible for the region specific endpoint \
                 this request was \
                 sent to."
            );
            Err(Error::new(code::ILLEGAL_LOCATION_CONSTRAINT_EXCEPTION, message))
        }
    }
}

/// A region of the partition `aws`, other than us-east-1, which is never named as a constraint.
pub fn is_region(constraint: &BucketLocationConstraint) -> bool {
    let other = |prefix| constraint.as_str().starts_with(prefix);
    !matches!(constraint, BucketLocationConstraint::Unknown(_) | BucketLocationConstraint::Eu)
        && !other("cn-")
        && !other("us-gov-")
}

fn check_features(input: &CreateBucketRequest) -> Result<(), Error> {
    if input.object_lock_enabled_for_bucket == Some(true) {
        return Err(error::unsupported("x-amz-bucket-object-lock-enabled"));
    }
    if input.bucket_namespace.as_ref().is_some_and(|space| space.as_str() != "global") {
        return Err(error::unsupported("x-amz-bucket-namespace"));
    }
    match &input.object_ownership {
        None | Some(ObjectOwnership::BucketOwnerEnforced) => {}
        Some(ObjectOwnership::Unknown(value)) => {
            let message = format!("Invalid x-amz-object-ownership header: {value}");
            return Err(Error::new(code::INVALID_ARGUMENT, message)
                .with("ArgumentName", "x-amz-object-ownership"));
        }
        Some(_) => return Err(error::unsupported("x-amz-object-ownership")),
    }
    let Some(configuration) = &input.create_bucket_configuration else { return Ok(()) };
    let tagged = configuration.tags.as_ref().is_some_and(|tags| !tags.is_empty());
    if tagged || configuration.location.is_some() || configuration.bucket.is_some() {
        let message = "The bucket configuration implies functionality that is not implemented";
        return Err(Error::new(code::NOT_IMPLEMENTED, message));
    }
    Ok(())
}

/// No bucket of BucketOwnerEnforced takes an access control list that grants others anything.
fn check_acl(input: &CreateBucketRequest) -> Result<(), Error> {
    let grants = [
        &input.grant_full_control,
        &input.grant_read,
        &input.grant_read_acp,
        &input.grant_write,
        &input.grant_write_acp,
    ];
    let granted = grants.iter().any(|grant| grant.is_some());
    match &input.acl {
        Some(_) if granted => Err(error::invalid_request(
            "Specifying both Canned ACLs and Header Grants is not allowed",
        )),
        Some(BucketCannedACL::Unknown(value)) => {
            Err(error::invalid_argument("", "x-amz-acl", value))
        }
        None | Some(BucketCannedACL::Private) if !granted => Ok(()),
        _ => {
            let message =
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
            Err(Error::new(code::INVALID_BUCKET_ACL_WITH_OBJECT_OWNERSHIP, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_decides_which_location_constraints_fit() {
        let cases = [
            ("us-east-1", None, Ok("us-east-1")),
            ("us-east-1", Some("us-east-1"), Err("InvalidLocationConstraint")),
            ("us-east-1", Some("bar"), Err("InvalidLocationConstraint")),
            ("us-east-1", Some("cn-north-1"), Err("InvalidLocationConstraint")),
            ("us-east-1", Some("eu-central-1"), Ok("eu-central-1")),
            ("us-east-1", Some("EU"), Ok("eu-west-1")),
            ("eu-west-1", Some("EU"), Ok("eu-west-1")),
            ("eu-west-1", Some("eu-west-1"), Ok("eu-west-1")),
            ("eu-west-1", None, Err("IllegalLocationConstraintException")),
            ("eu-west-1", Some("us-west-1"), Err("IllegalLocationConstraintException")),
            ("us-west-2", Some("EU"), Err("IllegalLocationConstraintException")),
        ];
        for (endpoint, constraint, expected) in cases {
            let configuration = CreateBucketConfiguration {
                location_constraint: constraint.map(BucketLocationConstraint::from),
                ..CreateBucketConfiguration::default()
            };
            let found = region(endpoint, Some(&configuration)).map_err(|error| error.code());
            assert_eq!(found.as_deref(), expected.as_ref().copied(), "{endpoint} {constraint:?}");
        }
    }
}
