//! An endpoint of a small chain, as good or as bad as a test wants.

use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use causeway_core::{
    Acknowledgement, Amount, Any, ClientId, Height, Message, Packet, PacketPath, PacketTrace,
    Recourse, Sequence, Timestamp,
};
use causeway_relayer_endpoints::{
    ChainEvent, ClientParameters, EndpointError, Events, Fee, HostedClient, Identity, Observer,
    Page, Prover, Reader, Signed, Stream, Submitter, Trail, Transaction, TransactionState,
    TransportError, Update,
};
use causeway_relayer_engine::{ClientReport, ClientStatus, Observation};

use super::faults::Faults;
use super::net::{self, Chain, Net, Shared, Tx};

pub(crate) struct Model {
    net: Shared,
    me: usize,
    account: String,
    faults: Arc<Mutex<Faults>>,
    /// The nonce that is believed to be next.
    nonce: Mutex<Option<u64>>,
}

impl Model {
    pub(crate) fn new(net: &Shared, me: usize, account: &str, faults: &Arc<Mutex<Faults>>) -> Self {
        let account = account.to_owned();
        Self { net: net.clone(), me, account, faults: faults.clone(), nonce: Mutex::new(None) }
    }

    fn net(&self) -> MutexGuard<'_, Net> {
        self.net.lock().unwrap()
    }

    pub(crate) fn here<T>(&self, read: impl FnOnce(&mut Chain) -> T) -> T {
        read(&mut self.net().chains[self.me])
    }

    /// One time in so many.
    fn one_in(&self, count: u64) -> bool {
        count > 0 && self.net().random.below(count) == 0
    }

    fn lies(&self) -> bool {
        let lies = self.faults.lock().unwrap().lies;
        self.one_in(lies)
    }

    /// What happens to a call before it is carried out.
    pub(crate) async fn arrive(&self) -> Result<(), EndpointError> {
        let faults = *self.faults.lock().unwrap();
        // An answer takes some time, and others go on meanwhile.
        let delay = self.net().random.below(40);
        tokio::time::sleep(Duration::from_millis(delay)).await;
        if self.one_in(faults.hangs) {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        if faults.down || self.one_in(faults.fails) {
            return Err(gone());
        }
        Ok(())
    }

    fn secs(block: &net::Block) -> Timestamp {
        Timestamp::from_secs(block.time).unwrap()
    }
}

fn gone() -> EndpointError {
    TransportError { reason: "the model does not answer".into() }.into()
}

fn missing(what: &'static str) -> EndpointError {
    EndpointError::Missing { what, reason: "the model has none".into() }
}

#[async_trait]
impl Observer for Model {
    async fn identity(&self) -> Result<Identity, EndpointError> {
        self.arrive().await?;
        let network = format!("model:{}", self.me);
        Ok(Identity { network, client_type: "model".into(), prefix: net::prefix() })
    }

    async fn observe(&self) -> Result<Observation, EndpointError> {
        self.arrive().await?;
        let mut seen = self.here(|chain| Observation {
            head: Height::from_block(chain.head() as u64),
            head_time: Self::secs(&chain.blocks[chain.head()]),
            finalized: Height::from_block(chain.finalized() as u64),
            finalized_time: Self::secs(&chain.blocks[chain.finalized()]),
        });
        if self.lies() {
            let wrong = self.net().random.below(2 * seen.head.height() + 2);
            seen.head = Height::from_block(wrong);
        }
        Ok(seen)
    }

    async fn block_id(&self, height: u64) -> Result<Option<String>, EndpointError> {
        self.arrive().await?;
        let height = usize::try_from(height).unwrap();
        Ok(self.here(|chain| chain.blocks.get(height).map(|block| block.id.to_string())))
    }

    async fn watch(&self) -> Result<Option<Box<dyn Stream>>, EndpointError> {
        self.arrive().await?;
        Ok(None)
    }

