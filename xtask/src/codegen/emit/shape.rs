//! Shapes: structures, enumerations, lists, maps and scalars, each as one declaration.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::Failure;
use super::super::model::{Reference, Shape};
use super::super::names;
use super::Source;

impl Source<'_> {
    pub fn shape(&mut self, name: &str) -> Result<(), Failure> {
        let shape = self.get(name)?;
        let table = self.table(name);
        let limits = limits(shape);
        match shape.r#type.as_str() {
            "structure" => return self.structure(name, shape),
            "string" if !shape.r#enum.is_empty() => self.enumeration(name, shape),
            "list" => {
                let element = shape.member.as_deref().ok_or("a list without an element")?;
                let wire = element.location_name.as_deref().unwrap_or("member");
                let element = self.table(&element.shape);
                let flattened = shape.flattened;
                writeln!(
                    self.out,
                    "list! {{ {table} = {name:?}, {wire:?}: &{element}, flattened: {flattened}{} }}",
                    tail(&limits)
                )?;
            }
            "map" => {
                let (key, value) =
                    shape.key.as_deref().zip(shape.value.as_deref()).ok_or("an odd map")?;
                let key_wire = key.location_name.as_deref().unwrap_or("key");
                let value_wire = value.location_name.as_deref().unwrap_or("value");
                let (key, value) = (self.table(&key.shape), self.table(&value.shape));
                let flattened = shape.flattened;
                writeln!(
                    self.out,
                    "map! {{ {table} = {name:?}, {key_wire:?}: &{key}, {value_wire:?}: &{value}, \
                     flattened: {flattened}{} }}",
                    tail(&limits)
                )?;
            }
            _ => {
                let kind = kind(shape)?;
                let pattern = pattern(shape);
                writeln!(
                    self.out,
                    "shape! {{ {table} = Shape::new({name:?}, Kind::{kind}){limits}{pattern} }}"
                )?;
            }
        }
        Ok(())
    }

    fn enumeration(&mut self, name: &str, shape: &Shape) {
        self.out += &format!(
            "enumeration! {{ {}, {} = {name:?} {{\n",
            names::type_name(name),
            self.table(name)
        );
        let mut seen = BTreeSet::new();
        for value in &shape.r#enum {
            let mut variant = names::variant(value);
            while !seen.insert(variant.clone()) {
                variant.push('2');
            }
            self.out += &format!("    {variant} = {value:?},\n");
        }
        self.out += "} }\n";
    }

    fn structure(&mut self, name: &str, shape: &Shape) -> Result<(), Failure> {
        let (type_name, table) = (names::type_name(name), self.table(name));
        let mut lines = String::new();
        let mut index = 0_usize;
        for (member, reference) in &shape.members.0 {
            if self.streams(reference)? {
                continue;
            }
            let field = names::field(member);
            let required = shape.required.contains(member);
            let rust = self.member_type(name, reference, required)?;
            let declared = self.member(shape, member, reference, required)?;
            writeln!(lines, "    {index} {field}: {rust} = {declared};")?;
            index += 1;
        }
        let body = if lines.is_empty() { String::new() } else { format!("\n{lines}") };
        writeln!(self.out, "structure! {{ {type_name}, {table} = {name:?} {{{body}}} }}")?;
        Ok(())
    }

    fn member(
        &self,
        owner: &Shape,
        name: &str,
        reference: &Reference,
        required: bool,
    ) -> Result<String, Failure> {
        let shape = self.get(&reference.shape)?;
        let mut text = format!("Member::new({name:?}, &{})", self.table(&reference.shape));
        let flattened = reference.flattened || shape.flattened;
        let element = shape.member.as_ref().filter(|_| flattened);
        let element_name = element.and_then(|element| element.location_name.as_ref());
        if let Some(wire) = reference.location_name.as_ref().or(element_name) {
            write!(text, ".wire({wire:?})")?;
        }
        let location = if owner.payload.as_deref() == Some(name) {
            Some("payload")
        } else {
            reference.location.as_deref()
        };
        if let Some(location) = location {
            let place = match location {
                "payload" => "Payload",
                "header" => "Header",
                "headers" => "Headers",
                "querystring" => "Query",
                "uri" => "Uri",
                "statusCode" => "Status",
                other => return Err(format!("no such location: {other}").into()),
            };
            write!(text, ".at(Location::{place})")?;
        }
        if required {
            text += ".required()";
        }
        if reference.xml_attribute {
            text += ".attribute()";
        }
        if flattened {
            text += ".flattened()";
        }
        if let Some(namespace) = reference.xml_namespace.as_ref().or(shape.xml_namespace.as_ref()) {
            write!(text, ".namespace({:?}, {:?})", namespace.prefix, namespace.uri)?;
        }
        Ok(text)
    }

    fn member_type(
        &self,
        owner: &str,
        member: &Reference,
        required: bool,
    ) -> Result<String, Failure> {
        let mut rust = self.rust_type(&member.shape)?;
        if self.holds(&member.shape, owner, &mut BTreeSet::new())? {
            rust = format!("Box<{rust}>");
        }
        Ok(if required { rust } else { format!("Option<{rust}>") })
    }

    /// Whether a value of `name` holds one of `target` in itself, not behind a list or a map.
    fn holds(
        &self,
        name: &str,
        target: &str,
        seen: &mut BTreeSet<String>,
    ) -> Result<bool, Failure> {
        if name == target {
            return Ok(true);
        }
        if !seen.insert(name.to_owned()) {
            return Ok(false);
        }
        for (_, member) in &self.get(name)?.members.0 {
            if self.holds(&member.shape, target, seen)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn rust_type(&self, name: &str) -> Result<String, Failure> {
        let shape = self.get(name)?;
        let inner = |reference: &Option<Box<Reference>>| {
            let reference = reference.as_deref().ok_or("a collection of nothing")?;
            self.rust_type(&reference.shape)
        };
        Ok(match shape.r#type.as_str() {
            "string" if shape.r#enum.is_empty() => "String".to_owned(),
            "string" | "structure" => names::type_name(name),
            "integer" => "i32".to_owned(),
            "long" => "i64".to_owned(),
            "float" | "double" => "f64".to_owned(),
            "boolean" => "bool".to_owned(),
            "timestamp" => "Timestamp".to_owned(),
            "blob" => "Blob".to_owned(),
            "list" => format!("Vec<{}>", inner(&shape.member)?),
            "map" => format!("BTreeMap<String, {}>", inner(&shape.value)?),
            other => return Err(format!("no such type: {other}").into()),
        })
    }

    /// The inputs and outputs that the model leaves out.
    pub fn empty_structures(&mut self) {
        for (name, operation) in &self.model.operations.0 {
            for (reference, suffix) in
                [(&operation.input, "Request"), (&operation.output, "Response")]
            {
                if reference.is_none() {
                    let shape = format!("{name}{suffix}");
                    let table = names::table(&shape);
                    self.out += &format!("structure! {{ {shape}, {table} = {shape:?} {{}} }}\n");
                }
            }
        }
    }
}

