//! From typed values to a document, in the model's order: moments as seconds since the epoch,
//! bytes in Base64.

use std::fmt::Write as _;

use api::{Json, Kind, Shape, Structure, Timestamp, TimestampFormat, Value, View};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The answer of success.
#[must_use]
pub fn write(output: &dyn Structure) -> String {
    let mut out = String::with_capacity(512);
    structure(&mut out, output);
    out
}

/// The document that a client sends.
#[must_use]
pub fn write_input(input: &dyn Structure) -> String {
    write(input)
}

/// The answer of refusal or failure; `fields` stand beside code and message. An empty message is
/// left out.
#[must_use]
pub fn error(json: Json, code: &str, message: &str, fields: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(256);
    out.push_str("{\"__type\":");
    text(&mut out, code);
    // The denial is the gate's on AWS and spelled its way, whatever the service behind it does.
    let name = if code == "AccessDeniedException" { "Message" } else { json.message };
    let message = (!message.is_empty()).then_some((name, message));
    let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in message.into_iter().chain(fields) {
        out.push(',');
        text(&mut out, name);
        out.push(':');
        text(&mut out, value);
    }
    out.push('}');
    out
}

fn structure(out: &mut String, structure: &dyn Structure) {
    out.push('{');
    let mut is_first = true;
    for (index, member) in structure.shape().members().iter().enumerate() {
        if let Some(view) = structure.member(index).and_then(Value::view) {
            separate(out, &mut is_first);
            text(out, member.wire);
            out.push(':');
            value(out, view, member.shape);
        }
    }
    out.push('}');
}

fn value(out: &mut String, view: View<'_>, shape: &Shape) {
    match (view, &shape.kind) {
        (View::String(string), _) => text(out, string),
        (View::Integer(number), _) => {
            let _ = write!(out, "{number}");
        }
        // Neither infinity nor NaN has a form in JSON, and no input can bring one in.
        (View::Double(number), _) if !number.is_finite() => out.push_str("null"),
        (View::Double(number), _) => {
            let _ = write!(out, "{number}");
        }
        (View::Boolean(truth), _) => out.push_str(if truth { "true" } else { "false" }),
        (View::Timestamp(moment), kind) => timestamp(out, moment, kind),
        (View::Blob(bytes), _) => text(out, &STANDARD.encode(bytes)),
        (View::Structure(inner), _) => structure(out, inner),
        (View::List(list), Kind::List { element, .. }) => {
            out.push('[');
            let mut is_first = true;
            for item in (0..list.len()).filter_map(|index| list.get(index)) {
                separate(out, &mut is_first);
                value(out, item, element.shape);
            }
            out.push(']');
        }
        (View::Map(map), Kind::Map { value: inner, .. }) => {
            out.push('{');
            let mut is_first = true;
            for (key, item) in map.entries() {
                separate(out, &mut is_first);
                text(out, key);
                out.push(':');
                value(out, item, inner.shape);
            }
            out.push('}');
        }
        (View::List(_) | View::Map(_), _) => out.push_str("null"),
    }
}

/// `1769903999.25`: AWS writes milliseconds where there are some.
fn timestamp(out: &mut String, moment: Timestamp, kind: &Kind) {
    let (seconds, millis) = (moment.as_seconds(), moment.as_millis().rem_euclid(1000));
    match kind {
        Kind::Timestamp(Some(TimestampFormat::Iso8601)) => text(out, &moment.iso8601_millis()),
        Kind::Timestamp(Some(TimestampFormat::Rfc822)) => text(out, &moment.http_date()),
        _ if millis == 0 => {
            let _ = write!(out, "{seconds}");
        }
        // Before 1970 the fraction runs the other way.
        _ if seconds < 0 => {
            let _ = write!(out, "{}", moment.as_millis() as f64 / 1000.0);
        }
        _ => {
            let _ = write!(out, "{seconds}.{millis:03}");
        }
    }
}

fn separate(out: &mut String, is_first: &mut bool) {
    if !std::mem::take(is_first) {
        out.push(',');
    }
}

/// A string in quotes.
fn text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
