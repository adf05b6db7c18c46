//! AWS::IAM::UserToGroupAddition: users in a group.
//!
//! AWS: Template reference, "AWS::IAM::UserToGroupAddition".

use api::iam::{
    AddUserToGroup, AddUserToGroupRequest, RemoveUserFromGroup, RemoveUserFromGroupRequest,
};

use super::{Failure, Request, Type, difference};

pub static TYPE: Type = Type::new("AWS::IAM::UserToGroupAddition", create, update, delete);

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let group = properties.text("GroupName").unwrap_or_default();
    let id = request.generated_name();
    for user_name in properties.texts("Users") {
        let input = AddUserToGroupRequest { group_name: group.clone(), user_name };
        request.call::<AddUserToGroup>(input)?;
        request.physical_id = Some(id.clone());
    }
    request.physical_id = Some(id.clone());
    request.attributes.insert("Id".to_owned(), id);
    Ok(())
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let group = properties.text("GroupName").unwrap_or_default();
    for user_name in properties.texts("Users") {
        let input = RemoveUserFromGroupRequest { group_name: group.clone(), user_name };
        request.call_unless_gone::<RemoveUserFromGroup>(input)?;
    }
    Ok(())
}

fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let members = |of: super::Properties| {
        let group = of.text("GroupName").unwrap_or_default();
        let users = of.texts("Users").into_iter();
        users.map(|user| (group.clone(), user)).collect::<Vec<_>>()
    };
    let (added, removed) = difference(&members(request.read_old()), &members(request.read()));
    for (group_name, user_name) in added {
        request.call::<AddUserToGroup>(AddUserToGroupRequest { group_name, user_name })?;
    }
    for (group_name, user_name) in removed {
        let input = RemoveUserFromGroupRequest { group_name, user_name };
        request.call_unless_gone::<RemoveUserFromGroup>(input)?;
    }
    Ok(())
}
