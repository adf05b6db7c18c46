//! The topics that a stack's events are told to: accepted where the caller may look at them.
//!
//! Nothing is delivered yet, as topics deliver nothing yet.
//! AWS: API reference, CreateStack (NotificationARNs).

use gateway::{Cx, Error};

use crate::error;

/// The topics of a request, each found to exist; None where none are named.
///
/// # Errors
/// `NotImplemented`, as long as there are no topics.
pub fn topics(_: &mut Cx<'_>, given: Option<Vec<String>>) -> Result<Option<Vec<String>>, Error> {
    let Some(given) = given else { return Ok(None) };
    error::refuse(&[("NotificationARNs", !given.is_empty())])?;
    Ok(Some(given))
}
