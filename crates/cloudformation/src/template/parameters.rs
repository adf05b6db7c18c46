//! The Parameters section: declarations, and the binding of the values that a caller gives. Types
//! that name AWS resources are strings here; whether such a resource exists is not looked at. What
//! `AWS::SSM::Parameter::Value` stands for is asked elsewhere, and told here.
//!
//! Source: AWS CloudFormation User Guide, "Parameters".

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;

use super::{Error, Map, Names, Template, Value};
use crate::pattern::Pattern;

/// The longest value, in bytes.
pub const MAX_VALUE: usize = 4096;
/// What DescribeStacks shows in place of a NoEcho value.
const MASK: &str = "****";

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

/// The type of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterType {
    String,
    Number,
    NumberList,
    /// `List<String>`
    StringList,
    CommaDelimitedList,
    /// `AWS::…`, the name in full.
    Aws(String),
    /// `List<AWS::…>`, the name in full.
    AwsList(String),
}

impl ParameterType {
    /// The name as the template writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::String => "String",
            Self::Number => "Number",
            Self::NumberList => "List<Number>",
            Self::StringList => "List<String>",
            Self::CommaDelimitedList => "CommaDelimitedList",
            Self::Aws(name) | Self::AwsList(name) => name,
        }
    }

    fn parse(name: &str) -> Option<Self> {
        match name {
            "String" => Some(Self::String),
            "Number" => Some(Self::Number),
            "List<Number>" => Some(Self::NumberList),
            "List<String>" => Some(Self::StringList),
            "CommaDelimitedList" => Some(Self::CommaDelimitedList),
            _ if name.starts_with("AWS::") => Some(Self::Aws(name.to_owned())),
            _ if name.starts_with("List<AWS::") && name.ends_with('>') => {
                Some(Self::AwsList(name.to_owned()))
            }
            _ => None,
        }
    }

    /// What is asked of Parameter Store; None where the type has nothing to do with it.
    pub fn stored(&self) -> Option<Stored> {
        let Self::Aws(name) = self else { return None };
        if name == "AWS::SSM::Parameter::Name" {
            return Some(Stored::Name);
        }
        let inner = name.strip_prefix("AWS::SSM::Parameter::Value<")?.strip_suffix('>')?;
        let is_list = inner == "CommaDelimitedList" || inner.starts_with("List<");
        Some(if is_list { Stored::List } else { Stored::Text })
    }

    fn is_list(&self) -> bool {
        matches!(
            self,
            Self::NumberList | Self::StringList | Self::CommaDelimitedList | Self::AwsList(_)
        )
    }
}

/// How a parameter of Parameter Store is meant, of which a template's parameter has the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is there: that is all that is asked.
    Name,
    /// Its value.
    Text,
    /// Its value, as a list.
    List,
}

/// What a caller says of one parameter. Its value may be a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Given {
    pub name: String,
    pub value: Option<String>,
    pub use_previous: bool,
}

/// A value for each parameter of a template, as text. Values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bound(IndexMap<String, Binding>);

#[derive(Clone, PartialEq, Eq)]
struct Binding {
    parameter_type: ParameterType,
    text: String,
    no_echo: bool,
    /// The value in Parameter Store, where the type asks for one.
    resolved: Option<String>,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Given({})", self.name)
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Bound {
    /// What Ref answers: a string, or a list of strings for the list types.
    pub fn get(&self, name: &str) -> Option<Value> {
        let Binding { parameter_type, text, resolved, .. } = self.0.get(name)?;
        let text = resolved.as_ref().unwrap_or(text);
        if !parameter_type.is_list() && parameter_type.stored() != Some(Stored::List) {
            return Some(Value::string(text));
        }
        Some(Value::List(items(text).map(Value::string).collect()))
    }

    /// Names and texts, in the order of the template: what the next update calls previous.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, binding)| (name.as_str(), binding.text.as_str()))
    }

    /// The parameters that name one of Parameter Store: their names and texts.
    pub fn stored(&self) -> impl Iterator<Item = (&str, &str)> {
        let stored = self.0.iter().filter(|(_, binding)| binding.parameter_type.stored().is_some());
        stored.map(|(name, binding)| (name.as_str(), binding.text.as_str()))
    }

    /// Tells the value that a parameter stands for.
    pub fn resolve(&mut self, name: &str, value: String) {
        let binding = self.0.get_mut(name);
        let is_value = |binding: &&mut Binding| {
            matches!(binding.parameter_type.stored(), Some(Stored::Text | Stored::List))
        };
        if let Some(binding) = binding.filter(is_value) {
            binding.resolved = Some(value);
        }
    }

    /// The names of the parameters that stand for a value of Parameter Store, and those values.
    pub fn resolved(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, it)| Some((name.as_str(), it.resolved.as_deref()?)))
    }

    /// The same with the values of NoEcho masked: for what is shown of properties made of them.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut masked = self.clone();
        for binding in masked.0.values_mut().filter(|binding| binding.no_echo) {
            MASK.clone_into(&mut binding.text);
            binding.resolved = binding.resolved.take().map(|_| MASK.to_owned());
        }
        masked
    }

    /// Names and texts as they may be shown: those of NoEcho are masked.
    pub fn shown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, binding)| {
            (name.as_str(), if binding.no_echo { MASK } else { binding.text.as_str() })
        })
    }
}

/// Gives each parameter of the template its value: the given one, the previous one where that is
/// asked for, else the default. `previous` holds the texts of the stack as it is.
///
/// # Errors
/// Unknown names, missing values, and every constraint of the declarations.
pub fn bind(
    template: &Template,
    given: &[Given],
    previous: &BTreeMap<String, String>,
) -> Result<Bound, Error> {
    let unknown: Names = given
        .iter()
        .filter(|given| !template.parameters.contains_key(&given.name))
        .map(|given| given.name.as_str())
        .collect();
    if !unknown.0.is_empty() {
        return Err(Error::UnknownParameters(unknown));
    }
    let mut chosen: BTreeMap<&str, &str> = BTreeMap::new();
    for Given { name, value, use_previous } in given {
        let text = match (value, use_previous) {
            (Some(value), true) if !value.is_empty() => {
                return Err(Error::ValueAndPrevious(name.clone()));
            }
            (_, true) => previous.get(name).map(String::as_str),
            (value, false) => value.as_deref(),
        };
        chosen.extend(text.map(|text| (name.as_str(), text)));
    }
    let mut bound = Bound::default();
    let mut missing = Vec::new();
    for (name, parameter) in &template.parameters {
        match chosen.get(name.as_str()).copied().or(parameter.default.as_deref()) {
            None => missing.push(name.as_str()),
            Some(text) => {
                let binding = Binding {
                    parameter_type: parameter.parameter_type.clone(),
                    text: text.to_owned(),
                    no_echo: parameter.no_echo,
                    resolved: None,
                };
                bound.0.insert(name.clone(), binding);
            }
        }
    }
    if !missing.is_empty() {
        return Err(Error::MissingParameters(missing.into_iter().collect()));
    }
    for (name, parameter) in &template.parameters {
        let text = bound.0.get(name).map_or("", |binding| binding.text.as_str());
        parameter.admit(name, text)?;
    }
    Ok(bound)
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    let none = text.is_empty();
    text.split(',').map(str::trim).filter(move |_| !none)
}

impl Parameter {
    /// Reads a declaration.
    ///
    /// # Errors
    /// A member that is unknown or of the wrong kind; an unknown type.
    pub(super) fn declare(name: &str, map: &Map) -> Result<Self, Error> {
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
    fn admit(&self, name: &str, text: &str) -> Result<(), Error> {
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
