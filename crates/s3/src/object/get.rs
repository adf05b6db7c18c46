//! GetObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
//!
//! HeadObject answers from the same facts ([`Shown`]).

use std::collections::BTreeMap;
use std::ops::Range;

use api::s3::error as code;
use api::s3::{GetObjectOutput, GetObjectRequest, ObjectLockLegalHoldStatus, StorageClass};
use api::{Structure, Timestamp, View};
use gateway::{Cx, Error, Outgoing, encoded_word};

use crate::bucket::{self, Found};
use crate::checksum::{Checksum, Kind};
use crate::object::condition::Read;
use crate::object::encryption::Encryption;
use crate::object::{self, legal_hold, range};
use crate::record::{Body, Lock, Object, PARTS, Retention};
use crate::resource::Stored;
use crate::{body, error, resource};

/// Members of the answer and those of the request that replace them.
const OVERRIDES: [(&str, &str); 6] = [
    ("CacheControl", "ResponseCacheControl"),
    ("ContentDisposition", "ResponseContentDisposition"),
    ("ContentEncoding", "ResponseContentEncoding"),
    ("ContentLanguage", "ResponseContentLanguage"),
    ("ContentType", "ResponseContentType"),
    ("Expires", "ResponseExpires"),
];

pub fn get_object(
    cx: &mut Cx<'_>,
    input: GetObjectRequest,
) -> Result<(GetObjectOutput, Outgoing), Error> {
    check_overrides(&input)?;
    let condition = Read {
        if_match: input.if_match.as_deref(),
        if_none_match: input.if_none_match.as_deref(),
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let asked = Asked { condition, range: input.range.as_deref(), part: input.part_number };
    let shown = find(cx, &input, &asked)?;
    if let Some(class @ ("GLACIER" | "DEEP_ARCHIVE")) = shown.object.storage_class.as_deref() {
        let message = "The operation is not valid for the object's storage class";
        return Err(Error::new(code::INVALID_OBJECT_STATE, message).with("StorageClass", class));
    }
    let bytes = shown.range();
    let (found, object, customer) = (&shown.found, &shown.object, shown.encryption.key());
    let body = body::outgoing(cx, &found.id, &input.key, object, bytes, customer)?;
    if shown.part.is_some() {
        cx.set_status(206);
    }
    Ok((answer(&shown, &input), body))
}

/// What of an object is asked for.
pub struct Asked<'a> {
    pub condition: Read<'a>,
    pub range: Option<&'a str>,
    pub part: Option<i32>,
}

/// An object and what of it is to be shown.
pub struct Shown {
    pub found: Found,
    pub object: Object,
    pub encryption: Encryption,
    /// None for all of it.
    pub part: Option<Range<u64>>,
    /// The checksum of what is shown, where one is known of it.
    pub checksum: Option<Checksum>,
    /// Of an object in parts, where a part was asked for.
    pub parts: Option<i64>,
    pub tags: Option<i64>,
    /// What of the lock the caller may see.
    pub lock: Lock,
}

impl Shown {
    pub fn range(&self) -> Range<u64> {
        self.part.clone().unwrap_or(0..self.object.size)
    }

    pub fn length(&self) -> i64 {
        let range = self.range();
        i64::try_from(range.end.saturating_sub(range.start)).unwrap_or(i64::MAX)
    }

    /// `bytes 0-9/100`
    pub fn content_range(&self) -> Option<String> {
        let part = self.part.as_ref()?;
        let (size, last) = (self.object.size, part.end.saturating_sub(1));
        (part.start < part.end).then(|| format!("bytes {}-{last}/{size}", part.start))
    }

    pub fn last_modified(&self) -> Option<Timestamp> {
        Some(Timestamp::from_millis(self.object.modified).whole_seconds())
    }

    pub fn retain_until(&self) -> Option<Timestamp> {
        self.lock.retention.map(Retention::until)
    }

    /// As headers show it.
    pub fn metadata(&self) -> BTreeMap<String, String> {
        let metadata = self.object.headers.metadata.iter();
        let shown = |value| encoded_word::encode(value).into_owned();
        metadata.map(|(name, value)| (name.clone(), shown(value))).collect()
    }

