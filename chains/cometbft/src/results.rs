//! What executing transactions gave, as far as headers commit to it.

use causeway_client_cometbft::{Hash, merkle};
use prost::Message;

/// The part of a transaction's result that is the same on all nodes (`abci/types`
/// `DeterministicExecTxResult`): logs and events are not in it.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct TxResult {
    /// Zero for success; what else it means is the application's business.
    #[prost(uint32, tag = "1")]
    pub code: u32,
    /// What the transaction gave.
    #[prost(bytes = "vec", tag = "2")]
    pub data: Vec<u8>,
    /// The gas that the transaction asked for.
    #[prost(int64, tag = "5")]
    pub gas_wanted: i64,
    /// The gas that it took.
    #[prost(int64, tag = "6")]
    pub gas_used: i64,
}

/// The root over the results of a block's transactions, in the header of the next block.
pub fn results_hash(results: &[TxResult]) -> Hash {
    merkle::root(&results.iter().map(Message::encode_to_vec).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_results_have_the_root_of_an_empty_list() {
        assert_eq!(results_hash(&[]), merkle::root::<Vec<u8>>(&[]));
        let ok = TxResult { code: 0, data: vec![1], gas_wanted: 7, gas_used: 5 };
        assert_eq!(ok.encode_to_vec(), [0x12, 1, 1, 0x28, 7, 0x30, 5]);
        assert_ne!(results_hash(&[ok]), results_hash(&[]));
    }
}
