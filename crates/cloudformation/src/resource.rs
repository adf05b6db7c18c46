//! The resource types: a table of handlers, one file per type. A handler calls the operations of
//! the resource's service through the gateway, as the stack's caller, in the transaction of the
//! step.
//!
//! An update handler is handed both states, old and new, and does what their difference asks for;
//! where it fails, the engine takes back what it did.
//!
//! A handler sets the physical id as soon as the resource itself exists, so that what follows may
//! fail and the rollback still finds it. A property that no operation here honours fails the
//! resource; none is passed over.
//!
//! AWS: CloudFormation CLI User Guide, "Resource type handler contract" and "Handler error codes".

mod access_key;
mod bucket;
mod bucket_policy;
mod bucket_settings;
mod cdk_metadata;
mod group;
mod inline_policy;
mod instance_profile;
mod managed_policy;
mod principal;
mod principal_policy;
mod properties;
mod role;
mod sns_topic;
mod ssm_parameter;
pub mod stack;
mod user;
mod user_to_group_addition;
mod wait_condition;
mod wait_condition_handle;

use std::collections::BTreeMap;

use api::Operation;
use gateway::id::Alphabet;
use gateway::{Caller, Cx, Error};

use crate::physical_name::physical_name;
use crate::step;
use crate::tables::{CreationPolicy, Stack, StackKey};
use crate::template::Map;
pub use properties::Properties;

/// A resource type and what makes, updates and deletes one.
pub struct Type {
    pub name: &'static str,
    pub create: Handler,
    /// Brings a resource from the old properties to the new ones, where no change of them replaces
    /// it.
    pub update: Handler,
    pub delete: Handler,
    /// Finds a resource that is there, to make it the stack's: changes nothing of it. None where a
    /// type cannot be imported.
    pub read: Option<Handler>,
    /// The property that names the resource: two of one name cannot be.
    pub name_property: Option<&'static str>,
    /// For what is not done when its handler returns: whether it is by now.
    pub wait: Option<Wait>,
}

type Handler = fn(&mut Request<'_, '_>) -> Result<(), Failure>;

/// Looks whether what a handler began has come to its end. Asked in the handler's own transaction,
/// and again at each later step of the stack until it is.
pub type Wait = fn(&mut Request<'_, '_>, Action) -> Result<Progress, Failure>;

/// What a handler was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Update,
    Delete,
    /// Makes what is there the stack's.
    Import,
}

/// How far a resource has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Done,
    /// Something else has to happen first: [`step::wake`] tells of it. `until` is when to look
    /// again in any case, in milliseconds of AWS time.
    Waiting {
        until: Option<i64>,
    },
}

pub const WAIT_CONDITION: &str = "AWS::CloudFormation::WaitCondition";
pub use wait_condition_handle::NAME as WAIT_CONDITION_HANDLE;

