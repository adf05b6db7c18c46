//! Organizational units, and who is whose parent.
//!
//! AWS: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_ous.html>

use api::organizations::{
    Child, ChildType, CreateOrganizationalUnitRequest, CreateOrganizationalUnitResponse,
    DeleteOrganizationalUnitRequest, DeleteOrganizationalUnitResponse,
    DescribeOrganizationalUnitRequest, DescribeOrganizationalUnitResponse, ListChildrenRequest,
    ListChildrenResponse, ListOrganizationalUnitsForParentRequest,
    ListOrganizationalUnitsForParentResponse, ListParentsRequest, ListParentsResponse,
    OrganizationalUnit, Parent, ParentType, UpdateOrganizationalUnitRequest,
    UpdateOrganizationalUnitResponse, error,
};
use gateway::id::Alphabet;
use gateway::{Cx, Error};
use store::Tx;

use super::page::{self, Ask};
use super::record::{CHILDREN, OrganizationRecord, UNITS, UnitRecord};
use super::{say, tag, tree};

/// Levels of units below the root.
const DEPTH_MAX: usize = 5;
const UNITS_MAX: usize = 2000;

pub fn create_organizational_unit(
    cx: &mut Cx<'_>,
    input: CreateOrganizationalUnitRequest,
) -> Result<CreateOrganizationalUnitResponse, Error> {
    let organization = tree::managed(cx)?;
    if !tree::is_parent(cx.tx, &organization, &input.parent_id)? {
        return Err(say::no_parent());
    }
    // The line begins with the root.
    if tree::line(cx.tx, &organization, &input.parent_id)?.len() > DEPTH_MAX {
        // (unverified)
        let message = "You have exceeded the allowed depth of organizational units.";
        return Err(say::constraint("OU_DEPTH_LIMIT_EXCEEDED", message));
    }
    if UNITS.scan(cx.tx, UNITS.prefix((organization.id.as_str(),)), UNITS_MAX)?.len() >= UNITS_MAX {
        // (unverified)
        let message = "You have exceeded the allowed number of organizational units.";
        return Err(say::constraint("OU_NUMBER_LIMIT_EXCEEDED", message));
    }
    refuse_taken(cx.tx, &organization, &input.parent_id, &input.name)?;
    let within = organization.root.trim_start_matches("r-");
    let unit = UnitRecord {
        id: format!("ou-{within}-{}", cx.letters(Alphabet::Lower, 8)),
        name: input.name,
        parent: input.parent_id,
        tags: tag::checked(input.tags.as_deref().unwrap_or_default())?,
    };
    put(cx.tx, &organization, &unit)?;
    CHILDREN.put(cx.tx, (&organization.id, &unit.parent, &unit.id), &())?;
    tree::attach_full_access(cx.tx, &organization, &unit.id)?;
    let shape = shape(cx.tx, &organization, &unit)?;
    Ok(CreateOrganizationalUnitResponse { organizational_unit: Some(shape) })
}

pub fn update_organizational_unit(
    cx: &mut Cx<'_>,
    input: UpdateOrganizationalUnitRequest,
) -> Result<UpdateOrganizationalUnitResponse, Error> {
    let organization = tree::managed(cx)?;
    let mut unit = get(cx.tx, &organization, &input.organizational_unit_id)?;
    if let Some(name) = input.name.filter(|name| *name != unit.name) {
        refuse_taken(cx.tx, &organization, &unit.parent, &name)?;
        unit.name = name;
        put(cx.tx, &organization, &unit)?;
    }
    let shape = shape(cx.tx, &organization, &unit)?;
    Ok(UpdateOrganizationalUnitResponse { organizational_unit: Some(shape) })
}

pub fn delete_organizational_unit(
    cx: &mut Cx<'_>,
    input: DeleteOrganizationalUnitRequest,
) -> Result<DeleteOrganizationalUnitResponse, Error> {
    let organization = tree::managed(cx)?;
    let unit = get(cx.tx, &organization, &input.organizational_unit_id)?;
    if !tree::children(cx.tx, &organization, &unit.id)?.is_empty() {
        // (unverified)
        let message = "The specified organizational unit is not empty.";
        return Err(Error::new(error::ORGANIZATIONAL_UNIT_NOT_EMPTY_EXCEPTION, message));
    }
    tree::detach_all(cx.tx, &organization.id, &unit.id)?;
    UNITS.delete(cx.tx, (&organization.id, &unit.id));
    CHILDREN.delete(cx.tx, (&organization.id, &unit.parent, &unit.id));
    Ok(DeleteOrganizationalUnitResponse::default())
}

