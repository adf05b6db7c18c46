//! The event log: one line of JSON a request, in CloudTrail's form, appended to a file.
//!
//! Lines are written by a thread of their own. It is given as many as it can write: when the disk
//! is slower than the requests, requests wait, and no event is lost.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};

use gateway::Recorder;

/// How many events may wait.
const WAITING_MAX: usize = 16 * 1024;

/// An open event log. Dropping it writes what waits.
#[derive(Debug)]
pub struct EventLog {
    lines: Option<SyncSender<String>>,
    writer: Option<JoinHandle<()>>,
}

impl EventLog {
    /// Opens `path` for appending; a new file has mode 0600.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = crate::file::append(path)?;
        let (lines, waiting) = sync_channel(WAITING_MAX);
        let writer = thread::Builder::new()
            .name("event-log".to_owned())
            .spawn(move || write_all(&waiting, BufWriter::new(file)))?;
        Ok(Self { lines: Some(lines), writer: Some(writer) })
    }
}

impl Recorder for EventLog {
    fn record(&self, line: &str) {
        let Some(lines) = &self.lines else { return };
        if lines.send(line.to_owned()).is_err() {
            tracing::error!("an event is lost: the event log's writer has stopped");
        }
    }
}

impl Drop for EventLog {
    fn drop(&mut self) {
        self.lines.take();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the event log's writer panicked");
        }
    }
}

/// Writes until nobody sends any more; flushes whenever nothing waits.
fn write_all(lines: &Receiver<String>, mut file: BufWriter<File>) {
    let mut failing = false;
    while let Ok(line) = lines.recv() {
        let result = write_burst(line, lines, &mut file);
        if let (Err(error), false) = (&result, failing) {
            tracing::error!(%error, "events are lost: the event log cannot be written");
        }
        failing = result.is_err();
    }
}

fn write_burst(
    first: String,
    lines: &Receiver<String>,
    file: &mut BufWriter<File>,
) -> io::Result<()> {
    let mut next = Ok(first);
    loop {
        match next {
            Ok(line) => {
                file.write_all(line.as_bytes())?;
                file.write_all(b"\n")?;
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return file.flush(),
        }
        next = lines.try_recv();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_a_line_once_the_log_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events");
        for round in 0..2 {
            let log = EventLog::open(&path).unwrap();
            (0..100).for_each(|event| log.record(&format!("{{\"n\":{}}}", round * 100 + event)));
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 200);
        assert_eq!(text.lines().last(), Some("{\"n\":199}"));
    }
}
