//! AWS::CloudFormation::WaitConditionHandle: a URL under which signals are put. Whoever has the URL
//! may signal, for a day; nobody else may. What is put there is taken by [`crate::signal`].
//!
//! AWS: Template reference, "AWS::CloudFormation::WaitConditionHandle".

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Failure, Request, Type};
use crate::signal;

pub const NAME: &str = "AWS::CloudFormation::WaitConditionHandle";

/// What AWS leaves as it is in these URLs.
const ESCAPED: AsciiSet =
    NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub static TYPE: Type = Type::new(NAME, create, update, delete);

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let url = url(request)?;
    request.physical_id = Some(url.clone());
    request.attributes.insert("Id".to_owned(), url);
    Ok(())
}

/// It has no properties: there is nothing to update.
fn update(_: &mut Request<'_, '_>) -> Result<(), Failure> {
    Ok(())
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    signal::forget(request.cx, request.key, &request.logical_id);
    Ok(())
}

fn url(request: &Request<'_, '_>) -> Result<String, Failure> {
    let (now, region) = (request.cx.now(), &request.key.region);
    let signature = signal::sign(request.cx, request.key, &request.logical_id)?;
    let key = format!("{}/{}", request.stack_id, request.logical_id);
    let key = utf8_percent_encode(&key, &ESCAPED);
    let bucket = format!("{}{region}", signal::BUCKET);
    let endpoint = request.endpoint.as_deref().unwrap_or_default();
    // Where the server goes by AWS's own names, so does the URL.
    let place = if endpoint.ends_with(".amazonaws.com") {
        format!("https://{bucket}.s3.{region}.amazonaws.com")
    } else {
        format!("{endpoint}/{bucket}")
    };
    let (stamp, seconds) = (now.basic(), signal::URL_SECONDS);
    let day = stamp.split('T').next().unwrap_or_default();
    Ok(format!(
        "{place}/{key}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={stamp}&X-Amz-SignedHeaders=host&X-Amz-Expires={seconds}&X-Amz-Credential=cloudformation%2F{day}%2F{region}%2Fs3%2Faws4_request&X-Amz-Signature={signature}"
    ))
}
