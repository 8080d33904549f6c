//! The directory of one network: whose it is, and which version of this program wrote it.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::store::{ChainStore, StoreError};

/// The layout of data directories that this program reads and writes.
const VERSION: u64 = 1;

/// What the layout is called, so that nothing else is taken for it.
const FORMAT: &str = "causeway-network";

/// Where layout and seed are written down.
const IDENTITY_FILE: &str = "network.json";

/// The seed of a network that nobody chose one for.
const DEFAULT_SEED: u64 = 1;

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process has it.
    #[error("{0} is in use by another process: stop that one, or choose another --data-dir")]
    InUse(PathBuf),
    /// It was written by another version, or by something else.
    #[error(
        "{path} holds {got}, this program reads {FORMAT} version {VERSION}: choose another \
         --data-dir, or start afresh with --reset"
    )]
    OtherFormat {
        /// The directory.
        path: PathBuf,
        /// What it holds.
        got: String,
    },
    /// The network there has other keys.
    #[error(
        "{path} holds a network with seed {got}, not {expected}: leave --seed out, choose another \
         --data-dir, or start afresh with --reset"
    )]
    OtherSeed {
        /// The directory.
        path: PathBuf,
        /// The seed of the network there.
        got: u64,
        /// The seed that was asked for.
        expected: u64,
    },
    /// The disk.
    #[error("{path}: {source}")]
    Disk {
        /// Where.
        path: PathBuf,
        /// What.
        source: io::Error,
    },
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    format: String,
    version: u64,
    seed: u64,
}

/// A data directory, locked for as long as this lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    seed: u64,
    _lock: File,
}

impl DataDir {
    /// Opens or makes a data directory. With `reset`, what a network left there is removed first.
    /// A network that is there keeps its seed; a new one gets the seed asked for.
    pub fn open(path: &Path, reset: bool, seed: Option<u64>) -> Result<Self, DataDirError> {
        let disk = |source| DataDirError::Disk { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(disk)?;
        let path = fs::canonicalize(path).map_err(disk)?;
        let disk = |source| DataDirError::Disk { path: path.clone(), source };
        let lock = File::create(path.join("lock")).map_err(disk)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DataDirError::InUse(path)),
            Err(TryLockError::Error(source)) => return Err(disk(source)),
        }
        if reset {
            Self::clear(&path).map_err(disk)?;
        }
        let seed = match Self::read_identity(&path)? {
            Some(there) => match seed {
                Some(expected) if expected != there.seed => {
                    return Err(DataDirError::OtherSeed { path, got: there.seed, expected });
                }
                _ => there.seed,
            },
            None => {
                let seed = seed.unwrap_or(DEFAULT_SEED);
                let identity = Identity { format: FORMAT.to_owned(), version: VERSION, seed };
                Self::write_identity(&path, &identity).map_err(disk)?;
                seed
            }
        };
        Ok(Self { path, seed, _lock: lock })
    }

    fn read_identity(path: &Path) -> Result<Option<Identity>, DataDirError> {
        let disk = |source| DataDirError::Disk { path: path.to_owned(), source };
        let other = |got: String| DataDirError::OtherFormat { path: path.to_owned(), got };
        let text = match fs::read_to_string(path.join(IDENTITY_FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return match databases(path).map_err(disk)?.first() {
                    Some(found) => Err(other(format!("{} of an unknown program", found.display()))),
                    None => Ok(None),
                };
            }
            Err(source) => return Err(disk(source)),
        };
        let identity: Identity = serde_json::from_str(&text)
            .map_err(|error| other(format!("a {IDENTITY_FILE} that cannot be read ({error})")))?;
        if identity.format != FORMAT || identity.version != VERSION {
            return Err(other(format!("{} version {}", identity.format, identity.version)));
        }
        Ok(Some(identity))
    }

    /// Written aside and renamed, so that it is there whole or not at all.
    fn write_identity(path: &Path, identity: &Identity) -> io::Result<()> {
        let aside = path.join("network.json.new");
        let mut file = File::create(&aside)?;
        serde_json::to_writer(&mut file, identity)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(aside, path.join(IDENTITY_FILE))
    }

    fn clear(path: &Path) -> io::Result<()> {
        for database in databases(path)? {
            fs::remove_file(database)?;
        }
        match fs::remove_file(path.join(IDENTITY_FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The directory, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The seed of all keys of the network.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The store of one chain.
    pub fn chain(&self, alias: &str) -> Result<ChainStore, StoreError> {
        ChainStore::open(&self.path.join(format!("{alias}.sqlite")))
    }

    /// Makes new credentials for an API, `user:password`, and writes them into a file that only the
    /// owner may read, in place of an older one.
    pub fn new_cookie(&self, name: &str) -> Result<Cookie, DataDirError> {
        let file = self.path.join(name);
        let mut secret = [0; 32];
        let mut make = || {
            getrandom::fill(&mut secret).map_err(|error| io::Error::other(error.to_string()))?;
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let credentials = format!("__cookie__:{}", hex::encode(secret));
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            options.open(&file)?.write_all(credentials.as_bytes())?;
            Ok(credentials)
        };
        match make() {
            Ok(credentials) => Ok(Cookie { file, credentials }),
            Err(source) => Err(DataDirError::Disk { path: file, source }),
        }
    }
}

/// Credentials for an API, and the file they are in.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    /// The file.
    pub file: PathBuf,
    /// `user:password`.
    pub credentials: String,
}

/// Without the password.
impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cookie").field(&self.file).finish()
    }
}

