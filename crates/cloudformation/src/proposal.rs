//! A template with its parameters bound: what a stack is to be. Read and checked when an operation
//! is asked for, and read again by each step, so that a step needs nothing but the store.

mod request;

use std::collections::{BTreeMap, BTreeSet};

use gateway::{Cx, Error};
pub use request::{Request, body};

use crate::dynamic_reference;
use crate::error;
use crate::notification;
use crate::resource;
use crate::schema::Schemas;
use crate::step::is_ours;
use crate::stored;
use crate::tables::{self, PROCESSED, Processed, StackKey, StackResource, TEMPLATES};
use crate::template::transform::{self, Workshop};
use crate::template::{
    self, Bound, Capabilities, Conditions, Given, Graph, PseudoParameters, Scope, Template, Value,
    parameters, rules,
};
use crate::world::World;

/// What the names begin with under which the values of Parameter Store are kept beside the texts of
/// the parameters that stand for them; no parameter's own name does.
const RESOLVED: &str = "resolved ";

pub struct Proposal {
    /// As it was handed in.
    pub body: String,
    /// What its transforms made of it.
    pub processed: Option<Processed>,
    /// Of what was made.
    pub template: Template,
    pub bound: Bound,
    pub conditions: Conditions,
    pub graph: Graph,
    pub pseudo: PseudoParameters,
}

impl Proposal {
    /// Reads and checks all that can be before anything is made. Where the template's transforms
    /// fail, or what they made is no template, that is the stack's failure, not the request's.
    ///
    /// # Errors
    /// The first fault of template, capabilities or parameters; `NotImplemented` for what is not
    /// built.
    pub fn check(
        cx: &mut Cx<'_>,
        key: &StackKey,
        stack_name: &str,
        request: &Request<'_>,
    ) -> Result<Self, Error> {
        let value = template::parse::parse(request.body).map_err(error::template)?;
        let transforms = transform::declared(&value).map_err(error::template)?;
        if !transforms.is_empty() {
            return Self::expand(cx, key, stack_name, request, value);
        }
        let template = Template::from_value(value).map_err(error::template)?;
        Schemas::bundled().recognise(&template).map_err(error::template)?;
        request.allowed_types(&template)?;
        let bound = request.bind(cx, &template)?;
        Self::admit(cx, key, stack_name, request, (template, bound, None))
    }

    /// All that is checked of a template once its parameters are bound.
    fn admit(
        cx: &mut Cx<'_>,
        key: &StackKey,
        stack_name: &str,
        request: &Request<'_>,
        (template, bound, processed): (Template, Bound, Option<Processed>),
    ) -> Result<Self, Error> {
        request.acknowledged(&Capabilities::of(&template))?;
        refuse_unbuilt(&template)?;
        let body = request.body.to_owned();
        let pseudo = pseudo(key, stack_name, request.notification_arns);
        let proposal = Self::of(cx, key, pseudo, (body, processed), template, bound)?;
        let nothing = BTreeMap::new();
        let world = proposal.world(cx, key, &nothing)?;
        rules::hold(&proposal.scope(&world)).map_err(error::template)?;
        drop(world);
        let references = proposal.check_resources(cx, key)?;
        if !references.is_empty() {
            let caller = request.caller(cx)?;
            dynamic_reference::require(cx, &caller, &references)?;
        }
        Ok(proposal)
    }

