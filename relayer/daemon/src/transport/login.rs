//! How to log in at an API.

use core::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The longest cookie file that is read.
const MAX_COOKIE: usize = 4096;

/// How to log in at an API.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// Everybody may ask.
    None,
    /// Basic authentication with these credentials, `user:password`.
    Basic(String),
    /// A bearer token.
    Bearer(String),
    /// Basic authentication with what this file says, `user:password`; it is read anew for each
    /// request, since a node writes another at each start.
    CookieFile(PathBuf),
}

impl Login {
    /// Basic authentication.
    pub fn basic(user: &str, password: &str) -> Self {
        Self::Basic(format!("{user}:{password}"))
    }

    /// The value of the `Authorization` header, if there is to be one.
    pub(crate) async fn header(&self) -> Result<Option<String>, String> {
        let credentials = match self {
            Self::None => return Ok(None),
            Self::Basic(credentials) => credentials.clone(),
            Self::Bearer(token) => return Ok(Some(format!("Bearer {token}"))),
            Self::CookieFile(path) => {
                let unread = |error: &dyn fmt::Display| format!("{}: {error}", path.display());
                let bytes = std::fs::read(path).map_err(|error| unread(&error))?;
                if bytes.len() > MAX_COOKIE {
                    return Err(unread(&format!("longer than {MAX_COOKIE} bytes")));
                }
                String::from_utf8(bytes).map_err(|error| unread(&error))?.trim().to_owned()
            }
        };
        Ok(Some(format!("Basic {}", STANDARD.encode(credentials))))
    }
}

/// Without the password.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Basic(_) => f.write_str("Basic(…)"),
            Self::Bearer(_) => f.write_str("Bearer(…)"),
            Self::CookieFile(path) => f.debug_tuple("CookieFile").field(path).finish(),
        }
    }
}