    /// What is said of the object wherever it is shown; members that GET and HEAD have in common.
    pub fn describe(&self, output: &mut dyn Structure, input: &dyn Structure) {
        let mut text = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                crate::checksum::set_text(output, name, value);
            }
        };
        let headers = &self.object.headers;
        text("AcceptRanges", Some("bytes"));
        text("ETag", Some(&self.object.etag.quoted()));
        text("CacheControl", headers.cache_control.as_deref());
        text("ContentDisposition", headers.content_disposition.as_deref());
        text("ContentEncoding", headers.content_encoding.as_deref());
        text("ContentLanguage", headers.content_language.as_deref());
        let kind = headers.content_type.as_deref().unwrap_or("binary/octet-stream");
        text("ContentType", Some(kind));
        text("Expires", headers.expires.as_deref());
        text("ContentRange", self.content_range().as_deref());
        text("VersionId", object::shown_version(&self.found, &self.object).as_deref());
        text("ObjectLockMode", self.lock.retention.map(|retention| retention.mode.name()));
        let hold = self.lock.legal_hold.map(legal_hold::shown);
        text("ObjectLockLegalHoldStatus", hold.as_ref().map(ObjectLockLegalHoldStatus::as_str));
        object::set_integer(output, "ContentLength", self.length());
        if let Some(parts) = self.parts {
            object::set_integer(output, "PartsCount", parts);
        }
        if let Some(tags) = self.tags {
            object::set_integer(output, "TagCount", tags);
        }
        self.encryption.show(output);
        for (member, value) in overrides(input) {
            crate::checksum::set_text(output, member, &value);
        }
        let mode = input.text("ChecksumMode");
        let asks_checksum = mode.is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"));
        if let (true, Some(checksum)) = (asks_checksum, &self.checksum) {
            checksum.show(output);
        }
    }
}

/// The object that a request reads.
///
/// # Errors
/// NoSuchKey or AccessDenied where it is not there; what its conditions and ranges come to.
pub fn find(cx: &mut Cx<'_>, input: &dyn Structure, asked: &Asked<'_>) -> Result<Shown, Error> {
    if cx.caller().is_anonymous() && !overrides(input).is_empty() {
        return Err(error::invalid_request(
            "Request specific response headers cannot be used for anonymous GET requests.",
        ));
    }
    if let Some(value) = cx.request().header("x-amz-server-side-encryption") {
        let header = "x-amz-server-side-encryption";
        let message = format!("{header} header is not supported for this operation.");
        return Err(error::invalid_argument(message, header, value));
    }
    if asked.range.is_some() && asked.part.is_some() {
        let message = "Cannot specify both Range header and partNumber query parameter";
        return Err(error::invalid_request(message));
    }
    let key = input.text("Key").unwrap_or_default();
    let Stored { found, object } = match cx.left() {
        Some(stored) => stored,
        None => {
            let found = bucket::of(cx, input)?;
            let object = object::read(cx, input, &found, key, input.text("VersionId"))?;
            Stored { found, object }
        }
    };
    let encryption = Encryption::of_stored(cx, input, object.customer_key.as_ref())?;
    asked.condition.check(&object, cx.now()).map_err(|error| {
        match object::shown_version(&found, &object) {
            Some(version) => error.with_header("x-amz-version-id", version),
            None => error,
        }
    })?;
    let parts = asked.part.and(object.etag.parts).map(i64::from);
    let tags = tag_count(cx, input, &found, key, &object)?;
    let lock = lock(cx, input, &found, key, &object)?;
    let part = match (asked.range, asked.part) {
        (Some(header), _) => range::parse(header, object.size)?,
        (None, Some(number)) => Some(part_range(cx, &found, &object, number)?),
        (None, None) => None,
    };
    let checksum = checksum(cx, &found, &object, asked.part, part.as_ref())?;
    Ok(Shown { found, object, encryption, part, checksum, parts, tags, lock })
}

/// The checksum of what is shown. That of the whole says nothing of a range that is less, nor of
/// one part of several; a composite one is made of those of the parts.
fn checksum(
    cx: &Cx<'_>,
    found: &Found,
    object: &Object,
    part: Option<i32>,
    shown: Option<&Range<u64>>,
) -> Result<Option<Checksum>, Error> {
    let number = match (part, shown) {
        (Some(number), _) => usize::try_from(number).unwrap_or(0),
        (None, Some(range)) if *range != (0..object.size) => return Ok(None),
        (None, _) => return Ok(object.checksum.clone()),
    };
    let (Body::Parts { upload, count }, Some(whole)) = (&object.body, &object.checksum) else {
        return Ok(object.checksum.clone());
    };
    if whole.kind == Kind::FullObject {
        return Ok(object.checksum.clone().filter(|_| *count == 1));
    }
    let mut rows = PARTS.scan(cx.tx, PARTS.prefix((found.id, upload.as_str())), number)?;
    let part = rows.pop().filter(|_| rows.len().saturating_add(1) == number);
    Ok(part.map(|(_, part)| Checksum { digest: part.digest, kind: whole.kind, parts: None }))
}

