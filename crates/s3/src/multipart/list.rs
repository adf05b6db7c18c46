//! ListParts and ListMultipartUploads.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>

use api::Timestamp;
use api::s3::{
    ChecksumAlgorithm, ChecksumType, CommonPrefix, Initiator, ListMultipartUploadsOutput,
    ListMultipartUploadsRequest, ListPartsOutput, ListPartsRequest, MultipartUpload, Owner,
    Part as ListedPart, StorageClass,
};
use gateway::{Cx, Error};
use store::{KeyRange, Partial};

use crate::checksum;
use crate::listing;
use crate::multipart::{self, PART_MAX};
use crate::object::encryption::Encryption;
use crate::object::list::{Encoding, page_size};
use crate::record::{BucketId, PARTS, Part, UPLOADS, Upload};
use crate::{bucket, error};

pub fn list_parts(cx: &mut Cx<'_>, input: ListPartsRequest) -> Result<ListPartsOutput, Error> {
    let max_parts = page_size(input.max_parts)?;
    let found = bucket::of(cx, &input)?;
    let upload = multipart::find(cx, &found, &input.key, &input.upload_id)?;
    Encryption::of_upload(cx, &input, upload.customer_key.as_ref(), false)?;
    let marker = input.part_number_marker.unwrap_or(0);
    let number = u32::try_from(marker).map_err(|_| {
        let message = "Argument part-number-marker must be an integer between 0 and 2147483647";
        error::invalid_argument(message, "part-number-marker", &marker.to_string())
    })?;
    let id = input.upload_id.as_str();
    let range = PARTS.prefix((found.id, id)).after(&PARTS.key((found.id, id, number)));
    let max = usize::try_from(max_parts).unwrap_or(0);
    let mut rows = PARTS.scan(cx.tx, range, max.saturating_add(1))?;
    let is_truncated = max > 0 && rows.len() > max;
    rows.truncate(max);
    let last = rows.last().map_or(number.min(PART_MAX), |((_, _, number), _)| *number);
    let next = if rows.is_empty() { 0 } else { last };
    let named = upload.algorithm.is_some();
    let parts = rows.into_iter().map(|((_, _, number), part)| shown_part(number, &part, named));
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        part_number_marker: Some(marker),
        next_part_number_marker: i32::try_from(next).ok(),
        max_parts: Some(max_parts),
        is_truncated: Some(is_truncated),
        parts: Some(parts.collect()),
        initiator: Some(initiator(&upload)),
        owner: Some(bucket::owner(cx, upload.owner.unwrap_or(found.bucket.account))?),
        storage_class: Some(class(&upload)),
        checksum_algorithm: algorithm(&upload),
        checksum_type: kind(&upload),
        upload_id: Some(input.upload_id),
        ..ListPartsOutput::default()
    })
}

/// A checksum that the client did not ask for is not shown.
fn shown_part(number: u32, part: &Part, named: bool) -> ListedPart {
    let mut shown = ListedPart {
        part_number: i32::try_from(number).ok(),
        last_modified: Some(Timestamp::from_millis(part.modified).whole_seconds()),
        e_tag: Some(part.etag.quoted()),
        size: i64::try_from(part.size).ok(),
        ..ListedPart::default()
    };
    if named {
        let member = part.digest.algorithm.member();
        checksum::set_text(&mut shown, member, &part.digest.base64());
    }
    shown
}

pub fn list_multipart_uploads(
    cx: &mut Cx<'_>,
    input: ListMultipartUploadsRequest,
) -> Result<ListMultipartUploadsOutput, Error> {
    let max_uploads = page_size(input.max_uploads)?;
    let encoding = Encoding::read(input.encoding_type.as_ref())?;
    let found = bucket::of(cx, &input)?;
    let page = page(cx, &found.id, &input, usize::try_from(max_uploads).unwrap_or(0))?;
    let uploads = page.uploads.iter().map(|(key, id, upload)| {
        let owner = bucket::owner(cx, upload.owner.unwrap_or(found.bucket.account))?;
        Ok::<_, Error>(shown_upload(encoding.write(key), id.clone(), upload, owner))
    });
    let uploads = uploads.collect::<Result<Vec<_>, _>>()?;
    let prefixes = page.prefixes.iter().map(|prefix| encoding.write(prefix));
    let (next_key, next_id) = page.marker();
    let text = |text: &Option<String>| encoding.write(text.as_deref().unwrap_or_default());
    Ok(ListMultipartUploadsOutput {
        bucket: Some(found.bucket.name.clone()),
        key_marker: Some(text(&input.key_marker)),
        // Without a key it says nothing, and is not shown.
        upload_id_marker: Some(match &input.key_marker {
            Some(key) if !key.is_empty() => input.upload_id_marker.clone().unwrap_or_default(),
            _ => String::new(),
        }),
        next_key_marker: Some(encoding.write(next_key)),
        next_upload_id_marker: Some(next_id.to_owned()),
        prefix: input.prefix.as_deref().map(|prefix| encoding.write(prefix)),
        delimiter: input.delimiter.as_deref().map(|delimiter| encoding.write(delimiter)),
        max_uploads: Some(max_uploads),
        is_truncated: Some(page.is_truncated),
        common_prefixes: Some(
            prefixes.map(|prefix| CommonPrefix { prefix: Some(prefix) }).collect(),
        ),
        uploads: Some(uploads),
        encoding_type: input.encoding_type,
        ..ListMultipartUploadsOutput::default()
    })
}

