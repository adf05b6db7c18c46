//! CopyObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>
//!
//! The copy shares the source's blobs. They are read only for what must be said of the copy and is
//! not known of the source: the MD5 and checksum of the whole of what was uploaded in parts, or a
//! checksum of another algorithm. Where source or copy is under a customer's key, they are written
//! anew; so they are where the source was replaced before its blobs could be shared. The copy is of
//! the source as it was when it was read, whatever becomes of it meanwhile.

use api::Timestamp;
use api::s3::error::INVALID_ARGUMENT;
use api::s3::{
    CopyObjectOutput, CopyObjectRequest, CopyObjectResult, MetadataDirective, TaggingDirective,
};
use gateway::{Cx, Error, Incoming};
use store::Blobs;

use crate::body::{self, Content, Here};
use crate::bucket::{self, Found};
use crate::checksum::{self, Algorithm, Checksum, Hashed, Kind};
use crate::etag::ETag;
use crate::object::encryption::Encryption;
use crate::object::source::{self, COPY_MAX, Source};
use crate::object::{self, features, put, version};
use crate::record::{BucketId, Lock, Object};
use crate::tag::{self, Tags};
use crate::{error, lock, resource};

/// What is decided before a byte is read.
pub struct Plan {
    bucket: BucketId,
    source: Source,
    encryption: Encryption,
    tags: Option<Tags>,
    lock: Lock,
    algorithm: Algorithm,
    /// The bytes of the copy cannot be those of its source.
    rewrites: bool,
    /// What must be read.
    here: Option<Here>,
}

/// What was found out.
pub struct Arrived {
    bucket: BucketId,
    source: Source,
    encryption: Encryption,
    tags: Option<Tags>,
    lock: Lock,
    algorithm: Algorithm,
    hashed: Option<Hashed>,
    /// None where the copy shares the source's.
    content: Option<Content>,
}

pub fn begin(cx: &mut Cx<'_>, input: &CopyObjectRequest) -> Result<Plan, Error> {
    let found = bucket::of(cx, input)?;
    let encryption = Encryption::of_new(cx, input, &found)?;
    features::check(input)?;
    features::storage_class(input)?;
    features::owner_and_acl(cx, input, &found, &input.key)?;
    // A lock is not copied: the copy has its own.
    let lock = lock::asked(cx, input, &found)?;
    let replaces = replaces(input)?;
    if replaces {
        features::headers(input, input.metadata.as_ref())?;
    }
    let source = source::find(cx, input)?;
    let re_encrypts = source.encryption.is_customers() || encryption.is_customers();
    if source.found.id == found.id
        && source.key == input.key
        && source.named.is_none()
        && !changes(input, replaces)
        && !re_encrypts
        // A bucket that says how it encrypts may do so otherwise than it did.
        && found.bucket.bucket_key.is_none()
    {
        return Err(error::invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself \
             without changing the object's metadata, storage class, website redirect location or \
             encryption attributes.",
        ));
    }
    if source.object.size > COPY_MAX {
        return Err(error::invalid_request(format!(
            "The specified copy source is larger than the maximum allowable size for a copy \
             source: {COPY_MAX}"
        )));
    }
    put::check_condition(cx, input, &found, &input.key)?;
    let tags = tags(cx, input, &source)?;
    let algorithm = algorithm(input, &source.object)?;
    let rewrites = re_encrypts || cx.begins_anew();
    let here = match known(&source.object, algorithm) && !rewrites {
        true => None,
        false => {
            let (all, customer) = (0..source.object.size, source.encryption.key());
            Some(body::here(cx, &source.found.id, &source.key, &source.object, all, customer)?)
        }
    };
    Ok(Plan { bucket: found.id, source, encryption, tags, lock, algorithm, rewrites, here })
}

pub async fn receive(plan: Plan, _: Incoming, blobs: Blobs) -> Result<Arrived, Error> {
    let Plan { bucket, source, encryption, tags, lock, algorithm, rewrites, here } = plan;
    let (hashed, content) = match here {
        Some(here) if rewrites => {
            let received = body::retake(here, &[algorithm], blobs, encryption.key()).await?;
            (Some(received.hashed), Some(received.content))
        }
        Some(here) => (Some(body::digest(here, &[algorithm], blobs).await?), None),
        None => (None, None),
    };
    Ok(Arrived { bucket, source, encryption, tags, lock, algorithm, hashed, content })
}

/// The bucket must still be the one that was planned for; the source, where its blobs are shared.
pub fn commit(
    cx: &mut Cx<'_>,
    input: &CopyObjectRequest,
    arrived: &Arrived,
) -> Result<CopyObjectOutput, Error> {
    let found = bucket::still(cx, &input.bucket, &arrived.bucket)?;
    bucket::request_payment::show(cx, input, &found);
    bucket::request_payment::show(cx, input, &arrived.source.found);
    let source = &arrived.source;
    if arrived.content.is_none() {
        source.still(cx)?;
    }
    put::check_condition(cx, input, &found, &input.key)?;
    let object = copied(cx, input, &found, arrived)?;
    let mut result = CopyObjectResult {
        e_tag: Some(object.etag.quoted()),
        last_modified: Some(Timestamp::from_millis(object.modified).whole_seconds()),
        ..CopyObjectResult::default()
    };
    if let Some(checksum) = &object.checksum {
        checksum.show(&mut result);
    }
    let mut output = CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: source.shown_version(),
        version_id: object::shown_version(&found, &object),
        ..CopyObjectOutput::default()
    };
    arrived.encryption.show(&mut output);
    Ok(output)
}

