//! One condition: an operator, a key and the values it accepts, compiled.
//!
//! Conditions are ANDed, a key's values ORed (for negated operators: none may match). A value that
//! cannot be read as what its operator compares (`NumericEquals: "many"`) matches nothing.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ipnet::IpNet;

use crate::arn::{ArnPattern, Short};
use crate::context::{Context, Text, Values};
use crate::operator::{Operator, Order, Quantifier, Test};
use crate::pattern::{Match, Pattern, Rules};
use crate::value::{Instant, Number};

/// What to do with a value whose policy variable has no value in the request. Such a value matches
/// nothing; for a negated operator that alone would *satisfy* the condition, so an Allow statement
/// must not profit from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unresolved {
    MatchesNothing,
    FailsElement,
}

#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub operator_name: Box<str>,
    pub key: Box<str>,
    pub values: Box<[Box<str>]>,
    operator: Operator,
    comparands: Box<[Comparand]>,
    unresolved: Unresolved,
}

#[derive(Clone, Debug)]
enum Comparand {
    Text(Pattern),
    Number(Order, Option<Number>),
    Instant(Order, Option<Instant>),
    Bytes(Option<Vec<u8>>),
    Network(Option<IpNet>),
    Arn(ArnPattern),
    Absent(bool),
}

impl Condition {
    pub(crate) fn new(
        (operator_name, operator): (&str, Operator),
        key: &str,
        values: &[String],
        variables: bool,
        unresolved: Unresolved,
    ) -> Condition {
        let comparand = |value: &String| Comparand::new(operator.test, value, variables);
        Condition {
            operator_name: operator_name.into(),
            key: key.into(),
            values: values.iter().map(|value| value.as_str().into()).collect(),
            operator,
            comparands: values.iter().map(comparand).collect(),
            unresolved,
        }
    }

    pub(crate) fn holds(&self, context: &Context) -> bool {
        let known = context.get(&self.key);
        let Some(Values::Each(values)) = known else {
            return self.holds_of(known.map(Values::as_slice), context);
        };
        let mut each = values.iter().map(std::slice::from_ref);
        match self.unresolved {
            Unresolved::FailsElement => each.all(|value| self.holds_of(Some(value), context)),
            Unresolved::MatchesNothing => each.any(|value| self.holds_of(Some(value), context)),
        }
    }

    fn holds_of(&self, values: Option<&[Text]>, context: &Context) -> bool {
        let values = values.filter(|all| !all.is_empty());
        let Operator { test, negated, quantifier, if_exists } = self.operator;
        if test == Test::Null {
            return self.expects_absent(values.is_none());
        }
        let Some(values) = values else {
            return match quantifier {
                Quantifier::ForAllValues => true,
                Quantifier::ForAnyValue => if_exists,
                Quantifier::Plain => negated || if_exists,
            };
        };
        let accepts = |value: &Text| self.accepts(value, context);
        match quantifier {
            Quantifier::ForAllValues => values.iter().all(accepts),
            Quantifier::ForAnyValue => values.iter().any(accepts),
            Quantifier::Plain if negated => values.iter().all(accepts),
            Quantifier::Plain => values.iter().any(accepts),
        }
    }

