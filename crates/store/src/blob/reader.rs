//! Reading a blob: only the chunks of the range, each authenticated before a byte of it is given.
//!
//! What the kernel has in memory is read and decrypted where it is asked for, since handing it to
//! another thread costs as much as reading it. What it must fetch from a device is read on a thread
//! that may wait, one batch ahead.

use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

use super::format::{CHUNK, DataKey, HEADER, Header, READ, SEALED_CHUNK, chunks, stored_len};
use super::writer::{blocking, joined};
use super::{BlobId, Blobs, Inner, Pin};
use crate::disk::DiskFile;
use crate::{CustomerKey, Error};

/// The bytes of a range, piece by piece. It keeps the blob from being deleted.
pub struct BlobReader {
    source: Arc<Source>,
    piece: Option<Bytes>,
    next: u64,
    reading: Option<JoinHandle<Result<Bytes, Error>>>,
    _pin: Pin,
}

struct Source {
    inner: Arc<Inner>,
    file: Arc<dyn DiskFile>,
    offset: u64,
    key: DataKey,
    len: u64,
    range: Range<u64>,
    /// The numbers of the chunks that the range touches.
    chunks: Range<u64>,
}

/// Whether a read may wait for a device.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    Never,
    AsLongAsItTakes,
}

impl Blobs {
    /// Begins to read the bytes of a range, which must lie within the blob.
    ///
    /// When this returns, the blob is there and its first chunks are checked.
    pub async fn read(&self, id: &BlobId, range: Range<u64>) -> Result<BlobReader, Error> {
        self.read_under(id, range, None).await
    }

    /// [`Blobs::read`] of a blob that was written under this key of a customer's.
    pub async fn read_under(
        &self,
        id: &BlobId,
        range: Range<u64>,
        customer: Option<&CustomerKey>,
    ) -> Result<BlobReader, Error> {
        let pin = self.pin(id);
        let (inner, id, customer) = (Arc::clone(&self.inner), *id, customer.cloned());
        let (source, piece) = blocking_unless_ready(move |wait| {
            let Some(mut source) = Source::open(&inner, &id, range.clone(), wait)? else {
                return Ok(None);
            };
            source.key = source.key.under(customer.as_ref())?;
            let piece = source.read(source.batch(source.chunks.start), wait)?;
            Ok(piece.map(|piece| (Arc::new(source), piece)))
        })
        .await?;
        let next = source.batch(source.chunks.start).end;
        let piece = (!piece.is_empty()).then_some(piece);
        Ok(BlobReader { source, piece, next, reading: None, _pin: pin })
    }
}

impl BlobReader {
    /// The next piece, at most 256 KiB; none at the end of the range.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// [`BlobReader::next`] for streams.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(piece) = self.piece.take() {
            return Poll::Ready(Some(Ok(piece)));
        }
        if let Some(reading) = &mut self.reading {
            let piece = joined(ready!(std::pin::Pin::new(reading).poll(cx)));
            self.reading = None;
            // The device was slow once: it is asked ahead from now on.
            return Poll::Ready(Some(self.ending(piece, Self::read_ahead)));
        }
        let batch = self.source.batch(self.next);
        if batch.is_empty() {
            return Poll::Ready(None);
        }
        match self.source.read(batch.clone(), Wait::Never).transpose() {
            Some(piece) => {
                let piece = self.ending(piece, |reader| reader.next = batch.end);
                Poll::Ready(Some(piece))
            }
            None => {
                self.read_ahead();
                self.poll_next(cx)
            }
        }
    }

    /// Bytes of the whole blob, whatever the range.
    pub fn len(&self) -> u64 {
        self.source.len
    }

    pub fn is_empty(&self) -> bool {
        self.source.len == 0
    }

    /// Goes on behind a good piece, and never behind a bad one.
    fn ending(
        &mut self,
        piece: Result<Bytes, Error>,
        go_on: impl FnOnce(&mut Self),
    ) -> Result<Bytes, Error> {
        match piece {
            Ok(_) => go_on(self),
            Err(_) => self.next = self.source.chunks.end,
        }
        piece
    }

    fn read_ahead(&mut self) {
        let batch = self.source.batch(self.next);
        if batch.is_empty() {
            return;
        }
        self.next = batch.end;
        let source = Arc::clone(&self.source);
        self.reading = Some(spawn_blocking(move || source.read_waiting(batch)));
    }
}

