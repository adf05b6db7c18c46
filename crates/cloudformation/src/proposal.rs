//! A template with its parameters bound: what a stack is to be. Read and checked when an operation
//! is asked for, and read again by each step, so that a step needs nothing but the store.

use std::collections::BTreeMap;

use api::cloudformation::{Capability, Parameter};
use gateway::{Cx, Error};

use crate::error;
use crate::resource;
use crate::schema::Schemas;
use crate::tables::{self, StackKey, StackResource, TEMPLATES};
use crate::template::{
    self, Bound, Capabilities, Conditions, Given, Graph, PseudoParameters, Scope, Template, Value,
    parameters,
};
use crate::world::World;

/// What the caller of an operation hands in.
pub struct Request<'a> {
    pub body: &'a str,
    pub parameters: &'a [Parameter],
    /// The texts that `UsePreviousValue` means.
    pub previous: &'a BTreeMap<String, String>,
    pub capabilities: &'a [Capability],
    pub resource_types: &'a [String],
}

pub struct Proposal {
    pub body: String,
    pub template: Template,
    pub bound: Bound,
    pub conditions: Conditions,
    pub graph: Graph,
    pub pseudo: PseudoParameters,
}

impl Proposal {
    /// Reads and checks all that can be before anything is made.
    ///
    /// # Errors
    /// The first fault of template, capabilities or parameters; `NotImplemented` for what is not
    /// built.
    pub fn check(
        cx: &Cx<'_>,
        key: &StackKey,
        stack_name: &str,
        request: &Request<'_>,
    ) -> Result<Self, Error> {
        let template = Template::parse(request.body).map_err(error::template)?;
        Schemas::bundled().recognise(&template).map_err(error::template)?;
        allowed_types(&template, request.resource_types)?;
        let given = given(request.parameters);
        let bound = parameters::bind(&template, &given, request.previous);
        let bound = bound.map_err(error::template)?;
        let acknowledged: Vec<String> =
            request.capabilities.iter().map(|known| known.as_str().to_owned()).collect();
        Capabilities::of(&template).check(&acknowledged).map_err(error::template)?;
        refuse_unbuilt(&template)?;
        let proposal = Self::of(cx, key, stack_name, request.body.to_owned(), template, bound)?;
        proposal.check_resources(cx, key)?;
        Ok(proposal)
    }

    /// Reads what stands in the store under `used`.
    ///
    /// # Errors
    /// As [`Proposal::check`]: exports that conditions rest on may have changed meanwhile.
    pub fn load(cx: &Cx<'_>, key: &StackKey, stack_name: &str, used: &str) -> Result<Self, Error> {
        let body = TEMPLATES.get(cx.tx, key.part(used))?.unwrap_or_default();
        let template = Template::parse(&body).map_err(error::template)?;
        let texts = tables::parameters(cx, key, used)?;
        let given: Vec<Given> = texts
            .into_iter()
            .map(|(name, value)| Given { name, value: Some(value), use_previous: false })
            .collect();
        let bound = parameters::bind(&template, &given, &BTreeMap::new());
        Self::of(cx, key, stack_name, body, template, bound.map_err(error::template)?)
    }

    fn of(
        cx: &Cx<'_>,
        key: &StackKey,
        stack_name: &str,
        body: String,
        template: Template,
        bound: Bound,
    ) -> Result<Self, Error> {
        let pseudo = pseudo(key, stack_name);
        let nothing = BTreeMap::new();
        let world = World::new(cx, key, &template, pseudo.clone(), bound.clone(), &nothing)?;
        let conditions = Conditions::evaluate(&template, &world).map_err(error::template)?;
        let graph = Graph::of(&template, &conditions).map_err(error::template)?;
        drop(world);
        Ok(Self { body, template, bound, conditions, graph, pseudo })
    }

