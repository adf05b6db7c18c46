//! What `cargo xtask codegen` writes: one module a service. Not edited by hand; corrections stand in `data/patches`.

pub mod cloudformation;
pub mod iam;
pub mod organizations;
pub mod s3;
pub mod s3control;
pub mod sns;
pub mod ssm;
pub mod sts;
pub mod wardian;
