//! The declaration of one parameter, and what it asks of a value.

use super::{MAX_VALUE, ParameterType, items};
use crate::pattern::Pattern;
use crate::template::{Error, Map, Value};

/// A member of the Parameters section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub parameter_type: ParameterType,
    pub default: Option<String>,
    pub allowed_values: Vec<String>,
    pub allowed_pattern: Option<Pattern>,
    pub constraint_description: Option<String>,
    pub description: Option<String>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    /// As written: it is compared as a number and shown as it stands.
    pub min_value: Option<String>,
    pub max_value: Option<String>,
    pub no_echo: bool,
}

impl Parameter {
    /// Reads a declaration.
    ///
    /// # Errors
    /// A member that is unknown or of the wrong kind; an unknown type.
    pub fn declare(name: &str, map: &Map) -> Result<Self, Error> {
        const MEMBERS: [&str; 11] = [
            "AllowedPattern",
            "AllowedValues",
            "ConstraintDescription",
            "Default",
            "Description",
            "MaxLength",
            "MaxValue",
            "MinLength",
            "MinValue",
            "NoEcho",
            "Type",
        ];
        if let Some(unknown) = map.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
            return Err(Error::UnknownMember { kind: "parameter", name: unknown.clone() });
        }
        let parameter_type = match map.get("Type").ok_or(Error::NoParameterType)? {
            Value::String(text) => {
                ParameterType::parse(text).ok_or_else(|| Error::ParameterType(text.clone()))?
            }
            _ => return Err(Error::MemberNotString("Type")),
        };
        let read = Members { name, map };
        Ok(Self {
            parameter_type,
            default: read.text("Default")?,
            allowed_values: read.allowed_values()?,
            allowed_pattern: read.pattern()?,
            constraint_description: read.text("ConstraintDescription")?,
            description: read.text("Description")?,
            min_length: read.parsed("MinLength")?,
            max_length: read.parsed("MaxLength")?,
            min_value: read.number("MinValue")?,
            max_value: read.number("MaxValue")?,
            no_echo: read.parsed("NoEcho")?.unwrap_or(false),
        })
    }

    /// Checks a value against the declaration. A ConstraintDescription takes the place of the
    /// sentence about a pattern, a length, a range or allowed values.
    pub(super) fn admit(&self, name: &str, text: &str) -> Result<(), Error> {
        if text.len() > MAX_VALUE {
            return Err(Error::TooManyCharacters { name: name.to_owned(), bound: MAX_VALUE });
        }
        self.admit_type(name, text)?;
        self.admit_constraints(name, text).map_err(|error| match &self.constraint_description {
            None => error,
            Some(description) => {
                Error::Constraint { name: name.to_owned(), description: description.clone() }
            }
        })
    }

    fn admit_type(&self, name: &str, text: &str) -> Result<(), Error> {
        let numbers = match self.parameter_type {
            ParameterType::Number => number(text).is_some(),
            ParameterType::NumberList => items(text).all(|item| number(item).is_some()),
            _ => true,
        };
        if numbers { Ok(()) } else { Err(Error::NotNumber(name.to_owned())) }
    }

    fn admit_constraints(&self, name: &str, text: &str) -> Result<(), Error> {
        let name = || name.to_owned();
        let whole = [text];
        let parts: Vec<&str> = match self.parameter_type.is_list() {
            true => items(text).collect(),
            false => whole.to_vec(),
        };
        let allowed = |part: &&str| self.allowed_values.iter().any(|value| value == part);
        if !self.allowed_values.is_empty() && !parts.iter().all(allowed) {
            return Err(Error::AllowedValues(name()));
        }
        let misses = |pattern: &&Pattern| !pattern.is_match(text);
        if let Some(pattern) = self.allowed_pattern.as_ref().filter(misses) {
            return Err(Error::Pattern { name: name(), pattern: pattern.as_str().to_owned() });
        }
        let length = text.chars().count();
        if let Some(bound) = self.min_length.filter(|bound| length < *bound) {
            return Err(Error::TooFewCharacters { name: name(), bound });
        }
        if let Some(bound) = self.max_length.filter(|bound| length > *bound) {
            return Err(Error::TooManyCharacters { name: name(), bound });
        }
        for value in parts.iter().filter_map(|part| number(part)) {
            if let Some(bound) = self.min_value.as_ref().filter(|bound| Some(value) < number(bound))
            {
                return Err(Error::TooSmall { name: name(), bound: bound.clone() });
            }
            let above = |bound: &&String| number(bound).is_some_and(|bound| value > bound);
            if let Some(bound) = self.max_value.as_ref().filter(above) {
                return Err(Error::TooBig { name: name(), bound: bound.clone() });
            }
        }
        Ok(())
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// The members of one declaration.
struct Members<'a> {
    name: &'a str,
    map: &'a Map,
}

impl Members<'_> {
    fn text(&self, member: &'static str) -> Result<Option<String>, Error> {
        match self.map.get(member) {
            None => Ok(None),
            Some(value) => match value.text() {
                Some(text) => Ok(Some(text.into_owned())),
                None => Err(Error::MemberNotString(member)),
            },
        }
    }

    fn parsed<T: std::str::FromStr>(&self, member: &'static str) -> Result<Option<T>, Error> {
        let text = self.text(member)?;
        text.map(|text| text.parse().map_err(|_| self.fault(member))).transpose()
    }

    fn number(&self, member: &'static str) -> Result<Option<String>, Error> {
        match self.text(member)? {
            Some(text) if number(&text).is_none() => Err(self.fault(member)),
            text => Ok(text),
        }
    }

    /// The pattern has to match the whole value.
    fn pattern(&self) -> Result<Option<Pattern>, Error> {
        let pattern = self.text("AllowedPattern")?.map(|text| Pattern::whole(&text));
        match pattern {
            Some(pattern) if !pattern.is_valid() => Err(self.fault("AllowedPattern")),
            pattern => Ok(pattern),
        }
    }

    fn allowed_values(&self) -> Result<Vec<String>, Error> {
        let member = "AllowedValues";
        let Some(value) = self.map.get(member) else {
            return Ok(Vec::new());
        };
        let texts = value.as_list().unwrap_or_default().iter().map(Value::text);
        let texts: Option<Vec<String>> = texts.map(|text| text.map(Into::into)).collect();
        texts.filter(|texts| !texts.is_empty()).ok_or_else(|| self.fault(member))
    }

    fn fault(&self, member: &'static str) -> Error {
        Error::ParameterMember { member, name: self.name.to_owned() }
    }
}
