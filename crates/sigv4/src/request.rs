//! The request as it came over the wire, borrowed; and the two ways AWS's services read it.
//!
//! Not here: parsing of anything. The path and the query are the raw text of the request line.

use crate::error::AuthError;

/// Which family of services reads the request: their canonical form, their rules and their errors
/// differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// IAM, STS, CloudFormation and Wardian's own service: the path is normalized and encoded
    /// twice, the body is hashed by the server.
    Query,
    /// S3: the path is taken as it is and encoded once, the client states the payload's hash.
    S3,
}

/// One request, as far as a signature covers it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The raw path as on the wire, escapes included.
    pub path: &'a str,
    /// The raw query without its `?`; empty when there is none.
    pub query: &'a str,
    /// All header fields.
    pub headers: &'a Headers<'a>,
}

/// The request's header fields in order of their lower-case names; equal names keep their order.
#[derive(Clone, Default)]
pub struct Headers<'a>(Vec<(&'a str, &'a [u8])>);

impl<'a> Headers<'a> {
    /// Takes fields whose names are in lower case already.
    pub fn new(fields: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut fields: Vec<_> = fields.into_iter().collect();
        fields.sort_by_key(|(name, _)| *name);
        Self(fields)
    }

    /// All fields, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + '_ {
        self.0.iter().copied()
    }

    /// The values of one field, in the order sent.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> + '_ {
        let start = self.0.partition_point(|(other, _)| *other < name);
        let rest = self.0.get(start..).unwrap_or_default();
        let end = rest.partition_point(|(other, _)| *other <= name);
        rest.iter().take(end).map(|(_, value)| *value)
    }

    /// The value of a field that may stand only once.
    ///
    /// # Errors
    /// [`AuthError::DuplicateHeader`] when it stands twice.
    pub fn one(&self, name: &'static str) -> Result<Option<&'a [u8]>, AuthError> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (first, None) => Ok(first),
            _ => Err(AuthError::DuplicateHeader { name }),
        }
    }
}

impl<'a> From<&'a http::HeaderMap> for Headers<'a> {
    fn from(map: &'a http::HeaderMap) -> Self {
        Self::new(map.iter().map(|(name, value)| (name.as_str(), value.as_bytes())))
    }
}

impl std::fmt::Debug for Headers<'_> {
    /// Names only: values can be session tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
