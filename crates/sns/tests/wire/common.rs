//! A server with IAM and SNS, and how clients ask about topics.

use std::ops::Deref;

use harness::{Answer, Client};

pub struct Server(harness::Server);

/// What a client asks of SNS.
pub trait Topics {
    fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> Answer;

    /// The answer of a call that must succeed.
    fn ok(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        self.ask(action, parameters).ok().body.replace("&quot;", "\"")
    }

    /// `400 InvalidParameter: the sentence`
    fn refused(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        self.ask(action, parameters).error()
    }
}

impl Server {
    pub fn start() -> Self {
        Self(harness::Server::of(vec![identity::iam().unwrap(), sns::service().unwrap()]))
    }
}

impl Deref for Server {
    type Target = harness::Server;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Topics for Client<'_> {
    fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.sns(action, parameters)
    }
}

/// The text of the first element of that name.
pub fn element(answer: &str, name: &str) -> String {
    harness::elements(answer, name).into_iter().next().unwrap()
}
