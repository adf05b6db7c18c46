//! A handler that panics is a fault of ours, not the end of its client's connection: it is logged
//! and answered as AWS answers a fault of its own.
//!
//! What the handler wrote is gone with its transaction. Deliberately no retry: what panicked once
//! panics again.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use crate::Error;

/// What `future` answers, or an internal error where it panics.
///
/// INVARIANT: what the future borrows is looked at again only to refuse and record: the store's
/// transactions are private until they commit, and a panic leaves them uncommitted.
pub async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Error> {
    let mut future = pin!(future);
    let polled = std::future::poll_fn(|cx| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(payload) => std::task::Poll::Ready(Err(payload)),
        }
    });
    polled.await.map_err(|payload| Error::internal(format!("panicked: {}", text(payload.as_ref()))))
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let literal = payload.downcast_ref::<&str>().copied();
    literal.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
