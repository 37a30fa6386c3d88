//! Portuguese.

use super::{Sentence, Word};

pub(super) fn sentence(sentence: &Sentence<'_>) -> String {
    use Sentence as S;
    match *sentence {
        S::WrongPin { tries_left: None } => "O PIN está errado.".into(),
        S::WrongPin { tries_left: Some(0) } => "O PIN está errado. A conta ficou bloqueada.".into(),
        S::WrongPin { tries_left: Some(1) } => "O PIN está errado. Resta uma tentativa.".into(),
        S::WrongPin {
            tries_left: Some(tries),
        } => format!("O PIN está errado. Restam {tries} tentativas."),
        S::NumberOrPinWrong => {
            "O número ou o PIN está errado, ou a conta está bloqueada. Fale com o suporte.".into()
        }
        S::PinNotDigits => "Um PIN tem de 4 a 32 algarismos, e só algarismos.".into(),
        S::PinMissing => "Falta o PIN.".into(),
        S::UserLocked { until } => {
            format!("Esta conta está bloqueada até às {until}. O suporte pode desbloqueá-la.")
        }
        S::UnknownUser => "Ninguém é conhecido por este número.".into(),
        S::UserDisabled => "Esta conta está desativada. Fale com o suporte.".into(),
        S::NoPin => "Esta conta ainda não tem PIN. Fale com o suporte.".into(),
        S::PinChanged => "O PIN acabou de ser mudado. Use o novo.".into(),
        S::DeviceUnknown => "Este telefone não é conhecido. Avise o suporte.".into(),
        S::DeviceDisabled => "Ninguém pode entrar neste telefone. Use outro.".into(),
        S::DeviceNotAllowed => "Não pode usar este telefone. Use outro.".into(),
        S::DeviceBusy => "Outra pessoa usa este telefone e tem de sair primeiro.".into(),
        S::LoggedInElsewhere { place } => {
            format!("Já tem sessão em {place}. Saia lá primeiro.")
        }
        S::OnHold { until } => format!(
            "Deste telefone saiu uma chamada de emergência. Fica como está até às {until}. Use outro."
        ),
        S::Unreachable => "O serviço não responde. Nada foi mudado; tente de novo daqui a pouco.".into(),
        S::Unclear => {
            "Não veio resposta a tempo. Talvez tenha resultado: veja o ecrã antes de repetir.".into()
        }
        S::TooBusy => "Demasiadas pessoas ao mesmo tempo. Tente de novo daqui a pouco.".into(),
        S::TooManyWrongPins => {
            "Daqui vieram demasiados PIN errados. Espere um minuto e tente de novo.".into()
        }
        S::NotPossible => "Não resultou. Avise o suporte.".into(),
        S::NotAllowed => "Isso não é permitido aqui.".into(),
        S::Reference { id } => format!("Referência para o suporte: {id}"),

        S::TypeNumberAndPin => "Digite o seu número e o PIN.".into(),
        S::TypePinOf { name } => format!("{name}, digite o seu PIN."),
        S::FormUsed => "Este formulário já foi enviado. Aqui está um novo.".into(),
        S::FormExpired => "Demorou demasiado. Aqui está um formulário novo.".into(),
        S::FormForeign => "Este formulário não é deste telefone. Aqui está um novo.".into(),
        S::InUse { name, since } => format!("{name} tem sessão aqui desde as {since}."),
        S::Welcome { name } => format!("Olá, {name}. Este telefone agora é seu."),
        S::AlreadyHere { name } => format!("{name}, já tem sessão aqui."),
        S::LoggedOutAt { place } => format!("A sua sessão terminou em {place}."),
        S::TookOver { name } => format!("A sessão de {name} terminou aqui."),
        S::LoggedOut { name } => format!("{name} saiu. O telefone está livre."),
        S::NobodyHere => "Aqui ninguém tem sessão.".into(),
        S::YouAre {
            name,
            extension: "",
            since,
        } => format!("{name}, com sessão aqui desde as {since}."),
        S::YouAre {
            name,
            extension,
            since,
        } => format!("{name}, número {extension}, com sessão aqui desde as {since}."),
        S::SettingsAt { url } => format!("Num computador ou telemóvel, abra {url}"),
        S::ScanWithMobile => "Leia isto com o telemóvel para entrar.".into(),
        S::LogInWithMobile { url } => format!("Para entrar com o telemóvel, abra {url}"),
        S::MovedTo { name, place, time } => {
            format!("{name} está agora em {place}, {time}. Não foi você? Prima Bloquear.")
        }
        S::LockSure { name, until } => {
            format!("Bloquear a conta de {name}? Todas as sessões terminam e fica bloqueada até às {until}.")
        }
        S::LockDone { name, until } => {
            format!("A conta de {name} está bloqueada até às {until}. Avise o suporte e peça um PIN novo.")
        }

        S::SignInHere => "Identifique-se com o seu número e o PIN.".into(),
        S::SignedOut => "Saiu da página. Identifique-se de novo para continuar.".into(),
        S::LoggedInAt { place, since } => format!("Tem sessão em {place} desde as {since}."),
        S::LoggedInNowhere => "Não tem sessão em nenhum telefone.".into(),
        S::LogInAtSure { place } => format!("Entrar em {place}?"),
        S::LoggingInAt { place } => format!("O telefone em {place} agora é seu."),
        S::CodeInvalid => "Este código já não é válido. Leia de novo o do telefone.".into(),
        S::Saved => "Guardado.".into(),
        S::FieldInvalid { field } => format!("Corrija, por favor: {field}."),
    }
}

