//! What GetTemplateSummary and ValidateTemplate tell of a template; the shape of neither answer,
//! for that is the API's.

use indexmap::IndexMap;

use super::{Capabilities, Parameter, Template};
use crate::schema::Schemas;

/// A template seen from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary<'a> {
    pub version: Option<&'a str>,
    pub description: Option<&'a str>,
    /// The Metadata section as JSON text.
    pub metadata: Option<String>,
    pub parameters: &'a IndexMap<String, Parameter>,
    pub capabilities: Capabilities,
    /// Each type once, in the order of the template.
    pub resource_types: Vec<&'a str>,
    pub declared_transforms: &'a [String],
    pub resource_identifiers: Vec<ResourceIdentifiers<'a>>,
}

/// The resources of one type, and the properties that identify one of them for an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceIdentifiers<'a> {
    pub resource_type: &'a str,
    pub logical_ids: Vec<&'a str>,
    pub properties: Vec<&'a str>,
}

impl<'a> Summary<'a> {
    /// Reads the summary off a template.
    pub fn of(template: &'a Template, schemas: &'a Schemas) -> Self {
        let mut types: IndexMap<&str, Vec<&str>> = IndexMap::new();
        for (name, resource) in &template.resources {
            types.entry(&resource.resource_type).or_default().push(name);
        }
        let identifiers = types.iter().filter_map(|(resource_type, logical_ids)| {
            let schema = schemas.get(resource_type)?;
            Some(ResourceIdentifiers {
                resource_type,
                logical_ids: logical_ids.clone(),
                properties: schema.primary_identifier.iter().map(String::as_str).collect(),
            })
        });
        Self {
            version: template.version.as_deref(),
            description: template.description.as_deref(),
            metadata: template.metadata.as_ref().map(super::Value::to_json_text),
            parameters: &template.parameters,
            capabilities: Capabilities::of(template),
            resource_identifiers: identifiers.collect(),
            resource_types: types.keys().copied().collect(),
            declared_transforms: &template.transforms,
        }
    }
}
