//! Bodies out, and bytes that are here already: streamed, hashed or written anew, span by span.

use std::ops::Range;
use std::pin::Pin as Boxed;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use gateway::{Cx, Error, Outgoing};
use store::{BlobId, BlobReader, Blobs, CustomerKey, Pin};

use super::take::Beside;
use super::{Content, PAGE, Received, inline};
use crate::checksum::{Algorithm, Hashed, Hashing};
use crate::record::{Body, BucketId, Object, PARTS};

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
    Ok(Received { content: Content::draft(blob, blobs), hashed })
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
