//! The checksums of bodies: computed as the bytes flow, compared with what the client said,
//! combined for parts.
//!
//! A client names at most one of the five, in a header or a trailer; where it names none, the
//! server computes CRC64NVME. Deliberately absent: the newer algorithms of the model (SHA512, MD5,
//! XXHASH), which S3's sentence does not list. AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use api::s3::error::{BAD_DIGEST, INVALID_DIGEST, INVALID_REQUEST};
use api::{OperationShape, Slot, Structure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crc_fast::CrcAlgorithm;
use gateway::{Error, RequestFacts};
use md5::Md5;
use minicbor::{Decode, Encode};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Algorithm {
    #[n(0)]
    Crc32,
    #[n(1)]
    Crc32c,
    #[n(2)]
    Crc64Nvme,
    #[n(3)]
    Sha1,
    #[n(4)]
    Sha256,
}

/// `x-amz-checksum-type`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    #[n(0)]
    FullObject,
    /// The checksum of the parts' checksums.
    #[n(1)]
    Composite,
}

/// A checksum of a run of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Digest {
    #[n(0)]
    pub algorithm: Algorithm,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub value: Vec<u8>,
}

/// The checksum of an object.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Checksum {
    #[n(0)]
    pub digest: Digest,
    #[n(1)]
    pub kind: Kind,
    /// Of a composite one.
    #[n(2)]
    pub parts: Option<u32>,
}

pub const UNSUPPORTED: &str = "Checksum algorithm provided is unsupported. Please try again with \
                               any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";

/// (algorithm, name, header, member of the model, bytes)
const ALGORITHMS: [(Algorithm, &str, &str, &str, usize); 5] = [
    (Algorithm::Crc32, "CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4),
    (Algorithm::Crc32c, "CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4),
    (Algorithm::Crc64Nvme, "CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8),
    (Algorithm::Sha1, "SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20),
    (Algorithm::Sha256, "SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", 32),
];

impl Algorithm {
    pub const ALL: [Self; 5] =
        [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// None for what S3 does not compute.
    pub fn parse(name: &str) -> Option<Self> {
        ALGORITHMS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The algorithm of a header `x-amz-checksum-…`.
    fn of_header(name: &str) -> Option<Self> {
        ALGORITHMS.iter().find(|row| row.2.eq_ignore_ascii_case(name)).map(|row| row.0)
    }

    const fn row(self) -> (&'static str, &'static str, &'static str, usize) {
        let [crc32, crc32c, crc64, sha1, sha256] = ALGORITHMS;
        let row = match self {
            Self::Crc32 => crc32,
            Self::Crc32c => crc32c,
            Self::Crc64Nvme => crc64,
            Self::Sha1 => sha1,
            Self::Sha256 => sha256,
        };
        (row.1, row.2, row.3, row.4)
    }

    pub const fn name(self) -> &'static str {
        self.row().0
    }

    pub const fn header(self) -> &'static str {
        self.row().1
    }

    /// The member of the model's structures: `ChecksumCRC32`.
    pub const fn member(self) -> &'static str {
        self.row().2
    }

    const fn length(self) -> usize {
        self.row().3
    }

    /// None for the SHA family, whose parts do not add up.
    const fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }

    /// What an upload in parts gets where the client does not say.
    pub const fn default_kind(self) -> Kind {
        match self {
            Self::Crc64Nvme => Kind::FullObject,
            _ => Kind::Composite,
        }
    }

    pub const fn allows(self, kind: Kind) -> bool {
        match kind {
            Kind::FullObject => self.crc().is_some(),
            Kind::Composite => !matches!(self, Self::Crc64Nvme),
        }
    }
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::FullObject, Self::Composite].into_iter().find(|kind| kind.name() == name)
    }
}

impl Digest {
    /// Reads a value as clients send it; None where it is not of the algorithm's length.
    pub fn parse(algorithm: Algorithm, text: &str) -> Option<Self> {
        let value = BASE64.decode(text.trim()).ok()?;
        (value.len() == algorithm.length()).then_some(Self { algorithm, value })
    }

    pub fn base64(&self) -> String {
        BASE64.encode(&self.value)
    }
}

impl Checksum {
    pub const fn whole(digest: Digest) -> Self {
        Self { digest, kind: Kind::FullObject, parts: None }
    }

    /// As it stands in headers: a composite one names its parts.
    pub fn text(&self) -> String {
        match self.parts {
            Some(parts) => format!("{}-{parts}", self.digest.base64()),
            None => self.digest.base64(),
        }
    }

    /// Writes value and type into an answer.
    pub fn show(&self, output: &mut dyn Structure) {
        set_text(output, self.digest.algorithm.member(), &self.text());
        set_text(output, "ChecksumType", self.kind.name());
    }
}

/// Sets the text member of the model's name; nothing where the structure has none.
pub fn set_text(output: &mut dyn Structure, name: &str, value: &str) {
    let index = output.shape().members().iter().position(|member| member.name == name);
    let member = index.and_then(|index| output.member_mut(index));
    if let Some(Slot::String(text)) = member.map(api::Value::slot) {
        text.set(value);
    }
}

