//! DeleteParameter and DeleteParameters. A parameter goes with all its versions.

use api::ssm::{
    DeleteParameterRequest, DeleteParameterResult, DeleteParametersRequest, DeleteParametersResult,
};
use gateway::{Cx, Error};

use crate::error as say;
use crate::name::{self, Reference};
use crate::{authorization, tables};

pub fn delete_parameter(
    cx: &mut Cx<'_>,
    input: DeleteParameterRequest,
) -> Result<DeleteParameterResult, Error> {
    let reference = Reference::parse(&input.name)?;
    let is_named = reference.is_here(cx) && reference.selector.is_none();
    if !is_named || !delete(cx, &reference.path)? {
        return Err(say::not_found());
    }
    Ok(DeleteParameterResult::default())
}

pub fn delete_parameters(
    cx: &mut Cx<'_>,
    input: DeleteParametersRequest,
) -> Result<DeleteParametersResult, Error> {
    for name in &input.names {
        let resource = authorization::named(cx, name)?;
        cx.allow("ssm:DeleteParameters", &input, &resource)?;
    }
    let (mut deleted, mut invalid) = (Vec::new(), Vec::new());
    for name in input.names {
        let is_deleted = match name::path(&name) {
            Ok(path) => delete(cx, &path)?,
            Err(_) => false,
        };
        if is_deleted { deleted.push(name) } else { invalid.push(name) }
    }
    Ok(DeleteParametersResult {
        deleted_parameters: Some(deleted),
        invalid_parameters: Some(invalid),
    })
}

/// False where it was not there.
fn delete(cx: &mut Cx<'_>, path: &str) -> Result<bool, Error> {
    let exists = tables::find(cx, path)?.is_some();
    tables::delete(cx, path);
    Ok(exists)
}
