//! Operations, the service they belong to, and the errors that it answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::Failure;
use super::super::model::{ErrorPatch, Model, Operation, Reference, Shape};
use super::super::names;
use super::Source;

/// Code to status: the model's exceptions, then ours.
pub fn errors(model: &Model, patches: &[ErrorPatch]) -> BTreeMap<String, u16> {
    let modelled = model.shapes.0.iter().filter(|(_, shape)| shape.exception);
    let mut table: BTreeMap<String, u16> =
        modelled.map(|(name, shape)| error(name, shape)).collect();
    table.extend(patches.iter().map(|patch| (patch.code.clone(), patch.status)));
    table
}

fn error(name: &str, shape: &Shape) -> (String, u16) {
    let (code, status) = shape
        .error
        .as_ref()
        .map_or((None, 400), |error| (error.code.clone(), error.http_status_code));
    (code.unwrap_or_else(|| name.to_owned()), status)
}

impl Source<'_> {
    pub fn operations(
        &mut self,
        service: &str,
        errors: &BTreeMap<String, u16>,
    ) -> Result<(), Failure> {
        self.out.push('\n');
        for (name, operation) in &self.model.operations.0 {
            let end = |reference: &Option<Reference>, suffix: &str| {
                reference
                    .as_ref()
                    .map_or_else(|| format!("{name}{suffix}"), |end| end.shape.clone())
            };
            let (input, output) =
                (end(&operation.input, "Request"), end(&operation.output, "Response"));
            let mut text = format!(
                "operation! {{ {name}: {} => {} = OperationShape::new({service:?}, {name:?}, &{}, &{})",
                names::type_name(&input),
                names::type_name(&output),
                self.table(&input),
                self.table(&output),
            );
            self.operation_traits(&mut text, operation, errors)?;
            text += " }\n";
            self.out += &text;
        }
        Ok(())
    }

    fn operation_traits(
        &self,
        text: &mut String,
        operation: &Operation,
        errors: &BTreeMap<String, u16>,
    ) -> Result<(), Failure> {
        let http = &operation.http;
        let status = http.response_code.unwrap_or(200);
        if (http.method.as_str(), http.request_uri.as_str(), status) != ("POST", "/", 200) {
            write!(text, ".http({:?}, {:?}, {status})", http.method, http.request_uri)?;
        }
        let wrapper = operation.output.as_ref().and_then(|output| output.result_wrapper.as_ref());
        if let Some(wrapper) = wrapper {
            write!(text, ".result({wrapper:?})")?;
        }
        let mut listed = Vec::new();
        for reference in &operation.errors {
            let (code, _) = error(&reference.shape, self.get(&reference.shape)?);
            if errors.contains_key(&code) {
                listed.push(format!("&error::{}", names::table(&code)));
            }
        }
        if !listed.is_empty() {
            write!(text, ".errors(&[{}])", listed.join(", "))?;
        }
        if operation.authtype.as_deref() == Some("none") {
            text.push_str(".unsigned()");
        }
        for (end, word) in
            [(&operation.input, ".streaming_input()"), (&operation.output, ".streaming_output()")]
        {
            let Some(end) = end else { continue };
            for (_, member) in &self.get(&end.shape)?.members.0 {
                if self.streams(member)? {
                    text.push_str(word);
                }
            }
        }
        if operation.deprecated {
            text.push_str(".deprecated()");
        }
        Ok(())
    }

    fn json(&self) -> Result<String, Failure> {
        let metadata = &self.model.metadata;
        let prefix = metadata.target_prefix.as_deref().ok_or("JSON without a target prefix")?;
        let version = metadata.json_version.as_deref().ok_or("JSON without a version")?;
        let spelled = |name: &str| {
            let all = self.model.shapes.0.iter().filter(|(_, shape)| shape.exception);
            all.filter(|(_, shape)| shape.members.get(name).is_some()).count()
        };
        let message = if spelled("message") > spelled("Message") { "message" } else { "Message" };
        Ok(format!(
            "Json(crate::Json {{\n        target_prefix: {prefix:?},\n        version: {version:?},\n        \
             message: {message:?},\n    }})"
        ))
    }

    pub fn service(&mut self, name: &str) -> Result<(), Failure> {
        let metadata = &self.model.metadata;
        let protocol = match metadata.protocol.as_str() {
            "query" => "Query".to_owned(),
            "rest-xml" => "RestXml".to_owned(),
            "json" => self.json()?,
            other => return Err(format!("no such protocol: {other}").into()),
        };
        let s3 = if name == "s3" { "http://s3.amazonaws.com/doc/2006-03-01/" } else { "" };
        let namespace = metadata.xml_namespace.as_deref().unwrap_or(s3);
        let version = &metadata.api_version;
        let mut names: Vec<_> = self.model.operations.0.iter().map(|(name, _)| name).collect();
        names.sort();
        self.out += "\noperations! {\n";
        for operation in names {
            writeln!(self.out, "    {operation},")?;
        }
        writeln!(
            self.out,
            "}}\n\n/// The service.\npub static SERVICE: ServiceShape = ServiceShape {{\n    \
             name: {name:?},\n    api_version: {version:?},\n    \
             protocol: crate::Protocol::{protocol},\n    xml_namespace: {namespace:?},\n    \
             operations: OPERATIONS,\n}};\n"
        )?;
        Ok(())
    }

    pub fn errors(&mut self, errors: &BTreeMap<String, u16>) {
        self.out += "/// What the service answers when it refuses.\npub mod error {\n    \
                     use crate::ErrorShape;\n\n    errors! {\n";
        for (code, status) in errors {
            self.out += &format!("        {} = {code:?}, {status};\n", names::table(code));
        }
        self.out += "    }\n}\n";
    }
}