/// The checksum of the parts' checksums.
pub fn composite(algorithm: Algorithm, parts: &[(Digest, u64)]) -> Option<Checksum> {
    let mut hashing = Hashing::new(&[algorithm]);
    parts.iter().for_each(|(digest, _)| hashing.update(&digest.value));
    let digest = hashing.finish().digests.pop()?;
    let parts = u32::try_from(parts.len()).ok();
    Some(Checksum { digest, kind: Kind::Composite, parts })
}

/// The checksum of the whole from those of its parts and their lengths; None for the SHA family.
pub fn combine(algorithm: Algorithm, parts: &[(Digest, u64)]) -> Option<Checksum> {
    let crc = algorithm.crc()?;
    let mut parts = parts.iter();
    let (first, _) = parts.next()?;
    let whole = parts.fold(number(&first.value), |sum, (digest, length)| {
        crc_fast::checksum_combine(crc, sum, number(&digest.value), *length)
    });
    Some(Checksum::whole(Digest { algorithm, value: crc_bytes(algorithm, whole) }))
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn crc_bytes(algorithm: Algorithm, crc: u64) -> Vec<u8> {
    let bytes = crc.to_be_bytes();
    bytes.into_iter().skip(8usize.saturating_sub(algorithm.length())).collect()
}

/// MD5, for the ETag, and further algorithms over one run of bytes.
pub struct Hashing {
    md5: Md5,
    others: Vec<Running>,
    length: u64,
}

enum Running {
    Crc(Algorithm, crc_fast::Digest),
    Sha1(Sha1),
    Sha256(Sha256),
}

/// What came out.
#[derive(Debug, Clone)]
pub struct Hashed {
    pub md5: [u8; 16],
    pub digests: Vec<Digest>,
    pub length: u64,
}

impl Hashing {
    pub fn new(algorithms: &[Algorithm]) -> Self {
        let others = algorithms.iter().map(|algorithm| match (algorithm, algorithm.crc()) {
            (_, Some(crc)) => Running::Crc(*algorithm, crc_fast::Digest::new(crc)),
            (Algorithm::Sha1, None) => Running::Sha1(Sha1::new()),
            (_, None) => Running::Sha256(Sha256::new()),
        });
        Self { md5: Md5::new(), others: others.collect(), length: 0 }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        for other in &mut self.others {
            match other {
                Running::Crc(_, crc) => crc.update(bytes),
                Running::Sha1(sha) => sha.update(bytes),
                Running::Sha256(sha) => sha.update(bytes),
            }
        }
        self.length = self.length.saturating_add(bytes.len() as u64);
    }

    pub fn finish(self) -> Hashed {
        let digests = self.others.into_iter().map(|other| match other {
            Running::Crc(algorithm, crc) => {
                Digest { algorithm, value: crc_bytes(algorithm, crc.finalize()) }
            }
            Running::Sha1(sha) => {
                Digest { algorithm: Algorithm::Sha1, value: sha.finalize().to_vec() }
            }
            Running::Sha256(sha) => {
                Digest { algorithm: Algorithm::Sha256, value: sha.finalize().to_vec() }
            }
        });
        Hashed { md5: self.md5.finalize().into(), digests: digests.collect(), length: self.length }
    }
}

impl Hashed {
    pub fn digest(&self, algorithm: Algorithm) -> Option<&Digest> {
        self.digests.iter().find(|digest| digest.algorithm == algorithm)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(algorithm: Algorithm, bytes: &[u8]) -> Digest {
        let mut hashing = Hashing::new(&[algorithm]);
        hashing.update(bytes);
        hashing.finish().digests.pop().expect("one")
    }

    /// The check values of "123456789": the CRC catalogue (Cook), RFC 3720, NVM Express; FIPS 180
    /// for "abc".
    #[test]
    fn published_vectors_hold() {
        let cases: [(Algorithm, &[u8], &str); 5] = [
            (Algorithm::Crc32, b"123456789", "cbf43926"),
            (Algorithm::Crc32c, b"123456789", "e3069283"),
            (Algorithm::Crc64Nvme, b"123456789", "ae8b14860a799888"),
            (Algorithm::Sha1, b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                Algorithm::Sha256,
                b"abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
        ];
        for (algorithm, bytes, expected) in cases {
            assert_eq!(hex::encode(digest(algorithm, bytes).value), expected, "{algorithm:?}");
        }
    }

    #[test]
    fn the_checksums_of_parts_add_up_to_that_of_the_whole() {
        let whole: Vec<u8> = (0..10_000u32).flat_map(u32::to_le_bytes).collect();
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let parts: Vec<_> = whole
                .chunks(7_001)
                .map(|part| (digest(algorithm, part), part.len() as u64))
                .collect();
            let combined = combine(algorithm, &parts).expect("a CRC");
            assert_eq!(combined.digest, digest(algorithm, &whole), "{algorithm:?}");
        }
        assert!(combine(Algorithm::Sha256, &[]).is_none());
    }

    #[test]
    fn a_composite_checksum_names_its_parts() {
        let part = |text: &[u8]| (digest(Algorithm::Sha256, text), 3);
        let checksum = composite(Algorithm::Sha256, &[part(b"abc"), part(b"def")]).expect("one");
        assert!(checksum.text().ends_with("-2"), "{}", checksum.text());
        assert_eq!(checksum.kind, Kind::Composite);
    }
}
