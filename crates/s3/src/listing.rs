//! The algorithm of listings: keys in order, folded at a delimiter, page by page.
//!
//! Pure: where rows come from is the caller's. A common prefix is folded by leaping past all that
//! begins with it, so that a page costs as many reads as it has entries, however many keys lie
//! below. AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html>

/// What is to be listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<'a> {
    pub prefix: &'a str,
    /// Folds keys at its first occurrence behind the prefix; an empty one counts as none.
    pub delimiter: Option<&'a str>,
    /// Only entries behind this one.
    pub after: Option<&'a str>,
    /// Entries of the page: keys and common prefixes.
    pub max: usize,
}

/// Where the next rows are to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    Start,
    /// Behind this key.
    After(String),
    /// Behind all keys that begin so.
    Past(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<T> {
    Key(String, T),
    CommonPrefix(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub entries: Vec<Entry<T>>,
    /// Where the next page begins behind, if there is one: this page's last entry.
    pub next: Option<String>,
}

/// Rows read at a time where a delimiter may fold them.
const FOLDED_ROWS: usize = 64;
const ROWS: usize = 1000;

/// One page. `rows` gives at most so many rows with the prefix, in order, from there on; fewer only
/// at the end.
///
/// # Errors
/// What `rows` says.
pub fn page<T, E>(
    query: &Query<'_>,
    mut rows: impl FnMut(&From, usize) -> Result<Vec<(String, T)>, E>,
) -> Result<Page<T>, E> {
    let mut page = Page { entries: Vec::new(), next: None };
    if query.max == 0 {
        return Ok(page);
    }
    let folds = query.delimiter.is_some_and(|delimiter| !delimiter.is_empty());
    let mut from = start(query);
    loop {
        let wanted = query.max.saturating_sub(page.entries.len()).saturating_add(1);
        let limit = if folds { FOLDED_ROWS } else { wanted.min(ROWS) };
        let batch = rows(&from, limit)?;
        let is_last = batch.len() < limit;
        for (key, value) in batch {
            if matches!(&from, From::Past(folded) if key.starts_with(folded)) {
                continue;
            }
            if page.entries.len() == query.max {
                page.next = page.entries.last().map(Entry::name);
                return Ok(page);
            }
            from = match query.common_prefix(&key) {
                Some(folded) => {
                    page.entries.push(Entry::CommonPrefix(folded.to_owned()));
                    From::Past(folded.to_owned())
                }
                None => {
                    page.entries.push(Entry::Key(key.clone(), value));
                    From::After(key)
                }
            };
        }
        if is_last {
            return Ok(page);
        }
    }
}

impl<T> Entry<T> {
    fn name(&self) -> String {
        match self {
            Self::Key(name, _) | Self::CommonPrefix(name) => name.clone(),
        }
    }
}

/// An entry that lies behind `after` is behind its common prefix too.
fn start(query: &Query<'_>) -> From {
    match query.after {
        None => From::Start,
        Some(after) => match query.common_prefix(after) {
            Some(folded) => From::Past(folded.to_owned()),
            None => From::After(after.to_owned()),
        },
    }
}

impl Query<'_> {
    /// What a key is folded into, if it is.
    pub fn common_prefix<'a>(&self, key: &'a str) -> Option<&'a str> {
        let delimiter = self.delimiter.filter(|delimiter| !delimiter.is_empty())?;
        let rest = key.strip_prefix(self.prefix)?;
        let end = rest.find(delimiter)?.checked_add(delimiter.len())?;
        key.get(..self.prefix.len().checked_add(end)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    type Names = Vec<(bool, String)>;

    /// Fold all, sort, cut: what a page must be.
    fn naive(keys: &BTreeSet<String>, query: &Query<'_>) -> (Names, bool) {
        let delimiter = query.delimiter.filter(|delimiter| !delimiter.is_empty());
        let entries: BTreeSet<(String, bool)> = keys
            .iter()
            .filter_map(|key| Some((key, key.strip_prefix(query.prefix)?)))
            .map(|(key, rest)| match delimiter.and_then(|delimiter| rest.split_once(delimiter)) {
                Some((head, _)) => {
                    (format!("{}{head}{}", query.prefix, delimiter.unwrap_or_default()), true)
                }
                None => (key.clone(), false),
            })
            .filter(|(name, _)| query.after.is_none_or(|after| name.as_str() > after))
            .collect();
        let truncated = query.max > 0 && entries.len() > query.max;
        let names = entries.into_iter().take(query.max).map(|(name, folded)| (folded, name));
        (names.collect(), truncated)
    }

    fn listed(keys: &BTreeSet<String>, query: &Query<'_>) -> (Names, Option<String>) {
        let page = page(query, |from, limit| {
            let rows = keys.iter().filter(|key| key.starts_with(query.prefix));
            let rows = rows.filter(|key| match from {
                From::Start => true,
                From::After(after) => *key > after,
                From::Past(past) => *key > past && !key.starts_with(past),
            });
            Ok::<_, ()>(rows.take(limit).map(|key| (key.clone(), ())).collect())
        });
        let page = page.expect("rows");
        let names = page.entries.into_iter().map(|entry| match entry {
            Entry::Key(name, ()) => (false, name),
            Entry::CommonPrefix(name) => (true, name),
        });
        (names.collect(), page.next)
    }

    proptest! {
        #[test]
        fn a_page_is_what_folding_everything_gives(
            keys in proptest::collection::btree_set("[ab/]{1,5}", 0..200),
            prefix in "[ab/]{0,2}",
            delimiter in proptest::option::of("/|a/|"),
            after in proptest::option::of("[ab/]{1,4}"),
            max in 0usize..12,
        ) {
            let (delimiter, after) = (delimiter.as_deref(), after.as_deref());
            let query = Query { prefix: &prefix, delimiter, after, max };
            let (names, next) = listed(&keys, &query);
            let (expected, truncated) = naive(&keys, &query);
            prop_assert_eq!(names, expected);
            prop_assert_eq!(next.is_some(), truncated);
        }

        #[test]
        fn pages_put_together_are_the_whole(
            keys in proptest::collection::btree_set("[ab/]{1,6}", 0..300),
            max in 1usize..5,
        ) {
            let query = Query { delimiter: Some("/"), max, ..Query::default() };
            let (mut all, mut after) = (Vec::new(), None::<String>);
            loop {
                let (names, next) = listed(&keys, &Query { after: after.as_deref(), ..query });
                all.extend(names);
                match next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            let whole = Query { max: usize::MAX, ..query };
            prop_assert_eq!(all, naive(&keys, &whole).0);
        }
    }
}
