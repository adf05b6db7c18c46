//! Transforms: what a template is before it is read. The content of `AWS::Include` is put in its
//! place, innermost first; `AWS::LanguageExtensions` is then run over the whole ([`language`]).
//! Macros of an account need functions, of which this server has none: no name of one is found.
//!
//! Source: AWS CloudFormation User Guide, "Perform custom processing with template macros";
//! Template Reference, "Fn::Transform", "AWS::Include", "AWS::LanguageExtensions".

use std::cell::Cell;

use super::intrinsics::Scope;
use super::parse::MAX_DEPTH;
use super::{Error, Map, Value, json, language, yaml};

pub const INCLUDE: &str = "AWS::Include";
pub const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";
/// The transforms that AWS hosts and this server does not have.
const ELSEWHERE: [&str; 5] = [
    "AWS::CodeDeployBlueGreen",
    "AWS::CodeDeployHook",
    "AWS::SecretsManager",
    "AWS::Serverless",
    "AWS::ServiceCatalog",
];
/// How deep included content may include more of it.
const MAX_INCLUDES: usize = 10;

/// Where processing stands: in how many includes, and how deep in maps and lists.
#[derive(Clone, Copy, Default)]
struct Place {
    includes: usize,
    depth: usize,
}

impl Place {
    /// One map or list further in: what is put together must not nest deeper than what is read.
    fn inner(self) -> Result<Self, Error> {
        let depth = self.depth.saturating_add(1);
        if depth > MAX_DEPTH {
            Err(Error::UnsupportedStructure)
        } else {
            Ok(Self { depth, ..self })
        }
    }
}

/// The most bytes that a template may come to, however it is made.
pub const MAX_PROCESSED: usize = 1_000_000;

/// What processing may ask of the world.
pub struct Workshop<'a> {
    /// Parameters, pseudo parameters and mappings; nothing of it is made yet.
    pub scope: Scope<'a>,
    /// The account that macros would be of.
    pub account: &'a str,
    /// The content under a location of `AWS::Include`, or the sentence that says why there is none.
    pub include: &'a mut dyn FnMut(&str) -> Result<String, String>,
    /// What is left of [`MAX_PROCESSED`].
    pub room: Room,
}

/// The bytes that may still be made: loops and functions multiply what a template says.
pub struct Room(Cell<usize>);

impl Room {
    pub const fn new(bytes: usize) -> Self {
        Self(Cell::new(bytes))
    }

    /// # Errors
    /// Where that is more than there is.
    pub fn spend(&self, bytes: usize) -> Result<(), Error> {
        let left = self.0.get().checked_sub(bytes);
        self.0.set(left.ok_or(Error::TooLarge(MAX_PROCESSED))?);
        Ok(())
    }
}

/// The transforms that a template names, in its order, each once.
///
/// # Errors
/// A name that is no string.
pub fn declared(root: &Value) -> Result<Vec<String>, Error> {
    root.as_map().map_or(Ok(Vec::new()), super::check::transforms)
}

