//! Virtual MFA devices: a seed, shared once with an app, and the codes that follow from it.
//!
//! The seed is kept sealed and shown once. Deliberately absent: security keys and hardware tokens,
//! and what a code is good for (see [`crate::mfa_code`]).
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html>

use api::iam::{
    AssignmentStatusType, CreateVirtualMFADeviceRequest, CreateVirtualMFADeviceResponse,
    DeactivateMFADeviceRequest, DeactivateMFADeviceResponse, DeleteVirtualMFADeviceRequest,
    DeleteVirtualMFADeviceResponse, EnableMFADeviceRequest, EnableMFADeviceResponse,
    GetMFADeviceRequest, GetMFADeviceResponse, ListMFADeviceTagsRequest, ListMFADeviceTagsResponse,
    ListMFADevicesRequest, ListMFADevicesResponse, ListVirtualMFADevicesRequest,
    ListVirtualMFADevicesResponse, MFADevice, ResyncMFADeviceRequest, ResyncMFADeviceResponse,
    TagMFADeviceRequest, TagMFADeviceResponse, UntagMFADeviceRequest, UntagMFADeviceResponse,
    VirtualMFADevice,
};
use api::{Blob, Structure, Timestamp};
use gateway::{AccountId, Cx, Error, Resource};
use minicbor::{Decode, Encode};
use store::{ByteVec, Record, Secret, Tx};

use crate::entity::{self, Kind};
use crate::page::{self, Ask};
use crate::tables::{ALIAS_OF, MFA_DEVICES, MFA_OF};
use crate::{arn, count, error, qr, tag, totp, user};

const DEVICES_PER_USER: usize = 8;
/// 64 letters in base32.
const SEED_SIZE: usize = 40;
const DEVICES_PER_ACCOUNT: usize = 5000;
const COUNTED: &str = "mfa";
/// How many steps a device's clock may be off when it is paired.
const PAIRING_STEPS: i64 = 20;
/// How many steps late a code may be, of a device whose clock is right.
pub const DRIFT_STEPS: i64 = 1;

#[derive(Debug, Clone, Encode, Decode)]
pub struct MfaRecord {
    #[n(0)]
    pub sealed: ByteVec,
    /// Seconds.
    #[n(1)]
    pub created: i64,
    #[n(2)]
    pub tags: Vec<(String, String)>,
    #[n(3)]
    pub enabled: Option<Enabled>,
}

/// What a device has once it is somebody's.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Enabled {
    #[n(0)]
    pub user_id: String,
    /// Seconds.
    #[n(1)]
    pub at: i64,
    /// How many steps the device's clock is ahead of ours.
    #[n(2)]
    pub drift: i64,
    /// The last step whose code was used.
    #[n(3)]
    pub used: i64,
}

impl Record for MfaRecord {
    const VERSION: u8 = 1;
}

/// A device by its serial number, which is its ARN.
pub fn resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let serial = input.text("SerialNumber").unwrap_or_default();
    let found = MFA_DEVICES.get(cx.tx, (cx.account().number(), serial))?;
    let tags = found.map(|device| device.tags).unwrap_or_default();
    Ok(arn::resource(serial).tagged(tags.into_iter().collect()))
}

pub fn new_resource(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let path = input.text("Path").unwrap_or("/");
    let name = input.text("VirtualMFADeviceName").unwrap_or_default();
    Ok(Resource::arn(arn::of(cx.account(), "mfa", path, name)))
}

