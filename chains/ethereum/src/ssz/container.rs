//! Containers, declared as the specification does.

/// Declares a container: its fields in order give its encoding, its root and its JSON.
macro_rules! container {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident { $($field:ident: $type:ty,)+ }
    )+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the fields are those of the specification, by name")]
        pub struct $name { $(pub $field: $type,)+ }

        impl $name {
            /// The roots of the fields: the leaves of this container's tree.
            pub fn field_roots(&self) -> Vec<::alloy_primitives::B256> {
                vec![$($crate::ssz::Ssz::tree_root(&self.$field),)+]
            }
        }

        impl ::ssz::Encode for $name {
            fn is_ssz_fixed_len() -> bool {
                true $(&& <$type as ::ssz::Encode>::is_ssz_fixed_len())+
            }

            fn ssz_fixed_len() -> usize {
                if <Self as ::ssz::Encode>::is_ssz_fixed_len() {
                    0_usize $(.saturating_add(<$type as ::ssz::Encode>::ssz_fixed_len()))+
                } else {
                    ::ssz::BYTES_PER_LENGTH_OFFSET
                }
            }

            fn ssz_append(&self, buf: &mut Vec<u8>) {
                let fixed =
                    0_usize $(.saturating_add(<$type as ::ssz::Encode>::ssz_fixed_len()))+;
                let mut encoder = ::ssz::SszEncoder::container(buf, fixed);
                $(encoder.append(&self.$field);)+
                encoder.finalize();
            }

            fn ssz_bytes_len(&self) -> usize {
                0_usize $(.saturating_add(
                    if <$type as ::ssz::Encode>::is_ssz_fixed_len() {
                        <$type as ::ssz::Encode>::ssz_fixed_len()
                    } else {
                        let len = ::ssz::Encode::ssz_bytes_len(&self.$field);
                        len.saturating_add(::ssz::BYTES_PER_LENGTH_OFFSET)
                    }
                ))+
            }
        }

        impl ::ssz::Decode for $name {
            fn is_ssz_fixed_len() -> bool {
                true $(&& <$type as ::ssz::Decode>::is_ssz_fixed_len())+
            }

            fn ssz_fixed_len() -> usize {
                <Self as ::ssz::Encode>::ssz_fixed_len()
            }

            fn from_ssz_bytes(bytes: &[u8]) -> Result<Self, ::ssz::DecodeError> {
                let mut builder = ::ssz::SszDecoderBuilder::new(bytes);
                $(builder.register_type::<$type>()?;)+
                let mut decoder = builder.build()?;
                Ok(Self { $($field: decoder.decode_next()?,)+ })
            }
        }

        impl $crate::ssz::Ssz for $name {
            fn tree_root(&self) -> ::alloy_primitives::B256 {
                let roots = self.field_roots();
                let depth = $crate::ssz::merkle::depth_for($crate::ssz::to_u64(roots.len()));
                $crate::ssz::merkle::merkleize(roots, depth)
            }

            fn to_json(&self) -> ::serde_json::Value {
                let fields = [
                    $((stringify!($field).to_owned(), $crate::ssz::Ssz::to_json(&self.$field)),)+
                ];
                ::serde_json::Value::Object(fields.into_iter().collect())
            }
        }
    )+};
}

pub(crate) use container;
