//! Spanish.

use super::{Sentence, Word};

pub(super) fn sentence(sentence: &Sentence<'_>) -> String {
    use Sentence as S;
    match *sentence {
        S::WrongPin { tries_left: None } => "El PIN no es correcto.".into(),
        S::WrongPin { tries_left: Some(0) } => "El PIN no es correcto. La cuenta queda bloqueada.".into(),
        S::WrongPin { tries_left: Some(1) } => "El PIN no es correcto. Queda un intento.".into(),
        S::WrongPin {
            tries_left: Some(tries),
        } => format!("El PIN no es correcto. Quedan {tries} intentos."),
        S::NumberOrPinWrong => {
            "El número o el PIN no es correcto, o la cuenta está bloqueada. Consulte con el soporte.".into()
        }
        S::PinNotDigits => "Un PIN tiene de 4 a 32 cifras, y solo cifras.".into(),
        S::PinMissing => "Falta el PIN.".into(),
        S::UserLocked { until } => {
            format!("Esta cuenta está bloqueada hasta las {until}. El soporte puede desbloquearla.")
        }
        S::UnknownUser => "No se conoce a nadie con este número.".into(),
        S::UserDisabled => "Esta cuenta está desactivada. Consulte con el soporte.".into(),
        S::NoPin => "Esta cuenta aún no tiene PIN. Consulte con el soporte.".into(),
        S::PinChanged => "El PIN se acaba de cambiar. Use el nuevo.".into(),
        S::DeviceUnknown => "Este teléfono no se conoce. Avise al soporte.".into(),
        S::DeviceDisabled => "Nadie puede iniciar sesión en este teléfono. Use otro.".into(),
        S::DeviceNotAllowed => "Usted no puede usar este teléfono. Use otro.".into(),
        S::DeviceBusy => "Otra persona usa este teléfono y debe cerrar su sesión antes.".into(),
        S::LoggedInElsewhere { place } => {
            format!("Usted tiene una sesión en {place}. Ciérrela allí primero.")
        }
        S::OnHold { until } => format!(
            "Desde este teléfono se hizo una llamada de emergencia. Queda como está hasta las {until}. Use otro."
        ),
        S::Unreachable => {
            "No se puede llegar al servicio. No se ha cambiado nada; inténtelo de nuevo enseguida.".into()
        }
        S::Unclear => {
            "No llegó respuesta a tiempo. Quizá funcionó: mire la pantalla antes de repetir.".into()
        }
        S::TooBusy => "Demasiadas personas a la vez. Inténtelo de nuevo enseguida.".into(),
        S::TooManyWrongPins => {
            "Desde aquí han llegado demasiados PIN incorrectos. Espere un minuto e inténtelo de nuevo.".into()
        }
        S::NotPossible => "No ha funcionado. Avise al soporte.".into(),
        S::NotAllowed => "Eso no está permitido aquí.".into(),
        S::Reference { id } => format!("Referencia para el soporte: {id}"),

        S::TypeNumberAndPin => "Marque su número y su PIN.".into(),
        S::TypePinOf { name } => format!("{name}, marque su PIN."),
        S::FormUsed => "Este formulario ya se envió. Aquí tiene uno nuevo.".into(),
        S::FormExpired => "Ha tardado demasiado. Aquí tiene un formulario nuevo.".into(),
        S::FormForeign => "Este formulario no es de este teléfono. Aquí tiene uno nuevo.".into(),
        S::InUse { name, since } => format!("{name} tiene aquí una sesión desde las {since}."),
        S::Welcome { name } => format!("Hola, {name}. Este teléfono ya es suyo."),
        S::AlreadyHere { name } => format!("{name}, su sesión ya está abierta aquí."),
        S::LoggedOutAt { place } => format!("Se cerró su sesión en {place}."),
        S::TookOver { name } => format!("Se cerró aquí la sesión de {name}."),
        S::LoggedOut { name } => format!("La sesión de {name} está cerrada. El teléfono queda libre."),
        S::NobodyHere => "Aquí no hay ninguna sesión abierta.".into(),
        S::YouAre {
            name,
            extension: "",
            since,
        } => format!("{name}, aquí desde las {since}."),
        S::YouAre {
            name,
            extension,
            since,
        } => format!("{name}, número {extension}, aquí desde las {since}."),
        S::SettingsAt { url } => format!("En un ordenador o móvil, abra {url}"),
        S::ScanWithMobile => "Escanee esto con su móvil para entrar.".into(),
        S::LogInWithMobile { url } => format!("Para entrar con su móvil, abra {url}"),
        S::MovedTo { name, place, time } => {
            format!("{name} está ahora en {place}, {time}. ¿No fue usted? Pulse Bloquear.")
        }
        S::LockSure { name, until } => {
            format!(
                "¿Bloquear la cuenta de {name}? Se cierran todas sus sesiones y queda bloqueada hasta las {until}."
            )
        }
        S::LockDone { name, until } => {
            format!(
                "La cuenta de {name} está bloqueada hasta las {until}. Avise al soporte y pida un PIN nuevo."
            )
        }

        S::SignInHere => "Identifíquese con su número y su PIN.".into(),
        S::SignedOut => "Ha salido. Identifíquese de nuevo para seguir.".into(),
        S::LoggedInAt { place, since } => format!("Tiene una sesión en {place} desde las {since}."),
        S::LoggedInNowhere => "No tiene sesión en ningún teléfono.".into(),
        S::LogInAtSure { place } => format!("¿Iniciar sesión en {place}?"),
        S::LoggingInAt { place } => format!("El teléfono en {place} ya es suyo."),
        S::CodeInvalid => "Este código ya no vale. Vuelva a escanear el del teléfono.".into(),
        S::Saved => "Guardado.".into(),
        S::FieldInvalid { field } => format!("Corrija, por favor: {field}."),
    }
}

