//! The committer: checks what transactions read, applies what they wrote, syncs once for all that
//! wait, publishes the new state, then answers each.
//!
//! An engine that waits for a device gets a thread; while that thread syncs, the next transactions
//! gather, and the next sync is theirs together. An engine in memory commits where it is asked to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::Error;
use crate::engine::{Engine, Write};
use crate::recent::Recent;
use crate::tx::{Changes, View};

/// Keys remembered for the check of reads: some seconds of writes at full speed. Below the power of two
/// at which what holds them would double.
const REMEMBERED: usize = 50_000;
/// Transactions that share one sync at most.
const BATCH: usize = 1024;
/// Bytes that share one sync at most.
const BATCH_BYTES: usize = 32 << 20;
/// How long the holder of a turn may keep everybody else waiting.
const TURN: Duration = Duration::from_secs(1);

/// What became of a transaction.
pub(crate) enum Outcome {
    Committed,
    /// Something it read was written since its snapshot: it has to run again.
    Conflict,
    Failed(Error),
}

pub(crate) type Reply = oneshot::Sender<Outcome>;

/// What the committer's thread is asked.
pub(crate) enum Message {
    Commit(Changes, Reply),
    /// Hold everybody else until the one who asks has submitted, so that a transaction that lost
    /// time and again wins for once.
    Turn(oneshot::Sender<Turn>),
    /// A read of the state `version` failed.
    Refresh(u64),
    Check(oneshot::Sender<Result<bool, Error>>),
}

/// The right to be the next transaction.
pub(crate) struct Turn {
    submit: SyncSender<(Changes, Reply)>,
}

impl Turn {
    pub fn submit(self, changes: Changes, reply: Reply) {
        // Nobody listens once the turn has run out: the reply is dropped, and read as a conflict.
        let _ = self.submit.send((changes, reply));
    }
}

/// The published state: what the next transaction will see.
pub(crate) struct Published(RwLock<Result<Arc<View>, Error>>);

impl Published {
    pub fn view(&self) -> Result<Arc<View>, Error> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, view: Result<Arc<View>, Error>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = view;
    }
}

/// The one owner of the engine.
pub(crate) struct Committer {
    engine: Box<dyn Engine>,
    recent: Recent,
    version: u64,
    healthy: bool,
    published: Arc<Published>,
}

impl Committer {
    /// Takes over an engine and publishes its state.
    pub fn new(engine: Box<dyn Engine>) -> (Self, Arc<Published>) {
        let unread = Err(Error::Unavailable("nothing was read yet".into()));
        let published = Arc::new(Published(RwLock::new(unread)));
        let shared = Arc::clone(&published);
        let recent = Recent::new(0, REMEMBERED);
        let mut committer = Self { engine, recent, version: 0, healthy: true, published };
        committer.publish();
        (committer, shared)
    }

    pub fn waits(&self) -> bool {
        self.engine.waits()
    }

    /// Serves messages until nobody is left to send one.
    pub fn run(mut self, inbox: &Receiver<Message>) {
        let mut batch = Vec::new();
        let mut held = None;
        while let Some(message) = held.take().or_else(|| inbox.recv().ok()) {
            match message {
                Message::Commit(changes, reply) => {
                    batch.push((changes, reply));
                    held = gather(inbox, &mut batch);
                    self.commit(&mut batch);
                }
                Message::Turn(holder) => self.grant_turn(holder),
                Message::Refresh(version) => self.refresh(version),
                Message::Check(reply) => {
                    let _ = reply.send(self.check());
                }
            }
        }
    }

