//! Accounts on the command line: `CHAIN:ACCOUNT` and `CHAIN[:KEY]`.

use core::str::FromStr;

use anyhow::anyhow;

use crate::config::{ChainConfig, Config};
use crate::families;
use crate::keys::{KeyRing, Owner};
use crate::output::Failure;

/// `CHAIN:ACCOUNT`, where the account is an address or the name of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChainAccount {
    pub(crate) chain: String,
    pub(crate) account: String,
}

impl FromStr for ChainAccount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((chain, account)) if !chain.is_empty() && !account.is_empty() => {
                Ok(Self { chain: chain.to_owned(), account: account.to_owned() })
            }
            _ => Err("expected CHAIN:ACCOUNT, such as pow:alice".to_owned()),
        }
    }
}

impl ChainAccount {
    /// The chain, and the account's address on it.
    pub(crate) fn resolve<'c>(
        &self,
        config: &'c Config,
    ) -> Result<(&'c ChainConfig, String), Failure> {
        let usage = |reason: String| Failure::Usage(anyhow!(reason));
        let chain = config.chain(&self.chain).map_err(usage)?;
        let family = chain.family().map_err(usage)?;
        let prefix = families::prefix(family, chain);
        let name = &self.account;
        if let Some(owner) = KeyRing::of_home()?.find(name, &self.chain, config)? {
            let address = family.address(prefix, &owner.public_key()?).map_err(usage)?;
            return Ok((chain, address));
        }
        let address = family.check_address(prefix, name).map_err(|reason| {
            usage(format!("{name:?} is neither a key nor an address on {}: {reason}", self.chain))
        })?;
        Ok((chain, address))
    }
}

/// `CHAIN[:KEY]`: who pays and signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChainKey {
    pub(crate) chain: String,
    pub(crate) key: Option<String>,
}

impl FromStr for ChainKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (chain, key) = match text.split_once(':') {
            Some((chain, key)) => (chain, Some(key)),
            None => (text, None),
        };
        if chain.is_empty() || key.is_some_and(str::is_empty) {
            return Err("expected CHAIN or CHAIN:KEY, such as pow:alice".to_owned());
        }
        Ok(Self { chain: chain.to_owned(), key: key.map(ToOwned::to_owned) })
    }
}

impl ChainKey {
    /// The chain, and the key that was named or that the configuration names.
    pub(crate) fn resolve<'c>(
        &self,
        config: &'c Config,
    ) -> Result<(&'c ChainConfig, String, Owner), Failure> {
        let usage = |reason: String| Failure::Usage(anyhow!(reason));
        let chain = config.chain(&self.chain).map_err(usage)?;
        let name = self.key.as_ref().or(chain.key.as_ref());
        let name = name.ok_or_else(|| {
            usage(format!("no key: say {0}:KEY, or set key of chain {0}", self.chain))
        })?;
        let owner = KeyRing::of_home()?.find(name, &self.chain, config)?;
        let owner = owner.ok_or_else(|| usage(format!("there is no key {name:?}")))?;
        Ok((chain, name.clone(), owner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_must_be_there() {
        assert!("pow:alice".parse::<ChainAccount>().is_ok());
        assert!("pow".parse::<ChainKey>().is_ok_and(|it| it.key.is_none()));
        for text in ["", ":", "pow:", ":alice"] {
            text.parse::<ChainAccount>().unwrap_err();
            text.parse::<ChainKey>().unwrap_err();
        }
    }
}
