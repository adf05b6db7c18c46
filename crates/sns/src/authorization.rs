//! The resources that the rows of `data/authz/sns.json` speak of: topics with their policies.
//!
//! AWS: Service Authorization Reference, "Amazon SNS".

use api::Structure;
use gateway::{Attached, Cx, Error, Resource};
use policy::{PolicyId, ResourceKind, Source};

use crate::arn::TopicArn;
use crate::tables;

pub fn topic(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input.text("TopicArn").unwrap_or_default())
}

pub fn tagged(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    named(cx, input.text("ResourceArn").unwrap_or_default())
}

/// A topic that may not be there yet, or is there already.
pub fn new_topic(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let arn = TopicArn::here(cx, input.text("Name").unwrap_or_default());
    of(cx, &arn)
}

/// What lists topics is about all of them.
pub fn all_topics(cx: &mut Cx<'_>, _: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(format!("arn:aws:sns:{}:{}:*", cx.region(), cx.account())))
}

fn named(cx: &Cx<'_>, text: &str) -> Result<Resource, Error> {
    match TopicArn::parse("TopicArn", text) {
        Ok(arn) => of(cx, &arn),
        // What is no ARN is told to those who may ask for it.
        Err(_) => Ok(Resource::arn(text).owned_by(cx.account())),
    }
}

fn of(cx: &Cx<'_>, arn: &TopicArn) -> Result<Resource, Error> {
    let resource = Resource::arn(arn.to_string()).owned_by(arn.account);
    let Some(topic) = tables::find(cx, arn)? else { return Ok(resource) };
    let policy = topic.attributes.get("Policy").map(|text| {
        let policy = policy::Policy::parse(text, policy::Kind::Topic).map_err(Error::internal)?;
        let id = PolicyId::inline("TopicPolicy", &arn.to_string());
        let source = Source { policy, id };
        Ok::<_, Error>(Attached { source, kind: ResourceKind::Bucket, restrict_public: false })
    });
    Ok(resource.tagged(topic.tags).with_policy(policy.transpose()?))
}