pub fn create_virtual_mfa_device(
    cx: &mut Cx<'_>,
    input: CreateVirtualMFADeviceRequest,
) -> Result<CreateVirtualMFADeviceResponse, Error> {
    let account = cx.account();
    let path = input.path.as_deref().unwrap_or("/");
    let serial = arn::of(account, "mfa", path, &input.virtual_mfa_device_name);
    if MFA_DEVICES.contains(cx.tx, (account.number(), &serial))? {
        let message = "MFADevice entity at the same path and name already exists.";
        return Err(error::already_exists(message));
    }
    let seed = store::random::<SEED_SIZE>()?;
    let device = MfaRecord {
        sealed: cx.keyring().seal(&binding(&serial), &seed)?.into(),
        created: cx.now().as_seconds(),
        tags: tag::checked(input.tags.as_deref().unwrap_or_default())?,
        enabled: None,
    };
    count::add(cx, COUNTED, "VirtualMFADevicesPerAccount", DEVICES_PER_ACCOUNT)?;
    put(cx, &serial, &device)?;
    let text = gateway::id::base32(&seed);
    let holder = ALIAS_OF.get(cx.tx, account.number())?.unwrap_or_else(|| account.to_string());
    let uri = format!("otpauth://totp/{}@{holder}?secret={text}", input.virtual_mfa_device_name);
    Ok(CreateVirtualMFADeviceResponse {
        virtual_mfa_device: VirtualMFADevice {
            serial_number: serial,
            qr_code_png: Some(Blob(qr::png(&uri)?)),
            base32_string_seed: Some(Blob(text.into_bytes())),
            tags: tag::shapes_if_any(&device.tags),
            ..VirtualMFADevice::default()
        },
    })
}

pub fn deactivate_mfa_device(
    cx: &mut Cx<'_>,
    input: DeactivateMFADeviceRequest,
) -> Result<DeactivateMFADeviceResponse, Error> {
    let user = user::named_or_caller(cx, input.user_name.as_deref())?;
    let serial = &input.serial_number;
    let mut device = of_user(cx, &user.id, serial)?.0;
    device.enabled = None;
    put(cx, serial, &device)?;
    let account = cx.account().number();
    MFA_OF.delete(cx.tx, (account, &user.id, serial));
    Ok(DeactivateMFADeviceResponse::default())
}

pub fn delete_virtual_mfa_device(
    cx: &mut Cx<'_>,
    input: DeleteVirtualMFADeviceRequest,
) -> Result<DeleteVirtualMFADeviceResponse, Error> {
    let serial = &input.serial_number;
    if get(cx, serial)?.enabled.is_some() {
        // AWS's sentence is not known.
        return Err(error::delete_conflict("must deactivate MFA device first."));
    }
    let account = cx.account();
    MFA_DEVICES.delete(cx.tx, (account.number(), serial));
    count::subtract(cx.tx, account, COUNTED)?;
    Ok(DeleteVirtualMFADeviceResponse::default())
}

/// Two codes, one after the other, show that the user has the seed.
pub fn enable_mfa_device(
    cx: &mut Cx<'_>,
    input: EnableMFADeviceRequest,
) -> Result<EnableMFADeviceResponse, Error> {
    let account = cx.account();
    let user = entity::get(cx.tx, account, Kind::User, &input.user_name)?;
    let serial = &input.serial_number;
    let mut device = get(cx, serial)?;
    if device.enabled.is_some() {
        // AWS's sentence is not known.
        return Err(error::already_exists("MFA Device is already in use."));
    }
    let present = devices_of(cx.tx, account, &user.id)?.len();
    count::within(cx, "MFADevicesPerUser", DEVICES_PER_USER, present)?;
    let codes = (input.authentication_code1.as_str(), input.authentication_code2.as_str());
    let (drift, used) = paired(cx, serial, &device, codes)?;
    let at = cx.now().as_seconds();
    device.enabled = Some(Enabled { user_id: user.id.clone(), at, drift, used });
    put(cx, serial, &device)?;
    MFA_OF.put(cx.tx, (account.number(), &user.id, serial), &())?;
    Ok(EnableMFADeviceResponse::default())
}

pub fn get_mfa_device(
    cx: &mut Cx<'_>,
    input: GetMFADeviceRequest,
) -> Result<GetMFADeviceResponse, Error> {
    let user = user::named_or_caller(cx, input.user_name.as_deref())?;
    let (_, enabled) = of_user(cx, &user.id, &input.serial_number)?;
    Ok(GetMFADeviceResponse {
        user_name: Some(user.name),
        serial_number: input.serial_number,
        enable_date: Some(Timestamp::from_seconds(enabled.at)),
        certifications: None,
    })
}

