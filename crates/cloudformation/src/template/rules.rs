//! The Rules section: assertions about the parameters, held before anything is made.
//!
//! Of the values that only EC2 knows (`Fn::RefAll`, attributes of `Fn::ValueOf`) there are none
//! here: their lists are empty.
//! Source: AWS CloudFormation User Guide, "CloudFormation template Rules syntax"; Template
//! Reference, "Rule functions".

use super::condition;
use super::intrinsics::is_pseudo_parameter;
use super::{Error, Map, Scope, Template, Value};

/// Refuses rules that are none, and functions that rules do not know.
pub(super) fn check(template: &Template) -> Result<(), Error> {
    for (name, rule) in &template.rules {
        let rule = rule.as_map().ok_or(Error::MemberNotObject { section: "Rules" })?;
        let known = ["Assertions", "RuleCondition"];
        if let Some(unknown) = rule.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Error::UnknownMember { kind: "rule", name: unknown.clone() });
        }
        if let Some(condition) = rule.get("RuleCondition") {
            truth_shape(template, condition)?;
        }
        for assertion in assertions(name, rule)? {
            let assert = assertion.as_map().and_then(|map| map.get("Assert"));
            let assert = assert.ok_or_else(|| Error::NoAssertion(name.clone()))?;
            truth_shape(template, assert)?;
        }
    }
    Ok(())
}

/// Holds each rule whose condition is true.
///
/// # Errors
/// The description of the first assertion that is false.
pub fn hold(scope: &Scope<'_>) -> Result<(), Error> {
    for (name, rule) in &scope.template.rules {
        let Some(rule) = rule.as_map() else { continue };
        let applies = rule.get("RuleCondition").map_or(Ok(true), |value| truth(scope, value))?;
        if !applies {
            continue;
        }
        for assertion in assertions(name, rule)?.iter().filter_map(Value::as_map) {
            let Some(assert) = assertion.get("Assert") else { continue };
            if truth(scope, assert)? {
                continue;
            }
            let description = assertion.get("AssertDescription").and_then(Value::text);
            return Err(Error::Rule {
                name: name.clone(),
                description: description.unwrap_or_default().into_owned(),
            });
        }
    }
    Ok(())
}

fn assertions<'a>(name: &str, rule: &'a Map) -> Result<&'a [Value], Error> {
    let assertions = rule.get("Assertions").and_then(Value::as_list);
    assertions.filter(|list| !list.is_empty()).ok_or_else(|| Error::NoAssertion(name.to_owned()))
}

/// A function that is true or false.
fn truth_shape(template: &Template, value: &Value) -> Result<(), Error> {
    let Some((name, argument)) = value.function() else { return Err(Error::NotRule) };
    let operands = argument.as_list().unwrap_or_default();
    match (name, operands) {
        ("Fn::And", operands) if !(2..=10).contains(&operands.len()) => {
            Err(Error::AndOr("Fn::And"))
        }
        ("Fn::Or", operands) if !(2..=10).contains(&operands.len()) => Err(Error::AndOr("Fn::Or")),
        ("Fn::Not", operands) if operands.len() != 1 => Err(Error::Not),
        ("Fn::And" | "Fn::Or" | "Fn::Not", operands) => {
            operands.iter().try_for_each(|operand| truth_shape(template, operand))
        }
        ("Fn::Equals", [_, _]) => operands.iter().try_for_each(|it| value_shape(template, it)),
        ("Fn::Equals", _) => Err(Error::Equals),
        ("Fn::Contains" | "Fn::EachMemberEquals" | "Fn::EachMemberIn", [_, _]) => {
            operands.iter().try_for_each(|operand| value_shape(template, operand))
        }
        ("Fn::Contains" | "Fn::EachMemberEquals" | "Fn::EachMemberIn", _) => {
            Err(Error::RuleOperands(name.to_owned()))
        }
        (other, _) => Err(Error::UnsupportedFunction(other.to_owned())),
    }
}

