//! The topics that a stack's events are told to: accepted where the caller may look at them.
//!
//! Nothing is delivered yet, as topics deliver nothing yet.
//! AWS: API reference, CreateStack (NotificationARNs).

use api::sns::{GetTopicAttributes, GetTopicAttributesInput};
use gateway::{Cx, Error};

use crate::authority::SERVICE;
use crate::error;
use crate::step::is_ours;
use crate::tables::{CHANGE_SETS, STACKS, StackKey};

/// The topics of a request, each found to exist; None where none are named.
///
/// # Errors
/// Where one is not there, or not for the caller to see (sentence unverified); `NotImplemented` on
/// a server without topics.
pub fn topics(cx: &mut Cx<'_>, given: Option<Vec<String>>) -> Result<Option<Vec<String>>, Error> {
    let Some(given) = given else { return Ok(None) };
    let caller = cx.caller().via(SERVICE);
    for topic_arn in &given {
        let input = GetTopicAttributesInput { topic_arn: topic_arn.clone() };
        if let Err(error) = cx.call::<GetTopicAttributes>(&caller, input) {
            if is_ours(&error) {
                return Err(error);
            }
            if error.status() >= 500 {
                return Err(error::not_implemented("The parameter NotificationARNs"));
            }
            let message =
                format!("{topic_arn} is not a valid notification topic: {}", error.message());
            return Err(Error::validation(message));
        }
    }
    Ok(Some(given))
}

/// The topics of a stack or of one of its change sets, where the template asks for them.
///
/// # Errors
/// Only what the store says.
pub fn of_stack(cx: &Cx<'_>, key: &StackKey, used: &str, body: &str) -> Result<Vec<String>, Error> {
    if !body.contains("AWS::NotificationARNs") {
        return Ok(Vec::new());
    }
    let change_set = CHANGE_SETS.get(cx.tx, key.beside(used))?;
    let own = change_set.and_then(|change_set| change_set.notification_arns);
    let inherited = || Ok(STACKS.get(cx.tx, key.id())?.and_then(|stack| stack.notification_arns));
    Ok(own.map_or_else(inherited, |own| Ok::<_, Error>(Some(own)))?.unwrap_or_default())
}
