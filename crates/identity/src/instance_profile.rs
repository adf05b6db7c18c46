//! Instance profiles: the container that hands a role to an EC2 instance. Here they only are kept.
//!
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html>

use api::iam::{
    AddRoleToInstanceProfileRequest, AddRoleToInstanceProfileResponse,
    CreateInstanceProfileRequest, CreateInstanceProfileResponse, DeleteInstanceProfileRequest,
    DeleteInstanceProfileResponse, GetInstanceProfileRequest, GetInstanceProfileResponse,
    InstanceProfile, ListInstanceProfileTagsRequest, ListInstanceProfileTagsResponse,
    ListInstanceProfilesForRoleRequest, ListInstanceProfilesForRoleResponse,
    ListInstanceProfilesRequest, ListInstanceProfilesResponse,
    RemoveRoleFromInstanceProfileRequest, RemoveRoleFromInstanceProfileResponse,
    TagInstanceProfileRequest, TagInstanceProfileResponse, UntagInstanceProfileRequest,
    UntagInstanceProfileResponse,
};
use api::{Structure, Timestamp};
use gateway::{AccountId, Cx, Error, Resource};
use minicbor::{Decode, Encode};
use store::{Record, Tx};

use crate::entity::{self, Kind};
use crate::page::{self, Ask};
use crate::tables::{INSTANCE_PROFILES, PROFILES_OF_ROLE};
use crate::{arn, count, error, role, tag};

const PROFILES_PER_ACCOUNT: usize = 1000;
const COUNTED: &str = "instance-profile";

#[derive(Debug, Clone, Encode, Decode)]
pub struct ProfileRecord {
    /// `AIPA…`
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub path: String,
    /// Seconds.
    #[n(3)]
    pub created: i64,
    /// The unique id of the one role it may hold.
    #[n(4)]
    pub role: Option<String>,
    #[n(5)]
    pub tags: Vec<(String, String)>,
}

impl Record for ProfileRecord {
    const VERSION: u8 = 1;
}

impl ProfileRecord {
    #[must_use]
    pub fn arn(&self, account: AccountId) -> String {
        arn::of(account, "instance-profile", &self.path, &self.name)
    }
}

/// An instance profile by its name.
pub fn resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let name = input.text("InstanceProfileName").unwrap_or_default();
    let (arn, tags) = match find(cx.tx, cx.account(), name)? {
        Some(profile) => (profile.arn(cx.account()), profile.tags),
        None => (arn::of(cx.account(), "instance-profile", "/", name), Vec::new()),
    };
    let resource = Resource::shown_as(arn, format!("instance profile {name}"));
    Ok(resource.tagged(tags.into_iter().collect()))
}

pub fn new_resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let name = input.text("InstanceProfileName").unwrap_or_default();
    let path = input.text("Path").unwrap_or("/");
    Ok(Resource::arn(arn::of(cx.account(), "instance-profile", path, name)))
}

/// The role that EC2 is to be given.
pub fn passed_role(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let role = crate::resource::role(cx, input)?;
    let resource = Resource { shown: role.arn.clone(), ..role };
    Ok(resource.with_key("iam:PassedToService", vec!["ec2.amazonaws.com".to_owned()]))
}

pub fn add_role_to_instance_profile(
    cx: &mut Cx<'_>,
    input: AddRoleToInstanceProfileRequest,
) -> Result<AddRoleToInstanceProfileResponse, Error> {
    let account = cx.account();
    let mut profile = get(cx.tx, account, &input.instance_profile_name)?;
    let role = entity::get_to_change(cx, Kind::Role, &input.role_name)?;
    if profile.role.is_some() {
        return Err(error::limit("InstanceSessionsPerInstanceProfile", 1));
    }
    let key = (account.number(), &role.id, profile.name.to_lowercase());
    PROFILES_OF_ROLE.put(cx.tx, key, &())?;
    profile.role = Some(role.id);
    put(cx.tx, account, &profile)?;
    Ok(AddRoleToInstanceProfileResponse::default())
}

