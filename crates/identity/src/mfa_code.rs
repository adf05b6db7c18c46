//! A code of an MFA device, given with a request for temporary credentials.
//!
//! A code counts once: no step at or before the last used one is taken again. Who guesses is
//! stopped: a device takes no more than a few wrong codes a step. They are counted in memory, since
//! a refused request writes nothing.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html>

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gateway::{Cx, Error, Identity};

use crate::mfa_device::{self, DRIFT_STEPS, Enabled, MfaRecord};
use crate::totp;

/// So that a code is found by chance in about ten days of asking without a pause.
const WRONG_MAX: u32 = 10;
/// How many devices are counted at once before those of past steps are forgotten.
const COUNTED_MAX: usize = 10_000;

/// By the device's sealed seed, which no other device and no other server has: the step and how
/// many wrong codes it brought.
type Wrong = HashMap<Vec<u8>, (i64, u32)>;

static WRONG: Mutex<Option<Wrong>> = Mutex::new(None);

/// Whether a code was given and is right. It may be asked again: nothing is used up.
///
/// # Errors
/// AccessDenied, where serial number and code are not both given, where the device is not the
/// caller's, where the code is not the device's now or was used before.
pub fn verify(cx: &Cx<'_>, serial: Option<&str>, code: Option<&str>) -> Result<bool, Error> {
    Ok(found(cx, serial, code)?.is_some())
}

/// Uses the code up: when it was given, in seconds, where one was.
///
/// # Errors
/// As [`verify`].
pub fn consume(
    cx: &mut Cx<'_>,
    serial: Option<&str>,
    code: Option<&str>,
) -> Result<Option<i64>, Error> {
    let Some((mut device, mut enabled, step)) = found(cx, serial, code)? else { return Ok(None) };
    enabled.used = step;
    device.enabled = Some(enabled);
    mfa_device::put(cx, serial.unwrap_or_default(), &device)?;
    Ok(Some(cx.now().as_seconds()))
}

fn found(
    cx: &Cx<'_>,
    serial: Option<&str>,
    code: Option<&str>,
) -> Result<Option<(MfaRecord, Enabled, i64)>, Error> {
    let (serial, code) = match (serial, code) {
        (None, None) => return Ok(None),
        (Some(serial), Some(code)) => (serial, code),
        _ => return Err(refused(", must provide both MFA serial number and one time pass code.")),
    };
    let own = match &cx.caller().identity {
        Identity::User(user) => mfa_device::of_user(cx, user, serial).ok(),
        _ => None,
    };
    let (device, enabled) = own.ok_or_else(|| {
        refused(
            ", unable to validate MFA code.  Please verify your MFA serial number is valid and \
             associated with this user.",
        )
    })?;
    let now = totp::step(cx.now().as_seconds());
    if wrong_codes(&device, now, 0) >= WRONG_MAX {
        return Err(invalid());
    }
    let seed = mfa_device::seed(cx, serial, &device)?;
    // Two codes that were entered late look like those of a device that is slow: both may be true.
    let around = |at: i64| at.saturating_sub(DRIFT_STEPS)..=at.saturating_add(DRIFT_STEPS);
    let window = around(now.saturating_add(enabled.drift)).chain(around(now));
    let fresh = window.filter(|step| *step > enabled.used);
    match totp::find(seed.expose(), code, fresh) {
        Some(step) => Ok(Some((device, enabled, step))),
        None => {
            wrong_codes(&device, now, 1);
            Err(invalid())
        }
    }
}

/// How many wrong codes there were in this step, with `more` added.
fn wrong_codes(device: &MfaRecord, step: i64, more: u32) -> u32 {
    let mut kept = WRONG.lock().unwrap_or_else(PoisonError::into_inner);
    let wrong = kept.get_or_insert_default();
    if wrong.len() >= COUNTED_MAX {
        wrong.retain(|_, (at, _)| *at == step);
    }
    match wrong.get_mut(device.sealed.as_slice()) {
        Some(known) if known.0 == step => {
            known.1 = known.1.saturating_add(more);
            known.1
        }
        _ if more == 0 => 0,
        _ => {
            wrong.insert(device.sealed.to_vec(), (step, more));
            more
        }
    }
}

fn invalid() -> Error {
    refused(" with invalid MFA one time pass code. ")
}

fn refused(why: &str) -> Error {
    Error::access_denied(format!("MultiFactorAuthentication failed{why}"))
}
