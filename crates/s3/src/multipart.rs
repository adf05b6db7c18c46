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

use gateway::{Cx, Error};

use crate::bucket::Found;
use crate::error;
use crate::record::{UPLOADS, Upload};

/// The number of the last part there can be.
pub const PART_MAX: u32 = 10_000;

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
