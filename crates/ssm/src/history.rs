//! GetParameterHistory: every version that is kept.

use api::Timestamp;
use api::ssm::{
    GetParameterHistoryRequest, GetParameterHistoryResult, ParameterHistory, ParameterTier,
    ParameterType,
};
use gateway::{Cx, Error};

use crate::error as say;
use crate::name::Reference;
use crate::tables::{self, Version};
use crate::{page, policy};

const RESULTS: usize = 50;

pub fn get_parameter_history(
    cx: &mut Cx<'_>,
    input: GetParameterHistoryRequest,
) -> Result<GetParameterHistoryResult, Error> {
    let reference = Reference::parse(&input.name)?;
    let path = &reference.path;
    let found = if reference.is_here(cx) { tables::find(cx, path)? } else { None };
    let parameter = found.ok_or_else(say::not_found)?;
    let scope = format!("history {path}");
    let place = page::place(cx, &scope, input.next_token.as_deref())?;
    let after: u64 = place.and_then(|place| place.parse().ok()).unwrap_or(0);
    let most = page::size(input.max_results, RESULTS);
    let mut versions = tables::versions(cx, path)?;
    versions.retain(|(number, _)| *number > after);
    let is_whole = versions.len() <= most;
    versions.truncate(most);
    let last = versions.last().map(|(number, _)| number.to_string()).filter(|_| !is_whole);
    let next_token = last.map(|place| page::token(cx, &scope, &place)).transpose()?;
    let shown =
        versions.iter().map(|(number, version)| shape(cx, path, &parameter.name, *number, version));
    let parameters: Result<Vec<_>, Error> = shown.collect();
    Ok(GetParameterHistoryResult { parameters: Some(parameters?), next_token })
}

fn shape(
    cx: &Cx<'_>,
    path: &str,
    name: &str,
    number: u64,
    version: &Version,
) -> Result<ParameterHistory, Error> {
    Ok(ParameterHistory {
        name: Some(name.to_owned()),
        r#type: Some(ParameterType::from(version.kind.as_str())),
        key_id: None,
        last_modified_date: Some(Timestamp::from_millis(version.modified)),
        last_modified_user: Some(version.by.clone()),
        description: version.description.clone(),
        value: Some(tables::open(cx, path, version)?),
        allowed_pattern: version.allowed_pattern.clone(),
        version: i64::try_from(number).ok(),
        labels: Some(version.labels.clone()),
        tier: Some(ParameterTier::from(version.tier.as_str())),
        policies: Some(policy::shapes(&version.policies)),
        data_type: Some(version.data_type.clone()),
    })
}