/// Whether AWS hosts a transform of the name that is not built here.
pub fn is_elsewhere(name: &str) -> bool {
    ELSEWHERE.iter().any(|known| {
        name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

/// Processes a whole template. The Transform section is gone afterwards.
///
/// # Errors
/// `Transform … failed with: …`; `No transform named … found.`
pub fn process(root: Value, workshop: &mut Workshop<'_>) -> Result<Value, Error> {
    let Value::Map(mut root) = root else { return Err(Error::UnsupportedStructure) };
    let global = root.shift_remove("Transform");
    let mut processed = Value::Map(Map::with_capacity(root.len()));
    for (name, section) in root {
        let section = embedded(section, workshop, Place::default())?;
        if let Value::Map(map) = &mut processed {
            map.insert(name, section);
        }
    }
    if let Value::Map(map) = &mut processed
        && let Some(calls) = map.shift_remove("Fn::Transform")
    {
        apply_calls(map, calls, workshop, Place::default())?;
    }
    for (name, parameters) in calls(global)? {
        processed = whole(&name, parameters.as_ref(), processed, workshop)?;
    }
    Ok(processed)
}

fn whole(
    name: &str,
    parameters: Option<&Value>,
    processed: Value,
    workshop: &mut Workshop<'_>,
) -> Result<Value, Error> {
    match (name, processed) {
        (LANGUAGE_EXTENSIONS, processed) => {
            language::extend(processed, workshop).map_err(|fault| failed(name, &fault))
        }
        (INCLUDE, Value::Map(mut map)) => {
            let content = included(parameters, workshop, Place::default())?;
            merge_sections(&mut map, content)?;
            Ok(Value::Map(map))
        }
        (name, _) => Err(unknown(name, workshop)),
    }
}

/// Name and parameters of each transform in the Transform section or in `Fn::Transform`.
fn calls(value: Option<Value>) -> Result<Vec<(String, Option<Value>)>, Error> {
    let list = match value {
        None => return Ok(Vec::new()),
        Some(Value::List(list)) => list,
        Some(one) => vec![one],
    };
    let read = |call: Value| match call {
        Value::String(name) => Ok((name, None)),
        Value::Map(mut map) => match map.shift_remove("Name") {
            Some(Value::String(name)) => Ok((name, map.shift_remove("Parameters"))),
            _ => Err(Error::TransformName),
        },
        _ => Err(Error::TransformName),
    };
    list.into_iter().map(read).collect()
}

/// Puts the content of each `Fn::Transform` in its place, innermost first.
fn embedded(value: Value, workshop: &mut Workshop<'_>, place: Place) -> Result<Value, Error> {
    match value {
        Value::List(list) => {
            let place = place.inner()?;
            let items = list.into_iter().map(|item| embedded(item, workshop, place));
            items.collect::<Result<_, _>>().map(Value::List)
        }
        Value::Map(map) => {
            let place = place.inner()?;
            let members = map.into_iter().map(|(name, member)| {
                // The parameters of a transform are its own.
                if name == "Fn::Transform" {
                    return Ok((name, member));
                }
                embedded(member, workshop, place).map(|member| (name, member))
            });
            let mut map: Map = members.collect::<Result<_, Error>>()?;
            match map.shift_remove("Fn::Transform") {
                None => Ok(Value::Map(map)),
                Some(calls) if map.is_empty() => alone(calls, workshop, place),
                Some(calls) => {
                    apply_calls(&mut map, calls, workshop, place)?;
                    Ok(Value::Map(map))
                }
            }
        }
        scalar => Ok(scalar),
    }
}

/// A call that is all that stands there: whatever it includes takes its place.
fn alone(value: Value, workshop: &mut Workshop<'_>, place: Place) -> Result<Value, Error> {
    let mut calls = calls(Some(value))?;
    if calls.len() == 1
        && let Some((name, parameters)) = calls.pop()
    {
        return content(&name, parameters.as_ref(), workshop, place);
    }
    let mut map = Map::new();
    for (name, parameters) in calls {
        merge(&mut map, content(&name, parameters.as_ref(), workshop, place)?)?;
    }
    Ok(Value::Map(map))
}

fn apply_calls(
    map: &mut Map,
    value: Value,
    workshop: &mut Workshop<'_>,
    place: Place,
) -> Result<(), Error> {
    for (name, parameters) in calls(Some(value))? {
        let content = content(&name, parameters.as_ref(), workshop, place)?;
        merge(map, content)?;
    }
    Ok(())
}

fn content(
    name: &str,
    parameters: Option<&Value>,
    workshop: &mut Workshop<'_>,
    place: Place,
) -> Result<Value, Error> {
    if name == INCLUDE {
        included(parameters, workshop, place)
    } else {
        Err(unknown(name, workshop))
    }
}

/// What stands under the Location, itself processed.
fn included(
    parameters: Option<&Value>,
    workshop: &mut Workshop<'_>,
    place: Place,
) -> Result<Value, Error> {
    let location = parameters.and_then(Value::as_map).and_then(|map| map.get("Location"));
    let location = match location {
        Some(location) => workshop.scope.resolve(location)?,
        None => None,
    };
    let location = location.as_ref().and_then(Value::as_str);
    // (unverified)
    let missing = || failed(INCLUDE, "The Location parameter must be a string.");
    let location = location.ok_or_else(missing)?;
    if place.includes >= MAX_INCLUDES {
        // (unverified)
        return Err(failed(INCLUDE, "Included content includes more content too often."));
    }
    let text = (workshop.include)(location).map_err(|reason| failed(INCLUDE, &reason))?;
    workshop.room.spend(text.len())?;
    let value = snippet(&text).ok_or_else(|| {
        failed(INCLUDE, "The specified S3 object's content should be valid Yaml/JSON")
    })?;
    embedded(value, workshop, Place { includes: place.includes.saturating_add(1), ..place })
}

/// Included content knows no short tags: `!Ref` is no YAML there.
fn snippet(text: &str) -> Option<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value = if text.trim_start().starts_with(['{', '[']) {
        json::parse(text).or_else(|_| yaml::parse_plain(text))
    } else {
        yaml::parse_plain(text)
    };
    value.ok()
}

/// Adds the members of included content, in place of those of the same names. (recorded)
fn merge(map: &mut Map, content: Value) -> Result<(), Error> {
    let Value::Map(content) = content else {
        // (unverified)
        return Err(failed(INCLUDE, "The included content must be a map."));
    };
    for (name, value) in content {
        map.insert(name, value);
    }
    Ok(())
}

/// The same for a whole template: of each section the members.
fn merge_sections(map: &mut Map, content: Value) -> Result<(), Error> {
    let Value::Map(content) = content else { return merge(map, content) };
    for (name, value) in content {
        match (map.get_mut(&name), value) {
            (Some(Value::Map(known)), Value::Map(more)) => known.extend(more),
            (_, value) => drop(map.insert(name, value)),
        }
    }
    Ok(())
}

fn unknown(name: &str, workshop: &Workshop<'_>) -> Error {
    let qualified = name.contains("::");
    let name = if qualified { name.to_owned() } else { format!("{}::{name}", workshop.account) };
    Error::NoTransform(name)
}

fn failed(name: &str, message: &str) -> Error {
    Error::Transform { name: name.to_owned(), message: message.to_owned() }
}
