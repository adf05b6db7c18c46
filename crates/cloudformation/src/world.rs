//! Where a stack's template meets what there is: its parameters, its resources, the exports of the
//! region.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateway::{Cx, Error};
use store::Keyring;

use crate::schema::{ResourceSchema, Schemas};
use crate::tables::{ALL, EXPORTS, StackKey, StackResource};
use crate::template::intrinsics::Lookup;
use crate::template::{Bound, Environment, PseudoParameters, Template, Value};

/// The types of which each property is an attribute too. (recorded)
const OPEN: [&str; 2] = ["AWS::SNS::Topic", "AWS::SSM::Parameter"];

/// An [`Environment`] of one stack.
pub struct World<'a> {
    key: &'a StackKey,
    template: &'a Template,
    pseudo: PseudoParameters,
    bound: Bound,
    resources: &'a BTreeMap<String, StackResource>,
    exports: BTreeMap<String, String>,
    keyring: Arc<Keyring>,
    imported: RefCell<BTreeSet<String>>,
    /// Resources that are there and will be others.
    replaced: RefCell<BTreeSet<String>>,
}

impl<'a> World<'a> {
    /// # Errors
    /// Only what the store says.
    pub fn new(
        cx: &Cx<'_>,
        key: &'a StackKey,
        template: &'a Template,
        pseudo: PseudoParameters,
        bound: Bound,
        resources: &'a BTreeMap<String, StackResource>,
    ) -> Result<Self, Error> {
        let range = EXPORTS.prefix((key.account.number(), key.region.as_str()));
        let exports = EXPORTS.scan(cx.tx, range, ALL)?;
        Ok(Self {
            key,
            template,
            pseudo,
            bound,
            resources,
            exports: exports.into_iter().map(|((.., name), export)| (name, export.value)).collect(),
            keyring: Arc::clone(cx.keyring()),
            imported: RefCell::default(),
            replaced: RefCell::default(),
        })
    }

    /// The same with secrets masked: for all that is shown.
    pub fn masked(&self) -> World<'_> {
        World {
            key: self.key,
            template: self.template,
            pseudo: self.pseudo.clone(),
            bound: self.bound.masked(),
            resources: self.resources,
            exports: self.exports.clone(),
            keyring: Arc::clone(&self.keyring),
            imported: RefCell::default(),
            replaced: self.replaced.clone(),
        }
    }

    /// From here on a resource is as if it were not made: another one will take its place.
    pub fn replace(&self, logical_id: &str) {
        self.replaced.borrow_mut().insert(logical_id.to_owned());
    }

    /// The exports that were asked for so far, those that do not exist excepted.
    pub fn imported(&self) -> BTreeSet<String> {
        self.imported.borrow().clone()
    }

    fn made(&self, logical_id: &str) -> Option<(&StackResource, &str)> {
        let resource = self.resources.get(logical_id).filter(|resource| !resource.is_gone())?;
        if self.replaced.borrow().contains(logical_id) {
            return None;
        }
        Some((resource, resource.physical_id.as_deref()?))
    }
}

impl Environment for World<'_> {
    fn pseudo(&self) -> &PseudoParameters {
        &self.pseudo
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        self.bound.get(name)
    }

    fn reference(&self, logical_id: &str) -> Lookup {
        match self.made(logical_id) {
            Some((_, physical_id)) => Lookup::Known(Value::string(physical_id)),
            None if self.template.resources.contains_key(logical_id) => Lookup::NotYet,
            None => Lookup::Absent,
        }
    }

    fn attribute(&self, logical_id: &str, name: &str) -> Lookup {
        let declared = self.template.resources.get(logical_id);
        let schema = declared.and_then(|resource| Schemas::bundled().get(&resource.resource_type));
        let open = declared.is_some_and(|it| OPEN.contains(&it.resource_type.as_str()));
        let known = |schema: &ResourceSchema| {
            schema.has_attribute(name) || open && schema.has_property(name)
        };
        if !schema.is_some_and(known) {
            return Lookup::Absent;
        }
        let Some((resource, _)) = self.made(logical_id) else { return Lookup::NotYet };
        let sealed = resource.open(&self.keyring, self.key).unwrap_or_default();
        match sealed.attributes.get(name) {
            Some(text) => Lookup::Known(Value::string(text)),
            None => match sealed.applied().shift_remove(name) {
                Some(value) if open => Lookup::Known(value),
                _ => Lookup::Absent,
            },
        }
    }

    fn import(&self, export: &str) -> Option<String> {
        let value = self.exports.get(export)?.clone();
        self.imported.borrow_mut().insert(export.to_owned());
        Some(value)
    }

    fn availability_zones(&self, region: &str) -> Vec<String> {
        let region = if region.is_empty() { &self.pseudo.region } else { region };
        ["a", "b", "c"].iter().map(|zone| format!("{region}{zone}")).collect()
    }
}
