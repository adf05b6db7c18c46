//! The aws-chunked body, decoded while it streams.
//!
//! Each chunk is `hex-size[;chunk-signature=..]\r\n`, that many bytes, `\r\n`; a chunk of size zero
//! ends them, trailers may follow, an empty line ends all. Data are handed out before their
//! chunk's signature is known to be right: nothing of them counts until [`ChunkDecoder::finish`].
//! No more than one line is ever held.
//!
//! Not here: the encoding's removal from `Content-Encoding`, and the checksums in the trailers.
//!
//! AWS pages: "Signature Calculations for the Authorization Header: Transferring Payload in
//! Multiple Chunks" and ".. Including Trailing Headers" (Amazon S3 API Reference).

use bytes::{Buf, Bytes};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::payload::{PayloadHash, sha256};

mod error;
mod seed;

pub use error::ChunkError;
pub use seed::Seed;

/// All chunks but the last hold at least so many bytes.
pub const MIN_CHUNK_SIZE: u64 = 8192;

/// The longest line, and the most bytes of all trailers together.
const MAX_LINE: usize = 8192;

/// The trailers of a body: lower-case names and trimmed values, in the order sent.
pub type Trailers = Vec<(String, String)>;

/// Decodes one body, in whatever pieces it arrives.
#[derive(Debug)]
pub struct ChunkDecoder {
    seed: Option<Seed>,
    declared: Option<Vec<String>>,
    decoded_length: u64,
    received: u64,
    state: State,
    line: Vec<u8>,
    hash: Sha256,
    signature: Vec<u8>,
    chunk_was_small: bool,
    trailers: Trailers,
    trailer_bytes: usize,
    trailer_signature: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Data { left: u64 },
    DataEnd,
    Trailers,
    Done,
}

impl ChunkDecoder {
    /// `payload` is one of the three streaming forms, `seed` that of the verified request,
    /// `decoded_length` the `x-amz-decoded-content-length` header, `trailer` the `x-amz-trailer`
    /// header.
    ///
    /// # Errors
    /// [`ChunkError::Unsigned`] for signed chunks without a seed, [`ChunkError::Malformed`] for a
    /// payload that does not stream.
    pub fn new(
        payload: PayloadHash,
        seed: Option<Seed>,
        decoded_length: u64,
        trailer: Option<&str>,
    ) -> Result<Self, ChunkError> {
        let trailer = trailer.unwrap_or_default();
        let (seed, trailer) = match (payload, seed) {
            (PayloadHash::StreamingSigned, Some(seed)) => (Some(seed), None),
            (PayloadHash::StreamingSignedTrailer, Some(seed)) => (Some(seed), Some(trailer)),
            (PayloadHash::StreamingUnsignedTrailer, _) => (None, Some(trailer)),
            (payload, None) if payload.is_streaming() => return Err(ChunkError::Unsigned),
            _ => return Err(ChunkError::Malformed),
        };
        let names = |list: &str| {
            let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
            names.map(str::to_ascii_lowercase).collect()
        };
        Ok(Self {
            seed,
            declared: trailer.map(names),
            decoded_length,
            received: 0,
            state: State::Header,
            line: Vec::new(),
            hash: Sha256::new(),
            signature: Vec::new(),
            chunk_was_small: false,
            trailers: Vec::new(),
            trailer_bytes: 0,
            trailer_signature: None,
        })
    }

