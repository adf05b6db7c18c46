//! What of a template's functions is known before anything is made, put in its place.

use super::super::intrinsics::{self, KNOWN_AFTER_APPLY, Scope};
use super::super::transform::Room;
use super::super::{Error, Map, Value};

/// The attributes of resources that are plain texts, but for functions under this transform.
pub(super) const POLICIES: [&str; 2] = ["DeletionPolicy", "UpdateReplacePolicy"];
/// The functions of which the value is known where their argument is.
const PURE: [&str; 8] = [
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::FindInMap",
    "Fn::Join",
    "Fn::Length",
    "Fn::Select",
    "Fn::Split",
    "Fn::ToJsonString",
];

#[derive(Clone, Copy)]
pub(super) struct Fold<'a> {
    pub scope: Scope<'a>,
    pub room: &'a Room,
}

impl Fold<'_> {
    pub fn section(&self, name: &str, section: Value) -> Result<Value, String> {
        match (name, section) {
            ("Resources", Value::Map(resources)) => {
                let folded = resources.into_iter().map(|(name, resource)| {
                    let resource = match resource {
                        Value::Map(members) => self.resource(members).map(Value::Map),
                        other => Ok(other),
                    };
                    resource.map(|resource| (name, resource))
                });
                folded.collect::<Result<_, String>>().map(Value::Map)
            }
            (_, section) => self.value(section),
        }
    }

    fn resource(&self, members: Map) -> Result<Map, String> {
        let folded = members.into_iter().map(|(name, member)| {
            let member = match (name.as_str(), member) {
                ("DependsOn", Value::List(mut names)) if names.len() == 1 => {
                    names.pop().unwrap_or(Value::Null)
                }
                (known, member) if POLICIES.contains(&known) => member,
                (_, member) => self.value(member)?,
            };
            Ok((name, member))
        });
        folded.collect()
    }

    /// Counts what was written.
    pub fn spend(&self, value: &Value) -> Result<(), String> {
        self.room.spend(intrinsics::size(value)).map_err(|fault| fault.to_string())
    }

    /// The value with all calls computed that can be.
    pub fn value(&self, value: Value) -> Result<Value, String> {
        match value {
            Value::List(list) => {
                let items = list.into_iter().map(|item| self.value(item));
                items.collect::<Result<_, _>>().map(Value::List)
            }
            Value::Map(map) if map.len() == 1 => {
                let Some((name, argument)) = map.into_iter().next() else {
                    return Ok(Value::Map(Map::new()));
                };
                let argument = self.value(argument)?;
                if name == "Ref" || name.starts_with("Fn::") {
                    return self.call(name, argument);
                }
                Ok(Value::Map(Map::from([(name, argument)])))
            }
            Value::Map(map) => {
                let members = map.into_iter().map(|(name, member)| Ok((name, self.value(member)?)));
                members.collect::<Result<_, String>>().map(Value::Map)
            }
            scalar => Ok(scalar),
        }
    }

    fn call(&self, name: String, argument: Value) -> Result<Value, String> {
        let known = match name.as_str() {
            "Ref" => self.parameter(&argument),
            "Fn::Sub" => self.sub(&argument),
            "Fn::FindInMap" => self.find_in_map(&argument)?,
            pure if PURE.contains(&pure) && !has_calls(&argument) => {
                let value = intrinsics::apply(pure, &argument, &self.scope);
                Some(value.map_err(|fault| sentence(&fault))?)
            }
            "Fn::Length" => length(&argument),
            _ => None,
        };
        if let Some(known) = known {
            self.spend(&known)?;
            return Ok(known);
        }
        match (name.as_str(), &argument) {
            // (unverified)
            ("Fn::Length", Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
                Err("Fn::Length layout is incorrect".to_owned())
            }
            _ => Ok(Value::Map(Map::from([(name, argument)]))),
        }
    }

    /// A pseudo parameter or parameter, unless it is a secret or another system's to say.
    fn parameter(&self, name: &Value) -> Option<Value> {
        let name = name.as_str()?;
        let declared = self.scope.template.parameters.get(name);
        let open = declared.is_none_or(|declared| {
            !declared.no_echo && !declared.parameter_type.name().contains("AWS::SSM::Parameter")
        });
        let environment = self.scope.environment;
        let value = environment.pseudo().get(name).or_else(|| environment.parameter(name));
        value.filter(|_| open)
    }

    /// A text of which each variable is known.
    fn sub(&self, argument: &Value) -> Option<Value> {
        let names = |text: &str| {
            let pieces = super::super::sub::pieces(text).ok()?;
            let names = pieces.into_iter().filter_map(|piece| match piece {
                super::super::sub::Piece::Variable(name) => Some(name.to_owned()),
                _ => None,
            });
            Some(names.collect::<Vec<_>>())
        };
        let (text, variables) = super::super::reference::sub_parts(argument)?;
        let known = |name: &String| match variables.and_then(|variables| variables.get(name)) {
            Some(value) => value.text().is_some(),
            None => self.parameter(&Value::string(name.as_str())).is_some(),
        };
        if !names(text)?.iter().all(known) {
            return None;
        }
        let call = Value::Map(Map::from([("Fn::Sub".to_owned(), argument.clone())]));
        self.scope.resolve(&call).ok().flatten()
    }

    /// A value of a mapping, or the default where there is one and the keys are not found.
    fn find_in_map(&self, argument: &Value) -> Result<Option<Value>, String> {
        let Some([map, key, attribute, default @ ..]) = argument.as_list() else {
            return Ok(None);
        };
        if [map, key, attribute].into_iter().any(has_calls) {
            return Ok(None);
        }
        let names = Value::List(vec![map.clone(), key.clone(), attribute.clone()]);
        match intrinsics::apply("Fn::FindInMap", &names, &self.scope) {
            Ok(value) => Ok(Some(value)),
            Err(fault) => match intrinsics::default_value(default) {
                Some(default) => Ok(Some(default.clone())),
                None => Err(sentence(&fault)),
            },
        }
    }
}

/// The length of a list is known, whatever its items are.
fn length(argument: &Value) -> Option<Value> {
    argument.as_list().map(|list| Value::Number(list.len().to_string()))
}

pub(super) fn has_calls(value: &Value) -> bool {
    value.function().is_some()
        || match value {
            Value::List(list) => list.iter().any(has_calls),
            Value::Map(map) => map.values().any(has_calls),
            Value::String(text) => text == KNOWN_AFTER_APPLY,
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
}

/// A template's fault as this transform tells it.
pub(super) fn sentence(fault: &Error) -> String {
    let text = fault.to_string();
    text.strip_prefix("Template error: ").unwrap_or(&text).to_owned()
}