fn tail(limits: &str) -> String {
    if limits.is_empty() { String::new() } else { format!(", {limits}") }
}

fn kind(shape: &Shape) -> Result<String, Failure> {
    Ok(match shape.r#type.as_str() {
        "string" => "String".to_owned(),
        "integer" => "Integer".to_owned(),
        "long" => "Long".to_owned(),
        "float" | "double" => "Double".to_owned(),
        "boolean" => "Boolean".to_owned(),
        "blob" => "Blob".to_owned(),
        "timestamp" => match shape.timestamp_format.as_deref() {
            None => "Timestamp(None)".to_owned(),
            Some("iso8601") => "Timestamp(Some(TimestampFormat::Iso8601))".to_owned(),
            Some("rfc822") => "Timestamp(Some(TimestampFormat::Rfc822))".to_owned(),
            Some("unixTimestamp") => "Timestamp(Some(TimestampFormat::UnixSeconds))".to_owned(),
            Some(other) => return Err(format!("no such time format: {other}").into()),
        },
        other => return Err(format!("no such type: {other}").into()),
    })
}

fn limits(shape: &Shape) -> String {
    let mut text = String::new();
    if let Some(min) = shape.min {
        text += &format!(".min({min})");
    }
    if let Some(max) = shape.max {
        text += &format!(".max({max})");
    }
    if shape.sensitive {
        text += ".sensitive()";
    }
    text
}

fn pattern(shape: &Shape) -> String {
    shape.pattern.as_ref().map_or_else(String::new, |pattern| {
        let matched = shape.matched.as_ref().unwrap_or(pattern);
        format!(", {}, {}", raw(pattern), raw(matched))
    })
}

fn raw(text: &str) -> String {
    if text.contains('"') { format!("{text:?}") } else { format!("r\"{text}\"") }
}
