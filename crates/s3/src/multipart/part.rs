//! UploadPart: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html>

use api::s3::{UploadPartOutput, UploadPartRequest};
use gateway::{Cx, Error, Incoming};
use store::Blobs;

use crate::body::{self, Content, Intake, Received};
use crate::checksum::{self, Algorithm, Demand};
use crate::etag::ETag;
use crate::multipart;
use crate::object::encryption::Encryption;
use crate::object::put;
use crate::record::{BucketId, PARTS, Part};
use crate::{bucket, error, lock};

/// What is decided before the first byte.
pub struct Plan {
    bucket: BucketId,
    kept: Algorithm,
    intake: Intake,
    encryption: Encryption,
}

/// What the bytes came to.
pub struct Arrived {
    bucket: BucketId,
    /// The algorithm that the part is kept with.
    kept: Algorithm,
    /// The algorithm that the client named.
    shown: Algorithm,
    received: Received,
    encryption: Encryption,
}

pub fn begin(cx: &mut Cx<'_>, input: &UploadPartRequest) -> Result<Plan, Error> {
    multipart::part_number(input.part_number)?;
    put::check_length(cx)?;
    let found = bucket::of(cx, input)?;
    let upload = multipart::find(cx, &found, &input.key, &input.upload_id)?;
    let encryption = Encryption::of_part(cx, input, upload.customer_key.as_ref())?;
    let demand = Demand::read(cx.request())?;
    lock::check_digest(&found, upload.lock, &demand, "Put Part")?;
    if let (Some(expected), Some(actual)) = (upload.algorithm, demand.algorithm)
        && expected != actual
    {
        return Err(mismatch(expected, actual));
    }
    let kept = upload.algorithm.unwrap_or(Algorithm::Crc64Nvme);
    let mut algorithms = vec![kept];
    algorithms.extend(demand.algorithm.filter(|named| *named != kept));
    let customer = encryption.key().cloned();
    let intake = Intake { demand, algorithms, inline: false, customer };
    Ok(Plan { bucket: found.id, kept, intake, encryption })
}

pub async fn receive(plan: Plan, body: Incoming, blobs: Blobs) -> Result<Arrived, Error> {
    let Plan { bucket, kept, intake, encryption } = plan;
    let shown = intake.demand.algorithm.unwrap_or(kept);
    let received = body::take(intake, body, blobs).await?;
    Ok(Arrived { bucket, kept, shown, received, encryption })
}

/// The upload must still be there. A part of the same number is replaced.
pub fn commit(
    cx: &mut Cx<'_>,
    input: &UploadPartRequest,
    arrived: &Arrived,
) -> Result<UploadPartOutput, Error> {
    let found = bucket::still(cx, &input.bucket, &arrived.bucket)?;
    bucket::request_payment::show(cx, input, &found);
    multipart::find(cx, &found, &input.key, &input.upload_id)?;
    let hashed = &arrived.received.hashed;
    let digest = hashed.digest(arrived.kept).cloned();
    let (Content::Blob(draft), Some(digest)) = (&arrived.received.content, digest) else {
        return Err(Error::internal("a part without a blob or a checksum"));
    };
    let number = multipart::part_number(input.part_number)?;
    let row = (found.id, input.upload_id.as_str(), number);
    if let Some(before) = PARTS.get(cx.tx, row)? {
        body::release_blob(cx, &found.id, &before.blob)?;
    }
    let part = Part {
        blob: body::keep_blob(cx.tx, &found.id, draft)?,
        size: hashed.length,
        etag: match arrived.encryption.is_customers() {
            true => ETag::of_no_digest(cx),
            false => ETag::of_md5(hashed.md5),
        },
        modified: cx.now().as_millis(),
        digest,
    };
    PARTS.put(cx.tx, row, &part)?;
    let mut output =
        UploadPartOutput { e_tag: Some(part.etag.quoted()), ..UploadPartOutput::default() };
    arrived.encryption.show(&mut output);
    if let Some(shown) = hashed.digest(arrived.shown) {
        checksum::set_text(&mut output, arrived.shown.member(), &shown.base64());
    }
    Ok(output)
}

fn mismatch(expected: Algorithm, actual: Algorithm) -> Error {
    let (expected, actual) =
        (expected.name().to_ascii_lowercase(), actual.name().to_ascii_lowercase());
    error::invalid_request(format!(
        "Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum \
         Type: {actual}"
    ))
}
