//! PutObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>

use api::Structure;
use api::s3::error::MISSING_CONTENT_LENGTH;
use api::s3::{ChecksumType, PutObjectOutput, PutObjectRequest};
use gateway::{Cx, Error, Incoming};
use store::Blobs;

use crate::body::{self, Intake, Received, UPLOAD_MAX};
use crate::bucket::{self, Found};
use crate::checksum::{Algorithm, Checksum, Demand};
use crate::etag::ETag;
use crate::object::condition::{Unfit, Write};
use crate::object::encryption::Encryption;
use crate::object::{self, features, version};
use crate::record::{BucketId, Lock, Object};
use crate::{error, lock};

/// What is decided before the first byte.
pub struct Plan {
    bucket: BucketId,
    intake: Intake,
    encryption: Encryption,
    lock: Lock,
}

/// What the bytes came to.
pub struct Arrived {
    bucket: BucketId,
    algorithm: Algorithm,
    received: Received,
    encryption: Encryption,
    lock: Lock,
}

pub fn begin(cx: &mut Cx<'_>, input: &PutObjectRequest) -> Result<Plan, Error> {
    let found = match cx.left() {
        Some(found) => found,
        None => bucket::of(cx, input)?,
    };
    check_length(cx)?;
    let encryption = Encryption::of_new(cx, input, &found)?;
    features::check(input)?;
    features::storage_class(input)?;
    features::headers(input, input.metadata.as_ref())?;
    features::owner_and_acl(cx, input, &found, &input.key)?;
    features::tags(input)?;
    let lock = lock::asked(cx, input, &found)?;
    check_condition(cx, input, &found, &input.key)?;
    let demand = Demand::read(cx.request())?;
    lock::check_digest(&found, lock, &demand, "Put Object")?;
    let algorithms = vec![demand.algorithm.unwrap_or(Algorithm::Crc64Nvme)];
    let customer = encryption.key().cloned();
    let intake = Intake { demand, algorithms, inline: true, customer };
    Ok(Plan { bucket: found.id, intake, encryption, lock })
}

pub async fn receive(plan: Plan, body: Incoming, blobs: Blobs) -> Result<Arrived, Error> {
    let Plan { bucket, intake, encryption, lock } = plan;
    let algorithm = intake.demand.algorithm.unwrap_or(Algorithm::Crc64Nvme);
    let received = body::take(intake, body, blobs).await?;
    Ok(Arrived { bucket, algorithm, received, encryption, lock })
}

/// The bucket must still be the one that was planned for, and the condition must hold now.
pub fn commit(
    cx: &mut Cx<'_>,
    input: &PutObjectRequest,
    arrived: &Arrived,
) -> Result<PutObjectOutput, Error> {
    let found = bucket::still(cx, &input.bucket, &arrived.bucket)?;
    bucket::request_payment::show(cx, input, &found);
    check_condition(cx, input, &found, &input.key)?;
    let newest = version::newest(cx.tx, &found.id, &input.key)?;
    let (owner, acl) = features::owner_and_acl(cx, input, &found, &input.key)?;
    let (hashed, encryption) = (&arrived.received.hashed, &arrived.encryption);
    let content = &arrived.received.content;
    let sequence = version::next_sequence(cx, newest.as_ref());
    let object = Object {
        sequence,
        size: hashed.length,
        etag: match encryption.is_customers() {
            true => ETag::of_no_digest(cx),
            false => ETag::of_md5(hashed.md5),
        },
        modified: cx.now().as_millis(),
        storage_class: features::storage_class(input)?,
        headers: features::headers(input, input.metadata.as_ref())?,
        checksum: hashed.digest(arrived.algorithm).cloned().map(Checksum::whole),
        body: body::keep(cx, &found.id, &input.key, sequence, content, encryption.key())?,
        version: None,
        tags: features::tags(input)?,
        acl,
        owner,
        customer_key: encryption.check(),
        lock: lock::of_new(cx.now(), &found, arrived.lock),
        is_anonymous: cx.caller().is_anonymous() && found.bucket.has_acls(),
    };
    let object = version::put(cx, &found, &input.key, newest.as_ref(), object)?;
    Ok(answer(&object, encryption))
}

fn answer(object: &Object, encryption: &Encryption) -> PutObjectOutput {
    let mut output = PutObjectOutput {
        e_tag: Some(object.etag.quoted()),
        version_id: object.version.clone(),
        checksum_type: Some(ChecksumType::FullObject),
        ..PutObjectOutput::default()
    };
    encryption.show(&mut output);
    if let Some(checksum) = &object.checksum {
        checksum.show(&mut output);
    }
    output
}

/// The condition that a write sets for what stands under its key.
///
/// # Errors
/// PreconditionFailed; NoSuchKey or AccessDenied where nothing stands there.
pub fn check_condition(
    cx: &mut Cx<'_>,
    input: &dyn Structure,
    found: &Found,
    key: &str,
) -> Result<(), Error> {
    let condition = Write::read(input.text("IfMatch"), input.text("IfNoneMatch"))?;
    if condition == Write::None {
        return Ok(());
    }
    let existing = object::current(cx.tx, &found.id, key)?;
    match condition.check(existing.as_ref().map(|object| &object.etag)) {
        Ok(()) => Ok(()),
        Err(Unfit::Failed(header)) => Err(error::precondition_failed(header)),
        Err(Unfit::Missing) => Err(object::missing(cx, input, found, key)),
    }
}

/// S3 takes no body of unknown length.
///
/// # Errors
/// NotImplemented, MissingContentLength, EntityTooLarge.
pub fn check_length(cx: &Cx<'_>) -> Result<(), Error> {
    let header = |name| cx.request().header(name).and_then(|text| text.parse::<u64>().ok());
    let length = header("x-amz-decoded-content-length").or_else(|| header("content-length"));
    match length {
        None if cx.request().header("transfer-encoding").is_some() => {
            Err(error::unsupported("Transfer-Encoding"))
        }
        None => {
            let message = "You must provide the Content-Length HTTP header.";
            Err(Error::new(MISSING_CONTENT_LENGTH, message))
        }
        Some(length) if length > UPLOAD_MAX => Err(error::entity_too_large(length, UPLOAD_MAX)),
        Some(_) => Ok(()),
    }
}