pub fn create_instance_profile(
    cx: &mut Cx<'_>,
    input: CreateInstanceProfileRequest,
) -> Result<CreateInstanceProfileResponse, Error> {
    let (account, name) = (cx.account(), input.instance_profile_name);
    let tags = tag::checked(input.tags.as_deref().unwrap_or_default())?;
    if INSTANCE_PROFILES.contains(cx.tx, (account.number(), name.to_lowercase()))? {
        return Err(error::already_exists(format!("Instance Profile {name} already exists.")));
    }
    count::add(cx, COUNTED, "InstanceProfilesPerAccount", PROFILES_PER_ACCOUNT)?;
    let profile = ProfileRecord {
        id: cx.unique_id("AIPA"),
        name,
        path: input.path.unwrap_or_else(|| "/".to_owned()),
        created: cx.now().as_seconds(),
        role: None,
        tags,
    };
    put(cx.tx, account, &profile)?;
    let tags = tag::shapes_if_any(&profile.tags);
    let shape = shape(cx.tx, account, &profile)?;
    Ok(CreateInstanceProfileResponse { instance_profile: InstanceProfile { tags, ..shape } })
}

pub fn delete_instance_profile(
    cx: &mut Cx<'_>,
    input: DeleteInstanceProfileRequest,
) -> Result<DeleteInstanceProfileResponse, Error> {
    let account = cx.account();
    let profile = get(cx.tx, account, &input.instance_profile_name)?;
    if profile.role.is_some() {
        return Err(error::delete_conflict("must remove roles from instance profile first."));
    }
    INSTANCE_PROFILES.delete(cx.tx, (account.number(), profile.name.to_lowercase()));
    count::subtract(cx.tx, account, COUNTED)?;
    Ok(DeleteInstanceProfileResponse::default())
}

pub fn get_instance_profile(
    cx: &mut Cx<'_>,
    input: GetInstanceProfileRequest,
) -> Result<GetInstanceProfileResponse, Error> {
    let account = cx.account();
    let profile = get(cx.tx, account, &input.instance_profile_name)?;
    let tags = Some(tag::shapes(&profile.tags));
    let shape = shape(cx.tx, account, &profile)?;
    Ok(GetInstanceProfileResponse { instance_profile: InstanceProfile { tags, ..shape } })
}

pub fn list_instance_profile_tags(
    cx: &mut Cx<'_>,
    input: ListInstanceProfileTagsRequest,
) -> Result<ListInstanceProfileTagsResponse, Error> {
    let profile = get(cx.tx, cx.account(), &input.instance_profile_name)?;
    let (marker, most) = (input.marker.as_deref(), input.max_items);
    let page = tag::list(cx, &profile.id, &profile.tags, marker, most)?;
    Ok(ListInstanceProfileTagsResponse {
        is_truncated: page.is_truncated(),
        tags: page.items,
        marker: page.marker,
    })
}

/// By name, without tags.
pub fn list_instance_profiles(
    cx: &mut Cx<'_>,
    input: ListInstanceProfilesRequest,
) -> Result<ListInstanceProfilesResponse, Error> {
    let account = cx.account();
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let scope = format!("ListInstanceProfiles {prefix}");
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::read(
        cx,
        ask,
        |tx, place, limit| {
            let range = INSTANCE_PROFILES.prefix((account.number(),));
            let range = match place {
                Some(place) => range.after(&INSTANCE_PROFILES.key((account.number(), place))),
                None => range,
            };
            let rows = INSTANCE_PROFILES.scan(tx, range, limit)?;
            Ok(rows.into_iter().map(|((_, name), profile)| (name, profile)).collect())
        },
        |profile: &ProfileRecord| profile.path.starts_with(prefix),
    )?;
    let shapes = page.items.iter().map(|profile| shape(cx.tx, account, profile));
    Ok(ListInstanceProfilesResponse {
        is_truncated: page.is_truncated(),
        instance_profiles: shapes.collect::<Result<_, _>>()?,
        marker: page.marker,
    })
}

pub fn list_instance_profiles_for_role(
    cx: &mut Cx<'_>,
    input: ListInstanceProfilesForRoleRequest,
) -> Result<ListInstanceProfilesForRoleResponse, Error> {
    let account = cx.account();
    let role = entity::get(cx.tx, account, Kind::Role, &input.role_name)?;
    let mut profiles = Vec::new();
    for profile in of_role(cx.tx, account, &role.id)? {
        profiles.push((profile.name.to_lowercase(), shape(cx.tx, account, &profile)?));
    }
    let scope = format!("profiles of {}", role.id);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, profiles)?;
    Ok(ListInstanceProfilesForRoleResponse {
        is_truncated: page.is_truncated(),
        instance_profiles: page.items,
        marker: page.marker,
    })
}

