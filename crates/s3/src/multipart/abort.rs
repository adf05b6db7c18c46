//! AbortMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html>

use api::s3::{AbortMultipartUploadOutput, AbortMultipartUploadRequest};
use gateway::{Cx, Error};

use crate::record::UPLOADS;
use crate::{body, bucket, error, multipart};

pub fn abort_multipart_upload(
    cx: &mut Cx<'_>,
    input: AbortMultipartUploadRequest,
) -> Result<AbortMultipartUploadOutput, Error> {
    if input.if_match_initiated_time.is_some() {
        return Err(error::unsupported("x-amz-if-match-initiated-time"));
    }
    let found = bucket::of(cx, &input)?;
    multipart::find(cx, &found, &input.key, &input.upload_id)?;
    UPLOADS.delete(cx.tx, (found.id, input.key.as_str(), input.upload_id.as_str()));
    body::release_parts(cx, &found.id, &input.upload_id)?;
    Ok(AbortMultipartUploadOutput::default())
}