pub(super) const fn word(word: Word) -> &'static str {
    match word {
        Word::Desk => "puesto",
        Word::LogIn => "Entrar",
        Word::LogOut => "Salir",
        Word::Cancel => "Cancelar",
        Word::Back => "Atrás",
        Word::Close => "Cerrar",
        Word::Again => "Reintentar",
        Word::Lock => "Bloquear",
        Word::Yes => "Sí",
        Word::No => "No",
        Word::Mobile => "Con móvil",
        Word::TitleLogIn => "Iniciar sesión",
        Word::TitleInUse => "Teléfono ocupado",
        Word::TitleWelcome => "Bienvenida",
        Word::TitleProblem => "No se pudo",
        Word::TitleLoggedOut => "Sesión cerrada",
        Word::TitleMoved => "En otro teléfono",
        Word::TitleLock => "Bloquear la cuenta",
        Word::TitleRecent => "¿Quién es usted?",
        Word::TitleOnHold => "Emergencia",
        Word::Number => "Número",
        Word::Pin => "PIN",
        Word::OtherNumber => "Otro número",
        Word::WithMobile => "Entrar con mi móvil",
        Word::TakeOver => "Entrar como otra persona",
        Word::WhoAmI => "Quién soy",
        Word::MySettings => "Mis ajustes",
        Word::LockAccount => "Bloquear mi cuenta",
        Word::MyPhone => "Mi teléfono",
        Word::SignIn => "Entrar",
        Word::SignOut => "Salir",
        Word::Where => "Dónde tengo sesión",
        Word::Line => "Mi línea",
        Word::LineLabel => "Nombre de la línea",
        Word::PhoneLanguage => "Idioma del teléfono",
        Word::OfficeLanguage => "el de la oficina",
        Word::RingTone => "Tono de llamada",
        Word::UsualTone => "el habitual",
        Word::Calls => "Llamadas para mí",
        Word::DoNotDisturb => "No molestar",
        Word::ForwardAlways => "Desviar todas las llamadas a",
        Word::ForwardBusy => "Cuando estoy hablando, a",
        Word::ForwardNoAnswer => "Cuando no contesto, a",
        Word::AfterSeconds => "después de estos segundos",
        Word::ForwardLoggedOut => "Cuando no tengo sesión, a",
        Word::VoicemailNumber => "Número de mi buzón",
        Word::MessageLamp => "Luz de mensajes",
        Word::SpeedDials => "Marcación rápida",
        Word::Lamps => "Luces de compañeros",
        Word::KeyLabel => "Nombre",
        Word::NumberToDial => "Número",
        Word::Extension => "Extensión",
        Word::Save => "Guardar",
    }
}
