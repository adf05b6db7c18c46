//! AWS::SSM::Parameter. Its physical id is the parameter's name.
//!
//! AWS: Template reference, "AWS::SSM::Parameter".

use api::ssm::{
    AddTagsToResource, AddTagsToResourceRequest, DeleteParameter, DeleteParameterRequest,
    GetParameter, GetParameterRequest, ParameterTier, ParameterType, PutParameter,
    PutParameterRequest, RemoveTagsFromResource, RemoveTagsFromResourceRequest,
    ResourceTypeForTagging, Tag,
};

use super::{Failure, Request, Type};

pub static TYPE: Type = Type {
    read: Some(read),
    name_property: Some("Name"),
    takes_stack_tags: true,
    ..Type::new("AWS::SSM::Parameter", create, update, delete)
};

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.read().text("Name").unwrap_or_else(|| request.generated_name());
    let tags = tags(request.all_tags());
    let input = PutParameterRequest {
        tags: (!tags.is_empty()).then_some(tags),
        ..input(request, name.clone())
    };
    request.call_create::<PutParameter>(&name, input)?;
    request.physical_id = Some(name);
    describe(request);
    Ok(())
}

fn read(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let input = GetParameterRequest { name: request.physical_id(), with_decryption: None };
    request.call_read::<GetParameter>(input)?;
    describe(request);
    Ok(())
}

fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.physical_id();
    let written =
        ["AllowedPattern", "DataType", "Description", "Policies", "Tier", "Type", "Value"];
    if request.changes(&written) {
        let input = PutParameterRequest { overwrite: Some(true), ..input(request, name.clone()) };
        request.call::<PutParameter>(input)?;
    }
    let (added, removed) = request.tag_changes();
    if !removed.is_empty() {
        request.call::<RemoveTagsFromResource>(RemoveTagsFromResourceRequest {
            resource_type: ResourceTypeForTagging::Parameter,
            resource_id: name.clone(),
            tag_keys: removed,
        })?;
    }
    if !added.is_empty() {
        request.call::<AddTagsToResource>(AddTagsToResourceRequest {
            resource_type: ResourceTypeForTagging::Parameter,
            resource_id: name,
            tags: tags(added),
        })?;
    }
    describe(request);
    Ok(())
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.physical_id();
    request.call_unless_gone::<DeleteParameter>(DeleteParameterRequest { name })
}

fn input(request: &Request<'_, '_>, name: String) -> PutParameterRequest {
    let properties = request.read();
    PutParameterRequest {
        name,
        description: properties.text("Description"),
        value: properties.text("Value").unwrap_or_default(),
        r#type: properties.text("Type").map(|text| ParameterType::from(text.as_str())),
        allowed_pattern: properties.text("AllowedPattern"),
        tier: properties.text("Tier").map(|text| ParameterTier::from(text.as_str())),
        policies: properties.text("Policies"),
        data_type: properties.text("DataType"),
        ..PutParameterRequest::default()
    }
}

fn describe(request: &mut Request<'_, '_>) {
    let properties = request.read();
    for name in ["Type", "Value"] {
        request.attributes.insert(name.to_owned(), properties.text(name).unwrap_or_default());
    }
}

fn tags(tags: Vec<(String, String)>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key, value }).collect()
}
