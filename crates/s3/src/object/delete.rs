//! DeleteObject and DeleteObjects.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>

use api::Structure;
use api::s3::error::{INVALID_ARGUMENT, NOT_IMPLEMENTED};
use api::s3::{
    DeleteObjectOutput, DeleteObjectRequest, DeleteObjectsOutput, DeleteObjectsRequest,
    DeletedObject, Error as KeyError, ObjectIdentifier,
};
use gateway::{Cx, Error};

use crate::bucket::{self, Found};
use crate::object::{self, version};
use crate::record::Object;
use crate::{error, resource};

/// Keys of one DeleteObjects.
const KEYS_MAX: usize = 1000;

/// A key that is not there is deleted all the same.
pub fn delete_object(
    cx: &mut Cx<'_>,
    input: DeleteObjectRequest,
) -> Result<DeleteObjectOutput, Error> {
    if input.if_match_last_modified_time.is_some() {
        return Err(error::unsupported("x-amz-if-match-last-modified-time"));
    }
    if input.if_match_size.is_some() {
        return Err(error::unsupported("x-amz-if-match-size"));
    }
    let found = bucket::of(cx, &input)?;
    let bypasses = bypasses(&found, input.bypass_governance_retention)?;
    if let Some(tags) = &input.if_match {
        check_may_read(cx, &input, &found, &input.key, tags)?;
        match object::current(cx.tx, &found.id, &input.key)? {
            None => return Err(object::missing(cx, &input, &found, &input.key)),
            Some(existing) => check_tag(&existing, tags)?,
        }
    }
    let gone = delete(cx, &found, &input.key, input.version_id.as_deref(), bypasses)?;
    Ok(DeleteObjectOutput {
        delete_marker: gone.is_marker.then_some(true),
        version_id: gone.version,
        ..DeleteObjectOutput::default()
    })
}

/// What became of a delete.
struct Gone {
    /// A delete marker was made, or one was deleted.
    is_marker: bool,
    version: Option<String>,
}

/// A version that is not there is deleted all the same.
fn delete(
    cx: &mut Cx<'_>,
    found: &Found,
    key: &str,
    version: Option<&str>,
    bypasses: bool,
) -> Result<Gone, Error> {
    let Some(id) = version else {
        let marker = version::delete(cx, found, key)?;
        let version = marker.as_ref().map(|marker| marker.version_id().to_owned());
        return Ok(Gone { is_marker: marker.is_some(), version });
    };
    let named = version::find(cx.tx, &found.id, key, id)?;
    if let Some(named) = &named {
        version::remove(cx, &found.id, key, named, bypasses)?;
    }
    let is_marker = named.is_some_and(|named| named.is_marker());
    Ok(Gone { is_marker, version: Some(id.to_owned()) })
}

/// Each key is decided by itself; what is denied or wrong stands beside what was deleted.
pub fn delete_objects(
    cx: &mut Cx<'_>,
    input: DeleteObjectsRequest,
) -> Result<DeleteObjectsOutput, Error> {
    let objects = &input.delete.objects;
    if objects.is_empty() || objects.len() > KEYS_MAX {
        return Err(error::malformed_xml());
    }
    let found = resource::there(cx, &input)?;
    bypasses(&found, input.bypass_governance_retention)?;
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in objects {
        match delete_one(cx, &input, &found, object) {
            Ok(gone) => deleted.push(DeletedObject {
                key: Some(object.key.clone()),
                version_id: object.version_id.clone(),
                delete_marker: gone.is_marker.then_some(true),
                delete_marker_version_id: gone.version.filter(|_| gone.is_marker),
            }),
            // A disk that fails is nobody's key.
            Err(error) if error.status() >= 500 && !error.is(NOT_IMPLEMENTED) => return Err(error),
            Err(error) => errors.push(KeyError {
                key: Some(object.key.clone()),
                version_id: object.version_id.clone(),
                code: Some(error.code().to_owned()),
                message: Some(error.message().to_owned()),
            }),
        }
    }
    let deleted = if input.delete.quiet == Some(true) { None } else { Some(deleted) };
    Ok(DeleteObjectsOutput { deleted, errors: Some(errors), ..DeleteObjectsOutput::default() })
}

fn delete_one(
    cx: &mut Cx<'_>,
    input: &DeleteObjectsRequest,
    found: &Found,
    object: &ObjectIdentifier,
) -> Result<Gone, Error> {
    resource::check_key(&object.key)?;
    let mut resource = resource::of_object(cx, found, &object.key)?;
    let keys = [("s3:versionid", &object.version_id), ("s3:if-match", &object.e_tag)];
    for (key, value) in keys {
        resource.keys.extend(value.iter().map(|value| (key.to_owned(), vec![value.clone()])));
    }
    let row =
        if object.version_id.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
    cx.allow(row, input, &resource)?;
    let bypasses = input.bypass_governance_retention == Some(true);
    if bypasses {
        cx.allow("s3:BypassGovernanceRetention", input, &resource)?;
    }
    if object.last_modified_time.is_some() || object.size.is_some() {
        let message = "A header you provided implies functionality that is not implemented";
        return Err(Error::new(NOT_IMPLEMENTED, message));
    }
    if let Some(tags) = &object.e_tag {
        check_may_read(cx, input, found, &object.key, tags)?;
        match object::current(cx.tx, &found.id, &object.key)? {
            None => return Err(object::missing(cx, input, found, &object.key)),
            Some(existing) => check_tag(&existing, tags)?,
        }
    }
    let id = object.version_id.as_deref();
    match delete(cx, found, &object.key, id, bypasses) {
        Err(error) if error.is(INVALID_ARGUMENT) => {
            Err(version::no_such_version(&object.key, id.unwrap_or_default()))
        }
        gone => gone,
    }
}

/// Who names a tag learns whether it is the object's: that takes the permission to read it.
fn check_may_read(
    cx: &mut Cx<'_>,
    input: &dyn Structure,
    found: &Found,
    key: &str,
    tags: &str,
) -> Result<(), Error> {
    if tags.trim() == "*" {
        return Ok(());
    }
    let stored = match object::current(cx.tx, &found.id, key)? {
        Some(existing) => resource::of_stored(cx, found, key, &existing)?,
        None => resource::of_missing(cx, found, key)?,
    };
    cx.allow("s3:GetObject", input, &stored)
}

fn check_tag(existing: &Object, tags: &str) -> Result<(), Error> {
    if existing.etag.is_among(tags) { Ok(()) } else { Err(error::precondition_failed("If-Match")) }
}

/// Whether the request bypasses governance, which is nothing to a bucket without Object Lock. Who
/// says so is asked for the permission, whatever is locked.
fn bypasses(found: &Found, bypass: Option<bool>) -> Result<bool, Error> {
    if bypass.is_none() || found.bucket.object_lock.is_some() {
        return Ok(bypass == Some(true));
    }
    let header = "x-amz-bypass-governance-retention";
    let message = format!("{header} is only applicable to Object Lock enabled buckets.");
    Err(Error::new(INVALID_ARGUMENT, message).with("ArgumentName", header))
}
