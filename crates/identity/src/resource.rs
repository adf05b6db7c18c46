//! What IAM's decisions are about: the resource kinds of `data/authz/iam.json`.
//!
//! Denials print an existing entity as `user Bob`, one that is to be made by its ARN. Where an
//! entity does not exist the ARN it would have at path `/` is asked about, so that a caller without
//! permission does not learn which exist. AWS:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

use api::Structure;
use gateway::{Cx, Error, Identity, Resource};

use crate::access_key;
use crate::arn::{self, Owner};
use crate::entity::{self, Entity, Kind};
use crate::managed_policy::{self as managed, Managed};

/// A user by `UserName`, or the caller where that is absent.
pub fn user(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    if let Some(name) = input.text("UserName") {
        return named(cx, Kind::User, name);
    }
    let caller = match &cx.caller().identity {
        Identity::User(id) => entity::by_id(cx.tx, cx.account(), id)?,
        _ => None,
    };
    Ok(match caller {
        Some(user) => of_entity(cx, &user),
        None => Resource::arn(cx.caller_arn()),
    })
}

/// A user, with the boundary that is set on it as a condition key.
pub fn bounded_user(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    bounded(cx, Kind::User, input.text("UserName").unwrap_or_default())
}

pub fn new_user(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(new(cx, Kind::User, input.text("Path"), input.text("UserName")))
}

/// A user under the name and path that UpdateUser gives it.
pub fn renamed_user(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    renamed(cx, Kind::User, input.text("UserName"), input.text("NewUserName"), input)
}

pub fn group(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, Kind::Group, input.text("GroupName").unwrap_or_default())
}

pub fn new_group(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(new(cx, Kind::Group, input.text("Path"), input.text("GroupName")))
}

/// A group under the name and path that UpdateGroup gives it.
pub fn renamed_group(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    renamed(cx, Kind::Group, input.text("GroupName"), input.text("NewGroupName"), input)
}

pub fn role(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, Kind::Role, input.text("RoleName").unwrap_or_default())
}

/// A role, with the boundary that is set on it as a condition key.
pub fn bounded_role(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    bounded(cx, Kind::Role, input.text("RoleName").unwrap_or_default())
}

pub fn new_role(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(new(cx, Kind::Role, input.text("Path"), input.text("RoleName")))
}

/// A managed policy by `PolicyArn`: the account's, AWS's, or one that this account may not see.
pub fn policy(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let arn = input.text("PolicyArn").unwrap_or_default();
    let parts = arn::parts(arn).filter(|parts| parts.kind == "policy");
    let parts = parts.ok_or_else(|| Error::validation(format!("ARN {arn} is not valid.")))?;
    let resource = Resource::shown_as(arn, format!("policy {arn}"));
    match parts.owner {
        Owner::Account(owner) if owner != cx.account() => Ok(resource.owned_by(owner)),
        _ => Ok(match managed::find(cx.tx, cx.account(), arn)? {
            Some(Managed::Own(policy)) => resource.tagged(policy.tags.into_iter().collect()),
            _ => resource,
        }),
    }
}

pub fn new_policy(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let name = input.text("PolicyName").unwrap_or_default();
    let path = input.text("Path").unwrap_or("/");
    let arn = arn::of(cx.account(), "policy", path, name);
    Ok(Resource::shown_as(arn, format!("policy {name}")))
}

/// Listings are asked about the path that they list.
pub fn users(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(listed(cx, "user", input)))
}

pub fn groups(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(listed(cx, "group", input)))
}

pub fn roles(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(listed(cx, "role", input)))
}

pub fn instance_profiles(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(listed(cx, "instance-profile", input)))
}

pub fn policies(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let prefix = input.text("PathPrefix").unwrap_or("/");
    Ok(Resource::shown_as(listed(cx, "policy", input), format!("policy path {prefix}")))
}

/// The user to whom the key belongs that GetAccessKeyLastUsed asks about.
pub fn key_owner(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let id = input.text("AccessKeyId").unwrap_or_default();
    let key = access_key::find(cx.tx, id)?.filter(|key| key.account == cx.account());
    let user = match key.and_then(|key| key.user_id) {
        Some(user) => entity::by_id(cx.tx, cx.account(), &user)?,
        None => None,
    };
    Ok(user.map_or_else(Resource::any, |user| of_entity(cx, &user)))
}

fn of_entity(cx: &Cx<'_>, entity: &Entity) -> Resource {
    let shown = format!("{} {}", entity.kind.word(), entity.name);
    let resource = Resource::shown_as(entity.arn(cx.account()), shown);
    // Groups have no tags.
    resource.tagged(entity.tag_map())
}

fn named(cx: &Cx<'_>, kind: Kind, name: &str) -> Result<Resource, Error> {
    Ok(match entity::find(cx.tx, cx.account(), kind, name)? {
        Some(entity) => of_entity(cx, &entity),
        None => {
            let arn = arn::of(cx.account(), kind.word(), "/", name);
            Resource::shown_as(arn, format!("{} {name}", kind.word()))
        }
    })
}

fn bounded(cx: &Cx<'_>, kind: Kind, name: &str) -> Result<Resource, Error> {
    let resource = named(cx, kind, name)?;
    let entity = entity::find(cx.tx, cx.account(), kind, name)?;
    Ok(match entity.and_then(|entity| entity.boundary) {
        Some(boundary) => resource.with_key("iam:PermissionsBoundary", vec![boundary]),
        None => resource,
    })
}

fn new(cx: &Cx<'_>, kind: Kind, path: Option<&str>, name: Option<&str>) -> Resource {
    let (path, name) = (path.unwrap_or("/"), name.unwrap_or_default());
    Resource::arn(arn::of(cx.account(), kind.word(), path, name))
}

fn renamed(
    cx: &Cx<'_>,
    kind: Kind,
    name: Option<&str>,
    new_name: Option<&str>,
    input: &dyn Structure,
) -> Result<Resource, Error> {
    let name = name.unwrap_or_default();
    let Some(mut entity) = entity::find(cx.tx, cx.account(), kind, name)? else {
        return named(cx, kind, name);
    };
    entity.name = new_name.unwrap_or(&entity.name).to_owned();
    entity.path = input.text("NewPath").unwrap_or(&entity.path).to_owned();
    Ok(of_entity(cx, &entity))
}

fn listed(cx: &Cx<'_>, kind: &str, input: &dyn Structure) -> String {
    arn::of(cx.account(), kind, input.text("PathPrefix").unwrap_or("/"), "")
}
