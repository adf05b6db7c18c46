//! AWS::IAM::UserToGroupAddition: users in a group.
//!
//! AWS: Template reference, "AWS::IAM::UserToGroupAddition".

use api::iam::{
    AddUserToGroup, AddUserToGroupRequest, RemoveUserFromGroup, RemoveUserFromGroupRequest,
};

use super::{Failure, Request};

pub fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
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

pub fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let group = properties.text("GroupName").unwrap_or_default();
    for user_name in properties.texts("Users") {
        let input = RemoveUserFromGroupRequest { group_name: group.clone(), user_name };
        request.call_unless_gone::<RemoveUserFromGroup>(input)?;
    }
    Ok(())
}
