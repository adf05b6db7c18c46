//! A request's document, read whole before anybody is believed: what it may take of room and time.
//!
//! Whoever sends it is a stranger until its signature is checked, and the signature covers all of
//! it. So a document is bounded in size by its operation; it must flow, not drip; and all that are
//! long share one room. Short ones, which nearly all are, find a place in any case. Objects are not
//! read here: their senders are known before a byte of them is.

use std::sync::Arc;
use std::time::Duration;

use api::{ErrorShape, Protocol};
use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::Error;
use crate::stream::{self, RequestBody};

/// What a document may have without asking for room, and the measure of the room.
const PIECE: usize = 16 * 1024;
/// The room that all longer documents share, in pieces: 256 MiB.
const ROOM: usize = 16 * 1024;
/// How long a document may take whatever its size; then it must have brought [`RATE`] bytes for each
/// further second.
const GRACE: Duration = Duration::from_secs(20);
/// A slow modem's.
const RATE: usize = 4 * 1024;

/// The room that long documents share.
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ROOM)))
    }
}

/// A document, and the room that it takes until it is dropped.
pub struct Received {
    pub bytes: Bytes,
    pub held: Option<OwnedSemaphorePermit>,
}

/// What a document may take.
pub struct Bounds<'r> {
    pub room: &'r Room,
    /// In bytes.
    pub size: usize,
    /// How long it may stand still.
    pub idle: Duration,
    /// How long it may take in all.
    pub time: Duration,
    pub protocol: Protocol,
}

impl Bounds<'_> {
    /// Reads a document of which `declared` bytes are promised.
    ///
    /// # Errors
    /// Of one that is too long, stalls, drips or finds no room.
    pub async fn read(
        &self,
        body: &mut RequestBody,
        declared: Option<usize>,
    ) -> Result<Received, Error> {
        if declared.is_some_and(|length| length > self.size) {
            return Err(self.too_large());
        }
        let begun = Instant::now();
        // Most come in one piece, which is kept as it is.
        let mut document = Received::empty();
        while let Some(data) = stream::next_data(body, self.patience(begun, &document)).await? {
            let length = document.bytes.len().saturating_add(data.len());
            if length > self.size {
                return Err(self.too_large());
            }
            document.make_room(self, length)?;
            let bytes = std::mem::take(&mut document.bytes);
            document.bytes = if bytes.is_empty() { data } else { joined(bytes, &data) };
        }
        Ok(document)
    }

    /// How long to wait for more of it.
    fn patience(&self, begun: Instant, so_far: &Received) -> Duration {
        let earned = u64::try_from(so_far.bytes.len() / RATE).unwrap_or(u64::MAX);
        let allowed = GRACE.saturating_add(Duration::from_secs(earned)).min(self.time);
        self.idle.min(allowed.saturating_sub(begun.elapsed()))
    }

    fn too_large(&self) -> Error {
        Error::too_large(self.protocol, self.size)
    }
}

impl Received {
    pub const fn empty() -> Self {
        Self { bytes: Bytes::new(), held: None }
    }

    /// Takes what it lacks of the room for so many bytes.
    fn make_room(&mut self, bounds: &Bounds<'_>, length: usize) -> Result<(), Error> {
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let wanted = (length / PIECE).saturating_sub(held);
        if wanted == 0 {
            return Ok(());
        }
        let wanted = u32::try_from(wanted).map_err(Error::internal)?;
        let more = Arc::clone(&bounds.room.0).try_acquire_many_owned(wanted);
        let more = more.map_err(|_| no_room(bounds.protocol))?;
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(())
    }
}

/// Both pieces as one; the first is grown in place where nobody else holds it.
fn joined(first: Bytes, second: &[u8]) -> Bytes {
    let mut both = BytesMut::from(first);
    both.extend_from_slice(second);
    both.freeze()
}

/// (from memory: what S3 says to too many requests)
fn no_room(protocol: Protocol) -> Error {
    match protocol {
        Protocol::RestXml => {
            let shape = ErrorShape { code: "SlowDown", status: 503 };
            Error::new(shape, "Please reduce your request rate.")
        }
        Protocol::Query | Protocol::Json(_) => {
            let shape = ErrorShape { code: "Throttling", status: 400 };
            Error::new(shape, "Rate exceeded")
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Full};

    use super::*;

    async fn read(room: &Room, length: usize) -> Result<Received, Error> {
        let time = Duration::from_secs(60);
        let protocol = Protocol::RestXml;
        let bounds = Bounds { room, size: 1_000_000, idle: time, time, protocol };
        let body = Full::new(Bytes::from(vec![b'x'; length]));
        let mut body: RequestBody = Box::pin(body.map_err(|never| match never {}));
        bounds.read(&mut body, None).await
    }

    #[tokio::test]
    async fn long_documents_share_one_room_and_short_ones_need_none() {
        let room = Room(Arc::new(Semaphore::new(3)));
        let first = read(&room, 3 * PIECE).await.ok();
        assert!(first.is_some());
        let refused = read(&room, PIECE).await.err();
        assert_eq!(refused.map(|error| error.code().to_owned()).as_deref(), Some("SlowDown"));
        assert!(read(&room, PIECE - 1).await.is_ok());
        drop(first);
        assert!(read(&room, PIECE).await.is_ok());
        assert!(read(&room, 4 * PIECE).await.is_err());
        assert_eq!(room.0.available_permits(), 3);
    }
}
