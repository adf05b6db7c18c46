//! The Parameters section: declarations, and the binding of the values that a caller gives. Types
//! that name AWS resources are strings here; whether such a resource exists is not looked at. What
//! `AWS::SSM::Parameter::Value` stands for is asked elsewhere, and told here.
//!
//! Source: AWS CloudFormation User Guide, "Parameters".

mod declaration;

use std::collections::BTreeMap;
use std::fmt;

pub use declaration::Parameter;
use indexmap::IndexMap;

use super::{Error, Names, Template, Value};

/// The longest value, in bytes.
pub const MAX_VALUE: usize = 4096;
/// What DescribeStacks shows in place of a NoEcho value.
const MASK: &str = "****";

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
