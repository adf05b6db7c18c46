//! Patterns over Amazon Resource Names: six components, each matched on its own.
//!
//! A `*` does not cross a colon, except in the last component, which may contain colons itself, and
//! except as the end of a shorter pattern (`arn:aws:s3:*`), where it stands for all that follows.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>

use crate::context::Context;
use crate::pattern::{Match, Pattern, Rules};

const COMPONENTS: usize = 6;

#[derive(Clone, Debug)]
pub(crate) struct ArnPattern {
    components: Box<[Pattern]>,
    /// The plain text every match begins with: most ARNs are turned away by comparing it.
    head: Box<str>,
    /// What follows a pattern with fewer than six components.
    short: Short,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Short {
    /// Nothing: such a pattern matches no ARN.
    Closed,
    /// Anything. AWS's parser fills missing components with `*`; whether its engine does is not
    /// recorded, so this is used only where a wider pattern gives less access.
    Padded,
}

impl ArnPattern {
    pub(crate) fn new(text: &str, variables: bool, short: Short) -> Self {
        let rules = Rules { wildcards: true, variables, ignore_case: false };
        let components: Box<[Pattern]> =
            split(text, variables).map(|part| Pattern::new(part, rules)).collect();
        let head = head(&components).into();
        ArnPattern { components, head, short }
    }

    /// Whether this is `*` alone: the only pattern that covers calls without a resource.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(&*self.components, [only] if only.is_any())
    }

    /// The plain text every match begins with, but for that of `*`, which matches all.
    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    pub(crate) fn is_fixed(&self) -> bool {
        self.components.len() == COMPONENTS && self.components.iter().all(Pattern::is_fixed)
    }

    pub(crate) fn matches(&self, arn: &str, context: &Context) -> Match {
        if self.is_everything() {
            return Match::Yes;
        }
        if !arn.starts_with(&*self.head) {
            return Match::No;
        }
        let Some((last, heads)) = self.components.split_last() else { return Match::No };
        let mut rest = arn;
        for head in heads {
            let Some((component, after)) = rest.split_once(':') else { return Match::No };
            match head.matches(component, context) {
                Match::Yes => rest = after,
                other => return other,
            }
        }
        if self.components.len() == COMPONENTS || last.ends_open() {
            return last.matches(rest, context);
        }
        match self.short {
            Short::Closed => Match::No,
            Short::Padded => {
                let component = rest.split_once(':').map_or(rest, |(component, _)| component);
                last.matches(component, context)
            }
        }
    }
}

fn head(components: &[Pattern]) -> String {
    let mut head = String::new();
    for (index, component) in components.iter().enumerate() {
        if index > 0 {
            head.push(':');
        }
        head.push_str(component.head());
        if !component.is_fixed() {
            break;
        }
    }
    head
}

/// Splits at the first five colons that do not stand inside a variable.
fn split(text: &str, variables: bool) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let mut count = 0;
    std::iter::from_fn(move || {
        let part = rest?;
        count += 1;
        let colon = if count < COMPONENTS { colon(part, variables) } else { None };
        let Some((head, tail)) = colon.and_then(|at| part.split_at_checked(at)) else {
            rest = None;
            return Some(part);
        };
        rest = tail.strip_prefix(':');
        Some(head)
    })
}

fn colon(text: &str, variables: bool) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let colon = rest.find(':')?;
        let variable = rest.find("${").filter(|_| variables);
        match variable.filter(|at| *at < colon) {
            Some(start) => {
                let end = rest.get(start..)?.find('}');
                // An unclosed `${` is plain text.
                let Some(end) = end else { return Some(from + colon) };
                from += start + end + 1;
            }
            None => return Some(from + colon),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, arn: &str) -> bool {
        let mut context = Context::new();
        context.insert("aws:PrincipalAccount", "111111111111");
        ArnPattern::new(pattern, true, Short::Closed).matches(arn, &context) == Match::Yes
    }

    #[test]
    fn components_are_matched_one_by_one() {
        for (pattern, arn, expected) in [
            ("*", "arn:aws:s3:::b", true),
            ("arn:aws:s3:::b*", "arn:aws:s3:::bucket/a:b", true),
            ("arn:aws:sns:*:t", "arn:aws:sns:r:1:t", false),
            ("arn:aws:sns:*:*:t", "arn:aws:sns:r:1:t", true),
            ("arn:aws:sns:*", "arn:aws:sns:r:1:t", true),
            ("arn:*", "arn:aws:sns:r:1:t", true),
            ("arn:aws:sns", "arn:aws:sns:r:1:t", false),
            ("arn:aws:iam::*:role/*", "arn:aws:iam::1:user/role/x", false),
            (
                "arn:aws:iam::${aws:PrincipalAccount}:role/r",
                "arn:aws:iam::111111111111:role/r",
                true,
            ),
            ("arn:aws:S3:::b", "arn:aws:s3:::b", false),
            ("arn:aws:s3:::b", "b", false),
        ] {
            assert_eq!(matches(pattern, arn), expected, "{pattern} on {arn}");
        }
    }

    #[test]
    fn a_short_pattern_is_wide_only_when_asked_to_be() {
        let padded = ArnPattern::new("arn:aws:s3", true, Short::Padded);
        assert_eq!(padded.matches("arn:aws:s3:::b", &Context::new()), Match::Yes);
        assert_eq!(padded.matches("arn:aws:s3express:::b", &Context::new()), Match::No);
    }
}
