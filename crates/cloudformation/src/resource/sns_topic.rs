//! AWS::SNS::Topic. Its physical id is the topic's ARN. Subscriptions are refused: nothing is
//! delivered yet.
//!
//! AWS: Template reference, "AWS::SNS::Topic".

use std::collections::BTreeMap;

use api::sns::{
    CreateTopic, CreateTopicInput, DeleteTopic, DeleteTopicInput, GetTopicAttributes,
    GetTopicAttributesInput, SetTopicAttributes, SetTopicAttributesInput, Tag, TagResource,
    TagResourceRequest, UntagResource, UntagResourceRequest,
};

use super::{Failure, Request, Type};

/// The properties that are attributes of the topic, under the same names.
const ATTRIBUTES: [&str; 7] = [
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoThroughputScope",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
];

const UNSUPPORTED: [&str; 3] = ["DataProtectionPolicy", "DeliveryStatusLogging", "Subscription"];

pub static TYPE: Type = Type {
    read: Some(read),
    name_property: Some("TopicName"),
    takes_stack_tags: true,
    ..Type::new("AWS::SNS::Topic", create, update, delete)
};

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    request.refuse_properties(&UNSUPPORTED)?;
    let properties = request.read();
    let fifo = properties.text("FifoTopic").as_deref() == Some("true");
    let name = properties.text("TopicName").unwrap_or_else(|| {
        let name = request.generated_name();
        if fifo { format!("{name}.fifo") } else { name }
    });
    let arn = format!("arn:aws:sns:{}:{}:{name}", request.key.region, request.key.account);
    // Making a topic again is no fault to SNS; to a stack it is.
    let known = GetTopicAttributesInput { topic_arn: arn.clone() };
    if properties.text("TopicName").is_some() && request.call::<GetTopicAttributes>(known).is_ok() {
        let message =
            format!("Resource of type 'AWS::SNS::Topic' with identifier '{arn}' already exists.");
        return Err(Failure::Handler { message, code: "AlreadyExists" });
    }
    let mut attributes: BTreeMap<String, String> = ATTRIBUTES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), attribute(request, name)?)))
        .collect();
    if fifo {
        attributes.insert("FifoTopic".to_owned(), "true".to_owned());
    }
    let input = CreateTopicInput {
        name: name.clone(),
        attributes: Some(attributes),
        tags: Some(tags(request.all_tags())),
        data_protection_policy: None,
    };
    let arn = request.call::<CreateTopic>(input)?.topic_arn.unwrap_or_default();
    request.attributes.insert("TopicArn".to_owned(), arn.clone());
    request.attributes.insert("TopicName".to_owned(), name);
    request.physical_id = Some(arn);
    describe(request);
    Ok(())
}

/// What is set of the topic can be asked for too.
fn describe(request: &mut Request<'_, '_>) {
    for name in ATTRIBUTES.iter().chain(&["FifoTopic"]) {
        match attribute(request, name) {
            Some(value) => request.attributes.insert((*name).to_owned(), value),
            None => request.attributes.remove(*name),
        };
    }
}

fn read(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let arn = request.physical_id();
    let input = GetTopicAttributesInput { topic_arn: arn.clone() };
    request.call_read::<GetTopicAttributes>(input)?;
    let name = arn.rsplit(':').next().unwrap_or_default().to_owned();
    request.attributes.insert("TopicArn".to_owned(), arn);
    request.attributes.insert("TopicName".to_owned(), name);
    describe(request);
    Ok(())
}

fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    request.refuse_properties(&UNSUPPORTED)?;
    let topic_arn = request.physical_id();
    for name in ATTRIBUTES {
        if !request.changes(&[name]) {
            continue;
        }
        let value = attribute(request, name);
        request.call::<SetTopicAttributes>(SetTopicAttributesInput {
            topic_arn: topic_arn.clone(),
            attribute_name: name.to_owned(),
            attribute_value: Some(value.unwrap_or_default()),
        })?;
    }
    let (added, removed) = request.tag_changes();
    if !removed.is_empty() {
        let resource_arn = topic_arn.clone();
        request.call::<UntagResource>(UntagResourceRequest { resource_arn, tag_keys: removed })?;
    }
    if !added.is_empty() {
        let resource_arn = topic_arn;
        request.call::<TagResource>(TagResourceRequest { resource_arn, tags: tags(added) })?;
    }
    describe(request);
    Ok(())
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let topic_arn = request.physical_id();
    request.call_unless_gone::<DeleteTopic>(DeleteTopicInput { topic_arn })
}

fn attribute(request: &Request<'_, '_>, name: &str) -> Option<String> {
    request.read().document(name)
}

fn tags(tags: Vec<(String, String)>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key, value }).collect()
}
