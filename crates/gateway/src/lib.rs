//! The gateway: one pipeline through which every request to every service goes.
//!
//! Route, authenticate, parse, authorize, handle, record ([`pipeline`]). Services register typed
//! functions ([`Service`]) and see the world through [`Cx`]; identity answers through
//! [`Directory`]. Deliberately absent: sockets, TLS, argv, clocks of the machine, and every noun of
//! every service.

mod access;
mod account;
mod answer;
mod auth_error;
mod authenticate;
mod authorize;
mod call;
mod caller;
pub mod clock;
mod context;
mod cross_origin;
mod cx;
mod decisions;
mod directory;
mod document;
pub mod encoded_word;
mod error;
mod event;
mod explanation;
mod gateway;
mod hoist;
pub mod id;
mod intake;
mod invalid;
mod message;
mod object_url;
mod panic;
mod pipeline;
mod post;
pub mod principals;
mod question;
mod queue;
pub mod region;
mod request;
mod resource;
mod route;
pub mod rows;
mod service;
mod settings;
mod stream;
pub mod tables;
mod token;

pub use access::{Access, Ask, Decided};
pub use account::AccountId;
pub use authenticate::takes_version_2;
pub use caller::{Caller, Identity, ROOT_TASKS, Session};
pub use cross_origin::{CrossOrigin, CrossOriginRequest, Shared};
pub use cx::Cx;
pub use directory::{AccessKey, Account, Directory, KeyUse, Membership, Principal};
pub use error::{Error, common};
pub use event::Recorder;
pub use gateway::{Config, Gateway, Limits, Parts};
pub use object_url::ObjectUrl;
pub use principals::Names;
pub use request::{AuthFacts, Peer, RequestFacts};
pub use resource::{Attached, Resource};
pub use service::{Facts, Integrity, Job, Resolver, Service};
pub use stream::{Body, Incoming, Outgoing, Pieces, RequestBody};
pub use token::{Credentials, open as open_session_token};
