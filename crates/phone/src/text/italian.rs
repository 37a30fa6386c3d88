//! Italian.

use super::{Sentence, Word};

pub(super) fn sentence(sentence: &Sentence<'_>) -> String {
    use Sentence as S;
    match *sentence {
        S::WrongPin { tries_left: None } => "Il PIN è sbagliato.".into(),
        S::WrongPin { tries_left: Some(0) } => "Il PIN è sbagliato. Ora l'account è bloccato.".into(),
        S::WrongPin { tries_left: Some(1) } => "Il PIN è sbagliato. Resta un tentativo.".into(),
        S::WrongPin {
            tries_left: Some(tries),
        } => format!("Il PIN è sbagliato. Restano {tries} tentativi."),
        S::NumberOrPinWrong => {
            "Il numero o il PIN è sbagliato, o l'account è bloccato. Si rivolga all'assistenza.".into()
        }
        S::PinNotDigits => "Un PIN ha da 4 a 32 cifre, e solo cifre.".into(),
        S::PinMissing => "Manca il PIN.".into(),
        S::UserLocked { until } => {
            format!("Questo account è bloccato fino alle {until}. L'assistenza può sbloccarlo.")
        }
        S::UnknownUser => "Nessuno è conosciuto con questo numero.".into(),
        S::UserDisabled => "Questo account è disattivato. Si rivolga all'assistenza.".into(),
        S::NoPin => "Questo account non ha ancora un PIN. Si rivolga all'assistenza.".into(),
        S::PinChanged => "Il PIN è appena cambiato. Usi quello nuovo.".into(),
        S::DeviceUnknown => "Questo telefono non è conosciuto. Avvisi l'assistenza.".into(),
        S::DeviceDisabled => "A questo telefono non si può accedere. Ne usi un altro.".into(),
        S::DeviceNotAllowed => "Lei non può usare questo telefono. Ne usi un altro.".into(),
        S::DeviceBusy => "Un'altra persona usa questo telefono e deve prima uscire.".into(),
        S::LoggedInElsewhere { place } => {
            format!("Lei è già connesso: {place}. Esca prima da lì.")
        }
        S::OnHold { until } => format!(
            "Da questo telefono è partita una chiamata di emergenza. Resta com'è fino alle {until}. Ne usi un altro."
        ),
        S::Unreachable => "Il servizio non è raggiungibile. Nulla è cambiato; riprovi tra un momento.".into(),
        S::Unclear => {
            "Nessuna risposta in tempo. Forse ha funzionato: guardi lo schermo prima di riprovare.".into()
        }
        S::TooBusy => "Troppi accessi nello stesso momento. Riprovi tra poco.".into(),
        S::TooManyWrongPins => "Da qui sono arrivati troppi PIN errati. Attenda un minuto e riprovi.".into(),
        S::NotPossible => "Non ha funzionato. Avvisi l'assistenza.".into(),
        S::NotAllowed => "Questo qui non è permesso.".into(),
        S::Reference { id } => format!("Riferimento per l'assistenza: {id}"),

        S::TypeNumberAndPin => "Digiti il Suo numero e il PIN.".into(),
        S::TypePinOf { name } => format!("{name}, digiti il Suo PIN."),
        S::FormUsed => "Questo modulo è già stato inviato. Eccone uno nuovo.".into(),
        S::FormExpired => "È passato troppo tempo. Ecco un modulo nuovo.".into(),
        S::FormForeign => "Questo modulo non è di questo telefono. Eccone uno nuovo.".into(),
        S::InUse { name, since } => format!("{name} è connesso qui dalle {since}."),
        S::Welcome { name } => format!("Buongiorno, {name}. Ora questo telefono è Suo."),
        S::AlreadyHere { name } => format!("{name}, Lei è già connesso qui."),
        S::LoggedOutAt { place } => format!("La Sua sessione è finita: {place}."),
        S::TookOver { name } => format!("La sessione di {name} qui è finita."),
        S::LoggedOut { name } => format!("{name} è uscito. Il telefono è libero."),
        S::NobodyHere => "Qui non è connesso nessuno.".into(),
        S::YouAre {
            name,
            extension: "",
            since,
        } => format!("{name}, connesso qui dalle {since}."),
        S::YouAre {
            name,
            extension,
            since,
        } => format!("{name}, numero {extension}, connesso qui dalle {since}."),
        S::SettingsAt { url } => format!("Da un computer o cellulare apra {url}"),
        S::ScanWithMobile => "Inquadri questo con il cellulare per accedere.".into(),
        S::LogInWithMobile { url } => format!("Per accedere con il cellulare, apra {url}"),
        S::MovedTo { name, place, time } => {
            format!("{name} ora è altrove: {place}, {time}. Non è stato Lei? Prema Blocca.")
        }
        S::LockSure { name, until } => {
            format!("Bloccare l'account di {name}? Esce da ogni telefono e resta bloccato fino alle {until}.")
        }
        S::LockDone { name, until } => {
            format!(
                "L'account di {name} è bloccato fino alle {until}. Avvisi l'assistenza e chieda un nuovo PIN."
            )
        }

        S::SignInHere => "Acceda con il Suo numero e il PIN.".into(),
        S::SignedOut => "La sessione della pagina è finita. Acceda di nuovo.".into(),
        S::LoggedInAt { place, since } => format!("Lei è connesso dalle {since}: {place}."),
        S::LoggedInNowhere => "Lei non è connesso a nessun telefono.".into(),
        S::LogInAtSure { place } => format!("Accedere qui: {place}?"),
        S::LoggingInAt { place } => format!("Ora questo telefono è Suo: {place}."),
        S::CodeInvalid => "Questo codice non vale più. Inquadri di nuovo quello sul telefono.".into(),
        S::Saved => "Salvato.".into(),
        S::FieldInvalid { field } => format!("Da correggere: {field}."),
    }
}

