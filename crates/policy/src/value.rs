//! Numbers and dates as condition operators compare them: exact, without floating point.
//!
//! Dates are instants of the proleptic Gregorian calendar, in nanoseconds from the epoch, wide
//! enough for every year AWS's parser accepts. No clock is read here.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

/// A decimal in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number(i128);

impl Number {
    /// Reads `-?digits[.digits]`; `None` for anything else, or beyond 28 integer digits.
    pub(crate) fn parse(text: &str) -> Option<Number> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let whole = unsigned(whole)?;
        let billionths = fraction_in_billionths(fraction)?;
        let value = whole.checked_mul(1_000_000_000)?.checked_add(billionths)?;
        Some(Number(if negative { -value } else { value }))
    }
}

/// Nanoseconds from 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(i128);

const NANOSECONDS: i128 = 1_000_000_000;
const YEARS: std::ops::RangeInclusive<i128> = -292_275_054..=292_278_993;

impl Instant {
    /// Reads epoch seconds, or a date of ISO 8601 as loosely as AWS does: `2026`, `2026-01`,
    /// `2026-01-31T1:00`, `2026-01-31T10:00:00.5Z`, `...+01:30`, `...-08`.
    pub(crate) fn parse(text: &str) -> Option<Instant> {
        let text = text.trim();
        if text.contains(['t', 'T', '-']) {
            return iso(text);
        }
        if let Some((seconds, fraction)) = text.split_once('.') {
            let nanoseconds = fraction_in_billionths(fraction)?;
            return Some(Instant(epoch(seconds)? * NANOSECONDS + nanoseconds));
        }
        Some(Instant(epoch(text)? * NANOSECONDS))
    }
}

fn epoch(digits: &str) -> Option<i128> {
    unsigned(digits).filter(|seconds| *seconds <= i128::from(i64::MAX))
}

fn iso(text: &str) -> Option<Instant> {
    let (date, time) = text.split_once(['t', 'T']).unwrap_or((text, ""));
    let (clock, offset) = offset(time)?;
    let seconds = days(date)? * 86_400 - offset;
    Some(Instant(seconds * NANOSECONDS + clock_nanoseconds(clock)?))
}

/// `[-]year[-month[-day]]` as days from the epoch.
fn days(date: &str) -> Option<i128> {
    let (sign, date) = match date.strip_prefix('-') {
        Some(date) => (-1, date),
        None => (1, date),
    };
    let mut parts = date.split('-');
    let year = sign * unsigned(parts.next()?)?;
    let month = parts.next().map_or(Some(1), unsigned)?;
    let day = parts.next().map_or(Some(1), unsigned)?;
    let sound = YEARS.contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && parts.next().is_none();
    sound.then(|| days_from_civil(year, month, day))
}

fn days_in(year: i128, month: i128) -> i128 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Howard Hinnant's `days_from_civil`: <https://howardhinnant.github.io/date_algorithms.html>.
fn days_from_civil(year: i128, month: i128, day: i128) -> i128 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Parts a time from its zone: the clock text and the offset east of Greenwich in seconds.
fn offset(time: &str) -> Option<(&str, i128)> {
    if let Some(clock) = time.strip_suffix(['z', 'Z']) {
        return Some((clock, 0));
    }
    let Some((clock, zone)) = time.split_once(['+', '-']) else { return Some((time, 0)) };
    let (hours, minutes) = match zone.split_once(':') {
        Some(parts) => parts,
        None if zone.len() == 4 => zone.split_at_checked(2)?,
        None => (zone, "00"),
    };
    let sound = hours.len() == 2 && minutes.len() == 2;
    let hours = unsigned(hours).filter(|hours| sound && *hours <= 23)?;
    let minutes = unsigned(minutes).filter(|minutes| *minutes <= 59)?;
    let seconds = hours * 3_600 + minutes * 60;
    let west = time.get(clock.len()..)?.starts_with('-');
    Some((clock, if west { -seconds } else { seconds }))
}

/// `[hours[:minutes[:seconds[.fraction]]]]` in nanoseconds.
fn clock_nanoseconds(clock: &str) -> Option<i128> {
    if clock.is_empty() {
        return Some(0);
    }
    let mut parts = clock.split(':');
    let hours = short(parts.next()?, 23)?;
    let minutes = parts.next().map_or(Some(0), |text| short(text, 59))?;
    let (seconds, fraction) = match parts.next() {
        None => (0, 0),
        Some(text) => match text.split_once('.') {
            Some((seconds, fraction)) => (short(seconds, 59)?, fraction_in_billionths(fraction)?),
            None => (short(text, 59)?, 0),
        },
    };
    let total = hours * 3_600 + minutes * 60 + seconds;
    parts.next().is_none().then_some(total * NANOSECONDS + fraction)
}

fn short(text: &str, most: i128) -> Option<i128> {
    unsigned(text).filter(|value| text.len() <= 2 && *value <= most)
}

fn fraction_in_billionths(digits: &str) -> Option<i128> {
    let places = u32::try_from(digits.len()).ok().filter(|places| *places <= 9)?;
    Some(unsigned(digits)? * 10_i128.pow(9 - places))
}

fn unsigned(digits: &str) -> Option<i128> {
    let plain = !digits.is_empty()
        && digits.len() <= 28
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_instants_whatever_their_form() {
        let seconds = |text| Instant::parse(text).map(|instant| instant.0 / NANOSECONDS);
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T23:59:59Z", Some(951_868_799)),
            ("2026-11-23T12:00:00+02:00", Some(1_795_428_000)),
            ("2026-11-23T12:00:00-0200", Some(1_795_442_400)),
            ("2026-11-23", Some(1_795_392_000)),
            ("1795392000", Some(1_795_392_000)),
            ("2001-02-29", None),
            ("2026-13-01", None),
            ("2026-11-23T24:00", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_compare_exactly() {
        let number = |text| Number::parse(text);
        assert!(number("9007199254740993") > number("9007199254740992"));
        assert_eq!(number("1.50"), number("1.5"));
        assert!(number("-1") < number("0"));
        for text in ["", "-", "1e3", "0x1", "1.", "1.0000000001", "٣"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_parsers(text in "[-0-9tTzZ:.+]{0,40}|.{0,20}") {
            let _ = (Number::parse(&text), Instant::parse(&text));
        }
    }
}
