//! What a client may ask of a new object, and what this server does not do: refused, never silently
//! ignored.
//!
//! PutObject and CreateMultipartUpload share it; members are read by the model's names.

use std::collections::BTreeMap;

use api::Structure;
use api::s3::error as code;
use gateway::{AccountId, Cx, Error, encoded_word};

use crate::acl::{self, Acl};
use crate::bucket::Found;
use crate::error;
use crate::record::{Headers, Ownership};
use crate::tag::{self, Tags};

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
const UNSUPPORTED: [(&str, &str); 7] = [
    ("WebsiteRedirectLocation", "x-amz-website-redirect-location"),
    ("WriteOffsetBytes", "x-amz-write-offset-bytes"),
    ("ObjectLockEventHold", "x-amz-object-lock-event-hold"),
    ("ObjectLockEventHoldDurationDays", "x-amz-object-lock-event-hold-duration-days"),
    ("ObjectLockEventHoldDurationYears", "x-amz-object-lock-event-hold-duration-years"),
    ("SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"),
    ("SSEKMSEncryptionContext", "x-amz-server-side-encryption-context"),
];

/// # Errors
/// NotImplemented for what is not done.
pub fn check(input: &dyn Structure) -> Result<(), Error> {
    if let Some((_, header)) = UNSUPPORTED.iter().find(|(member, _)| input.named(member).is_some())
    {
        return Err(error::unsupported(header));
    }
    if matches!(input.named("BucketKeyEnabled"), Some(api::View::Boolean(true))) {
        return Err(error::unsupported("x-amz-server-side-encryption-bucket-key-enabled"));
    }
    Ok(())
}

/// Whose a new object is, where it is not the bucket's owner's, and the list that it gets.
///
/// # Errors
/// What is wrong with the list, in S3's words.
pub fn owner_and_acl(
    cx: &Cx<'_>,
    input: &dyn Structure,
    found: &Found,
    key: &str,
) -> Result<(Option<AccountId>, Option<Acl>), Error> {
    let bucket_owner = found.bucket.account;
    let writer = if cx.caller().is_anonymous() { bucket_owner } else { cx.account() };
    let gives_away = input.text("ACL") == Some("bucket-owner-full-control");
    let owner = match found.bucket.ownership() {
        Ownership::Enforced => bucket_owner,
        Ownership::Preferred if gives_away => bucket_owner,
        Ownership::Preferred | Ownership::Writer | Ownership::Deleted => writer,
    };
    let acl = acl::read::headers(cx, input, owner, bucket_owner)?;
    if let Some(acl) = &acl {
        let arn = format!("{}/{key}", found.arn());
        acl::read::check(cx, found, input, acl, ("s3:PutObjectAcl", &arn))?;
    }
    let kept = acl.filter(|acl| found.bucket.has_acls() && *acl != Acl::private(owner));
    Ok(((owner != bucket_owner).then_some(owner), kept))
}

/// The tags of a new object.
///
/// # Errors
/// What is wrong with them, in S3's words.
pub fn tags(input: &dyn Structure) -> Result<Option<Tags>, Error> {
    let tags = input.text("Tagging").map(tag::header).transpose()?;
    Ok(tags.filter(|tags| !tags.is_empty()))
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
        metadata: metadata
            .into_iter()
            .map(|(name, value)| (name, encoded_word::decode(&value).into_owned()))
            .collect(),
    })
}

/// `aws-chunked` is how the request was sent, not what the object is.
fn without_aws_chunked(encoding: &str) -> Option<String> {
    let is_sending = |one: &&str| one.trim().eq_ignore_ascii_case("aws-chunked");
    let rest: Vec<&str> = encoding.split(',').filter(|one| !is_sending(one)).collect();
    let rest = rest.join(",");
    Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_chunked_is_no_encoding_of_the_object() {
        assert_eq!(without_aws_chunked("aws-chunked"), None);
        assert_eq!(without_aws_chunked("aws-chunked, gzip").as_deref(), Some("gzip"));
        assert_eq!(without_aws_chunked("gzip,br").as_deref(), Some("gzip,br"));
        assert_eq!(without_aws_chunked("deflate, gzip").as_deref(), Some("deflate, gzip"));
        assert_eq!(without_aws_chunked("aws-chunked, aws-chunked"), None);
    }
}
