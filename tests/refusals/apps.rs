//! Refusals of the applications, each by a payload that breaks exactly its rule.

use causeway_contracts::apps::gmp::{Call, Contract, Counter, Gmp};
use causeway_contracts::apps::transfer::{RateLimit, Transfer};
use causeway_contracts::{
    Account, Accounts, AppError, Bank, Context, Delivery, IbcApp, Reply, Token,
};
use causeway_core::gmp::{self, GmpPacketData};
use causeway_core::transfer::{self, FungibleTokenPacketData};
use causeway_core::{Amount, ClientId, Encoding, Payload, PortId, Sequence};
use causeway_tests::host::{Customs, MemoryHost, account};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        code: "unexpected_port",
        provoke: || send(|world| world.payload.dest_port = port("mock")),
    },
    Case {
        code: "unexpected_version",
        provoke: || send(|world| world.payload.version = "ics20-2".into()),
    },
    Case {
        code: "unexpected_encoding",
        provoke: || receive(|world| world.payload.encoding = "application/cbor".into()),
    },
    Case { code: "unauthorized_sender", provoke: || send(|world| world.signer = account("eve")) },
    Case {
        code: "ambiguous_denom",
        provoke: || send(|world| world.payload = transfer_of("pool/coin", 1, &world.user())),
    },
    Case { code: "voucher_by_name", provoke: voucher_by_name },
    Case {
        code: "malformed_hop",
        provoke: || send(|world| world.dest_client = ClientId::new("mainchain").unwrap()),
    },
    Case {
        code: "no_such_receiver",
        provoke: || {
            receive(|world| {
                let escrow = world.host.escrow_account(&port(transfer::PORT), &world.dest_client);
                let escrow = world.host.format_account(&escrow);
                world.payload = transfer_of("coin", 1, &escrow);
            })
        },
    },
    Case { code: "transfers_paused", provoke: || send(World::pause) },
    Case { code: "rate_limit_exceeded", provoke: || send(|world| world.limit(9)) },
    Case {
        code: "insufficient_balance",
        provoke: || send(|world| world.payload = transfer_of("coin", 1_001, &world.user())),
    },
    Case {
        code: "supply_overflow",
        provoke: || {
            receive(|world| {
                let token = world.host.token(&"transfer/client-1/coin".parse().unwrap());
                world.host.supplies.insert(token, Amount::MAX);
            })
        },
    },
    Case {
        code: "insufficient_pot",
        // The other chain claims that more comes home than ever left.
        provoke: || {
            receive(|world| {
                let home = "transfer/client-0/coin";
                world.payload = transfer_of(home, 1, &world.user());
            })
        },
    },
    Case { code: "pot_overflow", provoke: pot_overflow },
    Case { code: "unexpected_acknowledgement", provoke: || answered(Some(br#"{"error":"no"}"#)) },
    Case { code: "not_in_flight", provoke: || answered(None) },
    Case {
        code: "not_the_authority",
        provoke: || {
            let mut world = World::new();
            let (user, client) = (world.signer.clone(), world.source_client.clone());
            let mut ctx = Context::new(&mut world.host);
            code(Transfer::set_paused(&mut ctx, &user, &client, true))
        },
    },
    Case { code: "no_such_contract", provoke: || call(|data| data.receiver = "0x00".into()) },
    Case {
        code: "empty_answer",
        provoke: || call(|data| data.receiver = format!("0x{}", hex::encode(account("mute").0))),
    },
    Case { code: "not_a_number", provoke: || call(|data| data.payload = vec![1]) },
    Case { code: "count_overflow", provoke: || call(|data| data.payload = vec![0xff; 8]) },
];

/// One chain, and a payload that it accepts in either direction.
struct World {
    host: MemoryHost,
    signer: Account,
    source_client: ClientId,
    dest_client: ClientId,
    payload: Payload,
}

fn port(text: &str) -> PortId {
    PortId::new(text).unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, AppError>) -> String {
    match result.unwrap_err() {
        AppError::Refused(refusal) => refusal.code().into_owned(),
        AppError::OutOfGas => panic!("there is gas enough"),
    }
}

fn user() -> Account {
    account("user")
}

fn transfer_of(denom: &str, amount: u64, receiver: &str) -> Payload {
    let sender = format!("0x{}", hex::encode(user().0));
    let (denom, amount) = (denom.parse().unwrap(), Amount::from(amount));
    let data = FungibleTokenPacketData::new(denom, amount, sender, receiver, "").unwrap();
    data.to_payload(Encoding::Json).unwrap()
}

impl World {
    fn new() -> Self {
        let customs = Customs { address_prefix: "0x", client_prefix: None, receipt: |_| vec![1] };
        let mut host = MemoryHost::new(customs);
        host.fund(&user(), &Token("coin".into()), 1_000);
        let receiver = host.format_account(&user());
        Self {
            host,
            signer: user(),
            source_client: ClientId::new("client-0").unwrap(),
            dest_client: ClientId::new("client-1").unwrap(),
            payload: transfer_of("coin", 10, &receiver),
        }
    }

    fn user(&self) -> String {
        self.host.format_account(&user())
    }

    fn pause(&mut self) {
        let (authority, client) = (self.host.authority.clone(), self.source_client.clone());
        let mut ctx = Context::new(&mut self.host);
        Transfer::set_paused(&mut ctx, &authority, &client, true).unwrap();
    }

    fn limit(&mut self, most: u64) {
        let limit = RateLimit {
            window_secs: 60.try_into().unwrap(),
            most_out: Some(Amount::from(most)),
            most_in: None,
        };
        let (authority, client) = (self.host.authority.clone(), self.source_client.clone());
        let mut ctx = Context::new(&mut self.host);
        let coin = Token("coin".into());
        Transfer::set_rate_limit(&mut ctx, &authority, &client, &coin, Some(limit)).unwrap();
    }

    fn with<T>(
        &mut self,
        call: impl FnOnce(&mut Context<'_>, &Delivery<'_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let delivery = Delivery {
            source_client: &self.source_client,
            dest_client: &self.dest_client,
            sequence: Sequence::FIRST,
            timeout_timestamp: 1,
            payload: &self.payload,
            signer: &self.signer,
        };
        let port = self.payload.source_port.clone();
        let mut ctx = Context::new(&mut self.host);
        ctx.attempt(|ctx| ctx.as_app(&port, |ctx| call(ctx, &delivery)))
    }

    fn send(&mut self) -> Result<(), AppError> {
        self.with(|ctx, delivery| Transfer.on_send(ctx, delivery))
    }

    fn receive(&mut self) -> Result<Reply, AppError> {
        self.with(|ctx, delivery| Transfer.on_recv(ctx, delivery))
    }
}

/// The code with which sending is refused after the change; without it, it succeeds.
fn send(change: fn(&mut World)) -> String {
    World::new().send().unwrap();
    let mut world = World::new();
    change(&mut world);
    code(world.send())
}

/// The code with which receiving is refused after the change; without it, it succeeds.
fn receive(change: fn(&mut World)) -> String {
    World::new().receive().unwrap();
    let mut world = World::new();
    change(&mut world);
    code(world.receive())
}

/// A chain may name its vouchers as it names its own coins, by the address of a contract: here the
/// coin is such a voucher.
fn voucher_by_name() -> String {
    let mut world = World::new();
    let key = b"apps/transfer/denom/coin".to_vec();
    world.host.entries.insert(key, b"transfer/client-0/coin".to_vec());
    code(world.send())
}

/// A bank that forgets what it holds could be made to lock more than can be counted.
fn pot_overflow() -> String {
    let mut world = World::new();
    let key = b"apps/transfer/escrow/client-0/coin".to_vec();
    world.host.entries.insert(key, Amount::MAX.to_be_bytes().to_vec());
    code(world.send())
}

/// The code with which an answer is refused: to a transfer that was sent, when there is one, else
/// to one that never was.
fn answered(answer: Option<&[u8]>) -> String {
    let mut world = World::new();
    if answer.is_some() {
        world.send().unwrap();
    }
    code(world.with(|ctx, delivery| Transfer.on_acknowledge(ctx, delivery, answer)))
}

/// Has nothing to say.
struct Mute;

impl Contract for Mute {
    fn call(&self, _: &mut Call<'_, '_>) -> Result<Vec<u8>, AppError> {
        Ok(Vec::new())
    }
}

/// What a call says.
struct CallData {
    receiver: String,
    payload: Vec<u8>,
}

/// The code with which a second call is refused after the change; without it, it succeeds.
fn call(change: fn(&mut CallData)) -> String {
    let gmp = Gmp::new().with(account("counter"), Counter).with(account("mute"), Mute);
    let mut world = World::new();
    let mut make = |data: CallData| {
        let sender = world.user();
        let data = GmpPacketData::new(sender, data.receiver, vec![], data.payload, "").unwrap();
        world.payload = data.to_payload(Encoding::Protobuf).unwrap();
        assert_eq!(world.payload.dest_port.as_str(), gmp::PORT);
        world.with(|ctx, delivery| gmp.on_recv(ctx, delivery))
    };
    let data = || CallData {
        receiver: format!("0x{}", hex::encode(account("counter").0)),
        payload: 1_u64.to_be_bytes().to_vec(),
    };
    make(data()).unwrap();
    let mut changed = data();
    change(&mut changed);
    code(make(changed))
}