pub fn list_mfa_device_tags(
    cx: &mut Cx<'_>,
    input: ListMFADeviceTagsRequest,
) -> Result<ListMFADeviceTagsResponse, Error> {
    let serial = &input.serial_number;
    let tags = get(cx, serial)?.tags;
    let page = tag::list(cx, serial, &tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListMFADeviceTagsResponse {
        is_truncated: page.is_truncated(),
        tags: page.items,
        marker: page.marker,
    })
}

pub fn list_mfa_devices(
    cx: &mut Cx<'_>,
    input: ListMFADevicesRequest,
) -> Result<ListMFADevicesResponse, Error> {
    if input.user_name.is_none() && cx.caller().is_root() {
        // The root user's own, which it cannot have here.
        let is_truncated = Some(false);
        return Ok(ListMFADevicesResponse { is_truncated, ..Default::default() });
    }
    let user = user::named_or_caller(cx, input.user_name.as_deref())?;
    let mut devices = Vec::new();
    for serial in devices_of(cx.tx, cx.account(), &user.id)? {
        let (_, enabled) = of_user(cx, &user.id, &serial)?;
        let device = MFADevice {
            user_name: user.name.clone(),
            serial_number: serial.clone(),
            enable_date: Timestamp::from_seconds(enabled.at),
        };
        devices.push((serial, device));
    }
    let scope = format!("ListMFADevices {}", user.id);
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, devices)?;
    Ok(ListMFADevicesResponse {
        is_truncated: page.is_truncated(),
        mfa_devices: page.items,
        marker: page.marker,
    })
}

/// By serial number, without seeds.
pub fn list_virtual_mfa_devices(
    cx: &mut Cx<'_>,
    input: ListVirtualMFADevicesRequest,
) -> Result<ListVirtualMFADevicesResponse, Error> {
    let account = cx.account();
    let status = input.assignment_status.unwrap_or(AssignmentStatusType::Any);
    let mut devices = Vec::new();
    let range = MFA_DEVICES.prefix((account.number(),));
    for ((_, serial), device) in MFA_DEVICES.scan(cx.tx, range, usize::MAX)? {
        let wanted = match status {
            AssignmentStatusType::Assigned => device.enabled.is_some(),
            AssignmentStatusType::Unassigned => device.enabled.is_none(),
            _ => true,
        };
        if !wanted {
            continue;
        }
        let user = match &device.enabled {
            Some(enabled) => entity::by_id(cx.tx, account, &enabled.user_id)?,
            None => None,
        };
        let shape = VirtualMFADevice {
            serial_number: serial.clone(),
            user: user.map(|user| user::shape(account, &user)),
            enable_date: device.enabled.map(|enabled| Timestamp::from_seconds(enabled.at)),
            ..VirtualMFADevice::default()
        };
        devices.push((serial, shape));
    }
    let scope = format!("ListVirtualMFADevices {}", status.as_str());
    let ask = Ask { scope: &scope, marker: input.marker.as_deref(), max_items: input.max_items };
    let page = page::sorted(cx, ask, devices)?;
    Ok(ListVirtualMFADevicesResponse {
        is_truncated: page.is_truncated(),
        virtual_mfa_devices: page.items,
        marker: page.marker,
    })
}

pub fn resync_mfa_device(
    cx: &mut Cx<'_>,
    input: ResyncMFADeviceRequest,
) -> Result<ResyncMFADeviceResponse, Error> {
    let user = entity::get(cx.tx, cx.account(), Kind::User, &input.user_name)?;
    let serial = &input.serial_number;
    let (mut device, mut enabled) = of_user(cx, &user.id, serial)?;
    let codes = (input.authentication_code1.as_str(), input.authentication_code2.as_str());
    (enabled.drift, enabled.used) = paired(cx, serial, &device, codes)?;
    device.enabled = Some(enabled);
    put(cx, serial, &device)?;
    Ok(ResyncMFADeviceResponse::default())
}

pub fn tag_mfa_device(
    cx: &mut Cx<'_>,
    input: TagMFADeviceRequest,
) -> Result<TagMFADeviceResponse, Error> {
    let mut device = get(cx, &input.serial_number)?;
    device.tags = tag::merged(cx, device.tags, &input.tags, "TagsPerMFADevice")?;
    put(cx, &input.serial_number, &device)?;
    Ok(TagMFADeviceResponse::default())
}

