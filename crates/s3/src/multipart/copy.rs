//! UploadPartCopy: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html>
//!
//! A part that is a whole blob, and known by the checksum that the upload wants, shares it; every
//! other, and each under a customer's key, is read and written anew; so is one whose source was
//! replaced before its blob could be shared.

use std::ops::Range;

use api::Timestamp;
use api::s3::{CopyPartResult, UploadPartCopyOutput, UploadPartCopyRequest};
use gateway::{Cx, Error, Incoming};
use store::{BlobId, Blobs};

use crate::body::{self, Content, Here, Received};
use crate::bucket;
use crate::checksum::{self, Algorithm, Digest, Kind};
use crate::error;
use crate::etag::ETag;
use crate::multipart;
use crate::object::encryption::Encryption;
use crate::object::source::{self, COPY_MAX, Source};
use crate::record::{Body, BucketId, Object, PARTS, Part};

/// What is decided before a byte is read.
pub struct Plan {
    bucket: BucketId,
    source: Source,
    algorithm: Algorithm,
    named: bool,
    encryption: Encryption,
    /// None where the source's blob is shared.
    here: Option<Here>,
}

/// What was written.
pub struct Arrived {
    bucket: BucketId,
    source: Source,
    /// The client named the upload's algorithm.
    named: bool,
    encryption: Encryption,
    received: Option<(Received, Digest)>,
}

pub fn begin(cx: &mut Cx<'_>, input: &UploadPartCopyRequest) -> Result<Plan, Error> {
    multipart::part_number(input.part_number)?;
    let found = bucket::of(cx, input)?;
    let upload = multipart::find(cx, &found, &input.key, &input.upload_id)?;
    let encryption = Encryption::of_part(cx, input, upload.customer_key.as_ref())?;
    let source = source::find(cx, input)?;
    let range = match &input.copy_source_range {
        Some(text) => range(text, source.object.size)?,
        None => 0..source.object.size,
    };
    if range.end.saturating_sub(range.start) > COPY_MAX {
        return Err(error::invalid_request(format!(
            "The specified copy source is larger than the maximum allowable size for a copy \
             source: {COPY_MAX}"
        )));
    }
    let algorithm = upload.algorithm.unwrap_or(Algorithm::Crc64Nvme);
    let under_keys = encryption.is_customers() || source.encryption.is_customers();
    let rewrites = under_keys || cx.begins_anew();
    let here = match shared(&source.object, &range, algorithm).filter(|_| !rewrites) {
        Some(_) => None,
        None => {
            let customer = source.encryption.key();
            Some(body::here(cx, &source.found.id, &source.key, &source.object, range, customer)?)
        }
    };
    let named = upload.algorithm.is_some();
    Ok(Plan { bucket: found.id, source, algorithm, named, encryption, here })
}

pub async fn receive(plan: Plan, _: Incoming, blobs: Blobs) -> Result<Arrived, Error> {
    let Plan { bucket, source, algorithm, named, encryption, here } = plan;
    let Some(here) = here else {
        return Ok(Arrived { bucket, source, named, encryption, received: None });
    };
    let received = body::rewrite(here, &[algorithm], blobs, encryption.key()).await?;
    let digest = received.hashed.digest(algorithm).cloned();
    let digest = digest.ok_or_else(|| Error::internal("a part without its checksum"))?;
    Ok(Arrived { bucket, source, named, encryption, received: Some((received, digest)) })
}

