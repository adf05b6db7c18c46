//! Reading a blob: only the chunks of the range, each authenticated before a byte of it is given.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

use super::format::{CHUNK, DataKey, HEADER, Header, SEALED_CHUNK, chunks, stored_len};
use super::writer::{blocking, joined};
use super::{BlobId, Blobs, Inner, Pin};
use crate::Error;
use crate::disk::DiskFile;

/// Chunks that are read at once; the next ones are read while these are sent.
const AHEAD: u64 = 4;

/// The bytes of a range, piece by piece. It keeps the blob from being deleted.
pub struct BlobReader {
    source: Arc<Source>,
    pieces: VecDeque<Bytes>,
    next: u64,
    reading: Option<JoinHandle<Result<Vec<Bytes>, Error>>>,
    _pin: Pin,
}

struct Source {
    file: Arc<dyn DiskFile>,
    offset: u64,
    key: DataKey,
    len: u64,
    range: Range<u64>,
    /// The numbers of the chunks that the range touches.
    chunks: Range<u64>,
}

impl Blobs {
    /// Begins to read the bytes of a range, which must lie within the blob.
    ///
    /// When this returns, the blob is there and its first chunks are checked.
    pub async fn read(&self, id: &BlobId, range: Range<u64>) -> Result<BlobReader, Error> {
        let pin = self.pin(id);
        let (inner, id) = (Arc::clone(&self.inner), *id);
        let (source, pieces) = blocking(move || {
            let source = Source::open(&inner, &id, range)?;
            let pieces = source.read(source.batch(source.chunks.start))?;
            Ok((Arc::new(source), pieces))
        })
        .await?;
        let next = source.batch(source.chunks.start).end;
        let mut reader =
            BlobReader { source, pieces: pieces.into(), next, reading: None, _pin: pin };
        reader.read_ahead();
        Ok(reader)
    }
}

impl BlobReader {
    /// The next piece, at most 64 KiB; none at the end of the range.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        if self.pieces.is_empty() {
            match joined(self.reading.take()?.await) {
                Ok(pieces) => self.pieces.extend(pieces),
                Err(error) => return Some(Err(error)),
            }
            self.read_ahead();
        }
        self.pieces.pop_front().map(Ok)
    }

    /// Bytes of the whole blob, whatever the range.
    pub fn len(&self) -> u64 {
        self.source.len
    }

    pub fn is_empty(&self) -> bool {
        self.source.len == 0
    }

    fn read_ahead(&mut self) {
        let batch = self.source.batch(self.next);
        if batch.is_empty() {
            return;
        }
        self.next = batch.end;
        let source = Arc::clone(&self.source);
        self.reading = Some(spawn_blocking(move || source.read(batch)));
    }
}

impl Source {
    fn open(inner: &Inner, id: &BlobId, range: Range<u64>) -> Result<Self, Error> {
        let (file, offset) = inner.locate(id)?;
        let mut header = [0; HEADER];
        file.read_at(offset, &mut header).map_err(cut_short)?;
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
        Ok(Self { file, offset, key: header.key, len, range, chunks })
    }

    /// The chunks to be read at once, beginning with `first`.
    fn batch(&self, first: u64) -> Range<u64> {
        first..self.chunks.end.min(first + AHEAD)
    }

    fn read(&self, batch: Range<u64>) -> Result<Vec<Bytes>, Error> {
        if batch.is_empty() || self.range.is_empty() {
            return Ok(Vec::new());
        }
        let start = self.stored(batch.start);
        let size = usize::try_from(self.stored(batch.end) - start).unwrap_or(0);
        let mut buffer = vec![0; size];
        self.file.read_at(self.offset + start, &mut buffer).map_err(cut_short)?;
        for (number, chunk) in batch.clone().zip(buffer.chunks_mut(SEALED_CHUNK)) {
            let ends = number + 1 == chunks(self.len) as u64;
            self.key.open(number, ends, chunk)?;
        }
        let buffer = Bytes::from(buffer);
        Ok(batch.clone().map(|number| self.piece(&buffer, batch.start, number)).collect())
    }

    /// Where a chunk begins, counted from the blob's beginning; behind the last, where that ends.
    fn stored(&self, number: u64) -> u64 {
        stored_len(self.len).min(HEADER as u64 + number * SEALED_CHUNK as u64)
    }

    /// The part of a decrypted chunk that lies within the range.
    fn piece(&self, buffer: &Bytes, first: u64, number: u64) -> Bytes {
        let begin = number * CHUNK as u64;
        let end = self.len.min(begin + CHUNK as u64);
        let from = self.range.start.clamp(begin, end) - begin;
        let to = self.range.end.clamp(begin, end) - begin;
        let at = (number - first) * SEALED_CHUNK as u64;
        let index = |n: u64| usize::try_from(at + n).unwrap_or(0);
        buffer.slice(index(from)..index(to))
    }
}

fn cut_short(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::corrupt("a blob is cut short"),
        _ => error.into(),
    }
}
