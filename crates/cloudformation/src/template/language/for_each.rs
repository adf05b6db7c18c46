//! `Fn::ForEach`: the fragment once for each item, its identifier replaced.

use super::super::{Map, Value};
use super::fold::Fold;

const PREFIX: &str = "Fn::ForEach::";
/// How deep loops may stand in loops.
const MAX_NESTED: usize = 5;

/// Writes loops out.
pub(super) struct Loops<'l, 'f> {
    pub fold: &'l Fold<'f>,
}

impl Loops<'_, '_> {
    pub fn expand(&self, value: Value, depth: usize) -> Result<Value, String> {
        match value {
            Value::List(list) => {
                let items = list.into_iter().map(|item| self.expand(item, depth));
                items.collect::<Result<_, _>>().map(Value::List)
            }
            Value::Map(map) => self.members(map, depth).map(Value::Map),
            scalar => Ok(scalar),
        }
    }

    fn members(&self, map: Map, depth: usize) -> Result<Map, String> {
        let mut expanded = Map::with_capacity(map.len());
        for (name, member) in map {
            if name.starts_with(PREFIX) {
                self.repeat(&name, &member, depth, &mut expanded)?;
                continue;
            }
            let member = self.expand(member, depth)?;
            put(&mut expanded, name, member)?;
        }
        Ok(expanded)
    }

    fn repeat(
        &self,
        name: &str,
        value: &Value,
        depth: usize,
        into: &mut Map,
    ) -> Result<(), String> {
        if depth >= MAX_NESTED {
            // (unverified)
            return Err(format!("Fn::ForEach can be nested {MAX_NESTED} times at most: {name}"));
        }
        let layout = || "Fn::ForEach layout is incorrect".to_owned();
        let Some([Value::String(identifier), collection, Value::Map(fragment)]) = value.as_list()
        else {
            return Err(layout());
        };
        if identifier.is_empty() {
            return Err(layout());
        }
        for item in self.collection(name, collection)? {
            let fragment = Value::Map(fragment.clone());
            let Value::Map(round) = replace(fragment, identifier, &item) else { continue };
            self.fold.spend(&Value::Map(round.clone()))?;
            for (name, member) in self.members(round, depth.saturating_add(1))? {
                put(into, name, member)?;
            }
        }
        Ok(())
    }

    fn collection(&self, name: &str, collection: &Value) -> Result<Vec<String>, String> {
        // (unverified)
        let unresolved = || format!("Fn::ForEach could not resolve the collection of {name}");
        let Value::List(items) = self.fold.value(collection.clone())? else {
            return Err(unresolved());
        };
        let mut texts = Vec::new();
        for item in items {
            match item {
                // A list within the list: the values of a list parameter.
                Value::List(inner) => {
                    for item in inner {
                        texts.push(item.text().ok_or_else(unresolved)?.into_owned());
                    }
                }
                item => texts.push(item.text().ok_or_else(unresolved)?.into_owned()),
            }
        }
        Ok(texts)
    }
}

fn put(map: &mut Map, name: String, value: Value) -> Result<(), String> {
    if map.contains_key(&name) {
        return Err(format!(
            "Duplicate key '{name}' when merging keys to parent object in Fn::ForEach"
        ));
    }
    map.insert(name, value);
    Ok(())
}

/// `${Identifier}` and `{"Ref": "Identifier"}` become the item, `&{Identifier}` what of it is
/// alphanumeric. An inner loop that has the same identifier keeps its own.
fn replace(value: Value, identifier: &str, item: &str) -> Value {
    if let Some(("Ref", Value::String(name))) = value.function()
        && name == identifier
    {
        return Value::string(item);
    }
    match value {
        Value::String(text) => Value::String(replace_text(&text, identifier, item)),
        Value::List(list) => {
            Value::List(list.into_iter().map(|value| replace(value, identifier, item)).collect())
        }
        Value::Map(map) => {
            let members = map.into_iter().map(|(name, value)| {
                let own = name.starts_with(PREFIX)
                    && matches!(value.as_list(), Some([Value::String(inner), ..]) if inner == identifier);
                let value = if own { value } else { replace(value, identifier, item) };
                (replace_text(&name, identifier, item), value)
            });
            Value::Map(members.collect())
        }
        scalar => scalar,
    }
}

fn replace_text(text: &str, identifier: &str, item: &str) -> String {
    if !text.contains(identifier) {
        return text.to_owned();
    }
    let plain: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
    text.replace(&format!("${{{identifier}}}"), item).replace(&format!("&{{{identifier}}}"), &plain)
}
