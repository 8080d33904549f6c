//! What Bitcoin Core's JSON-RPC says: calls, replies, and the shapes of results. The bundled chain
//! writes them and clients read them, a real node's too: fields that only some versions have are
//! optional, unknown ones are passed over.

mod blocks;
mod call;
mod coins;
mod mempool;
mod node;
mod text;
mod transactions;

pub use blocks::{
    BlockInfo, BlockRef, BlockTransactions, ChainTip, CoinbaseInfo, HeaderInfo, TipStatus,
};
pub use call::{CallFailure, MethodCall, ReplyError, read_batch, read_reply};
pub use coins::{CoinInfo, ScanResult, ScannedCoin};
pub use mempool::{AcceptedFees, EntryFees, FeeEstimate, MempoolEntry, MempoolInfo, Verdict};
pub use node::{AddressInfo, BlockchainInfo, DescriptorInfo, NetworkInfo};
pub use transactions::{
    InputInfo, InputScript, OutputInfo, PrevoutInfo, ScriptInfo, TransactionInfo,
};
