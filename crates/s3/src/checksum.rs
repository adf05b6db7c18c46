//! The checksums of bodies: computed as the bytes flow, compared with what the client said,
//! combined for parts.
//!
//! A client names at most one of the five, in a header or a trailer; where it names none, the
//! server computes CRC64NVME. Deliberately absent: the newer algorithms of the model (SHA512, MD5,
//! XXHASH), which S3's sentence does not list. AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

mod demand;
mod hashing;

use api::{Slot, Structure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crc_fast::CrcAlgorithm;
pub use demand::{Demand, UNSUPPORTED, check_document};
pub use hashing::{Hashed, Hashing};
use minicbor::{Decode, Encode};

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
