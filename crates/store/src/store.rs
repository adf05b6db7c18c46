//! The store: transactions over ordered keys, serialisable and, on a disk, durable.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::pin::pin;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};

use tokio::sync::oneshot;

use crate::committer::{Committer, Message, Outcome, Published};
use crate::disk::{Disk, Local};
use crate::engine::{Engine, Logged, Memory, Snapshot, Write};
use crate::tx::Tx;
use crate::{Error, tx};

/// The file of the embedded engine in its data directory.
pub(crate) const FILE: &str = "keys.redb";
/// Runs that may lose against others before a transaction gets a turn of its own.
const ATTEMPTS: usize = 4;

/// A handle on the store; a clone is another handle on the same one.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// How a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes of the file that the engine keeps in memory at most.
    pub cache_bytes: usize,
    /// Bytes of the log that are written before its content goes into the tables. About twice as
    /// many stand in memory at most, and are read again at the start after a crash.
    pub log_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 32 << 20, log_bytes: 16 << 20 }
    }
}

struct Inner {
    published: Arc<Published>,
    route: Route,
}

/// How a transaction gets to the committer.
enum Route {
    Here(Box<Mutex<Committer>>),
    Thread { inbox: Option<Sender<Message>>, thread: Option<JoinHandle<()>> },
}

/// What one run of a closure came to.
enum Run<R> {
    Done(R),
    Submit(R, tx::Changes),
}

impl Store {
    /// A store in memory, empty.
    pub fn memory() -> Store {
        Self::with_engine(Box::new(Memory::default()))
    }

    /// The store of a data directory, which is made (mode 0700) when it is not there.
    ///
    /// The directory is this server's until the last handle is dropped: another one is refused with
    /// [`Error::InUse`].
    pub fn open(dir: &Path, options: Options) -> Result<Store, Error> {
        let disk = Arc::new(Local::new(dir)?);
        let lock = lock(dir)?;
        let engine = Logged::open(&(disk as Arc<dyn Disk>), FILE, options)?;
        Ok(Self::with_engine(Box::new(Locked { engine, _lock: lock })))
    }

    /// The same on any disk. Nothing keeps a second server off it.
    pub fn open_on(disk: Arc<dyn Disk>, options: Options) -> Result<Store, Error> {
        let engine = Logged::open(&disk, FILE, options)?;
        Ok(Self::with_engine(Box::new(engine)))
    }

    /// A store on an engine of the caller's. When the engine cannot be read, each transaction says
    /// so, and tries anew.
    pub fn with_engine(engine: Box<dyn Engine>) -> Store {
        let (committer, published) = Committer::new(engine);
        let route = if committer.waits() {
            let (inbox, outbox) = mpsc::channel();
            let thread = thread::Builder::new()
                .name("committer".into())
                .spawn(move || committer.run(&outbox))
                .inspect_err(|error| tracing::error!(%error, "the committer cannot start"));
            Route::Thread { inbox: Some(inbox), thread: thread.ok() }
        } else {
            Route::Here(Box::new(Mutex::new(committer)))
        };
        Store { inner: Arc::new(Inner { published, route }) }
    }

    /// Runs `f` on the newest committed state. It waits for nobody, and nobody waits for it.
    pub fn read<R>(&self, f: impl FnOnce(&Tx) -> R) -> Result<R, Error> {
        let tx = self.begin(false)?;
        let result = f(&tx);
        self.mind(&tx);
        Ok(result)
    }

    /// Runs `f` as one transaction: all of it becomes durable, or nothing of it.
    ///
    /// The closure may run again, when another transaction wrote what it read: what it does outside
    /// the transaction belongs in [`Tx::on_commit`]. An error of the closure passes through, and
    /// nothing is written. It must not call the store itself.
    ///
    /// Transactions are serialisable, and one that starts after another was acknowledged sees it.
    /// A future that is dropped while it waits leaves it open whether the transaction commits.
    pub async fn transact<R, E, F>(&self, mut f: F) -> Result<R, E>
    where
        E: From<Error>,
        F: FnMut(&mut Tx) -> Result<R, E>,
    {
        for _ in 0..ATTEMPTS {
            let (result, changes) = match self.run(&mut f)? {
                Run::Done(result) => return Ok(result),
                Run::Submit(result, changes) => (result, changes),
            };
            if self.inner.submit(changes).await? {
                return Ok(result);
            }
        }
        loop {
            if let Some(result) = self.transact_in_turn(&mut f).await? {
                return Ok(result);
            }
        }
    }

    /// [`Store::transact`] for callers without a runtime: tests and the command line.
    pub fn transact_blocking<R, E, F>(&self, f: F) -> Result<R, E>
    where
        E: From<Error>,
        F: FnMut(&mut Tx) -> Result<R, E>,
    {
        block_on(self.transact(f))
    }

    /// Reads everything and says whether it is as it was written. No transaction may be open;
    /// those that start meanwhile fail.
    pub fn check(&self) -> Result<bool, Error> {
        match &self.inner.route {
            Route::Here(committer) => {
                committer.lock().unwrap_or_else(PoisonError::into_inner).check()
            }
            Route::Thread { .. } => {
                let (reply, answer) = oneshot::channel();
                self.inner.send(Message::Check(reply))?;
                block_on(answer).map_err(|_| stopped())?
            }
        }
    }

