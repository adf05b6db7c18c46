//! A form as it comes in: fields, then the file, between delimiters (RFC 7578).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use api::ErrorShape;
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};

use crate::Error;
use crate::request::RequestFacts;
use crate::stream::{self, RequestBody};

/// Bytes of all that stands before the file.
const FIELDS_MAX: usize = 256 * 1024;

type Fields = Vec<(String, String)>;

/// The fields, the file's name, and the file as a body.
///
/// # Errors
/// MalformedPOSTRequest; MaxPostPreDataLengthExceededError.
pub async fn read(
    facts: &RequestFacts,
    body: RequestBody,
    idle: Duration,
) -> Result<(Fields, Option<String>, RequestBody), Error> {
    let boundary = boundary(facts.header("content-type").unwrap_or_default());
    let delimiter = format!("\r\n--{}", boundary.ok_or_else(malformed)?).into_bytes();
    // As if the first delimiter had a line before it, like the others.
    let buffer = BytesMut::from(&b"\r\n"[..]);
    let mut before = Before { body, buffer, received: 0, idle };
    let mut fields = Fields::new();
    before.until(&delimiter, no_file).await?;
    loop {
        while before.buffer.len() < 2 {
            before.more(no_file).await?;
        }
        if before.buffer.starts_with(b"--") {
            return Err(no_file());
        }
        let head = before.until(b"\r\n\r\n", no_file).await?;
        let head = String::from_utf8(head.to_vec()).map_err(|_| malformed())?;
        let (name, file_name) = disposition(&head);
        if name == "file" {
            let Before { body, buffer, .. } = before;
            let file = File { body, buffer, delimiter, done: false };
            return Ok((fields, file_name, Box::pin(file)));
        }
        let value = before.until(&delimiter, malformed).await?;
        let value = String::from_utf8(value.to_vec()).map_err(|_| malformed())?;
        fields.push((name, value));
    }
}

/// What stands before the file, as far as it was read and not used yet.
struct Before {
    body: RequestBody,
    buffer: BytesMut,
    received: usize,
    idle: Duration,
}

impl Before {
    /// Takes what stands before the mark, and the mark with it. No byte is looked at twice, in
    /// however many pieces they come.
    async fn until(&mut self, mark: &[u8], end: fn() -> Error) -> Result<BytesMut, Error> {
        let mut searched = 0_usize;
        loop {
            let rest = self.buffer.get(searched..).unwrap_or_default();
            if let Some(at) = find(rest, mark) {
                let found = self.buffer.split_to(searched.saturating_add(at));
                let _ = self.buffer.split_to(mark.len());
                return Ok(found);
            }
            searched = self.buffer.len().saturating_sub(mark.len()).max(searched);
            self.more(end).await?;
        }
    }

    async fn more(&mut self, end: fn() -> Error) -> Result<(), Error> {
        if self.received > FIELDS_MAX {
            return Err(too_long());
        }
        let data = stream::next_data(&mut self.body, self.idle).await?.ok_or_else(end)?;
        self.received = self.received.saturating_add(data.len());
        self.buffer.extend_from_slice(&data);
        Ok(())
    }
}

fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).position(|window| window == sought)
}

fn boundary(kind: &str) -> Option<String> {
    let parameters = kind.split(';').skip(1);
    let mut pairs = parameters.filter_map(|one| one.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?;
    let value = value.trim_matches('"');
    (!value.is_empty() && value.len() <= 200).then(|| value.to_owned())
}

/// The name of a part, in lower case, and of the file in it.
fn disposition(head: &str) -> (String, Option<String>) {
    let (mut name, mut file_name) = (String::new(), None);
    let line = head.lines().find_map(|line| {
        let (header, value) = line.split_once(':')?;
        header.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    });
    for parameter in line.unwrap_or_default().split(';').skip(1) {
        let Some((key, value)) = parameter.trim().split_once('=') else { continue };
        let value = value.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            "name" => name = value.to_ascii_lowercase(),
            // Browsers of old sent a path.
            "filename" => {
                file_name = value.rsplit(['/', '\\']).next().map(str::to_owned);
            }
            _ => {}
        }
    }
    (name, file_name)
}

/// The file's bytes, up to the next delimiter; what stands behind it is passed over.
struct File {
    body: RequestBody,
    buffer: BytesMut,
    delimiter: Vec<u8>,
    done: bool,
}

impl Body for File {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        loop {
            if !this.done {
                if let Some(at) = find(&this.buffer, &this.delimiter) {
                    this.done = true;
                    let last = this.buffer.split_to(at).freeze();
                    this.buffer.clear();
                    return Poll::Ready(Some(Ok(Frame::data(last))));
                }
                // The end of the buffer may be the beginning of the delimiter.
                let sure = this.buffer.len().saturating_sub(this.delimiter.len());
                if sure > 0 {
                    let piece = this.buffer.split_to(sure).freeze();
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
            }
            match this.body.as_mut().poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) if this.done => return Poll::Ready(None),
                Poll::Ready(None) => {
                    this.done = true;
                    return Poll::Ready(Some(Err("a form without its end".into())));
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(Some(Ok(frame))) => {
                    if let (false, Ok(data)) = (this.done, frame.into_data()) {
                        this.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}

fn malformed() -> Error {
    let shape = ErrorShape { code: "MalformedPOSTRequest", status: 400 };
    let message = "The body of your POST request is not well-formed multipart/form-data.";
    Error::new(shape, message)
}

fn too_long() -> Error {
    let shape = ErrorShape { code: "MaxPostPreDataLengthExceededError", status: 400 };
    let message = "Your POST request fields preceding the upload file were too large.";
    Error::new(shape, message)
}

fn no_file() -> Error {
    let message = "POST requires exactly one file upload per request.";
    super::argument(message, "file", "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_by_their_disposition() {
        let head = "Content-Type: x\r\ncontent-disposition: form-data; name=\"File\"; filename=\"C:\\a\\b.txt\"";
        assert_eq!(disposition(head), ("file".to_owned(), Some("b.txt".to_owned())));
        assert_eq!(disposition(""), (String::new(), None));
        assert_eq!(boundary("multipart/form-data; boundary=\"a b\"").as_deref(), Some("a b"));
        assert_eq!(boundary("multipart/form-data"), None);
    }
}
