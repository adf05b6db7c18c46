//! Object Lock: what keeps a version from being deleted, what may be changed of that, and what a
//! new version gets.
//!
//! Each removal of a version comes by [`check_free`], whoever asks for it. Who may bypass
//! governance is asked before, where the request says that it wants to. Deliberately absent: event
//! holds. AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>

use api::s3::error as code;
use api::{Structure, Timestamp, View};
use gateway::{Cx, Error};

use crate::bucket::Found;
use crate::checksum::Demand;
use crate::error;
use crate::record::{DefaultRetention, Lock, Mode, Object, ObjectLock, Period, Retention};

const MODE: &str = "x-amz-object-lock-mode";
const UNTIL: &str = "x-amz-object-lock-retain-until-date";
const LEGAL_HOLD: &str = "x-amz-object-lock-legal-hold";
/// Of a date that has passed, in a header and in a document.
pub const PAST: &str = "The retain until date must be in the future!";

impl Mode {
    /// None for what is no mode.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Governance, Self::Compliance].into_iter().find(|mode| mode.name() == name)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }
}

impl Retention {
    pub const fn until(self) -> Timestamp {
        Timestamp::from_millis(self.until)
    }

    fn locks(self, now: Timestamp) -> bool {
        self.until() > now
    }
}

impl DefaultRetention {
    fn from(self, now: Timestamp) -> Retention {
        const DAY: i64 = 24 * 60 * 60;
        let until = match self.period {
            Period::Days(days) => now.plus_seconds(DAY.saturating_mul(i64::from(days))),
            Period::Years(years) => now.plus_years(years),
        };
        Retention { mode: self.mode, until: until.as_millis() }
    }
}

/// The lock that the headers of a request ask for its object.
///
/// # Errors
/// InvalidArgument for headers that say no lock; InvalidRequest where the bucket has none.
pub fn asked(cx: &Cx<'_>, input: &dyn Structure, found: &Found) -> Result<Lock, Error> {
    let lock = Lock { retention: asked_retention(cx, input)?, legal_hold: asked_hold(input)? };
    if lock != Lock::default() {
        of_bucket(found)?;
    }
    Ok(lock)
}

fn asked_retention(cx: &Cx<'_>, input: &dyn Structure) -> Result<Option<Retention>, Error> {
    let until = match input.named("ObjectLockRetainUntilDate") {
        Some(View::Timestamp(until)) => Some(until),
        _ => None,
    };
    let (mode, until) = match (input.text("ObjectLockMode"), until) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(lone(UNTIL)),
        (None, Some(_)) => return Err(lone(MODE)),
        (Some(mode), Some(until)) => (mode, until),
    };
    let Some(mode) = Mode::parse(mode) else {
        return Err(error::invalid_argument("Unknown wormMode directive.", MODE, mode));
    };
    if until <= cx.now() {
        let shown = cx.request().header(UNTIL).map_or_else(|| until.iso8601(), str::to_owned);
        return Err(error::invalid_argument(PAST, UNTIL, &shown));
    }
    Ok(Some(Retention { mode, until: until.as_millis() }))
}

fn asked_hold(input: &dyn Structure) -> Result<Option<bool>, Error> {
    match input.text("ObjectLockLegalHoldStatus") {
        None => Ok(None),
        Some("ON") => Ok(Some(true)),
        Some("OFF") => Ok(Some(false)),
        Some(other) => {
            let message = "Legal Hold must be either of 'ON' or 'OFF'";
            Err(error::invalid_argument(message, LEGAL_HOLD, other))
        }
    }
}

/// Of mode and date, the header `missing` is not there.
fn lone(missing: &str) -> Error {
    let message = format!("{UNTIL} and {MODE} must both be supplied");
    Error::new(code::INVALID_ARGUMENT, message).with("ArgumentName", missing)
}

/// What Object Lock of the bucket says, for what needs it.
///
/// # Errors
/// InvalidRequest where it was never enabled.
pub fn of_bucket(found: &Found) -> Result<ObjectLock, Error> {
    let missing = || error::invalid_request("Bucket is missing Object Lock Configuration");
    found.bucket.object_lock.ok_or_else(missing)
}

/// The lock of an object that is made now: retention that was not asked for is the bucket's.
pub fn of_new(now: Timestamp, found: &Found, asked: Lock) -> Lock {
    let default = found.bucket.object_lock.and_then(|lock| lock.default);
    let retention = asked.retention.or_else(|| default.map(|default| default.from(now)));
    Lock { retention, ..asked }
}

