//! SNS's topics: attributes, policies, tags.
//!
//! Deliberately absent: subscriptions and publishing. Nothing here delivers, so nothing pretends
//! to: those operations answer `NotImplemented`, and no topic has subscriptions.
//! AWS: <https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html>

mod arn;
mod attribute;
mod authorization;
mod error;
mod list;
mod permission;
mod policy;
mod tables;
mod tag;
mod topic;

use api::sns::{
    self, AddPermission, CreateTopic, DeleteTopic, GetTopicAttributes, ListSubscriptions,
    ListSubscriptionsByTopic, ListTagsForResource, ListTopics, RemovePermission,
    SetTopicAttributes, TagResource, UntagResource,
};
use gateway::Service;

pub use tables::reset;

/// SNS and its decisions.
///
/// # Errors
/// Where the data of this build does not parse.
pub fn service() -> Result<Service, serde_json::Error> {
    let rows = include_str!("../../../data/authz/sns.json");
    Ok(Service::new(&sns::SERVICE, rows)?
        .resource("all-topics", authorization::all_topics)
        .resource("new-topic", authorization::new_topic)
        .resource("tagged", authorization::tagged)
        .resource("topic", authorization::topic)
        .on::<AddPermission>(permission::add_permission)
        .on::<CreateTopic>(topic::create_topic)
        .on::<DeleteTopic>(topic::delete_topic)
        .on::<GetTopicAttributes>(attribute::get_topic_attributes)
        .on::<ListSubscriptions>(list::list_subscriptions)
        .on::<ListSubscriptionsByTopic>(list::list_subscriptions_by_topic)
        .on::<ListTagsForResource>(tag::list_tags_for_resource)
        .on::<ListTopics>(list::list_topics)
        .on::<RemovePermission>(permission::remove_permission)
        .on::<SetTopicAttributes>(attribute::set_topic_attributes)
        .on::<TagResource>(tag::tag_resource)
        .on::<UntagResource>(tag::untag_resource))
}
