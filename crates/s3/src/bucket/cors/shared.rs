//! Which rule of a bucket lets a page of another origin in, and what it tells the browser.
//!
//! The first rule that fits origin, method and headers counts. Sentences, their spelling included,
//! are AWS's as recorded. AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html#cors-evaluation>

use api::ErrorShape;
use gateway::{CrossOriginRequest, Error, Shared};
use store::Tx;

use crate::record::{CORS, Cors, CorsRule, NAMES};

const METHOD: &str = "access-control-request-method";
const HEADERS: &str = "access-control-request-headers";
/// What a page may ask for.
const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// The headers that the bucket's rules give, or a preflight's refusal.
///
/// # Errors
/// BadRequest, AccessForbidden.
pub fn shared(tx: &Tx, request: &CrossOriginRequest<'_>) -> Result<Shared, Error> {
    let facts = request.facts;
    let Some(origin) = facts.header("origin") else {
        return Err(bad_request("Insufficient information. Origin request header needed."));
    };
    let method = facts.header(METHOD).unwrap_or(facts.method.as_str());
    let named = request.bucket.map_or(Ok(None), |name| NAMES.get(tx, name))?;
    let Some(named) = named else {
        return Err(forbidden("Bucket not found", method, "BUCKET"));
    };
    let Some(Cors { rules }) = CORS.get(tx, named.id)? else {
        return Err(forbidden("CORS is not enabled for this bucket.", method, "BUCKET"));
    };
    // After the rules were found: without any, a method that goes unsaid is not missed, as recorded.
    if facts.method.as_str() == "OPTIONS" && !METHODS.contains(&method) {
        let said = facts.header(METHOD).unwrap_or("null");
        return Err(bad_request(&format!("Invalid Access-Control-Request-Method: {said}")));
    }
    let headers = facts.header(HEADERS).unwrap_or_default();
    let headers = headers.split(',').map(|name| name.trim().to_ascii_lowercase());
    let headers: Vec<_> = headers.filter(|name| !name.is_empty()).collect();
    let fitting = rules.iter().find_map(|rule| {
        let pattern = rule.allowed_origins.iter().find(|pattern| fits(pattern, origin))?;
        let method = rule.allowed_methods.iter().any(|allowed| allowed == method);
        let headers = headers.iter().all(|name| allows_header(rule, name));
        (method && headers).then_some((rule, pattern))
    });
    match fitting {
        Some((rule, pattern)) => Ok(told(rule, pattern, origin, &headers)),
        None => {
            let message = "This CORS request is not allowed. This is usually because the evalution \
                           of Origin, request method / Access-Control-Request-Method or \
                           Access-Control-Request-Headers are not whitelisted by the resource's \
                           CORS spec.";
            let kind = if request.key.is_some() { "OBJECT" } else { "BUCKET" };
            Err(forbidden(message, method, kind))
        }
    }
}

fn told(rule: &CorsRule, pattern: &str, origin: &str, headers: &[String]) -> Shared {
    let anybody = pattern == "*";
    let allowed = if anybody { "*" } else { origin };
    let mut told = vec![
        ("access-control-allow-origin", allowed.to_owned()),
        ("access-control-allow-methods", rule.allowed_methods.join(", ")),
        ("vary", VARY.to_owned()),
    ];
    if !headers.is_empty() {
        told.push(("access-control-allow-headers", headers.join(", ")));
    }
    if !rule.expose_headers.is_empty() {
        told.push(("access-control-expose-headers", rule.expose_headers.join(", ")));
    }
    if let Some(seconds) = rule.max_age_seconds {
        told.push(("access-control-max-age", seconds.to_string()));
    }
    if !anybody {
        told.push(("access-control-allow-credentials", "true".to_owned()));
    }
    told
}

fn allows_header(rule: &CorsRule, name: &str) -> bool {
    rule.allowed_headers.iter().any(|pattern| fits(&pattern.to_ascii_lowercase(), name))
}

/// A pattern with at most one wildcard.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| rest.ends_with(tail)),
    }
}

fn bad_request(message: &str) -> Error {
    let shape = ErrorShape { code: "BadRequest", status: 400 };
    Error::new(shape, message).with_header("connection", "close")
}

fn forbidden(message: &str, method: &str, kind: &str) -> Error {
    let shape = ErrorShape { code: "AccessForbidden", status: 403 };
    Error::new(shape, format!("CORSResponse: {message}"))
        .with("Method", method)
        .with("ResourceType", kind)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_wildcard_stands_for_anything_between_head_and_tail() {
        let cases = [
            ("*", "http://a", true),
            ("http://*.origin.com", "http://test.origin.com", true),
            ("http://*.origin.com", "http://test.origin.com/", false),
            ("http://*.origin.com", "http://.origin.com", true),
            ("ab*ba", "aba", false),
            ("https://a", "https://A", false),
            ("", "", true),
            ("", "null", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
