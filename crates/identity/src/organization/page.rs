//! Pages of a listing: at most `MaxResults` items and a token for the rest.
//!
//! A token is the place where the page ended, sealed under the server's key for this listing and
//! this account: nobody can make one up.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::{Cx, Error};

use super::say;

/// `MaxResults` where none is given: the most that AWS takes.
const SIZE_DEFAULT: usize = 20;

/// What of a listing is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The operation, with whatever else decides which items there are.
    pub scope: &'a str,
    pub token: Option<&'a str>,
    pub most: Option<i32>,
}

/// The items and the token; each item comes with its place, in order.
///
/// # Errors
/// InvalidInputException.
pub fn of<T>(
    cx: &Cx<'_>,
    ask: Ask<'_>,
    items: Vec<(String, T)>,
) -> Result<(Option<Vec<T>>, Option<String>), Error> {
    let behind = ask.token.map(|token| opened(cx, ask.scope, token)).transpose()?;
    let most = ask.most.and_then(|most| usize::try_from(most).ok()).unwrap_or(SIZE_DEFAULT).max(1);
    let is_ahead = |place: &String| behind.as_ref().is_none_or(|behind| place > behind);
    let mut rest = items.into_iter().filter(|(place, _)| is_ahead(place));
    let (places, page): (Vec<_>, Vec<_>) = rest.by_ref().take(most).unzip();
    let token = match (places.last(), rest.next()) {
        (Some(last), Some(_)) => {
            let sealed = cx.keyring().seal(&binding(cx, ask.scope), last.as_bytes())?;
            Some(STANDARD.encode(sealed))
        }
        _ => None,
    };
    Ok((Some(page), token))
}

fn opened(cx: &Cx<'_>, scope: &str, token: &str) -> Result<String, Error> {
    let sealed = STANDARD.decode(token).ok();
    let opened = sealed.and_then(|sealed| cx.keyring().open(&binding(cx, scope), &sealed).ok());
    let place = opened.and_then(|place| place.expose_str().map(str::to_owned));
    // (unverified)
    let message = "You specified an invalid value for NextToken.";
    place.ok_or_else(|| say::invalid("INVALID_NEXT_TOKEN", message))
}

fn binding(cx: &Cx<'_>, scope: &str) -> Vec<u8> {
    format!("organizations token {scope} {}", cx.account()).into_bytes()
}
