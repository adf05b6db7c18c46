//! PutParameter: a new parameter, or a new version of one.
//!
//! AWS: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>

use api::ssm::{ParameterTier, ParameterType, PutParameterRequest, PutParameterResult, error};
use gateway::{Cx, Error};
use regex::Regex;

use crate::error as say;
use crate::policy::{self, Policies};
use crate::tables::{self, Parameter, VERSIONS_MAX, Version};
use crate::{name, tag};

const STANDARD_SIZE_MAX: usize = 4096;
const ADVANCED_SIZE_MAX: usize = 8192;
const STANDARD: &str = "Standard";
const ADVANCED: &str = "Advanced";
const TEXT: &str = "text";
/// Where the guide speaks of tiers.
const GUIDE: &str = "https://docs.aws.amazon.com/systems-manager/latest/userguide/\
                     parameter-store-advanced-parameters.html";

pub fn put_parameter(
    cx: &mut Cx<'_>,
    input: PutParameterRequest,
) -> Result<PutParameterResult, Error> {
    let overwrite = input.overwrite.unwrap_or_default();
    let tags = input.tags.as_deref().unwrap_or_default();
    if overwrite && !tags.is_empty() {
        let message = "Invalid request: tags and overwrite can't be used together. To create a \
                       parameter with tags, please remove overwrite flag. To update tags for an \
                       existing parameter, please use AddTagsToResource or \
                       RemoveTagsFromResource.";
        return Err(Error::validation(message));
    }
    let path = name::new_path(&input.name)?;
    check_value(&input)?;
    let before = match tables::find(cx, &path)? {
        Some(_) if !overwrite => return Err(say::exists()),
        Some(parameter) => {
            let version = tables::latest(cx, &path, &parameter)?;
            Some((parameter, version))
        }
        None => {
            // What its policy ended is still there, and is not what begins now.
            tables::delete(cx, &path);
            None
        }
    };
    let policies = input.policies.as_deref().map(policy::read).transpose()?;
    let version = new_version(cx, &path, &input, before.as_ref(), policies.as_ref())?;
    let parameter = match before {
        None => Parameter {
            name: input.name.clone(),
            latest: 1,
            oldest: 1,
            tags: tag::added(std::collections::BTreeMap::new(), tags)?,
            expires: policies.and_then(|policies| policies.expires),
        },
        Some((parameter, _)) => {
            let mut parameter = with_room(cx, &path, parameter)?;
            parameter.latest += 1;
            if let Some(policies) = policies {
                parameter.expires = policies.expires;
            }
            parameter
        }
    };
    tables::put_version(cx, &path, parameter.latest, &version)?;
    tables::put(cx, &path, &parameter)?;
    Ok(PutParameterResult {
        version: i64::try_from(parameter.latest).ok(),
        tier: Some(ParameterTier::from(version.tier.as_str())),
    })
}

/// What can be said of the value without knowing what was there before.
fn check_value(input: &PutParameterRequest) -> Result<(), Error> {
    if input.r#type == Some(ParameterType::SecureString) {
        // There is no KMS, and a secret that is kept as if it were encrypted by one is a lie.
        return Err(say::not_implemented("The parameter type SecureString"));
    }
    if input.key_id.is_some() {
        let message = "KeyId is required for SecureString type parameter only.";
        return Err(Error::validation(message));
    }
    match input.data_type.as_deref() {
        None | Some("" | TEXT) => {}
        Some(known @ ("aws:ec2:image" | "aws:ssm:integration")) => {
            return Err(say::not_implemented(&format!("The data type {known}")));
        }
        Some(other) => {
            return Err(Error::validation(format!(
                "The following data type is not supported: {other} (Data type names are all \
                 lowercase.)"
            )));
        }
    }
    let nests = input.value.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"));
    if nests {
        // (unverified)
        let message = "Parameter value can't nest another parameter. Do not use \"{{}}\" in the \
                       value.";
        return Err(Error::validation(message));
    }
    Ok(())
}

fn new_version(
    cx: &Cx<'_>,
    path: &str,
    input: &PutParameterRequest,
    before: Option<&(Parameter, Version)>,
    policies: Option<&Policies>,
) -> Result<Version, Error> {
    let before = before.map(|(_, version)| version);
    let kept = |of: fn(&Version) -> Option<String>| before.and_then(of);
    let policies = match policies {
        Some(policies) => policies.texts.clone(),
        None => before.map(|version| version.policies.clone()).unwrap_or_default(),
    };
    let tier = tier(input, before, !policies.is_empty())?;
    let allowed_pattern =
        input.allowed_pattern.clone().or_else(|| kept(|version| version.allowed_pattern.clone()));
    let allowed_pattern = allowed_pattern.filter(|pattern| !pattern.is_empty());
    if let Some(pattern) = &allowed_pattern {
        check_pattern(pattern, &input.value)?;
    }
    Ok(Version {
        kind: kind(input, before)?,
        value: tables::seal(cx, path, &input.value)?,
        modified: cx.now().as_millis(),
        by: cx.caller_arn(),
        description: input.description.clone().or_else(|| kept(|v| v.description.clone())),
        allowed_pattern,
        tier: tier.to_owned(),
        data_type: TEXT.to_owned(),
        labels: Vec::new(),
        policies,
    })
}

