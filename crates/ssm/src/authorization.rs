//! The resources that the rows of `data/authz/ssm.json` speak of.
//!
//! AWS: Service Authorization Reference, "AWS Systems Manager".

use api::Structure;
use gateway::{Cx, Error, Resource};

use crate::name::{self, Reference};
use crate::tables;

/// The parameter that is named, there or not.
pub fn parameter(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input.text("Name").unwrap_or_default())
}

/// The same by a name that stands in a list.
pub fn named(cx: &Cx<'_>, text: &str) -> Result<Resource, Error> {
    let Ok(reference) = Reference::parse(text) else {
        // What is no name is told to those who may ask for it.
        let arn = name::arn_of(cx, text.strip_prefix('/').unwrap_or(text));
        return Ok(Resource::arn(arn).owned_by(cx.account()));
    };
    let (arn, owner) = reference.arn(cx);
    let resource = Resource { account: owner, ..Resource::arn(arn) };
    if !reference.is_here(cx) {
        return Ok(resource);
    }
    Ok(match tables::find(cx, &reference.path)? {
        Some(parameter) => with_tags(resource, &parameter),
        None => resource,
    })
}

/// Everything under a path.
pub fn path(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let path = input.text("Path").unwrap_or_default();
    let arn = name::arn_of(cx, path.strip_prefix('/').unwrap_or(path));
    Ok(Resource::arn(arn).owned_by(cx.account()))
}

/// What lists parameters is about all of them.
pub fn all_parameters(cx: &mut Cx<'_>, _: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(format!("arn:aws:ssm:{}:{}:*", cx.region(), cx.account())))
}

/// What is tagged: a parameter, or something of the rest of Systems Manager, which is not here.
pub fn tagged(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let id = input.text("ResourceId").unwrap_or_default();
    let kind = match input.text("ResourceType").unwrap_or_default() {
        "Parameter" => return named(cx, id),
        "Association" => "association",
        "Automation" => "automation-execution",
        "Document" => "document",
        "MaintenanceWindow" => "maintenancewindow",
        "ManagedInstance" => "managed-instance",
        "OpsItem" => "opsitem",
        "OpsMetadata" => "opsmetadata",
        "PatchBaseline" => "patchbaseline",
        _ => "unknown",
    };
    let (region, account) = (cx.region(), cx.account());
    Ok(Resource::arn(format!("arn:aws:ssm:{region}:{account}:{kind}/{id}")).owned_by(account))
}

fn with_tags(resource: Resource, parameter: &tables::Parameter) -> Resource {
    let keys = parameter.tags.iter();
    let resource = keys.fold(resource, |resource, (key, value)| {
        resource.with_key(format!("ssm:resourceTag/{key}"), vec![value.clone()])
    });
    resource.tagged(parameter.tags.clone())
}
