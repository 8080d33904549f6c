//! The contracts' interfaces: what is published, then what is ours.

#![allow(missing_docs, reason = "the macro's items are the interfaces' own names")]
#![allow(
    clippy::pedantic,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "the macro writes the code"
)]

use alloy_sol_types::sol;

sol! {
    #[derive(Debug, PartialEq, Eq)]
    struct Height {
        uint64 revisionNumber;
        uint64 revisionHeight;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct CounterpartyInfo {
        string clientId;
        bytes[] merklePrefix;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Payload {
        string sourcePort;
        string destPort;
        string version;
        string encoding;
        bytes value;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Packet {
        uint64 sequence;
        string sourceClient;
        string destClient;
        uint64 timeoutTimestamp;
        Payload[] payloads;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct MsgSendPacket {
        string sourceClient;
        uint64 timeoutTimestamp;
        Payload payload;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct MsgRecvPacket {
        Packet packet;
        bytes proofCommitment;
        Height proofHeight;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct MsgAckPacket {
        Packet packet;
        bytes acknowledgement;
        bytes proofAcked;
        Height proofHeight;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct MsgTimeoutPacket {
        Packet packet;
        bytes proofTimeout;
        Height proofHeight;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct SendTransferMsg {
        address denom;
        uint256 amount;
        string receiver;
        string sourceClient;
        string destPort;
        uint64 timeoutTimestamp;
        string memo;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Holding {
        address token;
        string denom;
        uint256 amount;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct SendCallMsg {
        string sourceClient;
        string receiver;
        bytes salt;
        bytes payload;
        uint64 timeoutTimestamp;
        string memo;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct AccountIdentifier {
        string clientId;
        string sender;
        bytes salt;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Attribute {
        string key;
        string value;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct MsgRecvPackets {
        Packet[] packets;
        bytes proofCommitments;
        Height proofHeight;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct MsgAckPayloads {
        Packet packet;
        bytes[] acknowledgements;
        bytes proofAcked;
        Height proofHeight;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct MsgSendPayloads {
        string sourceClient;
        uint64 timeoutTimestamp;
        Payload[] payloads;
    }

    #[derive(Debug, PartialEq, Eq)]
    interface Router {
        function sendPacket(MsgSendPacket msg_) external returns (uint64 sequence);
        function recvPacket(MsgRecvPacket msg_) external;
        function ackPacket(MsgAckPacket msg_) external;
        function timeoutPacket(MsgTimeoutPacket msg_) external;
        function multicall(bytes[] data) external returns (bytes[] results);
        function updateClient(string clientId, bytes updateMsg) external returns (uint8 result);
        function submitMisbehaviour(string clientId, bytes misbehaviourMsg) external;
        function getClient(string clientId) external view returns (address client);
        function getCounterparty(string clientId) external view
            returns (CounterpartyInfo counterparty);
        function getNextClientSeq() external view returns (uint256 sequence);
        function getCommitment(bytes32 hashedPath) external view returns (bytes32 commitment);
        function getIBCApp(string portId) external view returns (address app);
        function authority() external view returns (address account);

        function createClient(bytes clientState, bytes consensusState) external
            returns (string clientId);
        function registerCounterparty(string clientId, CounterpartyInfo counterparty) external;
        function recoverClient(string subject, string substitute) external;
        function sendPayloads(MsgSendPayloads msg_) external returns (uint64 sequence);
        function recvPackets(MsgRecvPackets msg_) external;
        function ackPayloads(MsgAckPayloads msg_) external;
        function getClientType(string clientId) external view returns (string clientType);
        function getClientState(string clientId) external view returns (bytes clientState);
        function getClientStatus(string clientId) external view returns (string status);
        function getConsensusState(string clientId, Height height) external view
            returns (bytes consensusState);
        function getConsensusHeights(string clientId, Height after_, uint64 limit) external view
            returns (Height[] heights);
        function getNextSequenceSend(string clientId) external view returns (uint64 sequence);

        event SendPacket(string indexed clientId, uint256 indexed sequence, Packet packet);
        event WriteAcknowledgement(
            string indexed clientId, uint256 indexed sequence, Packet packet,
            bytes[] acknowledgements
        );
        event AckPacket(
            string indexed clientId, uint256 indexed sequence, Packet packet,
            bytes acknowledgement
        );
        event TimeoutPacket(string indexed clientId, uint256 indexed sequence, Packet packet);
        event Noop();
        event IBCAppRecvPacketCallbackError(bytes reason);
        event ICS02ClientAdded(string clientId, CounterpartyInfo counterparty, address client);
        event ICS02ClientUpdated(string clientId, uint8 result);
        event ICS02MisbehaviourSubmitted(string clientId);

        event ClientCreated(string clientId, string clientType, Height height);
        event ClientHeights(string clientId, Height[] heights);
        event ClientRecovered(string subject, string substitute);
        event AckPayloads(
            string indexed clientId, uint256 indexed sequence, Packet packet,
            bytes[] acknowledgements
        );
        event AppEvent(string name, Attribute[] attributes);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface Transfer {
        function sendTransfer(SendTransferMsg msg_) external returns (uint64 sequence);
        function getEscrow(string clientId) external view returns (address escrow);
        function ibcERC20Contract(string denom) external view returns (address token);
        function ibcERC20Denom(address token) external view returns (string denom);
        function ics26() external view returns (address router);

        function setPaused(string clientId, bool paused) external;
        function setRateLimit(
            string clientId, address token, uint64 windowSeconds, uint256 mostOut, uint256 mostIn
        ) external;
        function getRateLimit(string clientId, address token) external view
            returns (uint64 windowSeconds, uint256 mostOut, uint256 mostIn);
        function escrowed(string clientId, address token) external view returns (uint256 amount);
        function issued(string clientId, address token) external view returns (uint256 amount);
        function getVouchers(address after_, uint64 limit) external view
            returns (Holding[] vouchers);
        function getEscrowed(string clientId, address after_, uint64 limit) external view
            returns (Holding[] escrowed);
        function getIssued(string clientId, address after_, uint64 limit) external view
            returns (Holding[] issued);

        event IBCERC20ContractCreated(address indexed contractAddress, string fullDenomPath);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface Gmp {
        function sendCall(SendCallMsg msg_) external returns (uint64 sequence);
        function getOrComputeAccountAddress(AccountIdentifier accountId) external view
            returns (address account);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface Helper {
        function isPacketReceived(Packet packet) external view returns (bool received);
        function isPacketReceiveSuccessful(Packet packet) external view returns (bool successful);
        function queryPacketReceipt(string clientId, uint64 sequence) external view
            returns (bytes32 receipt);
        function queryPacketCommitment(string clientId, uint64 sequence) external view
            returns (bytes32 commitment);
        function queryAckCommitment(string clientId, uint64 sequence) external view
            returns (bytes32 commitment);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface LightClient {
        function getClientState() external view returns (bytes clientState);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface Counter {
        function count(address account) external view returns (uint64 number);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface Erc20 {
        function name() external view returns (string text);
        function symbol() external view returns (string text);
        function decimals() external view returns (uint8 number);
        function totalSupply() external view returns (uint256 amount);
        function balanceOf(address account) external view returns (uint256 amount);
        function allowance(address owner, address spender) external view returns (uint256 amount);
        function transfer(address to, uint256 amount) external returns (bool ok);
        function approve(address spender, uint256 amount) external returns (bool ok);
        function transferFrom(address from, address to, uint256 amount) external returns (bool ok);
        function deposit() external payable;
        function withdraw(uint256 amount) external;

        event Transfer(address indexed from, address indexed to, uint256 value);
        event Approval(address indexed owner, address indexed spender, uint256 value);
        event Deposit(address indexed to, uint256 value);
        event Withdrawal(address indexed from, uint256 value);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface Errors {
        error IBCInvalidClientId(string clientId);
        error IBCClientNotFound(string clientId);
        error IBCCounterpartyClientNotFound(string counterpartyClientId);
        error IBCPacketCommitmentMismatch(bytes32 expected, bytes32 actual);
        error IBCInvalidTimeoutTimestamp(uint256 timeoutTimestamp, uint256 comparedTimestamp);
        error IBCInvalidTimeoutDuration(uint256 maxTimeoutDuration, uint256 actualTimeoutDuration);
        error IBCInvalidCounterparty(string expected, string actual);
        error IBCAppNotFound(string portId);
        error IBCUnauthorizedSender(address caller);
        error ICS20InvalidAmount(uint256 amount);
        error ICS20InvalidAddress(string addr);
        error ICS20DenomNotFound(string denom);
        error ICS27PayloadEmpty();
        error ICS27InvalidReceiver(string receiver);
        error AccessManagedUnauthorized(address caller);
        error EnforcedPause();
        error RateLimitExceeded(uint256 rateLimit, uint256 usage);
        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
        error ERC20InvalidReceiver(address receiver);
        error ERC20InvalidSpender(address spender);
        error Error(string message);
    }
}
