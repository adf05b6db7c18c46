//! What a client says of the bytes it sends, and whether that is true.

use api::OperationShape;
use api::s3::error::{BAD_DIGEST, INVALID_DIGEST, INVALID_REQUEST};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::{Error, RequestFacts};

use super::{ALGORITHMS, Algorithm, Digest, Hashed, Hashing};

pub const UNSUPPORTED: &str = "Checksum algorithm provided is unsupported. Please try again with \
                               any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";

/// What the client says of the bytes it sends.
#[derive(Debug, Clone, Default)]
pub struct Demand {
    content_md5: Option<[u8; 16]>,
    /// The algorithm that it named, if any.
    pub algorithm: Option<Algorithm>,
    /// None where the value comes in a trailer, or not at all.
    value: Option<Digest>,
    in_trailer: bool,
}

impl Demand {
    /// Reads the headers of an upload.
    ///
    /// # Errors
    /// S3's sentences for digests that cannot be one, and for more than one checksum.
    pub fn read(facts: &RequestFacts) -> Result<Self, Error> {
        let content_md5 = facts.header("content-md5").map(content_md5).transpose()?;
        check_supported(facts)?;
        let mut named = Vec::new();
        for (algorithm, _, header, ..) in ALGORITHMS {
            if let Some(text) = facts.header(header) {
                named.push((algorithm, Some((header, text))));
            }
        }
        let trailer = facts.header("x-amz-trailer").unwrap_or_default();
        let trailing = trailer.split(',').filter_map(|name| Algorithm::of_header(name.trim()));
        named.extend(trailing.map(|algorithm| (algorithm, None)));
        if named.len() > 1 {
            return Err(invalid(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not \
                 allowed.",
            ));
        }
        let sdk = facts.header("x-amz-sdk-checksum-algorithm").map(sdk_algorithm).transpose()?;
        let Some((algorithm, value)) = named.pop() else {
            return match sdk {
                None => Ok(Self { content_md5, ..Self::default() }),
                Some(_) => Err(invalid(
                    "x-amz-sdk-checksum-algorithm specified, but no corresponding \
                     x-amz-checksum-* or x-amz-trailer headers were found.",
                )),
            };
        };
        if sdk.is_some_and(|sdk| sdk != algorithm) {
            return Err(invalid("Value for x-amz-sdk-checksum-algorithm header is invalid."));
        }
        let in_trailer = value.is_none();
        let value = value.map(|(header, text)| self::value(algorithm, header, text)).transpose()?;
        Ok(Self { content_md5, algorithm: Some(algorithm), value, in_trailer })
    }

    /// Whether the client said nothing of the bytes.
    pub const fn is_empty(&self) -> bool {
        self.content_md5.is_none() && self.algorithm.is_none()
    }

    /// Compares what came with what was said. `hex_digest` is how PutObject prints an expected MD5;
    /// UploadPart prints base64.
    ///
    /// # Errors
    /// BadDigest, and InvalidRequest for a trailer that is absent or no checksum.
    pub fn verify(
        &self,
        hashed: &Hashed,
        trailers: &[(String, String)],
        hex_digest: bool,
    ) -> Result<(), Error> {
        if let Some(expected) = self.content_md5.filter(|expected| *expected != hashed.md5) {
            let shown = if hex_digest { hex::encode(expected) } else { BASE64.encode(expected) };
            let message = "The Content-MD5 you specified did not match what we received.";
            return Err(Error::new(BAD_DIGEST, message)
                .with("ExpectedDigest", shown)
                .with("CalculatedDigest", BASE64.encode(hashed.md5)));
        }
        let Some(algorithm) = self.algorithm else { return Ok(()) };
        let trailing = self.in_trailer.then(|| trailer(algorithm, trailers)).transpose()?;
        let expected = self.value.as_ref().or(trailing.as_ref());
        if expected == hashed.digest(algorithm) {
            return Ok(());
        }
        let name = algorithm.name();
        let message = format!("The {name} you specified did not match the calculated checksum.");
        Err(Error::new(BAD_DIGEST, message))
    }
}

/// Compares a document with what is said of it. CompleteMultipartUpload's checksums are its
/// object's.
///
/// # Errors
/// As for objects; DeleteObjects must come with a digest.
pub fn check_document(
    shape: &'static OperationShape,
    facts: &RequestFacts,
    document: &[u8],
    trailers: &[(String, String)],
) -> Result<(), Error> {
    if matches!(shape.name, "CompleteMultipartUpload" | "CreateMultipartUpload") {
        return Ok(());
    }
    let demand = Demand::read(facts)?;
    if demand.is_empty() {
        return match shape.name {
            "DeleteObjects" => Err(invalid(
                "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
            )),
            _ => Ok(()),
        };
    }
    let mut hashing = Hashing::new(demand.algorithm.as_slice());
    hashing.update(document);
    demand.verify(&hashing.finish(), trailers, false)
}

/// A checksum that would not be computed is refused, never passed over.
fn check_supported(facts: &RequestFacts) -> Result<(), Error> {
    let is_other = |name: &str| {
        let name = name.trim().to_ascii_lowercase();
        let named = name.strip_prefix("x-amz-checksum-");
        named.is_some_and(|rest| !matches!(rest, "algorithm" | "mode" | "type"))
            && Algorithm::of_header(&name).is_none()
    };
    let trailer = facts.header("x-amz-trailer").unwrap_or_default();
    let named = facts.headers.keys().map(http::HeaderName::as_str).chain(trailer.split(','));
    let mut named = named;
    if named.any(is_other) {
        return Err(invalid(UNSUPPORTED));
    }
    Ok(())
}

fn trailer(algorithm: Algorithm, trailers: &[(String, String)]) -> Result<Digest, Error> {
    let header = algorithm.header();
    let found = trailers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header));
    value(algorithm, header, found.map_or("", |(_, text)| text))
}

fn value(algorithm: Algorithm, header: &str, text: &str) -> Result<Digest, Error> {
    let wrong = || invalid(&format!("Value for {header} header is invalid."));
    Digest::parse(algorithm, text).ok_or_else(wrong)
}

fn content_md5(text: &str) -> Result<[u8; 16], Error> {
    let digest = BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    digest.ok_or_else(|| {
        let message = "The Content-MD5 you specified was invalid.";
        Error::new(INVALID_DIGEST, message).with("Content-MD5", text)
    })
}

fn sdk_algorithm(name: &str) -> Result<Algorithm, Error> {
    let wrong = || invalid("Value for x-amz-sdk-checksum-algorithm header is invalid.");
    Algorithm::parse(name).ok_or_else(wrong)
}

fn invalid(message: &str) -> Error {
    Error::new(INVALID_REQUEST, message)
}
