//! A profile from a JSON file: the object that `user profile get --output json` shows.

use std::io::{self, Read as _};
use std::path::Path;

use hotdesk_client::v1::{Lamp, Profile, SoftFunction, SpeedDial};
use hotdesk_phone::Language;
use serde::Deserialize;

use crate::exit::{Own, Problem};
use crate::output::text::SOFT_FUNCTIONS;

/// A profile takes 8 KiB at most; JSON with escapes and white space some more. A larger file is refused unread.
const FILE_BYTES_MAX: u64 = 256 << 10;

/// The members, all of them optional; `null` is the same as none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    line_label: Option<String>,
    speed_dials: Vec<FileSpeedDial>,
    lamps: Vec<FileLamp>,
    voicemail_number: Option<String>,
    message_waiting: bool,
    ring_tone: u32,
    language: Option<String>,
    directory_url: Option<String>,
    softkeys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSpeedDial {
    label: String,
    number: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLamp {
    label: String,
    extension: String,
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// When it cannot be read, is too large, or does not have the members of a profile.
pub(super) async fn read(path: &Path) -> Result<Profile, Problem> {
    let owned = path.to_owned();
    let read = tokio::task::spawn_blocking(move || bytes(&owned)).await;
    let bytes = read
        .map_err(io::Error::other)
        .flatten()
        .map_err(|error| Problem::file("read the profile", path, &error))?;
    let wrong = |problem: String| {
        Problem::own(
            Own::File,
            format!("{} is not a profile: {problem}", path.display()),
            "See what one looks like: hotdesk user profile get USER --output json, the object under \"profile\".",
        )
    };
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(wrong(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    parse(&bytes).map_err(wrong)
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin()
            .lock()
            .take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?
            .take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn parse(bytes: &[u8]) -> Result<Profile, String> {
    // An array would be taken for one as well, and an empty one for an empty profile.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err("expected a JSON object".to_owned());
    }
    let file: File = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let language = file.language.filter(|tag| !tag.is_empty());
    let language = language
        .map(|tag| tag.parse::<Language>())
        .transpose()
        .map_err(|problem| format!("language: {problem}"))?;
    let softkeys: Vec<i32> = file
        .softkeys
        .iter()
        .map(|name| soft_function(name).map(Into::into))
        .collect::<Result<_, _>>()?;
    Ok(Profile {
        line_label: file.line_label.unwrap_or_default(),
        speed_dials: file
            .speed_dials
            .into_iter()
            .map(|FileSpeedDial { label, number }| SpeedDial { label, number })
            .collect(),
        lamps: file
            .lamps
            .into_iter()
            .map(|FileLamp { label, extension }| Lamp { label, extension })
            .collect(),
        voicemail_number: file.voicemail_number.unwrap_or_default(),
        message_waiting: file.message_waiting,
        ring_tone: file.ring_tone,
        language: language.map_or_else(String::new, |language| language.tag().to_owned()),
        directory_url: file.directory_url.unwrap_or_default(),
        softkeys,
    })
}

fn soft_function(name: &str) -> Result<SoftFunction, String> {
    let found = SOFT_FUNCTIONS.iter().find(|(known, _)| *known == name);
    found.map(|(_, function)| *function).ok_or_else(|| {
        let names: Vec<_> = SOFT_FUNCTIONS.iter().map(|(name, _)| *name).collect();
        format!("softkeys: {name:?} is not known; expected {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::json;

    #[test]
    fn what_get_shows_can_be_set() {
        let profile = Profile {
            line_label: "Ada".into(),
            speed_dials: vec![SpeedDial {
                label: "<Front> & \"desk\" \u{1f4de}".into(),
                number: "2000".into(),
            }],
            lamps: vec![Lamp {
                label: "Bob".into(),
                extension: "2042".into(),
            }],
            message_waiting: true,
            ring_tone: 9,
            language: "pt".into(),
            softkeys: vec![SoftFunction::History.into(), SoftFunction::Logout.into()],
            ..Profile::default()
        };
        let shown = json::profile(&profile).to_string();
        assert_eq!(parse(shown.as_bytes()), Ok(profile));
        assert_eq!(parse(b"{}"), Ok(Profile::default()));
    }

    #[test]
    fn a_file_that_is_no_profile_says_what_is_wrong() {
        for (file, part) in [
            ("{\"ringtone\": 1}", "unknown field `ringtone`"),
            ("[]", "expected a JSON object"),
            ("{\"language\": \"tlh\"}", "language:"),
            ("{\"softkeys\": [\"fly\"]}", "expected history"),
            ("{\"lamps\": [{\"label\": \"Bob\"}]}", "missing field `extension`"),
            ("", "expected a JSON object"),
            ("{", "EOF"),
        ] {
            let problem = parse(file.as_bytes()).unwrap_err();
            assert!(problem.contains(part), "{file}: {problem}");
        }
    }
}
