//! The sections of a template, typed. Reading checks what can be checked without values: members,
//! names, the shape of every function and that what is referred to exists. Not checked here:
//! resource types and their properties (`schema`), and what depends on parameters (`condition`,
//! `graph`).
//!
//! Source: AWS CloudFormation User Guide, "Template anatomy" and "CloudFormation quotas".

use indexmap::IndexMap;

use super::{Error, Map, Names, Parameter, Scope, Value, check, parse};

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
const DELETION_POLICY: &str = "DeletionPolicy";
const UPDATE_REPLACE_POLICY: &str = "UpdateReplacePolicy";
const MAX_DESCRIPTION: usize = 1024;
const MAX_RESOURCES: usize = 500;
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

/// One member of Resources. Functions in it are not resolved yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub resource_type: String,
    pub properties: Map,
    pub depends_on: Vec<String>,
    pub condition: Option<String>,
    pub deletion_policy: Option<DeletionPolicy>,
    pub update_replace_policy: Option<DeletionPolicy>,
    /// DeletionPolicy and UpdateReplacePolicy where a function answers them, by name.
    pub computed_policies: Map,
    pub metadata: Option<Value>,
    pub creation_policy: Option<Value>,
    pub update_policy: Option<Value>,
}

impl Resource {
    /// The parts in which functions may stand, each with the member that holds it.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Value> {
        let others = [&self.metadata, &self.creation_policy, &self.update_policy];
        self.properties.values().chain(others.into_iter().flatten())
    }
}

/// A resource's name, its DeletionPolicy and its UpdateReplacePolicy.
pub type Policies = (String, Option<DeletionPolicy>, Option<DeletionPolicy>);

/// What becomes of a resource that leaves its stack, or of the one it replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionPolicy {
    Delete,
    Retain,
    RetainExceptOnCreate,
    Snapshot,
}

impl DeletionPolicy {
    /// As the template writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
            Self::Snapshot => "Snapshot",
        }
    }
}

/// One member of Outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub value: Value,
    pub description: Option<String>,
    pub condition: Option<String>,
    /// The expression of the export's name.
    pub export: Option<Value>,
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

    /// Computes the policies of resources that functions answer, given the conditions.
    ///
    /// # Errors
    /// What a function fails on; a policy that is none.
    pub fn policies(&self, scope: &Scope<'_>) -> Result<Vec<Policies>, Error> {
        let computed = self.resources.iter().filter(|(_, it)| !it.computed_policies.is_empty());
        let each = computed.map(|(name, resource)| {
            let answer = |member: &'static str, known: Option<DeletionPolicy>| match resource
                .computed_policies
                .get(member)
            {
                None => Ok(known),
                Some(call) => policy(name, member, scope.resolve(call)?),
            };
            let deletion = answer(DELETION_POLICY, resource.deletion_policy)?;
            let replace = answer(UPDATE_REPLACE_POLICY, resource.update_replace_policy)?;
            Ok((name.clone(), deletion, replace))
        });
        each.collect()
    }

    /// Puts computed policies in their place.
    ///
    /// # Errors
    /// A snapshot of what has none.
    pub fn set_policies(&mut self, policies: Vec<Policies>) -> Result<(), Error> {
        for (name, deletion, replace) in policies {
            if let Some(resource) = self.resources.get_mut(&name) {
                resource.deletion_policy = deletion;
                resource.update_replace_policy = replace;
                refuse_snapshot(resource)?;
            }
        }
        Ok(())
    }

    /// The same with nothing to make.
    #[must_use]
    pub fn without_resources(self) -> Self {
        Self { resources: IndexMap::new(), ..self }
    }
}

