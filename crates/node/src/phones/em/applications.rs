//! The file of applications: who they are, and what they may.
//!
//! ```toml
//! [[application]]
//! id = "reception"
//! # argon2id in PHC notation, as `argon2 <salt> -id -e` writes it.
//! password = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$..."
//! # Of login, logout, logout-all, query; at least one.
//! rights = ["login", "logout", "query"]
//! # Offices whose phones it may use; all when left out.
//! sites = ["chicago"]
//! # Whether it is believed when it says for which phone it asks (remoteIPAddr, isViaHeaderSet).
//! forwards = true
//! ```
//!
//! The file is read again when it has changed; while it cannot be read, nobody is let in by it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordVerifier};
use hotdesk_core::command::ACTOR_BYTES_MAX;
use hotdesk_core::{Actor, SiteId};
use parking_lot::Mutex;
use smol_str::SmolStr;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

/// How many applications there may be.
const APPLICATIONS_MAX: usize = 256;
/// The largest file.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// The most that checking a password may cost, in KiB and passes: a mistake in the file must not exhaust the node.
const MEMORY_KIB_MAX: u32 = 256 * 1024;
const PASSES_MAX: u32 = 16;
/// The longest id, so that it stands whole in events.
const ID_BYTES_MAX: usize = ACTOR_BYTES_MAX - "em:".len();

/// Whether a file can be read and has nothing wrong in it; says what.
pub(crate) fn check(file: &Path) -> Result<(), String> {
    load(file).map(|_| ())
}

/// Something that an application may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Login,
    Logout,
    LogoutAll,
    Query,
}

/// A program that may ask.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Application {
    pub(super) id: SmolStr,
    verifier: Verifier,
    rights: Vec<Right>,
    /// `None`: all.
    sites: Option<Vec<SiteId>>,
    pub(super) forwards: bool,
}

/// What a password is checked against; kept out of logs.
#[derive(PartialEq, Eq)]
struct Verifier(String);

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

impl Application {
    /// Who it is in events and the audit trail.
    pub(super) fn actor(&self) -> Actor {
        Actor(format!("em:{}", self.id).into())
    }

    pub(super) fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    pub(super) fn may_use(&self, site: &SiteId) -> bool {
        self.sites.as_ref().is_none_or(|sites| sites.contains(site))
    }

    /// Whether this is its password. Takes as long as the verifier says; not for a thread that others wait for.
    pub(super) fn is_password(&self, password: &Zeroizing<String>) -> bool {
        let hash = PasswordHash::new(&self.verifier.0).ok();
        hash.is_some_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
    }
}

/// The applications of the file.
#[derive(Debug)]
pub(super) struct Applications {
    file: Option<PathBuf>,
    read: Mutex<Read>,
}

#[derive(Debug)]
struct Read {
    modified: Option<SystemTime>,
    /// Its offices have been looked up.
    is_compared: bool,
    applications: Result<Vec<Arc<Application>>, String>,
}

impl Applications {
    /// No file: no applications.
    pub(super) fn read(file: Option<&Path>) -> Result<Self, String> {
        let read = match file {
            None => Read {
                modified: None,
                is_compared: false,
                applications: Ok(Vec::new()),
            },
            Some(file) => Read::of(file),
        };
        if let Err(problem) = &read.applications {
            return Err(problem.clone());
        }
        Ok(Self {
            file: file.map(Path::to_path_buf),
            read: Mutex::new(read),
        })
    }

    /// The application of an id; an error while the file cannot be read. Touches the disk. Offices that nobody knows are
    /// told of in the log, once for each reading: the directory is not there yet when the node starts.
    pub(super) fn find(
        &self,
        id: &str,
        is_site: impl Fn(&SiteId) -> bool,
    ) -> Result<Option<Arc<Application>>, ()> {
        let mut read = self.read.lock();
        if let Some(file) = &self.file
            && read.modified != modified(file)
        {
            *read = Read::of(file);
            match &read.applications {
                Ok(applications) => tracing::info!(count = applications.len(), "applications read again"),
                Err(problem) => {
                    tracing::error!(problem, "the file of applications cannot be read: none is let in")
                }
            }
        }
        let is_first = !std::mem::replace(&mut read.is_compared, true);
        let applications = read.applications.as_ref().map_err(|_| ())?;
        if is_first {
            for (id, site) in unknown_sites(applications, is_site) {
                tracing::warn!(
                    application = id.as_str(),
                    site_id = site.as_str(),
                    "an application is limited to an office that is not in the directory"
                );
            }
        }
        Ok(applications
            .iter()
            .find(|application| application.id == id)
            .cloned())
    }
}

/// The offices of applications that the directory does not have.
fn unknown_sites(
    applications: &[Arc<Application>],
    is_site: impl Fn(&SiteId) -> bool,
) -> Vec<(&SmolStr, &SiteId)> {
    let named = applications.iter().flat_map(|application| {
        let sites = application.sites.iter().flatten();
        sites.map(|site| (&application.id, site))
    });
    named.filter(|(_, site)| !is_site(site)).collect()
}

