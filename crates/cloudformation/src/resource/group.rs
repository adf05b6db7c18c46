//! AWS::IAM::Group.
//!
//! AWS: Template reference, "AWS::IAM::Group".

use api::iam::{
    AttachGroupPolicy, AttachGroupPolicyRequest, CreateGroup, CreateGroupRequest, DeleteGroup,
    DeleteGroupPolicy, DeleteGroupPolicyRequest, DeleteGroupRequest, DetachGroupPolicy,
    DetachGroupPolicyRequest, GetGroup, GetGroupRequest, PutGroupPolicy, PutGroupPolicyRequest,
    UpdateGroup, UpdateGroupRequest,
};

use super::{Failure, Request, difference};

pub fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = properties.text("GroupName").unwrap_or_else(|| request.generated_name());
    let input = CreateGroupRequest { path: properties.text("Path"), group_name: name.clone() };
    request.call_create::<CreateGroup>(&name, input)?;
    request.physical_id = Some(name.clone());
    for (policy_name, policy_document) in properties.policies() {
        let group_name = name.clone();
        let input = PutGroupPolicyRequest { group_name, policy_name, policy_document };
        request.call::<PutGroupPolicy>(input)?;
    }
    for policy_arn in properties.texts("ManagedPolicyArns") {
        let input = AttachGroupPolicyRequest { group_name: name.clone(), policy_arn };
        request.call::<AttachGroupPolicy>(input)?;
    }
    describe(request, name)
}

fn describe(request: &mut Request<'_, '_>, name: String) -> Result<(), Failure> {
    let made = request.call::<GetGroup>(named(name))?.group;
    request.attributes.insert("Arn".to_owned(), made.arn);
    Ok(())
}

pub fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.physical_id();
    let (old, new) = (request.read_old(), request.read());
    if request.changes(&["Path"]) {
        request.call::<UpdateGroup>(UpdateGroupRequest {
            group_name: name.clone(),
            new_path: Some(new.text("Path").unwrap_or_else(|| "/".to_owned())),
            new_group_name: None,
        })?;
    }
    let (put, dropped) = difference(&old.policies(), &new.policies());
    let kept = new.policies();
    for (policy_name, policy_document) in put {
        let group_name = name.clone();
        let input = PutGroupPolicyRequest { group_name, policy_name, policy_document };
        request.call::<PutGroupPolicy>(input)?;
    }
    for (policy_name, _) in dropped {
        if !kept.iter().any(|(other, _)| *other == policy_name) {
            let input = DeleteGroupPolicyRequest { group_name: name.clone(), policy_name };
            request.call_unless_gone::<DeleteGroupPolicy>(input)?;
        }
    }
    let arns = |of: &super::Properties| of.texts("ManagedPolicyArns");
    let (attached, detached) = difference(&arns(&old), &arns(&new));
    for policy_arn in detached {
        let input = DetachGroupPolicyRequest { group_name: name.clone(), policy_arn };
        request.call_unless_gone::<DetachGroupPolicy>(input)?;
    }
    for policy_arn in attached {
        let input = AttachGroupPolicyRequest { group_name: name.clone(), policy_arn };
        request.call::<AttachGroupPolicy>(input)?;
    }
    describe(request, name)
}

pub fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = request.physical_id();
    request.call::<GetGroup>(named(name.clone()))?;
    for policy_arn in properties.texts("ManagedPolicyArns") {
        let input = DetachGroupPolicyRequest { group_name: name.clone(), policy_arn };
        request.call_unless_gone::<DetachGroupPolicy>(input)?;
    }
    for (policy_name, _) in properties.policies() {
        let input = DeleteGroupPolicyRequest { group_name: name.clone(), policy_name };
        request.call_unless_gone::<DeleteGroupPolicy>(input)?;
    }
    request.call_unless_gone::<DeleteGroup>(DeleteGroupRequest { group_name: name })
}

fn named(group_name: String) -> GetGroupRequest {
    GetGroupRequest { group_name, ..GetGroupRequest::default() }
}