/// How many tags the object has, to those who may read them.
fn tag_count(
    cx: &mut Cx<'_>,
    input: &dyn Structure,
    found: &Found,
    key: &str,
    object: &Object,
) -> Result<Option<i64>, Error> {
    let count = object.tags.as_ref().map_or(0, std::collections::BTreeMap::len);
    if count == 0 {
        return Ok(None);
    }
    let row = match input.text("VersionId") {
        Some(_) => "s3:GetObjectVersionTagging",
        None => "s3:GetObjectTagging",
    };
    let resource = resource::of_stored(cx, found, key, object)?;
    Ok(cx.allows(row, input, &resource).then(|| i64::try_from(count).unwrap_or(i64::MAX)))
}

/// What locks the object, each to those who may read it.
fn lock(
    cx: &mut Cx<'_>,
    input: &dyn Structure,
    found: &Found,
    key: &str,
    object: &Object,
) -> Result<Lock, Error> {
    let mut lock = object.lock;
    if lock == Lock::default() {
        return Ok(lock);
    }
    let resource = resource::of_stored(cx, found, key, object)?;
    if lock.retention.is_some() && !cx.allows("s3:GetObjectRetention", input, &resource) {
        lock.retention = None;
    }
    if lock.legal_hold.is_some() && !cx.allows("s3:GetObjectLegalHold", input, &resource) {
        lock.legal_hold = None;
    }
    Ok(lock)
}

/// The bytes of the part `number`, counted as the object's parts stand.
fn part_range(
    cx: &Cx<'_>,
    found: &Found,
    object: &Object,
    number: i32,
) -> Result<Range<u64>, Error> {
    let Some(index) = usize::try_from(number).ok().filter(|number| (1..=10_000).contains(number))
    else {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        return Err(error::invalid_argument(message, "partNumber", &number.to_string()));
    };
    let (sizes, count) = match (&object.body, object.etag.parts) {
        (Body::Parts { upload, .. }, Some(count)) => {
            let rows = PARTS.scan(cx.tx, PARTS.prefix((found.id, upload.as_str())), index)?;
            (rows.into_iter().map(|(_, part)| part.size).collect(), count)
        }
        // A copy of an object in parts is one of a piece.
        _ => (vec![object.size], 1),
    };
    let before = sizes.iter().take(index.saturating_sub(1)).sum::<u64>();
    match sizes.get(index.saturating_sub(1)) {
        Some(size) => Ok(before..before.saturating_add(*size)),
        None => {
            let message = "The requested partnumber is not satisfiable";
            Err(Error::new(code::INVALID_PART_NUMBER, message)
                .with("PartNumberRequested", number.to_string())
                .with("ActualPartCount", count.to_string()))
        }
    }
}

/// Members of an answer that the request may say instead, and of which it does.
fn overrides(input: &dyn Structure) -> Vec<(&'static str, String)> {
    let text = |(member, asked): (&'static str, &str)| Some((member, view(input, asked)?));
    OVERRIDES.into_iter().filter_map(text).collect()
}

/// A header carries the letters of ISO-8859-1.
fn check_overrides(input: &dyn Structure) -> Result<(), Error> {
    let beyond = |(_, text): &(_, String)| text.chars().any(|letter| letter > '\u{ff}');
    let Some((member, value)) = overrides(input).into_iter().find(beyond) else { return Ok(()) };
    let members = input.shape().members();
    let named = OVERRIDES.iter().find(|(answered, _)| *answered == member);
    let parameter = named.and_then(|(_, asked)| members.iter().find(|one| one.name == *asked));
    let message = "Header value cannot be represented using ISO-8859-1.";
    Err(error::invalid_argument(message, parameter.map_or(member, |one| one.wire), &value))
}

fn view(input: &dyn Structure, name: &str) -> Option<String> {
    match input.named(name)? {
        View::String(text) => Some(text.to_owned()),
        View::Timestamp(moment) => Some(moment.http_date()),
        _ => None,
    }
}

fn answer(shown: &Shown, input: &GetObjectRequest) -> GetObjectOutput {
    let mut output = GetObjectOutput {
        last_modified: shown.last_modified(),
        storage_class: shown.object.storage_class.as_deref().map(StorageClass::from),
        metadata: Some(shown.metadata()),
        object_lock_retain_until_date: shown.retain_until(),
        ..GetObjectOutput::default()
    };
    shown.describe(&mut output, input);
    output
}
