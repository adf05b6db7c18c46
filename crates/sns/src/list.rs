//! Listings: topics by the hundred, and subscriptions, of which there are none.

use api::sns::{
    ListSubscriptionsByTopicInput, ListSubscriptionsByTopicResponse, ListSubscriptionsInput,
    ListSubscriptionsResponse, ListTopicsInput, ListTopicsResponse, Topic as Shape,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::{Cx, Error};

use crate::arn::TopicArn;
use crate::error;
use crate::tables::{self, TOPICS};

const PAGE: usize = 100;

pub fn list_topics(cx: &mut Cx<'_>, input: ListTopicsInput) -> Result<ListTopicsResponse, Error> {
    let binding = format!("sns topics {} {}", cx.account(), cx.region()).into_bytes();
    let place = match &input.next_token {
        None => None,
        Some(token) => {
            let sealed = STANDARD.decode(token).ok();
            let opened = sealed.and_then(|sealed| cx.keyring().open(&binding, &sealed).ok());
            let place = opened.and_then(|place| place.expose_str().map(str::to_owned));
            Some(place.ok_or_else(|| error::invalid("NextToken"))?)
        }
    };
    let (account, region) = (cx.account().number(), cx.region());
    let mut range = TOPICS.prefix((account, region));
    if let Some(place) = &place {
        range = range.after(&TOPICS.key((account, region, place.as_str())));
    }
    let mut rows = TOPICS.scan(cx.tx, range, PAGE + 1)?;
    let is_whole = rows.len() <= PAGE;
    rows.truncate(PAGE);
    let last = rows.last().map(|((_, _, name), _)| name.clone()).filter(|_| !is_whole);
    let seal = |place: String| {
        Ok::<_, Error>(STANDARD.encode(cx.keyring().seal(&binding, place.as_bytes())?))
    };
    let next_token = last.map(seal).transpose()?;
    let shape = |name: &str| Shape { topic_arn: Some(TopicArn::here(cx, name).to_string()) };
    let topics = rows.iter().map(|((_, _, name), _)| shape(name)).collect();
    Ok(ListTopicsResponse { topics: Some(topics), next_token })
}

pub fn list_subscriptions(
    _: &mut Cx<'_>,
    input: ListSubscriptionsInput,
) -> Result<ListSubscriptionsResponse, Error> {
    no_more(input.next_token.as_ref())?;
    Ok(ListSubscriptionsResponse { subscriptions: Some(Vec::new()), next_token: None })
}

pub fn list_subscriptions_by_topic(
    cx: &mut Cx<'_>,
    input: ListSubscriptionsByTopicInput,
) -> Result<ListSubscriptionsByTopicResponse, Error> {
    let arn = TopicArn::parse("TopicArn", &input.topic_arn)?;
    tables::find(cx, &arn)?.ok_or_else(error::no_topic)?;
    no_more(input.next_token.as_ref())?;
    Ok(ListSubscriptionsByTopicResponse { subscriptions: Some(Vec::new()), next_token: None })
}

/// No listing here has a second page.
fn no_more(token: Option<&String>) -> Result<(), Error> {
    if token.is_some() { Err(error::invalid("NextToken")) } else { Ok(()) }
}
