//! The `eth_*` methods.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use alloy_sol_types::abi::AbiDecoderConfig;
use causeway_client_ethereum::chain::{ChainConfig, Slot};
use causeway_wire_ethereum::eth::{
    BlockNumber, CallRequest, Filter, FilterBlocks, Hex, Log, Receipt, RpcError, Transaction,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{EXECUTION, nonsense};
use crate::{Call, EndpointError, Transport};

/// The most calls of one request.
const MAX_BATCH: usize = 100;

/// The most bytes that the decoding of a contract's answer may take.
const MAX_DECODED_LEN: usize = 8 << 20;

/// Blocks of one look for old logs, fewer than servers refuse, and how many such looks there are at
/// most.
const BLOCKS_PER_LOOK: u64 = 5_000;
const MAX_LOOKS: u64 = 32;

/// The most steps of the search for a slot's block.
const MAX_STEPS: usize = 64;

#[derive(Serialize)]
struct Request<'a> {
    jsonrpc: &'static str,
    id: u64,
    method: &'static str,
    params: &'a Value,
}

#[derive(Deserialize)]
struct Answer<T> {
    id: Option<u64>,
    #[serde(default = "Option::default")]
    result: Option<T>,
    error: Option<RpcError>,
}

impl<T: DeserializeOwned> Answer<T> {
    /// The result; methods that find nothing answer `null`, which `T` must take.
    fn into_result(self, method: &'static str) -> Result<Result<T, RpcError>, EndpointError> {
        match (self.error, self.result) {
            (Some(error), _) => Ok(Err(error)),
            (None, Some(result)) => Ok(Ok(result)),
            (None, None) => serde_json::from_value(Value::Null)
                .map(Ok)
                .map_err(|_| nonsense(method, &"neither result nor error")),
        }
    }
}

/// A block, as far as it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockPlace {
    pub(super) number: u64,
    pub(super) hash: B256,
    pub(super) state_root: B256,
    pub(super) timestamp: u64,
}

impl From<causeway_wire_ethereum::eth::Header> for BlockPlace {
    fn from(header: causeway_wire_ethereum::eth::Header) -> Self {
        let causeway_wire_ethereum::eth::Header { number, hash, state_root, timestamp, .. } =
            header;
        Self { number, hash, state_root, timestamp }
    }
}

pub(super) struct Execution {
    transport: Arc<dyn Transport>,
}

