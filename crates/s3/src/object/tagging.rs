//! GetObjectTagging, PutObjectTagging and DeleteObjectTagging.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>

use api::s3::error::NO_SUCH_KEY;
use api::s3::{
    DeleteObjectTaggingOutput, DeleteObjectTaggingRequest, GetObjectTaggingOutput,
    GetObjectTaggingRequest, PutObjectTaggingOutput, PutObjectTaggingRequest,
};
use gateway::{Cx, Error};

use crate::object::{self, version};
use crate::{bucket, error, tag};

pub fn get_object_tagging(
    cx: &mut Cx<'_>,
    input: GetObjectTaggingRequest,
) -> Result<GetObjectTaggingOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let version = input.version_id.as_deref();
    let object =
        object::named(cx, &input, &found, &input.key, version).map_err(|error| match error {
            // This operation alone names the bucket beside the key.
            error if error.is(NO_SUCH_KEY) => {
                error::no_such_key(&format!("{}/{}", found.bucket.name, input.key))
            }
            error => error,
        })?;
    Ok(GetObjectTaggingOutput {
        version_id: object::shown_version(&found, &object),
        tag_set: tag::list(object.tags.as_ref()),
    })
}

pub fn put_object_tagging(
    cx: &mut Cx<'_>,
    input: PutObjectTaggingRequest,
) -> Result<PutObjectTaggingOutput, Error> {
    let tags =
        tag::document(input.tagging.tag_set.as_deref().unwrap_or_default(), tag::Of::Object)?;
    let found = bucket::of(cx, &input)?;
    let mut object = object::named(cx, &input, &found, &input.key, input.version_id.as_deref())?;
    object.tags = Some(tags).filter(|tags| !tags.is_empty());
    version::update(cx, &found.id, &input.key, &object)?;
    Ok(PutObjectTaggingOutput { version_id: object::shown_version(&found, &object) })
}

pub fn delete_object_tagging(
    cx: &mut Cx<'_>,
    input: DeleteObjectTaggingRequest,
) -> Result<DeleteObjectTaggingOutput, Error> {
    let found = bucket::of(cx, &input)?;
    let mut object = object::named(cx, &input, &found, &input.key, input.version_id.as_deref())?;
    object.tags = None;
    version::update(cx, &found.id, &input.key, &object)?;
    Ok(DeleteObjectTaggingOutput { version_id: object::shown_version(&found, &object) })
}
