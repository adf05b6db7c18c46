//! Which resource waits for which: Ref, Fn::GetAtt, Fn::Sub and DependsOn between the resources
//! whose conditions hold. Creation goes along the edges, deletion against them.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::reference::{self, Branches, Reference};
use super::{Block, Conditions, Error, Names, Resource, Template};

/// The order of a template's resources; without circles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    dependencies: IndexMap<String, BTreeSet<String>>,
    levels: Vec<Vec<String>>,
}

impl Graph {
    /// The graph of the resources that exist under these conditions. A DependsOn on one that does
    /// not is ignored, as on AWS.
    ///
    /// # Errors
    /// A mention of a resource whose condition is false, in Resources or Outputs; a circle.
    pub fn of(template: &Template, conditions: &Conditions) -> Result<Self, Error> {
        let exists = |resource: &Resource| conditions.admits(resource.condition.as_deref());
        let mut missing = Vec::new();
        let graph = build(template, Branches::Taken(conditions), exists, &mut missing);
        if !missing.is_empty() {
            return Err(Error::Unresolved { names: unique(missing), block: Block::Resources });
        }
        let graph = graph?;
        graph.check_outputs(template, conditions)?;
        Ok(graph)
    }

    /// The part of the graph that holds whatever the conditions say: enough to refuse a circle
    /// before parameters have values.
    pub(super) fn certain(template: &Template) -> Result<Self, Error> {
        let exists = |resource: &Resource| resource.condition.is_none();
        build(template, Branches::Certain, exists, &mut Vec::new())
    }

    /// The resources that exist, in the order of the template.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.dependencies.keys().map(String::as_str)
    }

    /// Whether the resource exists under the graph's conditions.
    pub fn contains(&self, logical_id: &str) -> bool {
        self.dependencies.contains_key(logical_id)
    }

    /// What must exist before this resource.
    pub fn dependencies(&self, logical_id: &str) -> impl Iterator<Item = &str> {
        self.dependencies.get(logical_id).into_iter().flatten().map(String::as_str)
    }

    /// What must be gone before this resource may go, in the order of the template.
    pub fn dependents<'a>(&'a self, logical_id: &'a str) -> impl Iterator<Item = &'a str> {
        self.dependencies
            .iter()
            .filter(move |(_, needs)| needs.contains(logical_id))
            .map(|(name, _)| name.as_str())
    }

    /// Creation in steps: the members of one level wait only for earlier levels.
    pub fn levels(&self) -> &[Vec<String>] {
        &self.levels
    }

    /// Creation one after the other; read backwards, deletion.
    pub fn order(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.levels.iter().flatten().map(String::as_str)
    }

    /// What may be created next, given what is done; nothing that is done itself.
    pub fn ready(&self, done: &BTreeSet<String>) -> Vec<&str> {
        self.dependencies
            .iter()
            .filter(|(name, needs)| !done.contains(*name) && needs.is_subset(done))
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// What may be deleted next, given what is gone; nothing that is gone itself.
    pub fn ready_to_delete(&self, gone: &BTreeSet<String>) -> Vec<&str> {
        let mut needed = BTreeSet::new();
        for (name, needs) in &self.dependencies {
            if !gone.contains(name) {
                needed.extend(needs);
            }
        }
        self.dependencies
            .keys()
            .filter(|name| !gone.contains(*name) && !needed.contains(name))
            .map(String::as_str)
            .collect()
    }

    fn check_outputs(&self, template: &Template, conditions: &Conditions) -> Result<(), Error> {
        let mut found = Vec::new();
        for output in template.outputs.values() {
            if conditions.admits(output.condition.as_deref()) {
                for value in std::iter::once(&output.value).chain(&output.export) {
                    reference::collect(value, Branches::Taken(conditions), &mut found);
                }
            }
        }
        let missing: Vec<&str> = found
            .iter()
            .filter_map(resource_of)
            .filter(|name| template.resources.contains_key(*name) && !self.contains(name))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Error::UnresolvedOutput(unique(missing))) }
    }
}

/// Sorts nodes into levels: each node's needs stand in earlier levels. Needs that are no nodes do
/// not count.
///
/// # Errors
/// The nodes that cannot be ordered: circles, and what waits for them.
pub(super) fn levels<'a>(
    edges: &IndexMap<&'a str, BTreeSet<&'a str>>,
) -> Result<Vec<Vec<&'a str>>, Vec<&'a str>> {
    let mut waiting: IndexMap<&str, usize> = IndexMap::new();
    let mut dependents: IndexMap<&str, Vec<&'a str>> = IndexMap::new();
    for (name, needs) in edges {
        let needs = needs.iter().filter(|need| edges.contains_key(*need));
        waiting.insert(name, needs.clone().count());
        needs.for_each(|need| dependents.entry(need).or_default().push(name));
    }
    let mut levels = Vec::new();
    let mut level: Vec<&'a str> =
        edges.keys().copied().filter(|name| waiting.get(name) == Some(&0)).collect();
    let mut left: BTreeSet<&str> = edges.keys().copied().collect();
    while !level.is_empty() {
        let mut next = Vec::new();
        for name in &level {
            left.remove(name);
            for dependent in dependents.get(name).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(dependent) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        next.push(*dependent);
                    }
                }
            }
        }
        next.sort_by_key(|name| edges.get_index_of(name));
        levels.push(std::mem::replace(&mut level, next));
    }
    if left.is_empty() {
        return Ok(levels);
    }
    Err(edges.keys().copied().filter(|name| left.contains(name)).collect())
}

fn build<'a>(
    template: &'a Template,
    branches: Branches<'_>,
    exists: impl Fn(&Resource) -> bool,
    missing: &mut Vec<&'a str>,
) -> Result<Graph, Error> {
    let mut edges: IndexMap<&str, BTreeSet<&str>> = IndexMap::new();
    for (name, resource) in template.resources.iter().filter(|(_, resource)| exists(resource)) {
        let mut found = Vec::new();
        resource.expressions().for_each(|value| reference::collect(value, branches, &mut found));
        let mut needs = BTreeSet::new();
        for need in found.iter().filter_map(resource_of) {
            match template.resources.get(need) {
                Some(resource) if exists(resource) => drop(needs.insert(need)),
                Some(_) => missing.push(need),
                None => {}
            }
        }
        let explicit = resource.depends_on.iter().map(String::as_str);
        needs.extend(explicit.filter(|need| template.resources.get(*need).is_some_and(&exists)));
        edges.insert(name, needs);
    }
    let levels =
        levels(&edges).map_err(|circle| Error::ResourceCycle(circle.into_iter().collect()))?;
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Ok(Graph {
        levels: levels.iter().map(|level| own(level)).collect(),
        dependencies: edges
            .into_iter()
            .map(|(name, needs)| (name.to_owned(), needs.into_iter().map(str::to_owned).collect()))
            .collect(),
    })
}

/// The name mentioned, a resource's if there is one of that name.
fn resource_of<'a>(mention: &Reference<'a>) -> Option<&'a str> {
    match *mention {
        Reference::Name(name)
        | Reference::Attribute(name, _)
        | Reference::SubAttribute(name, _) => Some(name),
        Reference::If(_) => None,
    }
}

fn unique(names: Vec<&str>) -> Names {
    let mut seen = BTreeSet::new();
    names.into_iter().filter(|name| seen.insert(*name)).collect()
}
