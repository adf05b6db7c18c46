//! botocore's service models as we keep them in `data/models`, and our corrections in
//! `data/patches`.
//!
//! Only what the shapes need survives reading: prose, examples, endpoints and client hints are
//! dropped here, so a model that is read and written again is the stripped one. Order is the
//! model's (violations are reported in it).

use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A JSON object in the order it was written.
#[derive(Debug, Clone)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Ordered<T> {
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.0.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

fn no(value: &bool) -> bool {
    !*value
}

/// `data/models/<service>.json`.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Model {
    /// Where it comes from, with the version.
    pub source: String,
    pub metadata: Metadata,
    pub operations: Ordered<Operation>,
    pub shapes: Ordered<Shape>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    pub api_version: String,
    pub endpoint_prefix: String,
    pub protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xml_namespace: Option<String>,
    /// JSON: what stands before the operation in `X-Amz-Target`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_prefix: Option<String>,
    /// JSON: the version in the content type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_version: Option<String>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Operation {
    pub http: Http,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Reference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authtype: Option<String>,
    #[serde(skip_serializing_if = "no")]
    pub deprecated: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Http {
    pub method: String,
    pub request_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_code: Option<u16>,
}

impl Default for Http {
    fn default() -> Self {
        Self { method: "POST".to_owned(), request_uri: "/".to_owned(), response_code: None }
    }
}

/// A use of a shape: an operation's input, a structure's member, a list's element.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Reference {
    pub shape: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_name: Option<String>,
    #[serde(skip_serializing_if = "no")]
    pub flattened: bool,
    #[serde(skip_serializing_if = "no")]
    pub streaming: bool,
    #[serde(skip_serializing_if = "no")]
    pub xml_attribute: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xml_namespace: Option<Namespace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_wrapper: Option<String>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Namespace {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    pub uri: String,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Shape {
    pub r#type: String,
    #[serde(skip_serializing_if = "Ordered::is_empty")]
    pub members: Ordered<Reference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Box<Reference>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Box<Reference>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<Reference>>,
    #[serde(skip_serializing_if = "no")]
    pub flattened: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub r#enum: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Only from patches: what is matched in place of `pattern`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp_format: Option<String>,
    #[serde(skip_serializing_if = "no")]
    pub sensitive: bool,
    #[serde(skip_serializing_if = "no")]
    pub eventstream: bool,
    #[serde(skip_serializing_if = "no")]
    pub exception: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorTrait>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xml_namespace: Option<Namespace>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ErrorTrait {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub http_status_code: u16,
}

/// `data/patches/<service>.json`: what we say otherwise than the model, each with its reason.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Patches {
    /// The operations we declare of a service that has far more; empty for all of them. What is
    /// not declared is unknown to the server.
    pub only: Vec<String>,
    pub shapes: Vec<ShapePatch>,
    pub operations: Vec<OperationPatch>,
    pub errors: Vec<ErrorPatch>,
}

/// Replaces what it names of a shape; gives one member a shape of its own where `member` is set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ShapePatch {
    pub shape: String,
    #[serde(default)]
    pub member: Option<String>,
    pub reason: String,
    #[serde(default)]
    pub min: Option<i64>,
    #[serde(default)]
    pub max: Option<i64>,
    #[serde(default)]
    pub pattern: Option<String>,
    #[serde(default)]
    pub matched: Option<String>,
    #[serde(default)]
    pub sensitive: Option<bool>,
    #[serde(default)]
    pub flattened: Option<bool>,
    #[serde(default)]
    pub location_name: Option<String>,
    /// With `member`: the shape it has instead, or the shape of a member that the model lacks.
    #[serde(default)]
    pub is: Option<String>,
    /// With `member`: where it stands, for members that the model lacks.
    #[serde(default)]
    pub location: Option<String>,
    /// With `member`: it must be given (or need not be).
    #[serde(default)]
    pub required: Option<bool>,
    /// Values that the model does not list.
    #[serde(default)]
    pub values: Vec<String>,
    /// Members that are written before the others.
    #[serde(default)]
    pub first: Vec<String>,
    /// Members that are written behind the others.
    #[serde(default)]
    pub last: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OperationPatch {
    pub operation: String,
    pub reason: String,
    #[serde(default)]
    pub result: Option<String>,
    #[serde(default)]
    pub status: Option<u16>,
    #[serde(default)]
    pub deprecated: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorPatch {
    pub code: String,
    pub status: u16,
    pub reason: String,
}
