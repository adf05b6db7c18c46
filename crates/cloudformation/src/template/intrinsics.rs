//! Resolution of the intrinsic functions. A function that needs something not made yet has no value
//! yet; that is no fault, so that a change set can be computed with the same code that creates.
//!
//! Source: AWS CloudFormation User Guide, "Intrinsic function reference".

mod function;

pub(super) use function::{apply, default_value};

use std::collections::BTreeMap;

use super::reference::{self, Attribute};
use super::sub::{self, Piece};
use super::{Block, Conditions, Error, Map, Names, Template, Value};

/// What stands where a value is not known before the change set is executed.
pub const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// The type whose attributes are what its template puts out.
const STACK: &str = "AWS::CloudFormation::Stack";

/// The most bytes that the functions of one resource's properties, or of one other value, may make.
/// Without it nested calls of Fn::Sub and Fn::Join grow exponentially.
pub const MAX_RESOLVED: usize = 1_000_000;

/// What the surroundings know of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    Known(Value),
    /// The resource is not made yet.
    NotYet,
    /// There is no such resource, or its type has no such attribute.
    Absent,
}

impl Lookup {
    fn text(&self) -> String {
        let Self::Known(value) = self else { return String::new() };
        value.text().map(Into::into).unwrap_or_default()
    }
}

/// Where a template meets the world: bound parameters, made resources, exports.
pub trait Environment {
    /// The pseudo parameters of the stack.
    fn pseudo(&self) -> &PseudoParameters;
    /// The value of a parameter: a string, or a list of strings.
    fn parameter(&self, name: &str) -> Option<Value>;
    /// What Ref answers for a resource.
    fn reference(&self, logical_id: &str) -> Lookup;
    /// What Fn::GetAtt answers for a resource.
    fn attribute(&self, logical_id: &str, name: &str) -> Lookup;
    /// The value of an export of the account and region.
    fn import(&self, export: &str) -> Option<String>;
    /// The zones of a region; the stack's own region for an empty name.
    fn availability_zones(&self, region: &str) -> Vec<String>;
}

/// The pseudo parameters, `AWS::NoValue` excepted: it has no value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PseudoParameters {
    pub account_id: String,
    pub notification_arns: Vec<String>,
    pub partition: String,
    pub region: String,
    pub stack_id: String,
    pub stack_name: String,
    pub url_suffix: String,
}

impl PseudoParameters {
    /// The value under its full name, `AWS::Region` and so on.
    pub fn get(&self, name: &str) -> Option<Value> {
        let text = match name {
            "AWS::AccountId" => &self.account_id,
            "AWS::Partition" => &self.partition,
            "AWS::Region" => &self.region,
            "AWS::StackId" => &self.stack_id,
            "AWS::StackName" => &self.stack_name,
            "AWS::URLSuffix" => &self.url_suffix,
            "AWS::NotificationARNs" => {
                return Some(Value::List(
                    self.notification_arns.iter().map(Value::string).collect(),
                ));
            }
            _ => return None,
        };
        Some(Value::string(text))
    }
}

pub(super) fn is_pseudo_parameter(name: &str) -> bool {
    name == "AWS::NoValue" || PseudoParameters::default().get(name).is_some()
}

/// Everything a function of one template may look at.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub template: &'a Template,
    pub conditions: &'a Conditions,
    pub environment: &'a dyn Environment,
}

