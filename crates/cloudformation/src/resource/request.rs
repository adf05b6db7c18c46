//! One run of a handler: what it is told of the resource, and the operations it calls for it.

use std::collections::BTreeMap;

use api::Operation;
use gateway::id::Alphabet;
use gateway::{Caller, Cx, Error};

use super::failure::{Failure, handler_error_code, unsupported};
use super::{Properties, Type};
use crate::physical_name::physical_name;
use crate::step;
use crate::tables::{CreationPolicy, Stack, StackKey};
use crate::template::Map;

/// One run of a handler.
pub struct Request<'r, 'c> {
    pub cx: &'r mut Cx<'c>,
    pub caller: &'r Caller,
    kind: &'static Type,
    pub key: &'r StackKey,
    pub stack_id: String,
    /// What URLs of this server begin with.
    pub endpoint: Option<String>,
    /// What the template's CreationPolicy asks for.
    pub creation_policy: Option<CreationPolicy>,
    stack_name: String,
    pub logical_id: String,
    /// Since when the stack waits for this resource, in milliseconds of AWS time; None where its
    /// handler has just returned.
    pub waiting_since: Option<i64>,
    /// The stack's tags: they go to every resource that takes tags.
    tags: Vec<(String, String)>,
    pub properties: Map,
    /// The properties and the stack's tags before an update.
    pub old: Map,
    pub old_tags: Vec<(String, String)>,
    pub physical_id: Option<String>,
    /// What Fn::GetAtt answers.
    pub attributes: BTreeMap<String, String>,
}

impl<'r, 'c> Request<'r, 'c> {
    pub fn new(
        cx: &'r mut Cx<'c>,
        caller: &'r Caller,
        (key, stack): (&'r StackKey, &Stack),
        kind: &'static Type,
        logical_id: &str,
        properties: Map,
    ) -> Self {
        Self {
            cx,
            caller,
            kind,
            key,
            stack_id: stack.id.clone(),
            endpoint: stack.endpoint.clone(),
            creation_policy: None,
            waiting_since: None,
            stack_name: stack.name.clone(),
            logical_id: logical_id.to_owned(),
            tags: stack.tags.clone(),
            properties,
            old: Map::new(),
            old_tags: Vec::new(),
            physical_id: None,
            attributes: BTreeMap::new(),
        }
    }

    /// The resource's properties, read by type.
    pub fn read(&self) -> Properties {
        Properties::new(self.properties.clone())
    }

    /// A name of CloudFormation's making, for a resource that its template leaves unnamed.
    pub fn generated_name(&self) -> String {
        let entropy = u128::from_str_radix(&self.cx.uuid().replace('-', ""), 16).unwrap_or(0);
        let name = physical_name(self.kind.name, &self.stack_name, &self.logical_id, entropy);
        name.unwrap_or_else(|| self.logical_id.clone())
    }

    pub fn physical_id(&self) -> String {
        self.physical_id.clone().unwrap_or_default()
    }

    /// The properties before the update, read by type.
    pub fn read_old(&self) -> Properties {
        Properties::new(self.old.clone())
    }

    /// Whether the update changes one of these properties.
    pub fn changes(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.old.get(*name) != self.properties.get(*name))
    }

    /// The stack's tags, and over them those of the resource.
    pub fn all_tags(&self) -> Vec<(String, String)> {
        over(&self.tags, self.read().tags("Tags"))
    }

    /// The tags by which AWS's own eyes find the stack of a resource.
    pub fn system_tags(&self) -> [(String, String); 3] {
        [
            ("aws:cloudformation:stack-name", &self.stack_name),
            ("aws:cloudformation:logical-id", &self.logical_id),
            ("aws:cloudformation:stack-id", &self.stack_id),
        ]
        .map(|(key, value)| (key.to_owned(), value.clone()))
    }

