//! Containers, declared by their fields.

/// Declares a container: a plain struct, and its SSZ form. A field `if condition` is there only
/// in shapes of which the condition holds; elsewhere it is its default value.
macro_rules! container {
    (
        $(#[$doc:meta])*
        $name:ident = $what:literal {
            $($(#[$field_doc:meta])* $field:ident: $type:ty $(, if $condition:ident)?;)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl $crate::ssz::Codec for $name {
            fn fixed_len(shape: &$crate::ssz::Shape) -> Option<usize> {
                let mut len = 0_usize;
                $($(if shape.$condition())? {
                    let field_len = <$type as $crate::ssz::Codec>::fixed_len(shape)?;
                    len = len.saturating_add(field_len);
                })+
                Some(len)
            }

            fn decode(
                bytes: &[u8],
                shape: &$crate::ssz::Shape,
            ) -> Result<Self, ssz::DecodeError> {
                let mut builder = ssz::SszDecoderBuilder::new(bytes);
                $($(if shape.$condition())? {
                    let len = <$type as $crate::ssz::Codec>::fixed_len(shape);
                    builder.register_type_parameterized(
                        len.is_some(),
                        len.unwrap_or(ssz::BYTES_PER_LENGTH_OFFSET),
                    )?;
                })+
                let mut decoder = builder.build()?;
                let mut value = Self::default();
                $($(if shape.$condition())? {
                    value.$field = decoder.decode_next_with(|bytes| {
                        $crate::ssz::Codec::decode(bytes, shape)
                    })?;
                })+
                Ok(value)
            }

            fn append(&self, shape: &$crate::ssz::Shape, buffer: &mut Vec<u8>) {
                let mut fixed_part = 0_usize;
                $($(if shape.$condition())? {
                    let len = <$type as $crate::ssz::Codec>::fixed_len(shape);
                    let len = len.unwrap_or(ssz::BYTES_PER_LENGTH_OFFSET);
                    fixed_part = fixed_part.saturating_add(len);
                })+
                let mut encoder = ssz::SszEncoder::container(buffer, fixed_part);
                $($(if shape.$condition())? {
                    let is_fixed = <$type as $crate::ssz::Codec>::fixed_len(shape).is_some();
                    encoder.append_parameterized(is_fixed, |buffer| {
                        $crate::ssz::Codec::append(&self.$field, shape, buffer);
                    });
                })+
                encoder.finalize();
            }

            fn root(&self, shape: &$crate::ssz::Shape) -> alloy_primitives::B256 {
                let mut roots = Vec::with_capacity(32);
                $($(if shape.$condition())? {
                    roots.push($crate::ssz::Codec::root(&self.$field, shape));
                })+
                $crate::ssz::merkleize(roots)
            }
        }

        impl $name {
            /// Decodes the SSZ form that it has in `fork`, strictly: exact length, tight offsets.
            pub fn from_ssz(
                bytes: &[u8],
                fork: $crate::chain::Fork,
                preset: $crate::chain::Preset,
            ) -> Result<Self, causeway_core::DecodeError> {
                let shape = $crate::ssz::Shape::new(fork, preset);
                $crate::ssz::Codec::decode(bytes, &shape).map_err(|error| {
                    causeway_core::DecodeError::new($what, format!("{error:?} ({fork})"))
                })
            }

            /// The SSZ form that it has in `fork`.
            pub fn to_ssz(
                &self,
                fork: $crate::chain::Fork,
                preset: $crate::chain::Preset,
            ) -> Vec<u8> {
                let mut bytes = Vec::new();
                let shape = $crate::ssz::Shape::new(fork, preset);
                $crate::ssz::Codec::append(self, &shape, &mut bytes);
                bytes
            }

            /// `hash_tree_root` of the form that it has in `fork`.
            pub fn hash_tree_root(
                &self,
                fork: $crate::chain::Fork,
                preset: $crate::chain::Preset,
            ) -> alloy_primitives::B256 {
                $crate::ssz::Codec::root(self, &$crate::ssz::Shape::new(fork, preset))
            }
        }
    };
}

pub(crate) use container;
