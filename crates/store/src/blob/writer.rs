//! Writing a blob: bytes gather, are encrypted and written away from the runtime's workers, and are
//! durable when `finish` returns.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use super::format::{CHUNK, DataKey, HEADER, Header, SEALED_CHUNK};
use super::keeper::Append;
use super::{Blob, BlobId, Blobs, Inner};
use crate::Error;
use crate::disk::DiskFile;

/// A body up to this, one chunk, goes into a segment: beyond, a file of its own is as fast, and
/// gives its room back whole.
const IN_SEGMENT: u64 = CHUNK as u64;
/// What is encrypted and written at once.
const BATCH: usize = 16 * CHUNK;
/// A blob in the making. Dropped before [`BlobWriter::finish`] it leaves nothing.
pub struct BlobWriter {
    inner: Arc<Inner>,
    key: Arc<DataKey>,
    gathered: Vec<u8>,
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
        Ok(BlobWriter {
            inner: Arc::clone(&self.inner),
            key: Arc::new(DataKey::new()?),
            gathered: Vec::new(),
            len: 0,
            sealed: 0,
            file: None,
            writing: None,
        })
    }
}

impl BlobWriter {
    /// Adds bytes. It waits while the batch before is still being written, so that a writer holds
    /// at most two batches of 1 MiB.
    pub async fn write(&mut self, data: impl AsRef<[u8]>) -> Result<(), Error> {
        let mut rest = data.as_ref();
        self.len += rest.len() as u64;
        while !rest.is_empty() {
            // A full batch is written when more follows: the last chunk is sealed as the last.
            if self.gathered.len() == BATCH {
                self.write_batch().await?;
            }
            let (now, later) = rest.split_at(rest.len().min(BATCH - self.gathered.len()));
            self.gathered.extend_from_slice(now);
            rest = later;
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
        let plain = std::mem::take(&mut self.gathered);
        // One chunk is encrypted faster than it is handed to another thread.
        let body = self.key.seal(0, &plain, true)?;
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
            draft.append(&key, first, &plain, true)?;
            draft.keep(&key, len)?;
            Ok(draft.id)
        })
        .await
    }

    async fn write_batch(&mut self) -> Result<(), Error> {
        let draft = self.draft()?;
        self.written().await?;
        let plain = std::mem::replace(&mut self.gathered, Vec::with_capacity(BATCH));
        let first = self.sealed;
        self.sealed += (BATCH / CHUNK) as u64;
        let key = Arc::clone(&self.key);
        self.writing = Some(spawn_blocking(move || draft.append(&key, first, &plain, false)));
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

    fn append(&self, key: &DataKey, first: u64, plain: &[u8], ends: bool) -> Result<(), Error> {
        let sealed = key.seal(first, plain, ends)?;
        // The first run leaves room for the header, which is written last.
        let front = if first == 0 { 0 } else { HEADER as u64 };
        let offset = front + first * SEALED_CHUNK as u64;
        Ok(self.file()?.write_at(offset, &sealed)?)
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