    /// The same of a template that is what its transforms make of it.
    fn expand(
        cx: &mut Cx<'_>,
        key: &StackKey,
        stack_name: &str,
        request: &Request<'_>,
        value: Value,
    ) -> Result<Self, Error> {
        let outline = Template::outline(&value).map_err(error::template)?;
        if let Some(name) = outline.transforms.iter().find(|name| transform::is_elsewhere(name)) {
            return Err(error::not_implemented(&format!("The transform {name}")));
        }
        let bound = request.bind(cx, &outline)?;
        request.acknowledged(&Capabilities::of(&outline))?;
        let pseudo = pseudo(key, stack_name, request.notification_arns);
        let made = process(cx, key, pseudo.clone(), (&outline, &bound), value)?;
        let extended = outline.transforms.iter().any(|name| name == transform::LANGUAGE_EXTENSIONS);
        let outcome = made.and_then(|value| {
            let text = value.to_json_text();
            if text.len() > transform::MAX_PROCESSED {
                return Err(template::Error::TooLarge(transform::MAX_PROCESSED));
            }
            let processed = Processed { text, failed: false, extended };
            let template = Template::from_processed(value, extended)?;
            Schemas::bundled().recognise(&template)?;
            Ok((template, bound.clone(), Some(processed)))
        });
        let admitted = outcome.map_err(error::template).and_then(|read| {
            request.allowed_types(&read.0)?;
            Self::admit(cx, key, stack_name, request, read)
        });
        match admitted {
            Err(error) if is_ours(&error) || error.is(gateway::common::NOT_IMPLEMENTED) => {
                Err(error)
            }
            Err(error) => {
                let text = error.message().to_owned();
                let processed = Some(Processed { text, failed: true, extended });
                let body = request.body.to_owned();
                let outline = outline.without_resources();
                Self::of(cx, key, pseudo, (body, processed), outline, bound)
            }
            admitted => admitted,
        }
    }

    /// Reads what stands in the store under `used`.
    ///
    /// # Errors
    /// As [`Proposal::check`]: exports that conditions rest on may have changed meanwhile. The
    /// sentence of transforms that have failed.
    pub fn load(cx: &Cx<'_>, key: &StackKey, stack_name: &str, used: &str) -> Result<Self, Error> {
        let body = TEMPLATES.get(cx.tx, key.part(used))?.unwrap_or_default();
        let processed = PROCESSED.get(cx.tx, key.part(used))?;
        let template = match &processed {
            None => Template::parse(&body),
            Some(processed) if processed.failed => {
                return Err(Error::validation(processed.text.as_str()));
            }
            Some(processed) => template::parse::parse(&processed.text)
                .and_then(|value| Template::from_processed(value, processed.extended)),
        };
        let template = template.map_err(error::template)?;
        let texts = tables::parameters(cx, key, used)?;
        let (resolved, texts): (BTreeMap<_, _>, BTreeMap<_, _>) =
            texts.into_iter().partition(|(name, _)| name.starts_with(RESOLVED));
        let given: Vec<Given> = texts
            .into_iter()
            .map(|(name, value)| Given { name, value: Some(value), use_previous: false })
            .collect();
        let bound = parameters::bind(&template, &given, &BTreeMap::new());
        let mut bound = bound.map_err(error::template)?;
        for (name, value) in resolved {
            bound.resolve(name.trim_start_matches(RESOLVED), value);
        }
        let arns = notification::of_stack(cx, key, used, &body)?;
        let pseudo = pseudo(key, stack_name, &arns);
        Self::of(cx, key, pseudo, (body, processed), template, bound)
    }

    /// Keeps all that [`Proposal::load`] reads.
    ///
    /// # Errors
    /// What the store or the keyring says.
    pub fn keep(&self, cx: &mut Cx<'_>, key: &StackKey, used: &str) -> Result<(), Error> {
        TEMPLATES.put(cx.tx, key.part(used), &self.body)?;
        match &self.processed {
            Some(processed) => PROCESSED.put(cx.tx, key.part(used), processed)?,
            None => PROCESSED.delete(cx.tx, key.part(used)),
        }
        let mut texts = self.texts();
        let resolved = self.bound.resolved();
        texts.extend(resolved.map(|(name, value)| (format!("{RESOLVED}{name}"), value.to_owned())));
        tables::put_parameters(cx, key, used, &texts)
    }

    /// Why the template's transforms failed, where they did.
    pub fn failure(&self) -> Option<&str> {
        self.processed.as_ref().filter(|it| it.failed).map(|it| it.text.as_str())
    }

    pub fn has_failed(&self) -> bool {
        self.failure().is_some()
    }

