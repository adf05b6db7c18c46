//! The part of JSON Schema that provider schemas use, with CloudFormation's leniency about scalars
//! and the sentences of its validator. Values that break a rule are not repeated, they may be
//! secret.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::pattern::Pattern;
use crate::template::{Map, Value};

/// References may lead to references; a circle of them admits nothing beyond this depth.
const MAX_REFERENCES: usize = 32;

type Definitions = BTreeMap<String, Shape>;

/// A schema of a value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Shape {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    #[serde(rename = "type")]
    kinds: Kinds,
    properties: BTreeMap<String, Shape>,
    required: Vec<String>,
    additional_properties: Option<bool>,
    items: Option<Box<Shape>>,
    min_items: Option<usize>,
    max_items: Option<usize>,
    unique_items: bool,
    #[serde(rename = "enum")]
    values: Vec<String>,
    pattern: Option<Part>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    minimum: Option<f64>,
    maximum: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Kinds {
    One(Kind),
    Several(Vec<Kind>),
}

impl Default for Kinds {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Array,
    Boolean,
    Integer,
    Number,
    Object,
    String,
}

/// Matches somewhere in a text, as the schemas' own anchors say.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
struct Part(Pattern);

impl From<String> for Part {
    fn from(pattern: String) -> Self {
        Self(Pattern::part(&pattern))
    }
}

