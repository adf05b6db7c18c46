//! X.509 certificates in PEM: whose, by whom, until when, and with which key.
//!
//! Pure: the time is given. Deliberately absent: extensions, names of hosts, revocation and trust,
//! since IAM keeps certificates and nobody connects with them here.
//! RFC 5280: <https://www.rfc-editor.org/rfc/rfc5280>

use api::Timestamp;

use crate::der::{self, Reader};
use crate::public_key::PublicKey;

/// As AWS prints it.
pub const UNPARSABLE: &str =
    "Unable to parse certificate. Please ensure the certificate is in PEM format.";

/// Longer chains are not read: each link costs a verified signature.
const CHAIN_MAX: usize = 16;

#[derive(Debug, Clone)]
pub struct Certificate {
    /// All of it.
    pub der: Vec<u8>,
    /// Seconds.
    pub not_before: i64,
    /// Seconds.
    pub not_after: i64,
    pub key: PublicKey,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    /// What is signed, by which algorithm, and the signature.
    signed: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
}

/// The one certificate of a text.
#[must_use]
pub fn one(text: &str) -> Option<Certificate> {
    let mut found = all(text)?.into_iter();
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The certificates of a text, in order: at least one, not too many, and nothing else in PEM.
#[must_use]
pub fn all(text: &str) -> Option<Vec<Certificate>> {
    let files = pem::parse_many(text).ok()?;
    if !(1..=CHAIN_MAX).contains(&files.len()) {
        return None;
    }
    let read = files.into_iter().map(|file| {
        let is_certificate = matches!(file.tag(), "CERTIFICATE" | "X509 CERTIFICATE");
        is_certificate.then(|| of_der(file.contents())).flatten()
    });
    read.collect()
}

/// A certificate of its bytes.
#[must_use]
pub fn of_der(bytes: &[u8]) -> Option<Certificate> {
    let mut file = Reader::new(bytes);
    let mut certificate = file.sequence().filter(|_| file.is_empty())?;
    let signed = certificate.element().filter(|signed| signed.tag == der::SEQUENCE)?;
    let outer = certificate.element()?;
    let algorithm = Reader::new(outer.value).of(der::OBJECT_IDENTIFIER)?;
    let signature = certificate.bits().filter(|_| certificate.is_empty())?;
    let mut fields = Reader::new(signed.value);
    fields.optional(der::CONTEXT_0);
    fields.of(der::INTEGER)?;
    let inner = fields.element()?;
    let issuer = fields.of(der::SEQUENCE)?;
    let mut validity = fields.sequence()?;
    let (not_before, not_after) = (time(&mut validity)?, time(&mut validity)?);
    let subject = fields.of(der::SEQUENCE)?;
    let key = PublicKey::of_info(fields.element()?.whole)?;
    (inner.whole == outer.whole).then(|| Certificate {
        der: bytes.to_vec(),
        not_before,
        not_after,
        key,
        subject: subject.to_vec(),
        issuer: issuer.to_vec(),
        signed: signed.whole.to_vec(),
        algorithm: algorithm.to_vec(),
        signature: signature.to_vec(),
    })
}

impl Certificate {
    #[must_use]
    pub const fn is_valid_at(&self, now: Timestamp) -> bool {
        let now = now.as_seconds();
        self.not_before <= now && now <= self.not_after
    }

    /// Whether `issuer` is named as the issuer and signed it.
    #[must_use]
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        self.issuer == issuer.subject
            && issuer.key.verifies(&self.algorithm, &self.signed, &self.signature)
    }
}

/// The place of the first certificate of `chain` that does not follow: -1 is `leaf` itself, where
/// the first of the chain did not sign it.
#[must_use]
pub fn broken_link(leaf: &Certificate, chain: &[Certificate]) -> Option<i64> {
    let links = std::iter::once(leaf).chain(chain).zip(chain);
    (-1..).zip(links).find(|(_, (signed, by))| !signed.is_signed_by(by)).map(|(at, _)| at)
}

/// Seconds. Years of two digits are those from 1950 to 2049 (RFC 5280 4.1.2.5.1).
fn time(validity: &mut Reader<'_>) -> Option<i64> {
    let element = validity.element()?;
    let text = std::str::from_utf8(element.value).ok()?;
    let (year, rest) = match element.tag {
        der::UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let century = if year.parse::<u8>().ok()? < 50 { "20" } else { "19" };
            (format!("{century}{year}"), rest)
        }
        der::GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    let digits = rest.strip_suffix('Z').filter(|digits| digits.len() == 10)?;
    let part = |at: usize| digits.get(at..at.saturating_add(2));
    let (month, day, hour, minute, second) = (part(0)?, part(2)?, part(4)?, part(6)?, part(8)?);
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    Timestamp::parse(&text).map(|time| time.as_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: &str = include_str!("../tests/certificates/chain.pem");
    const LEAF: &str = include_str!("../tests/certificates/leaf.pem");
    const ELLIPTIC: &str = include_str!("../tests/certificates/elliptic.pem");

    #[test]
    fn a_certificate_is_read_with_its_times_and_key() {
        let leaf = one(LEAF).expect("a certificate");
        assert_eq!(leaf.not_before, 1_735_689_600);
        assert_eq!(leaf.not_after, 2_366_841_600);
        assert_eq!(leaf.key.rsa_bits(), Some(2048));
        let elliptic = one(ELLIPTIC).expect("a certificate");
        assert!(elliptic.is_signed_by(&elliptic));
        // Past 2049 the time is written with four digits.
        assert_eq!(elliptic.not_after, 2_840_140_800);
    }

    #[test]
    fn a_chain_begins_with_the_signer_and_goes_on_in_order() {
        let leaf = one(LEAF).expect("a certificate");
        let chain = all(CHAIN).expect("certificates");
        assert_eq!(broken_link(&leaf, &chain), None);
        let reversed: Vec<_> = chain.iter().rev().cloned().collect();
        assert_eq!(broken_link(&leaf, &reversed), Some(-1));
        let stranger = one(ELLIPTIC).expect("a certificate");
        let longer: Vec<_> = chain.iter().cloned().chain([stranger]).collect();
        assert_eq!(broken_link(&leaf, &longer), Some(1));
    }

    #[test]
    fn no_altered_certificate_breaks_the_reader_or_keeps_its_signature() {
        let issuer = all(CHAIN).expect("certificates").swap_remove(0);
        let good = one(LEAF).expect("a certificate").der;
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x41;
            let kept = of_der(&bad).is_some_and(|read| read.is_signed_by(&issuer));
            assert!(!kept, "{at}");
            assert!(of_der(&good[..at]).is_none(), "{at}");
        }
    }
}