pub fn untag_mfa_device(
    cx: &mut Cx<'_>,
    input: UntagMFADeviceRequest,
) -> Result<UntagMFADeviceResponse, Error> {
    let mut device = get(cx, &input.serial_number)?;
    device.tags = tag::without(device.tags, &input.tag_keys);
    put(cx, &input.serial_number, &device)?;
    Ok(UntagMFADeviceResponse::default())
}

/// The serial numbers of a user's devices.
///
/// # Errors
/// Only what the store says.
pub fn devices_of(tx: &Tx, account: AccountId, user: &str) -> Result<Vec<String>, Error> {
    let rows = MFA_OF.scan(tx, MFA_OF.prefix((account.number(), user)), usize::MAX)?;
    Ok(rows.into_iter().map(|((_, _, serial), ())| serial).collect())
}

/// The devices of an account, and how many of them are somebody's.
///
/// # Errors
/// Only what the store says.
pub fn counts(tx: &Tx, account: AccountId) -> Result<(u64, usize), Error> {
    let in_use = MFA_OF.scan(tx, MFA_OF.prefix((account.number(),)), usize::MAX)?.len();
    Ok((count::of(tx, account, COUNTED)?, in_use))
}

/// How far ahead the device's clock is, and the step of its second code.
fn paired(
    cx: &Cx<'_>,
    serial: &str,
    device: &MfaRecord,
    (first, second): (&str, &str),
) -> Result<(i64, i64), Error> {
    let seed = seed(cx, serial, device)?;
    let now = totp::step(cx.now().as_seconds());
    let mut window = now.saturating_sub(PAIRING_STEPS)..=now.saturating_add(PAIRING_STEPS);
    let follows = |step: &i64| {
        totp::is(seed.expose(), first, *step)
            && totp::is(seed.expose(), second, step.saturating_add(1))
    };
    let used = device.enabled.as_ref().map_or(i64::MIN, |enabled| enabled.used);
    let found = window.find(follows).map(|step| step.saturating_add(1)).filter(|step| *step > used);
    let step = found.ok_or_else(|| {
        let message = "Authentication code for device is not valid.";
        Error::new(api::iam::error::INVALID_AUTHENTICATION_CODE, message)
    })?;
    let drift = step.saturating_sub(now);
    // A code that is entered a step late says nothing about the device's clock.
    Ok((if drift.abs() <= DRIFT_STEPS { 0 } else { drift }, step))
}

fn get(cx: &Cx<'_>, serial: &str) -> Result<MfaRecord, Error> {
    let found = MFA_DEVICES.get(cx.tx, (cx.account().number(), serial))?;
    found.ok_or_else(|| {
        error::no_such_entity(format!(
            "VirtualMFADevice with serial number {serial} doesn't exist."
        ))
    })
}

/// The device, where it is that user's.
///
/// # Errors
/// NoSuchEntity.
pub fn of_user(cx: &Cx<'_>, user: &str, serial: &str) -> Result<(MfaRecord, Enabled), Error> {
    let device = get(cx, serial)?;
    let enabled = device.enabled.clone().filter(|enabled| enabled.user_id == user);
    // AWS's sentence is not known.
    let missing =
        || error::no_such_entity(format!("MFADevice with serial number {serial} doesn't exist."));
    Ok((device, enabled.ok_or_else(missing)?))
}

/// The seed of a device.
///
/// # Errors
/// Where it was not sealed under this server's keys.
pub fn seed(cx: &Cx<'_>, serial: &str, device: &MfaRecord) -> Result<Secret, Error> {
    Ok(cx.keyring().open(&binding(serial), &device.sealed)?)
}

/// Writes a device.
///
/// # Errors
/// Only what the store says.
pub fn put(cx: &mut Cx<'_>, serial: &str, device: &MfaRecord) -> Result<(), Error> {
    let account = cx.account().number();
    Ok(MFA_DEVICES.put(cx.tx, (account, serial), device)?)
}

fn binding(serial: &str) -> Vec<u8> {
    format!("mfa {serial}").into_bytes()
}
