//! What users send.

use causeway_core::gmp::GmpPacketData;
use causeway_core::transfer::{Denom, FungibleTokenPacketData};
use causeway_core::{Amount, ClientId, Encoding, Payload};

use super::families::Member;

/// What a packet is for. It travels in the memo, so that whoever reads the packet back knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Tokens of the chain, for bob on the other one.
    Transfer,
    /// Vouchers of bob's, home to alice.
    Return,
    /// A call of the contract that counts.
    Call,
    /// Tokens and a call: all or nothing.
    Both,
    /// Tokens for somebody whose name is nobody's.
    Misdirected,
    /// A call that the contract refuses.
    BadCall,
    /// Tokens, and a call that the contract refuses: they must come back.
    BadBoth,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Transfer,
        Self::Return,
        Self::Call,
        Self::Both,
        Self::Misdirected,
        Self::BadCall,
        Self::BadBoth,
    ];

    /// True for what no application may take.
    pub(crate) const fn is_refused(self) -> bool {
        matches!(self, Self::Misdirected | Self::BadCall | Self::BadBoth)
    }

    /// Who sends it.
    pub(crate) const fn sender(self) -> &'static str {
        if matches!(self, Self::Return) { "bob" } else { "alice" }
    }

    fn has_tokens(self) -> bool {
        !matches!(self, Self::Call | Self::BadCall)
    }

    fn has_call(self) -> bool {
        matches!(self, Self::Call | Self::Both | Self::BadCall | Self::BadBoth)
    }
}

/// A packet to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) kind: Kind,
    /// Of tokens, and what is to be added in a call.
    pub(crate) amount: u64,
    /// From when it is sent until it times out.
    pub(crate) patience_secs: u64,
}

/// From whom to whom.
pub(crate) struct Route<'a> {
    pub(crate) from: &'a Member,
    pub(crate) to: &'a Member,
    /// The client there, on the chain that sends.
    pub(crate) client: &'a ClientId,
    pub(crate) sender: String,
    pub(crate) receiver: String,
}

impl Parcel {
    pub(crate) fn payloads(&self, route: &Route<'_>) -> Vec<Payload> {
        let tokens = self.kind.has_tokens().then(|| self.tokens(route));
        let call = self.kind.has_call().then(|| self.call(route));
        tokens.into_iter().chain(call).collect()
    }

    fn memo(&self) -> String {
        format!("{:?} {}", self.kind, self.amount)
    }

    fn tokens(&self, route: &Route<'_>) -> Payload {
        let denom: Denom = match self.kind {
            Kind::Return => voucher(route.client, route.to),
            _ => route.from.denom.parse().unwrap(),
        };
        let receiver = match self.kind {
            Kind::Misdirected => "nobody",
            _ => &route.receiver,
        };
        let amount = Amount::from(self.amount);
        let data =
            FungibleTokenPacketData::new(denom, amount, &route.sender, receiver, self.memo());
        data.unwrap().to_payload(route.from.encoding).unwrap()
    }

    fn call(&self, route: &Route<'_>) -> Payload {
        let number = self.amount.to_be_bytes();
        let is_bad = matches!(self.kind, Kind::BadCall | Kind::BadBoth);
        let payload = if is_bad { number[..3].to_vec() } else { number.to_vec() };
        let (sender, receiver) = (route.sender.clone(), route.to.counter.clone());
        let data = GmpPacketData::new(sender, receiver, Vec::new(), payload, self.memo());
        data.unwrap().to_payload(route.from.encoding).unwrap()
    }
}

/// The vouchers of a chain's tokens that came over a client.
pub(crate) fn voucher(client: &ClientId, home: &Member) -> Denom {
    format!("transfer/{client}/{}", home.denom).parse().unwrap()
}

/// What a packet that was read back is for, and how much it carries.
pub(crate) fn read(payloads: &[Payload]) -> (Kind, u64) {
    let payload = &payloads[0];
    let encoding = Encoding::of(payload).unwrap();
    let memo = match FungibleTokenPacketData::decode(&payload.value, encoding) {
        Ok(data) if payload.source_port.as_str() == causeway_core::transfer::PORT => {
            data.memo().to_owned()
        }
        _ => GmpPacketData::decode(&payload.value, encoding).unwrap().memo().to_owned(),
    };
    let (name, amount) = memo.split_once(' ').unwrap();
    let kind = Kind::ALL.into_iter().find(|kind| format!("{kind:?}") == name).unwrap();
    (kind, amount.parse().unwrap())
}
