//! What a refusal says: which rule, with which values, and what may be done next.

use std::borrow::Cow;

use crate::DecodeError;

/// What the caller of a verifier may do after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recourse {
    /// Never valid: drop it, and think twice about who sent it.
    Reject,
    /// Not valid yet: the same input may pass later, when time or a trusted height has moved on.
    Wait,
    /// Not enough in hand: the same target may pass with other input, such as a height in between.
    Retry,
    /// The client can go no further: frozen, expired, or beyond what it knows how to verify.
    Halt,
}

/// An error of a verifier. Every one names the broken rule.
pub trait Refusal: std::error::Error + Send + Sync + 'static {
    /// The stable `snake_case` name of the broken rule, as `docs/verdicts.md` lists it.
    fn code(&self) -> Cow<'static, str>;

    /// What the caller may do next.
    fn recourse(&self) -> Recourse;

    /// The values under judgement, by name: `got`, `expected`, `height` and the like.
    fn detail(&self) -> Vec<(&'static str, String)>;
}

/// A [`Refusal`] of some family behind the erased border.
pub type BoxedRefusal = Box<dyn Refusal>;

impl Refusal for DecodeError {
    fn code(&self) -> Cow<'static, str> {
        format!("malformed_{}", self.what()).into()
    }

    fn recourse(&self) -> Recourse {
        Recourse::Reject
    }

    fn detail(&self) -> Vec<(&'static str, String)> {
        vec![("reason", self.reason().into())]
    }
}

impl<E: Refusal> From<E> for BoxedRefusal {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}

/// Implements [`Refusal`] for an error enum whose variants have named fields (all of which
/// implement `Display`), or wrap another refusal and answer as it does.
///
/// ```
/// use causeway_core::{Recourse, Refusal, refusals};
///
/// #[derive(Debug, thiserror::Error)]
/// enum TimeError {
///     #[error("time {got} is not after {expected}")]
///     TooOld { got: u32, expected: u32 },
/// }
///
/// refusals! {
///     TimeError {
///         TooOld { got, expected } => "time_too_old", Reject;
///     }
/// }
///
/// let error = TimeError::TooOld { got: 1, expected: 2 };
/// assert_eq!(error.code(), "time_too_old");
/// assert_eq!(error.recourse(), Recourse::Reject);
/// assert_eq!(error.detail()[0], ("got", "1".to_string()));
/// ```
#[macro_export]
macro_rules! refusals {
    ($name:ident {
        $($variant:ident { $($field:ident),* } => $code:literal, $recourse:ident;)*
        $(@wraps $($wrapper:ident),+;)?
    }) => {
        impl $crate::Refusal for $name {
            fn code(&self) -> ::std::borrow::Cow<'static, str> {
                match self {
                    $(Self::$variant { .. } => $code.into(),)*
                    $($(Self::$wrapper(inner) => $crate::Refusal::code(inner),)+)?
                }
            }

            fn recourse(&self) -> $crate::Recourse {
                match self {
                    $(Self::$variant { .. } => $crate::Recourse::$recourse,)*
                    $($(Self::$wrapper(inner) => $crate::Refusal::recourse(inner),)+)?
                }
            }

            fn detail(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$variant { $($field),* } => {
                        vec![$((stringify!($field), $field.to_string())),*]
                    })*
                    $($(Self::$wrapper(inner) => $crate::Refusal::detail(inner),)+)?
                }
            }
        }
    };
}
