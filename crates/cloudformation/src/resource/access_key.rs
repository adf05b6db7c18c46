//! AWS::IAM::AccessKey. Its secret is an attribute, kept sealed and shown by no event.
//!
//! AWS: Template reference, "AWS::IAM::AccessKey".

use api::iam::{
    CreateAccessKey, CreateAccessKeyRequest, DeleteAccessKey, DeleteAccessKeyRequest, StatusType,
    UpdateAccessKey, UpdateAccessKeyRequest,
};

use super::{Failure, Request, Type};

const ACTIVE: &str = "Active";

pub static TYPE: Type = Type::new("AWS::IAM::AccessKey", create, update, delete);

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let input = CreateAccessKeyRequest { user_name: properties.text("UserName") };
    let made = request.call::<CreateAccessKey>(input)?.access_key;
    request.physical_id = Some(made.access_key_id.clone());
    request.attributes.insert("Id".to_owned(), made.access_key_id);
    request.attributes.insert("SecretAccessKey".to_owned(), made.secret_access_key);
    match properties.text("Status") {
        Some(status) if status != ACTIVE => set_status(request, &status),
        _ => Ok(()),
    }
}

fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    if !request.changes(&["Status"]) {
        return Ok(());
    }
    let status = request.read().text("Status").unwrap_or_else(|| ACTIVE.to_owned());
    set_status(request, &status)
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let access_key_id = request.physical_id();
    let user_name = request.read().text("UserName");
    request.call_unless_gone::<DeleteAccessKey>(DeleteAccessKeyRequest { user_name, access_key_id })
}

fn set_status(request: &mut Request<'_, '_>, status: &str) -> Result<(), Failure> {
    let input = UpdateAccessKeyRequest {
        user_name: request.read().text("UserName"),
        access_key_id: request.physical_id(),
        status: StatusType::from(status),
    };
    request.call::<UpdateAccessKey>(input).map(drop)
}
