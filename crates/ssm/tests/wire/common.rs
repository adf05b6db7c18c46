//! A server with IAM and Parameter Store, and how clients ask about parameters.

use std::ops::Deref;

use harness::Client;
pub use harness::NOW;
use serde_json::Value;

pub struct Server(harness::Server);

/// What a client asks of Parameter Store.
pub trait Parameters {
    fn ask(&self, operation: &str, input: &Value) -> (u16, Value);

    /// The answer of a call that must succeed.
    fn ok(&self, operation: &str, input: &Value) -> Value {
        let (status, answer) = self.ask(operation, input);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// `400 ParameterNotFound: the sentence`
    fn refused(&self, operation: &str, input: &Value) -> String {
        let (status, answer) = self.ask(operation, input);
        assert_ne!(status, 200, "{operation}: {answer}");
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let message = text("message").or_else(|| text("Message")).unwrap_or_default();
        format!("{status} {}: {message}", text("__type").unwrap_or_default())
    }
}

impl Server {
    pub fn start() -> Self {
        Self(harness::Server::of(vec![identity::iam().unwrap(), ssm::service().unwrap()]))
    }
}

impl Deref for Server {
    type Target = harness::Server;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Parameters for Client<'_> {
    fn ask(&self, operation: &str, input: &Value) -> (u16, Value) {
        self.json("ssm", &format!("AmazonSSM.{operation}"), input)
    }
}
