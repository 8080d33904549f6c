//! Numbers, bytes and times as JSON has them.

use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_client_cometbft::{Time, proto};
use serde::de::{Error, Unexpected, Visitor};
use serde::ser::Error as SerError;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An integer, read as a number or as its shortest decimal text. Written as Go writes it: text
/// where it has 64 bits, a number where it has 32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Int<T>(pub T);

macro_rules! write_as_text {
    ($($number:ty),*) => {$(
        impl Serialize for Int<$number> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }
    )*};
}

write_as_text!(i64, u64);

impl Serialize for Int<u32> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl Serialize for Int<i32> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.0)
    }
}

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

/// Bytes in hexadecimal, read in either case and written in upper case; `null` reads as none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HexBytes(pub Vec<u8>);

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode_upper(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        hex::decode(&text)
            .map(Self)
            .map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &"hexadecimal bytes"))
    }
}

/// Bytes in base64 with padding; none are `null`, and read from an empty text too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base64Bytes(pub Vec<u8>);

impl Serialize for Base64Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_empty() {
            serializer.serialize_none()
        } else {
            serializer.serialize_str(&STANDARD.encode(&self.0))
        }
    }
}

impl<'de> Deserialize<'de> for Base64Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        STANDARD
            .decode(&text)
            .map(Self)
            .map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &"base64 bytes"))
    }
}

/// A time of RFC 3339, read with any offset, written in UTC with as many digits as it needs; `null`
/// reads as Go's zero time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireTime(pub proto::Timestamp);

impl Serialize for WireTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nanos = i128::from(self.0.seconds).saturating_mul(1_000_000_000);
        let nanos = nanos.saturating_add(self.0.nanos.into());
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(SerError::custom)?;
        serializer.serialize_str(&time.format(&Rfc3339).map_err(SerError::custom)?)
    }
}

impl From<Time> for WireTime {
    fn from(time: Time) -> Self {
        Self(time.into())
    }
}

impl Default for WireTime {
    fn default() -> Self {
        Self(Time::ZERO.into())
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
