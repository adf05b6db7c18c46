//! A strict JSON reader that keeps what policies need and general readers drop: where each value
//! stands, and that no object says the same name twice.
//!
//! It is not a general JSON library: numbers stay text, nothing is written, and a document nested
//! deeper than [`MAX_DEPTH`] is refused. RFC 8259 is the grammar.

/// Far above any real policy, far below any stack.
const MAX_DEPTH: usize = 64;

/// A value and the bytes of the document it stands on (`start..end`).
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub value: Value,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// Reads a whole document; `None` for anything that is not JSON or repeats a name in an object.
///
/// A repeated name is refused because readers disagree on which value counts: a reviewer could see
/// one policy while another is enforced.
pub(crate) fn parse(text: &str) -> Option<Node> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.space();
    (reader.at == text.len()).then_some(node)
}

/// The line, counted from 1, of a byte of `text`.
pub(crate) fn line(text: &str, offset: usize) -> u32 {
    let newlines = text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    u32::try_from(newlines).unwrap_or(u32::MAX).saturating_add(1)
}

/// Line and column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

/// The place of a byte of `text`; columns count characters.
pub(crate) fn place(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let on_its_line = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let column = u32::try_from(on_its_line).unwrap_or(u32::MAX).saturating_add(1);
    Place { line: line(text, offset), column }
}

/// Writes `text` as a JSON string, quotes included.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if u32::from(c) < 0x20 => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        let start = self.at;
        let value = match self.peek()? {
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b'"' => Value::String(self.string()?),
            b't' => self.word("true", Value::Bool(true))?,
            b'f' => self.word("false", Value::Bool(false))?,
            b'n' => self.word("null", Value::Null)?,
            _ => self.number()?,
        };
        Some(Node { value, start, end: self.at })
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        let rest = self.text.get(self.at..)?;
        rest.starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.eat(b'{')?;
        let mut members: Vec<(String, Node)> = Vec::new();
        self.space();
        if self.eat(b'}').is_some() {
            return Some(Value::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            self.eat(b':')?;
            let node = self.value(depth + 1)?;
            members.push((name, node));
            self.space();
            if self.eat(b'}').is_some() {
                break;
            }
            self.eat(b',')?;
        }
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let repeated = names.iter().zip(names.iter().skip(1)).any(|(one, next)| one == next);
        (!repeated).then_some(Value::Object(members))
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        self.eat(b'[')?;
        let mut nodes = Vec::new();
        self.space();
        if self.eat(b']').is_some() {
            return Some(Value::Array(nodes));
        }
        loop {
            nodes.push(self.value(depth + 1)?);
            self.space();
            if self.eat(b']').is_some() {
                return Some(Value::Array(nodes));
            }
            self.eat(b',')?;
        }
    }

    fn string(&mut self) -> Option<String> {
        self.eat(b'"')?;
        let mut out = String::new();
        loop {
            let c = self.text.get(self.at..)?.chars().next()?;
            self.at += c.len_utf8();
            match c {
                '"' => return Some(out),
                '\\' => out.push(self.escape()?),
                c if u32::from(c) < 0x20 => return None,
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return None,
        })
    }

    fn unicode(&mut self) -> Option<char> {
        let high = self.hex()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        self.eat(b'\\')?;
        self.eat(b'u')?;
        let low = self.hex()?;
        if !(0xdc00..0xe000).contains(&low) {
            return None;
        }
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        let _ = self.eat(b'-');
        if self.eat(b'0').is_none() {
            self.digits()?;
        }
        if self.eat(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(Value::Number(self.text.get(start..self.at)?.to_owned()))
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_repeats_a_name_is_refused_even_when_one_is_escaped() {
        assert!(parse(r#"{"Effect":"Deny","Eff\u0065ct":"Allow"}"#).is_none());
        assert!(parse(r#"{"a":{"b":1},"c":{"b":1}}"#).is_some());
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = |n| "[".repeat(n) + &"]".repeat(n);
        assert!(parse(&deep(MAX_DEPTH)).is_some());
        assert!(parse(&deep(100_000)).is_none());
    }

    #[test]
    fn a_value_knows_where_it_stands() {
        let text = "{\n \"a\": [1,\n \"b\"]}";
        let Some(Node { value: Value::Object(members), .. }) = parse(text) else { panic!() };
        let node = &members[0].1;
        assert_eq!(text.get(node.start..node.end), Some("[1,\n \"b\"]"));
        assert_eq!(line(text, node.start), 2);
    }

    proptest::proptest! {
        #[test]
        fn it_accepts_what_serde_json_accepts(text in r#"[\[\]{}",:0-9a-e\\ u.\-+tfn]{0,24}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            // serde_json keeps the last of two equal names and refuses numbers out of range.
            if let Some(node) = parse(&text) {
                proptest::prop_assert!(theirs || text.contains(['e', '.']), "{node:?}");
            }
        }
    }
}
