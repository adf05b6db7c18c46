//! Labels: names of versions, each on one version at a time.
//!
//! AWS: <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html>

use api::ssm::{
    LabelParameterVersionRequest, LabelParameterVersionResult, UnlabelParameterVersionRequest,
    UnlabelParameterVersionResult, error,
};
use gateway::{Cx, Error};

use crate::error as say;
use crate::name::Reference;
use crate::tables::{self, Parameter, Version};

const LABELS_MAX: usize = 10;

pub fn label_parameter_version(
    cx: &mut Cx<'_>,
    input: LabelParameterVersionRequest,
) -> Result<LabelParameterVersionResult, Error> {
    let (path, parameter) = named(cx, &input.name)?;
    let number = match input.parameter_version {
        Some(number) => u64::try_from(number).unwrap_or(0),
        None => parameter.latest,
    };
    let mut version = numbered(cx, &path, &input.name, number)?;
    let (labels, invalid): (Vec<_>, Vec<_>) =
        input.labels.into_iter().partition(|label| is_label(label));
    for label in &labels {
        if !version.labels.contains(label) {
            version.labels.push(label.clone());
        }
    }
    if version.labels.len() > LABELS_MAX {
        let message = "A parameter version can have maximum 10 labels. Move one or more labels to \
                       another version and try again.";
        return Err(Error::new(error::PARAMETER_VERSION_LABEL_LIMIT_EXCEEDED, message));
    }
    for (other, mut holder) in tables::versions(cx, &path)? {
        let had = holder.labels.len();
        holder.labels.retain(|label| !labels.contains(label));
        if other != number && holder.labels.len() < had {
            tables::put_version(cx, &path, other, &holder)?;
        }
    }
    tables::put_version(cx, &path, number, &version)?;
    Ok(LabelParameterVersionResult {
        invalid_labels: Some(invalid),
        parameter_version: i64::try_from(number).ok(),
    })
}

pub fn unlabel_parameter_version(
    cx: &mut Cx<'_>,
    input: UnlabelParameterVersionRequest,
) -> Result<UnlabelParameterVersionResult, Error> {
    let (path, _) = named(cx, &input.name)?;
    let number = u64::try_from(input.parameter_version).unwrap_or(0);
    let mut version = numbered(cx, &path, &input.name, number)?;
    let (removed, invalid): (Vec<_>, Vec<_>) =
        input.labels.into_iter().partition(|label| version.labels.contains(label));
    version.labels.retain(|label| !removed.contains(label));
    tables::put_version(cx, &path, number, &version)?;
    Ok(UnlabelParameterVersionResult {
        removed_labels: Some(removed),
        invalid_labels: Some(invalid),
    })
}

fn named(cx: &Cx<'_>, name: &str) -> Result<(String, Parameter), Error> {
    let reference = Reference::parse(name)?;
    let found = if reference.is_here(cx) { tables::find(cx, &reference.path)? } else { None };
    Ok((reference.path, found.ok_or_else(say::not_found)?))
}

fn numbered(cx: &Cx<'_>, path: &str, name: &str, number: u64) -> Result<Version, Error> {
    tables::version(cx, path, number)?.ok_or_else(|| say::no_version(number, name))
}

/// Letters, digits and three symbols; not beginning with a digit, `aws` or `ssm`.
fn is_label(label: &str) -> bool {
    let begins = |prefix| label.get(..3).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !label.starts_with(|c: char| c.is_ascii_digit())
        && !begins("aws")
        && !begins("ssm")
        && label.chars().all(fits)
}
