//! The Resources section: its members with what stands beside their properties, and the policies
//! that say what becomes of a resource.
//!
//! Source: AWS CloudFormation User Guide, "Resource attribute reference".

use indexmap::IndexMap;

use super::{Template, alphanumeric, limit, refuse_rest, section, string};
use crate::template::{Error, Map, Scope, Value};

const MAX_RESOURCES: usize = 500;
const DELETION_POLICY: &str = "DeletionPolicy";
const UPDATE_REPLACE_POLICY: &str = "UpdateReplacePolicy";

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
    pub(in crate::template) fn expressions(&self) -> impl Iterator<Item = &Value> {
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

impl Template {
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
}

pub fn resources(root: &Map) -> Result<IndexMap<String, Resource>, Error> {
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

/// The types and properties of resources, those in loops once, whatever else is wrong with them.
pub fn outlined(section: Option<&Value>, resources: &mut IndexMap<String, Resource>) {
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
