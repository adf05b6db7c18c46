//! The tags of all tables, in one place so that no two crates take the same.
//!
//! The gateway's own stand here; each service has a range of a hundred.

/// AWS time and other settings of the server.
pub const SETTINGS: u16 = 1;
/// Background work by due time.
pub const QUEUE: u16 = 2;

/// Identity's tables: 100 to 199.
pub const IDENTITY: u16 = 100;
/// S3's tables: 200 to 299.
pub const S3: u16 = 200;
/// CloudFormation's tables: 300 to 399.
pub const CLOUDFORMATION: u16 = 300;
/// Systems Manager's tables: 400 to 499.
pub const SSM: u16 = 400;
/// SNS's tables: 500 to 599.
pub const SNS: u16 = 500;
