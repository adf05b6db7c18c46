//! Pages of a listing: at most `MaxResults` items and a token for the rest.
//!
//! A token is the place where the page ended, sealed under the server's key for this listing and
//! this account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::{Cx, Error};

use crate::error;

/// The place behind which the page begins.
///
/// # Errors
/// `InvalidNextToken`
pub fn place(cx: &Cx<'_>, scope: &str, token: Option<&str>) -> Result<Option<String>, Error> {
    let Some(token) = token else { return Ok(None) };
    let sealed = STANDARD.decode(token).ok();
    let opened = sealed.and_then(|sealed| cx.keyring().open(&binding(cx, scope), &sealed).ok());
    let place = opened.and_then(|place| place.expose_str().map(str::to_owned));
    place.map(Some).ok_or_else(error::invalid_token)
}

/// The token of a page that ended at `place`.
///
/// # Errors
/// What the keyring says.
pub fn token(cx: &Cx<'_>, scope: &str, place: &str) -> Result<String, Error> {
    Ok(STANDARD.encode(cx.keyring().seal(&binding(cx, scope), place.as_bytes())?))
}

/// How many items a page holds.
pub fn size(max_results: Option<i32>, default: usize) -> usize {
    max_results.and_then(|most| usize::try_from(most).ok()).unwrap_or(default).max(1)
}

fn binding(cx: &Cx<'_>, scope: &str) -> Vec<u8> {
    format!("ssm token {scope} {} {}", cx.account(), cx.region()).into_bytes()
}
