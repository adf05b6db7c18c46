//! The resources that the rows of `data/authz/organizations.json` speak of.
//!
//! All of them are in the hands of the caller's account as far as policies go: whether it is the
//! one that may, the handlers say.
//! AWS: Service Authorization Reference, "AWS Organizations".

use api::Structure;
use gateway::{Cx, Error, Resource, rows};

use super::record::{HANDSHAKES, OrganizationRecord, Tags};
use super::{control, tree};

pub fn account(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input, "AccountId")
}

pub fn child(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input, "ChildId")
}

pub fn destination(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input, "DestinationParentId")
}

pub fn handshake(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let id = input.text("HandshakeId").unwrap_or_default();
    Ok(Resource::arn(match HANDSHAKES.get(cx.tx, id)? {
        Some(found) => found.arn(),
        None => {
            let account = cx.account();
            format!("arn:aws:organizations::{account}:handshake/unknown/invite/{id}")
        }
    }))
}

/// Whoever is invited, by account id; an address has no ARN.
pub fn invited(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    match rows::Path::from("Target.Id").of(input) {
        Some(api::View::String(id)) if !id.contains('@') => of_id(cx, id),
        _ => Ok(Resource::any()),
    }
}

pub fn parent(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input, "ParentId")
}

pub fn policy(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input, "PolicyId")
}

pub fn root(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input, "RootId")
}

pub fn source(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input, "SourceParentId")
}

pub fn tagged(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input, "ResourceId")
}

pub fn target(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input, "TargetId")
}

pub fn unit(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input, "OrganizationalUnitId")
}

/// The resource of the id in a member, with the type of the policy that the request is about.
fn named(cx: &Cx<'_>, input: &dyn Structure, member: &str) -> Result<Resource, Error> {
    let resource = of_id(cx, input.text(member).unwrap_or_default())?;
    let Some(id) = input.text("PolicyId") else { return Ok(resource) };
    let Some((organization, _)) = tree::of(cx.tx, cx.account())? else { return Ok(resource) };
    let found = control::find(cx.tx, &organization, id)?;
    Ok(match found {
        Some(policy) => {
            let kind = policy.kind.shape().as_str().to_owned();
            resource.with_key("organizations:PolicyType", vec![kind])
        }
        None => resource,
    })
}

fn of_id(cx: &Cx<'_>, id: &str) -> Result<Resource, Error> {
    let Some((organization, _)) = tree::of(cx.tx, cx.account())? else {
        // What is in no organization is told so, where the caller may ask at all.
        let account = cx.account();
        return Ok(Resource::arn(format!("arn:aws:organizations::{account}:unknown/{id}")));
    };
    if id.starts_with("p-") {
        let found = control::find(cx.tx, &organization, id)?;
        let arn = found.as_ref().map(|policy| policy.arn(&organization));
        let arn = arn.unwrap_or_else(|| organization.arn("policy", &format!("unknown/{id}")));
        let tags = found.map(|policy| policy.tags).unwrap_or_default();
        return Ok(Resource::arn(arn).tagged(tags.into_iter().collect()));
    }
    let tags = node_tags(cx, &organization, id)?;
    Ok(Resource::arn(organization.node_arn(id)).tagged(tags.into_iter().collect()))
}

/// The tags of a root, unit or account.
fn node_tags(cx: &Cx<'_>, organization: &OrganizationRecord, id: &str) -> Result<Tags, Error> {
    if id == organization.root {
        return Ok(organization.root_tags.clone());
    }
    if let Some((_, member)) = tree::member(cx.tx, organization, id)? {
        return Ok(member.tags);
    }
    Ok(tree::unit(cx.tx, organization, id)?.map(|unit| unit.tags).unwrap_or_default())
}