/// A parameter is of one type as long as it lives.
fn kind(input: &PutParameterRequest, before: Option<&Version>) -> Result<String, Error> {
    match (&input.r#type, before) {
        (None, None) => {
            let message = "A parameter type is required when you create a parameter.";
            Err(Error::validation(message))
        }
        (None, Some(before)) => Ok(before.kind.clone()),
        (Some(given), Some(before)) if given.as_str() != before.kind => {
            let message = "Parameter Store does not support changing a parameter type in a \
                           hierarchy. For example, you can't change a parameter from a String \
                           type to a SecureString type. You must create a new, unique parameter.";
            Err(Error::new(error::HIERARCHY_TYPE_MISMATCH_EXCEPTION, message))
        }
        (Some(given), _) => Ok(given.as_str().to_owned()),
    }
}

fn tier(
    input: &PutParameterRequest,
    before: Option<&Version>,
    has_policies: bool,
) -> Result<&'static str, Error> {
    let size = input.value.len();
    let was_advanced = before.is_some_and(|before| before.tier == ADVANCED);
    let tier = match &input.tier {
        Some(ParameterTier::Advanced) => ADVANCED,
        Some(ParameterTier::IntelligentTiering)
            if was_advanced || size > STANDARD_SIZE_MAX || has_policies =>
        {
            ADVANCED
        }
        Some(ParameterTier::Standard) if was_advanced => {
            let message = "This parameter uses the advanced-parameter tier. You can't downgrade a \
                           parameter from the advanced-parameter tier to the standard-parameter \
                           tier. If necessary, you can delete the advanced parameter and recreate \
                           it as a standard parameter.";
            return Err(Error::validation(message));
        }
        None if was_advanced => ADVANCED,
        _ => STANDARD,
    };
    if tier == STANDARD && has_policies {
        // (unverified)
        let message = format!(
            "Standard tier parameters do not support parameter policies. To add a parameter \
             policy, upgrade the parameter to use the advanced-parameter tier. For more \
             information, see {GUIDE}"
        );
        return Err(Error::validation(message));
    }
    match tier {
        STANDARD if size > STANDARD_SIZE_MAX => Err(Error::validation(format!(
            "Standard tier parameters support a maximum parameter value of {STANDARD_SIZE_MAX} \
             characters. To create a larger parameter value, upgrade the parameter to use the \
             advanced-parameter tier. For more information, see {GUIDE}"
        ))),
        ADVANCED if size > ADVANCED_SIZE_MAX => Err(Error::validation(format!(
            "Advanced tier parameters support a maximum parameter value of {ADVANCED_SIZE_MAX} \
             characters."
        ))),
        tier => Ok(tier),
    }
}

/// The whole value is of the pattern, as the guide's examples show.
fn check_pattern(pattern: &str, value: &str) -> Result<(), Error> {
    let Ok(regex) = Regex::new(&format!(r"\A(?:{pattern})\z")) else {
        // (unverified)
        let message = "The request does not meet the regular expression requirement.";
        return Err(Error::new(error::INVALID_ALLOWED_PATTERN_EXCEPTION, message));
    };
    if regex.is_match(value) {
        return Ok(());
    }
    let message = format!("Parameter value, cannot be validated against allowedPattern: {pattern}");
    Err(Error::new(error::PARAMETER_PATTERN_MISMATCH_EXCEPTION, message))
}

/// Lets the oldest version go where there are as many as are kept.
fn with_room(cx: &mut Cx<'_>, path: &str, mut parameter: Parameter) -> Result<Parameter, Error> {
    let kept = tables::versions(cx, path)?;
    if kept.len() < VERSIONS_MAX {
        return Ok(parameter);
    }
    let Some((number, oldest)) = kept.first() else { return Ok(parameter) };
    if !oldest.labels.is_empty() {
        let message = format!(
            "You attempted to create a new version of {} by calling the PutParameter API with the \
             overwrite flag. Version {number}, the oldest version, can't be deleted because it has \
             a label associated with it. Move the label to another version of the parameter, and \
             try again.",
            parameter.name
        );
        return Err(Error::new(error::PARAMETER_MAX_VERSION_LIMIT_EXCEEDED, message));
    }
    tables::delete_version(cx, path, *number);
    parameter.oldest = number + 1;
    Ok(parameter)
}
