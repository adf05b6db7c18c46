//! What is kept of topics: table 500, by account, region and name.

use std::collections::BTreeMap;

use gateway::{AccountId, Cx, Error, tables};
use minicbor::{Decode, Encode};
use store::{Record, Table, Tx};

use crate::arn::TopicArn;

pub const TOPICS: Table<(u64, String, String), Topic> = Table::new(tables::SNS);

#[derive(Clone, Encode, Decode)]
pub struct Topic {
    /// Those that were set, by AWS's names; `Policy` among them. What was not set has its default.
    #[n(0)]
    pub attributes: BTreeMap<String, String>,
    #[n(1)]
    pub tags: BTreeMap<String, String>,
}

impl Record for Topic {
    const VERSION: u8 = 1;
}

/// Deletes every topic of the account.
pub fn reset(tx: &mut Tx, account: AccountId) {
    TOPICS.delete_prefix(tx, (account.number(),));
}

/// The topic of the ARN, whosever it is; topics are found in their own region only.
///
/// # Errors
/// Only what the store says.
pub fn find(cx: &Cx<'_>, arn: &TopicArn) -> Result<Option<Topic>, Error> {
    if arn.region != cx.region() {
        return Ok(None);
    }
    Ok(TOPICS.get(cx.tx, arn.key())?)
}

/// # Errors
/// Only what the store says.
pub fn put(cx: &mut Cx<'_>, arn: &TopicArn, topic: &Topic) -> Result<(), Error> {
    Ok(TOPICS.put(cx.tx, arn.key(), topic)?)
}