impl Scope<'_> {
    /// The properties of a resource, `AWS::NoValue` removed.
    ///
    /// # Errors
    /// The first function that fails, in AWS's words.
    pub fn properties(&self, logical_id: &str) -> Result<Map, Error> {
        let Some(resource) = self.template.resources.get(logical_id) else {
            return Ok(Map::new());
        };
        let path = vec![format!("/Resources/{logical_id}/Properties")];
        let mut resolver = Resolver { scope: *self, path, room: MAX_RESOLVED };
        let mut properties = Map::new();
        for (name, value) in &resource.properties {
            if let Outcome::Value(value) = resolver.step(name.clone(), value, false)? {
                properties.insert(name.clone(), value);
            }
        }
        Ok(properties)
    }

    /// The same where no function fails: a property of which one does is not known yet.
    pub fn known_properties(&self, logical_id: &str) -> Map {
        if let Ok(properties) = self.properties(logical_id) {
            return properties;
        }
        let declared = self.template.resources.get(logical_id);
        let each = declared.into_iter().flat_map(|declared| &declared.properties);
        let known = each.filter_map(|(name, value)| match self.resolve(value) {
            Ok(value) => Some((name.clone(), value?)),
            Err(_) => Some((name.clone(), Value::string(KNOWN_AFTER_APPLY))),
        });
        known.collect()
    }

    /// The text of an output, and the name it is exported under.
    ///
    /// # Errors
    /// The first function that fails; a value that is not a string.
    pub fn output(&self, name: &str) -> Result<Option<(String, Option<String>)>, Error> {
        let Some(output) = self.template.outputs.get(name) else {
            return Ok(None);
        };
        let text = |value: Option<Value>| match value.as_ref().and_then(Value::text) {
            Some(text) => Ok(text.into_owned()),
            None => Err(Error::MemberNotString("Value")),
        };
        let value = text(self.resolve_at(format!("/Outputs/{name}/Value"), &output.value)?)?;
        let export = match &output.export {
            None => None,
            Some(name_of) => {
                let path = format!("/Outputs/{name}/Export/Name");
                Some(text(self.resolve_at(path, name_of)?)?)
            }
        };
        Ok(Some((value, export)))
    }

    /// Resolves one value; nothing when it is `AWS::NoValue`. What is not known yet becomes
    /// `KNOWN_AFTER_APPLY`, the whole text it stands in.
    ///
    /// # Errors
    /// The first function that fails, in AWS's words.
    pub fn resolve(&self, value: &Value) -> Result<Option<Value>, Error> {
        self.resolve_at(String::new(), value)
    }

    fn resolve_at(&self, path: String, value: &Value) -> Result<Option<Value>, Error> {
        let mut resolver = Resolver { scope: *self, path: vec![path], room: MAX_RESOLVED };
        Ok(match resolver.tree(value, false)? {
            Outcome::Value(value) => Some(value),
            Outcome::NotYet => Some(Value::string(KNOWN_AFTER_APPLY)),
            Outcome::NoValue => None,
        })
    }
}

enum Outcome {
    Value(Value),
    NotYet,
    NoValue,
}

struct Resolver<'a> {
    scope: Scope<'a>,
    path: Vec<String>,
    /// What is left of `MAX_RESOLVED`.
    room: usize,
}

