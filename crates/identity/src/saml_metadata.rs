//! The metadata of a SAML identity provider, as far as a provider entity needs it.
//!
//! Pure. It must be well-formed XML without a DTD that describes one identity provider of SAML 2.0
//! with a signing certificate. Deliberately absent: signatures of the document itself.
//! SAML V2.0 Metadata 2.3 and 2.4: <https://docs.oasis-open.org/security/saml/v2.0/>

use api::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use crate::certificate;

const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const DEPTH_MAX: usize = 64;
/// Of one element. Reading them takes the square of their number.
const ATTRIBUTES_MAX: usize = 100;

/// What stands in a document that was found good.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Metadata {
    pub entity_id: String,
    /// Seconds.
    pub valid_until: Option<i64>,
    /// DER.
    pub signing_certificates: Vec<Vec<u8>>,
    /// Where users sign in.
    pub sign_on: Vec<String>,
}

/// Reads a document; None where it is no good.
#[must_use]
pub fn read(text: &str) -> Option<Metadata> {
    let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut found = Walk::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => found.open(&reader, &start)?,
            Event::Empty(start) => {
                found.open(&reader, &start)?;
                found.close()?;
            }
            Event::End(_) => found.close()?,
            Event::Text(text) => found.text(&text.xml10_content())?,
            Event::CData(text) => found.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => found.reference(&reference)?,
            Event::Decl(_) | Event::Comment(_) => {}
            Event::PI(_) | Event::DocType(_) => return None,
            Event::Eof => return found.finish(),
        }
    }
}

/// Of the elements that count; all others are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    EntityDescriptor,
    IdpSsoDescriptor,
    KeyDescriptor { signs: bool },
    SingleSignOnService,
    X509Certificate,
    Other,
}

#[derive(Default)]
struct Walk {
    open: Vec<Name>,
    found: Metadata,
    describes_provider: bool,
    /// The certificate that is being read, in base64.
    certificate: String,
    is_done: bool,
}

