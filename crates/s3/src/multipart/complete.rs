//! CompleteMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
//!
//! The object becomes the list of its parts: their rows stay where they are, those that the client
//! left out go.

use std::collections::BTreeMap;

use api::Structure;
use api::s3::error as code;
use api::s3::{
    CompleteMultipartUploadOutput, CompleteMultipartUploadRequest, CompletedPart,
    ServerSideEncryption,
};
use gateway::{Cx, Error};

use crate::bucket::{self, Found};
use crate::checksum::{self, Algorithm, Checksum, Digest, Hashing, Kind};
use crate::etag::ETag;
use crate::multipart::{self, PART_MAX};
use crate::object::condition::{Unfit, Write};
use crate::object::encryption::Encryption;
use crate::object::{self, version};
use crate::record::{Body, Object, PARTS, Part, UPLOADS, Upload};
use crate::{body, error, lock};

/// Bytes of each part but the last.
const PART_SIZE_MIN: u64 = 5 * 1024 * 1024;

pub fn complete_multipart_upload(
    cx: &mut Cx<'_>,
    input: CompleteMultipartUploadRequest,
) -> Result<CompleteMultipartUploadOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let existing = object::current(cx.tx, &found.id, &input.key)?;
    let upload =
        match UPLOADS.get(cx.tx, (found.id, input.key.as_str(), input.upload_id.as_str()))? {
            Some(upload) => upload,
            None => return completed_before(&input, &found, existing.as_ref()),
        };
    let check = upload.customer_key.as_ref();
    Encryption::of_upload(cx, &input, check, upload.algorithm.is_some())?;
    let listed = listed(&input)?;
    check_kind(&input, &upload)?;
    let mut parts = parts(cx, &found, &input.upload_id)?;
    let chosen = choose(&input, &upload, &listed, &mut parts)?;
    check_condition(cx, &input, &found, &upload, existing.as_ref())?;
    let size = chosen.iter().map(|(_, part)| part.size).sum();
    check_size(&input, size)?;
    let newest = version::newest(cx.tx, &found.id, &input.key)?;
    let object = Object {
        sequence: version::next_sequence(cx, newest.as_ref()),
        size,
        etag: etag(&chosen),
        modified: cx.now().as_millis(),
        storage_class: upload.storage_class.clone(),
        headers: upload.headers.clone(),
        checksum: whole(&input, &upload, &chosen)?,
        body: Body::Parts { upload: input.upload_id.clone(), count: count(&chosen) },
        version: None,
        tags: upload.tags.clone(),
        acl: upload.acl.clone(),
        owner: upload.owner,
        customer_key: upload.customer_key,
        lock: lock::of_new(cx.now(), &found, upload.lock),
        is_anonymous: false,
    };
    // What is left was uploaded and not listed.
    for (number, part) in parts {
        PARTS.delete(cx.tx, (found.id, input.upload_id.as_str(), number));
        body::release_blob(cx, &found.id, &part.blob)?;
    }
    UPLOADS.delete(cx.tx, (found.id, input.key.as_str(), input.upload_id.as_str()));
    let object = version::put(cx, &found, &input.key, newest.as_ref(), object)?;
    Ok(answer(&input, &found, &object))
}

/// A client that did not hear the answer asks again.
fn completed_before(
    input: &CompleteMultipartUploadRequest,
    found: &Found,
    existing: Option<&Object>,
) -> Result<CompleteMultipartUploadOutput, Error> {
    match existing {
        Some(object) if is_of(object, &input.upload_id) => Ok(answer(input, found, object)),
        _ => Err(error::no_such_upload(&input.upload_id)),
    }
}

fn is_of(object: &Object, id: &str) -> bool {
    matches!(&object.body, Body::Parts { upload, .. } if upload == id)
}

/// The parts that the client lists, in ascending order of their numbers.
fn listed(input: &CompleteMultipartUploadRequest) -> Result<Vec<(u32, &CompletedPart)>, Error> {
    let parts = input.multipart_upload.as_ref().and_then(|upload| upload.parts.as_deref());
    let parts = parts.unwrap_or_default();
    if parts.is_empty() {
        return Err(error::invalid_request("You must specify at least one part"));
    }
    let mut listed: Vec<(u32, &CompletedPart)> = Vec::with_capacity(parts.len());
    for part in parts {
        let number = multipart::part_number(part.part_number.unwrap_or(0))?;
        if listed.last().is_some_and(|(last, _)| *last >= number) {
            let message = "The list of parts was not in ascending order. Parts must be ordered by \
                           part number.";
            return Err(
                Error::new(code::INVALID_PART_ORDER, message).with("UploadId", &input.upload_id)
            );
        }
        listed.push((number, part));
    }
    Ok(listed)
}

