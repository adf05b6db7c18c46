//! Buckets: names, regions, owners, and what hangs on them.

pub mod acl;
pub mod cors;
pub mod create;
pub mod delete;
pub mod encryption;
pub mod head;
pub mod list;
pub mod location;
pub mod name;
pub mod object_lock;
pub mod ownership;
pub mod policy;
pub mod public_access_block;
pub mod request_payment;
pub mod tagging;
pub mod versioning;

use api::Structure;
use api::s3::Owner;
use gateway::{AccountId, Cx, Error};
use store::Tx;

use crate::error;
use crate::record::{BUCKETS, Bucket, BucketId, NAMES};

/// A bucket that is there.
#[derive(Debug, Clone)]
pub struct Found {
    pub id: BucketId,
    pub bucket: Bucket,
}

impl Found {
    pub fn arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.bucket.name)
    }
}

/// The bucket of the name.
///
/// # Errors
/// NoSuchBucket.
pub fn find(tx: &Tx, name: &str) -> Result<Found, Error> {
    let named = NAMES.get(tx, name)?.ok_or_else(|| error::no_such_bucket(name))?;
    let bucket = BUCKETS.get(tx, named.id)?.ok_or_else(|| error::no_such_bucket(name))?;
    Ok(Found { id: named.id, bucket })
}

/// The bucket that a request names.
///
/// # Errors
/// NoSuchBucket.
pub fn of(cx: &Cx<'_>, input: &dyn Structure) -> Result<Found, Error> {
    find(cx.tx, input.text("Bucket").unwrap_or_default())
}

/// The bucket that a request names, if it is still the one with that id: an upload's commit asks.
///
/// # Errors
/// NoSuchBucket.
pub fn still(cx: &Cx<'_>, name: &str, id: &BucketId) -> Result<Found, Error> {
    let found = find(cx.tx, name)?;
    if found.id == *id { Ok(found) } else { Err(error::no_such_bucket(name)) }
}

/// An account as S3 shows owners: by its canonical user id, with its name only where that is
/// wanted. AWS: "Amazon S3 will stop returning DisplayName", November 2025.
///
/// # Errors
/// Only what the store says.
pub fn owner(cx: &Cx<'_>, account: AccountId) -> Result<Owner, Error> {
    let facts = cx.directory().account(cx.tx, account)?;
    let name = facts.as_ref().filter(|_| cx.limits().owner_display_names);
    let display_name = name.map(|facts| facts.name.clone());
    Ok(Owner { id: facts.map(|facts| facts.canonical_user_id.clone()), display_name })
}
