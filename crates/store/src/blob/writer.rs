//! Writing a blob: bytes gather, are encrypted and written away from the runtime's workers, and are
//! durable when `finish` returns.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use super::format::{CHUNK, DataKey, HEADER, Header, READ, SEALED_CHUNK, TAG};
use super::keeper::Append;
use super::pool::Buffer;
use super::{Blob, BlobId, Blobs, Inner};
use crate::disk::DiskFile;
use crate::{CustomerKey, Error};

/// A body up to this, one chunk, goes into a segment: beyond, a file of its own is as fast, and
/// gives its room back whole.
const IN_SEGMENT: u64 = CHUNK as u64;
/// What is handed to another thread at once: that costs little beside the work then, and of an upload
/// three such pieces are in memory.
pub(super) const BATCH: usize = 2 * CHUNK;

/// A blob in the making. Dropped before [`BlobWriter::finish`] it leaves nothing.
pub struct BlobWriter {
    inner: Arc<Inner>,
    key: Arc<DataKey>,
    gathered: Plain,
    len: u64,
    /// Chunks handed over to be encrypted and written.
    sealed: u64,
    file: Option<Arc<Draft>>,
    writing: Option<JoinHandle<Result<(), Error>>>,
}

/// A file in the making; the last of writer and thread to drop it removes it, unless it is kept.
struct Draft {
    inner: Arc<Inner>,
    id: BlobId,
    file: OnceLock<Arc<dyn DiskFile>>,
    kept: AtomicBool,
}

impl Blobs {
    /// Begins a blob.
    pub fn writer(&self) -> Result<BlobWriter, Error> {
        self.writer_under(None)
    }

    /// Begins a blob that opens only with this key of a customer's, where there is one.
    pub fn writer_under(&self, customer: Option<&CustomerKey>) -> Result<BlobWriter, Error> {
        Ok(BlobWriter {
            inner: Arc::clone(&self.inner),
            key: Arc::new(DataKey::new()?.under(customer)?),
            gathered: Plain::default(),
            len: 0,
            sealed: 0,
            file: None,
            writing: None,
        })
    }
}

impl BlobWriter {
    /// Adds bytes, without a copy. It waits while the batch before is still being written, so that a
    /// writer holds at most two batches of 128 KiB.
    pub async fn write(&mut self, data: impl Into<Bytes>) -> Result<(), Error> {
        let mut rest = data.into();
        self.len += rest.len() as u64;
        while !rest.is_empty() {
            // A full batch is written when more follows: the last chunk is sealed as the last.
            if self.gathered.len == BATCH {
                self.write_batch().await?;
            }
            self.gathered.push(rest.split_to(rest.len().min(BATCH - self.gathered.len)));
        }
        Ok(())
    }

    /// Bytes written until now.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Ends the blob. When this returns, it is durable.
    pub async fn finish(mut self) -> Result<Blob, Error> {
        let len = self.len;
        let id = if len <= IN_SEGMENT && self.inner.in_segments {
            self.finish_in_segment().await?
        } else {
            self.finish_in_file().await?
        };
        Ok(Blob { id, len })
    }

    async fn finish_in_segment(&mut self) -> Result<BlobId, Error> {
        let mut plain = std::mem::take(&mut self.gathered);
        // One chunk is encrypted faster than it is handed to another thread.
        let mut body = vec![0; HEADER + plain.len + TAG];
        let chunk = body.get_mut(HEADER..).ok_or(Error::Sealed)?;
        // Nothing is left for the tag's room behind it.
        plain.fill(chunk);
        self.key.seal(0, true, chunk)?;
        let (reply, id) = oneshot::channel();
        let append = Append { len: self.len, key: Arc::clone(&self.key), body, reply };
        self.inner.keeper.append(append)?;
        id.await.map_err(|_| Error::Unavailable("the keeper of the blobs has stopped".into()))?
    }

    async fn finish_in_file(&mut self) -> Result<BlobId, Error> {
        let draft = self.draft()?;
        self.written().await?;
        let plain = std::mem::take(&mut self.gathered);
        let first = self.sealed;
        let (key, len) = (Arc::clone(&self.key), self.len);
        blocking(move || {
            draft.append(&key, first, plain, true)?;
            draft.keep(&key, len)?;
            Ok(draft.id)
        })
        .await
    }

    async fn write_batch(&mut self) -> Result<(), Error> {
        let draft = self.draft()?;
        self.written().await?;
        let plain = std::mem::take(&mut self.gathered);
        let first = self.sealed;
        self.sealed += (BATCH / CHUNK) as u64;
        let key = Arc::clone(&self.key);
        self.writing = Some(spawn_blocking(move || draft.append(&key, first, plain, false)));
        Ok(())
    }

    async fn written(&mut self) -> Result<(), Error> {
        match self.writing.take() {
            Some(writing) => joined(writing.await),
            None => Ok(()),
        }
    }

