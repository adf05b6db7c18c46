//! The resource provider schemas: which types exist, which properties they take, which attributes
//! they have and what a change of a property means. Definitions that the bundled file does not hold
//! (the nested ones of AWS::S3::Bucket) admit anything; the service itself then judges.
//!
//! Source: data/cloudformation/resource-schemas.json; CloudFormation CLI User Guide, "Resource type
//! definition schema".

mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::template::{Error, Map, Names, Template};
use shape::Shape;

const BUNDLED: &str = include_str!("../../../data/cloudformation/resource-schemas.json");

/// The schemas of all known types.
#[derive(Debug, Default)]
pub struct Schemas(BTreeMap<String, ResourceSchema>);

/// The schema of one type. Property names are those of the top level unless said otherwise.
#[derive(Debug, Deserialize)]
#[serde(from = "Document")]
pub struct ResourceSchema {
    /// The properties that identify a resource, in order.
    pub primary_identifier: Vec<String>,
    /// What Fn::GetAtt answers; nested ones are written with points.
    pub read_only: BTreeSet<String>,
    /// What Fn::GetAtt answers although the template may set it.
    attributes: BTreeSet<String>,
    /// Whose change replaces the resource; nested ones are written with points.
    pub create_only: BTreeSet<String>,
    /// The property that holds tags, where the type has tags.
    pub tag_property: Option<String>,
    /// The actions each handler calls, by handler: create, read, update, delete, list.
    pub permissions: BTreeMap<String, Vec<String>>,
    shape: Shape,
    definitions: BTreeMap<String, Shape>,
}

impl Schemas {
    /// The schemas that come with this crate. Were the file unreadable, no type would be known.
    pub fn bundled() -> &'static Self {
        static SCHEMAS: LazyLock<Schemas> =
            LazyLock::new(|| Schemas::parse(BUNDLED).unwrap_or_default());
        &SCHEMAS
    }

    /// Reads a file of the bundled one's form.
    ///
    /// # Errors
    /// What serde_json finds wrong.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct File {
            types: BTreeMap<String, ResourceSchema>,
        }
        serde_json::from_str::<File>(json).map(|file| Self(file.types))
    }

    /// The schema of a type.
    pub fn get(&self, resource_type: &str) -> Option<&ResourceSchema> {
        self.0.get(resource_type)
    }

    /// The known types, sorted.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Refuses a template with types that do not exist.
    ///
    /// # Errors
    /// `Template format error: Unrecognized resource types: [AWS::X::Y]`.
    pub fn recognise(&self, template: &Template) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        let unknown: Names = template
            .resources
            .values()
            .map(|resource| resource.resource_type.as_str())
            .filter(|name| self.get(name).is_none() && seen.insert(*name))
            .collect();
        if unknown.0.is_empty() { Ok(()) } else { Err(Error::UnknownTypes(unknown)) }
    }
}

impl ResourceSchema {
    /// Whether Fn::GetAtt may ask for this attribute.
    pub fn has_attribute(&self, name: &str) -> bool {
        let open = |known: &String| {
            let prefix = known.strip_suffix('*').filter(|prefix| prefix.ends_with('.'));
            prefix.is_some_and(|prefix| {
                name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty())
            })
        };
        self.read_only.contains(name)
            || self.attributes.contains(name)
            || self.read_only.iter().any(open)
    }

    /// Whether there is a top-level property of the name.
    pub fn has_property(&self, name: &str) -> bool {
        self.shape.declares(name)
    }

    /// Whether a change of this top-level property replaces the resource.
    pub fn replaces(&self, property: &str) -> bool {
        self.create_only.contains(property)
    }

    /// Brings properties into the types of the schema as far as they fit it: for comparisons.
    pub fn coerce(&self, properties: &Map) -> Map {
        let coerced = properties.iter().map(|(name, value)| {
            let mut violations = Vec::new();
            let fit = self.shape.member(name, value, &self.definitions, "#", &mut violations);
            (name.clone(), if violations.is_empty() { fit } else { value.clone() })
        });
        coerced.collect()
    }

    /// Checks resolved properties and brings them into the types of the schema: `"true"` becomes a
    /// boolean, `12` a string, as each property wants it.
    ///
    /// # Errors
    /// `Properties validation failed for resource … with message: …`, every violation in it.
    pub fn validate(&self, logical_id: &str, properties: &Map) -> Result<Map, Error> {
        let mut violations = Vec::new();
        let mut coerced = Map::new();
        for (name, value) in properties {
            if self.read_only.contains(name) || !self.shape.declares(name) {
                violations.push(format!("#: extraneous key [{name}] is not permitted"));
            } else {
                let value = self.shape.member(name, value, &self.definitions, "#", &mut violations);
                coerced.insert(name.clone(), value);
            }
        }
        violations.extend(self.shape.missing(properties, "#"));
        if violations.is_empty() {
            return Ok(coerced);
        }
        let message = violations.join("\n");
        Err(Error::Properties { resource: logical_id.to_owned(), message })
    }
}

/// The file's own form of a schema.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    primary_identifier: Vec<String>,
    #[serde(default)]
    read_only_properties: Vec<String>,
    #[serde(default)]
    attributes: Vec<String>,
    #[serde(default)]
    create_only_properties: Vec<String>,
    #[serde(default)]
    definitions: BTreeMap<String, Shape>,
    #[serde(default)]
    handlers: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    tagging: Tagging,
    #[serde(flatten)]
    shape: Shape,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tagging {
    #[serde(default)]
    taggable: bool,
    tag_property: Option<String>,
}

impl From<Document> for ResourceSchema {
    fn from(document: Document) -> Self {
        fn names<C: FromIterator<String>>(pointers: Vec<String>) -> C {
            pointers.iter().map(|pointer| name(pointer)).collect()
        }
        Self {
            primary_identifier: names(document.primary_identifier),
            read_only: names(document.read_only_properties),
            attributes: names(document.attributes),
            create_only: names(document.create_only_properties),
            tag_property: document
                .tagging
                .tag_property
                .filter(|_| document.tagging.taggable)
                .map(|pointer| name(&pointer)),
            permissions: document.handlers,
            shape: document.shape,
            definitions: document.definitions,
        }
    }
}

/// `/properties/A/B` is `A.B`.
fn name(pointer: &str) -> String {
    pointer.strip_prefix("/properties/").unwrap_or(pointer).replace('/', ".")
}
