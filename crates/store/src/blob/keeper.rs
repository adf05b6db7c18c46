//! The blobs' own threads: some append small blobs, each to a segment of its own, with one sync
//! for all that wait there; one deletes, so that no writer waits for a deletion.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use super::format::{DataKey, Header, stored_len};
use super::{BlobId, segment_path};
use crate::disk::{Disk, DiskFile};
use crate::{Error, Keyring};

/// Blobs begin at multiples of a block, so that a deleted one's room can be given back.
pub(super) const ALIGN: u64 = 4096;
/// Threads that append: a file system syncs several files faster than one several times.
const LANES: usize = 4;
/// A segment that has reached this is closed.
const SEGMENT: u64 = 64 << 20;
/// A segment is lengthened by this at once: a sync that need not record a new length is a third
/// faster.
const AHEAD: u64 = 4 << 20;
/// Bytes that share one sync at most.
const BATCH: u64 = 32 << 20;

/// A handle on the threads.
pub(super) struct Keeper {
    lanes: Vec<Worker<Append>>,
    turn: AtomicUsize,
    deletions: Worker<Deletion>,
    ends: Arc<Mutex<Ends>>,
}

/// A small blob on its way into a segment.
pub(super) struct Append {
    pub len: u64,
    pub key: Arc<DataKey>,
    /// Its chunks, encrypted, with room for the header in front.
    pub body: Vec<u8>,
    pub reply: oneshot::Sender<Result<BlobId, Error>>,
}

enum Deletion {
    Blob(BlobId),
    Settle(Sender<()>),
}

impl Keeper {
    /// Starts the threads. It never goes on with a segment of an earlier run, whose end may be
    /// torn.
    pub fn start(disk: Arc<dyn Disk>, keyring: Arc<Keyring>, first: u64) -> Result<Self, Error> {
        let ends = Arc::new(Mutex::new(Ends { next: first, open: BTreeMap::new() }));
        let lane = |_| {
            let (disk, keyring) = (Arc::clone(&disk), Arc::clone(&keyring));
            let mut lane = Lane { disk, keyring, open: None, ends: Arc::clone(&ends) };
            Worker::start("blobs", move |inbox| lane.run(inbox))
        };
        let lanes = (0..LANES).map(lane).collect::<Result<_, _>>()?;
        let deletions = Worker::start("deletions", move |inbox| run(&*disk, &keyring, inbox))?;
        Ok(Self { lanes, turn: AtomicUsize::new(0), deletions, ends })
    }

    pub fn append(&self, append: Append) -> Result<(), Error> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % LANES;
        let sent = self.lanes.get(turn).and_then(|lane| lane.send(append));
        sent.ok_or_else(|| Error::Unavailable("the keeper of the blobs has stopped".into()))
    }

    pub fn delete(&self, id: BlobId) {
        // Without the thread the blob stays, and the next start's sweep finds it.
        let _ = self.deletions.send(Deletion::Blob(id));
    }

    pub fn settle(&self) {
        let (done, wait) = mpsc::channel();
        if self.deletions.send(Deletion::Settle(done)).is_some() {
            let _ = wait.recv();
        }
    }

    /// Where the segments end now.
    pub fn ends(&self) -> Ends {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Where the segments end at some moment, to tell what was written before from what came behind.
#[derive(Clone, Default)]
pub(super) struct Ends {
    /// The number of the next segment.
    pub next: u64,
    /// The ends of those that are still written to.
    pub open: BTreeMap<u64, u64>,
}

impl Ends {
    pub fn precede(&self, (segment, offset): (u64, u64)) -> bool {
        segment >= self.next || self.open.get(&segment).is_some_and(|end| offset >= *end)
    }

    /// Whether the segment was closed by then.
    pub fn closed(&self, segment: u64) -> bool {
        segment < self.next && !self.open.contains_key(&segment)
    }
}

/// A thread with its inbox; dropped, it ends what was sent to it first.
struct Worker<M> {
    inbox: Option<Sender<M>>,
    thread: Option<JoinHandle<()>>,
}

impl<M: Send + 'static> Worker<M> {
    fn start(name: &str, f: impl FnOnce(&Receiver<M>) + Send + 'static) -> Result<Self, Error> {
        let (inbox, outbox) = mpsc::channel();
        let thread = thread::Builder::new().name(name.into()).spawn(move || f(&outbox))?;
        Ok(Self { inbox: Some(inbox), thread: Some(thread) })
    }
}

