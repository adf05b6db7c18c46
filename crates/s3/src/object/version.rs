//! Versions of a key: one is current, the others stand behind it, and a delete marker is one of
//! them.
//!
//! A version id begins with the version's sequence, so that it is found without an index, and ends
//! with letters by which S3 knows an id of its own; the null version has none, and is remembered
//! where it stands. AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>

use std::cmp::Reverse;

use api::s3::error as code;
use gateway::id::Alphabet;
use gateway::{Cx, Error};
use sha2::{Digest as _, Sha256};
use store::Tx;

use crate::bucket::Found;
use crate::etag::ETag;
use crate::record::{
    Body, BucketId, Headers, LISTING, Lock, NULLS, OBJECTS, Object, VERSIONS, Versioning,
};
use crate::{body, error, lock};

const ID_LENGTH: usize = 32;
/// Letters of an id that are the sequence.
const SEQUENCE_LENGTH: usize = 11;
/// Letters of an id that follow from those before them.
const SEAL_LENGTH: usize = 6;

/// The current version of a key, which may be a delete marker.
///
/// # Errors
/// Only what the store says.
pub fn newest(tx: &Tx, bucket: &BucketId, key: &str) -> Result<Option<Object>, Error> {
    Ok(OBJECTS.get(tx, (bucket, key))?)
}

/// The version of an id, current or not, a delete marker or not.
///
/// # Errors
/// InvalidArgument for what S3 never gave as an id.
pub fn find(tx: &Tx, bucket: &BucketId, key: &str, id: &str) -> Result<Option<Object>, Error> {
    let newest = newest(tx, bucket, key)?;
    if let Some(newest) = newest.filter(|newest| newest.version_id() == id) {
        return Ok(Some(newest));
    }
    let sequence = match id {
        "null" => NULLS.get(tx, (bucket, key))?,
        id => sequence(id),
    };
    let found = match sequence {
        Some(sequence) => VERSIONS.get(tx, (bucket, key, Reverse(sequence)))?,
        None => None,
    };
    match found.filter(|found| found.version_id() == id) {
        None => check_id(id).map(|()| None),
        found => Ok(found),
    }
}

/// The sequence that an id names, whether the version is there or not.
pub fn sequence(id: &str) -> Option<u64> {
    id.get(..SEQUENCE_LENGTH).and_then(|head| u64::from_str_radix(head, 16).ok())
}

/// # Errors
/// InvalidArgument for what S3 never gave as an id.
pub fn check_id(id: &str) -> Result<(), Error> {
    let sealed = || id.split_at_checked(ID_LENGTH.saturating_sub(SEAL_LENGTH));
    if id == "null" || sealed().is_some_and(|(head, last)| seal(head) == last) {
        return Ok(());
    }
    Err(error::invalid_argument("Invalid version id specified", "versionId", id))
}

/// The sequence of the version that is about to stand under a key.
pub fn next_sequence(cx: &Cx<'_>, newest: Option<&Object>) -> u64 {
    let now = u64::try_from(cx.now().as_millis()).unwrap_or(0);
    newest.map_or(now, |newest| now.max(newest.sequence.saturating_add(1)))
}

/// Makes a version the current one and gives it its id; the one before stays behind it or, where it
/// has no id of its own, goes.
///
/// # Errors
/// AccessDenied where the one that goes is locked.
pub fn put(
    cx: &mut Cx<'_>,
    found: &Found,
    key: &str,
    newest: Option<&Object>,
    mut object: Object,
) -> Result<Object, Error> {
    let bucket = &found.id;
    let enabled = found.bucket.versioning == Some(Versioning::Enabled);
    object.version = enabled.then(|| new_id(cx, object.sequence));
    match newest {
        Some(newest) if !enabled && newest.version.is_none() => {
            lock::check_free(cx.now(), newest, false)?;
            body::release(cx, bucket, key, newest)?;
        }
        Some(newest) => {
            if !enabled && let Some(null) = find(cx.tx, bucket, key, "null")? {
                remove(cx, bucket, key, &null, false)?;
            }
            VERSIONS.put(cx.tx, (bucket, key, Reverse(newest.sequence)), newest)?;
            if newest.version.is_none() {
                NULLS.put(cx.tx, (bucket, key), &newest.sequence)?;
            }
        }
        None => {}
    }
    stand(cx, bucket, key, &object)?;
    Ok(object)
}