impl Walk {
    fn open(&mut self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Option<()> {
        let attributes = start.attributes().with_checks(false).take(ATTRIBUTES_MAX + 1).count();
        if self.open.len() == DEPTH_MAX || attributes > ATTRIBUTES_MAX || self.is_done {
            return None;
        }
        let (space, local) = reader.resolver().resolve_element(start.name());
        let name = match (space, local.as_ref()) {
            (ResolveResult::Unknown(_), _) => return None,
            (ResolveResult::Bound(Namespace(METADATA)), local) => match local {
                "EntityDescriptor" => Name::EntityDescriptor,
                "IDPSSODescriptor" => Name::IdpSsoDescriptor,
                "SingleSignOnService" => Name::SingleSignOnService,
                "KeyDescriptor" => {
                    Name::KeyDescriptor { signs: attribute(start, "use")?.is_none_or(signs) }
                }
                _ => Name::Other,
            },
            (ResolveResult::Bound(Namespace(SIGNATURE)), "X509Certificate") => {
                Name::X509Certificate
            }
            _ => Name::Other,
        };
        // Every attribute is read, so that a broken one is found.
        for attribute in start.attributes() {
            attribute.ok()?.normalized_value(XmlVersion::Implicit1_0).ok()?;
        }
        self.open.push(name);
        match self.open.as_slice() {
            [Name::EntityDescriptor] => self.entity(start)?,
            [_] => return None,
            [_, Name::IdpSsoDescriptor] => {
                let protocols = attribute(start, "protocolSupportEnumeration")??;
                self.describes_provider |=
                    protocols.split_ascii_whitespace().any(|known| known == PROTOCOL);
            }
            [_, Name::IdpSsoDescriptor, Name::SingleSignOnService] => {
                self.found.sign_on.push(attribute(start, "Location")??);
            }
            _ => {}
        }
        Some(())
    }

    fn entity(&mut self, start: &BytesStart<'_>) -> Option<()> {
        self.found.entity_id = attribute(start, "entityID")?.filter(|id| !id.is_empty())?;
        self.found.valid_until = match attribute(start, "validUntil")? {
            Some(text) => Some(Timestamp::parse(&text)?.as_seconds()),
            None => None,
        };
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        if self.is_signing_certificate() {
            let text: String = self.certificate.split_ascii_whitespace().collect();
            let der = STANDARD.decode(text).ok()?;
            certificate::of_der(&der)?;
            self.found.signing_certificates.push(der);
            self.certificate.clear();
        }
        self.open.pop()?;
        self.is_done = self.open.is_empty();
        Some(())
    }

    fn text(&mut self, text: &str) -> Option<()> {
        if self.open.is_empty() {
            return text.trim().is_empty().then_some(());
        }
        if self.is_signing_certificate() {
            self.certificate.push_str(text);
        }
        Some(())
    }

    fn reference(&self, reference: &BytesRef<'_>) -> Option<()> {
        let is_known = matches!(&**reference, "lt" | "gt" | "amp" | "quot" | "apos")
            || reference.resolve_char_ref().ok()?.is_some();
        (is_known && !self.open.is_empty() && !self.is_signing_certificate()).then_some(())
    }

    fn is_signing_certificate(&self) -> bool {
        matches!(
            self.open.as_slice(),
            [
                _,
                Name::IdpSsoDescriptor,
                Name::KeyDescriptor { signs: true },
                ..,
                Name::X509Certificate
            ]
        )
    }

    fn finish(self) -> Option<Metadata> {
        let is_whole = self.is_done
            && self.describes_provider
            && !self.found.signing_certificates.is_empty()
            && !self.found.sign_on.is_empty();
        is_whole.then_some(self.found)
    }
}

fn signs(purpose: String) -> bool {
    purpose == "signing"
}

/// Some(None) where there is none; None where the element is broken.
fn attribute(start: &BytesStart<'_>, name: &str) -> Option<Option<String>> {
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let key: &str = attribute.key.as_ref();
        if key == name {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            return Some(Some(value.into_owned()));
        }
    }
    Some(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../tests/certificates/saml-metadata.xml");

    #[test]
    fn a_provider_is_read_with_its_certificates() {
        let found = read(GOOD).expect("metadata");
        assert_eq!(found.entity_id, "https://idp.example.com/metadata");
        assert_eq!(found.valid_until, None);
        assert_eq!(found.signing_certificates.len(), 1);
        assert_eq!(found.sign_on, ["https://idp.example.com/sso"]);
        let until = GOOD.replace("entityID=", "validUntil=\"2030-01-01T00:00:00Z\" entityID=");
        assert_eq!(read(&until).and_then(|found| found.valid_until), Some(1_893_456_000));
    }

    #[test]
    fn documents_that_are_deep_or_crowded_are_refused() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        let crowd: String = (0..100_000).map(|at| format!(" a{at}=\"\"")).collect();
        for inner in [deep, format!("<a{crowd}/>"), "<a>".repeat(1000)] {
            let bad =
                GOOD.replace("</md:IDPSSODescriptor>", &format!("{inner}</md:IDPSSODescriptor>"));
            assert_eq!(read(&bad), None);
        }
    }

    #[test]
    fn what_describes_no_identity_provider_is_no_metadata() {
        for (from, to) in [
            ("entityID=\"https://idp.example.com/metadata\"", ""),
            ("IDPSSODescriptor", "SPSSODescriptor"),
            ("SAML:2.0:protocol", "SAML:1.1:protocol"),
            ("SAML:2.0:metadata\"", "SAML:1.0:metadata\""),
            ("use=\"signing\"", "use=\"encryption\""),
            ("SingleSignOnService", "SingleLogoutService"),
            ("</md:EntityDescriptor>", ""),
            ("</md:EntityDescriptor>", "</md:EntityDescriptor><more/>"),
            ("<md:EntityDescriptor", "<!DOCTYPE x [<!ENTITY e \"e\">]><md:EntityDescriptor"),
            ("xmlns:ds=", "xmlns:other="),
            ("<ds:X509Certificate>", "<ds:X509Certificate>AAAA"),
            ("<ds:X509Certificate>", "<ds:X509Certificate>&lt;"),
            ("Location=", "Location=\"x\" Location="),
        ] {
            let bad = GOOD.replace(from, to);
            assert_ne!(bad, GOOD, "{from}");
            assert_eq!(read(&bad), None, "{from} -> {to}");
        }
        assert_eq!(read(""), None);
    }
}
