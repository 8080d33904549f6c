//! All keys that commands can use.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use k256::ecdsa::{SigningKey, VerifyingKey};

use super::file::{KeyFile, KeyFileError};
use super::{KeyName, Passphrase, PassphraseArgs};
use crate::bundled;
use crate::config::{Config, home};
use crate::output::Failure;

/// The directory of key files in the home directory.
const FOLDER: &str = "keys";

/// Whose a key is.
#[derive(Clone, Debug)]
pub(crate) enum Owner {
    /// The user's own, in an encrypted file.
    User(KeyFile),
    /// A developer's of the bundled network: everybody knows it.
    Developer(SigningKey),
}

impl Owner {
    /// The public key.
    pub(crate) fn public_key(&self) -> Result<VerifyingKey, Failure> {
        match self {
            Self::User(file) => file.public_key().map_err(Failure::usage),
            Self::Developer(key) => Ok(*key.verifying_key()),
        }
    }

    /// The key itself.
    pub(crate) fn unlock(
        self,
        name: &str,
        passphrase: &PassphraseArgs,
    ) -> Result<SigningKey, Failure> {
        match self {
            Self::User(file) => open(&file, name, &passphrase.known(name)?),
            Self::Developer(key) => Ok(key),
        }
    }
}

fn open(file: &KeyFile, name: &str, passphrase: &Passphrase) -> Result<SigningKey, Failure> {
    let opened = file.open(passphrase);
    opened.with_context(|| format!("key {name}")).map_err(Failure::Usage)
}

/// The key files of a user.
#[derive(Debug)]
pub(crate) struct KeyRing {
    folder: PathBuf,
}

impl KeyRing {
    /// The keys in the home directory.
    pub(crate) fn of_home() -> Result<Self, Failure> {
        Ok(Self { folder: home()?.join(FOLDER) })
    }

    fn path(&self, name: &KeyName) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    /// The names of all key files.
    pub(crate) fn names(&self) -> Result<Vec<KeyName>, Failure> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.and_then(Iterator::collect::<io::Result<Vec<_>>>),
        };
        let entries = entries
            .with_context(|| format!("cannot read {}", self.folder.display()))
            .map_err(Failure::Environment)?;
        let paths = entries.iter().map(fs::DirEntry::path);
        let mut names: Vec<KeyName> = paths.filter_map(|path| name_of(&path)).collect();
        names.sort();
        Ok(names)
    }

    /// The key file of a name, if there is one.
    pub(crate) fn file(&self, name: &KeyName) -> Result<Option<KeyFile>, Failure> {
        let path = self.path(name);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| format!("cannot read {}", path.display())),
        };
        let file = KeyFile::parse(&text.map_err(Failure::Environment)?);
        file.map(Some).with_context(|| path.display().to_string()).map_err(Failure::Usage)
    }

    /// The key of a name on a chain: a key file's, or a developer's of the bundled network.
    pub(crate) fn find(
        &self,
        name: &str,
        chain: &str,
        config: &Config,
    ) -> Result<Option<Owner>, Failure> {
        let Ok(key_name) = name.parse::<KeyName>() else { return Ok(None) };
        if let Some(file) = self.file(&key_name)? {
            return Ok(Some(Owner::User(file)));
        }
        let seed = config.network.as_ref().map(|network| network.seed);
        Ok(seed.and_then(|seed| bundled::dev_key(chain, name, seed)).map(Owner::Developer))
    }

    /// Refuses names that are taken.
    pub(crate) fn check_free(&self, name: &KeyName) -> Result<(), Failure> {
        if bundled::is_dev_name(name.as_str()) {
            let reason = anyhow!("{name} is a developer's of the bundled network");
            return Err(Failure::Usage(reason));
        }
        if self.path(name).exists() {
            return Err(Failure::Usage(anyhow!("there is a key {name} already")));
        }
        Ok(())
    }

    /// Writes a new key file, for the owner alone.
    pub(crate) fn store(
        &self,
        name: &KeyName,
        key: &SigningKey,
        passphrase: &Passphrase,
    ) -> Result<PathBuf, Failure> {
        self.check_free(name)?;
        let sealed = KeyFile::seal(key, passphrase).and_then(|file| file.to_text());
        let text = sealed.map_err(|error| match error {
            KeyFileError::Machine(_) => Failure::environment(error),
            _ => Failure::usage(error),
        })?;
        let path = self.path(name);
        let write = || {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            let mut file = options.open(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write()
            .with_context(|| format!("cannot write {}", path.display()))
            .map_err(Failure::Environment)?;
        Ok(path)
    }
}

fn name_of(path: &Path) -> Option<KeyName> {
    path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()
}