impl Read {
    fn of(file: &Path) -> Self {
        Self {
            modified: modified(file),
            is_compared: false,
            applications: load(file),
        }
    }
}

fn modified(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).ok()?.modified().ok()
}

fn load(file: &Path) -> Result<Vec<Arc<Application>>, String> {
    let cannot = |error: std::io::Error| format!("cannot read {}: {error}", file.display());
    let length = std::fs::metadata(file).map_err(cannot)?.len();
    if length > FILE_BYTES_MAX {
        return Err(format!(
            "{} is larger than {FILE_BYTES_MAX} bytes",
            file.display()
        ));
    }
    let text = std::fs::read_to_string(file).map_err(cannot)?;
    parse(&text).map_err(|problem| format!("{}: {problem}", file.display()))
}

fn parse(text: &str) -> Result<Vec<Arc<Application>>, String> {
    let table = DeTable::parse(text).map_err(|error| format!("not valid TOML: {}", error.message()))?;
    let mut applications: Vec<Arc<Application>> = Vec::new();
    for (key, value) in table.get_ref() {
        let list = value
            .get_ref()
            .as_array()
            .filter(|_| key.get_ref() == "application");
        let list =
            list.ok_or_else(|| format!("{:?} is not known; expected [[application]]", key.get_ref()))?;
        for value in list.iter() {
            let application = application(value.get_ref())?;
            if applications.iter().any(|known| known.id == application.id) {
                return Err(format!("there are two applications {:?}", application.id));
            }
            applications.push(Arc::new(application));
        }
    }
    if applications.len() > APPLICATIONS_MAX {
        return Err(format!("there are more than {APPLICATIONS_MAX} applications"));
    }
    Ok(applications)
}

fn application(value: &DeValue<'_>) -> Result<Application, String> {
    let table = value.as_table().ok_or("expected [[application]]")?;
    let text = |key: &str| {
        let value = table.get(key).and_then(|value| value.get_ref().as_str());
        value
            .filter(|text| !text.is_empty())
            .ok_or_else(|| format!("an application's {key} is missing, or no text"))
    };
    let id = SmolStr::from(text("id")?);
    if id.len() > ID_BYTES_MAX || id.contains(char::is_control) {
        return Err(format!(
            "id {id:?} must have at most {ID_BYTES_MAX} bytes, and no control characters"
        ));
    }
    let list = |key: &str| {
        let value = table.get(key)?.get_ref().as_array();
        let texts = value.and_then(|items| {
            let texts = items.iter().map(|item| item.get_ref().as_str());
            texts.map(|text| text.map(str::to_owned)).collect()
        });
        // An empty one is a mistake, and would be misread: as nothing here, as everything there.
        Some(match texts {
            Some(texts) if !Vec::is_empty(&texts) => Ok(texts),
            _ => Err(format!(
                "{key} of {id:?} must be a list of texts that is not empty"
            )),
        })
    };
    for key in table.keys().map(|key| key.get_ref().as_ref()) {
        if !["id", "password", "rights", "sites", "forwards"].contains(&key) {
            return Err(format!("{key:?} of {id:?} is not known"));
        }
    }
    let verifier = verifier(&id, text("password")?)?;
    let missing = || Err(format!("rights of {id:?} are missing: it may do nothing"));
    let rights = list("rights")
        .unwrap_or_else(missing)?
        .iter()
        .map(|name| right(name))
        .collect::<Result<_, _>>()?;
    let site = |name: &String| SiteId::parse(name).map_err(|error| error.to_string());
    let sites = match list("sites").transpose()? {
        None => None,
        Some(names) => Some(names.iter().map(site).collect::<Result<_, _>>()?),
    };
    let forwards = match table.get("forwards").map(|value| value.get_ref()) {
        None => false,
        Some(DeValue::Boolean(forwards)) => *forwards,
        Some(_) => return Err(format!("forwards of {id:?} must be true or false")),
    };
    Ok(Application {
        verifier,
        rights,
        sites,
        forwards,
        id,
    })
}

fn right(name: &str) -> Result<Right, String> {
    match name {
        "login" => Ok(Right::Login),
        "logout" => Ok(Right::Logout),
        "logout-all" => Ok(Right::LogoutAll),
        "query" => Ok(Right::Query),
        _ => Err(format!(
            "{name:?} is no right; expected login, logout, logout-all or query"
        )),
    }
}

fn verifier(id: &str, text: &str) -> Result<Verifier, String> {
    let wrong = || {
        format!(
            "password of {id:?} must be argon2id in PHC notation ($argon2id$v=19$m=...), not the password itself"
        )
    };
    let hash = PasswordHash::new(text).map_err(|_| wrong())?;
    let params = Params::try_from(&hash).map_err(|_| wrong())?;
    if hash.algorithm.as_str() != "argon2id" || hash.hash.is_none() {
        return Err(wrong());
    }
    if params.m_cost() > MEMORY_KIB_MAX || params.t_cost() > PASSES_MAX {
        return Err(format!(
            "password of {id:?} costs too much to check: at most m={MEMORY_KIB_MAX} and t={PASSES_MAX}"
        ));
    }
    Ok(Verifier(text.to_owned()))
}

