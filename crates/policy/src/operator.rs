//! The condition operators by name: one table.
//!
//! A name is `[ForAllValues:|ForAnyValue:]Operator[IfExists]`, case-sensitive; `Null` takes
//! neither.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    pub test: Test,
    /// Whether the operator asks that *no* value matches.
    pub negated: bool,
    pub quantifier: Quantifier,
    pub if_exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    String { wildcards: bool, ignore_case: bool },
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    IpAddress,
    Arn,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Equals,
    Less,
    LessEquals,
    Greater,
    GreaterEquals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    /// A plain operator. On a key with several values (AWS leaves this open) any value may match.
    Plain,
    ForAllValues,
    ForAnyValue,
}

const EXACT: Test = Test::String { wildcards: false, ignore_case: false };
const LIKE: Test = Test::String { wildcards: true, ignore_case: false };
const IGNORE_CASE: Test = Test::String { wildcards: false, ignore_case: true };

const OPERATORS: [(&str, Test, bool); 27] = [
    ("ArnEquals", Test::Arn, false),
    ("ArnLike", Test::Arn, false),
    ("ArnNotEquals", Test::Arn, true),
    ("ArnNotLike", Test::Arn, true),
    ("BinaryEquals", Test::Binary, false),
    ("Bool", Test::Bool, false),
    ("DateEquals", Test::Date(Order::Equals), false),
    ("DateGreaterThan", Test::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Test::Date(Order::GreaterEquals), false),
    ("DateLessThan", Test::Date(Order::Less), false),
    ("DateLessThanEquals", Test::Date(Order::LessEquals), false),
    ("DateNotEquals", Test::Date(Order::Equals), true),
    ("IpAddress", Test::IpAddress, false),
    ("NotIpAddress", Test::IpAddress, true),
    ("Null", Test::Null, false),
    ("NumericEquals", Test::Numeric(Order::Equals), false),
    ("NumericGreaterThan", Test::Numeric(Order::Greater), false),
    ("NumericGreaterThanEquals", Test::Numeric(Order::GreaterEquals), false),
    ("NumericLessThan", Test::Numeric(Order::Less), false),
    ("NumericLessThanEquals", Test::Numeric(Order::LessEquals), false),
    ("NumericNotEquals", Test::Numeric(Order::Equals), true),
    ("StringEquals", EXACT, false),
    ("StringEqualsIgnoreCase", IGNORE_CASE, false),
    ("StringLike", LIKE, false),
    ("StringNotEquals", EXACT, true),
    ("StringNotEqualsIgnoreCase", IGNORE_CASE, true),
    ("StringNotLike", LIKE, true),
];

impl Operator {
    pub(crate) fn named(name: &str) -> Option<Operator> {
        let (quantifier, rest) = if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Quantifier::ForAllValues, rest)
        } else if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Quantifier::ForAnyValue, rest)
        } else {
            (Quantifier::Plain, name)
        };
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (_, test, negated) = OPERATORS.iter().copied().find(|row| row.0 == base)?;
        let decorated = if_exists || quantifier != Quantifier::Plain;
        let sound = test != Test::Null || !decorated;
        sound.then_some(Operator { test, negated, quantifier, if_exists })
    }
}

impl Order {
    /// Whether a request's value stands in this order to the policy's value.
    pub(crate) fn holds(self, request_to_policy: Ordering) -> bool {
        match self {
            Order::Equals => request_to_policy.is_eq(),
            Order::Less => request_to_policy.is_lt(),
            Order::LessEquals => request_to_policy.is_le(),
            Order::Greater => request_to_policy.is_gt(),
            Order::GreaterEquals => request_to_policy.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_their_decorations() {
        for (name, known) in [
            ("StringEquals", true),
            ("StringEqualsIfExists", true),
            ("ForAnyValue:StringEqualsIfExists", true),
            ("ForAllValues:StringNotLike", true),
            ("Null", true),
            ("NullIfExists", false),
            ("ForAllValues:Null", false),
            ("stringequals", false),
            ("ForAnyValue::StringEquals", false),
            ("ForEach:StringEquals", false),
            ("IfExists", false),
            ("", false),
        ] {
            assert_eq!(Operator::named(name).is_some(), known, "{name}");
        }
    }
}
