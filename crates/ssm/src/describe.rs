//! DescribeParameters: everything but values.

use api::Timestamp;
use api::ssm::{
    DescribeParametersRequest, DescribeParametersResult, ParameterMetadata, ParameterTier,
    ParameterType,
};
use gateway::{Cx, Error};

use crate::tables::{self, Parameter, Version};
use crate::{filter, get, name, page, policy};

const RESULTS: usize = 50;

pub fn describe_parameters(
    cx: &mut Cx<'_>,
    input: DescribeParametersRequest,
) -> Result<DescribeParametersResult, Error> {
    let old = input.filters.as_deref().unwrap_or_default();
    let new = input.parameter_filters.as_deref().unwrap_or_default();
    if !old.is_empty() && !new.is_empty() {
        let message = "You can use either Filters or ParameterFilters in a single request.";
        return Err(Error::validation(message));
    }
    // Nobody shares parameters here.
    if input.shared == Some(true) {
        return Ok(DescribeParametersResult { parameters: Some(Vec::new()), next_token: None });
    }
    let filters = if new.is_empty() { filter::old(old) } else { filter::all(new)? };
    let most = page::size(input.max_results, RESULTS);
    let place = page::place(cx, "describe", input.next_token.as_deref())?;
    let mut found: Vec<(String, ParameterMetadata)> = Vec::new();
    let is_whole = get::each(cx, "", place, |cx, key, parameter| {
        let latest = tables::latest(cx, key, &parameter)?;
        if !filters.iter().all(|filter| filter.holds(key, &parameter, &latest)) {
            return Ok(true);
        }
        if found.len() == most {
            return Ok(false);
        }
        found.push((key.to_owned(), shape(cx, key, &parameter, &latest)));
        Ok(true)
    })?;
    let last = found.last().map(|(key, _)| key.clone()).filter(|_| !is_whole);
    let next_token = last.map(|place| page::token(cx, "describe", &place)).transpose()?;
    let parameters = found.into_iter().map(|(_, parameter)| parameter).collect();
    Ok(DescribeParametersResult { parameters: Some(parameters), next_token })
}

fn shape(cx: &Cx<'_>, path: &str, parameter: &Parameter, latest: &Version) -> ParameterMetadata {
    ParameterMetadata {
        name: Some(parameter.name.clone()),
        arn: Some(name::arn_of(cx, path)),
        r#type: Some(ParameterType::from(latest.kind.as_str())),
        key_id: None,
        last_modified_date: Some(Timestamp::from_millis(latest.modified)),
        last_modified_user: Some(latest.by.clone()),
        description: latest.description.clone(),
        allowed_pattern: latest.allowed_pattern.clone(),
        version: i64::try_from(parameter.latest).ok(),
        tier: Some(ParameterTier::from(latest.tier.as_str())),
        policies: Some(policy::shapes(&latest.policies)),
        data_type: Some(latest.data_type.clone()),
    }
}
