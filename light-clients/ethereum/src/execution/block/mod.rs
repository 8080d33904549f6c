//! Parts of an execution block: header, receipts, and the tries of its lists.

mod header;
mod list;
mod receipt;

pub use header::{BlobFields, Header};
pub use list::{list_root, verify_list_item};
pub use receipt::{Log, Outcome, Receipt, ReceiptError, TxType, verify_receipt};
