//! The ARN of a topic: `arn:aws:sns:us-east-1:123456789012:name`.

use gateway::{AccountId, Cx, Error};

use crate::error;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicArn {
    pub region: String,
    pub account: AccountId,
    pub name: String,
}

impl TopicArn {
    /// A topic of the caller's account, where the request was sent.
    pub fn here(cx: &Cx<'_>, name: &str) -> Self {
        Self { region: cx.region().to_owned(), account: cx.account(), name: name.to_owned() }
    }

    /// Reads the ARN that the parameter `parameter` gives.
    ///
    /// # Errors
    /// `InvalidParameter`
    pub fn parse(parameter: &str, text: &str) -> Result<Self, Error> {
        let parts: Vec<&str> = text.split(':').collect();
        let count = parts.len();
        if count < 6 {
            let reason = format!("An ARN must have at least 6 elements, not {count}");
            return Err(error::invalid(&format!("{parameter} Reason: {reason}")));
        }
        let known = match parts.as_slice() {
            ["arn", "aws", "sns", region, account, name] => {
                AccountId::parse(account).map(|account| (*region, account, *name))
            }
            _ => None,
        };
        let (region, account, name) = known.ok_or_else(|| error::invalid(parameter))?;
        Ok(Self { region: region.to_owned(), account, name: name.to_owned() })
    }

    pub fn key(&self) -> (u64, &str, &str) {
        (self.account.number(), &self.region, &self.name)
    }
}

impl std::fmt::Display for TopicArn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "arn:aws:sns:{}:{}:{}", self.region, self.account, self.name)
    }
}
