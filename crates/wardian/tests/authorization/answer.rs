//! Answers as a client sees them.

use std::fmt;

use gateway::Body;
use http::{HeaderMap, Response};
use http_body_util::BodyExt as _;

/// An answer, read whole.
pub struct Answer {
    pub status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    pub async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole answer").to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The error's code, as most services call it; None where the answer is none or, to HEAD, says
    /// none.
    pub fn code(&self) -> Option<String> {
        if self.is_success() {
            return None;
        }
        let code = self.element("Code").or_else(|| self.member("__type"))?;
        let known = match code.as_str() {
            "AccessDeniedException" | "AuthorizationError" => "AccessDenied",
            "ExpiredTokenException" => "ExpiredToken",
            "InvalidSignatureException" => "SignatureDoesNotMatch",
            "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
            other => other,
        };
        Some(known.to_owned())
    }

    /// The action that the caller was denied, here or (DeleteObjects) for one of several things
    /// asked.
    pub fn denied(&self) -> Option<String> {
        if !self.is_denial() {
            return None;
        }
        let (_, rest) = self.text.split_once("is not authorized to perform: ")?;
        Some(rest.split([' ', '<', '"']).next().unwrap_or_default().to_owned())
    }

    /// The ARN of what the caller was denied; None where the denial has words for it, or nothing.
    pub fn denied_resource(&self) -> Option<String> {
        let (_, rest) = self.text.split_once(" on resource: ")?;
        let resource = rest.trim_start_matches("&quot;").split([' ', '<', '&']).next()?;
        resource.starts_with("arn:").then(|| resource.to_owned())
    }

    /// The answer is a denial, whether or not it has room to say so.
    pub fn is_denial(&self) -> bool {
        match self.code() {
            Some(code) => code == "AccessDenied",
            None => self.status == 403 || self.text.contains("<Code>AccessDenied</Code>"),
        }
    }

    pub fn says(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    pub fn is_bare(&self) -> bool {
        self.text.is_empty()
    }

    /// The text of the first element, else of the header, else of the member, of that name.
    pub fn value(&self, name: &str) -> Option<String> {
        let header = || self.headers.get(name)?.to_str().ok().map(str::to_owned);
        self.element(name).or_else(header).or_else(|| self.anywhere(name))
    }

    /// The first text of that name in an answer in JSON, however deep.
    fn anywhere(&self, name: &str) -> Option<String> {
        fn find(value: &serde_json::Value, name: &str) -> Option<String> {
            let own = value.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
            own.or_else(|| match value {
                serde_json::Value::Array(values) => {
                    values.iter().find_map(|value| find(value, name))
                }
                serde_json::Value::Object(members) => {
                    members.values().find_map(|value| find(value, name))
                }
                _ => None,
            })
        }
        find(&serde_json::from_str(&self.text).ok()?, name)
    }

    /// A text of an answer in JSON.
    fn member(&self, name: &str) -> Option<String> {
        let answer: serde_json::Value = serde_json::from_str(&self.text).ok()?;
        answer.get(name)?.as_str().map(str::to_owned)
    }

    fn element(&self, name: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!("<{name}>"))?;
        let (text, _) = rest.split_once(&format!("</{name}>"))?;
        Some(text.replace("&quot;", "\"").replace("&amp;", "&"))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.text.chars().take(600).collect();
        write!(f, "{} {text}", self.status)
    }
}