pub(super) const fn word(word: Word) -> &'static str {
    match word {
        Word::Desk => "postazione",
        Word::LogIn => "Accedi",
        Word::LogOut => "Esci",
        Word::Cancel => "Annulla",
        Word::Back => "Indietro",
        Word::Close => "Chiudi",
        Word::Again => "Riprova",
        Word::Lock => "Blocca",
        Word::Yes => "Sì",
        Word::No => "No",
        Word::Mobile => "Cellulare",
        Word::TitleLogIn => "Accesso",
        Word::TitleInUse => "Telefono occupato",
        Word::TitleWelcome => "Buongiorno",
        Word::TitleProblem => "Non riuscito",
        Word::TitleLoggedOut => "Uscita",
        Word::TitleMoved => "Altro telefono",
        Word::TitleLock => "Blocca l'account",
        Word::TitleRecent => "Chi è Lei?",
        Word::TitleOnHold => "Emergenza",
        Word::Number => "Numero",
        Word::Pin => "PIN",
        Word::OtherNumber => "Altro numero",
        Word::WithMobile => "Accedi con il cellulare",
        Word::TakeOver => "Accedi come altra persona",
        Word::WhoAmI => "Chi sono",
        Word::MySettings => "Le mie impostazioni",
        Word::LockAccount => "Blocca il mio account",
        Word::MyPhone => "Il mio telefono",
        Word::SignIn => "Accedi",
        Word::SignOut => "Esci",
        Word::Where => "Dove sono connesso",
        Word::Line => "La mia linea",
        Word::LineLabel => "Nome della linea",
        Word::PhoneLanguage => "Lingua del telefono",
        Word::OfficeLanguage => "quella dell'ufficio",
        Word::RingTone => "Suoneria",
        Word::UsualTone => "quella solita",
        Word::Calls => "Chiamate per me",
        Word::DoNotDisturb => "Non disturbare",
        Word::ForwardAlways => "Devia tutte le chiamate a",
        Word::ForwardBusy => "Quando sono al telefono, a",
        Word::ForwardNoAnswer => "Quando non rispondo, a",
        Word::AfterSeconds => "dopo questi secondi",
        Word::ForwardLoggedOut => "Quando non sono connesso, a",
        Word::VoicemailNumber => "Numero della mia casella",
        Word::MessageLamp => "Spia dei messaggi",
        Word::SpeedDials => "Selezione rapida",
        Word::Lamps => "Spie dei colleghi",
        Word::KeyLabel => "Nome",
        Word::NumberToDial => "Numero",
        Word::Extension => "Interno",
        Word::Save => "Salva",
    }
}
