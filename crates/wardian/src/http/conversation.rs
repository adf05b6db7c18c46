//! What is going on between a connection's two ends, and AWS's words where hyper would have none.
//!
//! hyper answers by itself what it cannot read, with a status and nothing else. A client of AWS
//! reads an error from its body: so such an answer is put in other words on its way out. It is told
//! from the gateway's by when it is said: while no request is being answered, hyper alone speaks.
//! The same tells an idle connection from a busy one.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use gateway::id::{self, Alphabet, RandomIds};
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The client has the word: it is silent, or sends a head.
const LISTENING: u8 = 0;
/// A request is being answered.
const ANSWERING: u8 = 1;
/// The answer was handed over, and is not all written yet.
const ANSWERED: u8 = 2;

/// A status that hyper answers, with the error that S3 has for it. Which service was meant, such a
/// request does not say. From memory: AWS's own codes and sentences.
const REFUSALS: [(&[u8], &str, &str, &str); 3] = [
    (
        b"HTTP/1.1 431 ",
        "400 Bad Request",
        "RequestHeaderSectionTooLarge",
        "Your request header section exceeds the maximum allowed size.",
    ),
    (b"HTTP/1.1 414 ", "400 Bad Request", "InvalidURI", "Couldn't parse the specified URI."),
    (
        b"HTTP/1.1 400 ",
        "400 Bad Request",
        "BadRequest",
        "An error occurred when parsing the HTTP request.",
    ),
];

/// Where the conversation of a connection stands. A clone is the same conversation.
#[derive(Clone, Debug, Default)]
pub struct Conversation(Arc<AtomicU8>);

impl Conversation {
    /// A request has come in.
    pub fn answering(&self) {
        self.0.store(ANSWERING, Ordering::Release);
    }

    /// Whether no request is being answered.
    pub fn is_idle(&self) -> bool {
        self.0.load(Ordering::Acquire) == LISTENING
    }

    /// What was handed over has been written.
    fn flushed(&self) {
        let (said, order) = ((ANSWERED, LISTENING), (Ordering::AcqRel, Ordering::Relaxed));
        // Where it is another's turn already, there is nothing to note.
        _ = self.0.compare_exchange(said.0, said.1, order.0, order.1);
    }
}

/// An answer's body, whose end is noted.
pub struct Said<B> {
    body: B,
    conversation: Conversation,
}

impl<B> Said<B> {
    pub const fn new(body: B, conversation: Conversation) -> Self {
        Self { body, conversation }
    }
}

impl<B> Drop for Said<B> {
    fn drop(&mut self) {
        self.conversation.0.store(ANSWERED, Ordering::Release);
    }
}

impl<B: Body + Unpin> Body for Said<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream on which hyper's own refusals are written in AWS's words.
pub struct Worded<T> {
    inner: T,
    conversation: Conversation,
    /// What is left of a refusal that is being written.
    refusal: Bytes,
    /// Whether one is.
    refusing: bool,
}

impl<T> Worded<T> {
    pub const fn new(inner: T, conversation: Conversation) -> Self {
        Self { inner, conversation, refusal: Bytes::new(), refusing: false }
    }

    fn refuses(&mut self, said: &[u8]) -> bool {
        if !self.refusing
            && self.conversation.is_idle()
            && let Some(refusal) = refusal(said)
        {
            (self.refusal, self.refusing) = (refusal, true);
        }
        self.refusing
    }
}

impl<T: AsyncWrite + Unpin> Worded<T> {
    /// Writes the refusal; then `length` bytes of hyper's count as written.
    fn poll_refusal(&mut self, cx: &mut Context<'_>, length: usize) -> Poll<io::Result<usize>> {
        while !self.refusal.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, &self.refusal))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => drop(self.refusal.split_to(written.min(self.refusal.len()))),
            }
        }
        self.refusing = false;
        Poll::Ready(Ok(length))
    }
}

/// The refusal in the place of what hyper says.
fn refusal(said: &[u8]) -> Option<Bytes> {
    let (_, status, code, message) =
        REFUSALS.into_iter().find(|(start, ..)| said.starts_with(start))?;
    let date = std::str::from_utf8(said)
        .ok()?
        .lines()
        .find(|line| line.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("date:")))
        .and_then(|line| line.get(5..))
        .map_or_else(String::new, |date| format!("Date:{date}\r\n"));
    let id = id::text(&RandomIds, Alphabet::Upper, 16);
    let body = document(code, message, &id);
    let text = format!(
        "HTTP/1.1 {status}\r\nx-amz-request-id: {id}\r\n{date}Content-Type: application/xml\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    Some(text.into())
}

/// S3's form of an error.
pub fn document(code: &str, message: &str, id: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>{message}</Message><RequestId>{id}</RequestId></Error>"
    )
}

/// The document of a request that is none.
pub fn unreadable() -> (String, String) {
    let id = id::text(&RandomIds, Alphabet::Upper, 16);
    let [.., (_, _, code, message)] = REFUSALS;
    (document(code, message, &id), id)
}

impl<T: AsyncRead + Unpin> AsyncRead for Worded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, into)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Worded<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.refuses(from) {
            return self.poll_refusal(cx, from.len());
        }
        Pin::new(&mut self.inner).poll_write(cx, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if from.first().is_some_and(|first| self.refuses(first)) {
            return self.poll_refusal(cx, from.iter().map(|part| part.len()).sum());
        }
        Pin::new(&mut self.inner).poll_write_vectored(cx, from)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
        self.conversation.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const OWN: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: now\r\n\r\n";

    async fn written(conversation: &Conversation, text: &[u8]) -> String {
        // Narrow, so that a refusal takes many writes.
        let (inner, mut client) = tokio::io::duplex(7);
        let mut stream = Worded::new(inner, conversation.clone());
        let write = async move { stream.write_all(text).await.unwrap() };
        let mut said = String::new();
        let (read, ()) = tokio::join!(client.read_to_string(&mut said), write);
        read.unwrap();
        said
    }

    #[tokio::test]
    async fn a_refusal_of_hyper_s_own_is_said_in_aws_s_words() {
        let said = written(&Conversation::default(), OWN).await;
        assert!(said.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{said}");
        assert!(said.contains("\r\nDate: now\r\n"), "{said}");
        assert!(said.contains("<Code>BadRequest</Code>"), "{said}");
        let long = "HTTP/1.1 431 Request Header Fields Too Large\r\n\r\n".as_bytes();
        let said = written(&Conversation::default(), long).await;
        assert!(said.contains("<Code>RequestHeaderSectionTooLarge</Code>"), "{said}");
    }

    #[tokio::test]
    async fn an_object_that_looks_like_a_refusal_is_left_as_it_is() {
        let conversation = Conversation::default();
        conversation.answering();
        assert_eq!(written(&conversation, OWN).await.as_bytes(), OWN);
        // Its end is handed over, and not written yet.
        drop(Said::new((), conversation.clone()));
        assert!(!conversation.is_idle());
        assert_eq!(written(&conversation, OWN).await.as_bytes(), OWN);
        conversation.flushed();
        assert!(conversation.is_idle());
    }
}