fn outlined(section: Option<&Value>, resources: &mut IndexMap<String, Resource>) {
    for (name, member) in section.and_then(Value::as_map).into_iter().flatten() {
        if let Some([_, _, fragment]) = member.as_list() {
            outlined(Some(fragment), resources);
            continue;
        }
        let Some(map) = member.as_map() else { continue };
        let Some(Value::String(resource_type)) = map.get("Type") else { continue };
        let properties = map.get("Properties").and_then(Value::as_map).cloned();
        let resource = Resource {
            resource_type: resource_type.clone(),
            properties: properties.unwrap_or_default(),
            depends_on: Vec::new(),
            condition: None,
            deletion_policy: None,
            update_replace_policy: None,
            computed_policies: Map::new(),
            metadata: None,
            creation_policy: None,
            update_policy: None,
        };
        resources.insert(name.clone(), resource);
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

pub(super) fn mappings(root: &Map) -> Result<Map, Error> {
    let section = section(root, "Mappings")?;
    limit("mappings", section.len(), MAX_MEMBERS)?;
    for (name, mapping) in &section {
        alphanumeric("Mapping", name)?;
        let mapping = mapping.as_map().ok_or_else(|| Error::MappingNotMap(name.clone()))?;
        limit("attributes in mapping", mapping.len(), MAX_MEMBERS)?;
        for (key, attributes) in mapping {
            let attributes =
                attributes.as_map().ok_or_else(|| Error::MappingNotMap(key.clone()))?;
            attributes.iter().try_for_each(|(name, value)| mapping_attribute(name, value))?;
        }
    }
    Ok(section)
}

fn mapping_attribute(name: &str, value: &Value) -> Result<(), Error> {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) {
        return Err(Error::MappingName(name.to_owned()));
    }
    match value {
        Value::List(list) if list.iter().all(|item| item.text().is_some()) => Ok(()),
        value if value.text().is_some() => Ok(()),
        _ => Err(Error::MappingAttribute),
    }
}

fn resources(root: &Map) -> Result<IndexMap<String, Resource>, Error> {
    let section = match root.get("Resources") {
        Some(Value::String(_)) => return Err(Error::MemberNotObject { section: "Resources" }),
        _ => section(root, "Resources")?,
    };
    if section.is_empty() {
        return Err(Error::NoResources);
    }
    limit("resources", section.len(), MAX_RESOURCES)?;
    let mut resources = IndexMap::new();
    for (name, value) in section {
        alphanumeric("Resource", &name)?;
        let Value::Map(map) = value else {
            return Err(Error::MemberNotObject { section: "Resources" });
        };
        let resource = resource(&name, map)?;
        resources.insert(name, resource);
    }
    Ok(resources)
}

fn resource(name: &str, mut map: Map) -> Result<Resource, Error> {
    let resource_type = match map.shift_remove("Type") {
        Some(Value::String(resource_type)) => resource_type,
        Some(_) => return Err(Error::TypeNotString(name.to_owned())),
        None => return Err(Error::NoType(name.to_owned())),
    };
    let mut computed_policies = Map::new();
    for member in [DELETION_POLICY, UPDATE_REPLACE_POLICY] {
        if map.get(member).is_some_and(|policy| policy.function().is_some())
            && let Some(policy) = map.shift_remove(member)
        {
            computed_policies.insert(member.to_owned(), policy);
        }
    }
    let resource = Resource {
        computed_policies,
        properties: match map.shift_remove("Properties") {
            None => Map::new(),
            Some(Value::Map(properties)) => properties,
            Some(_) => return Err(Error::UnsupportedStructure),
        },
        depends_on: depends_on(map.shift_remove("DependsOn"))?,
        condition: string(map.shift_remove("Condition"), "Condition")?,
        deletion_policy: policy(name, DELETION_POLICY, map.shift_remove(DELETION_POLICY))?,
        update_replace_policy: policy(
            name,
            UPDATE_REPLACE_POLICY,
            map.shift_remove(UPDATE_REPLACE_POLICY),
        )?,
        metadata: map.shift_remove("Metadata"),
        creation_policy: map.shift_remove("CreationPolicy"),
        update_policy: map.shift_remove("UpdatePolicy"),
        resource_type,
    };
    refuse_rest("resource", &map)?;
    refuse_snapshot(&resource)?;
    Ok(resource)
}

/// The types of which AWS takes a snapshot before it deletes one.
const SNAPSHOTS: [&str; 8] = [
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

fn refuse_snapshot(resource: &Resource) -> Result<(), Error> {
    let kind = &resource.resource_type;
    let taken = SNAPSHOTS.contains(&kind.as_str());
    let asked = |policy: Option<DeletionPolicy>| policy == Some(DeletionPolicy::Snapshot) && !taken;
    if asked(resource.deletion_policy) {
        return Err(Error::Snapshot { resource_type: kind.clone(), policy: "deletion policy" });
    }
    if asked(resource.update_replace_policy) {
        let policy = "update replace policy";
        return Err(Error::Snapshot { resource_type: kind.clone(), policy });
    }
    Ok(())
}

fn refuse_rest(kind: &'static str, rest: &Map) -> Result<(), Error> {
    match rest.keys().next() {
        None => Ok(()),
        Some(name) => Err(Error::UnknownMember { kind, name: name.clone() }),
    }
}

fn depends_on(value: Option<Value>) -> Result<Vec<String>, Error> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::String(name)) => Ok(vec![name]),
        Some(Value::List(list)) => list
            .into_iter()
            .map(|item| match item {
                Value::String(name) => Ok(name),
                _ => Err(Error::DependsOn),
            })
            .collect(),
        Some(_) => Err(Error::DependsOn),
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

fn policy(
    resource: &str,
    member: &'static str,
    value: Option<Value>,
) -> Result<Option<DeletionPolicy>, Error> {
    let Some(text) = string(value, member)? else {
        return Ok(None);
    };
    match text.as_str() {
        "Delete" => Ok(Some(DeletionPolicy::Delete)),
        "Retain" => Ok(Some(DeletionPolicy::Retain)),
        "RetainExceptOnCreate" if member == DELETION_POLICY => {
            Ok(Some(DeletionPolicy::RetainExceptOnCreate))
        }
        "Snapshot" => Ok(Some(DeletionPolicy::Snapshot)),
        _ => Err(Error::Policy { member, value: text, resource: resource.to_owned() }),
    }
}

fn outputs(root: &Map) -> Result<IndexMap<String, Output>, Error> {
    let section = section(root, "Outputs")?;
    limit("outputs", section.len(), MAX_MEMBERS)?;
    let mut outputs = IndexMap::new();
    for (name, value) in section {
        alphanumeric("Output", &name)?;
        let Value::Map(map) = value else {
            return Err(Error::MemberNotObject { section: "Outputs" });
        };
        outputs.insert(name, output(map)?);
    }
    Ok(outputs)
}

fn output(mut map: Map) -> Result<Output, Error> {
    let output = Output {
        value: map.shift_remove("Value").ok_or(Error::NoOutputValue)?,
        description: string(map.shift_remove("Description"), "Description")?,
        condition: string(map.shift_remove("Condition"), "Condition")?,
        export: match map.shift_remove("Export") {
            None => None,
            Some(Value::Map(mut export)) => {
                Some(export.shift_remove("Name").ok_or(Error::NoExportName)?)
            }
            Some(_) => return Err(Error::NoExportName),
        },
    };
    refuse_rest("output", &map)?;
    if output.value.as_list().is_some() {
        return Err(Error::MemberNotString("Value"));
    }
    Ok(output)
}
