//! The order in which AWS shows parameters. It is none of the template's: every recorded answer with
//! several of them has the order in which a hash table of Java holds their names, so that order is
//! what clients have seen.

/// The names as a `java.util.HashMap` of so many entries answers them.
pub fn hashed<T>(mut entries: Vec<T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    let mut slots: usize = 16;
    while entries.len() > slots / 4 * 3 {
        slots = slots.saturating_mul(2);
    }
    let mask = u32::try_from(slots.saturating_sub(1)).unwrap_or(u32::MAX);
    entries.sort_by_key(|entry| slot(name(entry)) & mask);
    entries
}

/// `String.hashCode`, its high half folded into the low one.
fn slot(name: &str) -> u32 {
    let hash = name
        .encode_utf16()
        .fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_shown_in_the_recorded_orders() {
        let recorded: [&[&str]; 4] = [
            &["BucketName", "EnvType"],
            &["ParameterValue", "Toggle"],
            &["Topic2Name", "Topic1Name", "Topic3Name"],
            &["KinesisRoleName", "DeliveryStreamName", "KinesisStreamName"],
        ];
        for order in recorded {
            let mut sorted = order.to_vec();
            sorted.sort_unstable();
            assert_eq!(hashed(sorted, |name| name), order);
        }
    }
}