/// All parts that were uploaded.
fn parts(cx: &Cx<'_>, found: &Found, upload: &str) -> Result<BTreeMap<u32, Part>, Error> {
    let limit = usize::try_from(PART_MAX).unwrap_or(usize::MAX);
    let rows = PARTS.scan(cx.tx, PARTS.prefix((found.id, upload)), limit)?;
    Ok(rows.into_iter().map(|((_, _, number), part)| (number, part)).collect())
}

/// Takes the listed parts out of all, once each was found to be what the client says.
fn choose(
    input: &CompleteMultipartUploadRequest,
    upload: &Upload,
    listed: &[(u32, &CompletedPart)],
    parts: &mut BTreeMap<u32, Part>,
) -> Result<Vec<(u32, Part)>, Error> {
    let mut chosen = Vec::with_capacity(listed.len());
    for (place, (number, named)) in listed.iter().enumerate() {
        let tag = named.e_tag.as_deref().unwrap_or_default();
        let part = parts.remove(number).filter(|part| part.etag.is(tag));
        let part = part.ok_or_else(|| invalid_part(input, *number, tag))?;
        check_part(input, upload, *number, named, &part)?;
        let is_last = place.saturating_add(1) == listed.len();
        if part.size < PART_SIZE_MIN && !is_last {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(Error::new(code::ENTITY_TOO_SMALL, message)
                .with("ProposedSize", part.size.to_string())
                .with("MinSizeAllowed", PART_SIZE_MIN.to_string())
                .with("PartNumber", number.to_string())
                .with("ETag", part.etag.to_string()));
        }
        chosen.push((*number, part));
    }
    Ok(chosen)
}

/// Compares the checksums that the client names for a part.
fn check_part(
    input: &CompleteMultipartUploadRequest,
    upload: &Upload,
    number: u32,
    named: &CompletedPart,
    part: &Part,
) -> Result<(), Error> {
    let fields: &dyn Structure = named;
    let given: Vec<(Algorithm, &str)> = Algorithm::ALL
        .into_iter()
        .filter_map(|algorithm| Some((algorithm, fields.text(algorithm.member())?)))
        .collect();
    if let (Some(algorithm), Some(Kind::Composite), true) =
        (upload.algorithm, upload.kind, given.is_empty())
    {
        let algorithm = algorithm.name().to_ascii_lowercase();
        return Err(error::invalid_request(format!(
            "The upload was created using a {algorithm} checksum. The complete request must \
             include the checksum for \
             each part. It was missing for part {number} in the request."
        )));
    }
    for (algorithm, text) in given {
        let tag = named.e_tag.as_deref().unwrap_or_default();
        let Some(kept) = upload.algorithm else { return Err(invalid_part(input, number, tag)) };
        match Digest::parse(algorithm, text).filter(|_| kept == algorithm) {
            Some(digest) if digest == part.digest => {}
            Some(_) => return Err(invalid_part(input, number, tag)),
            None => {
                let algorithm = algorithm.name().to_ascii_lowercase();
                let message = format!(
                    "The {algorithm} you specified for part {number} did not match what we \
                     received."
                );
                return Err(Error::new(code::BAD_DIGEST, message));
            }
        }
    }
    Ok(())
}

fn invalid_part(input: &CompleteMultipartUploadRequest, number: u32, tag: &str) -> Error {
    let message = "One or more of the specified parts could not be found.  The part may not have \
                   been uploaded, or the \
                   specified entity tag may not match the part's entity tag.";
    Error::new(code::INVALID_PART, message)
        .with("UploadId", &input.upload_id)
        .with("PartNumber", number.to_string())
        .with("ETag", tag.trim_matches('"'))
}

fn check_condition(
    cx: &mut Cx<'_>,
    input: &CompleteMultipartUploadRequest,
    found: &Found,
    upload: &Upload,
    existing: Option<&Object>,
) -> Result<(), Error> {
    let condition = Write::read(input.if_match.as_deref(), input.if_none_match.as_deref())?;
    let tag = existing.map(|object| &object.etag);
    let changed = match (&condition, condition.check(tag)) {
        (_, Err(Unfit::Failed(header))) => return Err(error::precondition_failed(header)),
        (_, Err(Unfit::Missing)) => return Err(object::missing(cx, input, found, &input.key)),
        (Write::None, Ok(())) => None,
        (Write::Absent, Ok(())) => upload.existing.map(|_| "If-None-Match"),
        (Write::Match(_), Ok(())) => {
            let same = existing.map(|object| object.sequence) == upload.existing;
            (!same).then_some("If-Match")
        }
    };
    let Some(header) = changed else { return Ok(()) };
    let message = "The conditional request cannot succeed due to a conflicting operation against \
                   this resource.";
    Err(Error::new(code::CONDITIONAL_REQUEST_CONFLICT, message)
        .with("Condition", header)
        .with("Key", &input.key))
}

