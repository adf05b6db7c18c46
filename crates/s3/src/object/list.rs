//! ListObjects and ListObjectsV2.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use api::Timestamp;
use api::s3::error::INVALID_ARGUMENT;
use api::s3::{
    ChecksumAlgorithm, ChecksumType, CommonPrefix, EncodingType, ListObjectsOutput,
    ListObjectsRequest, ListObjectsV2Output, ListObjectsV2Request, Object, ObjectStorageClass,
    Owner,
};
use gateway::{Cx, Error};
use store::{Partial, Tx};

use crate::bucket;
use crate::listing::{self, Entry, From, Page, Query};
use crate::record::{BucketId, LISTING, Listed};
use crate::{error, token};

/// Entries of a page.
const PAGE_MAX: i32 = 1000;

pub fn list_objects(
    cx: &mut Cx<'_>,
    input: ListObjectsRequest,
) -> Result<ListObjectsOutput, Error> {
    let max_keys = page_size(input.max_keys)?;
    let encoding = Encoding::read(input.encoding_type.as_ref())?;
    let found = bucket::of(cx, &input)?;
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref(),
        after: input.marker.as_deref().filter(|marker| !marker.is_empty()),
        max: usize::try_from(max_keys).unwrap_or(0),
    };
    let page = page(cx.tx, &found.id, &query)?;
    // Who asks without a name is not told whose the objects are.
    let owner = match cx.caller().is_anonymous() {
        true => None,
        false => Some(bucket::owner(cx, found.bucket.account)?),
    };
    cx.add_header("x-amz-bucket-region", found.bucket.region);
    let (is_truncated, next) = (page.next.is_some(), page.next.clone());
    let (contents, common_prefixes) = split(cx, page, encoding, owner.as_ref())?;
    let folded = input.delimiter.as_deref().is_some_and(|delimiter| !delimiter.is_empty());
    Ok(ListObjectsOutput {
        is_truncated: Some(is_truncated),
        marker: Some(encoding.write(input.marker.as_deref().unwrap_or_default())),
        // Without a delimiter, the last key says it.
        next_marker: next.filter(|_| folded).map(|next| encoding.write(&next)),
        contents: Some(contents),
        name: Some(found.bucket.name),
        prefix: Some(encoding.write(query.prefix)),
        delimiter: shown_delimiter(input.delimiter.as_deref(), encoding),
        max_keys: Some(max_keys),
        common_prefixes: Some(common_prefixes),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

pub fn list_objects_v2(
    cx: &mut Cx<'_>,
    input: ListObjectsV2Request,
) -> Result<ListObjectsV2Output, Error> {
    let max_keys = page_size(input.max_keys)?;
    let encoding = Encoding::read(input.encoding_type.as_ref())?;
    let found = bucket::of(cx, &input)?;
    // A continuation token wins over StartAfter.
    let marker = match &input.continuation_token {
        Some(token) => Some(token::read(token)?),
        None => input.start_after.clone().filter(|start| !start.is_empty()),
    };
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref(),
        after: marker.as_deref(),
        max: usize::try_from(max_keys).unwrap_or(0),
    };
    let page = page(cx.tx, &found.id, &query)?;
    let next = page.next.as_deref().map(token::write);
    let owner = match input.fetch_owner {
        Some(true) => Some(bucket::owner(cx, found.bucket.account)?),
        _ => None,
    };
    cx.add_header("x-amz-bucket-region", found.bucket.region);
    let count = i32::try_from(page.entries.len()).unwrap_or(PAGE_MAX);
    let (contents, common_prefixes) = split(cx, page, encoding, owner.as_ref())?;
    Ok(ListObjectsV2Output {
        is_truncated: Some(next.is_some()),
        contents: Some(contents),
        name: Some(found.bucket.name),
        prefix: Some(encoding.write(query.prefix)),
        delimiter: shown_delimiter(input.delimiter.as_deref(), encoding),
        max_keys: Some(max_keys),
        common_prefixes: Some(common_prefixes),
        encoding_type: input.encoding_type,
        key_count: Some(count),
        // Nor is it told where the token says more.
        start_after: (input.start_after.as_deref())
            .filter(|_| input.continuation_token.is_none())
            .map(|start| encoding.write(start)),
        continuation_token: input.continuation_token,
        next_continuation_token: next,
        ..ListObjectsV2Output::default()
    })
}

/// One page of the bucket's listing rows.
///
/// # Errors
/// Only what the store says.
pub fn page(tx: &Tx, bucket: &BucketId, query: &Query<'_>) -> Result<Page<Listed>, Error> {
    let all = LISTING.prefix((bucket, Partial(query.prefix)));
    listing::page(query, |from, limit| {
        let range = match from {
            From::Start => all.clone(),
            From::After(key) => all.clone().after(&LISTING.key((bucket, key.as_str()))),
            From::Past(folded) => {
                all.clone().past(&LISTING.prefix_bytes((bucket, Partial(folded))))
            }
        };
        let rows = LISTING.scan(tx, range, limit)?;
        Ok(rows.into_iter().map(|((_, key), listed)| (key, listed)).collect())
    })
}

/// Keys and prefixes apart. `owner` is the bucket's, where owners are shown.
fn split(
    cx: &Cx<'_>,
    page: Page<Listed>,
    encoding: Encoding,
    owner: Option<&Owner>,
) -> Result<(Vec<Object>, Vec<CommonPrefix>), Error> {
    let (mut contents, mut prefixes) = (Vec::new(), Vec::new());
    for entry in page.entries {
        match entry {
            Entry::Key(key, listed) => {
                let owner = match (owner, listed.owner) {
                    (Some(_), Some(other)) => Some(bucket::owner(cx, other)?),
                    (owner, _) => owner.cloned(),
                };
                contents.push(shown(&key, listed, encoding, owner));
            }
            Entry::CommonPrefix(prefix) => {
                prefixes.push(CommonPrefix { prefix: Some(encoding.write(&prefix)) });
            }
        }
    }
    Ok((contents, prefixes))
}

fn shown(key: &str, listed: Listed, encoding: Encoding, owner: Option<Owner>) -> Object {
    let class = listed.storage_class.as_deref().unwrap_or("STANDARD");
    let algorithm = listed.checksum.map(|algorithm| algorithm.name());
    Object {
        key: Some(encoding.write(key)),
        last_modified: Some(Timestamp::from_millis(listed.modified).whole_seconds()),
        e_tag: Some(listed.etag.quoted()),
        checksum_algorithm: algorithm.map(|name| vec![ChecksumAlgorithm::from(name)]),
        checksum_type: listed.checksum_kind.map(|kind| ChecksumType::from(kind.name())),
        size: i64::try_from(listed.size).ok(),
        storage_class: Some(ObjectStorageClass::from(class)),
        owner,
        ..Object::default()
    }
}

/// An empty delimiter is none.
pub fn shown_delimiter(delimiter: Option<&str>, encoding: Encoding) -> Option<String> {
    delimiter.filter(|one| !one.is_empty()).map(|one| encoding.write(one))
}

/// Larger pages than S3 gives are cut without a word.
///
/// # Errors
/// InvalidArgument for less than none.
pub fn page_size(asked: Option<i32>) -> Result<i32, Error> {
    match asked {
        Some(asked) if asked < 0 => {
            let message = "Argument maxKeys must be an integer between 0 and 2147483647";
            Err(error::invalid_argument(message, "maxKeys", &asked.to_string()))
        }
        asked => Ok(asked.unwrap_or(PAGE_MAX).min(PAGE_MAX)),
    }
}

/// How keys stand in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Plain,
    /// As Java's URLEncoder writes, but `/` stays.
    Url,
}

impl Encoding {
    /// # Errors
    /// InvalidArgument for any other than `url`.
    pub fn read(asked: Option<&EncodingType>) -> Result<Self, Error> {
        match asked {
            None => Ok(Self::Plain),
            Some(EncodingType::Url) => Ok(Self::Url),
            Some(other) => {
                let message = "Invalid Encoding Method specified in Request";
                Err(Error::new(INVALID_ARGUMENT, message)
                    .with("ArgumentName", "encoding-type")
                    .with("ArgumentValue", other.as_str()))
            }
        }
    }

    pub fn write(self, text: &str) -> String {
        if self == Self::Plain {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                    out.push(char::from(byte));
                }
                b' ' => out.push('+'),
                _ => {
                    out.push('%');
                    out.push_str(&hex::encode_upper([byte]));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_url_encoded_text_where_that_was_asked_for() {
        assert_eq!(Encoding::Url.write("a b/ü(1)+~\u{1}"), "a+b/%C3%BC%281%29%2B%7E%01");
        assert_eq!(Encoding::Plain.write("a b"), "a b");
    }
}
