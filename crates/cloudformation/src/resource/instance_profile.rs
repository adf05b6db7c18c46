//! AWS::IAM::InstanceProfile.
//!
//! AWS: Template reference, "AWS::IAM::InstanceProfile".

use api::iam::{
    AddRoleToInstanceProfile, AddRoleToInstanceProfileRequest, CreateInstanceProfile,
    CreateInstanceProfileRequest, DeleteInstanceProfile, DeleteInstanceProfileRequest,
    GetInstanceProfile, GetInstanceProfileRequest, RemoveRoleFromInstanceProfile,
    RemoveRoleFromInstanceProfileRequest,
};

use super::{Failure, Request, Type, difference};

pub static TYPE: Type = Type {
    read: Some(read),
    name_property: Some("InstanceProfileName"),
    ..Type::new("AWS::IAM::InstanceProfile", create, update, delete)
};

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = properties.text("InstanceProfileName").unwrap_or_else(|| request.generated_name());
    let input = CreateInstanceProfileRequest {
        instance_profile_name: name.clone(),
        path: properties.text("Path"),
        tags: super::principal::listed(properties.tags("Tags")),
    };
    let made = request.call_create::<CreateInstanceProfile>(&name, input)?.instance_profile;
    request.physical_id = Some(name.clone());
    request.attributes.insert("Arn".to_owned(), made.arn);
    properties.texts("Roles").into_iter().try_for_each(|role| add(request, &name, role))
}

fn read(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let input = GetInstanceProfileRequest { instance_profile_name: request.physical_id() };
    let known = request.call_read::<GetInstanceProfile>(input)?.instance_profile;
    request.attributes.insert("Arn".to_owned(), known.arn);
    Ok(())
}

/// A profile holds one role: the old one makes room for the new one.
fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    if request.changes(&["Tags"]) {
        return Err(super::unsupported("Tags"));
    }
    let name = request.physical_id();
    let roles = |of: super::Properties| of.texts("Roles");
    let (added, removed) = difference(&roles(request.read_old()), &roles(request.read()));
    removed.into_iter().try_for_each(|role| remove(request, &name, role))?;
    added.into_iter().try_for_each(|role| add(request, &name, role))
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.physical_id();
    let input = GetInstanceProfileRequest { instance_profile_name: name.clone() };
    request.call::<GetInstanceProfile>(input)?;
    let roles = request.read().texts("Roles");
    roles.into_iter().try_for_each(|role| remove(request, &name, role))?;
    let input = DeleteInstanceProfileRequest { instance_profile_name: name };
    request.call_unless_gone::<DeleteInstanceProfile>(input)
}

fn add(request: &mut Request<'_, '_>, name: &str, role_name: String) -> Result<(), Failure> {
    let instance_profile_name = name.to_owned();
    let input = AddRoleToInstanceProfileRequest { instance_profile_name, role_name };
    request.call::<AddRoleToInstanceProfile>(input).map(drop)
}

fn remove(request: &mut Request<'_, '_>, name: &str, role_name: String) -> Result<(), Failure> {
    let instance_profile_name = name.to_owned();
    let input = RemoveRoleFromInstanceProfileRequest { instance_profile_name, role_name };
    request.call_unless_gone::<RemoveRoleFromInstanceProfile>(input)
}
