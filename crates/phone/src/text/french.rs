//! French.

use super::{Sentence, Word};

pub(super) fn sentence(sentence: &Sentence<'_>) -> String {
    use Sentence as S;
    match *sentence {
        S::WrongPin { tries_left: None } => "Le code PIN est faux.".into(),
        S::WrongPin { tries_left: Some(0) } => {
            "Le code PIN est faux. Le compte est maintenant bloqué.".into()
        }
        S::WrongPin { tries_left: Some(1) } => "Le code PIN est faux. Il reste un essai.".into(),
        S::WrongPin {
            tries_left: Some(tries),
        } => format!("Le code PIN est faux. Il reste {tries} essais."),
        S::NumberOrPinWrong => {
            "Le numéro ou le code PIN est faux, ou le compte est bloqué. Contactez l'assistance.".into()
        }
        S::PinNotDigits => "Un code PIN a de 4 à 32 chiffres, et rien d'autre.".into(),
        S::PinMissing => "Il manque le code PIN.".into(),
        S::UserLocked { until } => {
            format!("Ce compte est bloqué jusqu'à {until}. L'assistance peut le débloquer.")
        }
        S::UnknownUser => "Personne n'est connu sous ce numéro.".into(),
        S::UserDisabled => "Ce compte est désactivé. Contactez l'assistance.".into(),
        S::NoPin => "Ce compte n'a pas encore de code PIN. Contactez l'assistance.".into(),
        S::PinChanged => "Le code PIN vient d'être changé. Utilisez le nouveau.".into(),
        S::DeviceUnknown => "Ce téléphone n'est pas connu. Prévenez l'assistance.".into(),
        S::DeviceDisabled => "Personne ne peut se connecter à ce téléphone. Prenez-en un autre.".into(),
        S::DeviceNotAllowed => "Ce téléphone ne vous est pas ouvert. Prenez-en un autre.".into(),
        S::DeviceBusy => "Quelqu'un d'autre utilise ce téléphone et doit d'abord se déconnecter.".into(),
        S::LoggedInElsewhere { place } => {
            format!("Vous êtes connecté ailleurs : {place}. Déconnectez-vous d'abord là-bas.")
        }
        S::OnHold { until } => format!(
            "Un appel d'urgence est parti de ce téléphone. Il reste tel quel jusqu'à {until}. Prenez-en un autre."
        ),
        S::Unreachable => {
            "Le service est injoignable. Rien n'a été changé ; réessayez dans un instant.".into()
        }
        S::Unclear => {
            "Aucune réponse à temps. Cela a peut-être marché : regardez l'écran avant de réessayer.".into()
        }
        S::TooBusy => "Trop de connexions en même temps. Réessayez dans un instant.".into(),
        S::TooManyWrongPins => {
            "Trop de codes PIN erronés sont venus d’ici. Attendez une minute, puis réessayez.".into()
        }
        S::NotPossible => "Cela n'a pas marché. Prévenez l'assistance.".into(),
        S::NotAllowed => "Cela n'est pas permis ici.".into(),
        S::Reference { id } => format!("Référence pour l'assistance : {id}"),

        S::TypeNumberAndPin => "Tapez votre numéro et votre code PIN.".into(),
        S::TypePinOf { name } => format!("{name}, tapez votre code PIN."),
        S::FormUsed => "Ce formulaire a déjà été envoyé. En voici un nouveau.".into(),
        S::FormExpired => "Cela a duré trop longtemps. Voici un nouveau formulaire.".into(),
        S::FormForeign => "Ce formulaire n'est pas celui de ce téléphone. En voici un nouveau.".into(),
        S::InUse { name, since } => format!("{name} est connecté ici depuis {since}."),
        S::Welcome { name } => format!("Bienvenue, {name}. Ce téléphone est maintenant le vôtre."),
        S::AlreadyHere { name } => format!("{name}, vous êtes déjà connecté ici."),
        S::LoggedOutAt { place } => format!("Vous avez été déconnecté : {place}."),
        S::TookOver { name } => format!("{name} a été déconnecté ici."),
        S::LoggedOut { name } => format!("{name} est déconnecté. Le téléphone est libre."),
        S::NobodyHere => "Personne n'est connecté ici.".into(),
        S::YouAre {
            name,
            extension: "",
            since,
        } => format!("{name}, connecté ici depuis {since}."),
        S::YouAre {
            name,
            extension,
            since,
        } => format!("{name}, numéro {extension}, connecté ici depuis {since}."),
        S::SettingsAt { url } => format!("Sur un ordinateur ou un mobile, ouvrez {url}"),
        S::ScanWithMobile => "Scannez ceci avec votre mobile pour vous connecter.".into(),
        S::LogInWithMobile { url } => format!("Pour vous connecter avec votre mobile, ouvrez {url}"),
        S::MovedTo { name, place, time } => {
            format!(
                "{name} est maintenant ailleurs : {place}, {time}. Ce n'est pas vous ? Appuyez sur Bloquer."
            )
        }
        S::LockSure { name, until } => {
            format!("Bloquer le compte de {name} ? Il sera déconnecté partout et bloqué jusqu'à {until}.")
        }
        S::LockDone { name, until } => {
            format!(
                "Le compte de {name} est bloqué jusqu'à {until}. Prévenez l'assistance et demandez un nouveau code PIN."
            )
        }

        S::SignInHere => "Identifiez-vous avec votre numéro et votre code PIN.".into(),
        S::SignedOut => "Votre session est finie. Identifiez-vous de nouveau.".into(),
        S::LoggedInAt { place, since } => format!("Vous êtes connecté depuis {since} : {place}."),
        S::LoggedInNowhere => "Vous n'êtes connecté à aucun téléphone.".into(),
        S::LogInAtSure { place } => format!("Se connecter ici : {place} ?"),
        S::LoggingInAt { place } => format!("Ce téléphone est maintenant le vôtre : {place}."),
        S::CodeInvalid => "Ce code n'est plus valable. Scannez de nouveau celui du téléphone.".into(),
        S::Saved => "Enregistré.".into(),
        S::FieldInvalid { field } => format!("À corriger : {field}."),
    }
}

