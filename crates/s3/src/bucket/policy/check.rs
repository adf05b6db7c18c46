//! What PutBucketPolicy asks of a document beyond the language: size, the bucket's own resources,
//! principals that exist.

use api::s3::error::MALFORMED_POLICY;
use gateway::principals::{self, Accounts, Unknown};
use gateway::{Cx, Error};
use policy::{Kind, Policy};

use crate::bucket::Found;

/// Bytes of a policy without its white space.
const SIZE_MAX: usize = 20 * 1024;

pub struct Checked {
    /// With users and roles by their unique ids.
    pub text: String,
    pub is_public: bool,
}

/// # Errors
/// MalformedPolicy, in S3's words.
pub fn check(cx: &Cx<'_>, found: &Found, text: &str) -> Result<Checked, Error> {
    let policy =
        Policy::parse(text, Kind::Bucket).map_err(|invalid| malformed(&invalid.message))?;
    if text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count() > SIZE_MAX {
        return Err(malformed("Normalized policy document exceeds the maximum allowed size"));
    }
    if policy::resource_outside(&policy, &found.bucket.name).is_some() {
        return Err(malformed("Policy has invalid resource"));
    }
    let kept = principals::keep(cx.tx, cx.directory().names(), text, Accounts::Known)?;
    let text = kept.map_err(|Unknown { key, value }| {
        let detail = format!("\"{key}\" : \"{value}\"");
        malformed("Invalid principal in policy").with("Detail", detail)
    })?;
    Ok(Checked { text, is_public: policy::is_public(&policy) })
}

fn malformed(message: &str) -> Error {
    Error::new(MALFORMED_POLICY, message)
}
