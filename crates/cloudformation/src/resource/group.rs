//! AWS::IAM::Group.
//!
//! AWS: Template reference, "AWS::IAM::Group".

use api::iam::{
    CreateGroup, CreateGroupRequest, DeleteGroup, DeleteGroupRequest, GetGroup, GetGroupRequest,
    UpdateGroup, UpdateGroupRequest,
};

use super::principal::{self, Principal};
use super::{Failure, Request, Type};

pub static TYPE: Type = Type {
    read: Some(read),
    name_property: Some("GroupName"),
    ..Type::new("AWS::IAM::Group", create, update, delete)
};

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = properties.text("GroupName").unwrap_or_else(|| request.generated_name());
    let input = CreateGroupRequest { path: properties.text("Path"), group_name: name.clone() };
    request.call_create::<CreateGroup>(&name, input)?;
    request.physical_id = Some(name.clone());
    principal::give_policies(request, Principal::Group, &name)?;
    describe(request, name)
}

fn describe(request: &mut Request<'_, '_>, name: String) -> Result<(), Failure> {
    let made = request.call_read::<GetGroup>(named(name))?.group;
    request.attributes.insert("Arn".to_owned(), made.arn);
    Ok(())
}

fn read(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.physical_id();
    describe(request, name)
}

fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.physical_id();
    if request.changes(&["Path"]) {
        let path = request.read().text("Path").unwrap_or_else(|| "/".to_owned());
        request.call::<UpdateGroup>(UpdateGroupRequest {
            group_name: name.clone(),
            new_path: Some(path),
            new_group_name: None,
        })?;
    }
    principal::update_policies(request, Principal::Group, &name)?;
    describe(request, name)
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.physical_id();
    request.call::<GetGroup>(named(name.clone()))?;
    principal::take_policies(request, Principal::Group, &name)?;
    request.call_unless_gone::<DeleteGroup>(DeleteGroupRequest { group_name: name })
}

fn named(group_name: String) -> GetGroupRequest {
    GetGroupRequest { group_name, ..GetGroupRequest::default() }
}