    async fn client(&self, client: &ClientId) -> Result<HostedClient, EndpointError> {
        self.arrive().await?;
        let net = self.net();
        let found = net.chains[self.me].newest().clients.get(client);
        let found = found.ok_or_else(|| missing("client"))?;
        let latest = *found.heights.last().unwrap();
        let there = &net.chains[1 - self.me];
        let at = usize::try_from(latest).unwrap();
        let now = Self::secs(&net.chains[self.me].blocks[net.chains[self.me].head()]);
        let latest_time = Self::secs(&there.blocks[at]);
        let trusting_period = Duration::from_secs(600);
        let status = if found.frozen {
            ClientStatus::Frozen
        } else if latest_time.saturating_add(trusting_period) <= now {
            ClientStatus::Expired
        } else {
            ClientStatus::Active
        };
        Ok(HostedClient {
            id: client.clone(),
            client_state: net::header(latest),
            consensus_state: net::header(latest),
            counterparty: found.counterparty.clone(),
            report: ClientReport {
                status,
                latest: Height::from_block(latest),
                latest_time,
                trusting_period: Some(trusting_period),
            },
        })
    }

    /// Nothing of the model asks.
    async fn trusted_below(
        &self,
        _: &ClientId,
        _: Height,
    ) -> Result<Option<(Height, Any)>, EndpointError> {
        self.arrive().await?;
        Ok(None)
    }

    async fn clients(&self) -> Result<Vec<ClientId>, EndpointError> {
        self.arrive().await?;
        Ok(self.here(|chain| chain.newest().clients.keys().cloned().collect()))
    }
}

#[async_trait]
impl Reader for Model {
    async fn events(&self, client: &ClientId, from: u64, to: u64) -> Result<Events, EndpointError> {
        self.arrive().await?;
        let mut read = self.here(|chain| {
            let blocks = (0..).zip(&chain.blocks).filter(|(at, _)| (from..=to).contains(at));
            let events = blocks.flat_map(|(at, block)| {
                let ours = block.events.iter().filter(|(id, _)| id == client);
                ours.map(move |(_, event)| (Height::from_block(at), event.clone()))
            });
            Events { to, events: events.collect() }
        });
        // Not more than a few heights at once, to have it tried.
        read.to = read.to.min(from + 20);
        read.events.retain(|(height, _)| height.height() <= from + 20);
        if self.lies() {
            match self.net().random.below(3) {
                0 => read.to = u64::MAX,
                1 => read.events.clear(),
                _ => {
                    let at = Height::from_block(to);
                    read.events.push((at, ChainEvent::Settled(Sequence::FIRST)));
                }
            }
        }
        Ok(read)
    }

    async fn traces(&self, paths: &[PacketPath]) -> Result<Vec<Option<Vec<u8>>>, EndpointError> {
        self.arrive().await?;
        let mut found: Vec<_> = self.here(|chain| {
            paths.iter().map(|path| chain.newest().traces.get(path).cloned()).collect()
        });
        if self.lies() {
            match self.net().random.below(3) {
                0 => found.fill(None),
                1 => found.truncate(1),
                _ => found.fill(Some(vec![9])),
            }
        }
        Ok(found)
    }

    async fn outstanding(&self, client: &ClientId, from: Sequence) -> Result<Page, EndpointError> {
        self.arrive().await?;
        let mut sequences: Vec<_> = self.here(|chain| {
            let first = PacketPath::commitment(client.clone(), from);
            let paths = chain.newest().traces.range(first..).map(|(path, _)| path);
            let ours = paths
                .take_while(|path| path.client == *client && path.trace == PacketTrace::Commitment);
            ours.map(|path| path.sequence).take(8).collect()
        });
        let mut next = sequences.get(7).copied();
        if next.is_some() {
            sequences.pop();
        }
        if self.lies() {
            next = Some(from);
            sequences.push(Sequence::new(1 + self.net().random.below(50)).unwrap());
        }
        Ok(Page { sequences, next })
    }

    async fn sent(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Packet, Height)>>, EndpointError> {
        self.arrive().await?;
        let find = |chain: &Chain, wanted: Sequence| {
            (0..).zip(&chain.blocks).find_map(|(at, block)| {
                block.events.iter().find_map(|(id, event)| match event {
                    ChainEvent::Sent(packet) if id == client && packet.sequence == wanted => {
                        Some((packet.clone(), Height::from_block(at)))
                    }
                    _ => None,
                })
            })
        };
        Ok(self.here(|chain| sequences.iter().map(|it| find(chain, *it)).collect()))
    }