pub(super) const fn word(word: Word) -> &'static str {
    match word {
        Word::Desk => "bureau",
        Word::LogIn => "Connexion",
        Word::LogOut => "Déconnexion",
        Word::Cancel => "Annuler",
        Word::Back => "Retour",
        Word::Close => "Fermer",
        Word::Again => "Réessayer",
        Word::Lock => "Bloquer",
        Word::Yes => "Oui",
        Word::No => "Non",
        Word::Mobile => "Par mobile",
        Word::TitleLogIn => "Connexion",
        Word::TitleInUse => "Téléphone occupé",
        Word::TitleWelcome => "Bienvenue",
        Word::TitleProblem => "Échec",
        Word::TitleLoggedOut => "Déconnecté",
        Word::TitleMoved => "Déplacé",
        Word::TitleLock => "Bloquer le compte",
        Word::TitleRecent => "Qui êtes-vous ?",
        Word::TitleOnHold => "Appel d'urgence",
        Word::Number => "Numéro",
        Word::Pin => "Code PIN",
        Word::OtherNumber => "Autre numéro",
        Word::WithMobile => "Se connecter avec mon mobile",
        Word::TakeOver => "Se connecter à sa place",
        Word::WhoAmI => "Qui suis-je",
        Word::MySettings => "Mes réglages",
        Word::LockAccount => "Bloquer mon compte",
        Word::MyPhone => "Mon téléphone",
        Word::SignIn => "S'identifier",
        Word::SignOut => "Quitter",
        Word::Where => "Où je suis connecté",
        Word::Line => "Ma ligne",
        Word::LineLabel => "Nom de la ligne",
        Word::PhoneLanguage => "Langue du téléphone",
        Word::OfficeLanguage => "celle du site",
        Word::RingTone => "Sonnerie",
        Word::UsualTone => "habituelle",
        Word::Calls => "Appels pour moi",
        Word::DoNotDisturb => "Ne pas déranger",
        Word::ForwardAlways => "Renvoyer tous les appels vers",
        Word::ForwardBusy => "Quand je suis en ligne, vers",
        Word::ForwardNoAnswer => "Quand je ne réponds pas, vers",
        Word::AfterSeconds => "après autant de secondes",
        Word::ForwardLoggedOut => "Quand je suis déconnecté, vers",
        Word::VoicemailNumber => "Numéro de ma messagerie",
        Word::MessageLamp => "Voyant de messagerie",
        Word::SpeedDials => "Numéros abrégés",
        Word::Lamps => "Voyants des collègues",
        Word::KeyLabel => "Nom",
        Word::NumberToDial => "Numéro",
        Word::Extension => "Poste",
        Word::Save => "Enregistrer",
    }
}
