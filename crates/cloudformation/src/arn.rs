//! The ARNs of stacks and change sets: `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID`.

use api::Timestamp;
use gateway::{AccountId, Cx};

use crate::tables::StackKey;

/// An ARN of this service, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arn {
    pub account: AccountId,
    pub region: String,
    pub kind: Kind,
    pub name: String,
    pub uuid: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Stack,
    ChangeSet,
}

impl Arn {
    /// None where the text is no ARN of a stack or change set.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let head = (parts.next()?, parts.next()?, parts.next()?);
        if head != ("arn", "aws", "cloudformation") {
            return None;
        }
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let mut resource = resource.splitn(3, '/');
        let kind = match resource.next()? {
            "stack" => Kind::Stack,
            "changeSet" => Kind::ChangeSet,
            _ => return None,
        };
        Some(Self {
            account: AccountId::parse(account)?,
            region: region.to_owned(),
            kind,
            name: resource.next()?.to_owned(),
            uuid: resource.next().unwrap_or_default().to_owned(),
        })
    }

    /// Where the rows of the stack of this ARN stand.
    pub fn stack_key(&self) -> StackKey {
        StackKey { account: self.account, region: self.region.clone(), uuid: self.uuid.clone() }
    }

    /// Whether the ARN is of the caller's account and the request's region.
    pub fn is_here(&self, cx: &Cx<'_>) -> bool {
        self.account == cx.account() && self.region == cx.region()
    }
}

/// Whether a name was given as an ARN.
pub fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// The ARN of a stack.
pub fn stack(key: &StackKey, name: &str) -> String {
    let StackKey { account, region, uuid } = key;
    format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid}")
}

/// The ARN of a change set.
pub fn change_set(key: &StackKey, name: &str, uuid: &str) -> String {
    let StackKey { account, region, .. } = key;
    format!("arn:aws:cloudformation:{region}:{account}:changeSet/{name}/{uuid}")
}

/// A UUID of version 1, as the ids of stacks are: of the moment, and for the rest of the random
/// UUID given.
pub fn stack_uuid(now: Timestamp, random: &str) -> String {
    // RFC 9562: 100 ns since 1582-10-15.
    let since_1970 = u64::try_from(now.as_millis()).unwrap_or(0).saturating_mul(10_000);
    let time = since_1970.saturating_add(0x01b2_1dd2_1381_4000);
    let (low, middle, high) = (time & 0xffff_ffff, (time >> 32) & 0xffff, (time >> 48) & 0x0fff);
    let rest = random.splitn(4, '-').nth(3).unwrap_or("8000-000000000000");
    format!("{low:08x}-{middle:04x}-1{high:03x}-{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_id_is_taken_apart() {
        let text = "arn:aws:cloudformation:eu-west-1:123456789012:stack/a-b/0a1b";
        let arn = Arn::parse(text).expect("an ARN");
        assert_eq!((arn.name.as_str(), arn.uuid.as_str(), arn.kind), ("a-b", "0a1b", Kind::Stack));
        assert_eq!(stack(&arn.stack_key(), &arn.name), text);
        for bad in ["a-b", "arn:aws:s3:::b", "arn:aws:cloudformation:r:1:stack/a/b"] {
            assert_eq!(Arn::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_uuid_of_a_stack_is_of_version_1() {
        let now = Timestamp::from_seconds(1_700_000_000);
        let uuid = stack_uuid(now, "5c1e7a9e-7b5f-4c3f-8d2e-0123456789ab");
        assert_eq!(uuid, "04afc000-833b-11ee-8d2e-0123456789ab");
    }
}
