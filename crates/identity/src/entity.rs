//! What users, groups and roles have in common: a name, a path, a unique id, tags, a boundary.
//!
//! Kept under the lower-case name, since names are unique without regard to case, and found under it
//! in any case; an ARN is somebody's only as it is written. All that belongs to an entity (keys,
//! policies, memberships) is kept under its unique id, so that a rename touches two rows and a
//! re-created entity inherits nothing.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use std::collections::BTreeMap;

use api::Timestamp;
use gateway::{AccountId, Cx, Error};
use minicbor::{Decode, Encode};
use store::{Record, Tx};

use crate::tables::{ACTION_USES, BOUNDARY_OF, ENTITIES, ENTITY_IDS, SERVICE_USES, USES};
use crate::{arn, count, epoch, error};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    #[n(0)]
    User,
    #[n(1)]
    Group,
    #[n(2)]
    Role,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct Entity {
    #[n(0)]
    pub kind: Kind,
    /// `AIDA…`, `AGPA…` or `AROA…`
    #[n(1)]
    pub id: String,
    #[n(2)]
    pub name: String,
    #[n(3)]
    pub path: String,
    /// Seconds.
    #[n(4)]
    pub created: i64,
    /// The boundary's ARN.
    #[n(5)]
    pub boundary: Option<String>,
    #[n(6)]
    pub tags: Vec<(String, String)>,
    /// Of roles.
    #[n(7)]
    pub role: Option<RolePart>,
}

/// What only roles have.
#[derive(Debug, Clone, Encode, Decode)]
pub struct RolePart {
    /// The trust policy, its principals by unique id.
    #[n(0)]
    pub trust: String,
    #[n(1)]
    pub description: Option<String>,
    /// Seconds.
    #[n(2)]
    pub max_session: i32,
}

impl Record for Entity {
    const VERSION: u8 = 1;
}

impl Kind {
    /// As ARNs and denials name it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
        }
    }

    /// As sentences begin with it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Role => "Role",
        }
    }

    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::User => "AIDA",
            Self::Group => "AGPA",
            Self::Role => "AROA",
        }
    }

    /// How many an account may have.
    const fn quota(self) -> (&'static str, usize) {
        match self {
            Self::User => ("UsersPerAccount", 5000),
            Self::Group => ("GroupsPerAccount", 300),
            Self::Role => ("RolesPerAccount", 1000),
        }
    }
}

impl Entity {
    #[must_use]
    pub fn arn(&self, account: AccountId) -> String {
        arn::of(account, self.kind.word(), &self.path, &self.name)
    }

    #[must_use]
    pub const fn created(&self) -> Timestamp {
        Timestamp::from_seconds(self.created)
    }

    /// The tags as condition keys take them.
    #[must_use]
    pub fn tag_map(&self) -> BTreeMap<String, String> {
        self.tags.iter().cloned().collect()
    }

    /// Roles that AWS services and IAM Identity Center made.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.kind == Kind::Role && is_reserved(&self.path)
    }
}

/// Where service-linked roles are.
const SERVICE_ROLES: &str = "/aws-service-role/";

/// Paths under which only AWS makes roles.
#[must_use]
pub fn is_reserved(path: &str) -> bool {
    path.starts_with(SERVICE_ROLES) || path.starts_with("/aws-reserved/")
}

/// The entity of this name, in whatever case.
///
/// # Errors
/// Only what the store says.
pub fn find(tx: &Tx, account: AccountId, kind: Kind, name: &str) -> Result<Option<Entity>, Error> {
    Ok(ENTITIES.get(tx, (account.number(), kind as u8, name.to_lowercase()))?)
}

/// The entity that an ARN names: of exactly this path and name, since ARNs are compared letter by
/// letter wherever policies speak of them.
///
/// # Errors
/// Only what the store says.
pub fn at(
    tx: &Tx,
    account: AccountId,
    kind: Kind,
    (path, name): (&str, &str),
) -> Result<Option<Entity>, Error> {
    let found = find(tx, account, kind, name)?;
    Ok(found.filter(|entity| entity.name == name && entity.path == path))
}

/// The entity of this name, in whatever case.
///
/// # Errors
/// NoSuchEntity.
pub fn get(tx: &Tx, account: AccountId, kind: Kind, name: &str) -> Result<Entity, Error> {
    let missing = || {
        let word = kind.word();
        error::no_such_entity(format!("The {word} with name {name} cannot be found."))
    };
    find(tx, account, kind, name)?.ok_or_else(missing)
}

