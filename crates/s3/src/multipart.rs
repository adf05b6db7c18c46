//! Multipart uploads: initiated, filled part by part, completed into an object without copying a
//! byte, or aborted.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>

pub mod abort;
pub mod complete;
pub mod copy;
pub mod create;
pub mod list;
pub mod part;

use api::Structure;
use gateway::{Cx, Error, Resource};

use crate::bucket::Found;
use crate::record::{UPLOADS, Upload};
use crate::{bucket, error, resource};

/// The number of the last part there can be.
pub const PART_MAX: u32 = 10_000;

/// The place of an upload. Who initiated it because the bucket's list lets them write may see its
/// parts and abort it.
pub fn upload(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let mut place = resource::object(cx, input)?;
    let Some(reach) = place.grant("s3:PutObject") else { return Ok(place) };
    if cx.caller().is_anonymous() {
        return Ok(place);
    }
    let found = bucket::of(cx, input)?;
    let [key, id] = ["Key", "UploadId"].map(|name| input.text(name).unwrap_or_default());
    let upload = UPLOADS.get(cx.tx, (found.id, key, id))?;
    let (initiator, _) = create::initiator(cx)?;
    if upload.is_some_and(|upload| upload.initiator == initiator) {
        let actions = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
        place.granted.extend(actions.map(|action| (action, reach)));
    }
    Ok(place)
}

/// The upload in progress.
///
/// # Errors
/// NoSuchUpload.
pub fn find(cx: &Cx<'_>, found: &Found, key: &str, upload: &str) -> Result<Upload, Error> {
    let known = UPLOADS.get(cx.tx, (found.id, key, upload))?;
    known.ok_or_else(|| error::no_such_upload(upload))
}

/// # Errors
/// InvalidArgument outside of 1 to 10,000.
pub fn part_number(number: i32) -> Result<u32, Error> {
    let valid = u32::try_from(number).ok().filter(|number| (1..=PART_MAX).contains(number));
    valid.ok_or_else(|| {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        error::invalid_argument(message, "partNumber", &number.to_string())
    })
}