    fn draft(&mut self) -> Result<Arc<Draft>, Error> {
        if let Some(draft) = &self.file {
            return Ok(Arc::clone(draft));
        }
        let draft = Draft {
            inner: Arc::clone(&self.inner),
            id: BlobId::of_file()?,
            file: OnceLock::new(),
            kept: AtomicBool::new(false),
        };
        self.inner.life().drafts.insert(draft.id);
        Ok(Arc::clone(self.file.insert(Arc::new(draft))))
    }
}

impl Draft {
    fn file(&self) -> Result<&Arc<dyn DiskFile>, Error> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let disk = &self.inner.disk;
        let file = match disk.create(&self.id.file()) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                disk.create_dir(&self.id.directory())?;
                disk.create(&self.id.file())?
            }
            file => file?,
        };
        Ok(self.file.get_or_init(|| file))
    }

    fn append(&self, key: &DataKey, first: u64, plain: Plain, ends: bool) -> Result<(), Error> {
        let (mut plain, mut number, mut buffer) = (plain, first, self.inner.seals.take());
        let file = self.file()?;
        loop {
            let offset = HEADER as u64 + number * SEALED_CHUNK as u64;
            let mut filled = 0;
            for _ in 0..READ {
                let (body, size) = (plain.len.min(CHUNK), plain.len.min(CHUNK) + TAG);
                let chunk = buffer.as_mut().get_mut(filled..filled + size).ok_or(Error::Sealed)?;
                plain.fill(chunk.get_mut(..body).unwrap_or_default());
                key.seal(number, ends && plain.len == 0, chunk)?;
                (filled, number) = (filled + size, number + 1);
                if plain.len == 0 {
                    break;
                }
            }
            file.write_at(offset, buffer.as_ref().get(..filled).ok_or(Error::Sealed)?)?;
            if plain.len == 0 {
                return Ok(());
            }
        }
    }

    /// Writes the header, makes file and name durable, and takes the blob out of the making.
    fn keep(&self, key: &DataKey, len: u64) -> Result<(), Error> {
        let header = Header::write(&self.inner.keyring, self.id, len, key)?;
        let file = self.file()?;
        file.write_at(0, &header)?;
        file.sync()?;
        self.inner.sync_directory(self.id.directory())?;
        self.kept.store(true, Ordering::Release);
        self.inner.life().young.insert(self.id);
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.inner.life().drafts.remove(&self.id);
        if self.file.get().is_some() && !self.kept.load(Ordering::Acquire) {
            self.inner.keeper.delete(self.id);
        }
    }
}

/// Plain bytes that wait to be encrypted, as they came.
#[derive(Default)]
struct Plain {
    pieces: VecDeque<Bytes>,
    len: usize,
}

impl Plain {
    fn push(&mut self, piece: Bytes) {
        self.len += piece.len();
        self.pieces.push_back(piece);
    }

    /// Moves bytes to the front of `out`: as many as there are and as fit.
    fn fill(&mut self, mut out: &mut [u8]) {
        while let Some(piece) = self.pieces.front_mut()
            && !out.is_empty()
        {
            let now = piece.split_to(piece.len().min(out.len()));
            let (to, rest) = out.split_at_mut(now.len());
            to.copy_from_slice(&now);
            (out, self.len) = (rest, self.len - now.len());
            if piece.is_empty() {
                self.pieces.pop_front();
            }
        }
    }
}

/// Bytes of a body that gather until there are enough of them to be worth handing on: to
/// [`BlobWriter::write`], and to whoever else wants to see them.
pub struct Batch {
    buffer: Buffer,
    filled: usize,
}

impl Blobs {
    /// Room for 128 KiB.
    pub fn batch(&self) -> Batch {
        Batch { buffer: self.inner.gathers.take(), filled: 0 }
    }
}

impl Batch {
    /// Takes what there is room for from the front of `data`, and leaves the rest.
    pub fn take(&mut self, data: &mut &[u8]) {
        let room = self.buffer.as_mut().get_mut(self.filled..).unwrap_or_default();
        let (now, rest) = data.split_at(data.len().min(room.len()));
        let (to, _) = room.split_at_mut(now.len());
        to.copy_from_slice(now);
        (self.filled, *data) = (self.filled + now.len(), rest);
    }

    pub fn is_full(&self) -> bool {
        self.filled == BATCH
    }

    /// What was gathered.
    pub fn share(self) -> Bytes {
        self.buffer.share(0..self.filled)
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    joined(spawn_blocking(f).await)
}

pub(super) fn joined<T>(
    result: Result<Result<T, Error>, tokio::task::JoinError>,
) -> Result<T, Error> {
    result.unwrap_or_else(|error| Err(Error::Unavailable(error.to_string())))
}
