//! Bodies in and out: taken in while they are hashed, kept inline or as blobs, streamed back by
//! ranges.
//!
//! A body up to [`INLINE_MAX`] stands sealed in a table, beside its object: one commit makes both
//! durable. A longer one is a blob, durable before the transaction that refers to it. What no
//! transaction came to refer to is deleted with its [`Draft`]. Memory stays flat: bytes are held by
//! the batch, never by the body.

use std::ops::Range;
use std::pin::Pin as Boxed;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use gateway::id::Alphabet;
use gateway::{Cx, Error, Incoming, Outgoing};
use store::{Batch, Blob, BlobId, BlobReader, BlobWriter, Blobs, ByteVec, CustomerKey, Pin, Tx};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::checksum::{Algorithm, Demand, Hashed, Hashing};
use crate::error;
use crate::record::{BUCKETS, Body, BucketId, INLINE, Object, PARTS, REFERENCES};

/// Bodies up to this stand in a table: the engine keeps values of this size in its pages.
pub const INLINE_MAX: usize = 3 * 1024;
/// The most that one PUT or one part may measure.
pub const UPLOAD_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// A body that is no longer is hashed where it is: handing it to another thread costs as much.
const HASHED_HERE: usize = 64 * 1024;
/// From a reader's snapshot to its pin, at the very most.
const READERS_GRACE: Duration = Duration::from_secs(2);
/// Letters of the id that the parts of a copy stand under; no upload's is as short.
const COPY_ID_LENGTH: usize = 32;
/// Parts read at a time.
const PAGE: usize = 1000;

/// What is to be done with a body that comes in.
#[derive(Debug, Clone)]
pub struct Intake {
    pub demand: Demand,
    pub algorithms: Vec<Algorithm>,
    /// False where even small bodies become blobs: parts.
    pub inline: bool,
    /// What the body is encrypted under besides the server's own keys.
    pub customer: Option<CustomerKey>,
}

/// A body that came in whole and was found right.
pub struct Received {
    pub content: Content,
    pub hashed: Hashed,
}

pub enum Content {
    Inline(Bytes),
    Blob(Arc<Draft>),
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

/// Takes a body in.
///
/// # Errors
/// What is wrong with the body in S3's words; the blob's writer leaves nothing then.
pub async fn take(intake: Intake, mut body: Incoming, blobs: Blobs) -> Result<Received, Error> {
    let mut head = BytesMut::new();
    while let Some(piece) = body.next().await? {
        head.extend_from_slice(&piece);
        if head.len() > INLINE_MAX || !intake.inline {
            return take_blob(intake, head.freeze(), body, blobs).await;
        }
    }
    if !intake.inline {
        return take_blob(intake, Bytes::new(), body, blobs).await;
    }
    let mut hashing = Hashing::new(&intake.algorithms);
    hashing.update(&head);
    let hashed = hashing.finish();
    intake.demand.verify(&hashed, body.trailers(), true)?;
    Ok(Received { content: Content::Inline(head.freeze()), hashed })
}

async fn take_blob(
    intake: Intake,
    head: Bytes,
    mut body: Incoming,
    blobs: Blobs,
) -> Result<Received, Error> {
    let mut sinks = Sinks::new(&intake, &blobs)?;
    let mut next = Some(head);
    while let Some(piece) = next {
        let length = sinks.length.saturating_add(piece.len() as u64);
        if length > UPLOAD_MAX {
            return Err(error::entity_too_large(length, UPLOAD_MAX));
        }
        sinks.take(&piece, &blobs).await?;
        next = body.next().await?;
    }
    let (hashed, writer) = sinks.finish().await?;
    intake.demand.verify(&hashed, body.trailers(), intake.inline)?;
    let blob = writer.finish().await?;
    let draft = Draft { blob, blobs, kept: AtomicBool::new(false) };
    Ok(Received { content: Content::Blob(Arc::new(draft)), hashed })
}

/// Where the bytes of a body go: gathered once, then hashed and written side by side.
struct Sinks {
    batch: Batch,
    hashing: Beside,
    writer: BlobWriter,
    length: u64,
}

impl Sinks {
    fn new(intake: &Intake, blobs: &Blobs) -> Result<Self, Error> {
        let hashing = Beside::new(Hashing::new(&intake.algorithms));
        let writer = blobs.writer_under(intake.customer.as_ref());
        Ok(Self { batch: blobs.batch(), hashing, writer: writer?, length: 0 })
    }