    /// Commits those of the batch that do not conflict, with one sync, and answers all.
    pub fn commit(&mut self, batch: &mut Vec<(Changes, Reply)>) {
        let version = self.version + 1;
        let mut writes: Vec<Write> = Vec::new();
        let mut hooks = Vec::new();
        let mut accepted = Vec::new();
        for (changes, reply) in batch.drain(..) {
            if self.recent.conflicts(&changes.reads, changes.version) {
                let _ = reply.send(Outcome::Conflict);
                continue;
            }
            // Noted at once, so that the rest of the batch is checked against it too.
            self.recent.note(version, &changes.writes);
            writes.extend(changes.writes);
            hooks.extend(changes.hooks);
            accepted.push(reply);
        }
        if accepted.is_empty() {
            return;
        }
        if let Err(error) = self.apply(&writes) {
            tracing::error!(%error, transactions = accepted.len(), "the commit failed");
            self.recover();
            answer(accepted, || Outcome::Failed(error.clone()));
            return;
        }
        self.publish();
        for hook in hooks {
            if catch_unwind(AssertUnwindSafe(hook)).is_err() {
                tracing::error!("a hook of a committed transaction panicked");
            }
        }
        answer(accepted, || Outcome::Committed);
    }

    /// Opens the engine again, unless that has happened since the state `version` was published.
    pub fn refresh(&mut self, version: u64) {
        if version >= self.version || !self.healthy {
            self.recover();
        }
    }

    pub fn check(&mut self) -> Result<bool, Error> {
        // The check wants the engine to itself; a state that is still read makes it fail.
        self.published.set(Err(Error::Unavailable("an integrity check is running".into())));
        let result = self.engine.check();
        self.publish();
        result
    }

    fn apply(&mut self, writes: &[Write]) -> Result<(), Error> {
        if !self.healthy {
            self.engine.reopen()?;
            self.healthy = true;
        }
        self.engine.commit(writes)
    }

    /// After a failure nobody knows what was written: reads come from what is there now, under a
    /// new version, so that the failed batch's marks stand between it and older snapshots.
    fn recover(&mut self) {
        match self.engine.reopen() {
            Ok(()) => {
                self.healthy = true;
                self.publish();
            }
            Err(error) => {
                tracing::error!(%error, "the engine cannot be opened again");
                self.healthy = false;
                self.version += 1;
                self.published.set(Err(Error::Unavailable(error.to_string())));
            }
        }
    }

    fn publish(&mut self) {
        self.version += 1;
        let version = self.version;
        let snapshot = self.engine.snapshot().or_else(|_| {
            self.engine.reopen()?;
            self.engine.snapshot()
        });
        let view = snapshot.map(|snapshot| Arc::new(View { version, snapshot }));
        self.healthy = view.is_ok();
        self.published.set(view);
    }

    fn grant_turn(&mut self, holder: oneshot::Sender<Turn>) {
        let (submit, submitted) = mpsc::sync_channel(1);
        if holder.send(Turn { submit }).is_err() {
            return;
        }
        match submitted.recv_timeout(TURN) {
            Ok(submission) => self.commit(&mut vec![submission]),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
}

/// Takes what waits behind the first transaction; what is no commit is handed back.
fn gather(inbox: &Receiver<Message>, batch: &mut Vec<(Changes, Reply)>) -> Option<Message> {
    let mut bytes: usize = batch.iter().map(|(changes, _)| size(changes)).sum();
    while batch.len() < BATCH && bytes < BATCH_BYTES {
        match inbox.try_recv() {
            Ok(Message::Commit(changes, reply)) => {
                bytes += size(&changes);
                batch.push((changes, reply));
            }
            Ok(other) => return Some(other),
            Err(_) => break,
        }
    }
    None
}

fn size(changes: &Changes) -> usize {
    let bytes = |write: &Write| match write {
        Write::Put(key, value) => key.len() + value.len(),
        Write::Delete(key) => key.len(),
        Write::DeleteRange(_) => 0,
    };
    changes.writes.iter().map(bytes).sum()
}

fn answer(replies: Vec<Reply>, outcome: impl Fn() -> Outcome) {
    for reply in replies {
        let _ = reply.send(outcome());
    }
}
