//! A moment: milliseconds since 1970-01-01T00:00:00Z, and the three ways AWS writes one.
//!
//! There is no clock here: a timestamp is given, never taken.

use time::format_description::well_known::{Iso8601, Rfc2822};
use time::{OffsetDateTime, PrimitiveDateTime};

/// Milliseconds since the epoch, UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment and `seconds` more (fewer where negative).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// The same day and time `years` later; the first of March where there is no 29th of February.
    #[must_use]
    pub fn plus_years(self, years: i32) -> Self {
        let later = |moment: OffsetDateTime| {
            let year = moment.year().checked_add(years)?;
            let next_day = moment.checked_add(time::Duration::DAY)?;
            moment.replace_year(year).or_else(|_| next_day.replace_year(year)).ok()
        };
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000);
        let later = moment.ok().and_then(later);
        let millis = later.map(|later| later.unix_timestamp_nanos() / 1_000_000);
        Self(millis.and_then(|millis| i64::try_from(millis).ok()).unwrap_or(i64::MAX))
    }

    /// The moment without its milliseconds, as most of AWS's APIs keep it.
    #[must_use]
    pub const fn whole_seconds(self) -> Self {
        Self::from_seconds(self.as_seconds())
    }

    /// Reads ISO 8601 (UTC where it names no offset), RFC 822 or seconds since the epoch, as AWS's
    /// services do.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(seconds) = text.parse::<i64>() {
            return Some(Self::from_seconds(seconds));
        }
        let moment = OffsetDateTime::parse(text, &Iso8601::DEFAULT)
            .or_else(|_| OffsetDateTime::parse(text, &Rfc2822))
            .or_else(|_| {
                PrimitiveDateTime::parse(text, &Iso8601::DEFAULT).map(|at| at.assume_utc())
            })
            .ok()?;
        i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok().map(Self)
    }

    /// `2026-01-31T23:59:59Z`
    #[must_use]
    pub fn iso8601(self) -> String {
        let Some(parts) = self.parts() else { return String::new() };
        let mut text = Text::of_day(&parts, "-");
        text.push("T").time(&parts, ":").push("Z");
        text.0
    }

    /// `2026-01-31T23:59:59.123Z`
    #[must_use]
    pub fn iso8601_millis(self) -> String {
        let Some(parts) = self.parts() else { return String::new() };
        let mut text = Text::of_day(&parts, "-");
        let millis = u16::try_from(self.0.rem_euclid(1000)).unwrap_or_default();
        text.push("T").time(&parts, ":").push(".").digits(millis, 3).push("Z");
        text.0
    }

    /// `20260131T235959Z`, the form of signatures.
    #[must_use]
    pub fn basic(self) -> String {
        let Some(parts) = self.parts() else { return String::new() };
        let mut text = Text::of_day(&parts, "");
        text.push("T").time(&parts, "").push("Z");
        text.0
    }

    /// `Sat, 31 Jan 2026 23:59:59 GMT`, the form of HTTP headers.
    #[must_use]
    pub fn http_date(self) -> String {
        let Some(parts) = self.parts() else { return String::new() };
        let weekday = WEEKDAYS.get(usize::from(parts.weekday)).copied().unwrap_or_default();
        let month = usize::from(parts.month).checked_sub(1).and_then(|month| MONTHS.get(month));
        let mut text = Text::empty();
        text.push(weekday).push(", ").digits(parts.day.into(), 2).push(" ");
        text.push(month.copied().unwrap_or_default()).push(" ");
        text.digits(parts.year, 4).push(" ").time(&parts, ":").push(" GMT");
        text.0
    }

    /// None for moments of other than four-digit years.
    fn parts(self) -> Option<Parts> {
        let moment = OffsetDateTime::from_unix_timestamp(self.as_seconds()).ok()?;
        Some(Parts {
            year: u16::try_from(moment.year()).ok()?,
            month: u8::from(moment.month()),
            day: moment.day(),
            time: moment.to_hms(),
            weekday: moment.weekday().number_days_from_sunday(),
        })
    }
}

/// A moment as people write it.
struct Parts {
    year: u16,
    month: u8,
    day: u8,
    time: (u8, u8, u8),
    /// From Sunday, 0.
    weekday: u8,
}

/// A moment's text in the making. By hand, digit by digit: every request writes some, and general
/// formatters take several times as long.
struct Text(String);

impl Text {
    fn empty() -> Self {
        Self(String::with_capacity(32))
    }

    fn of_day(parts: &Parts, between: &str) -> Self {
        let mut text = Self::empty();
        text.digits(parts.year, 4).push(between).digits(parts.month.into(), 2);
        text.push(between).digits(parts.day.into(), 2);
        text
    }

    fn time(&mut self, parts: &Parts, between: &str) -> &mut Self {
        let (hour, minute, second) = parts.time;
        self.digits(hour.into(), 2).push(between).digits(minute.into(), 2);
        self.push(between).digits(second.into(), 2)
    }

    fn push(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    /// The last `count` digits of a number.
    fn digits(&mut self, number: u16, count: u32) -> &mut Self {
        for place in (0..count).rev() {
            let digit = number / 10_u16.pow(place) % 10;
            self.0.push(char::from(b'0' + u8::try_from(digit).unwrap_or_default()));
        }
        self
    }
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_written_form_reads_back() {
        let moment = Timestamp::from_seconds(1_769_903_999);
        assert_eq!(moment.iso8601(), "2026-01-31T23:59:59Z");
        assert_eq!(moment.http_date(), "Sat, 31 Jan 2026 23:59:59 GMT");
        assert_eq!(moment.basic(), "20260131T235959Z");
        for text in [moment.iso8601(), moment.iso8601_millis(), moment.http_date()] {
            assert_eq!(Timestamp::parse(&text), Some(moment), "{text}");
        }
        assert_eq!(Timestamp::parse("1769903999"), Some(moment));
        assert_eq!(Timestamp::parse("2026-01-31T23:59:59"), Some(moment));
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn a_year_later_is_the_same_day() {
        let day = |text: &str| Timestamp::parse(text).expect("a day");
        assert_eq!(day("2026-01-31T23:59:59Z").plus_years(2), day("2028-01-31T23:59:59Z"));
        assert_eq!(day("2028-02-29T01:00:00Z").plus_years(1), day("2029-03-01T01:00:00Z"));
        assert_eq!(day("2028-02-29T01:00:00Z").plus_years(4), day("2032-02-29T01:00:00Z"));
    }

    #[test]
    fn moments_before_1970_and_of_the_last_year_are_written_and_none_beyond() {
        assert_eq!(Timestamp::from_millis(-1).iso8601_millis(), "1969-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_seconds(253_402_300_799).iso8601(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp::from_seconds(253_402_300_800).iso8601(), "");
        assert_eq!(Timestamp::from_seconds(i64::MAX).http_date(), "");
    }
}
