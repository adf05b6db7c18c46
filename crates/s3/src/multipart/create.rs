//! CreateMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html>

use api::s3::{
    ChecksumAlgorithm, ChecksumType, CreateMultipartUploadOutput, CreateMultipartUploadRequest,
};
use gateway::id::Alphabet;
use gateway::{Cx, Error};

use crate::checksum::{self, Algorithm, Kind};
use crate::object::encryption::Encryption;
use crate::object::{self, features};
use crate::record::{UPLOADS, Upload};
use crate::{bucket, error, lock};

/// Letters of an upload id; the first eleven are the moment, so that a key's uploads sort by it.
const ID_LENGTH: usize = 128;
const MOMENT_LENGTH: usize = 11;

pub fn create_multipart_upload(
    cx: &mut Cx<'_>,
    input: CreateMultipartUploadRequest,
) -> Result<CreateMultipartUploadOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let encryption = Encryption::of_new(cx, &input, &found)?;
    features::check(&input)?;
    let lock = lock::asked(cx, &input, &found)?;
    let (owner, acl) = features::owner_and_acl(cx, &input, &found, &input.key)?;
    let (algorithm, kind) = checksum(&input)?;
    let existing = object::current(cx.tx, &found.id, &input.key)?;
    let initiated = cx.now().as_millis();
    let (initiator, initiator_name) = initiator(cx)?;
    let upload = Upload {
        initiated,
        initiator,
        initiator_name,
        storage_class: features::storage_class(&input)?,
        headers: features::headers(&input, input.metadata.as_ref())?,
        algorithm,
        kind,
        existing: existing.map(|existing| existing.sequence),
        tags: features::tags(&input)?,
        acl,
        owner,
        customer_key: encryption.check(),
        lock,
        asks_encryption: input.server_side_encryption.is_some(),
    };
    let random = cx.letters(Alphabet::Alphanumeric, ID_LENGTH.saturating_sub(MOMENT_LENGTH));
    let id = format!("{initiated:0MOMENT_LENGTH$x}{random}");
    UPLOADS.put(cx.tx, (found.id, input.key.as_str(), id.as_str()), &upload)?;
    let mut output = CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: algorithm.map(|algorithm| ChecksumAlgorithm::from(algorithm.name())),
        checksum_type: kind.map(|kind| ChecksumType::from(kind.name())),
        ..CreateMultipartUploadOutput::default()
    };
    encryption.show(&mut output);
    Ok(output)
}

fn checksum(
    input: &CreateMultipartUploadRequest,
) -> Result<(Option<Algorithm>, Option<Kind>), Error> {
    let Some(named) = &input.checksum_algorithm else {
        return match input.checksum_type {
            None => Ok((None, None)),
            Some(_) => Err(error::invalid_request(
                "The x-amz-checksum-type header can only be used with the \
                 x-amz-checksum-algorithm header.",
            )),
        };
    };
    let algorithm = Algorithm::parse(named.as_str())
        .ok_or_else(|| error::invalid_request(checksum::UNSUPPORTED))?;
    let kind = match &input.checksum_type {
        None => algorithm.default_kind(),
        Some(named) => Kind::parse(named.as_str()).ok_or_else(|| {
            error::invalid_request("Value for x-amz-checksum-type header is invalid.")
        })?,
    };
    if algorithm.allows(kind) {
        return Ok((Some(algorithm), Some(kind)));
    }
    let (kind, algorithm) = (kind.name(), algorithm.name().to_ascii_lowercase());
    Err(error::invalid_request(format!(
        "The {kind} checksum type cannot be used with the {algorithm} checksum algorithm."
    )))
}

/// Who initiated the upload: a user or session by its ARN, an account by its canonical id.
///
/// # Errors
/// Only what the store says.
pub fn initiator(cx: &Cx<'_>) -> Result<(String, String), Error> {
    if let Some(principal) = cx.principal() {
        return Ok((cx.caller_arn(), principal.name.clone()));
    }
    let owner = bucket::owner(cx, cx.account())?;
    Ok((owner.id.unwrap_or_default(), owner.display_name.unwrap_or_default()))
}
