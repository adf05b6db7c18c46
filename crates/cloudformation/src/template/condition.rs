//! The Conditions section: its checks, and its evaluation once parameters have values. Conditions
//! know parameters, pseudo parameters, mappings and each other, never resources.
//!
//! Source: AWS CloudFormation User Guide, "Condition functions".

use std::collections::{BTreeMap, BTreeSet};

use super::intrinsics::is_pseudo_parameter;
use super::reference::{self, Branches, Reference};
use super::{Block, Environment, Error, Names, Scope, Template, Value, check, graph};

/// Which conditions of a template hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions(BTreeMap<String, bool>);

impl Conditions {
    /// Evaluates every condition of the template, those first on which others rest.
    ///
    /// # Errors
    /// A key that a mapping does not have, and whatever else a function in a condition may fail on.
    pub fn evaluate(template: &Template, environment: &dyn Environment) -> Result<Self, Error> {
        let mut conditions = Self::default();
        for name in order(template)? {
            if let Some(expression) = template.conditions.get(&name) {
                let scope = Scope { template, conditions: &conditions, environment };
                let holds = holds(expression, &scope)?;
                conditions.0.insert(name, holds);
            }
        }
        Ok(conditions)
    }

    /// Whether the condition holds; nothing for an unknown one.
    pub fn get(&self, name: &str) -> Option<bool> {
        self.0.get(name).copied()
    }

    /// Whether something under this condition exists. Without a condition it does; under an unknown
    /// one it does not.
    pub fn admits(&self, condition: Option<&str>) -> bool {
        condition.is_none_or(|name| self.get(name) == Some(true))
    }
}

/// Refuses shapes, mentions of resources and of unknown conditions, and circles.
pub(super) fn check(template: &Template) -> Result<(), Error> {
    let mut resources: Vec<&str> = Vec::new();
    for expression in template.conditions.values() {
        boolean(expression)?;
        check::shapes(template, expression)?;
        let mut found = Vec::new();
        reference::collect(expression, Branches::All, &mut found);
        for mention in found {
            match mention {
                Reference::Name(name) if known(template, name) => {}
                Reference::Name(name)
                | Reference::Attribute(name, _)
                | Reference::SubAttribute(name, _) => resources.push(name),
                Reference::If(name) => return Err(Error::UnresolvedIf(name.to_owned())),
            }
        }
        let unknown = mentions(expression).into_iter();
        if let Some(name) =
            unknown.into_iter().find(|name| !template.conditions.contains_key(*name))
        {
            return Err(Error::UnresolvedCondition {
                name: name.to_owned(),
                block: Block::Conditions,
            });
        }
    }
    if !resources.is_empty() {
        let names: BTreeSet<&str> = resources.into_iter().collect();
        return Err(Error::ResourceInCondition(names.into_iter().collect()));
    }
    order(template).map(drop)
}

/// The shape of Fn::And, Fn::Or and Fn::Not.
pub(super) fn shape(name: &str, argument: &Value) -> Result<(), Error> {
    let operands = argument.as_list().map_or(0, <[Value]>::len);
    match name {
        "Fn::And" if !(2..=10).contains(&operands) => Err(Error::AndOr("Fn::And")),
        "Fn::Or" if !(2..=10).contains(&operands) => Err(Error::AndOr("Fn::Or")),
        "Fn::Not" if operands != 1 => Err(Error::Not),
        _ => argument.as_list().unwrap_or_default().iter().try_for_each(boolean),
    }
}

fn known(template: &Template, name: &str) -> bool {
    is_pseudo_parameter(name) || template.parameters.contains_key(name)
}

/// A condition is made of the boolean functions alone.
fn boolean(expression: &Value) -> Result<(), Error> {
    let name = expression.as_map().filter(|map| map.len() == 1).and_then(|map| map.keys().next());
    match name.map(String::as_str) {
        Some("Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not") => Ok(()),
        Some("Condition") if condition_name(expression).is_some() => Ok(()),
        _ => Err(Error::NotBoolean),
    }
}

fn condition_name(expression: &Value) -> Option<&str> {
    expression.as_map().filter(|map| map.len() == 1)?.get("Condition")?.as_str()
}

fn operands(expression: &Value) -> &[Value] {
    expression.function().and_then(|(_, argument)| argument.as_list()).unwrap_or_default()
}

/// The conditions that this one names.
fn mentions(expression: &Value) -> Vec<&str> {
    match condition_name(expression) {
        Some(name) => vec![name],
        None => operands(expression).iter().flat_map(mentions).collect(),
    }
}

fn order(template: &Template) -> Result<Vec<String>, Error> {
    let edges = template.conditions.iter().map(|(name, expression)| {
        (name.as_str(), mentions(expression).into_iter().collect::<BTreeSet<_>>())
    });
    match graph::levels(&edges.collect()) {
        Ok(levels) => Ok(levels.into_iter().flatten().map(str::to_owned).collect()),
        Err(circle) => Err(Error::ConditionCycle(circle.into_iter().collect::<Names>())),
    }
}

/// Every operand is evaluated, so that a fault in one is not hidden by another.
fn holds(expression: &Value, scope: &Scope<'_>) -> Result<bool, Error> {
    if let Some(name) = condition_name(expression) {
        return scope.conditions.get(name).ok_or_else(|| Error::UnresolvedCondition {
            name: name.to_owned(),
            block: Block::Conditions,
        });
    }
    let operands = operands(expression);
    let each = || operands.iter().map(|operand| holds(operand, scope));
    match expression.function().map(|(name, _)| name) {
        Some("Fn::And") => each().try_fold(true, |all, one| Ok(one? && all)),
        Some("Fn::Or") => each().try_fold(false, |any, one| Ok(one? || any)),
        Some("Fn::Not") => each().next().unwrap_or(Err(Error::Not)).map(|one| !one),
        Some("Fn::Equals") => equals(operands, scope),
        _ => Err(Error::NotBoolean),
    }
}

fn equals(operands: &[Value], scope: &Scope<'_>) -> Result<bool, Error> {
    let [left, right] = operands else {
        return Err(Error::Equals);
    };
    let (left, right) = (scope.resolve(left)?, scope.resolve(right)?);
    let (Some(left), Some(right)) = (left, right) else {
        return Err(Error::Equals);
    };
    Ok(same(&left, &right))
}

/// Texts, numbers and booleans are the same where their texts are.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left.text(), right.text()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}