    /// Whether the condition can hold only for requests that carry one of its values exactly:
    /// what the test for public bucket policies calls a fixed value. `fixed` judges one value.
    pub(crate) fn pins(&self, fixed: impl Fn(Pinned<'_>) -> bool) -> bool {
        let Operator { negated, quantifier, if_exists, .. } = self.operator;
        !negated
            && !if_exists
            && quantifier != Quantifier::ForAllValues
            && self.comparands.iter().zip(&*self.values).all(|(comparand, value)| {
                fixed(match comparand {
                    Comparand::Text(pattern) => Pinned::Text(value, pattern.is_fixed()),
                    Comparand::Arn(pattern) => Pinned::Text(value, pattern.is_fixed()),
                    Comparand::Network(Some(network)) => Pinned::Network(network),
                    Comparand::Network(None) => Pinned::Text(value, true),
                    Comparand::Number(..)
                    | Comparand::Instant(..)
                    | Comparand::Bytes(_)
                    | Comparand::Absent(_) => Pinned::Text(value, false),
                })
            })
    }

    fn expects_absent(&self, absent: bool) -> bool {
        let expects = |one: &Comparand| matches!(one, Comparand::Absent(when) if *when == absent);
        self.comparands.iter().any(expects)
    }

    fn accepts(&self, value: &str, context: &Context) -> bool {
        let mut unresolved = false;
        for comparand in &self.comparands {
            match comparand.matches(value, context) {
                Match::Yes => return !self.operator.negated,
                Match::No => {}
                Match::Unresolved => unresolved = true,
            }
        }
        self.operator.negated && !(unresolved && self.unresolved == Unresolved::FailsElement)
    }
}

/// A value of a condition, for [`Condition::pins`].
pub(crate) enum Pinned<'a> {
    /// Text, and whether it holds neither wildcard nor variable.
    Text(&'a str, bool),
    Network(&'a IpNet),
}

impl Comparand {
    fn new(test: Test, value: &str, variables: bool) -> Comparand {
        let text = |wildcards, ignore_case| {
            Comparand::Text(Pattern::new(value, Rules { wildcards, variables, ignore_case }))
        };
        match test {
            Test::String { wildcards, ignore_case } => text(wildcards, ignore_case),
            Test::Bool => text(false, true),
            Test::Numeric(order) => Comparand::Number(order, Number::parse(value)),
            Test::Date(order) => Comparand::Instant(order, Instant::parse(value)),
            Test::Binary => Comparand::Bytes(BASE64.decode(value.trim()).ok()),
            Test::IpAddress => Comparand::Network(network(value)),
            Test::Arn => Comparand::Arn(ArnPattern::new(value, variables, Short::Closed)),
            Test::Null => Comparand::Absent(value.eq_ignore_ascii_case("true")),
        }
    }

    fn matches(&self, value: &str, context: &Context) -> Match {
        match self {
            Comparand::Text(pattern) => pattern.matches(value, context),
            Comparand::Arn(pattern) => pattern.matches(value, context),
            Comparand::Number(order, expected) => {
                compare(*order, Number::parse(value), *expected).into()
            }
            Comparand::Instant(order, expected) => {
                compare(*order, Instant::parse(value), *expected).into()
            }
            Comparand::Bytes(expected) => {
                let bytes = BASE64.decode(value.trim()).ok();
                (bytes.is_some() && bytes == *expected).into()
            }
            Comparand::Network(expected) => within(value, expected.as_ref()).into(),
            Comparand::Absent(_) => Match::No,
        }
    }
}

fn compare<T: Ord>(order: Order, request: Option<T>, policy: Option<T>) -> bool {
    let (Some(request), Some(policy)) = (request, policy) else { return false };
    order.holds(request.cmp(&policy))
}

/// A CIDR block, or a bare address as a block of one.
fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn within(value: &str, network: Option<&IpNet>) -> bool {
    let (Ok(address), Some(network)) = (value.trim().parse::<IpAddr>(), network) else {
        return false;
    };
    network.contains(&address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_names_that_differ_in_case_an_allow_believes_all_and_a_deny_any() {
        let mut context = Context::new();
        context.insert_beside("aws:RequestTag/team", "red");
        context.insert_beside("aws:RequestTag/TEAM", "blue");
        let holds = |operator: &str, value: &str, unresolved| {
            let named = (operator, Operator::named(operator).expect("an operator"));
            let values = [value.to_owned()];
            Condition::new(named, "aws:RequestTag/Team", &values, true, unresolved).holds(&context)
        };
        for (operator, value, allows, denies) in [
            ("StringEquals", "red", false, true),
            ("StringEquals", "blue", false, true),
            ("StringEquals", "green", false, false),
            ("StringNotEquals", "red", false, true),
            ("StringNotEquals", "green", true, true),
            ("StringLike", "*", true, true),
            ("ForAllValues:StringEquals", "red", false, true),
            ("ForAnyValue:StringEquals", "red", false, true),
            ("Null", "false", true, true),
            ("Null", "true", false, false),
        ] {
            assert_eq!(holds(operator, value, Unresolved::FailsElement), allows, "{operator}");
            assert_eq!(holds(operator, value, Unresolved::MatchesNothing), denies, "{operator}");
        }
    }
}