    async fn transact_in_turn<R, E, F>(&self, f: &mut F) -> Result<Option<R>, E>
    where
        E: From<Error>,
        F: FnMut(&mut Tx) -> Result<R, E>,
    {
        let (reply, outcome) = oneshot::channel();
        let result = match &self.inner.route {
            Route::Here(committer) => {
                let mut committer = committer.lock().unwrap_or_else(PoisonError::into_inner);
                match self.run(f)? {
                    Run::Done(result) => return Ok(Some(result)),
                    Run::Submit(result, changes) => {
                        committer.commit(&mut vec![(changes, reply)]);
                        result
                    }
                }
            }
            Route::Thread { .. } => {
                let (grant, granted) = oneshot::channel();
                self.inner.send(Message::Turn(grant))?;
                let turn = granted.await.map_err(|_| stopped())?;
                match self.run(f)? {
                    Run::Done(result) => return Ok(Some(result)),
                    Run::Submit(result, changes) => {
                        turn.submit(changes, reply);
                        result
                    }
                }
            }
        };
        // A turn that ran out is one more conflict.
        let committed = outcome.await.map_or(Ok(false), settle)?;
        Ok(committed.then_some(result))
    }

    fn run<R, E, F>(&self, f: &mut F) -> Result<Run<R>, E>
    where
        E: From<Error>,
        F: FnMut(&mut Tx) -> Result<R, E>,
    {
        let mut tx = self.begin(true)?;
        let result = f(&mut tx);
        self.mind(&tx);
        let result = result?;
        let changes = tx.into_changes();
        if !changes.writes.is_empty() {
            return Ok(Run::Submit(result, changes));
        }
        for hook in changes.hooks {
            hook();
        }
        Ok(Run::Done(result))
    }

    fn begin(&self, tracked: bool) -> Result<Tx, Error> {
        match self.inner.published.view() {
            Ok(view) => Ok(Tx::new(view, tracked)),
            Err(error) => {
                self.inner.refresh(0);
                Err(error)
            }
        }
    }

    /// Has the engine opened again when it failed under a read.
    fn mind(&self, tx: &Tx) {
        if tx.has_failed() {
            self.inner.refresh(tx.version());
        }
    }
}

impl Inner {
    /// Whether the transaction was committed; not, when it conflicts.
    async fn submit(&self, changes: tx::Changes) -> Result<bool, Error> {
        let (reply, outcome) = oneshot::channel();
        match &self.route {
            Route::Here(committer) => {
                let mut committer = committer.lock().unwrap_or_else(PoisonError::into_inner);
                committer.commit(&mut vec![(changes, reply)]);
            }
            Route::Thread { .. } => self.send(Message::Commit(changes, reply))?,
        }
        outcome.await.map_err(|_| stopped()).and_then(settle)
    }

    fn send(&self, message: Message) -> Result<(), Error> {
        match &self.route {
            Route::Thread { inbox: Some(inbox), .. } => inbox.send(message).map_err(|_| stopped()),
            _ => Err(stopped()),
        }
    }

    fn refresh(&self, version: u64) {
        match &self.route {
            // Who holds the committer may be this thread, in a turn; the next error asks again.
            Route::Here(committer) => {
                if let Ok(mut committer) = committer.try_lock() {
                    committer.refresh(version);
                }
            }
            // The caller has its error already; one more about the refresh would tell it nothing.
            Route::Thread { .. } => drop(self.send(Message::Refresh(version))),
        }
    }
}

/// The last handle waits for the committer, so that the directory is free when it is gone.
impl Drop for Inner {
    fn drop(&mut self) {
        let Route::Thread { inbox, thread } = &mut self.route else { return };
        inbox.take();
        if let Some(committer) = thread.take()
            && committer.thread().id() != thread::current().id()
            && committer.join().is_err()
        {
            tracing::error!("the committer panicked");
        }
    }
}

/// An engine that holds its directory's lock for as long as it lives.
struct Locked {
    engine: Logged,
    _lock: File,
}

impl Engine for Locked {
    fn snapshot(&mut self) -> Result<Arc<dyn Snapshot>, Error> {
        self.engine.snapshot()
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), Error> {
        self.engine.commit(writes)
    }

    fn reopen(&mut self) -> Result<(), Error> {
        self.engine.reopen()
    }

    fn check(&mut self) -> Result<bool, Error> {
        self.engine.check()
    }
}

fn lock(dir: &Path) -> Result<File, Error> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(dir.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(dir.display().to_string())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn settle(outcome: Outcome) -> Result<bool, Error> {
    match outcome {
        Outcome::Committed => Ok(true),
        Outcome::Conflict => Ok(false),
        Outcome::Failed(error) => Err(error),
    }
}

fn stopped() -> Error {
    Error::Unavailable("the committer has stopped".into())
}

/// Waits on this thread. Tokio's own refuses inside a runtime, where tests and hooks may be.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