/// The entity of the caller's account, to be changed.
///
/// # Errors
/// NoSuchEntity; UnmodifiableEntity for roles that only AWS may change.
pub fn get_to_change(cx: &Cx<'_>, kind: Kind, name: &str) -> Result<Entity, Error> {
    let entity = get(cx.tx, cx.account(), kind, name)?;
    if entity.is_protected() {
        return Err(error::protected_role(name));
    }
    Ok(entity)
}

/// The entity of the caller's account, to be described or tagged anew: AWS lets that be done to
/// service-linked roles, too.
///
/// # Errors
/// NoSuchEntity; UnmodifiableEntity for the roles of IAM Identity Center.
pub fn get_to_describe(cx: &Cx<'_>, kind: Kind, name: &str) -> Result<Entity, Error> {
    let entity = get(cx.tx, cx.account(), kind, name)?;
    if entity.is_protected() && !entity.path.starts_with(SERVICE_ROLES) {
        return Err(error::protected_role(name));
    }
    Ok(entity)
}

/// The entity with the unique id.
///
/// # Errors
/// Only what the store says.
pub fn by_id(tx: &Tx, account: AccountId, id: &str) -> Result<Option<Entity>, Error> {
    let kind = match id.get(..4) {
        Some("AIDA") => Kind::User,
        Some("AGPA") => Kind::Group,
        Some("AROA") => Kind::Role,
        _ => return Ok(None),
    };
    let Some(name) = ENTITY_IDS.get(tx, (account.number(), id))? else { return Ok(None) };
    Ok(ENTITIES.get(tx, (account.number(), kind as u8, name))?)
}

/// Adds a new entity to the caller's account.
///
/// # Errors
/// EntityAlreadyExists, LimitExceeded.
pub fn insert(cx: &mut Cx<'_>, entity: &Entity) -> Result<(), Error> {
    let account = cx.account();
    refuse_taken(cx.tx, account, entity.kind, &entity.name)?;
    let (quota, most) = entity.kind.quota();
    count::add(cx, entity.kind.word(), quota, most)?;
    put(cx.tx, account, entity)
}

/// Writes an entity that keeps its name.
///
/// # Errors
/// Only what the store says.
pub fn put(tx: &mut Tx, account: AccountId, entity: &Entity) -> Result<(), Error> {
    let (number, name) = (account.number(), entity.name.to_lowercase());
    ENTITIES.put(tx, (number, entity.kind as u8, name.as_str()), entity)?;
    ENTITY_IDS.put(tx, (number, &entity.id), &name)?;
    epoch::touch(tx, account)
}

/// Gives an entity another name or path.
///
/// # Errors
/// EntityAlreadyExists.
pub fn rename(
    tx: &mut Tx,
    account: AccountId,
    mut entity: Entity,
    name: Option<String>,
    path: Option<String>,
) -> Result<(), Error> {
    let key = (account.number(), entity.kind as u8, entity.name.to_lowercase());
    if let Some(name) = name {
        if !name.eq_ignore_ascii_case(&entity.name) {
            refuse_taken(tx, account, entity.kind, &name)?;
        }
        entity.name = name;
    }
    entity.path = path.unwrap_or(entity.path);
    ENTITIES.delete(tx, key);
    put(tx, account, &entity)
}

/// Removes an entity that nothing refers to any more.
///
/// # Errors
/// Only what the store says.
pub fn remove(tx: &mut Tx, account: AccountId, entity: &Entity) -> Result<(), Error> {
    let number = account.number();
    ENTITIES.delete(tx, (number, entity.kind as u8, entity.name.to_lowercase()));
    ENTITY_IDS.delete(tx, (number, &entity.id));
    USES.delete(tx, (number, &entity.id));
    SERVICE_USES.delete_prefix(tx, (number, &entity.id));
    ACTION_USES.delete_prefix(tx, (number, &entity.id));
    if let Some(boundary) = &entity.boundary
        && let Some(policy) = crate::managed_policy::find(tx, account, boundary)?
    {
        BOUNDARY_OF.delete(tx, (number, policy.id(), &entity.id));
    }
    count::subtract(tx, account, entity.kind.word())?;
    epoch::touch(tx, account)
}

/// Whether the name is taken, in whatever case.
///
/// # Errors
/// Only what the store says.
pub fn is_taken(tx: &Tx, account: AccountId, kind: Kind, name: &str) -> Result<bool, Error> {
    Ok(ENTITIES.contains(tx, (account.number(), kind as u8, name.to_lowercase()))?)
}

fn refuse_taken(tx: &Tx, account: AccountId, kind: Kind, name: &str) -> Result<(), Error> {
    if is_taken(tx, account, kind, name)? {
        let title = kind.title();
        return Err(error::already_exists(format!("{title} with name {name} already exists.")));
    }
    Ok(())
}