/// A text, a list of such, or a function that answers one.
fn value_shape(template: &Template, value: &Value) -> Result<(), Error> {
    if let Some((name, argument)) = value.function() {
        let known =
            |name: &str| is_pseudo_parameter(name) || template.parameters.contains_key(name);
        return match (name, argument) {
            ("Ref", Value::String(name)) if known(name) => Ok(()),
            ("Ref", Value::String(name)) => Err(Error::RuleReference(name.clone())),
            ("Ref", _) => Err(Error::Ref),
            ("Fn::RefAll", Value::String(_)) => Ok(()),
            ("Fn::ValueOf" | "Fn::ValueOfAll", Value::List(list))
                if list.len() == 2 && list.iter().all(|item| item.as_str().is_some()) =>
            {
                Ok(())
            }
            ("Fn::RefAll" | "Fn::ValueOf" | "Fn::ValueOfAll", _) => {
                Err(Error::RuleOperands(name.to_owned()))
            }
            ("Fn::If" | "Fn::Select" | "Fn::Join" | "Fn::Sub" | "Fn::Split", _) => {
                Err(Error::UnsupportedFunction(name.to_owned()))
            }
            _ => truth_shape(template, value),
        };
    }
    match value {
        Value::List(list) => list.iter().try_for_each(|item| value_shape(template, item)),
        value if value.text().is_some() => Ok(()),
        _ => Err(Error::NotRule),
    }
}

/// Every operand is evaluated, as in conditions.
fn truth(scope: &Scope<'_>, value: &Value) -> Result<bool, Error> {
    let Some((name, argument)) = value.function() else { return Err(Error::NotRule) };
    let operands = argument.as_list().unwrap_or_default();
    let each = || operands.iter().map(|operand| truth(scope, operand));
    match (name, operands) {
        ("Fn::And", _) => each().try_fold(true, |all, one| Ok(one? && all)),
        ("Fn::Or", _) => each().try_fold(false, |any, one| Ok(one? || any)),
        ("Fn::Not", [operand]) => truth(scope, operand).map(|one| !one),
        ("Fn::Equals", [left, right]) => {
            let (left, right) = (value_of(scope, left)?, value_of(scope, right)?);
            Ok(condition::same(&left, &right))
        }
        ("Fn::Contains", [list, item]) => {
            let item = value_of(scope, item)?;
            Ok(members(scope, list)?.iter().any(|member| condition::same(member, &item)))
        }
        ("Fn::EachMemberEquals", [list, item]) => {
            let item = value_of(scope, item)?;
            Ok(members(scope, list)?.iter().all(|member| condition::same(member, &item)))
        }
        ("Fn::EachMemberIn", [list, among]) => {
            let among = members(scope, among)?;
            let in_it = |member: &Value| among.iter().any(|known| condition::same(known, member));
            Ok(members(scope, list)?.iter().all(in_it))
        }
        (other, _) => Err(Error::UnsupportedFunction(other.to_owned())),
    }
}

fn members(scope: &Scope<'_>, value: &Value) -> Result<Vec<Value>, Error> {
    Ok(match value_of(scope, value)? {
        Value::List(list) => list,
        one => vec![one],
    })
}

fn value_of(scope: &Scope<'_>, value: &Value) -> Result<Value, Error> {
    match value.function() {
        Some(("Ref", _)) => Ok(scope.resolve(value)?.unwrap_or(Value::string(""))),
        Some(("Fn::RefAll" | "Fn::ValueOf" | "Fn::ValueOfAll", _)) => Ok(Value::List(Vec::new())),
        Some(_) => truth(scope, value).map(Value::Bool),
        None => match value {
            Value::List(list) => {
                let items = list.iter().map(|item| value_of(scope, item));
                items.collect::<Result<_, _>>().map(Value::List)
            }
            scalar => Ok(scalar.clone()),
        },
    }
}
