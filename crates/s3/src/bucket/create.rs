//! CreateBucket: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
//!
//! New buckets are as AWS makes them since April 2023, BucketOwnerEnforced and all public access
//! blocked, unless the server was told to make them as before.

use api::s3::error as code;
use api::s3::{
    BucketLocationConstraint, CreateBucketConfiguration, CreateBucketOutput, CreateBucketRequest,
    ObjectOwnership, Tag,
};
use gateway::{Cx, Error};

use crate::acl::{self, Acl};
use crate::error;
use crate::record::{
    BUCKETS, Bucket, NAMES, Named, OWNED, ObjectLock, Owned, Ownership, PublicAccessBlock,
    Versioning,
};
use crate::tag::{self, Tags};

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
    let (ownership, acl) = ownership_and_acl(cx, &input)?;
    let tags = configuration.and_then(|given| given.tags.as_deref()).unwrap_or_default();
    let tags = Some(new_tags(tags)?).filter(|tags| !tags.is_empty());
    let name = &input.bucket;
    if let Some(named) = NAMES.get(cx.tx, name.as_str())? {
        let existing = BUCKETS.get(cx.tx, named.id)?;
        again(cx, existing, &region, tags.is_some())?;
        return Ok(answer(name, &region));
    }
    check_quota(cx)?;
    let id = store::random()?;
    let (account, created) = (cx.account(), cx.now().as_millis());
    let locks = input.object_lock_enabled_for_bucket == Some(true);
    let bucket = Bucket {
        name: name.clone(),
        account,
        region: region.clone(),
        created,
        public_access_block: (!cx.limits().lists_in_new_buckets).then_some(ALL_BLOCKED),
        policy: None,
        // Object Lock needs versions.
        versioning: locks.then_some(Versioning::Enabled),
        ownership: Some(ownership),
        acl,
        tags,
        bucket_key: None,
        blocks_customer_keys: None,
        is_eu: configuration.and_then(|given| given.location_constraint.as_ref()).map(is_eu),
        requester_pays: None,
        object_lock: locks.then_some(ObjectLock { default: None }),
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
fn again(
    cx: &Cx<'_>,
    existing: Option<Bucket>,
    region: &str,
    is_tagged: bool,
) -> Result<(), Error> {
    let Some(existing) = existing.filter(|bucket| bucket.account == cx.account()) else {
        let message = "The requested bucket name is not available. The bucket namespace is shared \
                       by all users of the \
                       system. Please select a different name and try again.";
        return Err(Error::new(code::BUCKET_ALREADY_EXISTS, message));
    };
    let in_us_east_1 =
        existing.region == "us-east-1" && region == "us-east-1" && cx.region() == "us-east-1";
    if in_us_east_1 && !is_tagged {
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

fn is_eu(constraint: &BucketLocationConstraint) -> bool {
    *constraint == BucketLocationConstraint::Eu
}

/// A region of the partition `aws`, other than us-east-1, which is never named as a constraint.
pub fn is_region(constraint: &BucketLocationConstraint) -> bool {
    let other = |prefix| constraint.as_str().starts_with(prefix);
    !matches!(constraint, BucketLocationConstraint::Unknown(_) | BucketLocationConstraint::Eu)
        && !other("cn-")
        && !other("us-gov-")
}

fn check_features(input: &CreateBucketRequest) -> Result<(), Error> {
    if input.bucket_namespace.as_ref().is_some_and(|space| space.as_str() != "global") {
        return Err(error::unsupported("x-amz-bucket-namespace"));
    }
    let Some(configuration) = &input.create_bucket_configuration else { return Ok(()) };
    if configuration.location.is_some() || configuration.bucket.is_some() {
        let message = "The bucket configuration implies functionality that is not implemented";
        return Err(Error::new(code::NOT_IMPLEMENTED, message));
    }
    Ok(())
}

/// The ownership of the new bucket, and its list, where that is not private.
fn ownership_and_acl(
    cx: &Cx<'_>,
    input: &CreateBucketRequest,
) -> Result<(Ownership, Option<Acl>), Error> {
    let ownership = match &input.object_ownership {
        None if cx.limits().lists_in_new_buckets => Ownership::Writer,
        None | Some(ObjectOwnership::BucketOwnerEnforced) => Ownership::Enforced,
        Some(ObjectOwnership::BucketOwnerPreferred) => Ownership::Preferred,
        Some(ObjectOwnership::ObjectWriter) => Ownership::Writer,
        Some(ObjectOwnership::Unknown(value)) => {
            let message = format!("Invalid x-amz-object-ownership header: {value}");
            return Err(Error::new(code::INVALID_ARGUMENT, message)
                .with("ArgumentName", "x-amz-object-ownership"));
        }
    };
    let owner = cx.account();
    let acl = acl::read::headers(cx, input, owner, owner)?;
    let acl = acl.filter(|acl| *acl != Acl::private(owner));
    if ownership == Ownership::Enforced && acl.is_some() {
        let message =
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
        return Err(Error::new(code::INVALID_BUCKET_ACL_WITH_OBJECT_OWNERSHIP, message));
    }
    if !cx.limits().lists_in_new_buckets && acl.as_ref().is_some_and(Acl::is_public) {
        return Err(error::access_denied());
    }
    Ok((ownership, acl))
}

/// Tags of a new bucket: other words than PutBucketTagging's, as recorded.
fn new_tags(given: &[Tag]) -> Result<Tags, Error> {
    if given.iter().any(|tag| tag.key.starts_with("aws:")) {
        let message = "User-defined tag keys can't start with \"aws:\". This prefix is reserved \
                       for system tags. Remove \"aws:\" from your tag keys and try again.";
        return Err(Error::new(code::INVALID_TAG, message));
    }
    tag::document(given, tag::Of::Bucket)
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
