//! Pages of a listing: at most `MaxItems` items and a marker for the rest.
//!
//! A marker is the place where the page ended, sealed under the server's key for this listing and
//! this account: nobody can make one up, and one of another listing is refused.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::{Cx, Error};
use store::Tx;

/// `MaxItems` where none is given.
const ITEMS_DEFAULT: usize = 100;

/// What of a listing is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The operation, with whatever else decides which items there are.
    pub scope: &'a str,
    pub marker: Option<&'a str>,
    pub max_items: Option<i32>,
}

#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub marker: Option<String>,
}

impl<T> Page<T> {
    #[expect(clippy::unnecessary_wraps, reason = "the member of every listing is optional")]
    pub const fn is_truncated(&self) -> Option<bool> {
        Some(self.marker.is_some())
    }
}

/// A page of what `next` reads: at most so many items behind a place, in order, each with its
/// place.
///
/// # Errors
/// `Invalid Marker.`, and what `next` or `keep` says.
pub fn read<T>(
    cx: &Cx<'_>,
    ask: Ask<'_>,
    mut next: impl FnMut(&Tx, Option<&str>, usize) -> Result<Vec<(String, T)>, Error>,
    mut keep: impl FnMut(&T) -> bool,
) -> Result<Page<T>, Error> {
    let most = ask.most();
    let mut place = opened(cx, ask)?;
    let mut items = Vec::new();
    let mut ended = String::new();
    loop {
        let batch = next(cx.tx, place.as_deref(), most.saturating_add(1))?;
        let whole = batch.len() > most;
        for (at, item) in batch {
            if keep(&item) {
                if items.len() == most {
                    return Ok(Page { items, marker: Some(sealed(cx, ask, &ended)?) });
                }
                items.push(item);
                ended.clone_from(&at);
            }
            place = Some(at);
        }
        if !whole {
            return Ok(Page { items, marker: None });
        }
    }
}

/// A page of items that are all at hand, sorted by their place.
///
/// # Errors
/// `Invalid Marker.`
pub fn sorted<T>(cx: &Cx<'_>, ask: Ask<'_>, items: Vec<(String, T)>) -> Result<Page<T>, Error> {
    let mut rest = items.into_iter();
    read(
        cx,
        ask,
        |_, place, limit| {
            let behind = |at: &String| place.is_none_or(|place| at.as_str() > place);
            Ok(rest.by_ref().filter(|(at, _)| behind(at)).take(limit).collect())
        },
        |_| true,
    )
}

impl Ask<'_> {
    fn most(&self) -> usize {
        self.max_items.and_then(|most| usize::try_from(most).ok()).unwrap_or(ITEMS_DEFAULT).max(1)
    }

    fn binding(&self, cx: &Cx<'_>) -> Vec<u8> {
        format!("marker {} {}", self.scope, cx.account()).into_bytes()
    }
}

fn opened(cx: &Cx<'_>, ask: Ask<'_>) -> Result<Option<String>, Error> {
    let Some(marker) = ask.marker else { return Ok(None) };
    let place = STANDARD
        .decode(marker)
        .ok()
        .and_then(|sealed| cx.keyring().open(&ask.binding(cx), &sealed).ok())
        .and_then(|place| place.expose_str().map(str::to_owned));
    place.map(Some).ok_or_else(|| Error::validation("Invalid Marker."))
}

fn sealed(cx: &Cx<'_>, ask: Ask<'_>, place: &str) -> Result<String, Error> {
    Ok(STANDARD.encode(cx.keyring().seal(&ask.binding(cx), place.as_bytes())?))
}
