//! Which statements of a long policy can match a request at all.
//!
//! Each statement is filed under the plain text that its resources, or its actions, begin with:
//! whichever fewer statements share. A request is then shown only to the statements filed under a
//! beginning of its own resource or action, in the order they stand in; what cannot be filed is
//! always shown. This leaves out only what could not have matched: it decides nothing. Short
//! policies have none of it, they are read through.

use std::collections::HashMap;

use crate::policy::Statement;

/// A policy of fewer statements is faster read through.
const STATEMENTS_MIN: usize = 16;

/// How many lengths of beginnings are told apart: each costs a request one search.
const LENGTHS_MAX: usize = 12;

#[derive(Debug)]
pub(crate) struct Index {
    by_resource: Beginnings,
    by_action: Beginnings,
    /// Statements that are filed under nothing, in order.
    unfiled: Box<[u32]>,
}

impl Index {
    /// None where reading through is as good.
    pub(crate) fn of(statements: &[Statement]) -> Option<Index> {
        if statements.len() < STATEMENTS_MIN {
            return None;
        }
        let named: Vec<Named<'_>> = statements.iter().map(Named::of).collect();
        let resources = Popularity::of(named.iter().filter_map(|one| one.resources.as_ref()));
        let actions = Popularity::of(named.iter().filter_map(|one| one.actions.as_ref()));
        let (mut by_resource, mut by_action, mut unfiled) = (Vec::new(), Vec::new(), Vec::new());
        for (place, Named { resources: of_resources, actions: of_actions }) in (0..).zip(named) {
            let crowds =
                (resources.crowd(of_resources.as_ref()), actions.crowd(of_actions.as_ref()));
            match (of_resources, of_actions) {
                (Some(heads), _) if crowds.0 <= crowds.1 => by_resource.push((place, heads)),
                (_, Some(heads)) => by_action.push((place, heads)),
                (Some(heads), None) => by_resource.push((place, heads)),
                (None, None) => unfiled.push(place),
            }
        }
        let (by_resource, by_action) = (Beginnings::of(&by_resource), Beginnings::of(&by_action));
        Some(Index { by_resource, by_action, unfiled: unfiled.into() })
    }

    /// The places of the statements that may match, in order.
    pub(crate) fn candidates(&self, action: &str, resource: &str) -> Vec<u32> {
        // Nothing is allocated where nothing is found.
        let mut found = self.unfiled.to_vec();
        self.by_resource.find(resource.bytes(), &mut found);
        self.by_action.find(action.bytes().map(|byte| byte.to_ascii_lowercase()), &mut found);
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found
    }
}

/// The plain texts that a statement's resources and actions begin with; None where one of them may
/// begin with anything.
struct Named<'s> {
    resources: Option<Vec<&'s str>>,
    actions: Option<Vec<&'s str>>,
}

impl<'s> Named<'s> {
    fn of(statement: &'s Statement) -> Self {
        let all_named =
            |heads: Vec<&'s str>| heads.iter().all(|head| !head.is_empty()).then_some(heads);
        Self {
            resources: statement.resource.as_ref().and_then(|one| one.heads()).and_then(all_named),
            // Letters beyond ASCII have cases that a lower-cased byte knows nothing of.
            actions: statement
                .action
                .heads()
                .and_then(all_named)
                .filter(|heads| heads.iter().all(|head| head.is_ascii())),
        }
    }
}

/// How many statements begin with a text.
struct Popularity<'s>(HashMap<&'s str, usize>);

impl<'s> Popularity<'s> {
    fn of<'n>(all: impl Iterator<Item = &'n Vec<&'s str>>) -> Self
    where
        's: 'n,
    {
        let mut counts = HashMap::new();
        for head in all.flatten() {
            *counts.entry(*head).or_insert(0) += 1;
        }
        Self(counts)
    }

    /// With how many others a statement would be found.
    fn crowd(&self, heads: Option<&Vec<&'s str>>) -> usize {
        let Some(heads) = heads else { return usize::MAX };
        heads.iter().filter_map(|head| self.0.get(head)).sum()
    }
}

/// Statements by a hash of what their texts begin with. Where two texts share a hash, statements are
/// shown that need not have been.
#[derive(Debug)]
struct Beginnings {
    /// In rising order.
    lengths: Box<[usize]>,
    /// In the order of the hashes.
    filed: Box<[(u64, Box<[u32]>)]>,
}

