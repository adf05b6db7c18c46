//! Values as elements, by their shapes.

use std::fmt::Write as _;

use api::{Kind, Location, Member, Shape, Structure, Value, View};

use crate::scalar::{self, Times};

/// Writes the members of `structure` that stand in the document.
pub fn members(out: &mut String, structure: &dyn Structure, times: Times) {
    for (index, member) in structure.shape().members().iter().enumerate() {
        if member.location == Location::Body
            && !member.attribute
            && let Some(view) = structure.member(index).and_then(Value::view)
        {
            element(out, member, view, times);
        }
    }
}

fn element(out: &mut String, member: &Member, view: View<'_>, times: Times) {
    match (view, &member.shape.kind) {
        (View::List(list), Kind::List { element, flattened }) if member.flattened || *flattened => {
            for item in (0..list.len()).filter_map(|index| list.get(index)) {
                let inside = open(out, member.wire, member, item);
                value(out, item, element.shape, times);
                close(out, member.wire, inside);
            }
        }
        (View::Map(map), Kind::Map { key, value, flattened }) if member.flattened || *flattened => {
            for (name, item) in map.entries() {
                entry(out, member.wire, (key, name), (value, item), times);
            }
        }
        _ => {
            let inside = open(out, member.wire, member, view);
            value(out, view, member.shape, times);
            close(out, member.wire, inside);
        }
    }
}

/// Writes what stands inside the element of a value.
pub fn value(out: &mut String, view: View<'_>, shape: &Shape, times: Times) {
    match (view, &shape.kind) {
        (View::Structure(inner), _) => members(out, inner, times),
        (View::List(list), Kind::List { element, .. }) => {
            for item in (0..list.len()).filter_map(|index| list.get(index)) {
                let inside = open(out, element.wire, element, item);
                value(out, item, element.shape, times);
                close(out, element.wire, inside);
            }
        }
        (View::Map(map), Kind::Map { key, value, .. }) => {
            for (name, item) in map.entries() {
                entry(out, "entry", (key, name), (value, item), times);
            }
        }
        _ => {
            if let Some(text) = scalar::text(view, shape, times) {
                escape(out, &text);
            }
        }
    }
}

fn entry(
    out: &mut String,
    name: &str,
    (key, key_text): (&Member, &str),
    (value_member, item): (&Member, View<'_>),
    times: Times,
) {
    let _ = write!(out, "<{name}><{}>", key.wire);
    escape(out, key_text);
    let _ = write!(out, "</{}><{}>", key.wire, value_member.wire);
    value(out, item, value_member.shape, times);
    let _ = write!(out, "</{}></{name}>", value_member.wire);
}

/// The start tag, with the namespace and the attributes of what stands in it; gives where the
/// inside begins.
fn open(out: &mut String, name: &str, member: &Member, view: View<'_>) -> usize {
    out.push('<');
    out.push_str(name);
    if let Some((prefix, uri)) = member.namespace {
        let colon = if prefix.is_empty() { "" } else { ":" };
        let _ = write!(out, " xmlns{colon}{prefix}=\"{uri}\"");
    }
    if let View::Structure(inner) = view {
        attributes(out, inner);
    }
    out.push('>');
    out.len()
}

fn attributes(out: &mut String, structure: &dyn Structure) {
    for (index, member) in structure.shape().members().iter().enumerate() {
        if member.attribute
            && let Some(View::String(text)) = structure.member(index).and_then(Value::view)
        {
            let _ = write!(out, " {}=\"", member.wire);
            escape(out, text);
            out.push('"');
        }
    }
}

/// The end tag; `<Users/>` where nothing was written since the start tag.
pub fn close(out: &mut String, name: &str, inside: usize) {
    if out.len() == inside && out.ends_with('>') {
        out.pop();
        out.push_str("/>");
        return;
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Appends text so that any parser gives it back: markup escaped, and the characters that line-end
/// rules would change.
pub fn escape(out: &mut String, text: &str) {
    let plain =
        |c: char| !matches!(c, '&' | '<' | '>' | '"') && (c >= ' ' || c == '\n' || c == '\t');
    // Each byte is looked at, and none ends the loop: so the compiler takes many at once. What is
    // not ASCII is plain, and so are its bytes.
    if text.bytes().fold(true, |all, byte| all & plain(char::from(byte))) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if plain(c) => out.push(c),
            c => {
                let _ = write!(out, "&#x{:x};", u32::from(c));
            }
        }
    }
}
