//! Validator sets.

use std::sync::OnceLock;

use causeway_core::{DecodeError, refusals};
use causeway_light_client::total_weight;
use prost::Message;

use crate::header::{required, unsigned};
use crate::key::DecodedKey;
use crate::{Address, Hash, PublicKey, merkle, proto};

/// The most validators of a set, and so the most signatures of a commit (`types/params.go`
/// `MaxVotesCount`).
pub const MAX_VALIDATORS: usize = 10_000;

/// The most power of a whole set (`types/validator_set.go` `MaxTotalVotingPower`).
pub const MAX_TOTAL_POWER: u64 = (1 << 60) - 1;

/// A validator, as a sender describes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Validator {
    /// The address that the sender claims. It is not hashed, so it proves nothing.
    pub address: Address,
    /// The key.
    pub public_key: PublicKey,
    /// The voting power; at most `i64::MAX`.
    pub power: u64,
    /// The standing in the rotation of proposers. It is not hashed.
    pub proposer_priority: i64,
}

impl Validator {
    /// A validator under the key's own address; `None` when the key has none.
    pub fn new(public_key: PublicKey, power: u64) -> Option<Self> {
        Some(Self { address: public_key.address()?, public_key, power, proposer_priority: 0 })
    }
}

/// A set of validators, as a sender describes it, in the order in which it is hashed: power
/// descending, then address ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ValidatorSet {
    /// The members; at most [`MAX_VALIDATORS`].
    pub validators: Vec<Validator>,
    /// The next proposer, if the sender names one. It is not hashed and decides nothing here;
    /// full nodes refuse sets without one.
    pub proposer: Option<Validator>,
    /// The total power that the sender claims. It is ignored, and computed instead.
    pub claimed_total_power: i64,
}

impl ValidatorSet {
    /// The set of these validators in the order given.
    pub fn new(validators: Vec<Validator>) -> Self {
        Self { validators, proposer: None, claimed_total_power: 0 }
    }

    /// Brings the members into the order in which a chain keeps them.
    pub fn sort(&mut self) {
        self.validators.sort_by(|a, b| b.power.cmp(&a.power).then(a.address.cmp(&b.address)));
    }

    /// The hash of the set, in the order given: over keys and powers only.
    pub fn hash(&self) -> Hash {
        let leaf = |validator: &Validator| {
            let pub_key = Some((&validator.public_key).into());
            let voting_power = validator.power.cast_signed();
            proto::SimpleValidator { pub_key, voting_power }.encode_to_vec()
        };
        merkle::root(&self.validators.iter().map(leaf).collect::<Vec<_>>())
    }
}

/// Why a validator set is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// Nobody is in it.
    #[error("{got} validators, at least {expected} is needed")]
    Empty {
        /// The number of members.
        got: usize,
        /// The least number of members.
        expected: usize,
    },
    /// A key is no point of its curve, so that it has no address.
    #[error("the key of validator {index} is no point of its curve")]
    KeyUndecodable {
        /// The place in the set.
        index: usize,
    },
    /// The address is not the key's: with a borrowed address one signature could count twice.
    #[error("validator {index} has address {got}, its key has {expected}")]
    AddressMismatch {
        /// The place in the set.
        index: usize,
        /// The claimed address.
        got: Address,
        /// The address of the key.
        expected: Address,
    },
    /// One key is in the set twice.
    #[error("validator {address} is in the set twice")]
    DuplicateValidator {
        /// Its address.
        address: Address,
    },
    /// The powers sum to more than the protocol allows.
    #[error("the powers sum to more than {expected}")]
    TotalPowerTooLarge {
        /// The most that is allowed.
        expected: u64,
    },
}

refusals! {
    ValidatorSetError {
        Empty { got, expected } => "validator_set_empty", Reject;
        KeyUndecodable { index } => "validator_key_undecodable", Reject;
        AddressMismatch { index, got, expected } => "validator_address_mismatch", Reject;
        DuplicateValidator { address } => "duplicate_validator", Reject;
        TotalPowerTooLarge { expected } => "total_power_too_large", Reject;
    }
}

/// A member of a [`PreparedValidatorSet`].
#[derive(Clone, Debug)]
pub(crate) struct PreparedValidator {
    pub(crate) address: Address,
    pub(crate) public_key: PublicKey,
    pub(crate) power: u64,
    decoded: OnceLock<Option<DecodedKey>>,
}

impl PreparedValidator {
    /// The key in the form that verifies, decoded at first use and kept.
    pub(crate) fn key(&self) -> Option<&DecodedKey> {
        self.decoded.get_or_init(|| self.public_key.decode()).as_ref()
    }
}

/// A valid validator set, ready to verify with: its hash and total power are computed, and each
/// key is decoded once, at its first use. Sets change rarely: keep it from one height to the next.
#[derive(Clone, Debug)]
pub struct PreparedValidatorSet {
    validators: Vec<PreparedValidator>,
    /// Places in the set, by address.
    by_address: Vec<(Address, usize)>,
    hash: Hash,
    total_power: u64,
}

