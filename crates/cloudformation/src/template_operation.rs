//! The operations on templates themselves.
//!
//! AWS: API reference, GetTemplate, GetTemplateSummary, ValidateTemplate.

use api::cloudformation::{
    Capability, GetTemplateInput, GetTemplateOutput, GetTemplateSummaryInput,
    GetTemplateSummaryOutput, ParameterConstraints, ParameterDeclaration,
    ResourceIdentifierSummary, StackStatus, TemplateParameter, TemplateStage,
    ValidateTemplateInput, ValidateTemplateOutput, Warnings,
};
use gateway::{Cx, Error};

use crate::change_set::{self, Found};
use crate::schema::Schemas;
use crate::tables::{CURRENT, PROCESSED, StackKey, TEMPLATES};
use crate::template::summary::ResourceIdentifiers;
use crate::template::{self, Names, Parameter, Summary, Template, transform};
use crate::{error, proposal, shown_order, stack};

/// The one version of the template language: AWS tells it of templates that tell none. (recorded)
const VERSION: &str = "2010-09-09";

pub fn get_template(cx: &mut Cx<'_>, input: GetTemplateInput) -> Result<GetTemplateOutput, Error> {
    let (key, used) = used(cx, &input)?;
    let processed = PROCESSED.get(cx.tx, key.part(&used))?;
    let original = TEMPLATES.get(cx.tx, key.part(&used))?;
    let failed = processed.as_ref().is_some_and(|processed| processed.failed);
    let template_body = match (&input.template_stage, processed) {
        // (unverified)
        (Some(TemplateStage::Processed), Some(_)) if failed => {
            let message = "Template stage Processed is not available.";
            return Err(Error::validation(message));
        }
        (Some(TemplateStage::Processed), Some(processed)) => Some(processed.text),
        _ => original,
    };
    let mut stages = vec![TemplateStage::Original];
    if !failed {
        stages.push(TemplateStage::Processed);
    }
    Ok(GetTemplateOutput { template_body, stages_available: Some(stages) })
}

/// Whose template is asked for, and which of its.
fn used(cx: &Cx<'_>, input: &GetTemplateInput) -> Result<(StackKey, String), Error> {
    match (&input.change_set_name, &input.stack_name) {
        (Some(name), stack_name) => {
            if !crate::arn::is_arn(name) && stack_name.is_none() {
                return Err(Error::validation("StackName is a required parameter."));
            }
            match change_set::find(cx, name, stack_name.as_deref())? {
                Found::ChangeSet(key, uuid, _) => Ok((key, uuid)),
                Found::Nothing => Err(error::no_change_set(name)),
            }
        }
        (None, Some(name)) => {
            let found = stack::find(cx, name)?;
            let (key, _) = found.ok_or_else(|| error::no_stack_with_id(name))?;
            Ok((key, CURRENT.to_owned()))
        }
        (None, None) => {
            let message = "StackName is required if ChangeSetName is not specified.";
            Err(Error::validation(message))
        }
    }
}

pub fn get_template_summary(
    cx: &mut Cx<'_>,
    input: GetTemplateSummaryInput,
) -> Result<GetTemplateSummaryOutput, Error> {
    error::refuse(&[
        ("CallAs", input.call_as.is_some()),
        ("StackSetName", input.stack_set_name.is_some()),
    ])?;
    let warns = warns(&input);
    let body = match &input.stack_name {
        Some(name) if input.template_body.is_none() && input.template_url.is_none() => {
            of_stack(cx, name)?
        }
        // (unverified)
        Some(_) => {
            let message = "Only one of StackName, TemplateBody and TemplateURL may be specified.";
            return Err(Error::validation(message));
        }
        None => proposal::body(cx, input.template_body, input.template_url.as_deref())?,
    };
    let template = read(&body).map_err(error::template)?;
    let unknown = match Schemas::bundled().recognise(&template) {
        Ok(()) => None,
        Err(template::Error::UnknownTypes(Names(names))) if warns => Some(names),
        Err(fault) => return Err(error::template(fault)),
    };
    let summary = Summary::of(&template, Schemas::bundled());
    Ok(GetTemplateSummaryOutput {
        parameters: Some(hashed(&summary).into_iter().map(declaration).collect()),
        description: summary.description.map(str::to_owned),
        capabilities: capabilities(&summary),
        capabilities_reason: summary.capabilities.reason.clone(),
        resource_types: Some(owned(&summary.resource_types)),
        version: Some(summary.version.unwrap_or(VERSION).to_owned()),
        metadata: summary.metadata.clone(),
        declared_transforms: transforms(&summary),
        resource_identifier_summaries: Some(
            summary.resource_identifiers.iter().map(identifiers).collect(),
        ),
        warnings: unknown.map(|names| Warnings { unrecognized_resource_types: Some(names) }),
    })
}