pub fn describe_organizational_unit(
    cx: &mut Cx<'_>,
    input: DescribeOrganizationalUnitRequest,
) -> Result<DescribeOrganizationalUnitResponse, Error> {
    let organization = tree::readable(cx)?;
    let unit = get(cx.tx, &organization, &input.organizational_unit_id)?;
    let shape = shape(cx.tx, &organization, &unit)?;
    Ok(DescribeOrganizationalUnitResponse { organizational_unit: Some(shape) })
}

pub fn list_organizational_units_for_parent(
    cx: &mut Cx<'_>,
    input: ListOrganizationalUnitsForParentRequest,
) -> Result<ListOrganizationalUnitsForParentResponse, Error> {
    let organization = tree::readable(cx)?;
    if !tree::is_parent(cx.tx, &organization, &input.parent_id)? {
        return Err(say::no_parent());
    }
    let mut units = Vec::new();
    for id in tree::children(cx.tx, &organization, &input.parent_id)? {
        if let Some(unit) = tree::unit(cx.tx, &organization, &id)? {
            units.push((id, shape(cx.tx, &organization, &unit)?));
        }
    }
    let scope = format!("ListOrganizationalUnitsForParent {}", input.parent_id);
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most: input.max_results };
    let (organizational_units, next_token) = page::of(cx, ask, units)?;
    Ok(ListOrganizationalUnitsForParentResponse { organizational_units, next_token })
}

pub fn list_children(
    cx: &mut Cx<'_>,
    input: ListChildrenRequest,
) -> Result<ListChildrenResponse, Error> {
    let organization = tree::readable(cx)?;
    if !tree::is_parent(cx.tx, &organization, &input.parent_id)? {
        return Err(say::no_parent());
    }
    let units = input.child_type == ChildType::OrganizationalUnit;
    let all = tree::children(cx.tx, &organization, &input.parent_id)?.into_iter();
    let asked = all.filter(|id| id.starts_with("ou-") == units).map(|id| {
        let child = Child { id: Some(id.clone()), r#type: Some(input.child_type.clone()) };
        (id, child)
    });
    let scope = format!("ListChildren {} {units}", input.parent_id);
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most: input.max_results };
    let (children, next_token) = page::of(cx, ask, asked.collect())?;
    Ok(ListChildrenResponse { children, next_token })
}

/// Everything has one parent.
pub fn list_parents(
    cx: &mut Cx<'_>,
    input: ListParentsRequest,
) -> Result<ListParentsResponse, Error> {
    let organization = tree::readable(cx)?;
    let unit = tree::unit(cx.tx, &organization, &input.child_id)?.map(|unit| unit.parent);
    let member = tree::member(cx.tx, &organization, &input.child_id)?;
    let parent = unit.or(member.map(|(_, member)| member.parent)).ok_or_else(say::no_child)?;
    let r#type = match parent == organization.root {
        true => ParentType::Root,
        false => ParentType::OrganizationalUnit,
    };
    let shape = Parent { id: Some(parent.clone()), r#type: Some(r#type) };
    let scope = format!("ListParents {}", input.child_id);
    let ask = Ask { scope: &scope, token: input.next_token.as_deref(), most: input.max_results };
    let (parents, next_token) = page::of(cx, ask, vec![(parent, shape)])?;
    Ok(ListParentsResponse { parents, next_token })
}

pub fn put(tx: &mut Tx, organization: &OrganizationRecord, unit: &UnitRecord) -> Result<(), Error> {
    Ok(UNITS.put(tx, (&organization.id, &unit.id), unit)?)
}

fn get(tx: &Tx, organization: &OrganizationRecord, id: &str) -> Result<UnitRecord, Error> {
    tree::unit(tx, organization, id)?.ok_or_else(say::no_unit)
}

fn refuse_taken(
    tx: &Tx,
    organization: &OrganizationRecord,
    parent: &str,
    name: &str,
) -> Result<(), Error> {
    for id in tree::children(tx, organization, parent)? {
        if tree::unit(tx, organization, &id)?.is_some_and(|unit| unit.name == name) {
            // (unverified)
            let message = "An OU with the same name already exists.";
            return Err(Error::new(error::DUPLICATE_ORGANIZATIONAL_UNIT_EXCEPTION, message));
        }
    }
    Ok(())
}

fn shape(
    tx: &Tx,
    organization: &OrganizationRecord,
    unit: &UnitRecord,
) -> Result<OrganizationalUnit, Error> {
    let line = tree::line(tx, organization, &unit.id)?;
    Ok(OrganizationalUnit {
        id: Some(unit.id.clone()),
        arn: Some(organization.node_arn(&unit.id)),
        name: Some(unit.name.clone()),
        path: Some(tree::path(organization, &line)),
    })
}
