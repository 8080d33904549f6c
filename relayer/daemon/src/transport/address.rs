//! Where an API is.

use core::fmt;
use core::str::FromStr;

use hyper::Uri;

use super::Login;

/// Why a text is no address of an API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no URL.
    #[error("{text:?} is no URL: {reason}")]
    Malformed {
        /// What was given, without a password.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// It is a URL of something that is not spoken here.
    #[error("{text:?}: only http:// is spoken here; reach other nodes through a tunnel or a proxy")]
    Scheme {
        /// What was given, without a password.
        text: String,
    },
}

/// The URL of an API, `http://host[:port][/path]`, and how to log in there.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// `host[:port]`.
    authority: String,
    /// What is put before every path; without a slash at the end.
    base: String,
    login: Login,
}

impl Address {
    /// The same address with another way to log in.
    #[must_use]
    pub fn with_login(mut self, login: Login) -> Self {
        self.login = login;
        self
    }

    pub(crate) const fn login(&self) -> &Login {
        &self.login
    }

    /// The URL of a path of this API; `scheme` is `http` or `ws`.
    pub(crate) fn url(&self, scheme: &str, path: &str) -> String {
        // What stands for the root is not put behind a path.
        let path = if path == "/" && !self.base.is_empty() { "" } else { path };
        format!("{scheme}://{}{}{path}", self.authority, self.base)
    }
}

/// Without a password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.base)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// A user and a password may stand before the host, as in `http://user:password@host`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let shown = match (text.find("://"), text.rfind('@')) {
            (Some(scheme), Some(at)) if scheme < at => {
                format!("{}://…@{}", &text[..scheme], &text[at + 1..])
            }
            _ => text.to_owned(),
        };
        let malformed =
            |reason: &str| AddressError::Malformed { text: shown.clone(), reason: reason.into() };
        let uri: Uri = text.parse().map_err(|error| malformed(&format!("{error}")))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some(_) => return Err(AddressError::Scheme { text: shown }),
            None => return Err(malformed("there is no http:// before it")),
        }
        if uri.query().is_some() {
            return Err(malformed("a query belongs to single requests"));
        }
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let (login, authority) = match authority.rsplit_once('@') {
            None => (Login::None, authority),
            Some((user, host)) => {
                let (user, password) = user
                    .split_once(':')
                    .ok_or_else(|| malformed("a user without a password stands before the @"))?;
                (Login::basic(user, password), host.to_owned())
            }
        };
        if authority.is_empty() {
            return Err(malformed("there is no host"));
        }
        Ok(Self { authority, base: uri.path().trim_end_matches('/').to_owned(), login })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_passwords_are_not_shown() {
        for (text, shown, url) in [
            ("http://127.0.0.1:26601", "http://127.0.0.1:26601", "http://127.0.0.1:26601/a?b=1"),
            ("http://localhost/", "http://localhost", "http://localhost/a?b=1"),
            ("http://u:p@[::1]:1/x/", "http://[::1]:1/x", "http://[::1]:1/x/a?b=1"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(address.url("http", "/a?b=1"), url);
        }
        for text in ["", "localhost:1", "/path", "http://", "http://user@host", "http://h/?q=1"] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(matches!(error, AddressError::Malformed { .. }), "{text}: {error}");
        }
        let error = "https://user:secret@host".parse::<Address>().unwrap_err();
        assert!(matches!(error, AddressError::Scheme { .. }));
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
