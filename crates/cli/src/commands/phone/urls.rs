//! `hotdesk phone urls` and `hotdesk phone qr`.

use clap::Args;
use hotdesk_client::Client;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::json;

use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::pairs;

/// Arguments of `phone urls` and `phone qr`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hotdesk phone urls chi-12
  hotdesk phone qr chi-12")]
pub(crate) struct UrlsArgs {
    /// MAC address or id
    device: String,
}

pub(super) async fn urls(context: &Context, client: &Client, args: UrlsArgs) -> Result<(), Problem> {
    let answer = client.device_urls(&args.device).await?;
    let value = json!({
        "device": args.device,
        "documents_url": answer.documents_url,
        "app_url": answer.app_url,
        "sticker_url": answer.sticker_url,
        "warning": Some(&answer.warning).filter(|warning| !warning.is_empty()),
    });
    warn(&answer.warning);
    context.out.show(&value, || {
        pairs(&[
            ("documents", answer.documents_url.clone()),
            ("login application", answer.app_url.clone()),
            ("sticker", answer.sticker_url.clone()),
        ])
    })?;
    Ok(())
}

pub(super) async fn qr(context: &Context, client: &Client, args: UrlsArgs) -> Result<(), Problem> {
    let answer = client.device_urls(&args.device).await?;
    warn(&answer.warning);
    let url = answer.sticker_url;
    let picture = picture(&url)?;
    let value = json!({"device": args.device, "sticker_url": url});
    context.out.show(&value, || format!("{picture}\n{url}"))?;
    Ok(())
}

/// Says on standard error that addresses are not what was asked for.
pub(super) fn warn(warning: &str) {
    if !warning.is_empty() {
        eprintln!("warning: {warning}");
    }
}

/// The code in half blocks, two of its rows in a line; light on dark, as most terminals are, with the margin that
/// cameras need.
fn picture(url: &str) -> Result<String, Problem> {
    let code = QrCode::new(url).map_err(|error| {
        Problem::own(
            Own::BadArgument,
            format!("the address does not fit into a QR code: {error}"),
            "Give the nodes a shorter address for phones (phones.url).",
        )
    })?;
    Ok(code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_square_and_has_a_margin() {
        let picture = picture("https://chicago.example.com:8443/d/chi-12/abcdefghijklmnop").unwrap();
        let lines: Vec<&str> = picture.lines().collect();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width));
        assert_eq!(lines.len(), width.div_ceil(2));
        assert!(lines[0].chars().all(|block| block == '█'), "{}", lines[0]);
    }

    #[test]
    fn an_address_that_does_not_fit_is_said_so() {
        let problem = picture(&format!("https://{}/", "x".repeat(8000))).unwrap_err();
        assert!(problem.what_to_do.contains("phones.url"));
    }
}
