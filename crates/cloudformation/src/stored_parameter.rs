//! Values of Parameter Store, asked for as the stack's caller: those that template parameters of
//! the types `AWS::SSM::Parameter::Value<..>` and `AWS::SSM::Parameter::Name` name.
//!
//! Each operation asks anew, so that an update finds the latest version.
//! AWS: User Guide, "Specify existing resources at runtime with CloudFormation-supplied parameter
//! types".

use api::ssm::{GetParameters, GetParametersRequest};
use gateway::{Caller, Cx, Error};

use crate::step::is_ours;
use crate::template::Bound;

/// The parameters with what they stand for. `is_stack`: a stack is asked for, no change set.
///
/// # Errors
/// AWS's for a parameter that is not there, or not for the caller to read.
pub fn resolve(
    cx: &mut Cx<'_>,
    caller: &Caller,
    mut bound: Bound,
    is_stack: bool,
) -> Result<Bound, Error> {
    let stored = bound.stored().map(|(name, text)| (name.to_owned(), text.to_owned()));
    for (name, text) in stored.collect::<Vec<_>>() {
        match value(cx, caller, &text).map_err(refusal)? {
            Some(value) => bound.resolve(&name, value),
            None if is_stack => {
                return Err(Error::validation(format!(
                    "Unable to fetch parameters [{text}] from parameter store for this account."
                )));
            }
            // (recorded)
            None => {
                return Err(Error::validation(format!(
                    "Parameter {name} should either have input value or default value"
                )));
            }
        }
    }
    Ok(bound)
}

/// The value of a parameter, `name` or `name:version`; None where it is not there.
///
/// # Errors
/// What Parameter Store says, a denial above all.
pub fn value(cx: &mut Cx<'_>, caller: &Caller, name: &str) -> Result<Option<String>, Error> {
    let input =
        GetParametersRequest { names: vec![name.to_owned()], ..GetParametersRequest::default() };
    let found = cx.call::<GetParameters>(caller, input)?.parameters.unwrap_or_default();
    Ok(found.into_iter().next().and_then(|parameter| parameter.value))
}

/// Parameter Store's refusal as CloudFormation's own.
pub fn refusal(error: Error) -> Error {
    if is_ours(&error) || error.status() >= 500 {
        return error;
    }
    Error::validation(error.message())
}
