//! Objects: the current version of a key, its bytes and what is said of it.

pub mod acl;
pub mod condition;
pub mod delete;
pub mod features;
pub mod get;
pub mod head;
pub mod list;
pub mod put;
pub mod range;

use api::{Slot, Structure};
use gateway::{Cx, Error};
use store::Tx;

use crate::bucket::Found;
use crate::record::{BucketId, LISTING, OBJECTS, Object};
use crate::{body, error, resource};

/// The row by which a handler asks whether the caller may know that a key is missing.
const MISSING_KEY: &str = "missing-key";

/// The object that stands under a key.
///
/// # Errors
/// Only what the store says.
pub fn current(tx: &Tx, bucket: &BucketId, key: &str) -> Result<Option<Object>, Error> {
    Ok(OBJECTS.get(tx, (bucket, key))?)
}

/// What a request for a key hears that is not there: only who may list the bucket learns that.
pub fn missing(cx: &mut Cx<'_>, input: &dyn Structure, found: &Found, key: &str) -> Error {
    let listed = resource::of_bucket(cx, found);
    match listed.and_then(|bucket| cx.allow(MISSING_KEY, input, &bucket)) {
        Ok(()) => error::no_such_key(key),
        Err(error) => error,
    }
}

/// The version that a request names must be the only one there is: `null`, in a bucket that never
/// had versions.
///
/// # Errors
/// InvalidArgument, as S3 answers to ids that it never gave.
pub fn check_version(version: Option<&str>) -> Result<(), Error> {
    match version {
        None | Some("null") => Ok(()),
        Some(other) => {
            Err(error::invalid_argument("Invalid version id specified", "versionId", other))
        }
    }
}

/// The sequence of the version that is about to stand under a key.
pub fn next_sequence(cx: &Cx<'_>, existing: Option<&Object>) -> u64 {
    let now = u64::try_from(cx.now().as_millis()).unwrap_or(0);
    existing.map_or(now, |existing| now.max(existing.sequence.saturating_add(1)))
}

/// Puts a version under its key and lets go of the one before.
///
/// # Errors
/// Only what the store says.
pub fn replace(
    cx: &mut Cx<'_>,
    bucket: &BucketId,
    key: &str,
    existing: Option<&Object>,
    object: &Object,
) -> Result<(), Error> {
    if let Some(existing) = existing {
        body::release(cx, bucket, key, existing)?;
    }
    OBJECTS.put(cx.tx, (bucket, key), object)?;
    Ok(LISTING.put(cx.tx, (bucket, key), &object.listed())?)
}

/// Takes the object under a key away, if there is one.
///
/// # Errors
/// Only what the store says.
pub fn remove(cx: &mut Cx<'_>, bucket: &BucketId, key: &str) -> Result<(), Error> {
    if let Some(existing) = current(cx.tx, bucket, key)? {
        body::release(cx, bucket, key, &existing)?;
        OBJECTS.delete(cx.tx, (bucket, key));
        LISTING.delete(cx.tx, (bucket, key));
    }
    Ok(())
}

/// Sets a member of an answer that GET and HEAD share, by the model's name.
fn set_integer(output: &mut dyn Structure, name: &str, value: i64) {
    let index = output.shape().members().iter().position(|member| member.name == name);
    let member = index.and_then(|index| output.member_mut(index));
    match member.map(api::Value::slot) {
        Some(Slot::Long(slot)) => *slot = value,
        Some(Slot::Integer(slot)) => *slot = i32::try_from(value).unwrap_or(i32::MAX),
        _ => {}
    }
}
