//! The condition keys of requests that no input member alone gives.
//!
//! A key has what the request means, not how it is spelt: whoever could spell it otherwise would
//! write around a Deny. AWS:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use api::{List, Structure, Timestamp, View};
use gateway::rows::{self, Row};
use gateway::{Cx, Error};
use policy::Context;

use crate::object::source;
use crate::record::UPLOADS;
use crate::{bucket, lock, tag};

const COPY_SOURCE: &str = "s3:x-amz-copy-source";
const ENCRYPTION: &str = "s3:x-amz-server-side-encryption";

/// The condition keys that no input member alone gives.
///
/// # Errors
/// Only what the store says.
pub fn facts(
    cx: &mut Cx<'_>,
    row: &Row,
    input: &dyn Structure,
    context: &mut Context,
) -> Result<(), Error> {
    if let Some(hash) = cx.request().header("x-amz-content-sha256") {
        context.insert("s3:x-amz-content-sha256", hash.to_owned());
    }
    if matches!(
        row.action.as_str(),
        "s3:PutObject" | "s3:PutObjectTagging" | "s3:PutObjectVersionTagging"
    ) {
        add_request_tags(input, context);
    }
    if matches!(row.action.as_str(), "s3:PutObject" | "s3:PutObjectRetention")
        && let Some(until) = retain_until(input)
    {
        let days = lock::remaining_days(cx.now(), until);
        context.insert("s3:object-lock-remaining-retention-days", days.to_string());
    }
    if context.values(COPY_SOURCE).is_some()
        && let Some(source) = input.text("CopySource")
    {
        add_copy_source(source, context);
    }
    match row.action.as_str() {
        // AWS's example policies take a listing without a prefix for one with an empty prefix.
        "s3:ListBucket" | "s3:ListBucketVersions"
            if is_listing(input) && input.text("Prefix").is_none() =>
        {
            context.insert("s3:prefix", "");
        }
        // Uploads in parts ask for s3:PutObject too, and make no object.
        "s3:PutObject" => {
            let name = input.shape().name;
            let creates = !matches!(name, "UploadPartRequest" | "CreateMultipartUploadRequest");
            context.insert("s3:ObjectCreationOperation", if creates { "true" } else { "false" });
            add_encryption_of_upload(cx, input, context)?;
        }
        _ => {}
    }
    Ok(())
}

/// The date of a request that retains, in a header or in the document.
fn retain_until(input: &dyn Structure) -> Option<Timestamp> {
    let named = input.named("ObjectLockRetainUntilDate");
    let retained = || rows::Path::from("Retention.RetainUntilDate").of(input);
    match named.or_else(retained)? {
        View::Timestamp(until) => Some(until),
        _ => None,
    }
}

/// `bucket/key`, decoded: AWS's example policies write it so ("Bucket policy examples using condition
/// keys", Amazon S3 User Guide). The version that may be named behind it is `s3:VersionId` of the
/// read. That AWS decodes, too, is from memory.
fn add_copy_source(sent: &str, context: &mut Context) {
    if let Ok((bucket, key, _)) = source::parse(sent) {
        context.insert(COPY_SOURCE, format!("{bucket}/{key}"));
    }
}

/// Parts, and the end of an upload, are encrypted as its beginning asked: no header of theirs says
/// so again. That AWS fills the key in is from measurements of others, not recorded.
fn add_encryption_of_upload(
    cx: &Cx<'_>,
    input: &dyn Structure,
    context: &mut Context,
) -> Result<(), Error> {
    let ([Some(key), Some(id)], None) =
        (["Key", "UploadId"].map(|name| input.text(name)), context.values(ENCRYPTION))
    else {
        return Ok(());
    };
    let found = bucket::of(cx, input)?;
    let upload = UPLOADS.get(cx.tx, (found.id, key, id))?;
    if upload.is_some_and(|upload| upload.asks_encryption) {
        context.insert(ENCRYPTION, "AES256");
    }
    Ok(())
}

fn is_listing(input: &dyn Structure) -> bool {
    matches!(
        input.shape().name,
        "ListObjectsRequest" | "ListObjectsV2Request" | "ListObjectVersionsRequest"
    )
}

/// `s3:RequestObjectTag/…` and `s3:RequestObjectTagKeys`: tags in the header or in the document.
/// Tags that cannot be read are refused later, whoever is allowed to set them. A copy that takes its
/// source's tags passes over those of its header.
fn add_request_tags(input: &dyn Structure, context: &mut Context) {
    if input.shape().name == "CopyObjectRequest"
        && input.text("TaggingDirective") != Some("REPLACE")
    {
        return;
    }
    let tags = match input.named("Tagging") {
        Some(View::String(text)) => tag::header(text).unwrap_or_default(),
        Some(View::Structure(tagging)) => match tagging.named("TagSet") {
            Some(View::List(set)) => set_of(set),
            _ => return,
        },
        _ => return,
    };
    for (key, value) in &tags {
        context.insert_beside(format!("s3:RequestObjectTag/{key}"), value.clone());
    }
    context.insert_values("s3:RequestObjectTagKeys", tags.into_keys().collect::<Vec<_>>());
}

fn set_of(set: &dyn List) -> tag::Tags {
    let tags = (0..set.len()).filter_map(|at| match set.get(at)? {
        View::Structure(tag) => Some((tag.text("Key")?.to_owned(), tag.text("Value")?.to_owned())),
        _ => None,
    });
    tags.collect()
}