impl PreparedValidatorSet {
    /// Checks the set as `ValidatorSet.ValidateBasic` does, except that no proposer is asked for:
    /// each address derived from its key, none twice, the total power within bounds.
    pub fn new(set: &ValidatorSet) -> Result<Self, ValidatorSetError> {
        if set.validators.is_empty() {
            return Err(ValidatorSetError::Empty { got: 0, expected: 1 });
        }
        let mut validators = Vec::with_capacity(set.validators.len());
        for (index, validator) in set.validators.iter().enumerate() {
            validators.push(prepare(index, validator)?);
        }
        let mut by_address: Vec<_> =
            validators.iter().enumerate().map(|(index, v)| (v.address, index)).collect();
        by_address.sort_unstable();
        let twice = by_address.windows(2).find_map(|pair| match pair {
            [(a, _), (b, _)] if a == b => Some(*a),
            _ => None,
        });
        if let Some(address) = twice {
            return Err(ValidatorSetError::DuplicateValidator { address });
        }
        let total_power = total_weight(validators.iter().map(|v| v.power), MAX_TOTAL_POWER)
            .map_err(|_| ValidatorSetError::TotalPowerTooLarge { expected: MAX_TOTAL_POWER })?;
        Ok(Self { validators, by_address, hash: set.hash(), total_power })
    }

    /// The hash of the set.
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// The sum of all powers.
    pub const fn total_power(&self) -> u64 {
        self.total_power
    }

    /// The number of validators; never zero.
    #[expect(clippy::len_without_is_empty, reason = "a valid set is never empty")]
    pub fn len(&self) -> usize {
        self.validators.len()
    }

    /// The power of the validator at `address`.
    pub fn power_of(&self, address: &Address) -> Option<u64> {
        self.find(address).map(|(_, validator)| validator.power)
    }

    pub(crate) fn members(&self) -> &[PreparedValidator] {
        &self.validators
    }

    /// The validator at `address`, and its place.
    pub(crate) fn find(&self, address: &Address) -> Option<(usize, &PreparedValidator)> {
        let found = self.by_address.binary_search_by_key(address, |(address, _)| *address).ok()?;
        let (_, place) = self.by_address.get(found)?;
        Some((*place, self.validators.get(*place)?))
    }
}

/// One validator under the address of its own key.
fn prepare(index: usize, validator: &Validator) -> Result<PreparedValidator, ValidatorSetError> {
    let got = validator.address;
    match validator.public_key.address() {
        None => Err(ValidatorSetError::KeyUndecodable { index }),
        Some(expected) if expected != got => {
            Err(ValidatorSetError::AddressMismatch { index, got, expected })
        }
        Some(address) => Ok(PreparedValidator {
            address,
            public_key: validator.public_key,
            power: validator.power,
            decoded: OnceLock::new(),
        }),
    }
}

impl From<&Validator> for proto::Validator {
    fn from(validator: &Validator) -> Self {
        Self {
            address: validator.address.0.to_vec(),
            pub_key: Some((&validator.public_key).into()),
            voting_power: validator.power.cast_signed(),
            proposer_priority: validator.proposer_priority,
        }
    }
}

impl TryFrom<proto::Validator> for Validator {
    type Error = DecodeError;

    fn try_from(validator: proto::Validator) -> Result<Self, DecodeError> {
        Ok(Self {
            address: Address::from_slice(&validator.address)
                .ok_or_else(|| DecodeError::new("validator", "the address is not of 20 bytes"))?,
            public_key: required("validator", "pub_key", validator.pub_key)?.try_into()?,
            power: unsigned("validator", "voting_power", validator.voting_power)?,
            proposer_priority: validator.proposer_priority,
        })
    }
}

impl From<&ValidatorSet> for proto::ValidatorSet {
    fn from(set: &ValidatorSet) -> Self {
        Self {
            validators: set.validators.iter().map(Into::into).collect(),
            proposer: set.proposer.as_ref().map(Into::into),
            total_voting_power: set.claimed_total_power,
        }
    }
}

impl TryFrom<proto::ValidatorSet> for ValidatorSet {
    type Error = DecodeError;

    fn try_from(set: proto::ValidatorSet) -> Result<Self, DecodeError> {
        if set.validators.len() > MAX_VALIDATORS {
            let reason = format!(
                "{} validators, at most {MAX_VALIDATORS} are allowed",
                set.validators.len()
            );
            return Err(DecodeError::new("validator_set", reason));
        }
        Ok(Self {
            validators: set
                .validators
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
            proposer: set.proposer.map(TryInto::try_into).transpose()?,
            claimed_total_power: set.total_voting_power,
        })
    }
}
