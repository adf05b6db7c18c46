//! Percent escapes of queries and forms.

use std::fmt::Write as _;

/// Appends `text` as a form's or query's name or value (RFC 3986: all but unreserved characters
/// escaped).
pub fn push_escaped(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}
