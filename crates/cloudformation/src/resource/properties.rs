//! A resource's properties, read by type. The schema has checked them, so what is of another type
//! is as if absent.

use crate::template::{Map, Value};

#[derive(Default)]
pub struct Properties(Map);

impl Properties {
    pub const fn new(properties: Map) -> Self {
        Self(properties)
    }

    pub fn text(&self, name: &str) -> Option<String> {
        text(&self.0, name)
    }

    pub fn integer(&self, name: &str) -> Option<i32> {
        self.text(name)?.parse().ok()
    }

    /// A list of strings; empty where it is absent.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let items = self.0.get(name).and_then(Value::as_list).unwrap_or_default();
        items.iter().filter_map(|item| item.text().map(Into::into)).collect()
    }

    /// A policy document: an object as JSON text, a string as it stands.
    pub fn document(&self, name: &str) -> Option<String> {
        document(&self.0, name)
    }

    /// The names and documents of the `Policies` of a user, group or role.
    pub fn policies(&self) -> Vec<(String, String)> {
        let policies = self.maps("Policies");
        let named = policies.iter().filter_map(|policy| {
            Some((text(policy, "PolicyName")?, document(policy, "PolicyDocument")?))
        });
        named.collect()
    }

    /// Tags, as a list of keys and values or, with some types, as an object.
    pub fn tags(&self, name: &str) -> Vec<(String, String)> {
        if let Some(tags) = self.map(name) {
            return tags.keys().filter_map(|key| Some((key.clone(), text(tags, key)?))).collect();
        }
        let tags = self.maps(name);
        tags.iter().filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value")?))).collect()
    }

    /// The members of an object.
    pub fn map(&self, name: &str) -> Option<&Map> {
        self.0.get(name).and_then(Value::as_map)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The objects of a list.
    pub fn maps(&self, name: &str) -> Vec<&Map> {
        let items = self.0.get(name).and_then(Value::as_list).unwrap_or_default();
        items.iter().filter_map(Value::as_map).collect()
    }
}

/// A boolean member of an object.
pub fn boolean(map: &Map, name: &str) -> Option<bool> {
    text(map, name)?.parse().ok()
}

/// A text member of an object.
pub fn text(map: &Map, name: &str) -> Option<String> {
    map.get(name)?.text().map(Into::into)
}

fn document(map: &Map, name: &str) -> Option<String> {
    match map.get(name)? {
        value @ Value::Map(_) => Some(value.to_json_text()),
        value => value.text().map(Into::into),
    }
}