pub(super) const fn word(word: Word) -> &'static str {
    match word {
        Word::Desk => "mesa",
        Word::LogIn => "Entrar",
        Word::LogOut => "Sair",
        Word::Cancel => "Cancelar",
        Word::Back => "Voltar",
        Word::Close => "Fechar",
        Word::Again => "Repetir",
        Word::Lock => "Bloquear",
        Word::Yes => "Sim",
        Word::No => "Não",
        Word::Mobile => "Telemóvel",
        Word::TitleLogIn => "Entrar",
        Word::TitleInUse => "Telefone ocupado",
        Word::TitleWelcome => "Olá",
        Word::TitleProblem => "Não resultou",
        Word::TitleLoggedOut => "Sessão terminada",
        Word::TitleMoved => "Noutro telefone",
        Word::TitleLock => "Bloquear a conta",
        Word::TitleRecent => "Quem é?",
        Word::TitleOnHold => "Emergência",
        Word::Number => "Número",
        Word::Pin => "PIN",
        Word::OtherNumber => "Outro número",
        Word::WithMobile => "Entrar com o telemóvel",
        Word::TakeOver => "Entrar como outra pessoa",
        Word::WhoAmI => "Quem sou eu",
        Word::MySettings => "As minhas definições",
        Word::LockAccount => "Bloquear a minha conta",
        Word::MyPhone => "O meu telefone",
        Word::SignIn => "Entrar",
        Word::SignOut => "Sair",
        Word::Where => "Onde tenho sessão",
        Word::Line => "A minha linha",
        Word::LineLabel => "Nome da linha",
        Word::PhoneLanguage => "Língua do telefone",
        Word::OfficeLanguage => "a do escritório",
        Word::RingTone => "Toque",
        Word::UsualTone => "o habitual",
        Word::Calls => "Chamadas para mim",
        Word::DoNotDisturb => "Não incomodar",
        Word::ForwardAlways => "Desviar todas as chamadas para",
        Word::ForwardBusy => "Quando estou a falar, para",
        Word::ForwardNoAnswer => "Quando não atendo, para",
        Word::AfterSeconds => "depois destes segundos",
        Word::ForwardLoggedOut => "Quando não tenho sessão, para",
        Word::VoicemailNumber => "Número da minha caixa de correio",
        Word::MessageLamp => "Luz de mensagens",
        Word::SpeedDials => "Marcação rápida",
        Word::Lamps => "Luzes dos colegas",
        Word::KeyLabel => "Nome",
        Word::NumberToDial => "Número",
        Word::Extension => "Extensão",
        Word::Save => "Guardar",
    }
}
