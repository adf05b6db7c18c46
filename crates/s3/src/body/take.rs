//! Bodies in: hashed while they are written, inline or as a blob.

use bytes::{Bytes, BytesMut};
use gateway::{Error, Incoming};
use store::{Batch, BlobWriter, Blobs, CustomerKey};
use tokio::task::JoinHandle;

use super::{Content, INLINE_MAX, Received};
use crate::checksum::{Algorithm, Demand, Hashed, Hashing};
use crate::error;

/// The most that one PUT or one part may measure.
pub const UPLOAD_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// A body that is no longer is hashed where it is: handing it to another thread costs as much.
const HASHED_HERE: usize = 64 * 1024;

/// What is to be done with a body that comes in.
#[derive(Debug, Clone)]
pub struct Intake {
    pub demand: Demand,
    pub algorithms: Vec<Algorithm>,
    /// False where even small bodies become blobs: parts.
    pub inline: bool,
    /// What the body is encrypted under besides the server's own keys.
    pub customer: Option<CustomerKey>,
}

/// Takes a body in.
///
/// # Errors
/// What is wrong with the body in S3's words; the blob's writer leaves nothing then.
pub async fn take(intake: Intake, mut body: Incoming, blobs: Blobs) -> Result<Received, Error> {
    let mut head = BytesMut::new();
    while let Some(piece) = body.next().await? {
        head.extend_from_slice(&piece);
        if head.len() > INLINE_MAX || !intake.inline {
            return take_blob(intake, head.freeze(), body, blobs).await;
        }
    }
    if !intake.inline {
        return take_blob(intake, Bytes::new(), body, blobs).await;
    }
    let mut hashing = Hashing::new(&intake.algorithms);
    hashing.update(&head);
    let hashed = hashing.finish();
    intake.demand.verify(&hashed, body.trailers(), true)?;
    Ok(Received { content: Content::Inline(head.freeze()), hashed })
}

async fn take_blob(
    intake: Intake,
    head: Bytes,
    mut body: Incoming,
    blobs: Blobs,
) -> Result<Received, Error> {
    let mut sinks = Sinks::new(&intake, &blobs)?;
    let mut next = Some(head);
    while let Some(piece) = next {
        let length = sinks.length.saturating_add(piece.len() as u64);
        if length > UPLOAD_MAX {
            return Err(error::entity_too_large(length, UPLOAD_MAX));
        }
        sinks.take(&piece, &blobs).await?;
        next = body.next().await?;
    }
    let (hashed, writer) = sinks.finish().await?;
    intake.demand.verify(&hashed, body.trailers(), intake.inline)?;
    let blob = writer.finish().await?;
    Ok(Received { content: Content::draft(blob, blobs), hashed })
}

/// Where the bytes of a body go: gathered once, then hashed and written side by side.
struct Sinks {
    batch: Batch,
    hashing: Beside,
    writer: BlobWriter,
    length: u64,
}

impl Sinks {
    fn new(intake: &Intake, blobs: &Blobs) -> Result<Self, Error> {
        let hashing = Beside::new(Hashing::new(&intake.algorithms));
        let writer = blobs.writer_under(intake.customer.as_ref());
        Ok(Self { batch: blobs.batch(), hashing, writer: writer?, length: 0 })
    }

    async fn take(&mut self, mut piece: &[u8], blobs: &Blobs) -> Result<(), Error> {
        self.length = self.length.saturating_add(piece.len() as u64);
        while !piece.is_empty() {
            if self.batch.is_full() {
                let batch = std::mem::replace(&mut self.batch, blobs.batch()).share();
                self.hashing.push(batch.clone()).await?;
                self.writer.write(batch).await?;
            }
            self.batch.take(&mut piece);
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<(Hashed, BlobWriter), Error> {
        let last = self.batch.share();
        self.writer.write(last.clone()).await?;
        Ok((self.hashing.finish(last).await?, self.writer))
    }
}

/// Hashing on another thread while the disk writes. No thread is held while the client is slow.
pub(super) struct Beside {
    /// INVARIANT: one of `idle` and `busy` is there between calls.
    idle: Option<Hashing>,
    busy: Option<JoinHandle<Hashing>>,
}

impl Beside {
    pub(super) fn new(hashing: Hashing) -> Self {
        Self { idle: Some(hashing), busy: None }
    }

    pub(super) async fn push(&mut self, batch: Bytes) -> Result<(), Error> {
        let mut hashing = self.hashing().await?;
        self.busy = Some(tokio::task::spawn_blocking(move || {
            hashing.update(&batch);
            hashing
        }));
        Ok(())
    }

    pub(super) async fn finish(mut self, last: Bytes) -> Result<Hashed, Error> {
        let mut hashing = self.hashing().await?;
        if last.len() > HASHED_HERE {
            self.idle = Some(hashing);
            self.push(last).await?;
            return Ok(self.hashing().await?.finish());
        }
        hashing.update(&last);
        Ok(hashing.finish())
    }

    async fn hashing(&mut self) -> Result<Hashing, Error> {
        match (self.busy.take(), self.idle.take()) {
            (Some(busy), _) => busy.await.map_err(Error::internal),
            (None, Some(idle)) => Ok(idle),
            (None, None) => Err(Error::internal("hashing went on after it failed")),
        }
    }
}