/// The upload must still be there. A part of the same number is replaced.
pub fn commit(
    cx: &mut Cx<'_>,
    input: &UploadPartCopyRequest,
    arrived: &Arrived,
) -> Result<UploadPartCopyOutput, Error> {
    let found = bucket::still(cx, &input.bucket, &arrived.bucket)?;
    bucket::request_payment::show(cx, input, &found);
    bucket::request_payment::show(cx, input, &arrived.source.found);
    multipart::find(cx, &found, &input.key, &input.upload_id)?;
    let number = multipart::part_number(input.part_number)?;
    let part = part(cx, &found.id, arrived)?;
    let row = (found.id, input.upload_id.as_str(), number);
    if let Some(before) = PARTS.get(cx.tx, row)? {
        body::release_blob(cx, &found.id, &before.blob)?;
    }
    PARTS.put(cx.tx, row, &part)?;
    let mut result = CopyPartResult {
        e_tag: Some(part.etag.quoted()),
        last_modified: Some(Timestamp::from_millis(part.modified).whole_seconds()),
        ..CopyPartResult::default()
    };
    if arrived.named {
        let member = part.digest.algorithm.member();
        checksum::set_text(&mut result, member, &part.digest.base64());
    }
    let mut output = UploadPartCopyOutput {
        copy_source_version_id: arrived.source.shown_version(),
        copy_part_result: Some(result),
        ..UploadPartCopyOutput::default()
    };
    arrived.encryption.show(&mut output);
    Ok(output)
}

fn part(cx: &mut Cx<'_>, bucket: &BucketId, arrived: &Arrived) -> Result<Part, Error> {
    let modified = cx.now().as_millis();
    if let Some((received, digest)) = &arrived.received {
        let Content::Blob(draft) = &received.content else {
            return Err(Error::internal("a part without a blob"));
        };
        return Ok(Part {
            blob: body::keep_blob(cx.tx, bucket, draft)?,
            size: received.hashed.length,
            etag: match arrived.encryption.is_customers() {
                true => ETag::of_no_digest(cx),
                false => ETag::of_md5(received.hashed.md5),
            },
            modified,
            digest: digest.clone(),
        });
    }
    arrived.source.still(cx)?;
    let object = &arrived.source.object;
    let (Body::Blob(blob), Some(checksum)) = (&object.body, &object.checksum) else {
        return Err(Error::internal("a blob was to be shared that is none"));
    };
    body::share_blob(cx.tx, bucket, blob)?;
    let digest = checksum.digest.clone();
    Ok(Part { blob: *blob, size: object.size, etag: object.etag, modified, digest })
}

/// The source's blob, where it is all that the part needs.
fn shared(object: &Object, range: &Range<u64>, algorithm: Algorithm) -> Option<BlobId> {
    let checksum = object.checksum.as_ref()?;
    let fits = *range == (0..object.size)
        && object.etag.parts.is_none()
        && checksum.kind == Kind::FullObject
        && checksum.digest.algorithm == algorithm;
    match &object.body {
        Body::Blob(id) if fits => Some(*id),
        _ => None,
    }
}

/// `bytes=first-last`, both given and within the object.
fn range(text: &str, size: u64) -> Result<Range<u64>, Error> {
    let header = "x-amz-copy-source-range";
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let bounds = text.strip_prefix("bytes=").and_then(|rest| rest.split_once('-'));
    let bounds = bounds.and_then(|(first, last)| Some((number(first)?, number(last)?)));
    let Some((first, last)) = bounds.filter(|(first, last)| first <= last) else {
        let message = "The x-amz-copy-source-range value must be of the form bytes=first-last \
                       where first and last are the zero-based offsets of the first and last \
                       bytes to copy";
        return Err(error::invalid_argument(message, header, text));
    };
    if first >= size {
        let message = "The specified copy range is invalid for the source object size";
        return Err(error::invalid_request(message));
    }
    if last >= size {
        let message = format!("Range specified is not valid for source object of size: {size}");
        return Err(error::invalid_argument(message, header, text));
    }
    Ok(first..last.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_to_copy_names_both_its_ends_and_lies_in_the_source() {
        let cases = [
            ("bytes=0-8", Ok(0..9)),
            ("bytes=9-9", Ok(9..10)),
            ("0-8", Err("InvalidArgument")),
            ("bytes=1-0", Err("InvalidArgument")),
            ("bytes=1-", Err("InvalidArgument")),
            ("bytes=-2", Err("InvalidArgument")),
            ("bytes=0-1,3-4", Err("InvalidArgument")),
            ("bytes=0-100", Err("InvalidArgument")),
            ("bytes=100-200", Err("InvalidRequest")),
        ];
        for (text, expected) in cases {
            assert_eq!(range(text, 10).map_err(|error| error.code()), expected, "{text}");
        }
    }
}
