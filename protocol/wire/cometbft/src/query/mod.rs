//! Questions to the application of a Cosmos SDK chain, as `abci_query` carries them: the path is
//! `/` and the method of the service, data and value are these messages.
//!
//! Only what is asked here has types. Lists are answered in pages.

mod auth;
mod bank;
mod channel;
mod client;
mod own;
mod page;
mod service;
mod staking;
mod transfer;

pub use auth::{BASE_ACCOUNT, BaseAccount, QueryAccount, QueryAccountResponse};
pub use bank::{
    DenomUnit, Metadata, QueryAllBalances, QueryAllBalancesResponse, QueryBalance,
    QueryBalanceResponse, QueryDenomMetadata, QueryDenomMetadataResponse, QuerySupplyOf,
    QueryTotalSupply, QueryTotalSupplyResponse,
};
pub use channel::{
    PacketState, QueryNextSequenceSend, QueryNextSequenceSendResponse, QueryPacket,
    QueryPacketAcknowledgements, QueryPacketReceiptResponse, QueryPacketStates,
    QueryPacketStatesResponse, QueryPacketTraceResponse, QueryUnreceived, QueryUnreceivedResponse,
};
pub use client::{
    ConsensusStateWithHeight, CounterpartyInfo, IdentifiedClientState, QueryClient,
    QueryClientCreatorResponse, QueryClientStateResponse, QueryClientStates,
    QueryClientStatesResponse, QueryClientStatusResponse, QueryConsensusState,
    QueryConsensusStateHeightsResponse, QueryConsensusStateResponse, QueryConsensusStates,
    QueryConsensusStatesResponse, QueryCounterpartyResponse,
};
pub use own::{QueryAccountAddress, QueryAccountAddressResponse, QueryCount, QueryCountResponse};
pub use page::{PageRequest, PageResponse};
pub use service::{Event, EventAttribute, GasInfo, Simulate, SimulateResponse, SimulateResult};
pub use staking::{Duration, QueryStakingParamsResponse, StakingParams};
pub use transfer::{
    Denom, Hop, QueryDenom, QueryDenomHash, QueryDenomHashResponse, QueryDenomResponse,
    QueryDenoms, QueryDenomsResponse, QueryEscrowAddress, QueryEscrowAddressResponse,
    QueryTotalEscrow, QueryTotalEscrowResponse,
};

pub use crate::tx::proto::Coin;

/// The paths that are answered.
pub mod path {
    /// An account.
    pub const ACCOUNT: &str = "/cosmos.auth.v1beta1.Query/Account";
    /// What an account has of one denomination.
    pub const BALANCE: &str = "/cosmos.bank.v1beta1.Query/Balance";
    /// What an account has.
    pub const ALL_BALANCES: &str = "/cosmos.bank.v1beta1.Query/AllBalances";
    /// What an account can spend: here, what it has.
    pub const SPENDABLE_BALANCES: &str = "/cosmos.bank.v1beta1.Query/SpendableBalances";
    /// What there is of everything.
    pub const TOTAL_SUPPLY: &str = "/cosmos.bank.v1beta1.Query/TotalSupply";
    /// What there is of one denomination.
    pub const SUPPLY_OF: &str = "/cosmos.bank.v1beta1.Query/SupplyOf";
    /// How a denomination is shown to people.
    pub const DENOM_METADATA: &str = "/cosmos.bank.v1beta1.Query/DenomMetadata";
    /// What a transaction would do, and its gas.
    pub const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";
    /// A client's state.
    pub const CLIENT_STATE: &str = "/ibc.core.client.v1.Query/ClientState";
    /// The states of all clients.
    pub const CLIENT_STATES: &str = "/ibc.core.client.v1.Query/ClientStates";
    /// What a client trusts of one height.
    pub const CONSENSUS_STATE: &str = "/ibc.core.client.v1.Query/ConsensusState";
    /// What a client trusts.
    pub const CONSENSUS_STATES: &str = "/ibc.core.client.v1.Query/ConsensusStates";
    /// The heights that a client knows.
    pub const CONSENSUS_STATE_HEIGHTS: &str = "/ibc.core.client.v1.Query/ConsensusStateHeights";
    /// Whether a client can be used.
    pub const CLIENT_STATUS: &str = "/ibc.core.client.v1.Query/ClientStatus";
    /// Who created a client.
    pub const CLIENT_CREATOR: &str = "/ibc.core.client.v1.Query/ClientCreator";
    /// A client's other end.
    pub const COUNTERPARTY: &str = "/ibc.core.client.v2.Query/CounterpartyInfo";
    /// The sequence of a client's next packet.
    pub const NEXT_SEQUENCE_SEND: &str = "/ibc.core.channel.v2.Query/NextSequenceSend";
    /// A packet's commitment.
    pub const PACKET_COMMITMENT: &str = "/ibc.core.channel.v2.Query/PacketCommitment";
    /// All commitments of a client.
    pub const PACKET_COMMITMENTS: &str = "/ibc.core.channel.v2.Query/PacketCommitments";
    /// Whether a packet was received.
    pub const PACKET_RECEIPT: &str = "/ibc.core.channel.v2.Query/PacketReceipt";
    /// A packet's acknowledgement commitment.
    pub const PACKET_ACKNOWLEDGEMENT: &str = "/ibc.core.channel.v2.Query/PacketAcknowledgement";
    /// All acknowledgement commitments of a client.
    pub const PACKET_ACKNOWLEDGEMENTS: &str = "/ibc.core.channel.v2.Query/PacketAcknowledgements";
    /// Which of some packets were not received.
    pub const UNRECEIVED_PACKETS: &str = "/ibc.core.channel.v2.Query/UnreceivedPackets";
    /// Which of some packets still wait for their acknowledgement.
    pub const UNRECEIVED_ACKS: &str = "/ibc.core.channel.v2.Query/UnreceivedAcks";
    /// What a voucher stands for.
    pub const DENOM: &str = "/ibc.applications.transfer.v1.Query/Denom";
    /// What all vouchers stand for.
    pub const DENOMS: &str = "/ibc.applications.transfer.v1.Query/Denoms";
    /// The hash of a denomination's path.
    pub const DENOM_HASH: &str = "/ibc.applications.transfer.v1.Query/DenomHash";
    /// The account that holds what was locked through a client.
    pub const ESCROW_ADDRESS: &str = "/ibc.applications.transfer.v1.Query/EscrowAddress";
    /// The account that acts for someone on another chain.
    pub const ACCOUNT_ADDRESS: &str = "/ibc.applications.gmp.v1.Query/AccountAddress";
    /// How far the counter has counted; a question of our own.
    pub const COUNT: &str = "/causeway.counter.v1.Query/Count";
    /// The parameters of staking.
    pub const STAKING_PARAMS: &str = "/cosmos.staking.v1beta1.Query/Params";
    /// What is locked of a denomination.
    pub const TOTAL_ESCROW: &str = "/ibc.applications.transfer.v1.Query/TotalEscrowForDenom";
}

#[cfg(test)]
mod tests;