/// The databases of chains in a directory, with their journals.
fn databases(path: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    let is_database = |name: &str| name.contains(".sqlite");
    let names = entries.into_iter().map(|entry| entry.path());
    Ok(names
        .filter(|path| path.file_name().is_some_and(|name| is_database(&name.to_string_lossy())))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_network_keeps_its_seed() {
        let place = temporary();
        assert_eq!(DataDir::open(place.path(), false, Some(7)).unwrap().seed(), 7);
        assert_eq!(DataDir::open(place.path(), false, None).unwrap().seed(), 7);
        let refused = DataDir::open(place.path(), false, Some(8));
        assert!(matches!(refused, Err(DataDirError::OtherSeed { got: 7, expected: 8, .. })));
        assert_eq!(DataDir::open(place.path(), true, Some(8)).unwrap().seed(), 8);
        assert_eq!(DataDir::open(place.path(), true, None).unwrap().seed(), DEFAULT_SEED);
    }

    #[test]
    fn one_process_has_it_at_a_time() {
        let place = temporary();
        let first = DataDir::open(place.path(), false, None).unwrap();
        let second = DataDir::open(place.path(), true, None);
        assert!(matches!(second, Err(DataDirError::InUse(_))));
        drop(first);
        DataDir::open(place.path(), false, None).unwrap();
    }

    #[test]
    fn what_others_left_is_not_touched_without_reset() {
        for (name, contents) in [
            ("network.json", r#"{"format":"causeway-network","version":2,"seed":1}"#),
            ("network.json", r#"{"format":"other","version":1,"seed":1}"#),
            ("network.json", "half a fi"),
            ("pow.sqlite", ""),
        ] {
            let place = temporary();
            let file = place.path().join(name);
            fs::write(&file, contents).unwrap();
            let refused = DataDir::open(place.path(), false, None);
            assert!(matches!(refused, Err(DataDirError::OtherFormat { .. })), "{name} {contents}");
            assert_eq!(fs::read_to_string(&file).unwrap(), contents);
            DataDir::open(place.path(), true, None).unwrap();
        }
    }

    #[test]
    fn cookies_are_new_each_time_and_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let place = temporary();
        let directory = DataDir::open(place.path(), false, None).unwrap();
        let cookies = [(); 2].map(|()| directory.new_cookie("pow.cookie").unwrap());
        assert_ne!(cookies[0].credentials, cookies[1].credentials);
        let file = &cookies[1].file;
        assert_eq!(fs::read_to_string(file).unwrap(), cookies[1].credentials);
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
