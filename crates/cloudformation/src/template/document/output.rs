//! The Outputs section.

use indexmap::IndexMap;

use super::{MAX_MEMBERS, alphanumeric, limit, refuse_rest, section, string};
use crate::template::{Error, Map, Value};

/// One member of Outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub value: Value,
    pub description: Option<String>,
    pub condition: Option<String>,
    /// The expression of the export's name.
    pub export: Option<Value>,
}

pub fn outputs(root: &Map) -> Result<IndexMap<String, Output>, Error> {
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