impl Execution {
    pub(super) fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport }
    }

    async fn post(&self, body: &impl Serialize) -> Result<Vec<u8>, EndpointError> {
        let body = serde_json::to_vec(body).map_err(|error| nonsense("request", &error))?;
        let reply = self.transport.send(Call::post(EXECUTION, body)).await?;
        if reply.status == 200 {
            return Ok(reply.body);
        }
        Err(nonsense("eth", &format!("HTTP status {}", reply.status)))
    }

    /// One call, with the server's own error if it answers one.
    pub(super) async fn try_call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<Result<T, RpcError>, EndpointError> {
        let request = Request { jsonrpc: "2.0", id: 0, method, params: &params };
        let body = self.post(&request).await?;
        let answer: Answer<T> =
            serde_json::from_slice(&body).map_err(|error| nonsense(method, &error))?;
        answer.into_result(method)
    }

    /// One call; an error that the server answers is an error.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, EndpointError> {
        self.try_call(method, params).await?.map_err(|error| missing(method, &error))
    }

    /// The same method with different parameters; results in the same order.
    pub(super) async fn calls<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: &[Value],
    ) -> Result<Vec<T>, EndpointError> {
        let mut results = Vec::with_capacity(params.len());
        for params in params.chunks(MAX_BATCH) {
            let numbered = (0_u64..).zip(params);
            let requests: Vec<_> = numbered
                .map(|(id, params)| Request { jsonrpc: "2.0", id, method, params })
                .collect();
            let body = self.post(&requests).await?;
            let mut answers: Vec<Answer<T>> =
                serde_json::from_slice(&body).map_err(|error| nonsense(method, &error))?;
            answers.sort_by_key(|answer| answer.id);
            if !answers.iter().map(|answer| answer.id).eq(requests.iter().map(|it| Some(it.id))) {
                return Err(nonsense(method, &"the answers of a batch are not those to its calls"));
            }
            for answer in answers {
                let result = answer.into_result(method)?;
                results.push(result.map_err(|error| missing(method, &error))?);
            }
        }
        Ok(results)
    }

    pub(super) async fn block(
        &self,
        number: BlockNumber,
    ) -> Result<Option<BlockPlace>, EndpointError> {
        let header: Option<causeway_wire_ethereum::eth::Header> =
            self.call("eth_getBlockByNumber", json!([number, false])).await?;
        Ok(header.map(Into::into))
    }

    pub(super) async fn head(&self) -> Result<BlockPlace, EndpointError> {
        let head = self.block(BlockNumber::Latest).await?;
        head.ok_or_else(|| nonsense("eth_getBlockByNumber", &"there is no head"))
    }

    /// The newest block of a slot at or before `slot`; nothing for a slot after the head's.
    pub(super) async fn block_at(
        &self,
        chain: &ChainConfig,
        slot: Slot,
    ) -> Result<Option<BlockPlace>, EndpointError> {
        let slot_of = |block: &BlockPlace| chain.slot_at(block.timestamp);
        let head = self.head().await?;
        let behind = match slot_of(&head).get().checked_sub(slot.get()) {
            None => return Ok(None),
            Some(0) => return Ok(Some(head)),
            Some(behind) => behind,
        };
        // A slot has one block at most: this one is not after the slot.
        let mut low = head.number.saturating_sub(behind);
        let mut high = head.number;
        let mut found = None;
        for _ in 0..MAX_STEPS {
            let Some(block) = self.block(BlockNumber::Number(low)).await? else { break };
            if slot_of(&block) > slot {
                high = low;
            } else {
                found = Some(block);
                if slot_of(&block) == slot {
                    break;
                }
            }
            let known = found.as_ref().map_or(0, |block: &BlockPlace| block.number);
            let middle = known.midpoint(high);
            if middle == known || middle == low {
                break;
            }
            low = middle;
        }
        Ok(found)
    }

    pub(super) async fn logs(&self, filter: &Filter) -> Result<Vec<Log>, EndpointError> {
        self.call("eth_getLogs", json!([filter])).await
    }

    /// The logs of a contract in blocks up to `head`, newest blocks first, span by span until
    /// `is_enough`, or until a server has forgotten what is older.
    pub(super) async fn past_logs(
        &self,
        head: u64,
        contract: Address,
        topics: Vec<Vec<B256>>,
        is_enough: impl Fn(&[Log]) -> bool + Send,
    ) -> Result<Vec<Log>, EndpointError> {
        let mut filter = Filter::new(FilterBlocks::Range { from: None, to: None });
        filter.addresses = vec![contract];
        filter.topics = topics;
        let (mut to, mut found) = (head, Vec::new());
        for look in 0..MAX_LOOKS {
            let from = to.saturating_sub(BLOCKS_PER_LOOK.saturating_sub(1));
            let [first, last] = [from, to].map(|number| Some(BlockNumber::Number(number)));
            filter.blocks = FilterBlocks::Range { from: first, to: last };
            match self.logs(&filter).await {
                Ok(logs) => found.extend(logs),
                Err(EndpointError::Missing { .. }) if look > 0 => break,
                Err(error) => return Err(error),
            }
            if from == 0 || is_enough(&found) {
                break;
            }
            to = from.saturating_sub(1);
        }
        Ok(found)
    }

    pub(super) async fn receipt(&self, hash: &str) -> Result<Option<Receipt>, EndpointError> {
        self.call("eth_getTransactionReceipt", json!([hash])).await
    }

    pub(super) async fn transaction(
        &self,
        hash: &str,
    ) -> Result<Option<Transaction>, EndpointError> {
        self.call("eth_getTransactionByHash", json!([hash])).await
    }

    /// Words of a contract's storage, in the newest state.
    pub(super) async fn words(
        &self,
        contract: Address,
        slots: &[B256],
    ) -> Result<Vec<B256>, EndpointError> {
        let params: Vec<_> = slots.iter().map(|slot| json!([contract, slot, "latest"])).collect();
        self.calls("eth_getStorageAt", &params).await
    }

    /// Asks a contract, in the newest state.
    pub(super) async fn view<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
    ) -> Result<C::Return, EndpointError> {
        let calls = core::slice::from_ref(call);
        let mut answers = self.views(contract, calls, BlockNumber::Latest).await?;
        answers.pop().ok_or_else(|| nonsense(C::SIGNATURE, &"no answer"))
    }

    /// Asks a contract several times, in the state of a block.
    pub(super) async fn views<C: SolCall>(
        &self,
        contract: Address,
        calls: &[C],
        at: BlockNumber,
    ) -> Result<Vec<C::Return>, EndpointError> {
        let calls: Vec<_> = calls.iter().map(|call| (contract, call)).collect();
        self.views_of(&calls, at).await
    }

    /// Asks several contracts, in the state of a block.
    pub(super) async fn views_of<C: SolCall>(
        &self,
        calls: &[(Address, &C)],
        at: BlockNumber,
    ) -> Result<Vec<C::Return>, EndpointError> {
        let params = |(contract, call): &(Address, &C)| {
            let input = Some(call.abi_encode().into());
            let request = CallRequest { to: Some(*contract), input, ..CallRequest::default() };
            json!([request, at])
        };
        let params: Vec<_> = calls.iter().map(params).collect();
        let answers: Vec<Bytes> = self.calls("eth_call", &params).await?;
        let config = AbiDecoderConfig::new().memory_limit(MAX_DECODED_LEN);
        let decode = |bytes: Bytes| {
            C::abi_decode_returns_with_config(&bytes, config)
                .map_err(|error| nonsense(C::SIGNATURE, &error))
        };
        answers.into_iter().map(decode).collect()
    }

    /// A number that a method answers.
    pub(super) async fn number(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<U256, EndpointError> {
        let Hex(number) = self.call::<Hex<U256>>(method, params).await?;
        Ok(number)
    }
}

