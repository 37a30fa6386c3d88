//! Cisco's Extension Mobility service: the documents that programs exchange with it, read and written.
//!
//! Existing tools log users in and out with these; what they send is taken as they send it. A document is a `request`
//! (login, logout, logoutAll) or a `query`, always with the credentials of an application or of an end user, and the
//! answer is a `response`. Pure: who may do what, and doing it, is the node's.
//!
//! **Documents come from the network.** They are read without a document type definition: one may be named, as old
//! clients do, but it is never fetched, and one that declares entities is refused. Elements, depth and text are
//! bounded ([`Malformed`]).
//!
//! ```
//! use hotdesk_phone::em::{Operation, Request};
//!
//! let request = Request::parse(
//!     "<request><appInfo><appID>tool</appID><appCertificate>s3cret</appCertificate></appInfo>\
//!      <logout><deviceName>SEP00562B04A1B2</deviceName></logout></request>",
//! )?;
//! assert_eq!(request.operation, Operation::Logout { device: "SEP00562B04A1B2".into() });
//! # Ok::<(), hotdesk_phone::em::Malformed>(())
//! ```

mod code;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod tree;

pub use code::{Code, PhoneCode};
pub use request::{Application, Exclusive, Malformed, Operation, Origin, Request};
pub use response::{DeviceResult, Response, UserResult};
