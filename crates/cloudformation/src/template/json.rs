//! JSON to value, strictly RFC 8259. Written out here because a template needs three things that
//! serde_json does not give together: member order, the text of numbers, and AWS's idea of where
//! the fault is (the position after the offending character).

use std::str::Chars;

use super::parse::MAX_DEPTH;
use super::value::is_number;
use super::{Error, Map, Value};

pub(super) fn parse(body: &str) -> Result<Value, Error> {
    let mut reader = Reader { rest: body.chars(), line: 1, column: 1 };
    let value = reader.value(0)?;
    reader.space();
    match reader.next() {
        None => Ok(value),
        Some(_) => Err(reader.fault()),
    }
}

struct Reader<'a> {
    rest: Chars<'a>,
    line: usize,
    column: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return Err(Error::UnsupportedStructure);
        }
        self.space();
        match self.peek() {
            Some('{') => self.map(depth),
            Some('[') => self.list(depth),
            Some('"') => self.string().map(Value::String),
            Some('t') => self.word("true", Value::Bool(true)),
            Some('f') => self.word("false", Value::Bool(false)),
            Some('n') => self.word("null", Value::Null),
            Some('-' | '0'..='9') => self.number(),
            _ => Err(self.offence()),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Error> {
        self.next();
        let mut map = Map::new();
        self.space();
        if self.take('}') {
            return Ok(Value::Map(map));
        }
        loop {
            self.space();
            let key = self.string()?;
            self.space();
            self.demand(':')?;
            let value = self.value(depth.saturating_add(1))?;
            map.insert(key, value);
            self.space();
            if self.take('}') {
                return Ok(Value::Map(map));
            }
            self.demand(',')?;
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Error> {
        self.next();
        let mut list = Vec::new();
        self.space();
        if self.take(']') {
            return Ok(Value::List(list));
        }
        loop {
            list.push(self.value(depth.saturating_add(1))?);
            self.space();
            if self.take(']') {
                return Ok(Value::List(list));
            }
            self.demand(',')?;
        }
    }

    fn number(&mut self) -> Result<Value, Error> {
        let mut text = String::new();
        while let Some(c @ ('-' | '+' | '.' | 'e' | 'E' | '0'..='9')) = self.peek() {
            self.next();
            text.push(c);
        }
        if is_number(&text) { Ok(Value::Number(text)) } else { Err(self.fault()) }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Error> {
        for c in word.chars() {
            self.demand(c)?;
        }
        Ok(value)
    }

    fn string(&mut self) -> Result<String, Error> {
        self.demand('"')?;
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some(c) if c >= ' ' => text.push(c),
                _ => return Err(self.fault()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        match self.next() {
            Some(c @ ('"' | '\\' | '/')) => Ok(c),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => self.unicode(),
            _ => Err(self.fault()),
        }
    }

    fn unicode(&mut self) -> Result<char, Error> {
        let first = self.unit()?;
        if !(0xD800..=0xDFFF).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.fault());
        }
        self.demand('\\')?;
        self.demand('u')?;
        let units =
            [u16::try_from(first), u16::try_from(self.unit()?)].map(Result::unwrap_or_default);
        match char::decode_utf16(units).next() {
            Some(Ok(c)) => Ok(c),
            _ => Err(self.fault()),
        }
    }

    /// One UTF-16 code unit of four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, Error> {
        let mut unit = 0_u32;
        for _ in 0..4 {
            let digit = self.next().and_then(|c| c.to_digit(16)).ok_or_else(|| self.fault())?;
            unit = unit.wrapping_mul(16).wrapping_add(digit);
        }
        Ok(unit)
    }

    fn space(&mut self) {
        while let Some(' ' | '\t' | '\n' | '\r') = self.peek() {
            self.next();
        }
    }

    fn demand(&mut self, wanted: char) -> Result<(), Error> {
        if self.take(wanted) { Ok(()) } else { Err(self.offence()) }
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.next();
        }
        there
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c == '\n' {
            self.line = self.line.saturating_add(1);
            self.column = 1;
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(c)
    }

    /// The next character is wrong: AWS counts it as read.
    fn offence(&mut self) -> Error {
        self.next();
        self.fault()
    }

    fn fault(&self) -> Error {
        Error::JsonNotWellFormed { line: self.line, column: self.column }
    }
}
