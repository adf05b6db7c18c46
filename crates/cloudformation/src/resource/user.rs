//! AWS::IAM::User.
//!
//! AWS: Template reference, "AWS::IAM::User", "AWS::IAM::User LoginProfile".

use api::iam::{
    AddUserToGroup, AddUserToGroupRequest, CreateLoginProfile, CreateLoginProfileRequest,
    CreateUser, CreateUserRequest, DeleteLoginProfile, DeleteLoginProfileRequest, DeleteUser,
    DeleteUserRequest, GetUser, GetUserRequest, RemoveUserFromGroup, RemoveUserFromGroupRequest,
    UpdateLoginProfile, UpdateLoginProfileRequest, UpdateUser, UpdateUserRequest,
};

use super::principal::{self, Principal};
use super::properties::{boolean, text};
use super::{Failure, Properties, Request, Type, difference};

pub static TYPE: Type = Type {
    read: Some(read),
    name_property: Some("UserName"),
    takes_stack_tags: true,
    ..Type::new("AWS::IAM::User", create, update, delete)
};

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = properties.text("UserName").unwrap_or_else(|| request.generated_name());
    let input = CreateUserRequest {
        path: properties.text("Path"),
        user_name: name.clone(),
        permissions_boundary: properties.text("PermissionsBoundary"),
        tags: principal::listed(request.all_tags()),
    };
    request.call_create::<CreateUser>(&name, input)?;
    request.physical_id = Some(name.clone());
    principal::give_policies(request, Principal::User, &name)?;
    for group_name in properties.texts("Groups") {
        let input = AddUserToGroupRequest { group_name, user_name: name.clone() };
        request.call::<AddUserToGroup>(input)?;
    }
    give_login_profile(request, &name)?;
    describe(request, name)
}

fn describe(request: &mut Request<'_, '_>, user_name: String) -> Result<(), Failure> {
    let made = request.call_read::<GetUser>(GetUserRequest { user_name: Some(user_name) })?.user;
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
        request.call::<UpdateUser>(UpdateUserRequest {
            user_name: name.clone(),
            new_path: Some(path),
            new_user_name: None,
        })?;
    }
    principal::update_policies(request, Principal::User, &name)?;
    update_groups(request, &name)?;
    update_login_profile(request, &name)?;
    principal::update_boundary(request, Principal::User, &name)?;
    principal::update_tags(request, Principal::User, &name)?;
    describe(request, name)
}

fn update_groups(request: &mut Request<'_, '_>, name: &str) -> Result<(), Failure> {
    let groups = |of: Properties| of.texts("Groups");
    let (joined, left) = difference(&groups(request.read_old()), &groups(request.read()));
    for group_name in joined {
        let input = AddUserToGroupRequest { group_name, user_name: name.to_owned() };
        request.call::<AddUserToGroup>(input)?;
    }
    for group_name in left {
        let input = RemoveUserFromGroupRequest { group_name, user_name: name.to_owned() };
        request.call_unless_gone::<RemoveUserFromGroup>(input)?;
    }
    Ok(())
}

fn give_login_profile(request: &mut Request<'_, '_>, name: &str) -> Result<(), Failure> {
    let properties = request.read();
    let Some(profile) = properties.map("LoginProfile") else { return Ok(()) };
    let input = CreateLoginProfileRequest {
        user_name: Some(name.to_owned()),
        password: text(profile, "Password"),
        password_reset_required: boolean(profile, "PasswordResetRequired"),
    };
    request.call::<CreateLoginProfile>(input).map(drop)
}

fn update_login_profile(request: &mut Request<'_, '_>, name: &str) -> Result<(), Failure> {
    if !request.changes(&["LoginProfile"]) {
        return Ok(());
    }
    let (old, new) = (request.read_old(), request.read());
    match (old.map("LoginProfile"), new.map("LoginProfile")) {
        (None, _) => give_login_profile(request, name),
        (Some(_), None) => {
            let input = DeleteLoginProfileRequest { user_name: Some(name.to_owned()) };
            request.call_unless_gone::<DeleteLoginProfile>(input)
        }
        (Some(_), Some(profile)) => {
            let input = UpdateLoginProfileRequest {
                user_name: name.to_owned(),
                password: text(profile, "Password"),
                password_reset_required: boolean(profile, "PasswordResetRequired").or(Some(false)),
            };
            request.call::<UpdateLoginProfile>(input).map(drop)
        }
    }
}

/// What the template gave is taken away; what others gave stays and makes IAM refuse.
fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = request.physical_id();
    request.call::<GetUser>(GetUserRequest { user_name: Some(name.clone()) })?;
    for group_name in properties.texts("Groups") {
        let input = RemoveUserFromGroupRequest { group_name, user_name: name.clone() };
        request.call_unless_gone::<RemoveUserFromGroup>(input)?;
    }
    if properties.map("LoginProfile").is_some() {
        let input = DeleteLoginProfileRequest { user_name: Some(name.clone()) };
        request.call_unless_gone::<DeleteLoginProfile>(input)?;
    }
    principal::take_policies(request, Principal::User, &name)?;
    request.call_unless_gone::<DeleteUser>(DeleteUserRequest { user_name: name })
}
