//! Service-linked roles: made for one AWS service, under its path, with its name and policy.
//!
//! Which services have one stands in `data/service-linked-roles.json`. Nothing of the services
//! themselves is here, so nothing can be using a role: its deletion succeeds at once.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>

use std::sync::OnceLock;

use api::Structure;
use api::iam::{
    CreateServiceLinkedRoleRequest, CreateServiceLinkedRoleResponse,
    DeleteServiceLinkedRoleRequest, DeleteServiceLinkedRoleResponse, DeletionTaskStatusType,
    GetServiceLinkedRoleDeletionStatusRequest, GetServiceLinkedRoleDeletionStatusResponse, Role,
};
use gateway::{AccountId, Cx, Error, Resource};
use serde::Deserialize;

use crate::entity::{self, Entity, Kind, RolePart};
use crate::managed_policy::{self as managed, Managed};
use crate::tables::DELETION_TASKS;
use crate::{arn, attachment, document, error, role};

const MAX_SESSION: i32 = 3600;

/// What a service's role is made from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// `autoscaling.amazonaws.com`
    pub service: String,
    pub role: String,
    /// The name of the managed policy under `/aws-service-role/`.
    pub policy: String,
    /// Whether there may be several roles, told apart by a suffix.
    #[serde(default)]
    pub suffix: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "_source")]
    _source: String,
    roles: Vec<Template>,
}

/// The role that a service is to be given.
pub fn resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let service = input.text("AWSServiceName").unwrap_or_default();
    let name = template(service).map(|template| template.name(input.text("CustomSuffix")));
    let (path, name) = (format!("/aws-service-role/{service}/"), name.unwrap_or_default());
    Ok(Resource::arn(arn::of(cx.account(), Kind::Role.word(), &path, &name)))
}

/// The role that a task of deletion is about: its path and name stand in the task's id.
pub fn deleted(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let id = input.text("DeletionTaskId").unwrap_or_default();
    let role = id.strip_prefix("task/").and_then(|id| id.rsplit_once('/')).map(|(role, _)| role);
    let role = role.unwrap_or_default();
    Ok(Resource::arn(arn::of(cx.account(), Kind::Role.word(), "/", role)))
}

pub fn create_service_linked_role(
    cx: &mut Cx<'_>,
    input: CreateServiceLinkedRoleRequest,
) -> Result<CreateServiceLinkedRoleResponse, Error> {
    let service = &input.aws_service_name;
    let template = template(service).ok_or_else(|| {
        // AWS's sentence is not known.
        error::invalid_input(format!("Service role for {service} cannot be found."))
    })?;
    if input.custom_suffix.is_some() && !template.suffix {
        let message = format!("Custom suffix is not allowed for {service}");
        return Err(error::invalid_input(message));
    }
    let name = template.name(input.custom_suffix.as_deref());
    if entity::is_taken(cx.tx, cx.account(), Kind::Role, &name)? {
        return Err(error::invalid_input(format!(
            "Service role name {name} has been taken in this account, please try a different \
             suffix."
        )));
    }
    let created = template.make(cx, name, input.description)?;
    let shape = role::shape(cx.tx, cx.account(), &created)?;
    let role = Role { max_session_duration: None, ..shape };
    Ok(CreateServiceLinkedRoleResponse { role: Some(role) })
}

/// Deletes the role before the answer; the task only tells so.
pub fn delete_service_linked_role(
    cx: &mut Cx<'_>,
    input: DeleteServiceLinkedRoleRequest,
) -> Result<DeleteServiceLinkedRoleResponse, Error> {
    let account = cx.account();
    let role = entity::get(cx.tx, account, Kind::Role, &input.role_name)?;
    let Some(service) = service_of(&role.path) else {
        // AWS's sentence is not known.
        let message = format!("The role {} is not a service-linked role.", role.name);
        return Err(error::invalid_input(message));
    };
    let id = format!("task/aws-service-role/{service}/{}/{}", role.name, cx.uuid());
    attachment::detach_all(cx.tx, account, &role.id)?;
    entity::remove(cx.tx, account, &role)?;
    DELETION_TASKS.put(cx.tx, (account.number(), &id), &cx.now().as_seconds().unsigned_abs())?;
    Ok(DeleteServiceLinkedRoleResponse { deletion_task_id: id })
}

