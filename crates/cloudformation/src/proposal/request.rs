//! What the caller of an operation hands in beside the name of the stack, and what is checked of it
//! before anything is made.

use std::collections::BTreeMap;

use api::cloudformation::{Capability, Parameter};
use gateway::{Caller, Cx, Error};

use crate::authority::Authority;
use crate::template::{Bound, Capabilities, Given, Template, parameters};
use crate::{error, stored, stored_parameter};

/// What the caller of an operation hands in.
pub struct Request<'a> {
    pub body: &'a str,
    pub parameters: &'a [Parameter],
    /// The texts that `UsePreviousValue` means.
    pub previous: &'a BTreeMap<String, String>,
    pub capabilities: &'a [Capability],
    pub resource_types: &'a [String],
    /// Transforms are run without anybody looking at what they make: that is to be acknowledged.
    pub expands: bool,
    /// The role that acts for the caller.
    pub role_arn: Option<&'a str>,
    /// What `AWS::NotificationARNs` stands for.
    pub notification_arns: &'a [String],
}

impl Request<'_> {
    /// Binds the parameters, and asks Parameter Store for those that it holds.
    pub(super) fn bind(&self, cx: &mut Cx<'_>, template: &Template) -> Result<Bound, Error> {
        let given = given(self.parameters);
        let bound = parameters::bind(template, &given, self.previous).map_err(error::template)?;
        if bound.stored().next().is_none() {
            return Ok(bound);
        }
        let caller = self.caller(cx)?;
        stored_parameter::resolve(cx, &caller, bound, self.expands)
    }

    pub(super) fn caller(&self, cx: &mut Cx<'_>) -> Result<Caller, Error> {
        Authority::of_request(cx, self.role_arn.map(str::to_owned))?.caller(cx)
    }

    pub(super) fn acknowledged(&self, capabilities: &Capabilities) -> Result<(), Error> {
        let acknowledged: Vec<String> =
            self.capabilities.iter().map(|known| known.as_str().to_owned()).collect();
        let mut required = capabilities.clone();
        if !self.expands {
            required = required.without_expansion();
        }
        required.check(&acknowledged).map_err(error::template)
    }

    /// The ResourceTypes parameter: `AWS::EC2::*`, `AWS::*` or a type's whole name.
    pub(super) fn allowed_types(&self, template: &Template) -> Result<(), Error> {
        let allowed = self.resource_types;
        if allowed.is_empty() {
            return Ok(());
        }
        let admits = |pattern: &String, name: &str| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => pattern == name,
        };
        let mut types = template.resources.values().map(|resource| resource.resource_type.as_str());
        match types.find(|name| !allowed.iter().any(|pattern| admits(pattern, name))) {
            None => Ok(()),
            Some(name) => Err(Error::validation(format!(
                "Resource type {name} is not allowed by parameter ResourceTypes [{}]",
                allowed.join(", ")
            ))),
        }
    }
}

fn given(parameters: &[Parameter]) -> Vec<Given> {
    let given = parameters.iter().map(|parameter| Given {
        name: parameter.parameter_key.clone().unwrap_or_default(),
        value: parameter.parameter_value.clone(),
        use_previous: parameter.use_previous_value.unwrap_or(false),
    });
    given.collect()
}

/// The text of a template that is given by body or by URL.
///
/// # Errors
/// AWS's for neither; what S3 says of a URL.
pub fn body(cx: &mut Cx<'_>, body: Option<String>, url: Option<&str>) -> Result<String, Error> {
    match (body, url) {
        (Some(body), None) => Ok(body),
        (None, Some(url)) => stored::template(cx, url),
        // AWS has one sentence for both and for neither.
        (None, None) | (Some(_), Some(_)) => {
            let message = "Either Template URL or Template Body must be specified.";
            Err(Error::validation(message))
        }
    }
}