    /// Takes from `input` up to and including the next piece of the object and returns the piece,
    /// a slice of the input; None when the input is used up.
    ///
    /// # Errors
    /// See [`ChunkError`]. After an error the body is lost.
    pub fn decode(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, ChunkError> {
        while !input.is_empty() {
            match self.state {
                State::Data { left } => return self.data(left, input).map(Some),
                State::Done => return Err(ChunkError::Malformed),
                State::Header | State::DataEnd | State::Trailers => {
                    if self.take_line(input)? {
                        let line = std::mem::take(&mut self.line);
                        self.take(&line)?;
                        self.line = line;
                        self.line.clear();
                    }
                }
            }
        }
        Ok(None)
    }

    /// All pieces of the object in `input`.
    ///
    /// # Errors
    /// As [`ChunkDecoder::decode`].
    pub fn push(&mut self, mut input: Bytes) -> Result<Vec<Bytes>, ChunkError> {
        let mut pieces = Vec::new();
        while let Some(piece) = self.decode(&mut input)? {
            pieces.push(piece);
        }
        Ok(pieces)
    }

    /// Bytes of the object handed out so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Ends the body: only now it is known to be whole and rightly signed.
    ///
    /// # Errors
    /// [`ChunkError::Incomplete`] when the end is missing, [`ChunkError::WrongLength`].
    pub fn finish(self) -> Result<Trailers, ChunkError> {
        if self.state != State::Done {
            return Err(ChunkError::Incomplete);
        }
        if self.received != self.decoded_length {
            return Err(ChunkError::WrongLength);
        }
        Ok(self.trailers)
    }

    fn data(&mut self, left: u64, input: &mut Bytes) -> Result<Bytes, ChunkError> {
        let take = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let piece = input.split_to(take);
        if self.seed.is_some() {
            self.hash.update(&piece);
        }
        let taken = piece.len() as u64;
        self.received = self.received.saturating_add(taken);
        let left = left.saturating_sub(taken);
        self.state = State::Data { left };
        if left == 0 {
            self.check_chunk()?;
            self.state = State::DataEnd;
        }
        Ok(piece)
    }

    /// Whether a whole line, its line feed included, stands in `self.line`.
    fn take_line(&mut self, input: &mut Bytes) -> Result<bool, ChunkError> {
        let end = input.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let take = end.unwrap_or(input.len());
        if self.line.len() + take > MAX_LINE {
            return Err(ChunkError::Malformed);
        }
        self.line.extend(input.iter().take(take));
        input.advance(take);
        Ok(end.is_some())
    }

    fn take(&mut self, line: &[u8]) -> Result<(), ChunkError> {
        match self.state {
            State::Header => self.begin_chunk(line.strip_suffix(b"\r\n")),
            State::DataEnd if line == b"\r\n" => {
                self.state = State::Header;
                Ok(())
            }
            State::Trailers => self.take_trailer(line),
            _ => Err(ChunkError::Malformed),
        }
    }

    fn begin_chunk(&mut self, line: Option<&[u8]>) -> Result<(), ChunkError> {
        let line = line.ok_or(ChunkError::Malformed)?;
        let mut parts = line.split(|byte| *byte == b';');
        let size = parts.next().and_then(size).ok_or(ChunkError::Malformed)?;
        if self.seed.is_some() {
            let mut signatures = parts.filter_map(|part| part.strip_prefix(b"chunk-signature="));
            let signature = signatures.next().ok_or(ChunkError::Malformed)?;
            self.signature = signature.to_vec();
        }
        if size == 0 {
            self.check_chunk()?;
            self.state = State::Trailers;
            return Ok(());
        }
        if self.chunk_was_small {
            return Err(ChunkError::ChunkTooSmall);
        }
        if self.decoded_length.saturating_sub(self.received) < size {
            return Err(ChunkError::WrongLength);
        }
        self.chunk_was_small = size < MIN_CHUNK_SIZE;
        self.state = State::Data { left: size };
        Ok(())
    }

    fn check_chunk(&mut self) -> Result<(), ChunkError> {
        let Some(seed) = &mut self.seed else { return Ok(()) };
        let hash = self.hash.finalize_reset().into();
        seed.check_chunk(&hash, &self.signature)
    }

    fn take_trailer(&mut self, line: &[u8]) -> Result<(), ChunkError> {
        self.trailer_bytes = self.trailer_bytes.saturating_add(line.len());
        if self.trailer_bytes > MAX_LINE {
            return Err(ChunkError::MalformedTrailer);
        }
        let Some(line) = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")) else {
            return Err(ChunkError::MalformedTrailer);
        };
        if line.is_empty() {
            // AWS's page sets empty lines around signed trailers, its clients do not.
            let signature_due = self.signs_trailers() && self.trailer_signature.is_none();
            return if signature_due { Ok(()) } else { self.end() };
        }
        let text = std::str::from_utf8(line).ok().and_then(|line| line.split_once(':'));
        let (name, value) = text.ok_or(ChunkError::MalformedTrailer)?;
        let (name, value) = (name.to_ascii_lowercase(), value.trim_matches([' ', '\t']));
        if self.trailer_signature.is_some() {
            return Err(ChunkError::MalformedTrailer);
        }
        if name == "x-amz-trailer-signature" && self.signs_trailers() {
            self.trailer_signature = Some(value.as_bytes().to_vec());
            return Ok(());
        }
        let declared = self.declared.as_ref().is_some_and(|names| names.contains(&name));
        if !declared || self.trailers.iter().any(|(other, _)| *other == name) {
            return Err(ChunkError::MalformedTrailer);
        }
        self.trailers.push((name, value.to_owned()));
        Ok(())
    }

    fn signs_trailers(&self) -> bool {
        self.seed.is_some() && self.declared.is_some()
    }

    fn end(&mut self) -> Result<(), ChunkError> {
        let declared = self.declared.as_deref().unwrap_or_default();
        let sent = |name: &String| self.trailers.iter().any(|(other, _)| other == name);
        if !declared.iter().all(sent) {
            return Err(ChunkError::MalformedTrailer);
        }
        if let Some(seed) = self.seed.as_mut().filter(|_| self.declared.is_some()) {
            let given = self.trailer_signature.as_ref().ok_or(ChunkError::MalformedTrailer)?;
            seed.check_trailers(&sha256(&canonical_trailers(&self.trailers)), given)?;
        }
        self.state = State::Done;
        Ok(())
    }
}

/// Each trailer on a line, by name.
pub(crate) fn canonical_trailers(trailers: &[(String, String)]) -> Vec<u8> {
    let mut sorted: Vec<_> = trailers.iter().collect();
    sorted.sort();
    sorted.iter().flat_map(|(name, value)| format!("{name}:{value}\n").into_bytes()).collect()
}

fn size(digits: &[u8]) -> Option<u64> {
    let is_hex = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let text = is_hex.then_some(digits).and_then(|digits| std::str::from_utf8(digits).ok())?;
    u64::from_str_radix(text, 16).ok()
}

fn same(computed: &[u8; 64], given: &[u8]) -> bool {
    computed.ct_eq(given).into()
}
