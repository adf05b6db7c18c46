//! Which objects and parts refer to a blob, counted by bucket; a blob goes with its last reference.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gateway::id::Alphabet;
use gateway::{Cx, Error};
use store::{BlobId, Tx};
use tokio::runtime::Handle;

use super::{Content, Draft, PAGE, inline, keep};
use crate::record::{BUCKETS, Body, BucketId, INLINE, Object, PARTS, REFERENCES};

/// From a reader's snapshot to its pin, at the very most.
const READERS_GRACE: Duration = Duration::from_secs(2);
/// Letters of the id that the parts of a copy stand under; no upload's is as short.
const COPY_ID_LENGTH: usize = 32;

/// Makes a received blob the bucket's, in this transaction.
///
/// # Errors
/// Only what the store says.
pub fn keep_blob(tx: &mut Tx, bucket: &BucketId, draft: &Arc<Draft>) -> Result<BlobId, Error> {
    let id = draft.blob.id;
    share_blob(tx, bucket, &id)?;
    // The hook holds the draft, so that a caller who stops waiting does not delete what is being
    // committed.
    let draft = Arc::clone(draft);
    tx.on_commit(Box::new(move || draft.kept.store(true, Ordering::Release)));
    Ok(id)
}

/// Lets go of an object's bytes: gone once this transaction commits.
///
/// # Errors
/// Only what the store says.
pub fn release(
    cx: &mut Cx<'_>,
    bucket: &BucketId,
    key: &str,
    object: &Object,
) -> Result<(), Error> {
    match &object.body {
        Body::Inline => INLINE.delete(cx.tx, (bucket, key, object.sequence)),
        Body::Blob(id) => release_blob(cx, bucket, id)?,
        Body::Parts { upload, .. } => release_parts(cx, bucket, upload)?,
        Body::Marker => {}
    }
    Ok(())
}

/// Lets go of all parts of an upload.
///
/// # Errors
/// Only what the store says.
pub fn release_parts(cx: &mut Cx<'_>, bucket: &BucketId, upload: &str) -> Result<(), Error> {
    let mut rest = PARTS.prefix((bucket, upload));
    loop {
        let page = PARTS.scan(cx.tx, rest.clone(), PAGE)?;
        for (_, part) in &page {
            release_blob(cx, bucket, &part.blob)?;
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE => rest = rest.after(&PARTS.key(last)),
            _ => break,
        }
    }
    PARTS.delete_prefix(cx.tx, (bucket, upload));
    Ok(())
}

/// Lets go of a blob; deleted on commit where nothing refers to it any more.
///
/// # Errors
/// Only what the store says.
pub fn release_blob(cx: &mut Cx<'_>, bucket: &BucketId, id: &BlobId) -> Result<(), Error> {
    let key = (id.to_bytes(), *bucket);
    let count = REFERENCES.get(cx.tx, key)?.unwrap_or(0);
    if count > 1 {
        return Ok(REFERENCES.put(cx.tx, key, &count.saturating_sub(1))?);
    }
    REFERENCES.delete(cx.tx, key);
    if REFERENCES.scan(cx.tx, REFERENCES.prefix((id.to_bytes(),)), 1)?.is_empty() {
        delete_on_commit(cx, *id);
    }
    Ok(())
}

/// A reader on an older snapshot may be about to pin the blob: it is given time to. What a crash in
/// between leaves is the sweeper's.
fn delete_on_commit(cx: &mut Cx<'_>, id: BlobId) {
    let blobs = cx.blobs().clone();
    let runtime = Handle::try_current().ok();
    cx.tx.on_commit(Box::new(move || match runtime {
        Some(runtime) => drop(runtime.spawn(async move {
            tokio::time::sleep(READERS_GRACE).await;
            blobs.delete(&id);
        })),
        None => blobs.delete(&id),
    }));
}

/// Whether an object or a part of any bucket refers to a blob: what the sweeper asks.
///
/// # Errors
/// Only what the store says.
pub fn referenced(tx: &Tx, id: &BlobId) -> Result<bool, store::Error> {
    // A dropped bucket's rows stay behind: they count no more.
    let rows = REFERENCES.scan(tx, REFERENCES.prefix((id.to_bytes(),)), PAGE)?;
    for ((_, bucket), _) in rows {
        if BUCKETS.contains(tx, bucket)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes the body of an object that of another key's version too: blobs are shared, not copied.
/// None of the two is under a customer's key.
///
/// # Errors
/// Only what the store says.
pub fn share(
    cx: &mut Cx<'_>,
    (bucket, key, object): (&BucketId, &str, &Object),
    (to, to_key, sequence): (&BucketId, &str, u64),
) -> Result<Body, Error> {
    match &object.body {
        Body::Inline => {
            let bytes = inline(cx, bucket, key, object, &(0..object.size), None)?;
            keep(cx, to, to_key, sequence, &Content::Inline(bytes), None)
        }
        Body::Blob(id) => {
            share_blob(cx.tx, to, id)?;
            Ok(Body::Blob(*id))
        }
        Body::Parts { upload, count } => {
            let copy = cx.letters(Alphabet::Alphanumeric, COPY_ID_LENGTH);
            let mut rest = PARTS.prefix((bucket, upload.as_str()));
            loop {
                let page = PARTS.scan(cx.tx, rest.clone(), PAGE)?;
                for ((_, _, number), part) in &page {
                    share_blob(cx.tx, to, &part.blob)?;
                    PARTS.put(cx.tx, (to, copy.as_str(), *number), part)?;
                }
                match page.last() {
                    Some((last, _)) if page.len() == PAGE => rest = rest.after(&PARTS.key(last)),
                    _ => return Ok(Body::Parts { upload: copy, count: *count }),
                }
            }
        }
        Body::Marker => Err(Error::internal("a copy of a delete marker")),
    }
}

/// Counts one more reference of a bucket to a blob that is referred to.
///
/// # Errors
/// Only what the store says.
pub fn share_blob(tx: &mut Tx, bucket: &BucketId, id: &BlobId) -> Result<(), Error> {
    let count = REFERENCES.get(tx, (id.to_bytes(), bucket))?.unwrap_or(0);
    Ok(REFERENCES.put(tx, (id.to_bytes(), bucket), &count.saturating_add(1))?)
}
