//! The blobs' own thread: appends small blobs to segments, with one sync for all that wait, and
//! deletes what it is told to.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use super::format::{DataKey, Header, stored_len};
use super::{BlobId, segment_path};
use crate::disk::{Disk, DiskFile};
use crate::{Error, Keyring};

/// Blobs begin at multiples of a block, so that a deleted one's room can be given back.
pub(super) const ALIGN: u64 = 4096;
/// A segment that has reached this is closed.
const SEGMENT: u64 = 64 << 20;
/// Bytes that share one sync at most.
const BATCH: u64 = 32 << 20;

/// A handle on the thread.
pub(super) struct Keeper {
    inbox: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    position: Arc<Mutex<(u64, u64)>>,
}

/// A small blob on its way into a segment.
pub(super) struct Append {
    pub len: u64,
    pub key: Arc<DataKey>,
    /// Its chunks, encrypted.
    pub body: Vec<u8>,
    pub reply: oneshot::Sender<Result<BlobId, Error>>,
}

enum Message {
    Append(Append),
    Delete(BlobId),
    Settle(Sender<()>),
}

impl Keeper {
    /// Starts the thread. It never goes on with a segment of an earlier run, whose end may be torn.
    pub fn start(disk: Arc<dyn Disk>, keyring: Arc<Keyring>, first: u64) -> Result<Self, Error> {
        let (inbox, outbox) = mpsc::channel();
        let position = Arc::new(Mutex::new((first, 0)));
        let shared = Arc::clone(&position);
        let mut segments = Segments { disk, keyring, number: first, open: None, position: shared };
        let thread =
            thread::Builder::new().name("blobs".into()).spawn(move || segments.run(&outbox))?;
        Ok(Self { inbox: Some(inbox), thread: Some(thread), position })
    }

    pub fn append(&self, append: Append) -> Result<(), Error> {
        let stopped = || Error::Unavailable("the keeper of the blobs has stopped".into());
        let inbox = self.inbox.as_ref().ok_or_else(stopped)?;
        inbox.send(Message::Append(append)).map_err(|_| stopped())
    }

    pub fn delete(&self, id: BlobId) {
        if let Some(inbox) = &self.inbox {
            // Without the thread the blob stays, and the next start's sweep finds it.
            let _ = inbox.send(Message::Delete(id));
        }
    }

    pub fn settle(&self) {
        let (done, wait) = mpsc::channel();
        if self.inbox.as_ref().is_some_and(|inbox| inbox.send(Message::Settle(done)).is_ok()) {
            let _ = wait.recv();
        }
    }

    /// The segment and the offset where the next blob will lie, or one behind it.
    pub fn position(&self) -> (u64, u64) {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.inbox.take();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the keeper of the blobs panicked");
        }
    }
}

struct Segments {
    disk: Arc<dyn Disk>,
    keyring: Arc<Keyring>,
    number: u64,
    open: Option<(Arc<dyn DiskFile>, u64)>,
    position: Arc<Mutex<(u64, u64)>>,
}

impl Segments {
    fn run(&mut self, inbox: &Receiver<Message>) {
        let mut waiting = Vec::new();
        let mut held = None;
        while let Some(message) = held.take().or_else(|| inbox.recv().ok()) {
            match message {
                Message::Append(append) => {
                    let mut bytes = append.len;
                    waiting.push(append);
                    while bytes < BATCH {
                        match inbox.try_recv() {
                            Ok(Message::Append(append)) => {
                                bytes += append.len;
                                waiting.push(append);
                            }
                            Ok(other) => {
                                held = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.append(std::mem::take(&mut waiting));
                }
                Message::Delete(id) => self.delete(&id),
                Message::Settle(done) => drop(done),
            }
        }
    }

    fn append(&mut self, waiting: Vec<Append>) {
        let mut written = Vec::with_capacity(waiting.len());
        let result = self.write(&waiting, &mut written);
        // What a failed write or sync has left is unknown: this segment is not written to again.
        if result.is_err() {
            self.close();
        }
        for (n, append) in waiting.into_iter().enumerate() {
            let id = written.get(n).copied().ok_or(Error::NoSuchBlob);
            let _ = append.reply.send(result.clone().and(id));
        }
    }

    fn write(&mut self, waiting: &[Append], written: &mut Vec<BlobId>) -> Result<(), Error> {
        let (file, mut offset) = self.segment()?;
        for append in waiting {
            let id = BlobId::of_place(self.number, offset)?;
            let mut bytes = Header::write(&self.keyring, id, append.len, &append.key)?;
            bytes.extend_from_slice(&append.body);
            file.write_at(offset, &bytes)?;
            offset = (offset + stored_len(append.len)).next_multiple_of(ALIGN);
            written.push(id);
        }
        file.sync()?;
        self.open = Some((file, offset));
        self.publish((self.number, offset));
        if offset >= SEGMENT {
            self.close();
        }
        Ok(())
    }

    fn segment(&mut self) -> Result<(Arc<dyn DiskFile>, u64), Error> {
        if let Some((file, offset)) = &self.open {
            return Ok((Arc::clone(file), *offset));
        }
        let path = segment_path(self.number);
        let file = self.disk.create(&path)?;
        self.open = Some((Arc::clone(&file), 0));
        self.disk.sync_dir(super::SEGMENTS)?;
        Ok((file, 0))
    }

    fn close(&mut self) {
        self.open = None;
        self.number += 1;
        self.publish((self.number, 0));
    }

    fn publish(&self, position: (u64, u64)) {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = position;
    }

    fn delete(&self, id: &BlobId) {
        if let Err(error) = delete(&*self.disk, &self.keyring, id) {
            tracing::warn!(%error, ?id, "a blob could not be deleted; a sweep will try again");
        }
    }
}

/// Removes a blob's file, or gives its room in the segment back.
pub(super) fn delete(disk: &dyn Disk, keyring: &Keyring, id: &BlobId) -> Result<(), Error> {
    let Some((number, offset)) = id.place() else {
        return Ok(disk.remove(&id.file())?);
    };
    let file = disk.open(&segment_path(number))?;
    let mut header = [0; super::format::HEADER];
    file.read_at(offset, &mut header)?;
    match Header::read(keyring, &header) {
        Some(Ok(header)) if header.id == *id => {
            Ok(file.discard(offset, stored_len(header.len).next_multiple_of(ALIGN))?)
        }
        _ => Ok(()),
    }
}
