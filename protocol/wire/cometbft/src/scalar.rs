//! Numbers, bytes and times as JSON has them.

use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_client_cometbft::proto;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An integer, as a number or as its shortest decimal text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Int<T>(pub(crate) T);

struct IntVisitor<T>(PhantomData<T>);

impl<T: FromStr + TryFrom<u64> + TryFrom<i64> + fmt::Display> Visitor<'_> for IntVisitor<T> {
    type Value = Int<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer in range, as a number or as text")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Int<T>, E> {
        T::try_from(value)
            .map(Int)
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Int<T>, E> {
        T::try_from(value).map(Int).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Int<T>, E> {
        match text.parse::<T>() {
            Ok(value) if value.to_string() == text => Ok(Int(value)),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

impl<'de, T> Deserialize<'de> for Int<T>
where
    T: FromStr + TryFrom<u64> + TryFrom<i64> + fmt::Display,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntVisitor(PhantomData))
    }
}

/// Bytes in hexadecimal of either case; `null` for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HexBytes(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        hex::decode(&text)
            .map(Self)
            .map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &"hexadecimal bytes"))
    }
}

/// Bytes in base64 with padding; `null` for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Base64Bytes(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for Base64Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        STANDARD
            .decode(&text)
            .map(Self)
            .map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &"base64 bytes"))
    }
}

/// A time of RFC 3339, with any offset; `null` for Go's zero time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WireTime(pub(crate) proto::Timestamp);

impl Default for WireTime {
    fn default() -> Self {
        Self(causeway_client_cometbft::Time::ZERO.into())
    }
}

impl<'de> Deserialize<'de> for WireTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(Self::default());
        };
        let time = OffsetDateTime::parse(&text, &Rfc3339)
            .map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &"a time of RFC 3339"))?;
        let nanos = i32::try_from(time.nanosecond()).unwrap_or_default();
        Ok(Self(proto::Timestamp { seconds: time.unix_timestamp(), nanos }))
    }
}

/// Reads `null` as the default of the type.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}
