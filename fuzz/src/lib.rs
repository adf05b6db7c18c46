//! What the fuzz targets share: a message as text, and values compared by what they hold.
//!
//! A message's first line is `METHOD target`; header lines follow, then an empty line and the body.
//! Nothing gets through here that a server would not let through.

use api::Structure;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

/// A request as hyper would hand it over.
pub struct Message<'a> {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// None where no server would let it through.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (mut line, mut rest) = line(bytes);
        let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let method = Method::from_bytes(words.next()?).ok()?;
        let uri = Uri::try_from(words.next()?).ok().filter(|uri| uri.path().starts_with('/'))?;
        let mut headers = HeaderMap::new();
        loop {
            (line, rest) = self::line(rest);
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
            let (name, value) = line.split_at(colon);
            let name = HeaderName::from_bytes(name).ok()?;
            headers.append(name, HeaderValue::from_bytes(value[1..].trim_ascii()).ok()?);
        }
        Some(Self { method, uri, headers, body: rest })
    }

    pub fn fields(&self) -> Vec<(&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
    }
}

/// A line without its end, and what follows.
pub fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let line = &bytes[..end];
    (line.strip_suffix(b"\r").unwrap_or(line), bytes.get(end + 1..).unwrap_or_default())
}

/// All that a structure holds, as text.
pub fn shown(structure: &dyn Structure) -> String {
    wire::json::write_input(structure)
}
