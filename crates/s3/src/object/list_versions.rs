//! ListObjectVersions:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>
//!
//! Keys in order, the versions of each from the newest back. Every key that has a version has a
//! current one, so that the current versions lead from key to key. Where there never were versions,
//! the rows of LIST serve.

use std::cmp::Reverse;

use api::Timestamp;
use api::s3::{
    ChecksumAlgorithm, ChecksumType, CommonPrefix, DeleteMarkerEntry, ListObjectVersionsOutput,
    ListObjectVersionsRequest, ObjectVersion, ObjectVersionStorageClass,
};
use gateway::{Cx, Error};
use store::{Partial, Tx};

use crate::bucket::{self, Found};
use crate::error;
use crate::listing::{Entry, Query};
use crate::object::list::{self, Encoding, page_size, shown_delimiter};
use crate::object::version;
use crate::record::{BucketId, Listed, OBJECTS, Object, VERSIONS};

/// Keys, or versions of one, read at a time at most: whole objects, of which rows are made at once.
const KEYS: usize = 100;
/// Keys read behind a common prefix: what a delimiter folds is leapt over, never read.
const KEYS_BEHIND_PREFIX: usize = 2;
const NULL: &str = "null";

pub fn list_object_versions(
    cx: &mut Cx<'_>,
    input: ListObjectVersionsRequest,
) -> Result<ListObjectVersionsOutput, Error> {
    let max_keys = page_size(input.max_keys)?;
    let encoding = Encoding::read(input.encoding_type.as_ref())?;
    let key_marker = input.key_marker.as_deref().filter(|marker| !marker.is_empty());
    let id_marker = input.version_id_marker.as_deref();
    if key_marker.is_none() && id_marker.is_some() {
        let message = "A version-id marker cannot be specified without a key marker.";
        let value = id_marker.unwrap_or_default();
        return Err(error::invalid_argument(message, "version-id-marker", value));
    }
    let found = bucket::of(cx, &input)?;
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref(),
        after: key_marker,
        max: usize::try_from(max_keys).unwrap_or(0),
    };
    let page = match found.bucket.versioning {
        None => unversioned(cx.tx, &found.id, &query)?,
        Some(_) => page(cx.tx, &found.id, &query, id_marker)?,
    };
    let (mut versions, mut delete_markers) = (Vec::new(), Vec::new());
    for row in &page.rows {
        let key = encoding.write(&row.key);
        if row.is_marker {
            delete_markers.push(marker(cx, &found, key, row)?);
        } else {
            versions.push(shown(cx, &found, key, row)?);
        }
    }
    let prefixes = page.prefixes.iter().map(|prefix| encoding.write(prefix));
    let (next_key, next_id) = page.next.unzip();
    cx.add_header("x-amz-bucket-region", found.bucket.region);
    Ok(ListObjectVersionsOutput {
        is_truncated: Some(next_key.is_some()),
        key_marker: Some(encoding.write(key_marker.unwrap_or_default())),
        version_id_marker: Some(id_marker.unwrap_or_default().to_owned()),
        next_key_marker: next_key.map(|key| encoding.write(&key)),
        next_version_id_marker: next_id.filter(|id| !id.is_empty()),
        versions: Some(versions),
        delete_markers: Some(delete_markers),
        name: Some(found.bucket.name),
        prefix: Some(encoding.write(query.prefix)),
        delimiter: shown_delimiter(input.delimiter.as_deref(), encoding),
        max_keys: Some(max_keys),
        common_prefixes: Some(prefixes.map(|one| CommonPrefix { prefix: Some(one) }).collect()),
        encoding_type: input.encoding_type,
        ..ListObjectVersionsOutput::default()
    })
}

struct Row {
    key: String,
    is_latest: bool,
    is_marker: bool,
    version: String,
    listed: Listed,
}

impl Row {
    fn new(key: String, is_latest: bool, object: &Object) -> Self {
        let (version, listed) = (object.version_id().to_owned(), object.listed());
        Self { key, is_latest, is_marker: object.is_marker(), version, listed }
    }
}

#[derive(Default)]
struct Page {
    rows: Vec<Row>,
    prefixes: Vec<String>,
    /// The last key and version id, where more follow.
    next: Option<(String, String)>,
}

impl Page {
    const fn len(&self) -> usize {
        self.rows.len().saturating_add(self.prefixes.len())
    }

    /// False where the page is full already: what was added last is where the next one begins.
    fn add(&mut self, row: Row, max: usize, last: &mut Option<(String, String)>) -> bool {
        if self.len() == max {
            self.next = last.take();
            return false;
        }
        *last = Some((row.key.clone(), row.version.clone()));
        self.rows.push(row);
        true
    }
}

/// Of a bucket without versions: each key has the null one, and no markers stand before any.
fn unversioned(tx: &Tx, bucket: &BucketId, query: &Query<'_>) -> Result<Page, Error> {
    let listed = list::page(tx, bucket, query)?;
    let mut page = Page::default();
    let mut last = "";
    for entry in listed.entries {
        match entry {
            Entry::Key(key, listed) => {
                last = NULL;
                let version = NULL.to_owned();
                page.rows.push(Row { key, is_latest: true, is_marker: false, version, listed });
            }
            Entry::CommonPrefix(prefix) => {
                last = "";
                page.prefixes.push(prefix);
            }
        }
    }
    page.next = listed.next.map(|key| (key, last.to_owned()));
    Ok(page)
}

