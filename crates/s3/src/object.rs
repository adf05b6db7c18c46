//! Objects: the versions of a key, their bytes and what is said of them.

pub mod acl;
pub mod attributes;
pub mod condition;
pub mod copy;
pub mod delete;
pub mod encryption;
pub mod features;
pub mod get;
pub mod head;
pub mod legal_hold;
pub mod list;
pub mod list_versions;
pub mod put;
pub mod range;
pub mod retention;
pub mod source;
pub mod tagging;
pub mod version;

use api::s3::error as code;
use api::{Slot, Structure, Timestamp};
use gateway::{Cx, Error};
use store::Tx;

use crate::bucket::Found;
use crate::record::{BucketId, Object};
use crate::{error, resource};

/// The row by which a handler asks whether the caller may know that a key is missing.
const MISSING_KEY: &str = "missing-key";

/// The object that stands under a key; a delete marker is none.
///
/// # Errors
/// Only what the store says.
pub fn current(tx: &Tx, bucket: &BucketId, key: &str) -> Result<Option<Object>, Error> {
    Ok(version::newest(tx, bucket, key)?.filter(|newest| !newest.is_marker()))
}

/// The object that a request reads: of the version that it names, or the current one.
///
/// # Errors
/// NoSuchKey or NoSuchVersion, MethodNotAllowed for a delete marker; AccessDenied to those who may
/// not know.
pub fn read(
    cx: &mut Cx<'_>,
    input: &dyn Structure,
    found: &Found,
    key: &str,
    version: Option<&str>,
) -> Result<Object, Error> {
    let object = match version {
        Some(id) => version::find(cx.tx, &found.id, key, id)?,
        None => version::newest(cx.tx, &found.id, key)?,
    };
    match (object, version) {
        (Some(object), _) if !object.is_marker() => Ok(object),
        (Some(marker), Some(_)) => Err(marker_named(cx, &marker)),
        (Some(marker), None) => {
            let error = missing(cx, input, found, key);
            Err(error
                .with_header("x-amz-delete-marker", "true")
                .with_header("x-amz-version-id", marker.version_id()))
        }
        (None, Some(id)) => match missing(cx, input, found, key) {
            error if error.is(code::NO_SUCH_KEY) => Err(version::no_such_version(key, id)),
            error => Err(error),
        },
        (None, None) => Err(missing(cx, input, found, key)),
    }
}

/// The object whose tags or lock are meant. A delete marker has none, be it named or the current
/// version.
///
/// # Errors
/// As [`read`]; MethodNotAllowed for a current delete marker, too.
pub fn named(
    cx: &mut Cx<'_>,
    input: &dyn Structure,
    found: &Found,
    key: &str,
    version: Option<&str>,
) -> Result<Object, Error> {
    if version.is_none() {
        refuse_marker(cx, found, key)?;
    }
    read(cx, input, found, key, version)
}

/// For what a current delete marker refuses rather than hides.
///
/// # Errors
/// MethodNotAllowed where one is current.
pub fn refuse_marker(cx: &Cx<'_>, found: &Found, key: &str) -> Result<(), Error> {
    let newest = version::newest(cx.tx, &found.id, key)?;
    match newest.filter(Object::is_marker) {
        Some(marker) => Err(marker_named(cx, &marker)),
        None => Ok(()),
    }
}

/// A delete marker can only be deleted.
fn marker_named(cx: &Cx<'_>, marker: &Object) -> Error {
    let message = "The specified method is not allowed against this resource.";
    let modified = Timestamp::from_millis(marker.modified).whole_seconds();
    Error::new(code::METHOD_NOT_ALLOWED, message)
        .with("Method", cx.request().method.as_str())
        .with("ResourceType", "DeleteMarker")
        .with_header("x-amz-delete-marker", "true")
        .with_header("x-amz-version-id", marker.version_id())
        .with_header("allow", "DELETE")
        .with_header("last-modified", modified.http_date())
}

/// What a request for a key hears that is not there: only who may list
/// the bucket, or what begins with the key, learns that.
pub fn missing(cx: &mut Cx<'_>, input: &dyn Structure, found: &Found, key: &str) -> Error {
    let listed = resource::of_bucket(cx, found);
    let listed = listed.map(|bucket| bucket.with_key("s3:prefix", vec![key.to_owned()]));
    match listed.and_then(|bucket| cx.allow(MISSING_KEY, input, &bucket)) {
        Ok(()) => error::no_such_key(key),
        Err(error) => error,
    }
}

/// The version id as answers tell it: only where the bucket has versions.
pub fn shown_version(found: &Found, object: &Object) -> Option<String> {
    found.bucket.versioning.map(|_| object.version_id().to_owned())
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
