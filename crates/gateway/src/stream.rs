//! Object bytes in and out: what streams is verified as it flows and never held whole.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use sigv4::ChunkDecoder;

use crate::{Error, auth_error};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A request body of any server.
pub type RequestBody = Pin<Box<dyn HttpBody<Data = Bytes, Error = BoxError> + Send + Sync>>;

/// The object bytes of an upload, after aws-chunked decoding.
///
/// INVARIANT: [`Incoming::next`] answers None only after the payload's hash or signatures, and its
/// length, were found right. Whoever commits before that commits unverified bytes;
/// [`crate::Service::upload`] cannot.
pub struct Incoming {
    body: RequestBody,
    check: Check,
    /// Decoded pieces that wait to be taken.
    ready: std::collections::VecDeque<Bytes>,
    /// The decoded length that the headers promise.
    declared: Option<u64>,
    taken: u64,
    idle: Duration,
    trailers: Vec<(String, String)>,
    done: bool,
    /// The lengths that a form's policy allows.
    range: Option<(u64, u64)>,
}

/// How the payload proves itself.
pub(crate) enum Check {
    /// `UNSIGNED-PAYLOAD`, or an anonymous request.
    None,
    /// The hash that the signature covers.
    Sha256(Box<Sha256>, String),
    /// aws-chunked, signed or not.
    Chunked(Box<ChunkDecoder>),
}

impl Incoming {
    pub(crate) fn new(
        body: RequestBody,
        check: Check,
        declared: Option<u64>,
        idle: Duration,
    ) -> Self {
        Self {
            body,
            check,
            ready: std::collections::VecDeque::new(),
            declared,
            taken: 0,
            idle,
            trailers: Vec::new(),
            done: false,
            range: None,
        }
    }

    /// The same, of a length that a form's policy allows.
    pub(crate) fn within(mut self, range: Option<(u64, u64)>) -> Self {
        self.range = range;
        self
    }

    /// The object's length as the client declared it.
    #[must_use]
    pub const fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// The trailing headers (checksums); complete once [`Incoming::next`] has answered None.
    #[must_use]
    pub fn trailers(&self) -> &[(String, String)] {
        &self.trailers
    }

    /// The next piece; None at the verified end.
    ///
    /// # Errors
    /// S3's words for a body that is short, altered, stalled or broken off.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                self.taken = self.taken.saturating_add(piece.len() as u64);
                self.check_range(self.taken, false)?;
                return Ok(Some(piece));
            }
            if self.done {
                return Ok(None);
            }
            match self.frame().await? {
                Some(data) => self.decode(data)?,
                None => self.finish()?,
            }
        }
    }

    async fn frame(&mut self) -> Result<Option<Bytes>, Error> {
        next_data(&mut self.body, self.idle).await
    }

    fn decode(&mut self, data: Bytes) -> Result<(), Error> {
        match &mut self.check {
            Check::None => self.ready.push_back(data),
            Check::Sha256(hash, _) => {
                hash.update(&data);
                self.ready.push_back(data);
            }
            Check::Chunked(decoder) => {
                let pieces = decoder.push(data).map_err(|error| auth_error::chunk(&error))?;
                self.ready.extend(pieces);
            }
        }
        Ok(())
    }

    fn check_range(&self, taken: u64, is_whole: bool) -> Result<(), Error> {
        let Some((min, max)) = self.range else { return Ok(()) };
        if taken > max {
            let shape = api::ErrorShape { code: "EntityTooLarge", status: 400 };
            let message = "Your proposed upload exceeds the maximum allowed size";
            return Err(Error::new(shape, message)
                .with("ProposedSize", taken.to_string())
                .with("MaxSizeAllowed", max.to_string()));
        }
        if is_whole && taken < min {
            let shape = api::ErrorShape { code: "EntityTooSmall", status: 400 };
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(Error::new(shape, message)
                .with("ProposedSize", taken.to_string())
                .with("MinSizeAllowed", min.to_string()));
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.check_range(self.taken, true)?;
        let is_whole = self.declared.is_none_or(|declared| declared == self.taken);
        if !is_whole && !matches!(self.check, Check::Chunked(_)) {
            return Err(auth_error::incomplete_body());
        }
        match std::mem::replace(&mut self.check, Check::None) {
            Check::None => {}
            Check::Sha256(hash, expected) => {
                let computed = hex::encode(hash.finalize());
                if computed != expected {
                    return Err(auth_error::content_sha256_mismatch(&expected, &computed));
                }
            }
            Check::Chunked(decoder) => {
                let trailers = decoder.finish().map_err(|error| auth_error::chunk(&error))?;
                self.trailers = trailers.into_iter().collect();
            }
        }
        self.done = true;
        Ok(())
    }
}

