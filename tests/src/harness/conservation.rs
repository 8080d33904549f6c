//! Every token is in exactly one place: after each step, on every path and for every denomination,
//! what is in escrow on one side is what was issued on the other, and what is on its way.

use causeway_contracts::apps::transfer::Transfer;
use causeway_contracts::{Accounts, Bank, Context, Token};
use causeway_core::transfer::{Denom, FungibleTokenPacketData, Hop, PORT};
use causeway_core::{Acknowledgement, Amount, Encoding, Packet, PacketPath, PortId};

use super::{Coordinator, Endpoint, Path};

/// Fails when a token is missing or doubled on any path.
///
/// # Panics
///
/// Then.
pub fn assert_conserved(c: &mut Coordinator) {
    for path in c.paths.clone() {
        assert_end_conserved(c, &path);
        assert_end_conserved(c, &path.reversed());
    }
}

/// What lies in escrow at `a` stands behind something at `b`, or is on its way.
fn assert_end_conserved(c: &mut Coordinator, path: &Path) {
    for denom in escrowed_denoms(c, &path.a) {
        let voucher: Denom = format!("{PORT}/{}/{denom}", path.b.client_id).parse().unwrap();
        let escrowed = escrowed(c, &path.a, &denom);
        let issued = issued(c, &path.b, &voucher);
        let out = in_flight(c, path, &denom);
        let home = in_flight(c, &path.reversed(), &voucher);
        let abroad = [issued, out, home].into_iter().fold(Amount::ZERO, sum);
        assert_eq!(
            escrowed, abroad,
            "{denom} through {}: escrow, and {issued} issued + {out} out + {home} coming home",
            path.a.client_id
        );
    }
}

fn sum(one: Amount, other: Amount) -> Amount {
    one.checked_add(other).expect("test amounts are small")
}

fn hop(end: &Endpoint) -> Hop {
    Hop::new(PortId::new(PORT).unwrap(), end.client_id.clone()).unwrap()
}

/// Everything that ever left `end` for its counterparty, and was not issued by it.
fn escrowed_denoms(c: &Coordinator, end: &Endpoint) -> Vec<Denom> {
    let sent = c.chains[end.chain].sent_packets();
    let sent = sent.iter().filter(|packet| packet.source_client == end.client_id);
    let mut denoms: Vec<_> = sent.flat_map(transfers).map(|(denom, _)| denom).collect();
    denoms.retain(|denom| !denom.came_through(&hop(end)));
    denoms.sort_by_key(ToString::to_string);
    denoms.dedup();
    denoms
}

/// In the books, and in the bank.
fn escrowed(c: &mut Coordinator, end: &Endpoint, denom: &Denom) -> Amount {
    let chain = end.on(c);
    let token = chain.host.token(denom);
    let account = chain.host.escrow_account(&PortId::new(PORT).unwrap(), &end.client_id);
    let in_bank = chain.host.balance(&account, &token);
    let mut ctx = Context::new(&mut chain.host);
    let in_books = Transfer::escrowed(&mut ctx, &end.client_id, &token).unwrap();
    assert_eq!(in_bank, in_books, "{denom} in the escrow of {}", end.client_id);
    in_books
}

/// In the books, and in the bank.
fn issued(c: &mut Coordinator, end: &Endpoint, voucher: &Denom) -> Amount {
    let chain = end.on(c);
    let token: Token = chain.host.token(voucher);
    let in_bank = chain.host.supply(&token);
    let mut ctx = Context::new(&mut chain.host);
    let in_books = Transfer::issued(&mut ctx, &end.client_id, &token).unwrap();
    assert_eq!(in_bank, in_books, "supply of {voucher} through {}", end.client_id);
    in_books
}

/// What was taken at `a` and neither given at `b` nor given back.
fn in_flight(c: &Coordinator, path: &Path, wanted: &Denom) -> Amount {
    let sent = c.chains[path.a.chain].sent_packets();
    let open = sent
        .iter()
        .filter(|packet| packet.source_client == path.a.client_id)
        .filter(|packet| is_open(c, path, packet));
    let transfers = open.flat_map(transfers).filter(|(denom, _)| denom == wanted);
    transfers.map(|(_, amount)| amount).fold(Amount::ZERO, sum)
}

fn is_open(c: &Coordinator, path: &Path, packet: &Packet) -> bool {
    let (here, there) = (&c.chains[path.a.chain], &c.chains[path.b.chain]);
    let (source, dest) = (packet.source_client.clone(), packet.dest_client.clone());
    let commitment = here.trace(&PacketPath::commitment(source, packet.sequence));
    let receipt = there.trace(&PacketPath::receipt(dest.clone(), packet.sequence));
    let answer = there.trace(&PacketPath::acknowledgement(dest, packet.sequence));
    let failure = Acknowledgement::error().commitment().0.to_vec();
    commitment.is_some() && (receipt.is_none() || answer == Some(&failure))
}

/// Denomination and amount of each transfer that a packet carries.
fn transfers(packet: &Packet) -> Vec<(Denom, Amount)> {
    let payloads = packet.payloads.iter().filter(|it| it.source_port.as_str() == PORT);
    payloads
        .filter_map(|payload| {
            let encoding = Encoding::of(payload)?;
            let data = FungibleTokenPacketData::decode(&payload.value, encoding).ok()?;
            Some((data.denom().clone(), data.amount()))
        })
        .collect()
}