    fn of(
        cx: &Cx<'_>,
        key: &StackKey,
        pseudo: PseudoParameters,
        (body, processed): (String, Option<Processed>),
        mut template: Template,
        bound: Bound,
    ) -> Result<Self, Error> {
        let nothing = BTreeMap::new();
        let world = World::new(cx, key, &template, pseudo.clone(), bound.clone(), &nothing)?;
        let conditions = Conditions::evaluate(&template, &world).map_err(error::template)?;
        let graph = Graph::of(&template, &conditions).map_err(error::template)?;
        let scope = Scope { template: &template, conditions: &conditions, environment: &world };
        let policies = template.policies(&scope).map_err(error::template)?;
        drop(world);
        template.set_policies(policies).map_err(error::template)?;
        Ok(Self { body, processed, template, bound, conditions, graph, pseudo })
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

    /// What parameters stand for in Parameter Store, as it may be shown.
    pub fn resolved(&self) -> Option<Vec<(String, String)>> {
        let masked = self.bound.masked();
        let resolved = masked.resolved().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(resolved.collect::<Vec<_>>()).filter(|resolved| !resolved.is_empty())
    }

    /// Resolves each resource as far as it can be now: what its dynamic references name. An export
    /// that does not exist is found when the stack is made, as on AWS.
    fn check_resources(&self, cx: &Cx<'_>, key: &StackKey) -> Result<BTreeSet<String>, Error> {
        let mut references = BTreeSet::new();
        let nothing = BTreeMap::new();
        let world = self.world(cx, key, &nothing)?;
        let scope = self.scope(&world);
        for logical_id in self.graph.resources() {
            match scope.properties(logical_id) {
                Err(template::Error::NoExport(_)) => {}
                Err(fault) => return Err(error::template(fault)),
                Ok(properties) => {
                    let declared = self.template.resources.get(logical_id);
                    let kind = declared.map_or("", |it| it.resource_type.as_str());
                    references.extend(dynamic_reference::names(kind, &properties)?);
                }
            }
        }
        Ok(references)
    }
}

fn pseudo(key: &StackKey, stack_name: &str, notification_arns: &[String]) -> PseudoParameters {
    PseudoParameters {
        account_id: key.account.to_string(),
        notification_arns: notification_arns.to_vec(),
        partition: "aws".to_owned(),
        region: key.region.clone(),
        stack_id: crate::arn::stack(key, stack_name),
        stack_name: stack_name.to_owned(),
        url_suffix: "amazonaws.com".to_owned(),
    }
}

/// Runs the transforms; inside, the fault that they end with.
fn process(
    cx: &mut Cx<'_>,
    key: &StackKey,
    pseudo: PseudoParameters,
    (outline, bound): (&Template, &Bound),
    value: Value,
) -> Result<Result<Value, template::Error>, Error> {
    let nothing = BTreeMap::new();
    let world = World::new(cx, key, outline, pseudo, bound.clone(), &nothing)?;
    let conditions = Conditions::default();
    let scope = Scope { template: outline, conditions: &conditions, environment: &world };
    let mut ours = None;
    let mut include = |location: &str| match stored::include(cx, location) {
        Ok(content) => content,
        Err(error) => {
            let text = error.message().to_owned();
            ours = Some(error);
            Err(text)
        }
    };
    let account = key.account.to_string();
    let room = transform::Room::new(transform::MAX_PROCESSED);
    let mut workshop = Workshop { scope, account: &account, include: &mut include, room };
    let made = transform::process(value, &mut workshop);
    ours.map_or(Ok(made), Err)
}

/// What a template may say and this server does not do yet is said, never ignored.
fn refuse_unbuilt(template: &Template) -> Result<(), Error> {
    for resource in template.resources.values() {
        if resource::find(&resource.resource_type).is_none() {
            let name = &resource.resource_type;
            return Err(error::not_implemented(&format!("The resource type {name}")));
        }
        let signalled = resource.resource_type == resource::WAIT_CONDITION;
        if resource.creation_policy.is_some() && !signalled {
            return Err(error::not_implemented("The CreationPolicy of a resource"));
        }
    }
    Ok(())
}