pub fn get_service_linked_role_deletion_status(
    cx: &mut Cx<'_>,
    input: GetServiceLinkedRoleDeletionStatusRequest,
) -> Result<GetServiceLinkedRoleDeletionStatusResponse, Error> {
    let id = &input.deletion_task_id;
    if !DELETION_TASKS.contains(cx.tx, (cx.account().number(), id))? {
        // AWS's sentence is not known.
        let message = format!("Deletion task with id {id} cannot be found.");
        return Err(error::no_such_entity(message));
    }
    let status = DeletionTaskStatusType::Succeeded;
    Ok(GetServiceLinkedRoleDeletionStatusResponse { status, reason: None })
}

/// The template of a service; None where it has no service-linked role that is known here.
#[must_use]
pub fn template(service: &str) -> Option<&'static Template> {
    static TEMPLATES: OnceLock<Vec<Template>> = OnceLock::new();
    let templates = TEMPLATES.get_or_init(|| {
        let text = include_str!("../../../data/service-linked-roles.json");
        serde_json::from_str::<File>(text).map(|file| file.roles).unwrap_or_default()
    });
    templates.iter().find(|template| template.service == service)
}

impl Template {
    /// The role's name with an account's suffix.
    #[must_use]
    pub fn name(&self, suffix: Option<&str>) -> String {
        match suffix {
            Some(suffix) => format!("{}_{suffix}", self.role),
            None => self.role.clone(),
        }
    }

    #[must_use]
    pub fn path(&self) -> String {
        format!("/aws-service-role/{}/", self.service)
    }

    fn make(
        &self,
        cx: &mut Cx<'_>,
        name: String,
        description: Option<String>,
    ) -> Result<Entity, Error> {
        let arn = format!("arn:aws:iam::aws:policy/aws-service-role/{}", self.policy);
        let policy = managed::get(cx.tx, cx.account(), &arn)?;
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},"Action":"sts:AssumeRole"}}]}}"#,
            self.service
        );
        document::check(&trust, policy::Kind::Trust)?;
        let role = Entity {
            kind: Kind::Role,
            id: cx.unique_id(Kind::Role.prefix()),
            name,
            path: self.path(),
            created: cx.now().as_seconds(),
            boundary: None,
            tags: Vec::new(),
            role: Some(RolePart { trust, description, max_session: MAX_SESSION }),
        };
        entity::insert(cx, &role)?;
        attach(cx, cx.account(), &role, &policy, &arn)?;
        Ok(role)
    }
}

fn attach(
    cx: &mut Cx<'_>,
    account: AccountId,
    role: &Entity,
    policy: &Managed,
    arn: &str,
) -> Result<(), Error> {
    attachment::put(cx.tx, account, &role.id, policy.id(), arn)
}

/// The service of a service-linked role's path.
fn service_of(path: &str) -> Option<&str> {
    path.strip_prefix("/aws-service-role/")?.strip_suffix('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws_managed_policy as aws;

    #[test]
    fn every_template_has_its_policy() {
        let text = include_str!("../../../data/service-linked-roles.json");
        let file: File = serde_json::from_str(text).expect("templates");
        assert!(file.roles.len() > 70);
        for template in file.roles {
            let arn = format!("arn:aws:iam::aws:policy/aws-service-role/{}", template.policy);
            assert!(aws::find(&arn).is_some(), "{arn}");
        }
    }

    #[test]
    fn the_service_of_a_role_is_its_path() {
        assert_eq!(service_of("/aws-service-role/a.amazonaws.com/"), Some("a.amazonaws.com"));
        assert_eq!(service_of("/a/"), None);
    }
}