fn copied(
    cx: &mut Cx<'_>,
    input: &CopyObjectRequest,
    found: &Found,
    arrived: &Arrived,
) -> Result<Object, Error> {
    let (source, key) = (&arrived.source, input.key.as_str());
    let newest = version::newest(cx.tx, &found.id, key)?;
    let sequence = version::next_sequence(cx, newest.as_ref());
    let headers = match replaces(input)? {
        true => features::headers(input, input.metadata.as_ref())?,
        false => source.object.headers.clone(),
    };
    let (owner, acl) = features::owner_and_acl(cx, input, found, key)?;
    let from = (&source.found.id, source.key.as_str(), &source.object);
    let (hashed, encryption) = (arrived.hashed.as_ref(), &arrived.encryption);
    let body = match &arrived.content {
        Some(content) => body::keep(cx, &found.id, key, sequence, content, encryption.key())?,
        None => body::share(cx, from, (&found.id, key, sequence))?,
    };
    let etag = match (encryption.is_customers(), hashed) {
        (true, _) => ETag::of_no_digest(cx),
        (false, Some(hashed)) => ETag::of_md5(hashed.md5),
        (false, None) => source.object.etag,
    };
    let checksum = match hashed.and_then(|hashed| hashed.digest(arrived.algorithm)) {
        Some(digest) => Some(Checksum::whole(digest.clone())),
        None => source.object.checksum.clone(),
    };
    let object = Object {
        sequence,
        size: source.object.size,
        etag,
        modified: cx.now().as_millis(),
        storage_class: features::storage_class(input)?,
        headers,
        checksum,
        body,
        version: None,
        tags: arrived.tags.clone(),
        acl,
        owner,
        customer_key: encryption.check(),
        lock: lock::of_new(cx.now(), found, arrived.lock),
        is_anonymous: false,
    };
    version::put(cx, found, key, newest.as_ref(), object)
}

/// Whether the request brings metadata of its own.
fn replaces(input: &CopyObjectRequest) -> Result<bool, Error> {
    match &input.metadata_directive {
        None | Some(MetadataDirective::Copy) => Ok(false),
        Some(MetadataDirective::Replace) => Ok(true),
        Some(other) => {
            let message = "Unknown metadata directive.";
            Err(error::invalid_argument(message, "x-amz-metadata-directive", other.as_str()))
        }
    }
}

/// Whether a copy of an object to itself changes anything.
fn changes(input: &CopyObjectRequest, replaces: bool) -> bool {
    replaces || input.storage_class.is_some() || input.server_side_encryption.is_some()
}

/// Tags of the copy: those of the header, or the source's for those who may read them there and
/// write them here.
fn tags(
    cx: &mut Cx<'_>,
    input: &CopyObjectRequest,
    source: &Source,
) -> Result<Option<Tags>, Error> {
    match &input.tagging_directive {
        Some(TaggingDirective::Replace) => {
            let tags = input.tagging.as_deref().map(tag::header).transpose()?;
            return Ok(tags.filter(|tags| !tags.is_empty()));
        }
        None | Some(TaggingDirective::Copy) => {}
        Some(other) => {
            let message = "Unknown tagging directive.";
            let error = Error::new(INVALID_ARGUMENT, message)
                .with("ArgumentName", "x-amz-tagging-directive")
                .with("ArgumentValue", other.as_str());
            return Err(error);
        }
    }
    let Some(tags) = source.object.tags.clone().filter(|tags| !tags.is_empty()) else {
        return Ok(None);
    };
    let stored = resource::of_stored(cx, &source.found, &source.key, &source.object)?;
    let row = match &source.named {
        Some(_) => "s3:GetObjectVersionTagging",
        None => "s3:GetObjectTagging",
    };
    cx.allow(row, input, &stored)?;
    let copy = resource::object(cx, input)?;
    cx.allow("copied-tags", input, &copy)?;
    Ok(Some(tags))
}

fn algorithm(input: &CopyObjectRequest, source: &Object) -> Result<Algorithm, Error> {
    let kept = source.checksum.as_ref().map(|checksum| checksum.digest.algorithm);
    match input.checksum_algorithm.as_ref().map(api::s3::ChecksumAlgorithm::as_str) {
        Some(name) => {
            Algorithm::parse(name).ok_or_else(|| error::invalid_request(checksum::UNSUPPORTED))
        }
        None => Ok(kept.unwrap_or(Algorithm::Crc64Nvme)),
    }
}

/// Whether everything that is said of the copy is known of the source.
fn known(source: &Object, algorithm: Algorithm) -> bool {
    let checksum = source.checksum.as_ref();
    source.etag.parts.is_none()
        && checksum.is_some_and(|checksum| {
            checksum.kind == Kind::FullObject && checksum.digest.algorithm == algorithm
        })
}
