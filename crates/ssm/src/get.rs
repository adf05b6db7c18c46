//! GetParameter, GetParameters, GetParametersByPath: values.

use api::Timestamp;
use api::ssm::{
    GetParameterRequest, GetParameterResult, GetParametersByPathRequest, GetParametersByPathResult,
    GetParametersRequest, GetParametersResult, Parameter as Shape, ParameterType,
};
use gateway::{Cx, Error};

use crate::error as say;
use crate::filter::{self, Filter};
use crate::name::{self, Reference, Selector};
use crate::tables::{self, PARAMETERS, Parameter, Version};
use crate::{authorization, page};

/// Items of a page where none are asked for.
const PATH_RESULTS: usize = 10;
/// Rows read at once.
const BATCH: usize = 100;

pub fn get_parameter(
    cx: &mut Cx<'_>,
    input: GetParameterRequest,
) -> Result<GetParameterResult, Error> {
    let reference = Reference::parse(&input.name)?;
    let parameter = select(cx, &reference)?.ok_or_else(say::not_found)?;
    Ok(GetParameterResult { parameter: Some(parameter) })
}

pub fn get_parameters(
    cx: &mut Cx<'_>,
    input: GetParametersRequest,
) -> Result<GetParametersResult, Error> {
    for name in &input.names {
        let resource = authorization::named(cx, name)?;
        cx.allow("ssm:GetParameters", &input, &resource)?;
    }
    let (mut parameters, mut invalid) = (Vec::new(), Vec::new());
    let mut seen = std::collections::BTreeSet::new();
    for name in input.names {
        let reference = Reference::parse(&name)?;
        if !seen.insert(name.clone()) {
            continue;
        }
        match select(cx, &reference) {
            Ok(Some(parameter)) => parameters.push(parameter),
            Ok(None) => invalid.push(name),
            Err(error) if error.is(api::ssm::error::PARAMETER_VERSION_NOT_FOUND) => {
                invalid.push(name);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(GetParametersResult { parameters: Some(parameters), invalid_parameters: Some(invalid) })
}

pub fn get_parameters_by_path(
    cx: &mut Cx<'_>,
    input: GetParametersByPathRequest,
) -> Result<GetParametersByPathResult, Error> {
    let path = by_path(&input.path)?;
    let filters = filter::by_path(input.parameter_filters.as_deref().unwrap_or_default())?;
    let is_recursive = input.recursive.unwrap_or_default();
    let scope = format!("by-path {} {is_recursive}", input.path);
    let begins = if path.is_empty() { String::new() } else { format!("{path}/") };
    let place = page::place(cx, &scope, input.next_token.as_deref())?;
    let most = page::size(input.max_results, PATH_RESULTS);
    let mut found = Vec::new();
    let mut next_token = None;
    let wants = |key: &str| is_recursive || !key.get(begins.len()..).unwrap_or("").contains('/');
    each(cx, &begins, place, |cx, key, parameter| {
        if !wants(key) {
            return Ok(true);
        }
        let Some((number, version)) = labelled(cx, key, &parameter, &filters)? else {
            return Ok(true);
        };
        if found.len() == most {
            return Ok(false);
        }
        let shown = shape(cx, key, (&parameter.name, None), number, &version)?;
        found.push((key.to_owned(), shown));
        Ok(true)
    })
    .map(|is_whole| {
        if !is_whole {
            next_token = found.last().map(|(key, _)| key.clone());
        }
    })?;
    let next_token = next_token.map(|place| page::token(cx, &scope, &place)).transpose()?;
    let parameters = found.into_iter().map(|(_, parameter)| parameter).collect();
    Ok(GetParametersByPathResult { parameters: Some(parameters), next_token })
}

/// Shows each parameter whose key begins so, behind `place`, to `visit`, until it says no. False
/// where it did.
///
/// # Errors
/// What the store or `visit` says.
pub fn each(
    cx: &Cx<'_>,
    begins: &str,
    place: Option<String>,
    mut visit: impl FnMut(&Cx<'_>, &str, Parameter) -> Result<bool, Error>,
) -> Result<bool, Error> {
    let (account, region) = (cx.account().number(), cx.region());
    let from = place.as_deref().unwrap_or(begins);
    let mut range = PARAMETERS.prefix((account, region));
    let first = PARAMETERS.key((account, region, from));
    range = if place.is_some() { range.after(&first) } else { range.from(&first) };
    loop {
        let rows = PARAMETERS.scan(cx.tx, range.clone(), BATCH)?;
        let is_last = rows.len() < BATCH;
        for ((_, _, key), parameter) in rows {
            if !key.starts_with(begins) {
                return Ok(true);
            }
            range = range.after(&PARAMETERS.key((account, region, key.as_str())));
            if parameter.lives(cx) && !visit(cx, &key, parameter)? {
                return Ok(false);
            }
        }
        if is_last {
            return Ok(true);
        }
    }
}

/// The path of a listing without its slashes at both ends.
fn by_path(path: &str) -> Result<String, Error> {
    if path == "/" {
        return Ok(String::new());
    }
    let bare = path.strip_suffix('/').unwrap_or(path);
    if !bare.starts_with('/') || name::path(bare).is_err() {
        let message = "The parameter doesn't meet the parameter name requirements. The parameter \
                       name must begin with a forward slash \"/\". It can't be prefixed with \
                       \"aws\" or \"ssm\" (case-insensitive). It must use only letters, numbers, \
                       or the following symbols: . (period), - (hyphen), _ (underscore). Special \
                       characters are not allowed. All sub-paths, if specified, must use the \
                       forward slash symbol \"/\". Valid example: /get/parameters2-/by1./path0_.";
        return Err(Error::validation(message));
    }
    name::path(bare)
}

/// The version that a listing shows: the latest, or the one that has the label asked for.
fn labelled(
    cx: &Cx<'_>,
    key: &str,
    parameter: &Parameter,
    filters: &[Filter],
) -> Result<Option<(u64, Version)>, Error> {
    let latest = tables::latest(cx, key, parameter)?;
    if !filters.iter().all(|filter| filter.holds(key, parameter, &latest)) {
        return Ok(None);
    }
    let Some(labels) = filters.iter().find_map(Filter::labels) else {
        return Ok(Some((parameter.latest, latest)));
    };
    let versions = tables::versions(cx, key)?.into_iter().rev();
    let has = |version: &Version| version.labels.iter().any(|label| labels.contains(label));
    Ok(versions.into_iter().find(|(_, version)| has(version)))
}

/// The parameter that is named, in the version that is.
///
/// # Errors
/// `ParameterVersionNotFound`
fn select(cx: &Cx<'_>, reference: &Reference) -> Result<Option<Shape>, Error> {
    if !reference.is_here(cx) {
        return Ok(None);
    }
    let path = &reference.path;
    let Some(parameter) = tables::find(cx, path)? else { return Ok(None) };
    let name = reference.name.as_deref().unwrap_or(&parameter.name);
    let (number, version) = match &reference.selector {
        None => (parameter.latest, tables::latest(cx, path, &parameter)?),
        Some(Selector::Version(number)) => {
            let version = tables::version(cx, path, *number)?;
            (*number, version.ok_or_else(|| say::no_version(*number, name))?)
        }
        Some(Selector::Label(label)) => {
            let mut versions = tables::versions(cx, path)?.into_iter();
            let found = versions.find(|(_, version)| version.labels.contains(label));
            found.ok_or_else(|| say::no_label(label, name))?
        }
    };
    let selector = reference.selector.as_ref().map(ToString::to_string);
    shape(cx, path, (name, selector), number, &version).map(Some)
}

fn shape(
    cx: &Cx<'_>,
    path: &str,
    (name, selector): (&str, Option<String>),
    number: u64,
    version: &Version,
) -> Result<Shape, Error> {
    Ok(Shape {
        name: Some(name.to_owned()),
        r#type: Some(ParameterType::from(version.kind.as_str())),
        value: Some(tables::open(cx, path, version)?),
        version: i64::try_from(number).ok(),
        selector,
        source_result: None,
        last_modified_date: Some(Timestamp::from_millis(version.modified)),
        arn: Some(name::arn_of(cx, path)),
        data_type: Some(version.data_type.clone()),
    })
}
