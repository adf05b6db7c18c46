//! GetObjectAttributes:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html>

use api::Timestamp;
use api::s3::{
    Checksum, GetObjectAttributesOutput, GetObjectAttributesParts, GetObjectAttributesRequest,
    ObjectAttributes, ObjectPart, StorageClass,
};
use gateway::{Cx, Error};

use crate::bucket::{self, Found};
use crate::checksum::{self, Kind};
use crate::error;
use crate::object;
use crate::object::encryption::Encryption;
use crate::object::list::page_size;
use crate::record::{Body, Object, PARTS};

pub fn get_object_attributes(
    cx: &mut Cx<'_>,
    input: GetObjectAttributesRequest,
) -> Result<GetObjectAttributesOutput, Error> {
    let known = |one: &ObjectAttributes| !matches!(one, ObjectAttributes::Unknown(_));
    if let Some(other) = input.object_attributes.iter().find(|one| !known(one)) {
        let message = "Invalid attribute name specified.";
        let name = "x-amz-object-attributes";
        return Err(error::invalid_argument(message, name, other.as_str()));
    }
    let found = bucket::of(cx, &input)?;
    let object = object::read(cx, &input, &found, &input.key, input.version_id.as_deref())?;
    Encryption::of_stored(cx, &input, object.customer_key.as_ref())?;
    let asked = |attribute: &ObjectAttributes| input.object_attributes.contains(attribute);
    let mut output = GetObjectAttributesOutput {
        last_modified: Some(Timestamp::from_millis(object.modified).whole_seconds()),
        version_id: object::shown_version(&found, &object),
        ..GetObjectAttributesOutput::default()
    };
    if asked(&ObjectAttributes::ETag) {
        output.e_tag = Some(object.etag.to_string());
    }
    if asked(&ObjectAttributes::Checksum) {
        output.checksum = object.checksum.as_ref().map(|checksum| {
            let mut shown = Checksum::default();
            checksum.show(&mut shown);
            // The number of parts stands with the parts.
            let algorithm = checksum.digest.algorithm;
            checksum::set_text(&mut shown, algorithm.member(), &checksum.digest.base64());
            shown
        });
    }
    if asked(&ObjectAttributes::StorageClass) {
        let class = object.storage_class.as_deref().unwrap_or("STANDARD");
        output.storage_class = Some(StorageClass::from(class));
    }
    if asked(&ObjectAttributes::ObjectSize) {
        output.object_size = i64::try_from(object.size).ok();
    }
    if asked(&ObjectAttributes::ObjectParts) {
        output.object_parts = parts(cx, &found, &object, &input)?;
    }
    Ok(output)
}

/// The parts of an object in parts; one by one only where each has a checksum that the client asked
/// for.
fn parts(
    cx: &Cx<'_>,
    found: &Found,
    object: &Object,
    input: &GetObjectAttributesRequest,
) -> Result<Option<GetObjectAttributesParts>, Error> {
    let (Body::Parts { upload, .. }, Some(count)) = (&object.body, object.etag.parts) else {
        return Ok(None);
    };
    let total_parts_count = i32::try_from(count).ok();
    let composite = object.checksum.as_ref().is_some_and(|sum| sum.kind == Kind::Composite);
    if !composite {
        let counted = GetObjectAttributesParts { total_parts_count, ..Default::default() };
        return Ok(Some(counted));
    }
    let max_parts = page_size(input.max_parts)?;
    let marker = input.part_number_marker.unwrap_or(0);
    let number = u32::try_from(marker).unwrap_or(0);
    let (id, max) = (upload.as_str(), usize::try_from(max_parts).unwrap_or(0));
    let range = PARTS.prefix((found.id, id)).after(&PARTS.key((found.id, id, number)));
    let mut rows = PARTS.scan(cx.tx, range, max.saturating_add(1))?;
    let is_truncated = rows.len() > max;
    rows.truncate(max);
    let next =
        rows.last().map_or(0, |((_, _, number), _)| i32::try_from(*number).unwrap_or(i32::MAX));
    let parts = rows.into_iter().map(|((_, _, number), part)| {
        let mut shown = ObjectPart {
            part_number: i32::try_from(number).ok(),
            size: i64::try_from(part.size).ok(),
            ..ObjectPart::default()
        };
        let member = part.digest.algorithm.member();
        checksum::set_text(&mut shown, member, &part.digest.base64());
        shown
    });
    Ok(Some(GetObjectAttributesParts {
        total_parts_count,
        part_number_marker: Some(marker),
        next_part_number_marker: Some(next),
        max_parts: Some(max_parts),
        is_truncated: Some(is_truncated),
        parts: Some(parts.collect()),
    }))
}
