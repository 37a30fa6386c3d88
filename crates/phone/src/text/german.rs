//! German.

use super::{Sentence, Word};

pub(super) fn sentence(sentence: &Sentence<'_>) -> String {
    use Sentence as S;
    match *sentence {
        S::WrongPin { tries_left: None } => "Die PIN ist falsch.".into(),
        S::WrongPin { tries_left: Some(0) } => "Die PIN ist falsch. Das Konto ist jetzt gesperrt.".into(),
        S::WrongPin { tries_left: Some(1) } => "Die PIN ist falsch. Noch ein Versuch.".into(),
        S::WrongPin {
            tries_left: Some(tries),
        } => format!("Die PIN ist falsch. Noch {tries} Versuche."),
        S::NumberOrPinWrong => { "Nummer oder PIN ist falsch, oder das Konto ist gesperrt. Bitte den Helpdesk fragen.".into() }
        S::PinNotDigits => "Eine PIN hat 4 bis 32 Ziffern und nichts anderes.".into(),
        S::PinMissing => "Die PIN fehlt.".into(),
        S::UserLocked { until } => {
            format!("Dieses Konto ist bis {until} gesperrt. Der Helpdesk kann es freigeben.")
        }
        S::UnknownUser => "Unter dieser Nummer ist niemand bekannt.".into(),
        S::UserDisabled => "Dieses Konto ist abgeschaltet. Bitte den Helpdesk fragen.".into(),
        S::NoPin => "Dieses Konto hat noch keine PIN. Bitte den Helpdesk fragen.".into(),
        S::PinChanged => "Die PIN wurde gerade geändert. Bitte mit der neuen anmelden.".into(),
        S::DeviceUnknown => "Dieses Telefon ist nicht bekannt. Bitte dem Helpdesk melden.".into(),
        S::DeviceDisabled => {
            "An diesem Telefon kann sich niemand anmelden. Bitte ein anderes benutzen.".into()
        }
        S::DeviceNotAllowed => {
            "Dieses Telefon ist nicht für Sie freigegeben. Bitte ein anderes benutzen.".into()
        }
        S::DeviceBusy => "Jemand anderes benutzt dieses Telefon und muss sich zuerst abmelden.".into(),
        S::LoggedInElsewhere { place } => {
            format!("Sie sind in {place} angemeldet. Bitte zuerst dort abmelden.")
        }
        S::OnHold { until } => format!(
            "Von diesem Telefon ging ein Notruf aus. Es bleibt bis {until}, wie es ist. Bitte ein anderes benutzen."
        ),
        S::Unreachable => {
            "Der Anmeldedienst ist nicht erreichbar. Nichts wurde geändert; bitte gleich noch einmal versuchen.".into()
        }
        S::Unclear => {
            "Es kam keine Antwort. Vielleicht hat es geklappt: bitte erst auf den Bildschirm sehen.".into()
        }
        S::TooBusy => "Gerade melden sich zu viele gleichzeitig an. Bitte gleich noch einmal versuchen.".into(),
        S::TooManyWrongPins => {
            "Von hier kamen zu viele falsche PINs. Bitte eine Minute warten und es dann noch einmal versuchen.".into()
        }
        S::NotPossible => "Das hat nicht geklappt. Bitte dem Helpdesk melden.".into(),
        S::NotAllowed => "Das ist hier nicht erlaubt.".into(),
        S::Reference { id } => format!("Kennung für den Helpdesk: {id}"),

        S::TypeNumberAndPin => "Bitte Nummer und PIN eingeben.".into(),
        S::TypePinOf { name } => format!("{name}, bitte die PIN eingeben."),
        S::FormUsed => "Dieses Formular wurde schon gesendet. Hier ist ein neues.".into(),
        S::FormExpired => "Das hat zu lange gedauert. Hier ist ein neues Formular.".into(),
        S::FormForeign => "Dieses Formular gehört nicht zu diesem Telefon. Hier ist ein neues.".into(),
        S::InUse { name, since } => format!("{name} ist hier seit {since} angemeldet."),
        S::Welcome { name } => format!("Willkommen, {name}. Dieses Telefon ist jetzt Ihres."),
        S::AlreadyHere { name } => format!("{name}, Sie sind hier schon angemeldet."),
        S::LoggedOutAt { place } => format!("Sie wurden abgemeldet: {place}."),
        S::TookOver { name } => format!("{name} wurde hier abgemeldet."),
        S::LoggedOut { name } => format!("{name} ist abgemeldet. Das Telefon ist frei."),
        S::NobodyHere => "Hier ist niemand angemeldet.".into(),
        S::YouAre {
            name,
            extension: "",
            since,
        } => format!("{name}, hier angemeldet seit {since}."),
        S::YouAre {
            name,
            extension,
            since,
        } => format!("{name}, Nummer {extension}, hier angemeldet seit {since}."),
        S::SettingsAt { url } => format!("Am Computer oder Handy öffnen: {url}"),
        S::ScanWithMobile => "Zum Anmelden mit dem Handy scannen.".into(),
        S::LogInWithMobile { url } => format!("Zum Anmelden mit dem Handy öffnen: {url}"),
        S::MovedTo { name, place, time } => {
            format!("{name} ist umgezogen: {place}, {time}. Das waren nicht Sie? Sperren drücken.")
        }
        S::LockSure { name, until } => {
            format!("Konto von {name} sperren? Es wird überall abgemeldet und bleibt bis {until} gesperrt.")
        }
        S::LockDone { name, until } => {
            format!(
                "Das Konto von {name} ist bis {until} gesperrt. Bitte dem Helpdesk melden und eine neue PIN setzen lassen."
            )
        }

        S::SignInHere => "Bitte mit Nummer und PIN anmelden.".into(),
        S::SignedOut => "Sie sind abgemeldet. Bitte wieder anmelden.".into(),
        S::LoggedInAt { place, since } => format!("Sie sind seit {since} angemeldet: {place}."),
        S::LoggedInNowhere => "Sie sind an keinem Telefon angemeldet.".into(),
        S::LogInAtSure { place } => format!("Hier anmelden: {place}?"),
        S::LoggingInAt { place } => format!("Das Telefon ist jetzt Ihres: {place}."),
        S::CodeInvalid => "Dieser Code gilt nicht mehr. Bitte den am Telefon noch einmal scannen.".into(),
        S::Saved => "Gespeichert.".into(),
        S::FieldInvalid { field } => format!("Bitte berichtigen: {field}."),
    }
}

