//! Texts that stand in buckets of this server: templates, stack policies, included content. Read in
//! the request's own transaction, as its caller, through the gate of GetObject.
//!
//! AWS: API reference, CreateStack, "TemplateURL" and "StackPolicyURL"; Template Reference,
//! "AWS::Include".

use api::s3::{GetObject, GetObjectRequest};
use gateway::{Cx, Error};

use crate::authority::SERVICE;
use crate::error;
use crate::step::is_ours;
use crate::template::transform::MAX_PROCESSED;

/// The longest stack policy that a URL may name, in bytes.
const MAX_POLICY: usize = 16_384;
const MORE: &str = "For more information check \
    http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html";

/// The template that a URL names.
///
/// # Errors
/// `S3 error: …`; `TemplateURL must be a supported URL.`; what the store says.
pub fn template(cx: &mut Cx<'_>, url: &str) -> Result<String, Error> {
    if let Some(rest) = url.strip_prefix("s3://") {
        let bucket = rest.split('/').next().unwrap_or_default();
        let message =
            format!("S3 error: Domain name specified in {bucket} is not a valid S3 domain");
        return Err(Error::validation(message));
    }
    let supported = "TemplateURL must be a supported URL.";
    let too_large = format!("Template may not exceed {MAX_PROCESSED} bytes in size.");
    let text = read_url(cx, url, MAX_PROCESSED, (supported, &too_large))?;
    // (unverified)
    let not_text = || Error::validation("Template format error: unsupported structure.");
    String::from_utf8(text).map_err(|_| not_text())
}

/// The stack policy that a URL names.
///
/// # Errors
/// As [`template`]. (sentences unverified)
pub fn policy(cx: &mut Cx<'_>, url: &str) -> Result<String, Error> {
    let supported = "StackPolicyURL must be a supported URL.";
    let too_large = "Error validating stack policy: Invalid stack policy";
    let text = read_url(cx, url, MAX_POLICY, (supported, too_large))?;
    String::from_utf8(text).map_err(|_| Error::validation(too_large))
}

/// The content under a location of `AWS::Include`; inside, the sentence that says why there is
/// none.
///
/// # Errors
/// Only what the store says.
pub fn include(cx: &mut Cx<'_>, location: &str) -> Result<Result<String, String>, Error> {
    let address = location.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
    let named = address.filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
    // (unverified, but the sentence of NoSuchBucket)
    let Some((bucket, key)) = named else {
        return Ok(Err(format!("The location {location} is not a valid S3 URI.")));
    };
    let read = read(cx, (bucket, key, None), MAX_PROCESSED);
    Ok(match read {
        Ok(Some(text)) => String::from_utf8(text)
            .map_err(|_| "The specified S3 object's content should be valid Yaml/JSON".to_owned()),
        Ok(None) => Err(format!("Template may not exceed {MAX_PROCESSED} bytes in size.")),
        Err(error) if is_ours(&error) => return Err(error),
        Err(error) => Err(match error.code() {
            "NoSuchBucket" => format!("S3 bucket [{bucket}] does not exist."),
            "NoSuchKey" => format!("S3 object [{key}] does not exist in bucket [{bucket}]."),
            "AccessDenied" => format!("Access to S3 object [{bucket}/{key}] is denied."),
            _ => error.message().to_owned(),
        }),
    })
}

fn read_url(
    cx: &mut Cx<'_>,
    url: &str,
    limit: usize,
    (supported, too_large): (&str, &str),
) -> Result<Vec<u8>, Error> {
    let address = cx.object_url(url).ok_or_else(|| Error::validation(supported))?;
    let version = address.version_id.as_deref();
    match read(cx, (&address.bucket, &address.key, version), limit) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(Error::validation(too_large)),
        Err(error) if is_ours(&error) => Err(error),
        Err(error) => Err(Error::validation(match error.code() {
            "AccessDenied" => format!("S3 error: Access Denied\n{MORE}"),
            "NotImplemented" => return Err(error::not_implemented("Reading that object")),
            _ => format!("S3 error: {}\n{MORE}", error.message()),
        })),
    }
}

/// The bytes of an object; None where there are more than `limit`.
fn read(
    cx: &mut Cx<'_>,
    (bucket, key, version_id): (&str, &str, Option<&str>),
    limit: usize,
) -> Result<Option<Vec<u8>>, Error> {
    let caller = cx.caller();
    let through = caller.via.iter().any(|service| service == SERVICE);
    let caller = if through { caller.clone() } else { caller.via(SERVICE) };
    let input = GetObjectRequest {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version_id: version_id.map(str::to_owned),
        ..GetObjectRequest::default()
    };
    let (_, body) = cx.download::<GetObject>(&caller, input)?;
    Ok(body.collect(limit)?.map(|bytes| bytes.to_vec()))
}