fn missing(method: &'static str, error: &RpcError) -> EndpointError {
    EndpointError::Missing { what: method, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Mutex;
    use std::task::{Context, Poll, Waker};

    use async_trait::async_trait;

    use super::*;
    use crate::{Reply, Stream, Subscription, TransportError};

    const HEAD: u64 = 12_000;
    /// As many blocks as the bundled chain looks at in one query, and as it keeps.
    const SERVED: u64 = 10_000;

    /// A server that refuses long ranges and has forgotten old blocks; it notes what was asked.
    #[derive(Default)]
    struct Server(Mutex<Vec<(u64, u64)>>);

    #[async_trait]
    impl Transport for Server {
        async fn send(&self, call: Call) -> Result<Reply, TransportError> {
            let call: Value = serde_json::from_slice(&call.body).unwrap();
            let number = |name: &str| {
                let text = call["params"][0][name].as_str().unwrap();
                u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
            };
            let (from, to) = (number("fromBlock"), number("toBlock"));
            let is_served = to - from < SERVED && from > HEAD - SERVED;
            let answer = if is_served {
                self.0.lock().unwrap().push((from, to));
                json!({ "jsonrpc": "2.0", "id": 0, "result": [] })
            } else {
                let error = json!({ "code": -32005, "message": "exceed maximum block range" });
                json!({ "jsonrpc": "2.0", "id": 0, "error": error })
            };
            Ok(Reply { status: 200, body: answer.to_string().into_bytes() })
        }

        async fn subscribe(&self, _: &Subscription) -> Result<Box<dyn Stream>, TransportError> {
            Err(TransportError { reason: "no streams".into() })
        }
    }

    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    #[test]
    fn old_logs_are_looked_for_in_spans_that_servers_answer() {
        let server = Arc::new(Server::default());
        let execution = Execution::new(Arc::clone(&server) as Arc<dyn Transport>);
        let look = |is_enough: fn(&[Log]) -> bool| {
            let logs = execution.past_logs(HEAD, Address::ZERO, Vec::new(), is_enough);
            assert_eq!(now(logs), Ok(Vec::new()));
            core::mem::take(&mut *server.0.lock().unwrap())
        };
        // All that the server keeps, each block once, and no complaint about what it does not.
        assert_eq!(look(|_| false), [(7_001, 12_000), (2_001, 7_000)]);
        assert_eq!(look(|_| true), [(7_001, 12_000)]);
    }
}