/// The next data of a body; None at its end. A body that stands still is given up.
pub(crate) async fn next_data(
    body: &mut RequestBody,
    idle: Duration,
) -> Result<Option<Bytes>, Error> {
    loop {
        let frame = within(idle, body.frame()).await;
        match frame.ok_or_else(auth_error::request_timeout)? {
            None => return Ok(None),
            Some(Err(_)) => return Err(auth_error::incomplete_body()),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// What `future` comes to within `limit`; None where it takes longer. What is there at once, as most
/// bodies are, costs no look at the clock.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let first = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx)));
    if let Poll::Ready(output) = first.await {
        return Some(output);
    }
    tokio::time::timeout(limit, future).await.ok()
}

/// The bytes that a download answers with.
pub enum Outgoing {
    Empty,
    Bytes(Bytes),
    /// Bytes whose length the head does not tell: S3 sends its refusals so.
    Unmeasured(Bytes),
    /// `length` bytes in pieces. A failure breaks the connection off, so that no client takes a
    /// part for the whole.
    Stream {
        length: u64,
        pieces: Pieces,
    },
}

impl Outgoing {
    /// The bytes all at once, for what is read inside a transaction: the thread waits for the
    /// device. What is longer than `limit` is not read.
    ///
    /// # Errors
    /// What the disk says; None in place of the bytes where they are too many.
    pub fn collect(self, limit: usize) -> Result<Option<Bytes>, Error> {
        let (length, mut pieces) = match self {
            Self::Empty => return Ok(Some(Bytes::new())),
            Self::Bytes(bytes) | Self::Unmeasured(bytes) => {
                return Ok((bytes.len() <= limit).then_some(bytes));
            }
            Self::Stream { length, pieces } => (length, pieces),
        };
        let Some(length) = usize::try_from(length).ok().filter(|length| *length <= limit) else {
            return Ok(None);
        };
        let waker = std::task::Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut bytes = bytes::BytesMut::with_capacity(length);
        loop {
            match pieces.as_mut().poll_next(&mut context) {
                Poll::Ready(None) => return Ok(Some(bytes.freeze())),
                Poll::Ready(Some(piece)) => {
                    bytes.extend_from_slice(&piece.map_err(Error::internal)?);
                }
                // A wake that comes first makes this return at once.
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

/// Wakes the thread that waits.
struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

/// Pieces of an object, pulled as the client takes them.
pub type Pieces =
    Pin<Box<dyn futures_core::Stream<Item = Result<Bytes, std::io::Error>> + Send + Sync>>;

/// A response body.
pub struct Body(Outgoing);

impl Body {
    #[must_use]
    pub const fn empty() -> Self {
        Self(Outgoing::Empty)
    }

    #[must_use]
    pub const fn new(outgoing: Outgoing) -> Self {
        Self(outgoing)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() { Outgoing::Empty } else { Outgoing::Bytes(bytes) })
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Outgoing::Stream { pieces, .. } = &mut self.0 {
            return pieces
                .as_mut()
                .poll_next(cx)
                .map(|piece| piece.map(|piece| piece.map(Frame::data)));
        }
        match std::mem::replace(&mut self.0, Outgoing::Empty) {
            Outgoing::Bytes(bytes) | Outgoing::Unmeasured(bytes) => {
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Outgoing::Empty | Outgoing::Stream { .. } => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Outgoing::Empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Outgoing::Empty => SizeHint::with_exact(0),
            Outgoing::Unmeasured(_) => SizeHint::default(),
            Outgoing::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Outgoing::Stream { length, .. } => SizeHint::with_exact(*length),
        }
    }
}
