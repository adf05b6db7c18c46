//! The shapes of the AWS APIs: every structure, enumeration, error and operation that Wardian's
//! services declare, generated from botocore's public models by `cargo xtask codegen` and
//! committed.
//!
//! A generated file is a declaration, not a parser: a static [`Shape`] table a structure, and
//! accessors that let any codec walk its members ([`Value::view`]) or fill them ([`Value::slot`]).
//! So the code is shapes + codecs, never shapes x codecs. There is no wire format, no IO and no AWS
//! behaviour in this crate.

#[macro_use]
mod macros;
mod debug;
mod generated;
mod schema;
mod timestamp;
mod value;

pub use generated::{cloudformation, iam, organizations, s3, s3control, sns, ssm, sts, wardian};
pub use schema::{
    ErrorShape, Http, Json, Kind, Location, Matcher, Member, OperationShape, Pattern, Protocol,
    ServiceShape, Shape, TimestampFormat,
};
pub use timestamp::Timestamp;
pub use value::{Blob, List, Map, Operation, Slot, Structure, Text, Value, View, Visitor};

/// All services, sorted by name.
pub static SERVICES: [&ServiceShape; 9] = [
    &cloudformation::SERVICE,
    &iam::SERVICE,
    &organizations::SERVICE,
    &s3::SERVICE,
    &s3control::SERVICE,
    &sns::SERVICE,
    &ssm::SERVICE,
    &sts::SERVICE,
    &wardian::SERVICE,
];

/// The service of the name: `iam`.
#[must_use]
pub fn service(name: &str) -> Option<&'static ServiceShape> {
    SERVICES.iter().find(|service| service.name == name).copied()
}
