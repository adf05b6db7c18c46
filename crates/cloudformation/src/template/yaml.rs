//! YAML to value. Short tags (`!Ref`, `!GetAtt a.b`) become their long forms, plain scalars become
//! booleans, nulls and numbers by YAML 1.1 as far as CloudFormation follows it, and aliases are
//! refused as AWS refuses them, so that no alias bomb can be written. Timestamps, octal,
//! hexadecimal and sexagesimal numbers stay the strings they look like: `Version: 2012-10-17` is
//! one.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::parse::MAX_DEPTH;
use super::value::is_number;
use super::{Error, Map, Value};

/// The long form of each short tag. Those of language extensions are read too, so that the refusal
/// names the function and not the YAML.
const LONG_FORMS: [&str; 25] = [
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::ForEach",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
];
const CORE: &str = "tag:yaml.org,2002:";

pub(super) fn parse(body: &str) -> Result<Value, Error> {
    build(body, true)
}

/// The same where short tags are no YAML: in included content.
pub(super) fn parse_plain(body: &str) -> Result<Value, Error> {
    build(body, false)
}

fn build(body: &str, tags: bool) -> Result<Value, Error> {
    let mut builder = Builder { tags, open: Vec::new(), root: None };
    for event in Parser::new_from_str(body) {
        let (event, span) = event.map_err(|error| fault_at(error.marker()))?;
        builder.take(event, &span)?;
    }
    builder.root.ok_or(Error::UnsupportedStructure)
}

/// A stack of its own instead of recursion: depth is the client's choice until it is checked.
struct Builder {
    /// Short tags are read.
    tags: bool,
    open: Vec<Open>,
    root: Option<Value>,
}

struct Open {
    function: Option<&'static str>,
    content: Content,
}

enum Content {
    List(Vec<Value>),
    Map { map: Map, key: Option<String> },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Error> {
        match event {
            Event::Alias(_) => Err(Error::YamlAlias),
            Event::DocumentStart(_) if self.root.is_some() => Err(fault(span)),
            Event::SequenceStart(_, tag) => {
                self.begin(Content::List(Vec::new()), tag.as_deref(), "seq", span)
            }
            Event::MappingStart(_, tag) => {
                self.begin(Content::Map { map: Map::new(), key: None }, tag.as_deref(), "map", span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Scalar(text, style, _, tag) => self.scalar(&text, style, tag.as_deref(), span),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(
        &mut self,
        content: Content,
        tag: Option<&Tag>,
        core: &str,
        span: &Span,
    ) -> Result<(), Error> {
        if self.open.len() > MAX_DEPTH {
            return Err(Error::UnsupportedStructure);
        }
        let function = match tag {
            None => None,
            Some(tag) if tag.handle == CORE && tag.suffix == core => None,
            Some(tag) => Some(self.long_form(tag).ok_or_else(|| fault(span))?),
        };
        self.open.push(Open { function, content });
        Ok(())
    }

    fn end(&mut self, span: &Span) -> Result<(), Error> {
        let Some(Open { function, content }) = self.open.pop() else {
            return Err(fault(span));
        };
        let value = match content {
            Content::List(list) => Value::List(list),
            Content::Map { map, .. } => Value::Map(map),
        };
        match function {
            None => self.put(value, span),
            Some(name) => self.put(call(name, value), span),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: &Span,
    ) -> Result<(), Error> {
        if let Some(Open { content: Content::Map { key: key @ None, .. }, .. }) =
            self.open.last_mut()
        {
            if tag.is_some_and(|tag| tag.handle != CORE) {
                return Err(fault(span));
            }
            *key = Some(text.to_owned());
            return Ok(());
        }
        let value = match tag {
            None if style == ScalarStyle::Plain => plain(text),
            None => Value::string(text),
            Some(tag) if tag.handle == CORE => {
                core(&tag.suffix, text).ok_or_else(|| fault(span))?
            }
            Some(tag) => match self.long_form(tag).ok_or_else(|| fault(span))? {
                "Fn::GetAtt" => call("Fn::GetAtt", attribute(text)),
                name => call(name, Value::string(text)),
            },
        };
        self.put(value, span)
    }

    fn long_form(&self, tag: &Tag) -> Option<&'static str> {
        long_form(tag).filter(|_| self.tags)
    }

    fn put(&mut self, value: Value, span: &Span) -> Result<(), Error> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(value),
            Some(Content::List(list)) => list.push(value),
            Some(Content::Map { map, key }) => {
                let key = key.take().ok_or_else(|| fault(span))?;
                map.insert(key, value);
            }
        }
        Ok(())
    }
}

/// The long form's name of a short tag, if the tag is one.
fn long_form(tag: &Tag) -> Option<&'static str> {
    if tag.handle != "!" {
        return None;
    }
    match tag.suffix.as_str() {
        "Ref" => Some("Ref"),
        "Condition" => Some("Condition"),
        name => LONG_FORMS.into_iter().find(|long| long.strip_prefix("Fn::") == Some(name)),
    }
}

fn call(name: &str, argument: Value) -> Value {
    Value::Map(Map::from([(name.to_owned(), argument)]))
}

/// `!GetAtt A.B.C` is `[A, B.C]`; without a point it stays what it is, to be refused by its shape.
fn attribute(text: &str) -> Value {
    match text.split_once('.') {
        Some((resource, name)) => Value::List(vec![Value::string(resource), Value::string(name)]),
        None => Value::string(text),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => Value::string(text),
    }
}

fn core(kind: &str, text: &str) -> Option<Value> {
    match (kind, plain(text)) {
        ("str", _) => Some(Value::string(text)),
        ("int" | "float", number @ Value::Number(_)) => Some(number),
        ("bool", truth @ Value::Bool(_)) => Some(truth),
        ("null", Value::Null) => Some(Value::Null),
        _ => None,
    }
}

fn fault(span: &Span) -> Error {
    fault_at(&span.start)
}

fn fault_at(marker: &saphyr_parser::Marker) -> Error {
    Error::YamlNotWellFormed { line: marker.line(), column: marker.col().saturating_add(1) }
}
