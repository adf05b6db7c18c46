//! What a decision of S3 is about: buckets and objects, with their owner and policy.
//!
//! A bucket is looked for before anybody's permission is: AWS answers NoSuchBucket and redirects to
//! everyone. AWS:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use api::Structure;
use api::s3::error::{INVALID_BUCKET_OWNER_AWS_ACCOUNT_ID, KEY_TOO_LONG_ERROR, PERMANENT_REDIRECT};
use gateway::{AccountId, Cx, Error, Resource};

use crate::acl::{Acl, Granted};
use crate::bucket::{self, Found, name};
use crate::object::version;
use crate::record::Object;
use crate::{control, error};

/// The most bytes of a key.
const KEY_MAX: usize = 1024;

/// All buckets of the account. AWS's own examples allow ListAllMyBuckets on `arn:aws:s3:::*`;
/// denials print no resource.
pub fn account(_: &mut Cx<'_>, _: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::shown_as("arn:aws:s3:::*", ""))
}

/// A bucket to be made: the caller's, if it comes to be.
pub fn new_bucket(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let name = input.text("Bucket").unwrap_or_default();
    name::check(name)?;
    Ok(quoted(format!("arn:aws:s3:::{name}"), cx.account()))
}

/// A bucket that is there.
pub fn bucket(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let found = requested(cx, input, Redirect::Elsewhere)?;
    of_bucket(cx, &found)
}

/// A bucket, whichever region it is asked for in: GetBucketLocation.
pub fn bucket_anywhere(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let found = requested(cx, input, Redirect::Nowhere)?;
    of_bucket(cx, &found)
}

/// A bucket whose policy is spoken of. The owner's root is never bound by the policy: it could not
/// be taken back else.
pub fn bucket_policy(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let found = requested(cx, input, Redirect::Elsewhere)?;
    let resource = of_bucket(cx, &found)?;
    let owner = cx.caller().is_root() && cx.account() == found.bucket.account;
    Ok(if owner { resource.with_policy(None) } else { resource })
}

