//! Listings of users, groups and roles by path.
//!
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html>

use gateway::{Cx, Error};

use crate::entity::{Entity, Kind};
use crate::page::{self, Ask, Page};
use crate::tables::ENTITIES;

/// The entities of a kind whose path begins with `prefix`, by name.
///
/// # Errors
/// `Invalid Marker.`
pub fn entities(
    cx: &Cx<'_>,
    kind: Kind,
    prefix: Option<&str>,
    ask: Ask<'_>,
) -> Result<Page<Entity>, Error> {
    let prefix = prefix.unwrap_or("/");
    let scope = format!("{} {prefix}", ask.scope);
    let (account, kind) = (cx.account().number(), kind as u8);
    page::read(
        cx,
        Ask { scope: &scope, ..ask },
        |tx, place, limit| {
            let range = ENTITIES.prefix((account, kind));
            let range = match place {
                Some(place) => range.after(&ENTITIES.key((account, kind, place))),
                None => range,
            };
            let rows = ENTITIES.scan(tx, range, limit)?;
            Ok(rows.into_iter().map(|((_, _, name), entity)| (name, entity)).collect())
        },
        |entity| entity.path.starts_with(prefix),
    )
}