impl<M> Worker<M> {
    fn send(&self, message: M) -> Option<()> {
        self.inbox.as_ref()?.send(message).ok()
    }
}

impl<M> Drop for Worker<M> {
    fn drop(&mut self) {
        self.inbox.take();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("a thread of the blobs panicked");
        }
    }
}

/// One appending thread.
struct Lane {
    disk: Arc<dyn Disk>,
    keyring: Arc<Keyring>,
    open: Option<Segment>,
    ends: Arc<Mutex<Ends>>,
}

struct Segment {
    number: u64,
    file: Arc<dyn DiskFile>,
    end: u64,
    /// The file's length, ahead of what is written.
    len: u64,
}

impl Lane {
    fn run(&mut self, inbox: &Receiver<Append>) {
        while let Ok(first) = inbox.recv() {
            let mut bytes = first.len;
            let mut waiting = vec![first];
            while bytes < BATCH
                && let Ok(append) = inbox.try_recv()
            {
                bytes += append.len;
                waiting.push(append);
            }
            self.append(waiting);
        }
        self.close();
    }

    fn append(&mut self, mut waiting: Vec<Append>) {
        let mut written = Vec::with_capacity(waiting.len());
        let result = self.write(&mut waiting, &mut written);
        // What a failed write or sync has left is unknown: this segment is not written to again.
        if result.is_err() || self.open.as_ref().is_some_and(|segment| segment.end >= SEGMENT) {
            self.close();
        }
        for (n, append) in waiting.into_iter().enumerate() {
            let id = written.get(n).copied().ok_or(Error::NoSuchBlob);
            let _ = append.reply.send(result.clone().and(id));
        }
    }

    fn write(&mut self, waiting: &mut [Append], written: &mut Vec<BlobId>) -> Result<(), Error> {
        let keyring = Arc::clone(&self.keyring);
        let segment = self.segment()?;
        for append in waiting {
            let id = BlobId::of_place(segment.number, segment.end)?;
            Header::put(&keyring, id, append.len, &append.key, &mut append.body)?;
            let end = (segment.end + stored_len(append.len)).next_multiple_of(ALIGN);
            if end > segment.len {
                segment.file.set_len(end.next_multiple_of(AHEAD))?;
                segment.len = end.next_multiple_of(AHEAD);
            }
            segment.file.write_at(segment.end, &append.body)?;
            segment.end = end;
            written.push(id);
        }
        segment.file.sync()?;
        let (number, end) = (segment.number, segment.end);
        self.ends().open.insert(number, end);
        Ok(())
    }

    fn segment(&mut self) -> Result<&mut Segment, Error> {
        let segment = match self.open.take() {
            Some(segment) => segment,
            None => self.create()?,
        };
        Ok(self.open.insert(segment))
    }

    fn create(&self) -> Result<Segment, Error> {
        let number = {
            let mut ends = self.ends();
            let number = ends.next;
            ends.next += 1;
            ends.open.insert(number, 0);
            number
        };
        let create = || {
            let file = self.disk.create(&segment_path(number))?;
            self.disk.sync_dir(super::SEGMENTS)?;
            Ok(Segment { number, file, end: 0, len: 0 })
        };
        create().inspect_err(|_: &Error| _ = self.ends().open.remove(&number))
    }

    fn close(&mut self) {
        let Some(segment) = self.open.take() else { return };
        if let Err(error) = segment.file.set_len(segment.end) {
            tracing::warn!(%error, "a segment keeps room behind its end");
        }
        self.ends().open.remove(&segment.number);
    }

    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run(disk: &dyn Disk, keyring: &Keyring, inbox: &Receiver<Deletion>) {
    while let Ok(deletion) = inbox.recv() {
        match deletion {
            Deletion::Blob(id) => {
                if let Err(error) = delete(disk, keyring, &id) {
                    tracing::warn!(%error, ?id, "a blob stays until a sweep tries again");
                }
            }
            Deletion::Settle(done) => drop(done),
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