fn page(
    tx: &Tx,
    bucket: &BucketId,
    query: &Query<'_>,
    id_marker: Option<&str>,
) -> Result<Page, Error> {
    let mut page = Page::default();
    if query.max == 0 {
        return Ok(page);
    }
    let mut last = None;
    let all = OBJECTS.prefix((bucket, Partial(query.prefix)));
    let mut rest = all.clone();
    if let Some(after) = query.after {
        if let (Some(id), Some(newest)) = (id_marker, version::newest(tx, bucket, after)?)
            && query.common_prefix(after).is_none()
            && !versions(tx, bucket, after, newest, Some(id), query.max, &mut page, &mut last)?
        {
            return Ok(page);
        }
        rest = match query.common_prefix(after) {
            Some(folded) => rest.past(&OBJECTS.prefix_bytes((bucket, Partial(folded)))),
            None => rest.after(&OBJECTS.key((bucket, after))),
        };
    }
    let folds = query.delimiter.is_some_and(|delimiter| !delimiter.is_empty());
    let mut keys = if folds { KEYS_BEHIND_PREFIX } else { KEYS };
    loop {
        let batch = OBJECTS.scan(tx, rest.clone(), keys)?;
        let mut is_last = batch.len() < keys;
        keys = keys.saturating_mul(2).min(KEYS);
        for ((_, key), newest) in batch {
            let Some(folded) = query.common_prefix(&key) else {
                rest = rest.after(&OBJECTS.key((bucket, key.as_str())));
                if !versions(tx, bucket, &key, newest, None, query.max, &mut page, &mut last)? {
                    return Ok(page);
                }
                continue;
            };
            if page.len() == query.max {
                page.next = last;
                return Ok(page);
            }
            rest = rest.past(&OBJECTS.prefix_bytes((bucket, Partial(folded))));
            page.prefixes.push(folded.to_owned());
            last = Some((folded.to_owned(), String::new()));
            // What was read behind it is most likely folded into it, too.
            (keys, is_last) = (KEYS_BEHIND_PREFIX, false);
            break;
        }
        if is_last {
            return Ok(page);
        }
    }
}

/// Adds the versions of a key, those behind `after` where one is named; false where the page is
/// full before they end.
#[expect(clippy::too_many_arguments, reason = "one step of the loop above, taken twice")]
fn versions(
    tx: &Tx,
    bucket: &BucketId,
    key: &str,
    newest: Object,
    after: Option<&str>,
    max: usize,
    page: &mut Page,
    last: &mut Option<(String, String)>,
) -> Result<bool, Error> {
    let mut range = VERSIONS.prefix((bucket, key));
    let mut rows = Vec::new();
    match after {
        Some(id) if newest.version_id() == id => {}
        Some(id) => match version::find(tx, bucket, key, id)? {
            Some(marked) => {
                range = range.after(&VERSIONS.key((bucket, key, Reverse(marked.sequence))));
            }
            // A version that was deleted since the page before: its place is in its id.
            None => match version::sequence(id) {
                Some(marked) if newest.sequence < marked => {
                    rows.push(Row::new(key.to_owned(), true, &newest));
                }
                Some(marked) => range = range.after(&VERSIONS.key((bucket, key, Reverse(marked)))),
                None => return Ok(true),
            },
        },
        None => rows.push(Row::new(key.to_owned(), true, &newest)),
    }
    for row in rows {
        if !page.add(row, max, last) {
            return Ok(false);
        }
    }
    loop {
        // One more than the page takes says whether the key has more.
        let limit = max.saturating_sub(page.len()).saturating_add(1).min(KEYS);
        let older = VERSIONS.scan(tx, range.clone(), limit)?;
        let is_last = older.len() < limit;
        for ((_, key, at), object) in older {
            range = range.after(&VERSIONS.key((bucket, key.as_str(), at)));
            if !page.add(Row::new(key, false, &object), max, last) {
                return Ok(false);
            }
        }
        if is_last {
            return Ok(true);
        }
    }
}

fn shown(cx: &Cx<'_>, found: &Found, key: String, row: &Row) -> Result<ObjectVersion, Error> {
    let listed = &row.listed;
    let class = listed.storage_class.as_deref().unwrap_or("STANDARD");
    let algorithm = listed.checksum.map(|algorithm| algorithm.name());
    Ok(ObjectVersion {
        e_tag: Some(listed.etag.quoted()),
        checksum_algorithm: algorithm.map(|name| vec![ChecksumAlgorithm::from(name)]),
        checksum_type: listed.checksum_kind.map(|kind| ChecksumType::from(kind.name())),
        size: i64::try_from(listed.size).ok(),
        storage_class: Some(ObjectVersionStorageClass::from(class)),
        key: Some(key),
        version_id: Some(row.version.clone()),
        is_latest: Some(row.is_latest),
        last_modified: Some(Timestamp::from_millis(listed.modified).whole_seconds()),
        owner: Some(bucket::owner(cx, listed.owner.unwrap_or(found.bucket.account))?),
        ..ObjectVersion::default()
    })
}

fn marker(cx: &Cx<'_>, found: &Found, key: String, row: &Row) -> Result<DeleteMarkerEntry, Error> {
    Ok(DeleteMarkerEntry {
        owner: Some(bucket::owner(cx, found.bucket.account)?),
        key: Some(key),
        version_id: Some(row.version.clone()),
        is_latest: Some(row.is_latest),
        last_modified: Some(Timestamp::from_millis(row.listed.modified).whole_seconds()),
    })
}
