//! The one list of light clients. Hosts are given it whole, and know their types only by name.
//!
//! ```
//! let clients = causeway_client_registry::all();
//! assert!(clients.by_type("07-tendermint").is_some());
//! ```

use causeway_client_bitcoin::BitcoinClient;
use causeway_client_cometbft::CometbftClient;
use causeway_client_ethereum::client::EthereumClient;
use causeway_light_client::ClientRegistry;

/// Every light client there is.
pub fn all() -> ClientRegistry {
    ClientRegistry::default()
        .with::<BitcoinClient>()
        .with::<EthereumClient>()
        .with::<CometbftClient>()
}