pub fn remove_role_from_instance_profile(
    cx: &mut Cx<'_>,
    input: RemoveRoleFromInstanceProfileRequest,
) -> Result<RemoveRoleFromInstanceProfileResponse, Error> {
    let account = cx.account();
    let mut profile = get(cx.tx, account, &input.instance_profile_name)?;
    let role = entity::get(cx.tx, account, Kind::Role, &input.role_name)?;
    if profile.role.as_ref() != Some(&role.id) {
        let name = &input.role_name;
        let message = format!("The role with name {name} cannot be found.");
        return Err(error::no_such_entity(message));
    }
    PROFILES_OF_ROLE.delete(cx.tx, (account.number(), &role.id, profile.name.to_lowercase()));
    profile.role = None;
    put(cx.tx, account, &profile)?;
    Ok(RemoveRoleFromInstanceProfileResponse::default())
}

pub fn tag_instance_profile(
    cx: &mut Cx<'_>,
    input: TagInstanceProfileRequest,
) -> Result<TagInstanceProfileResponse, Error> {
    let account = cx.account();
    let mut profile = get(cx.tx, account, &input.instance_profile_name)?;
    profile.tags = tag::merged(cx, profile.tags, &input.tags, "TagsPerInstanceProfile")?;
    put(cx.tx, account, &profile)?;
    Ok(TagInstanceProfileResponse::default())
}

pub fn untag_instance_profile(
    cx: &mut Cx<'_>,
    input: UntagInstanceProfileRequest,
) -> Result<UntagInstanceProfileResponse, Error> {
    let account = cx.account();
    let mut profile = get(cx.tx, account, &input.instance_profile_name)?;
    profile.tags = tag::without(profile.tags, &input.tag_keys);
    put(cx.tx, account, &profile)?;
    Ok(UntagInstanceProfileResponse::default())
}

/// The profile of exactly this name.
///
/// # Errors
/// Only what the store says.
pub fn find(tx: &Tx, account: AccountId, name: &str) -> Result<Option<ProfileRecord>, Error> {
    Ok(INSTANCE_PROFILES.get(tx, (account.number(), name.to_lowercase()))?)
}

/// The profiles that hold a role, by name.
///
/// # Errors
/// Only what the store says.
pub fn of_role(tx: &Tx, account: AccountId, role: &str) -> Result<Vec<ProfileRecord>, Error> {
    let number = account.number();
    let rows = PROFILES_OF_ROLE.scan(tx, PROFILES_OF_ROLE.prefix((number, role)), usize::MAX)?;
    let profiles = rows
        .into_iter()
        .map(|((_, _, name), ())| INSTANCE_PROFILES.get(tx, (number, name)).map_err(Error::from));
    profiles.filter_map(Result::transpose).collect()
}

/// How many there are.
///
/// # Errors
/// Only what the store says.
pub fn count(tx: &Tx, account: AccountId) -> Result<u64, Error> {
    count::of(tx, account, COUNTED)
}

/// As listings show a profile.
///
/// # Errors
/// Only what the store says.
pub fn shape(
    tx: &Tx,
    account: AccountId,
    profile: &ProfileRecord,
) -> Result<InstanceProfile, Error> {
    let role = match &profile.role {
        Some(id) => entity::by_id(tx, account, id)?,
        None => None,
    };
    let roles = role.iter().map(|role| role::brief_shape(tx, account, role));
    Ok(InstanceProfile {
        path: profile.path.clone(),
        instance_profile_name: profile.name.clone(),
        instance_profile_id: profile.id.clone(),
        arn: profile.arn(account),
        create_date: Timestamp::from_seconds(profile.created),
        roles: roles.collect::<Result<_, _>>()?,
        tags: None,
    })
}

fn get(tx: &Tx, account: AccountId, name: &str) -> Result<ProfileRecord, Error> {
    let missing = || error::no_such_entity(format!("Instance Profile {name} cannot be found."));
    find(tx, account, name)?.ok_or_else(missing)
}

fn put(tx: &mut Tx, account: AccountId, profile: &ProfileRecord) -> Result<(), Error> {
    Ok(INSTANCE_PROFILES.put(tx, (account.number(), profile.name.to_lowercase()), profile)?)
}
