//! Text to value: JSON when the body begins with `{`, YAML otherwise.

use super::{Error, Value, json, yaml};

/// The largest body that travels in a request, in bytes.
pub const MAX_BODY: usize = 51_200;
/// The largest body that a TemplateURL may name, in bytes.
pub const MAX_BODY_BY_URL: usize = 1_048_576;
/// How deep maps and lists may nest. AWS publishes no figure; this one bounds every recursion here.
pub const MAX_DEPTH: usize = 100;

/// Reads a template's body. Duplicate keys are accepted and the last one counts, as on AWS.
///
/// # Errors
/// `Template format error: JSON not well-formed. …`, `… YAML not well-formed. …`,
/// `… unsupported structure.` and the refusal of YAML aliases.
pub fn parse(body: &str) -> Result<Value, Error> {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    if body.trim_start().starts_with('{') { json::parse(body) } else { yaml::parse(body) }
}
