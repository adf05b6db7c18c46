//! A request as text, for tests.

use sigv4::{Headers, Request};

#[derive(Clone, Debug)]
pub struct Wire {
    pub method: String,
    pub path: String,
    pub query: String,
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Wire {
    pub fn new(method: &str, path: &str, query: &str, fields: &[(&str, &str)]) -> Self {
        let field = |(name, value): &(&str, &str)| (name.to_string(), value.as_bytes().to_vec());
        Self {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            fields: fields.iter().map(field).collect(),
            body: Vec::new(),
        }
    }

    pub fn parse(text: &[u8]) -> Self {
        let text = std::str::from_utf8(text).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let (method, rest) = lines.next().unwrap().split_once(' ').unwrap();
        let target = rest.strip_suffix(" HTTP/1.1").unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut wire = Self::new(method, path, query, &[]);
        wire.body = body.into();
        for line in lines {
            match line.split_once(':') {
                Some((name, value)) if !line.starts_with(' ') => {
                    wire.fields.push((name.to_ascii_lowercase(), value.into()));
                }
                _ => wire.fields.last_mut().unwrap().1.extend_from_slice(line.as_bytes()),
            }
        }
        wire
    }

    pub fn headers(&self) -> Headers<'_> {
        Headers::new(self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())))
    }

    pub fn request<'a>(&'a self, headers: &'a Headers<'a>) -> Request<'a> {
        Request { method: &self.method, path: &self.path, query: &self.query, headers }
    }

    /// What a client had before it signed.
    pub fn unsigned(&self, signed_headers: &str, is_s3: bool) -> Self {
        let mut wire = self.clone();
        let added = |name: &str| {
            matches!(name, "authorization" | "x-amz-date" | "x-amz-security-token")
                || is_s3 && name == "x-amz-content-sha256"
        };
        wire.fields.retain(|(name, _)| {
            signed_headers.split(';').any(|signed| signed == name) && !added(name)
        });
        let kept = self.query.split('&').filter(|pair| !pair.starts_with("X-Amz-"));
        wire.query = kept.collect::<Vec<_>>().join("&");
        wire
    }
}