    async fn answered(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Acknowledgement, Height)>>, EndpointError> {
        self.arrive().await?;
        let find = |chain: &Chain, wanted: Sequence| {
            (0..).zip(&chain.blocks).find_map(|(at, block)| {
                block.events.iter().find_map(|(id, event)| match event {
                    ChainEvent::Answered(packet, answer)
                        if id == client && packet.sequence == wanted =>
                    {
                        Some((answer.clone(), Height::from_block(at)))
                    }
                    _ => None,
                })
            })
        };
        Ok(self.here(|chain| sequences.iter().map(|it| find(chain, *it)).collect()))
    }

    async fn events_of(
        &self,
        transaction: &Transaction,
    ) -> Result<Option<Vec<(ClientId, ChainEvent)>>, EndpointError> {
        self.arrive().await?;
        Ok(self.here(|chain| {
            let has =
                |block: &&net::Block| block.executed.iter().any(|(tx, _)| tx.name == transaction.0);
            // Events of a block, not of a transaction: the model's blocks are small.
            chain.blocks.iter().find(has).map(|block| block.events.clone())
        }))
    }

    async fn transaction_of(
        &self,
        client: &ClientId,
        sequence: Sequence,
        trail: Trail,
    ) -> Result<Option<(Transaction, Height)>, EndpointError> {
        self.arrive().await?;
        let is_it = |(owner, event): &(ClientId, ChainEvent)| {
            let told = match (trail, event) {
                (Trail::Sent, ChainEvent::Sent(packet))
                | (Trail::Answered, ChainEvent::Answered(packet, _)) => packet.sequence,
                (Trail::Settled, ChainEvent::Settled(sequence)) => *sequence,
                _ => return false,
            };
            owner == client && told == sequence
        };
        Ok(self.here(|chain| {
            let blocks = (0..).zip(&chain.blocks);
            let mut told = blocks.filter(|(_, block)| block.events.iter().any(is_it));
            told.next().and_then(|(at, block)| {
                // One of a block's transactions: the model's blocks do not say which.
                let (tx, _) = block.executed.first()?;
                Some((Transaction(tx.name.clone()), Height::from_block(at)))
            })
        }))
    }
}

#[async_trait]
impl Prover for Model {
    async fn new_client(&self, _: &ClientParameters) -> Result<(Any, Any), EndpointError> {
        self.arrive().await?;
        let at = self.here(|chain| chain.finalized() as u64);
        Ok((net::header(at), net::header(at)))
    }

    async fn is_followed_by(&self, client: &HostedClient) -> Result<bool, EndpointError> {
        self.arrive().await?;
        Ok(client.client_state.type_url == "/model.Header")
    }

    async fn update(
        &self,
        client: &HostedClient,
        at_least: Height,
        not_before: Timestamp,
        refresh: bool,
    ) -> Result<Update, EndpointError> {
        self.arrive().await?;
        let (height, time) = self.here(|chain| {
            (
                Height::from_block(chain.finalized() as u64),
                Self::secs(&chain.blocks[chain.finalized()]),
            )
        });
        let enough = client.report.latest >= at_least && client.report.latest_time >= not_before;
        if enough && !refresh {
            return Ok(Update { messages: Vec::new(), height: client.report.latest });
        }
        let net = self.net();
        let there = net.chains[1 - self.me].newest().clients.get(&client.id);
        let is_stranded = there.is_some_and(|it| it.stranded);
        drop(net);
        if height < at_least || time < not_before || is_stranded {
            return Err(missing("final block"));
        }
        Ok(Update { messages: vec![net::header(height.height())], height })
    }