impl Shape {
    /// Whether a member of this name is declared.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.properties.contains_key(name)
    }

    /// Checks a declared member and answers it in its type.
    pub(super) fn member(
        &self,
        name: &str,
        value: &Value,
        definitions: &Definitions,
        path: &str,
        violations: &mut Vec<String>,
    ) -> Value {
        let path = format!("{path}/{name}");
        match self.properties.get(name) {
            Some(shape) => shape.check(value, definitions, &path, violations),
            None => value.clone(),
        }
    }

    /// The sentences about required members that are not there.
    pub(super) fn missing(&self, map: &Map, path: &str) -> Vec<String> {
        let missing = self.required.iter().filter(|name| !map.contains_key(*name));
        missing.map(|name| format!("{path}: required key [{name}] not found")).collect()
    }

    fn check(
        &self,
        value: &Value,
        definitions: &Definitions,
        path: &str,
        violations: &mut Vec<String>,
    ) -> Value {
        let Some(shape) = self.follow(definitions) else {
            return value.clone();
        };
        let Some(value) = shape.coerce(value) else {
            violations.push(shape.wrong_type(value, path));
            return Value::Null;
        };
        let broken = match &value {
            Value::String(text) => shape.broken_by_text(text),
            Value::Number(text) => shape.broken_by_number(text),
            Value::List(list) => shape.broken_by_list(list),
            Value::Map(_) | Value::Bool(_) | Value::Null => None,
        };
        violations.extend(
            broken.map(|word| format!("{path}: failed validation constraint for keyword [{word}]")),
        );
        match value {
            Value::List(list) => Value::List(shape.items_of(list, definitions, path, violations)),
            Value::Map(map) => Value::Map(shape.members_of(map, definitions, path, violations)),
            scalar => scalar,
        }
    }

    /// The shape that a chain of references ends in; nothing where a definition is missing.
    fn follow<'a>(&'a self, definitions: &'a Definitions) -> Option<&'a Self> {
        let mut shape = self;
        for _ in 0..MAX_REFERENCES {
            match &shape.reference {
                None => return Some(shape),
                Some(pointer) => {
                    shape = definitions.get(pointer.strip_prefix("#/definitions/")?)?;
                }
            }
        }
        None
    }

    /// The value in the first type it fits; nothing when it fits none.
    fn coerce(&self, value: &Value) -> Option<Value> {
        let kinds = self.kinds();
        if kinds.is_empty() || kinds.iter().any(|kind| kind.holds(value)) {
            return Some(value.clone());
        }
        let text = value.text()?;
        kinds.iter().find_map(|kind| kind.read(&text))
    }

    fn kinds(&self) -> &[Kind] {
        match &self.kinds {
            Kinds::One(kind) => std::slice::from_ref(kind),
            Kinds::Several(kinds) => kinds,
        }
    }

    fn wrong_type(&self, value: &Value, path: &str) -> String {
        let names: Vec<&str> = self.kinds().iter().map(|kind| kind.name()).collect();
        let found = match value {
            Value::Null => "Null",
            Value::Bool(_) => "Boolean",
            Value::Number(text) if text.parse::<i64>().is_ok() => "Integer",
            Value::Number(_) => "BigDecimal",
            Value::String(_) => "String",
            Value::List(_) => "JSONArray",
            Value::Map(_) => "JSONObject",
        };
        match names.as_slice() {
            [one] => format!("{path}: expected type: {one}, found: {found}"),
            several => {
                format!("{path}: expected type: one of {}, found: {found}", several.join(", "))
            }
        }
    }

    fn broken_by_text(&self, text: &str) -> Option<&'static str> {
        let length = text.chars().count();
        let matches = |Part(pattern): &Part| pattern.is_match(text);
        if self.min_length.is_some_and(|least| length < least) {
            Some("minLength")
        } else if self.max_length.is_some_and(|most| length > most) {
            Some("maxLength")
        } else if !self.pattern.as_ref().is_none_or(matches) {
            Some("pattern")
        } else if !self.values.is_empty() && !self.values.iter().any(|value| value == text) {
            Some("enum")
        } else {
            None
        }
    }

    fn broken_by_number(&self, text: &str) -> Option<&'static str> {
        let number: f64 = text.parse().ok()?;
        if self.minimum.is_some_and(|least| number < least) {
            Some("minimum")
        } else if self.maximum.is_some_and(|most| number > most) {
            Some("maximum")
        } else {
            None
        }
    }

    fn broken_by_list(&self, list: &[Value]) -> Option<&'static str> {
        let twice = || {
            let mut texts: Vec<String> = list.iter().map(Value::to_json_text).collect();
            texts.sort_unstable();
            texts.windows(2).any(|pair| pair.first() == pair.last())
        };
        if self.min_items.is_some_and(|least| list.len() < least) {
            Some("minItems")
        } else if self.max_items.is_some_and(|most| list.len() > most) {
            Some("maxItems")
        } else if self.unique_items && twice() {
            Some("uniqueItems")
        } else {
            None
        }
    }

    fn items_of(
        &self,
        list: Vec<Value>,
        definitions: &Definitions,
        path: &str,
        violations: &mut Vec<String>,
    ) -> Vec<Value> {
        let Some(shape) = &self.items else {
            return list;
        };
        list.iter()
            .enumerate()
            .map(|(at, item)| shape.check(item, definitions, &format!("{path}/{at}"), violations))
            .collect()
    }

    fn members_of(
        &self,
        map: Map,
        definitions: &Definitions,
        path: &str,
        violations: &mut Vec<String>,
    ) -> Map {
        violations.extend(self.missing(&map, path));
        let mut members = Map::with_capacity(map.len());
        for (name, value) in &map {
            if self.additional_properties == Some(false) && !self.declares(name) {
                violations.push(format!("{path}: extraneous key [{name}] is not permitted"));
            }
            let value = self.member(name, value, definitions, path, violations);
            members.insert(name.clone(), value);
        }
        members
    }
}

impl Kind {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Array => value.as_list().is_some(),
            Self::Boolean => matches!(value, Value::Bool(_)),
            Self::Integer => matches!(value, Value::Number(text) if text.parse::<i64>().is_ok()),
            Self::Number => matches!(value, Value::Number(_)),
            Self::Object => value.as_map().is_some(),
            Self::String => value.as_str().is_some(),
        }
    }

    /// A scalar of another type, read as this one.
    fn read(self, text: &str) -> Option<Value> {
        match self {
            Self::Boolean => match text {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => None,
            },
            Self::Integer => {
                text.parse::<i64>().ok().map(|number| Value::Number(number.to_string()))
            }
            Self::Number => {
                crate::template::value::is_number(text).then(|| Value::Number(text.to_owned()))
            }
            Self::String => Some(Value::string(text)),
            Self::Array | Self::Object => None,
        }
    }

    /// The validator's name of the type.
    fn name(self) -> &'static str {
        match self {
            Self::Array => "JSONArray",
            Self::Boolean => "Boolean",
            Self::Integer => "Integer",
            Self::Number => "Number",
            Self::Object => "JSONObject",
            Self::String => "String",
        }
    }
}
