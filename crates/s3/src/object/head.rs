//! HeadObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>

use api::s3::{HeadObjectOutput, HeadObjectRequest, StorageClass};
use gateway::{Cx, Error};

use crate::object::condition::Read;
use crate::object::get::{self, Asked};

pub fn head_object(cx: &mut Cx<'_>, input: HeadObjectRequest) -> Result<HeadObjectOutput, Error> {
    let condition = Read {
        if_match: input.if_match.as_deref(),
        if_none_match: input.if_none_match.as_deref(),
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let asked = Asked { condition, range: input.range.as_deref(), part: input.part_number };
    let shown = get::find(cx, &input, &asked)?;
    if shown.part.is_some() {
        cx.set_status(206);
    }
    let mut output = HeadObjectOutput {
        last_modified: shown.last_modified(),
        storage_class: shown.object.storage_class.as_deref().map(StorageClass::from),
        metadata: Some(shown.metadata()),
        object_lock_retain_until_date: shown.retain_until(),
        ..HeadObjectOutput::default()
    };
    shown.describe(&mut output, &input);
    Ok(output)
}