/// The types that can be made, sorted by name.
static TYPES: [Type; 19] = [
    Type {
        name: "AWS::CDK::Metadata",
        create: cdk_metadata::create,
        update: cdk_metadata::update,
        delete: cdk_metadata::delete,
        read: None,
        name_property: None,
        wait: None,
    },
    Type {
        name: stack::NAME,
        create: stack::create,
        update: stack::update,
        delete: stack::delete,
        read: None,
        name_property: None,
        wait: Some(stack::wait),
    },
    Type {
        name: WAIT_CONDITION,
        create: wait_condition::create,
        update: wait_condition::update,
        delete: wait_condition::delete,
        read: None,
        name_property: None,
        wait: Some(wait_condition::wait),
    },
    Type {
        name: WAIT_CONDITION_HANDLE,
        create: wait_condition_handle::create,
        update: wait_condition_handle::update,
        delete: wait_condition_handle::delete,
        read: None,
        name_property: None,
        wait: None,
    },
    Type {
        name: "AWS::IAM::AccessKey",
        create: access_key::create,
        update: access_key::update,
        delete: access_key::delete,
        read: None,
        name_property: None,
        wait: None,
    },
    Type {
        name: "AWS::IAM::Group",
        create: group::create,
        update: group::update,
        delete: group::delete,
        read: Some(group::read),
        name_property: Some("GroupName"),
        wait: None,
    },
    Type {
        name: "AWS::IAM::GroupPolicy",
        create: principal_policy::create_group_policy,
        update: principal_policy::update_group_policy,
        delete: principal_policy::delete_group_policy,
        read: None,
        name_property: None,
        wait: None,
    },
    Type {
        name: "AWS::IAM::InstanceProfile",
        create: instance_profile::create,
        update: instance_profile::update,
        delete: instance_profile::delete,
        read: Some(instance_profile::read),
        name_property: Some("InstanceProfileName"),
        wait: None,
    },
    Type {
        name: "AWS::IAM::ManagedPolicy",
        create: managed_policy::create,
        update: managed_policy::update,
        delete: managed_policy::delete,
        read: Some(managed_policy::read),
        name_property: Some("ManagedPolicyName"),
        wait: None,
    },
    Type {
        name: "AWS::IAM::Policy",
        create: inline_policy::create,
        update: inline_policy::update,
        delete: inline_policy::delete,
        read: None,
        name_property: None,
        wait: None,
    },
    Type {
        name: "AWS::IAM::Role",
        create: role::create,
        update: role::update,
        delete: role::delete,
        read: Some(role::read),
        name_property: Some("RoleName"),
        wait: None,
    },
    Type {
        name: "AWS::IAM::RolePolicy",
        create: principal_policy::create_role_policy,
        update: principal_policy::update_role_policy,
        delete: principal_policy::delete_role_policy,
        read: None,
        name_property: None,
        wait: None,
    },
    Type {
        name: "AWS::IAM::User",
        create: user::create,
        update: user::update,
        delete: user::delete,
        read: Some(user::read),
        name_property: Some("UserName"),
        wait: None,
    },
    Type {
        name: "AWS::IAM::UserPolicy",
        create: principal_policy::create_user_policy,
        update: principal_policy::update_user_policy,
        delete: principal_policy::delete_user_policy,
        read: None,
        name_property: None,
        wait: None,
    },
    Type {
        name: "AWS::IAM::UserToGroupAddition",
        create: user_to_group_addition::create,
        update: user_to_group_addition::update,
        delete: user_to_group_addition::delete,
        read: None,
        name_property: None,
        wait: None,
    },
    Type {
        name: "AWS::S3::Bucket",
        create: bucket::create,
        update: bucket::update,
        delete: bucket::delete,
        read: Some(bucket::read),
        name_property: Some("BucketName"),
        wait: None,
    },
    Type {
        name: "AWS::S3::BucketPolicy",
        create: bucket_policy::create,
        update: bucket_policy::update,
        delete: bucket_policy::delete,
        read: Some(bucket_policy::read),
        name_property: None,
        wait: None,
    },
    Type {
        name: "AWS::SNS::Topic",
        create: sns_topic::create,
        update: sns_topic::update,
        delete: sns_topic::delete,
        read: Some(sns_topic::read),
        name_property: Some("TopicName"),
        wait: None,
    },
    Type {
        name: "AWS::SSM::Parameter",
        create: ssm_parameter::create,
        update: ssm_parameter::update,
        delete: ssm_parameter::delete,
        read: Some(ssm_parameter::read),
        name_property: Some("Name"),
        wait: None,
    },
];

/// The type of the name; None where it cannot be made here.
pub fn find(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|known| known.name == name)
}

/// One run of a handler.
pub struct Request<'r, 'c> {
    pub cx: &'r mut Cx<'c>,
    caller: &'r Caller,
    kind: &'static Type,
    pub key: &'r StackKey,
    pub stack_id: String,
    /// What URLs of this server begin with.
    pub endpoint: Option<String>,
    /// What the template's CreationPolicy asks for.
    pub creation_policy: Option<CreationPolicy>,
    stack_name: String,
    logical_id: String,
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

/// Why a handler did not do it.
pub enum Failure {
    /// The resource's failure.
    Handler { message: String, code: &'static str },
    /// The same in a sentence of the engine's own, which is the whole reason.
    Plain(String),
    /// The store's or another of our own: the step is taken again.
    House(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::House(error)
    }
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
    fn read(&self) -> Properties {
        Properties::new(self.properties.clone())
    }

    /// A name of CloudFormation's making, for a resource that its template leaves unnamed.
    fn generated_name(&self) -> String {
        let entropy = u128::from_str_radix(&self.cx.uuid().replace('-', ""), 16).unwrap_or(0);
        let name = physical_name(self.kind.name, &self.stack_name, &self.logical_id, entropy);
        name.unwrap_or_else(|| self.logical_id.clone())
    }

    fn physical_id(&self) -> String {
        self.physical_id.clone().unwrap_or_default()
    }

    /// The properties before the update, read by type.
    fn read_old(&self) -> Properties {
        Properties::new(self.old.clone())
    }

    /// Whether the update changes one of these properties.
    fn changes(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.old.get(*name) != self.properties.get(*name))
    }