pub fn validate_template(
    cx: &mut Cx<'_>,
    input: ValidateTemplateInput,
) -> Result<ValidateTemplateOutput, Error> {
    let body = proposal::body(cx, input.template_body, input.template_url.as_deref())?;
    let template = read(&body).map_err(error::template)?;
    Schemas::bundled().recognise(&template).map_err(error::template)?;
    let summary = Summary::of(&template, Schemas::bundled());
    let parameters = hashed(&summary).into_iter().map(|(name, parameter)| TemplateParameter {
        parameter_key: Some(name.clone()),
        default_value: parameter.default.clone(),
        no_echo: Some(parameter.no_echo),
        description: parameter.description.clone(),
    });
    Ok(ValidateTemplateOutput {
        parameters: Some(parameters.collect()),
        description: summary.description.map(str::to_owned),
        capabilities: capabilities(&summary),
        capabilities_reason: summary.capabilities.reason.clone(),
        declared_transforms: transforms(&summary),
    })
}

fn hashed<'a>(summary: &Summary<'a>) -> Vec<(&'a String, &'a Parameter)> {
    shown_order::hashed(summary.parameters.iter().collect(), |(name, _)| name)
}

/// A template to be told of; its outline where transforms are still to be run.
fn read(body: &str) -> Result<Template, template::Error> {
    let value = template::parse::parse(body)?;
    if transform::declared(&value)?.is_empty() {
        Template::from_value(value)
    } else {
        Template::outline(&value)
    }
}

fn of_stack(cx: &Cx<'_>, name: &str) -> Result<String, Error> {
    let (key, stack) = stack::find(cx, name)?.ok_or_else(|| error::no_stack_with_id(name))?;
    if stack.status == StackStatus::ReviewInProgress {
        let message = "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.";
        return Err(Error::validation(message));
    }
    Ok(TEMPLATES.get(cx.tx, key.part(CURRENT))?.unwrap_or_default())
}

/// Whether unknown types are to be told, not refused.
fn warns(input: &GetTemplateSummaryInput) -> bool {
    let config = input.template_summary_config.as_ref();
    config.and_then(|config| config.treat_unrecognized_resource_types_as_warnings) == Some(true)
}

fn declaration((name, parameter): (&String, &Parameter)) -> ParameterDeclaration {
    let allowed = &parameter.allowed_values;
    ParameterDeclaration {
        parameter_key: Some(name.clone()),
        default_value: parameter.default.clone(),
        parameter_type: Some(parameter.parameter_type.name().to_owned()),
        no_echo: Some(parameter.no_echo),
        description: parameter.description.clone(),
        parameter_constraints: Some(ParameterConstraints {
            allowed_values: (!allowed.is_empty()).then(|| allowed.clone()),
        }),
    }
}

fn identifiers(known: &ResourceIdentifiers<'_>) -> ResourceIdentifierSummary {
    ResourceIdentifierSummary {
        resource_type: Some(known.resource_type.to_owned()),
        logical_resource_ids: Some(owned(&known.logical_ids)),
        resource_identifiers: Some(owned(&known.properties)),
    }
}

fn capabilities(summary: &Summary<'_>) -> Option<Vec<Capability>> {
    let required = &summary.capabilities.required;
    (!required.is_empty()).then(|| required.iter().map(|name| Capability::from(*name)).collect())
}

fn transforms(summary: &Summary<'_>) -> Option<Vec<String>> {
    let declared = summary.declared_transforms;
    (!declared.is_empty()).then(|| declared.to_vec())
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
