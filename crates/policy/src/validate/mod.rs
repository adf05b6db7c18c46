//! AWS's complaints about a policy document, in AWS's order and words, by kind of policy.
//!
//! Identity-based policies are checked by IAM's own parser, whose order of checks is observable in
//! which sentence comes first. Trust, bucket and session policies share another; Organizations
//! says one sentence for everything. Not here: whether principals exist, sizes and quotas.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

mod identity;
mod resource;

use crate::grammar::{Document, Flaw, RawStatement};
use crate::pattern::{Match, Pattern, Rules};
use crate::principal::PrincipalPattern;
use crate::{Context, Kind, bucket};

/// The first complaint, as AWS words it.
pub(crate) type Complaint = Result<(), String>;

pub(crate) fn flaw(flaw: &Flaw, kind: Kind, text: &str) -> String {
    match kind {
        Kind::Identity => identity::SYNTAX.to_owned(),
        Kind::ServiceControl | Kind::ResourceControl => ORGANIZATIONS.to_owned(),
        Kind::Trust | Kind::Bucket | Kind::Topic | Kind::Session => match flaw {
            Flaw::NotJson | Flaw::NotAnObject if kind == Kind::Bucket && !begins(text) => {
                "Policies must be valid JSON and the first byte must be '{'".to_owned()
            }
            Flaw::NotJson | Flaw::NotAnObject => "This policy contains invalid Json".to_owned(),
            Flaw::UnknownField(name) => format!("Unknown field {name}"),
            Flaw::MissingField(name) => missing(name),
            Flaw::NoStatements => "Could not parse the policy: Statement is empty!".to_owned(),
            Flaw::Twice(name) => format!("Statement/policy already has instance of {name}"),
            Flaw::Syntax => SYNTAX.to_owned(),
        },
    }
}

pub(crate) fn document(document: &Document, kind: Kind) -> Complaint {
    match kind {
        Kind::Identity => identity::check(document),
        Kind::Trust => shared(document, trust),
        Kind::Bucket => shared(document, bucket),
        Kind::Topic => shared(document, topic),
        Kind::Session => shared(document, session),
        Kind::ServiceControl | Kind::ResourceControl => {
            let sound = shared(document, |statement| control(statement, kind));
            sound.map_err(|_| ORGANIZATIONS.to_owned())
        }
    }
}

const ORGANIZATIONS: &str =
    "The provided policy document does not meet the requirements of the specified policy type.";
const EMPTY_PRINCIPAL: &str = "Missing required field Principal cannot be empty!";
const SYNTAX: &str = "Invalid policy syntax.";
/// What a trust policy may allow.
const TRUST_ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagSession",
];

/// What all parsers but IAM's own ask first, of the document and then of each statement.
fn shared(document: &Document, check: impl Fn(&RawStatement) -> Complaint) -> Complaint {
    if !matches!(document.version.as_deref(), None | Some("2008-10-17" | "2012-10-17")) {
        return Err("The policy must contain a valid version string".to_owned());
    }
    each(document, |statement| {
        match statement.effect.as_deref() {
            Some("Allow" | "Deny") => {}
            Some(other) => return Err(format!("Invalid effect: {other}")),
            None => return Err(missing("Effect")),
        }
        identity::legacy_dates(statement).map_err(|_| SYNTAX.to_owned())?;
        check(statement)
    })?;
    identity::distinct_sids(document)
        .map_err(|_| "The Statement Ids in the policy are not unique".to_owned())
}

fn trust(statement: &RawStatement) -> Complaint {
    identity::sid_form(statement)?;
    trust_principal(statement)?;
    let Some(action) = &statement.action else { return Err(missing("Action")) };
    if statement.resource.is_some() {
        return Err("Has prohibited field Resource".to_owned());
    }
    let assumes = |action: &String| {
        let rules = Rules { wildcards: true, variables: false, ignore_case: true };
        let pattern = Pattern::new(action, rules);
        let context = Context::new();
        action.get(..4).is_some_and(|vendor| vendor.eq_ignore_ascii_case("sts:"))
            && TRUST_ACTIONS.iter().any(|known| pattern.matches(known, &context) == Match::Yes)
    };
    if action.not || action.values.is_empty() || !action.values.iter().all(assumes) {
        return Err("AssumeRole policy may only specify STS AssumeRole actions.".to_owned());
    }
    Ok(())
}