impl Resolver<'_> {
    /// `inside` a function an unknown part makes the whole unknown; outside it only holds its
    /// place.
    fn tree(&mut self, value: &Value, inside: bool) -> Result<Outcome, Error> {
        if let Some((name, argument)) = value.function() {
            self.path.push(name.to_owned());
            let outcome = self.call(name, argument, inside)?;
            self.path.pop();
            if let Outcome::Value(value) = &outcome {
                self.spend(size(value))?;
            }
            return Ok(outcome);
        }
        match value {
            Value::List(list) => {
                let mut resolved = Vec::with_capacity(list.len());
                for (at, item) in list.iter().enumerate() {
                    match self.step(at.to_string(), item, inside)? {
                        Outcome::Value(value) => resolved.push(value),
                        Outcome::NotYet => return Ok(Outcome::NotYet),
                        Outcome::NoValue => {}
                    }
                }
                Ok(Outcome::Value(Value::List(resolved)))
            }
            Value::Map(map) => {
                let mut resolved = Map::with_capacity(map.len());
                for (key, item) in map {
                    match self.step(key.clone(), item, inside)? {
                        Outcome::Value(value) => drop(resolved.insert(key.clone(), value)),
                        Outcome::NotYet => return Ok(Outcome::NotYet),
                        Outcome::NoValue => {}
                    }
                }
                Ok(Outcome::Value(Value::Map(resolved)))
            }
            scalar => Ok(Outcome::Value(scalar.clone())),
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Error> {
        let room = self.room.checked_sub(bytes);
        self.room = room.ok_or(Error::TooLarge(MAX_RESOLVED))?;
        Ok(())
    }

    fn step(&mut self, key: String, value: &Value, inside: bool) -> Result<Outcome, Error> {
        self.path.push(key);
        let outcome = self.tree(value, inside)?;
        self.path.pop();
        Ok(match outcome {
            Outcome::NotYet if !inside => Outcome::Value(Value::string(KNOWN_AFTER_APPLY)),
            outcome => outcome,
        })
    }

    fn call(&mut self, name: &str, argument: &Value, inside: bool) -> Result<Outcome, Error> {
        match name {
            "Ref" => self.reference(argument.as_str().ok_or(Error::Ref)?),
            "Fn::GetAtt" => self.get_att(argument),
            "Fn::Sub" => self.sub(argument),
            "Fn::If" => self.choice(argument, inside),
            _ => {
                let argument = match self.tree(argument, true)? {
                    Outcome::NotYet => return Ok(Outcome::NotYet),
                    Outcome::NoValue => Value::Null,
                    Outcome::Value(argument) => argument,
                };
                function::apply(name, &argument, &self.scope).map(Outcome::Value)
            }
        }
    }

    fn reference(&self, name: &str) -> Result<Outcome, Error> {
        if name == "AWS::NoValue" {
            return Ok(Outcome::NoValue);
        }
        let environment = self.scope.environment;
        let simple = environment.pseudo().get(name).or_else(|| environment.parameter(name));
        if let Some(value) = simple {
            return Ok(Outcome::Value(value));
        }
        match environment.reference(name) {
            Lookup::Known(value) => Ok(Outcome::Value(value)),
            Lookup::NotYet => Ok(Outcome::NotYet),
            Lookup::Absent => {
                Err(Error::Unresolved { names: Names(vec![name.to_owned()]), block: self.block() })
            }
        }
    }

    fn block(&self) -> Block {
        match self.path.first() {
            Some(path) if path.starts_with("/Outputs") => Block::Outputs,
            Some(path) if path.starts_with("/Resources") => Block::Resources,
            _ => Block::Conditions,
        }
    }

    fn get_att(&mut self, argument: &Value) -> Result<Outcome, Error> {
        match reference::get_att_parts(argument).ok_or(Error::GetAtt)? {
            (resource, Attribute::Name(name)) => self.attribute(resource, name),
            (resource, Attribute::Computed(call)) => match self.tree(call, true)? {
                Outcome::Value(name) => {
                    self.attribute(resource, &name.text().ok_or(Error::GetAtt)?)
                }
                Outcome::NotYet => Ok(Outcome::NotYet),
                Outcome::NoValue => Err(Error::GetAtt),
            },
        }
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Result<Outcome, Error> {
        match self.scope.environment.attribute(resource, attribute) {
            Lookup::Known(value) => Ok(Outcome::Value(value)),
            Lookup::NotYet => Ok(Outcome::NotYet),
            Lookup::Absent => {
                let declared = self.scope.template.resources.get(resource);
                let made = self.scope.environment.reference(resource);
                Err(match declared {
                    Some(declared) if declared.resource_type == STACK && made != Lookup::NotYet => {
                        Error::NoOutput {
                            output: attribute
                                .strip_prefix("Outputs.")
                                .unwrap_or(attribute)
                                .to_owned(),
                            stack: made.text(),
                        }
                    }
                    Some(declared) => Error::Attribute {
                        path: self.path.join("/"),
                        resource_type: declared.resource_type.clone(),
                        attribute: attribute.to_owned(),
                    },
                    None => Error::UndefinedResource(resource.to_owned()),
                })
            }
        }
    }

    fn choice(&mut self, argument: &Value, inside: bool) -> Result<Outcome, Error> {
        let Some([Value::String(condition), then, otherwise]) = argument.as_list() else {
            return Err(Error::If);
        };
        match self.scope.conditions.get(condition) {
            Some(true) => self.tree(then, inside),
            Some(false) => self.tree(otherwise, inside),
            None => Err(Error::UnresolvedIf(condition.clone())),
        }
    }

    fn sub(&mut self, argument: &Value) -> Result<Outcome, Error> {
        let (text, variables) = reference::sub_parts(argument).ok_or(Error::Sub)?;
        // Each name is resolved once, however often it stands in the text.
        let mut known: BTreeMap<&str, String> = BTreeMap::new();
        let mut resolved = String::with_capacity(text.len());
        for piece in sub::pieces(text)? {
            match piece {
                Piece::Text(text) => resolved.push_str(text),
                Piece::Literal(name) => resolved.extend(["${", name, "}"]),
                Piece::Variable(name) => {
                    if !known.contains_key(name) {
                        let Some(text) = self.variable(name, variables)? else {
                            return Ok(Outcome::NotYet);
                        };
                        known.insert(name, text);
                    }
                    resolved.push_str(known.get(name).map_or("", String::as_str));
                }
            }
            if resolved.len() > MAX_RESOLVED {
                return Err(Error::TooLarge(MAX_RESOLVED));
            }
        }
        Ok(Outcome::Value(Value::String(resolved)))
    }

    /// The text of one variable of Fn::Sub; nothing when it is not known yet.
    fn variable(&mut self, name: &str, variables: Option<&Map>) -> Result<Option<String>, Error> {
        let given = variables.and_then(|variables| variables.get(name));
        let outcome = match (given, name.split_once('.')) {
            (Some(value), _) => self.tree(value, true)?,
            (None, Some((resource, attribute))) => self.attribute(resource, attribute)?,
            (None, None) => self.reference(name)?,
        };
        let text = match &outcome {
            Outcome::NotYet => return Ok(None),
            Outcome::Value(value) => value.text(),
            Outcome::NoValue => None,
        };
        let text = text.ok_or_else(|| Error::SubNotString(name.to_owned()))?;
        Ok(Some(text.into_owned()))
    }
}

/// The bytes of a value's texts, and one for each value.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(text) | Value::String(text) => text.len().saturating_add(1),
        Value::List(list) => list.iter().map(size).fold(1, usize::saturating_add),
        Value::Map(map) => map
            .iter()
            .map(|(key, value)| key.len().saturating_add(size(value)))
            .fold(1, usize::saturating_add),
    }
}