    async fn prove(
        &self,
        _: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<Vec<u8>>, EndpointError> {
        self.arrive().await?;
        if self.lies() {
            return Ok(paths.iter().map(|_| b"lie".to_vec()).collect());
        }
        let proof = |path: &PacketPath| net::proof(height, core::slice::from_ref(path));
        Ok(paths.iter().map(proof).collect())
    }

    async fn prove_batch(
        &self,
        _: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<u8>, EndpointError> {
        self.arrive().await?;
        Ok(net::proof(height, paths))
    }

    async fn stranded(&self, client: &HostedClient) -> Result<Option<String>, EndpointError> {
        self.arrive().await?;
        let net = self.net();
        let there = net.chains[1 - self.me].newest().clients.get(&client.id);
        let is_stranded = there.is_some_and(|it| it.stranded);
        Ok(is_stranded.then(|| "a period ended without an update".to_owned()))
    }

    async fn cross_check(
        &self,
        client: &HostedClient,
        _: &dyn Observer,
    ) -> Result<Option<Any>, EndpointError> {
        self.arrive().await?;
        // The client knows something that never was.
        let wrong = self.here(|chain| client.report.latest.height() > chain.finalized() as u64);
        Ok(wrong.then(|| net::header(0)))
    }
}

#[async_trait]
impl Submitter for Model {
    fn account(&self) -> String {
        self.account.clone()
    }

    async fn estimate(&self, messages: &[Message]) -> Result<Fee, EndpointError> {
        self.arrive().await?;
        let gas = messages.len() as u64;
        Ok(Fee { amount: Amount::from(gas), denom: "coin".into(), gas })
    }

    async fn sign(&self, messages: &[Message]) -> Result<Signed, EndpointError> {
        self.arrive().await?;
        if messages.len() > self.here(|chain| chain.most_messages) {
            return Err(EndpointError::TooLarge { reason: "too many messages".into() });
        }
        let mut believed = self.nonce.lock().unwrap();
        let nonce = believed.unwrap_or_else(|| self.here(|chain| chain.next_nonce(&self.account)));
        *believed = Some(nonce + 1);
        let number = self.net().random.next_u64();
        let name = format!("{}-{nonce}-{number:x}", self.account);
        let (account, messages) = (self.account.clone(), messages.to_vec());
        let tx = Tx { name: name.clone(), account, nonce, fee: 10, messages };
        self.here(|chain| chain.signed.insert(name.clone(), tx));
        Ok(Signed { transaction: Transaction(name.clone()), raw: name.into_bytes() })
    }

    async fn sign_untried(&self, messages: &[Message]) -> Result<Signed, EndpointError> {
        self.sign(messages).await
    }

    async fn replace(&self, signed: &Signed) -> Result<Signed, EndpointError> {
        self.arrive().await?;
        let number = self.net().random.next_u64();
        Ok(self.here(|chain| {
            let mut tx = chain.signed[&signed.transaction.0].clone();
            tx.fee *= 2;
            tx.name = format!("{}-{}-{number:x}", tx.account, tx.nonce);
            let name = tx.name.clone();
            chain.signed.insert(name.clone(), tx);
            Signed { transaction: Transaction(name.clone()), raw: name.into_bytes() }
        }))
    }

    async fn broadcast(&self, raw: &[u8]) -> Result<Transaction, EndpointError> {
        self.arrive().await?;
        let name = String::from_utf8(raw.to_vec()).unwrap();
        let forgets = self.faults.lock().unwrap().forgets;
        let forgets = self.one_in(forgets);
        self.here(|chain| {
            let tx = chain.signed[&name].clone();
            if chain.find(&name).is_some() || chain.pool.iter().any(|it| it.name == name) {
                return Ok(());
            }
            let next = chain.newest().nonces.get(&tx.account).copied().unwrap_or_default();
            if tx.nonce < next {
                let (recourse, reason) = (Recourse::Retry, format!("nonce {} is used", tx.nonce));
                return Err(EndpointError::Refused { recourse, reason });
            }
            let same = |it: &Tx| it.account == tx.account && it.nonce == tx.nonce;
            if let Some(other) = chain.pool.iter_mut().find(|it| same(it)) {
                if other.fee >= tx.fee {
                    let (recourse, reason) = (Recourse::Retry, "replacement underpriced".into());
                    return Err(EndpointError::Refused { recourse, reason });
                }
                *other = tx;
                return Ok(());
            }
            if !forgets {
                chain.pool.push(tx);
            }
            Ok(())
        })?;
        let silent = self.faults.lock().unwrap().silent;
        if self.one_in(silent) {
            return Err(gone());
        }
        Ok(Transaction(name))
    }

    async fn state(&self, transaction: &Transaction) -> Result<TransactionState, EndpointError> {
        self.arrive().await?;
        Ok(self.here(|chain| match chain.find(&transaction.0) {
            Some(executed) => TransactionState::Executed(executed),
            None if chain.pool.iter().any(|tx| tx.name == transaction.0) => {
                TransactionState::Pending
            }
            None => TransactionState::Unknown,
        }))
    }

    async fn reconcile(&self) -> Result<(), EndpointError> {
        self.arrive().await?;
        *self.nonce.lock().unwrap() = None;
        Ok(())
    }
}