    /// The stack's tags, and over them those of the resource.
    fn all_tags(&self) -> Vec<(String, String)> {
        over(&self.tags, self.read().tags("Tags"))
    }

    /// The tags to put, and the keys to take away.
    fn tag_changes(&self) -> (Vec<(String, String)>, Vec<String>) {
        let old = over(&self.old_tags, self.read_old().tags("Tags"));
        let new = self.all_tags();
        let (added, mut removed) = difference(&old, &new);
        removed.retain(|(key, _)| !new.iter().any(|(other, _)| other == key));
        (added, removed.into_iter().map(|(key, _)| key).collect())
    }

    /// Calls an operation as the stack's caller.
    fn call<O: Operation>(&mut self, input: O::Input) -> Result<O::Output, Failure> {
        match self.cx.call::<O>(self.caller, input) {
            Ok(output) => Ok(output),
            Err(error) if step::is_ours(&error) => Err(Failure::House(error)),
            Err(error) => Err(self.failure(O::SHAPE.service, &error)),
        }
    }

    /// The same where what is gone already is what was asked for.
    fn call_unless_gone<O: Operation>(&mut self, input: O::Input) -> Result<(), Failure> {
        match self.call::<O>(input) {
            Ok(_) | Err(Failure::Handler { code: "NotFound", .. }) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Calls the operation that makes the resource itself: a name that is taken is said in
    /// CloudFormation's words.
    fn call_create<O: Operation>(
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
    fn call_read<O: Operation>(&mut self, input: O::Input) -> Result<O::Output, Failure> {
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
    fn failure(&self, service: &str, error: &Error) -> Failure {
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
    fn refuse_properties(&self, names: &[&str]) -> Result<(), Failure> {
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
fn difference<T: Clone + PartialEq>(old: &[T], new: &[T]) -> (Vec<T>, Vec<T>) {
    let only =
        |one: &[T], other: &[T]| one.iter().filter(|item| !other.contains(item)).cloned().collect();
    (only(new, old), only(old, new))
}

/// Whether the resource is a stack itself: what of it changes, only it can tell.
pub fn is_stack(name: &str) -> bool {
    name == stack::NAME
}

/// Whether the stack's tags are given to resources of the type.
pub fn takes_stack_tags(name: &str) -> bool {
    [
        stack::NAME,
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
        "AWS::SSM::Parameter",
    ]
    .contains(&name)
}

/// The failure of a property whose operation does not exist here.
fn unsupported(property: &str) -> Failure {
    Failure::Handler {
        message: format!("The property {property} is not implemented by this server."),
        code: "InvalidRequest",
    }
}

fn handler_error_code(error: &Error) -> &'static str {
    match error.code() {
        "AccessDenied" => "AccessDenied",
        "EntityAlreadyExists"
        | "BucketAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "ParameterAlreadyExists" => "AlreadyExists",
        "ExpiredToken" | "InvalidClientTokenId" => "InvalidCredentials",
        "LimitExceeded" | "TooManyBuckets" => "ServiceLimitExceeded",
        "NoSuchBucket" | "NoSuchBucketPolicy" | "NoSuchEntity" | "NotFound"
        | "ParameterNotFound" => "NotFound",
        "DeleteConflict"
        | "InvalidBucketName"
        | "InvalidInput"
        | "MalformedPolicy"
        | "MalformedPolicyDocument"
        | "NotImplemented"
        | "PolicyNotAttachable"
        | "ValidationError" => "InvalidRequest",
        _ => "GeneralServiceException",
    }
}

/// The reason of a resource's failure.
pub fn reason(cx: &Cx<'_>, message: &str, code: &str) -> String {
    let token = cx.uuid();
    format!(
        "Resource handler returned message: \"{message}\" (RequestToken: {token}, HandlerErrorCode: {code})"
    )
}
