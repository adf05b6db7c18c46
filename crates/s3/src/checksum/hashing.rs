//! Digests over one run of bytes, as they flow.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::{Algorithm, Digest, crc_bytes};

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
