//! The Mappings section: map, key, attribute.

use super::{MAX_MEMBERS, alphanumeric, limit, section};
use crate::template::{Error, Map, Value};

pub fn mappings(root: &Map) -> Result<Map, Error> {
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