    async fn take(&mut self, mut piece: &[u8], blobs: &Blobs) -> Result<(), Error> {
        self.length = self.length.saturating_add(piece.len() as u64);
        while !piece.is_empty() {
            if self.batch.is_full() {
                let batch = std::mem::replace(&mut self.batch, blobs.batch()).share();
                self.hashing.push(batch.clone()).await?;
                self.writer.write(batch).await?;
            }
            self.batch.take(&mut piece);
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<(Hashed, BlobWriter), Error> {
        let last = self.batch.share();
        self.writer.write(last.clone()).await?;
        Ok((self.hashing.finish(last).await?, self.writer))
    }
}

/// Hashing on another thread while the disk writes. No thread is held while the client is slow.
struct Beside {
    /// INVARIANT: one of `idle` and `busy` is there between calls.
    idle: Option<Hashing>,
    busy: Option<JoinHandle<Hashing>>,
}

impl Beside {
    fn new(hashing: Hashing) -> Self {
        Self { idle: Some(hashing), busy: None }
    }

    async fn push(&mut self, batch: Bytes) -> Result<(), Error> {
        let mut hashing = self.hashing().await?;
        self.busy = Some(tokio::task::spawn_blocking(move || {
            hashing.update(&batch);
            hashing
        }));
        Ok(())
    }

    async fn finish(mut self, last: Bytes) -> Result<Hashed, Error> {
        let mut hashing = self.hashing().await?;
        if last.len() > HASHED_HERE {
            self.idle = Some(hashing);
            self.push(last).await?;
            return Ok(self.hashing().await?.finish());
        }
        hashing.update(&last);
        Ok(hashing.finish())
    }

    async fn hashing(&mut self) -> Result<Hashing, Error> {
        match (self.busy.take(), self.idle.take()) {
            (Some(busy), _) => busy.await.map_err(Error::internal),
            (None, Some(idle)) => Ok(idle),
            (None, None) => Err(Error::internal("hashing went on after it failed")),
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

/// The bytes of `range` of an object. Its blobs are pinned before the transaction ends.
///
/// # Errors
/// Only what the store says.
pub fn outgoing(
    cx: &Cx<'_>,
    bucket: &BucketId,
    key: &str,
    object: &Object,
    range: Range<u64>,
    customer: Option<&CustomerKey>,
) -> Result<Outgoing, Error> {
    if range.is_empty() {
        return Ok(Outgoing::Empty);
    }
    let length = range.end.saturating_sub(range.start);
    match here(cx, bucket, key, object, range, customer)? {
        Here::Bytes(bytes) => Ok(Outgoing::Bytes(bytes)),
        Here::Spans(spans, customer) => {
            let pieces = Streaming::new(cx.blobs().clone(), spans, customer);
            Ok(Outgoing::Stream { length, pieces: Box::pin(pieces) })
        }
    }
}

/// Bytes that this server has already: what is read, or the source of a copy.
pub enum Here {
    Bytes(Bytes),
    Spans(Vec<Span>, Option<CustomerKey>),
}

/// The bytes of `range` of an object, which was written under `customer`; its blobs stay pinned.
///
/// # Errors
/// Only what the store says.
pub fn here(
    cx: &Cx<'_>,
    bucket: &BucketId,
    key: &str,
    object: &Object,
    range: Range<u64>,
    customer: Option<&CustomerKey>,
) -> Result<Here, Error> {
    let spans = match &object.body {
        _ if range.is_empty() => return Ok(Here::Bytes(Bytes::new())),
        Body::Inline => {
            return Ok(Here::Bytes(inline(cx, bucket, key, object, &range, customer)?));
        }
        Body::Blob(id) => vec![Span { id: *id, range, _pin: cx.blobs().pin(id) }],
        Body::Parts { upload, .. } => spans(cx, bucket, upload, &range)?,
        Body::Marker => return Ok(Here::Bytes(Bytes::new())),
    };
    Ok(Here::Spans(spans, customer.cloned()))
}

/// Reads bytes that are here for their digests alone.
///
/// # Errors
/// What the disk says.
pub async fn digest(here: Here, algorithms: &[Algorithm], blobs: Blobs) -> Result<Hashed, Error> {
    let mut hashing = Beside::new(Hashing::new(algorithms));
    let mut pieces = Pieces::of(here, blobs);
    while let Some(piece) = pieces.next().await? {
        hashing.push(piece).await?;
    }
    hashing.finish(Bytes::new()).await
}

/// Makes a blob of bytes that are here, under `customer`'s key where there is one.
///
/// # Errors
/// What the disk says.
pub async fn rewrite(
    here: Here,
    algorithms: &[Algorithm],
    blobs: Blobs,
    customer: Option<&CustomerKey>,
) -> Result<Received, Error> {
    let mut writer = blobs.writer_under(customer)?;
    let mut hashing = Beside::new(Hashing::new(algorithms));
    let mut pieces = Pieces::of(here, blobs.clone());
    while let Some(piece) = pieces.next().await? {
        hashing.push(piece.clone()).await?;
        writer.write(piece).await?;
    }
    let hashed = hashing.finish(Bytes::new()).await?;
    let blob = writer.finish().await?;
    let draft = Draft { blob, blobs, kept: AtomicBool::new(false) };
    Ok(Received { content: Content::Blob(Arc::new(draft)), hashed })
}

/// Takes bytes that are here over as they are where they are few, and makes a blob of more: the
/// body of a copy that is encrypted otherwise than its source.
///
/// # Errors
/// What the disk says.
pub async fn retake(
    here: Here,
    algorithms: &[Algorithm],
    blobs: Blobs,
    customer: Option<&CustomerKey>,
) -> Result<Received, Error> {
    let Here::Bytes(bytes) = here else {
        return rewrite(here, algorithms, blobs, customer).await;
    };
    let mut hashing = Hashing::new(algorithms);
    hashing.update(&bytes);
    Ok(Received { content: Content::Inline(bytes), hashed: hashing.finish() })
}

/// Bytes that are here, piece by piece.
struct Pieces {
    blobs: Blobs,
    customer: Option<CustomerKey>,
    bytes: Option<Bytes>,
    spans: std::vec::IntoIter<Span>,
    reading: Option<(store::BlobReader, Span)>,
}

impl Pieces {
    fn of(here: Here, blobs: Blobs) -> Self {
        let (bytes, spans, customer) = match here {
            Here::Bytes(bytes) => (Some(bytes), Vec::new(), None),
            Here::Spans(spans, customer) => (None, spans, customer),
        };
        Self { blobs, customer, bytes, spans: spans.into_iter(), reading: None }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some(bytes) = self.bytes.take() {
            return Ok(Some(bytes));
        }
        loop {
            if let Some((reader, _)) = &mut self.reading
                && let Some(piece) = reader.next().await
            {
                return Ok(Some(piece?));
            }
            let Some(span) = self.spans.next() else { return Ok(None) };
            let (range, customer) = (span.range.clone(), self.customer.as_ref());
            let reader = self.blobs.read_under(&span.id, range, customer).await?;
            self.reading = Some((reader, span));
        }
    }
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

/// The part of a blob that is to be read.
pub struct Span {
    id: BlobId,
    range: Range<u64>,
    _pin: Pin,
}

/// The parts that `range` of the whole touches.
fn spans(
    cx: &Cx<'_>,
    bucket: &BucketId,
    upload: &str,
    range: &Range<u64>,
) -> Result<Vec<Span>, Error> {
    let mut spans = Vec::new();
    let mut rest = PARTS.prefix((bucket, upload));
    let mut offset = 0u64;
    loop {
        let page = PARTS.scan(cx.tx, rest.clone(), PAGE)?;
        for (_, part) in &page {
            let end = offset.saturating_add(part.size);
            let (from, to) = (range.start.max(offset), range.end.min(end));
            if from < to {
                let range = from.saturating_sub(offset)..to.saturating_sub(offset);
                spans.push(Span { id: part.blob, range, _pin: cx.blobs().pin(&part.blob) });
            }
            offset = end;
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE && offset < range.end => {
                rest = rest.after(&PARTS.key(last));
            }
            _ => return Ok(spans),
        }
    }
}

/// Pieces of blobs, one span after another, read as the client takes them.
struct Streaming {
    blobs: Blobs,
    spans: std::vec::IntoIter<Span>,
    customer: Option<CustomerKey>,
    now: Now,
}

type Opening = Boxed<Box<dyn Future<Output = Result<BlobReader, store::Error>> + Send>>;

enum Now {
    /// Until the first byte is asked for: a handler has no effects.
    Between,
    /// The lock is never taken: it makes a future that one thread polls fit for several to share.
    Opening(Mutex<Opening>),
    Reading(Box<BlobReader>),
    Done,
}

impl Streaming {
    fn new(blobs: Blobs, spans: Vec<Span>, customer: Option<CustomerKey>) -> Self {
        Self { blobs, spans: spans.into_iter(), customer, now: Now::Between }
    }

    fn open(&mut self) -> Now {
        let Some(span) = self.spans.next() else { return Now::Done };
        let (blobs, customer) = (self.blobs.clone(), self.customer.clone());
        // The span's pin holds until the reader has its own.
        let opening =
            async move { blobs.read_under(&span.id, span.range.clone(), customer.as_ref()).await };
        Now::Opening(Mutex::new(Box::pin(opening)))
    }
}

impl Stream for Streaming {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Boxed<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let step = match &mut this.now {
                Now::Done => return Poll::Ready(None),
                Now::Between => Ok(this.open()),
                Now::Opening(opening) => {
                    let opening = opening.get_mut().unwrap_or_else(PoisonError::into_inner);
                    ready!(opening.as_mut().poll(cx)).map(|reader| Now::Reading(Box::new(reader)))
                }
                Now::Reading(reader) => match ready!(reader.poll_next(cx)) {
                    Some(Ok(piece)) => return Poll::Ready(Some(Ok(piece))),
                    Some(Err(error)) => Err(error),
                    None => Ok(Now::Between),
                },
            };
            match step {
                Ok(now) => this.now = now,
                Err(error) => {
                    this.now = Now::Done;
                    return Poll::Ready(Some(Err(std::io::Error::other(error))));
                }
            }
        }
    }
}