    /// The tags to put, and the keys to take away.
    pub fn tag_changes(&self) -> (Vec<(String, String)>, Vec<String>) {
        let old = over(&self.old_tags, self.read_old().tags("Tags"));
        let new = self.all_tags();
        let (added, mut removed) = difference(&old, &new);
        removed.retain(|(key, _)| !new.iter().any(|(other, _)| other == key));
        (added, removed.into_iter().map(|(key, _)| key).collect())
    }

    /// Calls an operation as the stack's caller.
    pub fn call<O: Operation>(&mut self, input: O::Input) -> Result<O::Output, Failure> {
        match self.cx.call::<O>(self.caller, input) {
            Ok(output) => Ok(output),
            Err(error) if step::is_ours(&error) => Err(Failure::House(error)),
            Err(error) => Err(self.failure(O::SHAPE.service, &error)),
        }
    }

    /// The same where what is gone already is what was asked for.
    pub fn call_unless_gone<O: Operation>(&mut self, input: O::Input) -> Result<(), Failure> {
        match self.call::<O>(input) {
            Ok(_) | Err(Failure::Handler { code: "NotFound", .. }) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Calls the operation that makes the resource itself: a name that is taken is said in
    /// CloudFormation's words.
    pub fn call_create<O: Operation>(
        &mut self,
        name: &str,
        input: O::Input,
    ) -> Result<O::Output, Failure> {
        let kind = self.kind.name;
        self.call::<O>(input).map_err(|failure| match failure {
            Failure::Handler { code: "AlreadyExists", .. } => Failure::Handler {
                message: format!(
                    "Resource of type '{kind}' with identifier '{name}' already exists."
                ),
                code: "AlreadyExists",
            },
            other => other,
        })
    }

    /// Calls the operation that shows the resource itself: one that is not there is said in
    /// CloudFormation's words.
    pub fn call_read<O: Operation>(&mut self, input: O::Input) -> Result<O::Output, Failure> {
        let (kind, id) = (self.kind.name, self.physical_id());
        self.call::<O>(input).map_err(|failure| match failure {
            Failure::Handler { code: "NotFound", .. } => Failure::Handler {
                message: format!("Resource of type '{kind}' with identifier '{id}' was not found."),
                code: "NotFound",
            },
            other => other,
        })
    }

    /// A service's refusal as its SDK words it.
    pub fn failure(&self, service: &str, error: &Error) -> Failure {
        let (status, text) = (error.status(), error.message());
        let request = if service == "s3" {
            let id = self.cx.letters(Alphabet::Upper, 16);
            let extended = self.cx.letters(Alphabet::Alphanumeric, 75);
            format!("Request ID: {id}, Extended Request ID: {extended}=")
        } else {
            format!("Request ID: {}", self.cx.uuid())
        };
        let service = match service {
            "iam" => "Iam",
            "s3" => "S3",
            "sns" => "Sns",
            "ssm" => "Ssm",
            other => other,
        };
        let message = format!(
            "{text} (Service: {service}, Status Code: {status}, {request}) (SDK Attempt Count: 1)"
        );
        Failure::Handler { message, code: handler_error_code(error) }
    }

    /// Fails for each property that is given and not honoured.
    pub fn refuse_properties(&self, names: &[&str]) -> Result<(), Failure> {
        match names.iter().find(|name| self.properties.contains_key(**name)) {
            None => Ok(()),
            Some(name) => Err(unsupported(name)),
        }
    }
}

/// Tags of a stack, and over them those of one of its resources.
pub fn over(tags: &[(String, String)], own: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut all: BTreeMap<String, String> = tags.iter().cloned().collect();
    all.extend(own);
    all.into_iter().collect()
}

/// What only the new list has, and what only the old one has.
pub fn difference<T: Clone + PartialEq>(old: &[T], new: &[T]) -> (Vec<T>, Vec<T>) {
    let only =
        |one: &[T], other: &[T]| one.iter().filter(|item| !other.contains(item)).cloned().collect();
    (only(new, old), only(old, new))
}