#[derive(Default)]
struct Page {
    uploads: Vec<(String, String, Upload)>,
    prefixes: Vec<String>,
    /// The last key or common prefix, and upload id.
    last: Option<(String, String)>,
    is_truncated: bool,
}

impl Page {
    /// Behind what the next page begins: told of the last page too, and not of one without an
    /// upload, as AWS was recorded to.
    fn marker(&self) -> (&str, &str) {
        match &self.last {
            Some((key, id)) if !self.uploads.is_empty() => (key, id),
            _ => ("", ""),
        }
    }
}

/// Rows read at a time.
const ROWS: usize = 1000;

/// Uploads sort by key and then by their beginning. A key has few of them, so that folding reads on
/// rather than leaps.
fn page(
    cx: &Cx<'_>,
    bucket: &BucketId,
    input: &ListMultipartUploadsRequest,
    max: usize,
) -> Result<Page, Error> {
    let query = listing::Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref(),
        ..listing::Query::default()
    };
    let mut page = Page::default();
    let mut rest = start(cx, bucket, input, &query)?;
    if max == 0 {
        return Ok(page);
    }
    loop {
        let rows = UPLOADS.scan(cx.tx, rest.clone(), ROWS)?;
        let is_last = rows.len() < ROWS;
        for ((_, key, id), upload) in rows {
            rest = rest.after(&UPLOADS.key((bucket, &key, &id)));
            let folded = query.common_prefix(&key).map(str::to_owned);
            if folded.is_some() && page.prefixes.last() == folded.as_ref() {
                continue;
            }
            if page.uploads.len().saturating_add(page.prefixes.len()) == max {
                page.is_truncated = true;
                return Ok(page);
            }
            page.last = Some((folded.clone().unwrap_or_else(|| key.clone()), id.clone()));
            match folded {
                Some(folded) => page.prefixes.push(folded),
                None => page.uploads.push((key, id, upload)),
            }
        }
        if is_last {
            return Ok(page);
        }
    }
}

/// Behind the marker: a key's all uploads, or those initiated after one of them.
fn start(
    cx: &Cx<'_>,
    bucket: &BucketId,
    input: &ListMultipartUploadsRequest,
    query: &listing::Query<'_>,
) -> Result<KeyRange, Error> {
    let all = UPLOADS.prefix((bucket, Partial(query.prefix)));
    let Some(key) = input.key_marker.as_deref().filter(|key| !key.is_empty()) else {
        return Ok(all);
    };
    if let Some(folded) = query.common_prefix(key) {
        return Ok(all.past(&UPLOADS.prefix_bytes((bucket, Partial(folded)))));
    }
    let Some(id) = input.upload_id_marker.as_deref().filter(|id| !id.is_empty()) else {
        return Ok(all.past(&UPLOADS.prefix_bytes((bucket, key))));
    };
    if !UPLOADS.contains(cx.tx, (bucket, key, id))? {
        return Err(error::invalid_argument("Invalid uploadId marker", "upload-id-marker", id));
    }
    Ok(all.after(&UPLOADS.key((bucket, key, id))))
}

fn shown_upload(key: String, id: String, upload: &Upload, owner: Owner) -> MultipartUpload {
    MultipartUpload {
        upload_id: Some(id),
        key: Some(key),
        initiated: Some(Timestamp::from_millis(upload.initiated).whole_seconds()),
        storage_class: Some(class(upload)),
        owner: Some(owner),
        initiator: Some(initiator(upload)),
        checksum_algorithm: algorithm(upload),
        checksum_type: kind(upload),
        ..MultipartUpload::default()
    }
}

fn initiator(upload: &Upload) -> Initiator {
    let name = Some(upload.initiator_name.clone()).filter(|name| !name.is_empty());
    Initiator { id: Some(upload.initiator.clone()), display_name: name }
}

fn class(upload: &Upload) -> StorageClass {
    StorageClass::from(upload.storage_class.as_deref().unwrap_or("STANDARD"))
}

fn algorithm(upload: &Upload) -> Option<ChecksumAlgorithm> {
    upload.algorithm.map(|algorithm| ChecksumAlgorithm::from(algorithm.name()))
}

fn kind(upload: &Upload) -> Option<ChecksumType> {
    upload.kind.map(|kind| ChecksumType::from(kind.name()))
}
