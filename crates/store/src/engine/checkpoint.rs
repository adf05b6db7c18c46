//! The thread that takes committed writes from the log into the tables, so that nobody waits for it.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::cached::Cached;
use super::layer::Layer;
use super::{Embedded, Engine as _, Snapshot};
use crate::Error;

/// A handle on the thread. One thing is asked of it at a time.
pub(super) struct Checkpointer {
    ask: Option<Sender<Ask>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
    busy: bool,
}

pub(super) enum Ask {
    /// Write a layer into the tables, which then hold all records up to that number.
    Write(Layer, u64),
    Reopen,
    Check,
}

/// What became of it, and what the tables show now.
pub(super) struct Answer {
    pub result: Result<bool, Error>,
    pub base: Result<Arc<dyn Snapshot>, Error>,
}

impl Checkpointer {
    pub fn start(mut tables: Embedded) -> Result<Self, Error> {
        let (ask, asked) = mpsc::channel::<Ask>();
        let (reply, answers) = mpsc::channel();
        let run = move || {
            while let Ok(ask) = asked.recv() {
                if reply.send(answer(&mut tables, ask)).is_err() {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("checkpoint".into()).spawn(run)?;
        Ok(Self { ask: Some(ask), answers, thread: Some(thread), busy: false })
    }

    pub const fn is_busy(&self) -> bool {
        self.busy
    }

    pub fn ask(&mut self, ask: Ask) -> Result<(), Error> {
        let sent = self.ask.as_ref().and_then(|inbox| inbox.send(ask).ok());
        self.busy = sent.is_some();
        sent.ok_or_else(stopped)
    }

    /// The answer, if there is one by now.
    pub fn poll(&mut self) -> Option<Answer> {
        let answer = self.answers.try_recv().ok()?;
        self.busy = false;
        Some(answer)
    }

    /// Waits for the answer to what was asked.
    pub fn wait(&mut self) -> Result<Answer, Error> {
        self.busy = false;
        self.answers.recv().map_err(|_| stopped())
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.ask.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the checkpoint's thread panicked");
        }
    }
}

fn answer(tables: &mut Embedded, ask: Ask) -> Answer {
    let result = match ask {
        Ask::Write(layer, through) => {
            let written = tables.commit_through(&layer.writes(), through);
            // The tables answer nothing after a failure until they are opened again.
            written.inspect_err(|_| _ = tables.reopen()).map(|()| true)
        }
        Ask::Reopen => tables.reopen().map(|()| true),
        Ask::Check => tables.check(),
    };
    Answer { result, base: tables.snapshot().map(Cached::over) }
}

fn stopped() -> Error {
    Error::Unavailable("the checkpoint's thread has stopped".into())
}
