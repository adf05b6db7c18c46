//! The sections of a template, typed. Reading checks what can be checked without values: members,
//! names, the shape of every function and that what is referred to exists. Not checked here:
//! resource types and their properties (`schema`), and what depends on parameters (`condition`,
//! `graph`).
//!
//! Source: AWS CloudFormation User Guide, "Template anatomy" and "CloudFormation quotas".

mod mapping;
mod output;
mod resource;

use indexmap::IndexMap;

use super::{Error, Map, Names, Parameter, Value, check, parse};
pub(super) use mapping::mappings;
pub use output::Output;
use output::outputs;
pub use resource::{DeletionPolicy, Policies, Resource};
use resource::{outlined, resources};

const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];
const MAX_DESCRIPTION: usize = 1024;
const MAX_MEMBERS: usize = 200;

/// A template whose own references hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub version: Option<String>,
    pub description: Option<String>,
    pub metadata: Option<Value>,
    /// The macros and transforms that the template declares, in its order, each once.
    pub transforms: Vec<String>,
    pub parameters: IndexMap<String, Parameter>,
    /// Map, key, attribute: a string or a list.
    pub mappings: Map,
    pub conditions: Map,
    pub rules: Map,
    pub resources: IndexMap<String, Resource>,
    pub outputs: IndexMap<String, Output>,
    /// The language extensions were run over it: what they left to the resolver may stand in it.
    pub extended: bool,
}

impl Template {
    /// Reads and checks a body.
    ///
    /// # Errors
    /// The first fault, in AWS's words.
    pub fn parse(body: &str) -> Result<Self, Error> {
        Self::from_value(parse::parse(body)?)
    }

    /// Checks what has been read.
    ///
    /// # Errors
    /// The first fault, in AWS's words.
    pub fn from_value(value: Value) -> Result<Self, Error> {
        Self::checked(value, false)
    }

    /// Checks what transforms have made.
    ///
    /// # Errors
    /// The first fault, in AWS's words.
    pub fn from_processed(value: Value, extended: bool) -> Result<Self, Error> {
        Self::checked(value, extended)
    }

    fn checked(value: Value, extended: bool) -> Result<Self, Error> {
        refuse_nulls(&value)?;
        let Value::Map(root) = value else {
            return Err(Error::UnsupportedStructure);
        };
        let unknown: Names =
            root.keys().filter(|key| !SECTIONS.contains(&key.as_str())).cloned().collect();
        if !unknown.0.is_empty() {
            return Err(Error::UnknownSections(unknown));
        }
        let template = Self {
            version: version(&root)?,
            description: description(&root)?,
            metadata: root.get("Metadata").cloned(),
            transforms: check::transforms(&root)?,
            parameters: parameters(&root)?,
            mappings: mappings(&root)?,
            conditions: section(&root, "Conditions")?,
            rules: section(&root, "Rules")?,
            resources: resources(&root)?,
            outputs: outputs(&root)?,
            extended,
        };
        check::references(&template)?;
        Ok(template)
    }

    /// What can be told of a template before its transforms are run: its heading, parameters and
    /// mappings, and of its resources their types and properties, those in loops once.
    ///
    /// # Errors
    /// The first fault in these, in AWS's words.
    pub fn outline(value: &Value) -> Result<Self, Error> {
        let root = value.as_map().ok_or(Error::UnsupportedStructure)?;
        let mut resources = IndexMap::new();
        outlined(root.get("Resources"), &mut resources);
        let mapped = root.get("Mappings").is_some_and(|it| !check::has_transform(it));
        Ok(Self {
            version: version(root)?,
            description: description(root)?,
            metadata: root.get("Metadata").cloned(),
            transforms: check::transforms(root)?,
            parameters: parameters(root)?,
            mappings: if mapped { mappings(root)? } else { Map::new() },
            conditions: Map::new(),
            rules: Map::new(),
            resources,
            outputs: IndexMap::new(),
            extended: false,
        })
    }

    /// The same with nothing to make.
    #[must_use]
    pub fn without_resources(self) -> Self {
        Self { resources: IndexMap::new(), ..self }
    }
}

fn version(root: &Map) -> Result<Option<String>, Error> {
    match root.get("AWSTemplateFormatVersion") {
        None => Ok(None),
        Some(Value::String(version)) if version == "2010-09-09" => Ok(Some(version.clone())),
        Some(_) => Err(Error::Version),
    }
}

fn description(root: &Map) -> Result<Option<String>, Error> {
    let Some(value) = root.get("Description") else {
        return Ok(None);
    };
    let text = value.text().ok_or(Error::Description)?;
    if text.len() > MAX_DESCRIPTION {
        return Err(Error::TooLong { member: "Description", limit: MAX_DESCRIPTION });
    }
    Ok(Some(text.into_owned()))
}

fn section(root: &Map, name: &str) -> Result<Map, Error> {
    match root.get(name) {
        None => Ok(Map::new()),
        Some(Value::Map(map)) => Ok(map.clone()),
        Some(_) => Err(Error::UnsupportedStructure),
    }
}

fn limit(section: &'static str, count: usize, limit: usize) -> Result<(), Error> {
    if count > limit { Err(Error::TooMany { section, count, limit }) } else { Ok(()) }
}

fn alphanumeric(kind: &'static str, name: &str) -> Result<(), Error> {
    if !name.is_empty() && name.len() <= 255 && name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err(Error::Name { kind, name: name.to_owned() })
    }
}

fn parameters(root: &Map) -> Result<IndexMap<String, Parameter>, Error> {
    let section = section(root, "Parameters")?;
    limit("parameters", section.len(), MAX_MEMBERS)?;
    let mut parameters = IndexMap::new();
    for (name, value) in section {
        alphanumeric("Parameter", &name)?;
        let map = value.as_map().ok_or(Error::MemberNotObject { section: "Parameters" })?;
        let parameter = Parameter::declare(&name, map)?;
        parameters.insert(name, parameter);
    }
    Ok(parameters)
}

fn refuse_rest(kind: &'static str, rest: &Map) -> Result<(), Error> {
    match rest.keys().next() {
        None => Ok(()),
        Some(name) => Err(Error::UnknownMember { kind, name: name.clone() }),
    }
}

fn string(value: Option<Value>, member: &'static str) -> Result<Option<String>, Error> {
    match value {
        None => Ok(None),
        Some(value) => match value.text() {
            Some(text) => Ok(Some(text.into_owned())),
            None => Err(Error::MemberNotString(member)),
        },
    }
}

/// AWS names the first null by its path, whatever the section.
fn refuse_nulls(root: &Value) -> Result<(), Error> {
    match path_of_null(root) {
        Some(path) if !path.is_empty() => {
            let path: Vec<&str> = path.iter().rev().map(String::as_str).collect();
            Err(Error::Null { path: format!("/{}", path.join("/")) })
        }
        _ => Ok(()),
    }
}

/// The steps to the first null, innermost first.
fn path_of_null(value: &Value) -> Option<Vec<String>> {
    let step = |value: &Value, key: String| {
        path_of_null(value).map(|mut path| {
            path.push(key);
            path
        })
    };
    match value {
        Value::Null => Some(Vec::new()),
        Value::List(list) => {
            list.iter().enumerate().find_map(|(at, value)| step(value, at.to_string()))
        }
        Value::Map(map) => map.iter().find_map(|(key, value)| step(value, key.clone())),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