    /// Where the template's functions look, given the resources that are made.
    ///
    /// # Errors
    /// Only what the store says.
    pub fn world<'a>(
        &'a self,
        cx: &Cx<'_>,
        key: &'a StackKey,
        resources: &'a BTreeMap<String, StackResource>,
    ) -> Result<World<'a>, Error> {
        World::new(cx, key, &self.template, self.pseudo.clone(), self.bound.clone(), resources)
    }

    pub fn scope<'a>(&'a self, world: &'a World<'a>) -> Scope<'a> {
        Scope { template: &self.template, conditions: &self.conditions, environment: world }
    }

    /// The parameters' texts, to be kept.
    pub fn texts(&self) -> BTreeMap<String, String> {
        self.bound.texts().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    /// The parameters as they may be shown.
    pub fn shown(&self) -> Vec<(String, String)> {
        self.bound.shown().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    /// Resolves each resource as far as it can be now. An export that does not exist is found when
    /// the stack is made, as on AWS.
    fn check_resources(&self, cx: &Cx<'_>, key: &StackKey) -> Result<(), Error> {
        let nothing = BTreeMap::new();
        let world = self.world(cx, key, &nothing)?;
        let scope = self.scope(&world);
        for logical_id in self.graph.resources() {
            match scope.properties(logical_id) {
                Err(template::Error::NoExport(_)) => {}
                Err(fault) => return Err(error::template(fault)),
                Ok(properties) => {
                    if Value::Map(properties).to_json_text().contains("{{resolve:") {
                        return Err(error::not_implemented("A dynamic reference"));
                    }
                }
            }
        }
        Ok(())
    }
}

fn pseudo(key: &StackKey, stack_name: &str) -> PseudoParameters {
    PseudoParameters {
        account_id: key.account.to_string(),
        notification_arns: Vec::new(),
        partition: "aws".to_owned(),
        region: key.region.clone(),
        stack_id: crate::arn::stack(key, stack_name),
        stack_name: stack_name.to_owned(),
        url_suffix: "amazonaws.com".to_owned(),
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

/// The ResourceTypes parameter: `AWS::EC2::*`, `AWS::*` or a type's whole name.
fn allowed_types(template: &Template, allowed: &[String]) -> Result<(), Error> {
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

/// What a template may say and this server does not do yet is said, never ignored.
fn refuse_unbuilt(template: &Template) -> Result<(), Error> {
    if let Some(name) = template.transforms.first() {
        return Err(error::not_implemented(&format!("The transform {name}")));
    }
    if !template.rules.is_empty() {
        return Err(error::not_implemented("The Rules section of a template"));
    }
    for resource in template.resources.values() {
        if resource::find(&resource.resource_type).is_none() {
            let name = &resource.resource_type;
            return Err(error::not_implemented(&format!("The resource type {name}")));
        }
        if resource.creation_policy.is_some() {
            return Err(error::not_implemented("The CreationPolicy of a resource"));
        }
    }
    Ok(())
}

/// The text of a template that is given by body or by URL.
///
/// # Errors
/// AWS's for neither; `NotImplemented` for a URL that could be one of S3.
pub fn body(body: Option<String>, url: Option<&str>) -> Result<String, Error> {
    match (body, url) {
        (Some(body), None) => Ok(body),
        (None, Some(url)) => Err(refuse_url(url)),
        // AWS has one sentence for both and for neither.
        (None, None) | (Some(_), Some(_)) => {
            let message = "Either Template URL or Template Body must be specified.";
            Err(Error::validation(message))
        }
    }
}

fn refuse_url(url: &str) -> Error {
    if let Some(rest) = url.strip_prefix("s3://") {
        let bucket = rest.split('/').next().unwrap_or_default();
        let message =
            format!("S3 error: Domain name specified in {bucket} is not a valid S3 domain");
        return Error::validation(message);
    }
    if url.starts_with("https://") || url.starts_with("http://") {
        return error::not_implemented("The parameter TemplateURL");
    }
    Error::validation("TemplateURL must be a supported URL.")
}
