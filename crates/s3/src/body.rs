//! Bodies in and out: taken in while they are hashed, kept inline or as blobs, streamed back by
//! ranges.
//!
//! A body up to [`INLINE_MAX`] stands sealed in a table, beside its object: one commit makes both
//! durable. A longer one is a blob, durable before the transaction that refers to it. What no
//! transaction came to refer to is deleted with its [`Draft`]. Memory stays flat: bytes are held by
//! the batch, never by the body.

mod read;
mod reference;
mod take;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use gateway::{Cx, Error};
pub use read::{Here, digest, here, outgoing, retake, rewrite};
pub use reference::{
    keep_blob, referenced, release, release_blob, release_parts, share, share_blob,
};
use store::{Blob, Blobs, ByteVec, CustomerKey};
pub use take::{Intake, UPLOAD_MAX, take};

use crate::checksum::Hashed;
use crate::record::{Body, BucketId, INLINE, Object};

/// Bodies up to this stand in a table: the engine keeps values of this size in its pages.
pub const INLINE_MAX: usize = 3 * 1024;
/// Parts read at a time.
const PAGE: usize = 1000;

/// A body that came in whole and was found right.
pub struct Received {
    pub content: Content,
    pub hashed: Hashed,
}

pub enum Content {
    Inline(Bytes),
    Blob(Arc<Draft>),
}

impl Content {
    fn draft(blob: Blob, blobs: Blobs) -> Self {
        Self::Blob(Arc::new(Draft { blob, blobs, kept: AtomicBool::new(false) }))
    }
}

/// A durable blob that nothing refers to yet. Deleted when the last hold on it is dropped, unless
/// it was kept.
pub struct Draft {
    pub blob: Blob,
    blobs: Blobs,
    kept: AtomicBool,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Acquire) {
            self.blobs.delete(&self.blob.id);
        }
    }
}

/// Makes a received body that of `key`'s version `sequence`, in this transaction.
///
/// # Errors
/// Only what the store says.
pub fn keep(
    cx: &mut Cx<'_>,
    bucket: &BucketId,
    key: &str,
    sequence: u64,
    content: &Content,
    customer: Option<&CustomerKey>,
) -> Result<Body, Error> {
    match content {
        Content::Inline(bytes) => {
            let purpose = purpose(bucket, key);
            let sealed = match customer {
                Some(customer) => cx.keyring().seal(&purpose, &customer.seal(&purpose, bytes)?)?,
                None => cx.keyring().seal(&purpose, bytes)?,
            };
            INLINE.put(cx.tx, (bucket, key, sequence), &ByteVec::from(sealed))?;
            Ok(Body::Inline)
        }
        Content::Blob(draft) => keep_blob(cx.tx, bucket, draft).map(Body::Blob),
    }
}

fn inline(
    cx: &Cx<'_>,
    bucket: &BucketId,
    key: &str,
    object: &Object,
    range: &Range<u64>,
    customer: Option<&CustomerKey>,
) -> Result<Bytes, Error> {
    let sealed = INLINE.get(cx.tx, (bucket, key, object.sequence))?;
    let sealed = sealed.ok_or_else(|| Error::internal("an object without its inline body"))?;
    let purpose = purpose(bucket, key);
    let mut plain = cx.keyring().open(&purpose, &sealed)?;
    if let Some(customer) = customer {
        plain = customer.open(&purpose, plain.expose())?;
    }
    let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
    let (start, end) = (start.map_err(Error::internal)?, end.map_err(Error::internal)?);
    let bytes = plain.expose().get(start..end);
    let bytes = bytes.ok_or_else(|| Error::internal("an inline body shorter than its object"))?;
    Ok(Bytes::copy_from_slice(bytes))
}

/// What an inline body is sealed for: no other object's row can stand in for it.
fn purpose(bucket: &BucketId, key: &str) -> Vec<u8> {
    [b"s3 inline body ", bucket.as_slice(), key.as_bytes()].concat()
}