#[cfg(test)]
pub(super) mod tests {
    use argon2::PasswordHasher;

    use super::*;

    /// A verifier that costs next to nothing.
    pub(in crate::phones::em) fn verifier_of(password: &str) -> String {
        let params = Params::new(8, 1, 1, None).unwrap();
        let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let hash: PasswordHash = argon2.hash_password(password.as_bytes()).unwrap();
        hash.to_string()
    }

    fn password(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn an_application_is_known_by_its_password_and_may_what_its_rights_say() {
        let text = format!(
            "[[application]]\nid = \"desk\"\npassword = \"{}\"\nrights = [\"login\", \"query\"]\n\
             sites = [\"chicago\"]\nforwards = true\n",
            verifier_of("s3cret")
        );
        let applications = parse(&text).unwrap();
        let desk = &applications[0];
        assert!(desk.is_password(&password("s3cret")) && !desk.is_password(&password("S3cret")));
        assert!(desk.may(Right::Login) && desk.may(Right::Query));
        assert!(!desk.may(Right::Logout) && !desk.may(Right::LogoutAll));
        let site = |id: &str| SiteId::parse(id).unwrap();
        assert!(desk.may_use(&site("chicago")) && !desk.may_use(&site("austin")));
        assert!(desk.forwards);
        assert!(!format!("{desk:?}").contains("argon2"));
    }

    #[test]
    fn an_office_that_is_not_in_the_directory_is_noticed() {
        let text = format!(
            "[[application]]\nid = \"desk\"\npassword = \"{}\"\nrights = [\"query\"]\nsites = [\"chicago\", \"chicgo\"]\n",
            verifier_of("s3cret")
        );
        let applications = parse(&text).unwrap();
        let unknown = unknown_sites(&applications, |site| site.as_str() == "chicago");
        let unknown: Vec<_> = unknown
            .iter()
            .map(|(id, site)| (id.as_str(), site.as_str()))
            .collect();
        assert_eq!(unknown, [("desk", "chicgo")]);
    }

    #[test]
    fn what_is_wrong_in_the_file_is_said_without_passwords() {
        let fine = verifier_of("s3cret");
        for (text, expected) in [
            ("x = 1".to_owned(), "\"x\" is not known"),
            ("application = 1".to_owned(), "expected [[application]]"),
            ("[[application]]\nid = \"a\"".to_owned(), "password is missing"),
            ("[[application]]\npassword = \"x\"".to_owned(), "id is missing"),
            (format!("[[application]]\nid = \"{}\"", "a".repeat(62)), "at most 61 bytes"),
            ("[[application]]\nid = \"a\\nb\"".to_owned(), "no control characters"),
            ("[[application]]\nid = \"a\"\npassword = \"hunter2\"".to_owned(), "PHC notation"),
            (
                "[[application]]\nid = \"a\"\npassword = \"$argon2id$v=19$m=9999999,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Ng\""
                    .to_owned(),
                "costs too much",
            ),
            (
                format!("[[application]]\nid = \"a\"\npassword = \"{fine}\"\nrights = [\"rule\"]"),
                "is no right",
            ),
            (
                format!("[[application]]\nid = \"a\"\npassword = \"{fine}\""),
                "rights of \"a\" are missing",
            ),
            (
                format!("[[application]]\nid = \"a\"\npassword = \"{fine}\"\nrights = []"),
                "rights of \"a\" must be a list of texts that is not empty",
            ),
            (
                format!("[[application]]\nid = \"a\"\npassword = \"{fine}\"\nrights = [\"query\"]\nsites = []"),
                "sites of \"a\" must be a list of texts that is not empty",
            ),
            (
                format!("[[application]]\nid = \"a\"\npassword = \"{fine}\"\nrights = \"query\""),
                "rights of \"a\" must be a list of texts",
            ),
            (
                format!("[[application]]\nid = \"a\"\npassword = \"{fine}\"\nsite = [\"x\"]"),
                "\"site\" of \"a\" is not known",
            ),
            (
                format!("[[application]]\nid = \"a\"\npassword = \"{fine}\"\nrights = [\"query\"]\n").repeat(2),
                "two applications",
            ),
            ("[[application".to_owned(), "not valid TOML"),
        ] {
            let problem = parse(&text).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn a_changed_file_is_read_again_and_a_broken_one_lets_nobody_in() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("applications.toml");
        let write = |text: &str, second: u64| {
            std::fs::write(&file, text).unwrap();
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
            std::fs::File::open(&file).unwrap().set_modified(at).unwrap();
        };
        let entry = |id: &str| {
            format!(
                "[[application]]\nid = \"{id}\"\npassword = \"{}\"\nrights = [\"query\"]\n",
                verifier_of("x")
            )
        };
        write(&entry("a"), 1);
        let applications = Applications::read(Some(&file)).unwrap();
        let find = |id: &str| applications.find(id, |_| true);
        assert!(find("a").unwrap().is_some());
        write(&entry("b"), 2);
        assert!(find("a").unwrap().is_none());
        assert!(find("b").unwrap().is_some());
        write("[[", 3);
        assert!(find("b").is_err());
        assert!(Applications::read(Some(&file)).is_err());
    }
}