impl Beginnings {
    fn of(statements: &[(u32, Vec<&str>)]) -> Self {
        let heads = || statements.iter().flat_map(|(_, heads)| heads);
        let lengths = lengths(heads().map(|head| head.len()));
        let mut filed: Vec<(u64, u32)> = Vec::new();
        for (place, heads) in statements {
            for head in heads {
                let length = lengths.iter().rev().find(|length| **length <= head.len());
                let known = head.bytes().take(length.copied().unwrap_or_default());
                filed.push((known.map(|byte| byte.to_ascii_lowercase()).fold(SEED, step), *place));
            }
        }
        filed.sort_unstable();
        filed.dedup();
        let grouped = filed.chunk_by(|one, other| one.0 == other.0).filter_map(|group| {
            let (hash, _) = group.first()?;
            Some((*hash, group.iter().map(|(_, place)| *place).collect()))
        });
        Self { filed: grouped.collect(), lengths: lengths.into() }
    }

    fn find(&self, text: impl Iterator<Item = u8>, found: &mut Vec<u32>) {
        let mut lengths = self.lengths.iter();
        let Some(mut wanted) = lengths.next() else { return };
        let mut hash = SEED;
        for (length, byte) in (1..).zip(text) {
            hash = step(hash, byte.to_ascii_lowercase());
            if length < *wanted {
                continue;
            }
            if let Ok(at) = self.filed.binary_search_by_key(&hash, |(hash, _)| *hash)
                && let Some((_, places)) = self.filed.get(at)
            {
                found.extend_from_slice(places);
            }
            match lengths.next() {
                Some(next) => wanted = next,
                None => return,
            }
        }
    }
}

/// The lengths at which beginnings are compared: all that there are or, of too many, fewer, to which
/// the others are cut down.
fn lengths(of: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut lengths: Vec<usize> = of.collect();
    lengths.sort_unstable();
    lengths.dedup();
    let mut grain = 1;
    while lengths.len() > LENGTHS_MAX {
        grain *= 2;
        // What is shorter than a grain is cut down to its first byte.
        lengths.iter_mut().for_each(|length| *length = (*length / grain * grain).max(1));
        lengths.dedup();
    }
    lengths
}

/// FNV-1a, a byte at a time: the hash of each beginning is a step on the way to the whole.
const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Policy};

    fn candidates(statements: &[&str], action: &str, resource: &str) -> Vec<u32> {
        let mut all: Vec<String> = statements.iter().map(|one| format!("{{{one}}}")).collect();
        for number in all.len()..STATEMENTS_MIN {
            all.push(format!(r#"{{"Effect":"Deny","Action":"x{number}:y","Resource":"*"}}"#));
        }
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, all.join(","));
        let policy = Policy::parse(&text, Kind::Identity).expect("a policy");
        Index::of(policy.statements()).expect("an index").candidates(action, resource)
    }

    #[test]
    fn a_request_is_shown_to_what_may_match_it_in_order() {
        let statements = [
            r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*""#,
            r#""Effect":"Allow","Action":"s3:Get*","Resource":"*""#,
            r#""Effect":"Allow","NotAction":"s3:Put*","Resource":"*""#,
            r#""Effect":"Allow","Action":"S3:GETOBJECT","Resource":["arn:aws:s3:::b","arn:aws:s3:::a/x"]"#,
            r#""Effect":"Allow","Action":"iam:*","NotResource":"arn:aws:s3:::a/*""#,
            r#""Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a/${aws:username}""#,
        ];
        for (action, resource, expected) in [
            ("s3:GetObject", "arn:aws:s3:::a/x", &[0, 1, 2, 3, 5][..]),
            ("S3:getobject", "arn:aws:s3:::b", &[0, 1, 2, 3]),
            ("s3:PutObject", "arn:aws:s3:::c", &[2]),
            ("iam:CreateUser", "*", &[2, 4]),
            ("", "", &[2]),
        ] {
            assert_eq!(candidates(&statements, action, resource), expected, "{action} {resource}");
        }
    }

    #[test]
    fn of_many_lengths_a_few_are_told_apart() {
        assert_eq!(lengths([5, 9, 5, 1].into_iter()), [1, 5, 9]);
        let many = lengths(1..=1000);
        assert!(many.len() <= LENGTHS_MAX && many.first() == Some(&1), "{many:?}");
    }
}
