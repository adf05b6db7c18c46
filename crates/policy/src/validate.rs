//! AWS's complaints about a policy document, in AWS's order and words, by kind of policy.
//!
//! Identity-based policies are checked by IAM's own parser, whose order of checks is observable in
//! which sentence comes first. Trust, bucket and session policies share another; Organizations
//! says one sentence for everything. Not here: whether principals exist, sizes and quotas.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use crate::Kind;
use crate::grammar::{Document, Flaw, RawElement, RawStatement};
use crate::pattern::{Match, Pattern, Rules};
use crate::principal::PrincipalPattern;
use crate::value::Instant;

/// The first complaint, as AWS words it.
pub(crate) type Complaint = Result<(), String>;

pub(crate) fn flaw(flaw: &Flaw, kind: Kind, text: &str) -> String {
    match kind {
        Kind::Identity => SYNTAX.to_owned(),
        Kind::ServiceControl | Kind::ResourceControl => ORGANIZATIONS.to_owned(),
        Kind::Trust | Kind::Bucket | Kind::Session => match flaw {
            Flaw::NotJson | Flaw::NotAnObject if kind == Kind::Bucket && !begins(text) => {
                "Policies must be valid JSON and the first byte must be '{'".to_owned()
            }
            Flaw::NotJson | Flaw::NotAnObject => "This policy contains invalid Json".to_owned(),
            Flaw::UnknownField(name) => format!("Unknown field {name}"),
            Flaw::MissingField(name) => missing(name),
            Flaw::Syntax => "Invalid policy syntax.".to_owned(),
        },
    }
}

pub(crate) fn document(document: &Document, kind: Kind) -> Complaint {
    if kind != Kind::Identity {
        known_version(document, &flaw(&Flaw::Syntax, kind, ""))?;
    }
    match kind {
        Kind::Identity => identity(document),
        Kind::Trust => each(document, trust),
        Kind::Bucket => each(document, bucket),
        Kind::Session => each(document, session),
        Kind::ServiceControl => {
            let sound = each(document, |statement| control(statement, Kind::ServiceControl));
            sound.map_err(|_| ORGANIZATIONS.to_owned())
        }
        Kind::ResourceControl => {
            let sound = each(document, |statement| control(statement, Kind::ResourceControl));
            sound.map_err(|_| ORGANIZATIONS.to_owned())
        }
    }
}

const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";
const ORGANIZATIONS: &str =
    "The provided policy document does not meet the requirements of the specified policy type.";
const SID_FORM: &str = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies \
     the regular expression [0-9A-Za-z]*";
const SID_UNIQUE: &str = "Statement IDs (SID) in a single policy must be unique.";
const NO_ACTIONS: &str = "Policy statement must contain actions.";
const NO_RESOURCES: &str = "Policy statement must contain resources.";
const VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const ONE_COLON: &str = "Actions/Condition can contain only one colon.";
const RESOURCE_VENDOR: &str = "Resource vendor must be fully qualified and cannot contain regexes.";
const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];
const PARTITIONS: [&str; 9] = [
    "*",
    "aws",
    "aws-cn",
    "aws-eusc",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-us-gov",
];
/// What a trust policy may allow.
const TRUST_ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagSession",
];

/// IAM's order: version, what an older parser refuses, Sids, presence of actions, resources,
/// actions, presence of resources.
fn identity(document: &Document) -> Complaint {
    known_version(document, SYNTAX)?;
    each(document, known_effect)?;
    if document.version.as_deref() != Some("2012-10-17") {
        return Err("Policy document must be version 2012-10-17 or greater.".to_owned());
    }
    if document.statements.iter().any(|statement| statement.principal.is_some()) {
        return Err("Policy document should not specify a principal.".to_owned());
    }
    each(document, legacy_effect)?;
    each(document, legacy_dates)?;
    let format = each(document, resource_format);
    if format.is_ok() {
        each(document, legacy_resources)?;
    }
    sids(document)?;
    each(document, |statement| present(statement.action.as_ref(), NO_ACTIONS))?;
    format?;
    each(document, actions)?;
    each(document, |statement| present(statement.resource.as_ref(), NO_RESOURCES))
}