fn trust_principal(statement: &RawStatement) -> Complaint {
    let Some(principal) = &statement.principal else { return Err(missing("Principal")) };
    if principal.star {
        return Err("AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".".to_owned());
    }
    if principal.values.is_empty() {
        return Err(EMPTY_PRINCIPAL.to_owned());
    }
    if principal.not && statement.effect.as_deref() == Some("Allow") {
        return Err("Allow with NotPrincipal is not allowed.".to_owned());
    }
    for (key, value) in &principal.values {
        let known = PrincipalPattern::parse(key, value, true);
        if known.is_none() || key == "CanonicalUser" {
            let key = key.to_uppercase();
            return Err(format!("Invalid principal in policy: \"{key}\":\"{value}\""));
        }
    }
    Ok(())
}

fn bucket(statement: &RawStatement) -> Complaint {
    let Some(principal) = &statement.principal else { return Err(missing("Principal")) };
    if principal.values.is_empty() && !principal.star {
        return Err(EMPTY_PRINCIPAL.to_owned());
    }
    let known = |(key, value): &(String, String)| PrincipalPattern::parse(key, value, false);
    if principal.values.iter().any(|entry| known(entry).is_none()) {
        return Err("Invalid principal in policy".to_owned());
    }
    let Some(action) = &statement.action else { return Err(missing("Action")) };
    let Some(resource) = &statement.resource else { return Err(missing("Resource")) };
    identity::present(Some(action), "Policy has invalid action")?;
    let arn = |resource: &String| resource == "*" || resource::complaint(resource).is_ok();
    if resource.values.is_empty() || !resource.values.iter().all(arn) {
        return Err("Policy has invalid resource".to_owned());
    }
    bucket::actions(action, statement)
}

/// SNS words all of these but the last in one way (AWS: "Invalid parameter: Policy ..").
fn topic(statement: &RawStatement) -> Complaint {
    let Some(principal) = &statement.principal else { return Err(missing("Principal")) };
    let known = |(key, value): &(String, String)| PrincipalPattern::parse(key, value, false);
    let names = principal.star || !principal.values.is_empty();
    if !names || principal.values.iter().any(|entry| known(entry).is_none()) {
        return Err("Invalid principal in policy".to_owned());
    }
    let Some(action) = &statement.action else { return Err(missing("Action")) };
    let Some(resource) = &statement.resource else { return Err(missing("Resource")) };
    resource::format(statement)?;
    let of_service = |action: &String| {
        action == "*" || action.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("sns:"))
    };
    if resource.values.is_empty()
        || action.values.is_empty()
        || !action.values.iter().all(of_service)
    {
        return Err("Policy statement action out of service scope!".to_owned());
    }
    Ok(())
}

fn session(statement: &RawStatement) -> Complaint {
    if statement.principal.is_some() {
        return Err("Has prohibited field Principal".to_owned());
    }
    let Some(action) = &statement.action else { return Err(missing("Action")) };
    identity::present(Some(action), identity::NO_ACTIONS)?;
    let Some(resource) = &statement.resource else { return Err(missing("Resource")) };
    identity::present(Some(resource), identity::NO_RESOURCES)?;
    resource::format(statement)?;
    identity::actions(statement)
}

fn control(statement: &RawStatement, kind: Kind) -> Complaint {
    let unfit = || Err(String::new());
    let principal = statement.principal.as_ref();
    let (Some(action), Some(resource)) = (&statement.action, &statement.resource) else {
        return unfit();
    };
    let fits = if kind == Kind::ServiceControl {
        principal.is_none()
    } else {
        // The attached RCPFullAWSAccess is the one Allow there is.
        let full = statement.effect.as_deref() == Some("Allow")
            && action.values.iter().chain(&resource.values).all(|value| value == "*");
        let deny = statement.effect.as_deref() == Some("Deny")
            && action.values.iter().all(|value| value != "*");
        principal.is_some_and(|principal| principal.star && !principal.not)
            && !action.not
            && (full || deny)
    };
    if !fits || action.values.is_empty() || resource.values.is_empty() {
        return unfit();
    }
    resource::format(statement)?;
    identity::actions(statement)
}

fn each(document: &Document, check: impl Fn(&RawStatement) -> Complaint) -> Complaint {
    document.statements.iter().try_for_each(check)
}

fn missing(field: &str) -> String {
    format!("Missing required field {field}")
}

fn begins(text: &str) -> bool {
    text.starts_with('{')
}
