//! A phone's own number, as it is put.
//!
//! The rule is checked here, before anything is proposed, and not where the log is read or applied: earlier versions took
//! any text, and an entry that was good then has to do the same at every node that reads it again.

use hotdesk_core::{Device, DeviceNumber};
use hotdesk_proto::convert::Invalid;

/// The record with its number as it is kept; empty for none is fine.
pub(super) fn checked(field: &str, mut device: Device) -> Result<Device, Invalid> {
    if !device.number.is_empty() {
        let number = DeviceNumber::parse(&device.number)
            .map_err(|invalid| Invalid::new(field, invalid.to_string()))?;
        device.number = number.as_smol().clone();
    }
    Ok(device)
}
