//! Pages of listings. A NextToken is the place behind which the next page begins, in base64; it
//! gives no access that its bearer does not have anyway.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::Error;

/// How many entries AWS puts on a page of events, resources or stacks.
pub const SIZE: usize = 100;

/// The token for the page behind `place`.
pub fn token(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

/// The place that a token names; None for the first page.
///
/// # Errors
/// For a token that is none of ours (the sentence is unverified).
pub fn place(token: Option<&str>) -> Result<Option<String>, Error> {
    let Some(token) = token else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let place = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    place.map(Some).ok_or_else(invalid)
}

/// The page of `entries` behind `token`, and the token of the next one. `name` tells one entry from
/// the others.
///
/// # Errors
/// For a token that is none of ours.
pub fn of<T>(
    entries: Vec<T>,
    token: Option<&str>,
    name: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), Error> {
    let start = match place(token)? {
        None => 0,
        Some(place) => {
            let last = entries.iter().position(|entry| name(entry) == place);
            last.ok_or_else(invalid)?.saturating_add(1)
        }
    };
    let more = entries.len() > start.saturating_add(SIZE);
    let page: Vec<T> = entries.into_iter().skip(start).take(SIZE).collect();
    let next = page.last().filter(|_| more).map(|last| self::token(name(last)));
    Ok((page, next))
}

pub fn invalid() -> Error {
    Error::validation("Invalid nextToken")
}
