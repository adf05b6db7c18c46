//! Text to value: JSON when the body begins with `{`, YAML otherwise.

use super::{Error, Value, json, yaml};

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