/// Deletes a key as S3 does without a version id: where there are versions, a delete marker becomes
/// the current one, and is answered.
///
/// # Errors
/// Only what the store says.
pub fn delete(cx: &mut Cx<'_>, found: &Found, key: &str) -> Result<Option<Object>, Error> {
    let newest = newest(cx.tx, &found.id, key)?;
    if found.bucket.versioning.is_none() {
        if let Some(newest) = newest {
            remove(cx, &found.id, key, &newest, false)?;
        }
        return Ok(None);
    }
    let marker = Object {
        sequence: next_sequence(cx, newest.as_ref()),
        size: 0,
        etag: ETag::of_md5([0; 16]),
        modified: cx.now().as_millis(),
        storage_class: None,
        headers: Headers::default(),
        checksum: None,
        body: Body::Marker,
        version: None,
        tags: None,
        acl: None,
        owner: None,
        customer_key: None,
        lock: Lock::default(),
        is_anonymous: false,
    };
    put(cx, found, key, newest.as_ref(), marker).map(Some)
}

/// Takes one version away for good; the next older one becomes current where it was. `bypasses` is
/// for who may bypass governance.
///
/// # Errors
/// AccessDenied where the version is locked.
pub fn remove(
    cx: &mut Cx<'_>,
    bucket: &BucketId,
    key: &str,
    version: &Object,
    bypasses: bool,
) -> Result<(), Error> {
    lock::check_free(cx.now(), version, bypasses)?;
    body::release(cx, bucket, key, version)?;
    let newest = newest(cx.tx, bucket, key)?;
    if newest.is_some_and(|newest| newest.sequence != version.sequence) {
        forget(cx, bucket, key, version);
        return Ok(());
    }
    let older = VERSIONS.scan(cx.tx, VERSIONS.prefix((bucket, key)), 1)?.pop();
    let Some((_, older)) = older else {
        OBJECTS.delete(cx.tx, (bucket, key));
        LISTING.delete(cx.tx, (bucket, key));
        return Ok(());
    };
    forget(cx, bucket, key, &older);
    stand(cx, bucket, key, &older)
}

/// Writes a version back whose tags, list or lock were changed.
///
/// # Errors
/// Only what the store says.
pub fn update(
    cx: &mut Cx<'_>,
    bucket: &BucketId,
    key: &str,
    version: &Object,
) -> Result<(), Error> {
    let newest = newest(cx.tx, bucket, key)?;
    if newest.is_some_and(|newest| newest.sequence == version.sequence) {
        return Ok(OBJECTS.put(cx.tx, (bucket, key), version)?);
    }
    Ok(VERSIONS.put(cx.tx, (bucket, key, Reverse(version.sequence)), version)?)
}

fn stand(cx: &mut Cx<'_>, bucket: &BucketId, key: &str, object: &Object) -> Result<(), Error> {
    OBJECTS.put(cx.tx, (bucket, key), object)?;
    if object.is_marker() {
        LISTING.delete(cx.tx, (bucket, key));
        return Ok(());
    }
    Ok(LISTING.put(cx.tx, (bucket, key), &object.listed())?)
}

/// Takes a version out from behind the current one.
fn forget(cx: &mut Cx<'_>, bucket: &BucketId, key: &str, version: &Object) {
    VERSIONS.delete(cx.tx, (bucket, key, Reverse(version.sequence)));
    if version.version.is_none() {
        NULLS.delete(cx.tx, (bucket, key));
    }
}

fn new_id(cx: &Cx<'_>, sequence: u64) -> String {
    let length = ID_LENGTH.saturating_sub(SEQUENCE_LENGTH).saturating_sub(SEAL_LENGTH);
    let random = cx.letters(Alphabet::Alphanumeric, length);
    let head = format!("{sequence:0SEQUENCE_LENGTH$x}{random}");
    let last = seal(&head);
    head + &last
}

/// The end of an id. It tells ids that S3 gave from invented ones; it guards nothing.
fn seal(head: &str) -> String {
    let digest = Sha256::digest(head.as_bytes());
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let letter = |byte: &u8| letters.get(usize::from(*byte) % letters.len()).copied();
    digest.iter().take(SEAL_LENGTH).filter_map(letter).map(char::from).collect()
}

/// A version that there is not.
pub fn no_such_version(key: &str, id: &str) -> Error {
    Error::new(code::NO_SUCH_VERSION, "The specified version does not exist.")
        .with("Key", key)
        .with("VersionId", id)
}
