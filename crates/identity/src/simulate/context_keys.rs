//! The condition keys that policies ask for, so that a simulation can be given them.
//!
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html>

use std::collections::BTreeSet;

use api::iam::{
    GetContextKeysForCustomPolicyRequest, GetContextKeysForPolicyResponse,
    GetContextKeysForPrincipalPolicyRequest,
};
use gateway::{Cx, Error};
use policy::{Kind as Grammar, Source};

use super::{listed, source_entity};
use crate::compile;

pub fn get_context_keys_for_custom_policy(
    _cx: &mut Cx<'_>,
    input: GetContextKeysForCustomPolicyRequest,
) -> Result<GetContextKeysForPolicyResponse, Error> {
    Ok(answer(&listed(&input.policy_input_list, "PolicyInputList", Grammar::Identity)?))
}

pub fn get_context_keys_for_principal_policy(
    cx: &mut Cx<'_>,
    input: GetContextKeysForPrincipalPolicyRequest,
) -> Result<GetContextKeysForPolicyResponse, Error> {
    let entity = source_entity(cx, &input.policy_source_arn)?;
    let mut sources = compile::identity_policies(cx.tx, cx.account(), &entity)?;
    let more = input.policy_input_list.unwrap_or_default();
    sources.extend(listed(&more, "PolicyInputList", Grammar::Identity)?);
    Ok(answer(&sources))
}

fn answer(sources: &[Source]) -> GetContextKeysForPolicyResponse {
    let mut keys = BTreeSet::new();
    for statement in sources.iter().flat_map(|source| source.policy.statements()) {
        for (_, key, values) in statement.conditions() {
            keys.insert(key.to_owned());
            values.iter().for_each(|value| keys.extend(variables(value)));
        }
        let (_, resources) = statement.resources();
        resources.iter().for_each(|resource| keys.extend(variables(resource)));
    }
    GetContextKeysForPolicyResponse { context_key_names: Some(keys.into_iter().collect()) }
}

/// The keys of `${key}` and `${key, 'default'}`; `${*}`, `${?}` and `${$}` are plain characters.
fn variables(text: &str) -> impl Iterator<Item = String> {
    let inside = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let keys = inside.map(|(inside, _)| inside.split(',').next().unwrap_or_default().trim());
    keys.filter(|key| key.contains(':')).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_with_and_without_a_default() {
        let found: Vec<_> =
            variables("a/${aws:username}/${aws:PrincipalTag/t, 'x'}/${*}").collect();
        assert_eq!(found, ["aws:username", "aws:PrincipalTag/t"]);
    }
}
