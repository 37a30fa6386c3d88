//! `hotdesk phone waiting` and `hotdesk phone decline`.

use hotdesk_client::Client;
use hotdesk_client::v1::Consistency;
use hotdesk_phone::Mac;
use serde_json::json;

use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, table, time};

/// A MAC address in any spelling, as it is kept.
pub(in crate::commands) fn mac(text: &str) -> Result<String, String> {
    match text.trim().parse::<Mac>() {
        Ok(mac) => Ok(mac.to_string()),
        Err(error) => Err(format!("{error}; expected something like 00:15:65:a0:b1:c2")),
    }
}

pub(super) async fn list(context: &Context, client: &Client) -> Result<(), Problem> {
    let waiting = client.list_waiting(Consistency::Linearizable).await?.phones;
    let value = json!(waiting.iter().map(json::waiting).collect::<Vec<_>>());
    context.out.show(&value, || {
        let rows = waiting
            .iter()
            .map(|waiting| {
                let phone = waiting.phone.clone().unwrap_or_default();
                vec![
                    phone.mac,
                    phone.site,
                    phone.vendor,
                    phone.model,
                    phone.firmware,
                    phone.address,
                    time::table_time(waiting.first_seen_ms),
                    time::ago(waiting.last_seen_ms),
                ]
            })
            .collect();
        table(
            &[
                "MAC",
                "SITE",
                "VENDOR",
                "MODEL",
                "FIRMWARE",
                "ADDRESS",
                "FIRST SEEN",
                "LAST SEEN",
            ],
            rows,
            "no phone waits for approval",
        )
    })?;
    Ok(())
}

pub(super) async fn decline(context: &Context, client: &Client, macs: Vec<String>) -> Result<(), Problem> {
    for mac in macs {
        let answer = client.decline_waiting(&mac).await?;
        let value = json!({"mac": mac, "existed": answer.existed, "index": answer.index});
        context.out.item(&value, || {
            if answer.existed {
                format!("{mac} is off the waiting list; it comes back when it asks again")
            } else {
                format!("{mac} did not wait")
            }
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_no_phone_has_are_refused_with_the_reason() {
        assert_eq!(mac(" 00-15-65-A0-B1-C2").as_deref(), Ok("001565a0b1c2"));
        for (text, part) in [
            ("01:00:5e:00:01:75", "multicast"),
            ("00:15:65", "12 hex digits"),
            ("chi-12", "expected something like"),
        ] {
            let problem = mac(text).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }
}
