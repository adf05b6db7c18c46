//! What a client may ask of a new object, and what this server does not do: refused, never silently
//! ignored.
//!
//! PutObject and CreateMultipartUpload share it; members are read by the model's names.

use std::collections::BTreeMap;

use api::Structure;
use api::s3::error as code;
use gateway::Error;

use crate::error;
use crate::record::Headers;

/// Bytes of all names and values of `x-amz-meta-…`.
const METADATA_MAX: usize = 2048;
/// Classes that objects can be put into; the rest is not for general purpose buckets.
const STORAGE_CLASSES: [&str; 8] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
];

/// Members that ask for what is not done, with their headers.
const UNSUPPORTED: [(&str, &str); 11] = [
    ("Tagging", "x-amz-tagging"),
    ("WebsiteRedirectLocation", "x-amz-website-redirect-location"),
    ("WriteOffsetBytes", "x-amz-write-offset-bytes"),
    ("ObjectLockMode", "x-amz-object-lock-mode"),
    ("ObjectLockRetainUntilDate", "x-amz-object-lock-retain-until-date"),
    ("ObjectLockLegalHoldStatus", "x-amz-object-lock-legal-hold"),
    ("ObjectLockEventHold", "x-amz-object-lock-event-hold"),
    ("ObjectLockEventHoldDurationDays", "x-amz-object-lock-event-hold-duration-days"),
    ("ObjectLockEventHoldDurationYears", "x-amz-object-lock-event-hold-duration-years"),
    ("SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"),
    ("SSEKMSEncryptionContext", "x-amz-server-side-encryption-context"),
];

/// Members of requests that read or write with a customer's key.
const CUSTOMER_KEY: [(&str, &str); 3] = [
    ("SSECustomerAlgorithm", "x-amz-server-side-encryption-customer-algorithm"),
    ("SSECustomerKey", "x-amz-server-side-encryption-customer-key"),
    ("SSECustomerKeyMD5", "x-amz-server-side-encryption-customer-key-MD5"),
];

const GRANTS: [&str; 5] =
    ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"];

/// # Errors
/// S3's own for what is wrong; NotImplemented for what is right and not done.
pub fn check(input: &dyn Structure) -> Result<(), Error> {
    check_acl(input)?;
    check_encryption(input)?;
    refuse(input, &UNSUPPORTED)?;
    if matches!(input.named("BucketKeyEnabled"), Some(api::View::Boolean(true))) {
        return Err(error::unsupported("x-amz-server-side-encryption-bucket-key-enabled"));
    }
    Ok(())
}

/// # Errors
/// NotImplemented for a customer's key.
pub fn check_customer_key(input: &dyn Structure) -> Result<(), Error> {
    refuse(input, &CUSTOMER_KEY)
}

fn refuse(input: &dyn Structure, members: &[(&str, &str)]) -> Result<(), Error> {
    match members.iter().find(|(member, _)| input.named(member).is_some()) {
        Some((_, header)) => Err(error::unsupported(header)),
        None => Ok(()),
    }
}

/// BucketOwnerEnforced: no list but the one that gives the bucket's owner full control.
fn check_acl(input: &dyn Structure) -> Result<(), Error> {
    let granted = GRANTS.iter().any(|member| input.named(member).is_some());
    match input.text("ACL") {
        Some(_) if granted => Err(error::invalid_request(
            "Specifying both Canned ACLs and Header Grants is not allowed",
        )),
        None | Some("bucket-owner-full-control") if !granted => Ok(()),
        Some(other) if !is_canned(other) => Err(error::invalid_argument("", "x-amz-acl", other)),
        _ => {
            let message = "The bucket does not allow ACLs";
            Err(Error::new(code::ACCESS_CONTROL_LIST_NOT_SUPPORTED, message))
        }
    }
}

fn is_canned(acl: &str) -> bool {
    !matches!(api::s3::ObjectCannedACL::from(acl), api::s3::ObjectCannedACL::Unknown(_))
}

fn check_encryption(input: &dyn Structure) -> Result<(), Error> {
    check_customer_key(input)?;
    match input.text("ServerSideEncryption") {
        None | Some("AES256") => Ok(()),
        Some("aws:kms" | "aws:kms:dsse") => Err(error::unsupported("x-amz-server-side-encryption")),
        Some(other) => {
            let message =
                "The Encryption request you specified is not valid. Supported value: AES256.";
            Err(Error::new(code::INVALID_ENCRYPTION_ALGORITHM_ERROR, message)
                .with("ArgumentName", "x-amz-server-side-encryption")
                .with("ArgumentValue", other))
        }
    }
}

/// The storage class of a new object; None is STANDARD.
///
/// # Errors
/// InvalidStorageClass.
pub fn storage_class(input: &dyn Structure) -> Result<Option<String>, Error> {
    match input.text("StorageClass") {
        None | Some("STANDARD") => Ok(None),
        Some(class) if STORAGE_CLASSES.contains(&class) => Ok(Some(class.to_owned())),
        Some(class) => {
            let message = "The storage class you specified is not valid";
            Err(Error::new(code::INVALID_STORAGE_CLASS, message)
                .with("StorageClassRequested", class))
        }
    }
}

/// The headers that are kept with a new object.
///
/// # Errors
/// MetadataTooLarge.
pub fn headers(
    input: &dyn Structure,
    metadata: Option<&BTreeMap<String, String>>,
) -> Result<Headers, Error> {
    let metadata = metadata.cloned().unwrap_or_default();
    let size = metadata.iter().fold(0, |size: usize, (name, value)| {
        size.saturating_add(name.len()).saturating_add(value.len())
    });
    if size > METADATA_MAX {
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        return Err(Error::new(code::METADATA_TOO_LARGE, message)
            .with("Size", size.to_string())
            .with("MaxSizeAllowed", METADATA_MAX.to_string()));
    }
    let text = |member| input.text(member).map(str::to_owned);
    Ok(Headers {
        cache_control: text("CacheControl"),
        content_disposition: text("ContentDisposition"),
        content_encoding: text("ContentEncoding").as_deref().and_then(without_aws_chunked),
        content_language: text("ContentLanguage"),
        content_type: text("ContentType"),
        expires: text("Expires"),
        metadata,
    })
}

/// `aws-chunked` is how the request was sent, not what the object is.
fn without_aws_chunked(encoding: &str) -> Option<String> {
    let rest: Vec<&str> = encoding
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty() && !one.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!rest.is_empty()).then(|| rest.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_chunked_is_no_encoding_of_the_object() {
        assert_eq!(without_aws_chunked("aws-chunked"), None);
        assert_eq!(without_aws_chunked("aws-chunked, gzip").as_deref(), Some("gzip"));
        assert_eq!(without_aws_chunked("gzip,br").as_deref(), Some("gzip,br"));
    }
}