/// What is locked on arrival must come with a digest. `what` is how S3 calls the request:
/// `Put Object`, `Put Part`.
///
/// # Errors
/// InvalidRequest where it does not.
pub fn check_digest(found: &Found, asked: Lock, demand: &Demand, what: &str) -> Result<(), Error> {
    let by_default = found.bucket.object_lock.is_some_and(|lock| lock.default.is_some());
    if !demand.is_empty() || (asked == Lock::default() && !by_default) {
        return Ok(());
    }
    Err(error::invalid_request(format!(
        "Content-MD5 OR x-amz-checksum- HTTP header is required for {what} requests with Object \
         Lock parameters"
    )))
}

/// Whether a version may be deleted now. `bypasses` is for those who may bypass governance and said
/// that they want to: it opens nothing else.
///
/// # Errors
/// AccessDenied where it may not.
pub fn check_free(now: Timestamp, version: &Object, bypasses: bool) -> Result<(), Error> {
    let Lock { retention, legal_hold } = version.lock;
    let retained = retention.filter(|retention| retention.locks(now));
    let is_retained = match retained.map(|retention| retention.mode) {
        None => false,
        Some(Mode::Governance) => !bypasses,
        Some(Mode::Compliance) => true,
    };
    if is_retained || legal_hold == Some(true) { Err(protected()) } else { Ok(()) }
}

/// Whether retention may be changed: while it locks, it may become longer; all else is for those
/// who bypass governance, and of compliance for nobody.
///
/// # Errors
/// AccessDenied where it may not.
pub fn check_change(
    now: Timestamp,
    before: Option<Retention>,
    after: Option<Retention>,
    bypasses: bool,
) -> Result<(), Error> {
    let Some(before) = before.filter(|before| before.locks(now)) else { return Ok(()) };
    let is_kept =
        after.is_some_and(|after| after.mode == before.mode && after.until >= before.until);
    if is_kept || (before.mode == Mode::Governance && bypasses) {
        return Ok(());
    }
    Err(protected())
}

/// `s3:object-lock-remaining-retention-days`: whole days from now, a day that has begun among them.
/// How AWS rounds is not written down.
pub fn remaining_days(now: Timestamp, until: Timestamp) -> i64 {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let rest = until.as_millis().saturating_sub(now.as_millis());
    rest.div_euclid(DAY).saturating_add(i64::from(rest.rem_euclid(DAY) > 0))
}

/// What the version has no lock to show of.
pub fn none() -> Error {
    let message = "The specified object does not have a ObjectLock configuration";
    Error::new(code::NO_SUCH_OBJECT_LOCK_CONFIGURATION, message)
}

fn protected() -> Error {
    Error::access_denied("Access Denied because object protected by object lock.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_767_323_045);

    const fn retention(mode: Mode, seconds: i64) -> Retention {
        Retention { mode, until: NOW.plus_seconds(seconds).as_millis() }
    }

    #[test]
    fn retention_becomes_longer_and_only_governance_anything_else_for_who_bypasses() {
        use Mode::{Compliance, Governance};
        let (locked, open) = (retention(Governance, 10), retention(Governance, 0));
        let strict = retention(Compliance, 10);
        let cases = [
            (None, None, true, true),
            (None, Some(locked), true, true),
            (Some(locked), Some(locked), true, true),
            (Some(locked), Some(retention(Governance, 11)), true, true),
            (Some(locked), Some(retention(Governance, 9)), false, true),
            (Some(locked), None, false, true),
            (Some(locked), Some(strict), false, true),
            (Some(locked), Some(retention(Compliance, 11)), false, true),
            (Some(strict), Some(retention(Compliance, 11)), true, true),
            (Some(strict), Some(retention(Compliance, 9)), false, false),
            (Some(strict), Some(retention(Governance, 11)), false, false),
            (Some(strict), None, false, false),
            // What has passed locks no more.
            (Some(open), None, true, true),
            (Some(retention(Compliance, -1)), Some(retention(Governance, 1)), true, true),
        ];
        for (before, after, plain, bypassing) in cases {
            for (bypasses, expected) in [(false, plain), (true, bypassing)] {
                let found = check_change(NOW, before, after, bypasses).is_ok();
                assert_eq!(found, expected, "{before:?} {after:?} {bypasses}");
            }
        }
    }

    #[test]
    fn a_day_that_has_begun_remains() {
        let days = |seconds| remaining_days(NOW, NOW.plus_seconds(seconds));
        assert_eq!([days(0), days(1), days(86_400), days(86_401)], [0, 1, 1, 2]);
        assert_eq!(days(-86_401), -1);
    }

    #[test]
    fn a_default_of_years_counts_calendar_years() {
        let of = |period| DefaultRetention { mode: Mode::Governance, period }.from(NOW).until();
        assert_eq!(of(Period::Days(1)).iso8601(), "2026-01-03T03:04:05Z");
        assert_eq!(of(Period::Years(3)).iso8601(), "2029-01-02T03:04:05Z");
    }
}
