//! Access control lists as S3 shows them.

use api::s3::{Grant as ShownGrant, Grantee as ShownGrantee, Permission as ShownPermission, Type};
use gateway::{AccountId, Cx, Error};

use super::{Acl, Grantee, read};
use crate::bucket;

/// The grants of a list; of the owner alone where there is none.
///
/// # Errors
/// Only what the store says.
pub fn grants(cx: &Cx<'_>, acl: Option<&Acl>, owner: AccountId) -> Result<Vec<ShownGrant>, Error> {
    let private = Acl::private(owner);
    let acl = acl.unwrap_or(&private);
    let grants = acl.grants.iter().map(|grant| {
        Ok(ShownGrant {
            grantee: Some(grantee(cx, grant.grantee)?),
            permission: Some(ShownPermission::from(grant.permission.name())),
        })
    });
    grants.collect()
}

fn grantee(cx: &Cx<'_>, grantee: Grantee) -> Result<ShownGrantee, Error> {
    Ok(match grantee {
        Grantee::Account(account) => {
            let owner = bucket::owner(cx, account)?;
            let (id, display_name) = (owner.id, owner.display_name);
            let r#type = Type::CanonicalUser;
            ShownGrantee { id, display_name, r#type, ..ShownGrantee::default() }
        }
        group => ShownGrantee {
            uri: read::uri(group).map(str::to_owned),
            r#type: Type::Group,
            ..ShownGrantee::default()
        },
    })
}