pub(super) const fn word(word: Word) -> &'static str {
    match word {
        Word::Desk => "Platz",
        Word::LogIn => "Anmelden",
        Word::LogOut => "Abmelden",
        Word::Cancel => "Abbrechen",
        Word::Back => "Zurück",
        Word::Close => "Schließen",
        Word::Again => "Nochmal",
        Word::Lock => "Sperren",
        Word::Yes => "Ja",
        Word::No => "Nein",
        Word::Mobile => "Mit Handy",
        Word::TitleLogIn => "Anmelden",
        Word::TitleInUse => "Telefon belegt",
        Word::TitleWelcome => "Willkommen",
        Word::TitleProblem => "Nicht geklappt",
        Word::TitleLoggedOut => "Abgemeldet",
        Word::TitleMoved => "Umgezogen",
        Word::TitleLock => "Konto sperren",
        Word::TitleRecent => "Wer sind Sie?",
        Word::TitleOnHold => "Notruf",
        Word::Number => "Nummer",
        Word::Pin => "PIN",
        Word::OtherNumber => "Andere Nummer",
        Word::WithMobile => "Mit dem Handy anmelden",
        Word::TakeOver => "Als jemand anderes anmelden",
        Word::WhoAmI => "Wer bin ich",
        Word::MySettings => "Meine Einstellungen",
        Word::LockAccount => "Mein Konto sperren",
        Word::MyPhone => "Mein Telefon",
        Word::SignIn => "Anmelden",
        Word::SignOut => "Abmelden",
        Word::Where => "Wo ich angemeldet bin",
        Word::Line => "Meine Leitung",
        Word::LineLabel => "Beschriftung der Leitung",
        Word::PhoneLanguage => "Sprache des Telefons",
        Word::OfficeLanguage => "wie das Büro",
        Word::RingTone => "Klingelton",
        Word::UsualTone => "wie üblich",
        Word::Calls => "Anrufe für mich",
        Word::DoNotDisturb => "Bitte nicht stören",
        Word::ForwardAlways => "Alle Anrufe umleiten zu",
        Word::ForwardBusy => "Wenn ich telefoniere, zu",
        Word::ForwardNoAnswer => "Wenn ich nicht abnehme, zu",
        Word::AfterSeconds => "nach so vielen Sekunden",
        Word::ForwardLoggedOut => "Wenn ich abgemeldet bin, zu",
        Word::VoicemailNumber => "Nummer meiner Mailbox",
        Word::MessageLamp => "Lampe für Nachrichten",
        Word::SpeedDials => "Kurzwahlen",
        Word::Lamps => "Lampen der Kollegen",
        Word::KeyLabel => "Beschriftung",
        Word::NumberToDial => "Rufnummer",
        Word::Extension => "Durchwahl",
        Word::Save => "Speichern",
    }
}