impl Source {
    /// None when it would have to wait, and must not.
    fn open(
        inner: &Arc<Inner>,
        id: &BlobId,
        range: Range<u64>,
        wait: Wait,
    ) -> Result<Option<Self>, Error> {
        let located = match wait {
            Wait::Never => inner.located(id),
            Wait::AsLongAsItTakes => Some(inner.locate(id)?),
        };
        let Some((file, offset)) = located else { return Ok(None) };
        let mut header = [0; HEADER];
        if !read(&*file, offset, &mut header, wait)? {
            return Ok(None);
        }
        let header = Header::read(&inner.keyring, &header).ok_or(Error::NoSuchBlob)??;
        if header.id != *id {
            return Err(Error::NoSuchBlob);
        }
        let len = header.len;
        if range.start > range.end || range.end > len {
            return Err(Error::Range { len });
        }
        let chunk = CHUNK as u64;
        let chunks = range.start / chunk..range.end.div_ceil(chunk);
        let inner = Arc::clone(inner);
        Ok(Some(Self { inner, file, offset, key: header.key, len, range, chunks }))
    }

    /// The chunks to be read at once, beginning with `first`.
    fn batch(&self, first: u64) -> Range<u64> {
        if self.range.is_empty() {
            return first..first;
        }
        first..self.chunks.end.min(first + READ as u64)
    }

    fn read_waiting(&self, batch: Range<u64>) -> Result<Bytes, Error> {
        let piece = self.read(batch, Wait::AsLongAsItTakes)?;
        piece.ok_or_else(|| Error::corrupt("a read that may wait did not"))
    }

    /// The bytes of a run of chunks that lie within the range; none when it would have to wait, and
    /// must not.
    fn read(&self, batch: Range<u64>, wait: Wait) -> Result<Option<Bytes>, Error> {
        if batch.is_empty() {
            return Ok(Some(Bytes::new()));
        }
        let mut buffer = self.inner.reads.take();
        let mut rest = buffer.as_mut();
        for number in batch.clone() {
            let start = self.stored(number);
            let size = usize::try_from(self.stored(number + 1) - start).unwrap_or(0);
            let sealed = rest.get_mut(..size).ok_or_else(too_long)?;
            if !read(&*self.file, self.offset + start, sealed, wait)? {
                return Ok(None);
            }
            let ends = number + 1 == chunks(self.len) as u64;
            self.key.open(number, ends, sealed)?;
            // The next chunk goes over this one's tag, so that plain bytes follow one another.
            rest = rest.get_mut(CHUNK.min(size)..).ok_or_else(too_long)?;
        }
        let begin = batch.start * CHUNK as u64;
        let end = self.len.min(batch.end * CHUNK as u64);
        let index = |at: u64| usize::try_from(at.clamp(begin, end) - begin).unwrap_or(0);
        Ok(Some(buffer.share(index(self.range.start)..index(self.range.end))))
    }

    /// Where a chunk begins, counted from the blob's beginning; behind the last, where that ends.
    fn stored(&self, number: u64) -> u64 {
        stored_len(self.len).min(HEADER as u64 + number * SEALED_CHUNK as u64)
    }
}

/// Asks for what needs no waiting here, and for all else on a thread that may wait.
async fn blocking_unless_ready<T: Send + 'static>(
    f: impl Fn(Wait) -> Result<Option<T>, Error> + Send + 'static,
) -> Result<T, Error> {
    if let Some(ready) = f(Wait::Never)? {
        return Ok(ready);
    }
    let waited = blocking(move || f(Wait::AsLongAsItTakes)).await?;
    waited.ok_or_else(|| Error::corrupt("a read that may wait did not"))
}

/// Fills `out`; false when that would have to wait, and must not.
fn read(file: &dyn DiskFile, offset: u64, out: &mut [u8], wait: Wait) -> Result<bool, Error> {
    match wait {
        Wait::Never => file.read_at_once(offset, out).map_err(cut_short),
        Wait::AsLongAsItTakes => {
            file.read_at(offset, out).map_err(cut_short)?;
            Ok(true)
        }
    }
}

fn too_long() -> Error {
    Error::corrupt("more chunks than a buffer holds")
}

fn cut_short(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::corrupt("a blob is cut short"),
        _ => error.into(),
    }
}