fn trust(statement: &RawStatement) -> Complaint {
    shared(statement)?;
    sid_form(statement)?;
    trust_principal(statement)?;
    let Some(action) = &statement.action else { return Err(missing("Action")) };
    if statement.resource.is_some() {
        return Err("Has prohibited field Resource".to_owned());
    }
    let assumes = |action: &String| {
        let rules = Rules { wildcards: true, variables: false, ignore_case: true };
        let pattern = Pattern::new(action, rules);
        let context = crate::Context::new();
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
        return Err(missing("Principal"));
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
    shared(statement)?;
    let Some(principal) = &statement.principal else { return Err(missing("Principal")) };
    let known = |(key, value): &(String, String)| PrincipalPattern::parse(key, value, false);
    let empty = principal.values.is_empty() && !principal.star;
    if empty || principal.values.iter().any(|entry| known(entry).is_none()) {
        return Err("Invalid principal in policy".to_owned());
    }
    let Some(action) = &statement.action else { return Err(missing("Action")) };
    let s3 = |action: &String| {
        action == "*" || action.get(..3).is_some_and(|vendor| vendor.eq_ignore_ascii_case("s3:"))
    };
    if action.values.is_empty() || !action.values.iter().all(s3) {
        return Err("Policy has invalid action".to_owned());
    }
    let Some(resource) = &statement.resource else { return Err(missing("Resource")) };
    let arn = |resource: &String| resource == "*" || resource_complaint(resource).is_ok();
    if resource.values.is_empty() || !resource.values.iter().all(arn) {
        return Err("Policy has invalid resource".to_owned());
    }
    Ok(())
}

fn session(statement: &RawStatement) -> Complaint {
    shared(statement)?;
    if statement.principal.is_some() {
        return Err("Has prohibited field Principal".to_owned());
    }
    let Some(action) = &statement.action else { return Err(missing("Action")) };
    present(Some(action), NO_ACTIONS)?;
    let Some(resource) = &statement.resource else { return Err(missing("Resource")) };
    present(Some(resource), NO_RESOURCES)?;
    resource_format(statement)?;
    actions(statement)
}

/// What trust, bucket and session policies are all asked first.
fn shared(statement: &RawStatement) -> Complaint {
    match statement.effect.as_deref() {
        Some("Allow" | "Deny") => {}
        Some(other) => return Err(format!("Invalid effect: {other}")),
        None => return Err(missing("Effect")),
    }
    legacy_dates(statement).map_err(|_| "Invalid policy syntax.".to_owned())
}

fn control(statement: &RawStatement, kind: Kind) -> Complaint {
    shared(statement)?;
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
    resource_format(statement)?;
    actions(statement)
}

fn each(document: &Document, check: impl Fn(&RawStatement) -> Complaint) -> Complaint {
    document.statements.iter().try_for_each(check)
}

fn known_version(document: &Document, sentence: &str) -> Complaint {
    match document.version.as_deref() {
        None | Some("2008-10-17" | "2012-10-17") => Ok(()),
        Some(_) => Err(sentence.to_owned()),
    }
}

fn known_effect(statement: &RawStatement) -> Complaint {
    let effect = statement.effect.as_deref().unwrap_or_default();
    let known = effect.eq_ignore_ascii_case("Allow") || effect.eq_ignore_ascii_case("Deny");
    if known { Ok(()) } else { Err(SYNTAX.to_owned()) }
}

fn legacy_effect(statement: &RawStatement) -> Complaint {
    let exact = matches!(statement.effect.as_deref(), Some("Allow" | "Deny"));
    if exact { Ok(()) } else { Err(LEGACY.to_owned()) }
}

fn legacy_dates(statement: &RawStatement) -> Complaint {
    let dates = statement
        .conditions
        .iter()
        .filter(|condition| matches!(condition.operator.test, crate::operator::Test::Date(_)));
    let mut values = dates.flat_map(|condition| &condition.values);
    if values.all(|value| Instant::parse(value).is_some()) {
        return Ok(());
    }
    Err(LEGACY.to_owned())
}

/// Fewer than six components with an empty one among them, or no vendor.
fn legacy_resources(statement: &RawStatement) -> Complaint {
    let resources = statement.resource.iter().flat_map(|element| &element.values);
    for resource in resources.filter(|resource| *resource != "*") {
        let complete = resource.matches(':').count() >= 5 || !resource.contains("::");
        let vendor = resource.split(':').nth(2).is_some_and(|vendor| !vendor.is_empty());
        if !complete || !vendor {
            return Err(LEGACY.to_owned());
        }
    }
    Ok(())
}

fn sids(document: &Document) -> Complaint {
    each(document, sid_form)?;
    let mut seen: Vec<&str> = Vec::new();
    for sid in document.statements.iter().filter_map(|statement| statement.sid.as_deref()) {
        if !sid.is_empty() && seen.contains(&sid) {
            return Err(SID_UNIQUE.to_owned());
        }
        seen.push(sid);
    }
    Ok(())
}

/// The sentence knows no `_`, yet documents with one are recorded as accepted: let pass.
fn sid_form(statement: &RawStatement) -> Complaint {
    let sid = statement.sid.as_deref().unwrap_or_default();
    let plain = sid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { Ok(()) } else { Err(SID_FORM.to_owned()) }
}

fn present(element: Option<&RawElement>, sentence: &str) -> Complaint {
    match element {
        Some(element) if !element.values.is_empty() => Ok(()),
        _ => Err(sentence.to_owned()),
    }
}

fn resource_format(statement: &RawStatement) -> Complaint {
    let resources = statement.resource.iter().flat_map(|element| &element.values);
    resources
        .filter(|resource| *resource != "*")
        .try_for_each(|resource| resource_complaint(resource))
}

fn resource_complaint(resource: &str) -> Complaint {
    let Some((_, rest)) = resource.split_once(':') else {
        return Err(format!("Resource {resource} must be in ARN format or \"*\"."));
    };
    let mut parts = rest.splitn(2, ':');
    let partition = parts.next().unwrap_or_default();
    if !PARTITIONS.contains(&partition) {
        return Err(partition_complaint(partition, parts.next()));
    }
    let Some(rest) = parts.next() else { return Err(RESOURCE_VENDOR.to_owned()) };
    let mut parts = rest.splitn(4, ':');
    let vendor = parts.next().unwrap_or_default();
    let region = parts.next().unwrap_or_default();
    let name = parts.nth(1).unwrap_or_default();
    if vendor.contains(['*', '?', '$']) {
        return Err(RESOURCE_VENDOR.to_owned());
    }
    match vendor {
        "iam" if !region.is_empty() && region != "*" => {
            Err(format!("IAM resource {resource} cannot contain region information."))
        }
        "iam" if rest.matches(':').count() >= 3 && !iam_path(name) => {
            let paths = IAM_PATHS.join(", ");
            Err(format!("IAM resource path must either be \"*\" or start with {paths}."))
        }
        "s3" if !region.is_empty() && region != "*" && !regional_in_s3(name) => {
            Err(format!("Resource {resource} can not contain region information."))
        }
        _ => Ok(()),
    }
}

fn iam_path(name: &str) -> bool {
    name == "*" || name == "root" || IAM_PATHS.iter().any(|path| name.starts_with(path))
}

fn regional_in_s3(name: &str) -> bool {
    ["accesspoint/", "job/", "storage-lens/", "storage-lens-group/", "access-grants/"]
        .iter()
        .any(|kind| name.starts_with(kind))
}

/// AWS shows what it read as an ARN, with `*` for what it did not find.
fn partition_complaint(partition: &str, rest: Option<&str>) -> String {
    let mut parts: Vec<&str> = rest.into_iter().flat_map(|rest| rest.splitn(4, ':')).collect();
    parts.resize(4, "*");
    let shown = parts.join(":");
    format!("Partition \"{partition}\" is not valid for resource \"arn:{partition}:{shown}\".")
}

fn actions(statement: &RawStatement) -> Complaint {
    let actions = statement.action.iter().flat_map(|element| &element.values);
    for action in actions.filter(|action| *action != "*") {
        let Some((vendor, name)) = action.split_once(':') else {
            return Err(VENDOR.to_owned());
        };
        if name.contains(':') {
            return Err(ONE_COLON.to_owned());
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if vendor.is_empty() || !vendor.chars().all(plain) {
            return Err(format!("Vendor {vendor} is not valid"));
        }
    }
    Ok(())
}

fn missing(field: &str) -> String {
    format!("Missing required field {field}")
}

fn begins(text: &str) -> bool {
    text.starts_with('{')
}