/// The bucket of a request whose decisions are asked one by one: it must be in the region, and of
/// the owner, that the request expects all the same.
///
/// # Errors
/// NoSuchBucket, PermanentRedirect, AccessDenied.
pub fn there(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Found, Error> {
    requested(cx, input, Redirect::Elsewhere)
}

/// An object, there or not.
pub fn object(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let found = requested(cx, input, Redirect::Elsewhere)?;
    let key = input.text("Key").unwrap_or_default();
    check_key(key)?;
    let resource = of_object(cx, &found, key);
    cx.leave(found);
    resource
}

/// An object's version that is there, or the place of one that is not: what is read, and whose
/// tags and list are changed.
pub fn stored_object(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let found = requested(cx, input, Redirect::Elsewhere)?;
    let key = input.text("Key").unwrap_or_default();
    check_key(key)?;
    let object = match input.text("VersionId") {
        Some(id) => version::find(cx.tx, &found.id, key, id)?,
        None => version::newest(cx.tx, &found.id, key)?,
    };
    let Some(object) = object.filter(|object| !object.is_marker()) else {
        return of_missing(cx, &found, key);
    };
    let resource = of_stored(cx, &found, key, &object);
    cx.leave(Stored { found, object });
    resource
}

/// An object's version that is there: what [`stored_object`] leaves to the handler.
pub struct Stored {
    pub found: Found,
    pub object: Object,
}

/// The place of an object that is not there. Whom the bucket's list lets see its keys may learn so:
/// the handler asks.
///
/// # Errors
/// Only what the store says.
pub fn of_missing(cx: &Cx<'_>, found: &Found, key: &str) -> Result<Resource, Error> {
    let mut resource = of_object(cx, found, key)?;
    if let Some(reach) = resource.grant("s3:ListBucket") {
        let reads = ["s3:GetObject", "s3:GetObjectVersion"];
        resource.granted.extend(reads.map(|action| (action, reach)));
    }
    Ok(resource)
}

/// # Errors
/// KeyTooLongError.
pub fn check_key(key: &str) -> Result<(), Error> {
    if key.len() <= KEY_MAX {
        return Ok(());
    }
    Err(Error::new(KEY_TOO_LONG_ERROR, "Your key is too long")
        .with("Size", key.len().to_string())
        .with("MaxSizeAllowed", KEY_MAX.to_string()))
}

/// # Errors
/// Only what the store says.
pub fn of_bucket(cx: &Cx<'_>, found: &Found) -> Result<Resource, Error> {
    let resource = quoted(found.arn(), found.bucket.account);
    let granted = of_bucket_list(cx, found)?;
    Ok(resource.with_policy(bucket::policy::attached(cx, found)?).granting(granted))
}

/// A place in a bucket, whatever stands there: what is written and deleted.
///
/// # Errors
/// Only what the store says.
pub fn of_object(cx: &Cx<'_>, found: &Found, key: &str) -> Result<Resource, Error> {
    let resource = quoted(format!("{}/{key}", found.arn()), found.bucket.account);
    let mut granted = of_bucket_list(cx, found)?;
    let may_write = granted.iter().find(|(action, _)| *action == "s3:PutObject").copied();
    if let Some((_, reach)) = may_write
        && version::newest(cx.tx, &found.id, key)?.is_some_and(|newest| is_own(cx, &newest))
    {
        granted.push(("s3:DeleteObject", reach));
    }
    Ok(resource.with_policy(bucket::policy::attached(cx, found)?).granting(granted))
}

/// Who owns an object and may write to its bucket may delete it (AWS: "Access control list
/// overview"). Of anonymous clients each owns what any of them wrote.
fn is_own(cx: &Cx<'_>, object: &Object) -> bool {
    match cx.caller().is_anonymous() {
        true => object.is_anonymous,
        false => object.owner == Some(cx.account()),
    }
}

/// An object that is there, with its owner, tags and list. A bucket's policy gives nothing of what
/// is another account's.
///
/// # Errors
/// Only what the store says.
pub fn of_stored(
    cx: &Cx<'_>,
    found: &Found,
    key: &str,
    object: &Object,
) -> Result<Resource, Error> {
    let has_acls = found.bucket.has_acls();
    let bucket_owner = found.bucket.account;
    let owner = object.owner.filter(|_| has_acls).unwrap_or(bucket_owner);
    let mut resource = quoted(format!("{}/{key}", found.arn()), owner);
    if owner == bucket_owner {
        resource = resource.with_policy(bucket::policy::attached(cx, found)?);
    }
    for (name, value) in object.tags.iter().flatten() {
        resource = resource.with_key(format!("s3:ExistingObjectTag/{name}"), vec![value.clone()]);
    }
    if !has_acls || (object.acl.is_none() && cx.account() == owner) {
        return Ok(resource);
    }
    let private = Acl::private(owner);
    let acl = object.acl.as_ref().unwrap_or(&private);
    Ok(resource.granting(acl.on_object(cx.caller(), ignores_public(cx, found)?)))
}

/// What the bucket's list grants the caller; its owner's own needs no look.
fn of_bucket_list(cx: &Cx<'_>, found: &Found) -> Result<Granted, Error> {
    match &found.bucket.acl {
        Some(acl) if found.bucket.has_acls() => {
            Ok(acl.on_bucket(cx.caller(), ignores_public(cx, found)?))
        }
        _ => Ok(Granted::new()),
    }
}

fn ignores_public(cx: &Cx<'_>, found: &Found) -> Result<bool, Error> {
    Ok(control::effective(cx.tx, found)?.ignore_public_acls)
}

/// A resource as S3 prints it: its ARN in double quotes.
fn quoted(arn: String, owner: AccountId) -> Resource {
    let shown = format!("\"{arn}\"");
    Resource::shown_as(arn, shown)
        .owned_by(owner)
        .with_key("s3:ResourceAccount", vec![owner.to_string()])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Redirect {
    /// Signed requests to another region than the bucket's.
    Elsewhere,
    Nowhere,
}

fn requested(cx: &mut Cx<'_>, input: &dyn Structure, redirect: Redirect) -> Result<Found, Error> {
    let found = bucket::find(cx.tx, input.text("Bucket").unwrap_or_default())?;
    let bucket = &found.bucket;
    // Version 2 names no region: its requests find the bucket in whichever region takes them.
    let is_version_2 = cx.auth().version == Some("AWS");
    if is_version_2 && !gateway::takes_version_2(&bucket.region) {
        return Err(error::invalid_request(
            "The authorization mechanism you have provided is not supported. Please use \
             AWS4-HMAC-SHA256.",
        ));
    }
    let names_region = !cx.caller().is_anonymous() && !is_version_2;
    let elsewhere = cx.region() != bucket.region && names_region;
    if redirect == Redirect::Elsewhere && elsewhere {
        return Err(permanent_redirect(&found));
    }
    if let Some(expected) = input.text("ExpectedBucketOwner") {
        let account = AccountId::parse(expected).ok_or_else(|| not_an_account(expected))?;
        if account != bucket.account {
            return Err(error::access_denied());
        }
    }
    bucket::request_payment::check(cx, input, &found)?;
    Ok(found)
}

fn permanent_redirect(found: &Found) -> Error {
    let message = "The bucket you are attempting to access must be addressed using the specified \
                   endpoint. Please \
                   send all future requests to this endpoint.";
    let (name, region) = (&found.bucket.name, &found.bucket.region);
    Error::new(PERMANENT_REDIRECT, message)
        .with("Endpoint", format!("{name}.s3.{region}.amazonaws.com"))
        .with("Bucket", name)
        .with_header("x-amz-bucket-region", region)
}

/// `x-amz-expected-bucket-owner` that is no account.
pub fn not_an_account(text: &str) -> Error {
    let message = format!(
        "The value of the expected bucket owner parameter must be an AWS Account ID... [{text}]"
    );
    Error::new(INVALID_BUCKET_OWNER_AWS_ACCOUNT_ID, message)
}