fn check_size(input: &CompleteMultipartUploadRequest, size: u64) -> Result<(), Error> {
    match input.mpu_object_size {
        Some(claimed) if u64::try_from(claimed) != Ok(size) => {
            Err(error::invalid_request(format!(
                "The provided 'x-amz-mp-object-size' header value {claimed} does not match what \
                 was computed: {size}"
            )))
        }
        _ => Ok(()),
    }
}

/// The MD5 of the parts' MD5s, and their number.
fn etag(parts: &[(u32, Part)]) -> ETag {
    let mut hashing = Hashing::new(&[]);
    parts.iter().for_each(|(_, part)| hashing.update(&part.etag.md5));
    ETag { md5: hashing.finish().md5, parts: Some(count(parts)) }
}

fn count(parts: &[(u32, Part)]) -> u32 {
    u32::try_from(parts.len()).unwrap_or(PART_MAX)
}

/// Compares the kind of checksum that the client names with the upload's.
fn check_kind(input: &CompleteMultipartUploadRequest, upload: &Upload) -> Result<(), Error> {
    if let Some(named) = &input.checksum_type
        && Kind::parse(named.as_str()) != upload.kind
    {
        let kind = upload.kind.map_or("null", Kind::name);
        return Err(error::invalid_request(format!(
            "The upload was created using the {kind} checksum mode. The complete request must use \
             the same \
             checksum mode."
        )));
    }
    Ok(())
}

/// The checksum of the object, compared with the one that the client names. None where nobody named
/// an algorithm and the parts are under a customer's key: completing it does not ask for the key.
fn whole(
    input: &CompleteMultipartUploadRequest,
    upload: &Upload,
    parts: &[(u32, Part)],
) -> Result<Option<Checksum>, Error> {
    if upload.algorithm.is_none() && upload.customer_key.is_some() {
        return Ok(None);
    }
    let algorithm = upload.algorithm.unwrap_or(Algorithm::Crc64Nvme);
    let parts: Vec<_> = parts.iter().map(|(_, part)| (part.digest.clone(), part.size)).collect();
    let checksum = match upload.kind.unwrap_or(Kind::FullObject) {
        Kind::FullObject => checksum::combine(algorithm, &parts),
        Kind::Composite => checksum::composite(algorithm, &parts),
    };
    let checksum = checksum.ok_or_else(|| Error::internal("parts without a common checksum"))?;
    if is_as_claimed(input, upload, &checksum) {
        return Ok(Some(checksum));
    }
    let algorithm = algorithm.name().to_ascii_lowercase();
    let message = format!("The {algorithm} you specified did not match the calculated checksum.");
    Err(Error::new(code::BAD_DIGEST, message))
}

/// A checksum whose kind goes unsaid is taken for a composite one, where its algorithm has both.
fn is_as_claimed(
    input: &CompleteMultipartUploadRequest,
    upload: &Upload,
    checksum: &Checksum,
) -> bool {
    let fields: &dyn Structure = input;
    let algorithm = checksum.digest.algorithm;
    let unclear = upload.kind == Some(Kind::FullObject)
        && input.checksum_type.is_none()
        && algorithm.allows(Kind::Composite);
    Algorithm::ALL.into_iter().all(|named| match fields.text(named.member()) {
        None => true,
        Some(claimed) if named == algorithm => !unclear && claimed == checksum.text(),
        Some(_) => upload.algorithm.is_none(),
    })
}

fn answer(
    input: &CompleteMultipartUploadRequest,
    found: &Found,
    object: &Object,
) -> CompleteMultipartUploadOutput {
    let (bucket, region) = (&found.bucket.name, &found.bucket.region);
    let key = crate::object::list::Encoding::Url.write(&input.key).replace('+', "%20");
    let managed = object.customer_key.is_none();
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("https://{bucket}.s3.{region}.amazonaws.com/{key}")),
        bucket: Some(bucket.clone()),
        key: Some(input.key.clone()),
        e_tag: Some(object.etag.quoted()),
        version_id: object.version.clone(),
        server_side_encryption: managed.then_some(ServerSideEncryption::Aes256),
        ..CompleteMultipartUploadOutput::default()
    };
    if let Some(checksum) = &object.checksum {
        checksum.show(&mut output);
    }
    output
}
