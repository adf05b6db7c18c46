//! CreateTopic and DeleteTopic. Making a topic that is there already, alike, is no fault; nor is
//! deleting one that is not.
//!
//! AWS: <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>

use std::collections::BTreeMap;

use api::sns::{CreateTopicInput, CreateTopicResponse, DeleteTopicInput, DeleteTopicResponse};
use gateway::{Cx, Error};

use crate::arn::TopicArn;
use crate::tables::{self, TOPICS, Topic};
use crate::{attribute, error, policy, tag};

const NAME_MAX: usize = 256;
const FIFO: &str = ".fifo";

pub fn create_topic(
    cx: &mut Cx<'_>,
    input: CreateTopicInput,
) -> Result<CreateTopicResponse, Error> {
    if input.data_protection_policy.is_some() {
        return Err(error::not_implemented("DataProtectionPolicy"));
    }
    let given = input.attributes.unwrap_or_default();
    let is_fifo = given.get("FifoTopic").is_some_and(|value| value == "true");
    check_name(&input.name, is_fifo)?;
    let arn = TopicArn::here(cx, &input.name);
    let tags = tag::read(input.tags.as_deref().unwrap_or_default())?;
    match tables::find(cx, &arn)? {
        Some(mut topic) => {
            if let Some(text) = topic.attributes.get_mut("Policy") {
                *text = policy::to_show(cx, text)?;
            }
            check_alike(&topic, &given, &tags)?;
        }
        None => {
            let mut topic = Topic { attributes: BTreeMap::new(), tags };
            tag::check_number(&topic.tags)?;
            for (name, value) in &given {
                let value = match name.as_str() {
                    "FifoTopic" => {
                        attribute::check_boolean(name, value)?;
                        value.clone()
                    }
                    _ => attribute::to_keep(cx, is_fifo, name, value)?,
                };
                if name != "FifoTopic" || is_fifo {
                    topic.attributes.insert(name.clone(), value);
                }
            }
            tables::put(cx, &arn, &topic)?;
        }
    }
    Ok(CreateTopicResponse { topic_arn: Some(arn.to_string()) })
}

pub fn delete_topic(
    cx: &mut Cx<'_>,
    input: DeleteTopicInput,
) -> Result<DeleteTopicResponse, Error> {
    let arn = TopicArn::parse("TopicArn", &input.topic_arn)?;
    if arn.region == cx.region() {
        TOPICS.delete(cx.tx, arn.key());
    }
    Ok(DeleteTopicResponse::default())
}

/// Letters, digits, hyphens and underscores; `.fifo` ends the names of FIFO topics and of no
/// others.
fn check_name(name: &str, is_fifo: bool) -> Result<(), Error> {
    let bare = if is_fifo { name.strip_suffix(FIFO) } else { Some(name) };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_name = bare.is_some_and(|bare| !bare.is_empty() && bare.chars().all(fits))
        && name.len() <= NAME_MAX;
    if is_name { Ok(()) } else { Err(error::invalid("Topic Name")) }
}

/// What is asked for again must be what is there.
fn check_alike(
    topic: &Topic,
    given: &BTreeMap<String, String>,
    tags: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let is_alike = |(name, value): (&String, &String)| {
        let default = if name == "FifoTopic" { "false" } else { "" };
        topic.attributes.get(name).map_or(default, String::as_str) == value
    };
    if !given.iter().all(is_alike) {
        let reason = "Attributes Reason: Topic already exists with different attributes";
        return Err(error::invalid(reason));
    }
    if !tags.is_empty() && *tags != topic.tags {
        return Err(error::invalid("Tags Reason: Topic already exists with different tags"));
    }
    Ok(())
}
