//! What is locked on one chain is what was issued on the other, and what is on its way: from the
//! chains' states, never from a relayer's tables.

use std::collections::BTreeMap;

use causeway_core::transfer::{Denom, FungibleTokenPacketData, PORT};
use causeway_core::{Acknowledgement, Amount, ClientId, Encoding, Packet, PacketPath, Sequence};
use causeway_relayer_endpoints::{Books, Endpoint, EndpointError, Holding, MAX_LOOKUP};

use super::{Named, WorkError};
use crate::config::PathEnd;

/// How often the books are read again while they do not balance: the chains move on between two
/// reads.
const TRIES: usize = 4;

/// The most packets in flight that are looked at, in each direction.
const MAX_IN_FLIGHT: usize = 200_000;

/// Whether a denomination's books balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// They do.
    Holds,
    /// They do not, in as many readings as were tried.
    Broken,
}

/// One denomination's books on one path: locked at one end, issued at the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolvencyRow {
    /// Where it is locked.
    pub home: PathEnd,
    /// Where its vouchers are.
    pub abroad: PathEnd,
    /// The denomination, by its home's name.
    pub denom: Denom,
    /// Locked at home.
    pub escrowed: Amount,
    /// Issued abroad.
    pub issued: Amount,
    /// On its way out, or back to its sender at home.
    pub in_flight_out: Amount,
    /// On its way home, or back to its sender abroad.
    pub in_flight_home: Amount,
    /// Whether the first is the sum of the others.
    pub balance: Balance,
}

/// The books of one path, both ways.
pub async fn solvency(
    a: (Named<'_>, &ClientId),
    b: (Named<'_>, &ClientId),
) -> Result<Vec<SolvencyRow>, WorkError> {
    let mut rows = read(a, b).await?;
    for _ in 1..TRIES {
        if rows.iter().all(|row| row.balance == Balance::Holds) {
            break;
        }
        rows = read(a, b).await?;
    }
    Ok(rows)
}

async fn read(
    a: (Named<'_>, &ClientId),
    b: (Named<'_>, &ClientId),
) -> Result<Vec<SolvencyRow>, WorkError> {
    let from_a = in_flight(a, b).await?;
    let from_b = in_flight(b, a).await?;
    let books_a = a.0.endpoint.books(a.1).await.map_err(WorkError::on(a.0))?;
    let books_b = b.0.endpoint.books(b.1).await.map_err(WorkError::on(b.0))?;
    let mut rows = side(a, b, &books_a, &books_b, (&from_a, &from_b))?;
    rows.extend(side(b, a, &books_b, &books_a, (&from_b, &from_a))?);
    Ok(rows)
}

type Amounts = BTreeMap<String, Amount>;

/// Denominations that are at home on the first chain.
fn side(
    home: (Named<'_>, &ClientId),
    abroad: (Named<'_>, &ClientId),
    at_home: &Books,
    there: &Books,
    (out, back): (&Amounts, &Amounts),
) -> Result<Vec<SolvencyRow>, WorkError> {
    let prefix = format!("{PORT}/{}/", abroad.1);
    let own_prefix = format!("{PORT}/{}/", home.1);
    let mut denoms: BTreeMap<String, ()> = BTreeMap::new();
    denoms.extend(at_home.escrowed.iter().map(|it| (it.denom.to_string(), ())));
    let vouchers = there.issued.iter().map(|it| it.denom.to_string()).chain(back.keys().cloned());
    denoms.extend(vouchers.filter_map(|it| Some((it.strip_prefix(&prefix)?.to_owned(), ()))));
    denoms.extend(out.keys().filter(|it| !it.starts_with(&own_prefix)).map(|it| (it.clone(), ())));
    let overflow = || WorkError::unexpected(home.0, "its amounts are beyond 256 bits");
    let end = |(chain, client): (Named<'_>, &ClientId)| PathEnd {
        chain: chain.alias.to_owned(),
        client: client.clone(),
    };
    let row = |name: &String| {
        let denom: Denom = name
            .parse()
            .map_err(|error| WorkError::unexpected(home.0, format!("{name}: {error}")))?;
        let voucher = format!("{prefix}{name}");
        let escrowed = total(&at_home.escrowed, name).ok_or_else(overflow)?;
        let issued = total(&there.issued, &voucher).ok_or_else(overflow)?;
        let in_flight_out = out.get(name).copied().unwrap_or(Amount::ZERO);
        let in_flight_home = back.get(&voucher).copied().unwrap_or(Amount::ZERO);
        let abroad_sum = issued
            .checked_add(in_flight_out)
            .and_then(|sum| sum.checked_add(in_flight_home))
            .ok_or_else(overflow)?;
        let balance = if escrowed == abroad_sum { Balance::Holds } else { Balance::Broken };
        Ok(SolvencyRow {
            home: end(home),
            abroad: end(abroad),
            denom,
            escrowed,
            issued,
            in_flight_out,
            in_flight_home,
            balance,
        })
    };
    denoms.keys().map(row).collect()
}

fn total(holdings: &[Holding], name: &str) -> Option<Amount> {
    let named = holdings.iter().filter(|it| it.denom.to_string() == name);
    named.map(|it| it.amount).try_fold(Amount::ZERO, Amount::checked_add)
}

/// What was taken at the source and neither given at the destination nor given back, by the
/// source's names.
async fn in_flight(
    source: (Named<'_>, &ClientId),
    destination: (Named<'_>, &ClientId),
) -> Result<Amounts, WorkError> {
    let sequences = outstanding(source.0.endpoint, source.1).await;
    let sequences = sequences.map_err(WorkError::on(source.0))?;
    let mut amounts = Amounts::new();
    for part in sequences.chunks(MAX_LOOKUP) {
        let bodies = source.0.endpoint.sent(source.1, part).await;
        let bodies = bodies.map_err(WorkError::on(source.0))?;
        let path = |path: fn(ClientId, Sequence) -> PacketPath| {
            part.iter().map(|it| path(destination.1.clone(), *it)).collect::<Vec<_>>()
        };
        let there = WorkError::on(destination.0);
        let endpoint = destination.0.endpoint;
        let receipts = endpoint.traces(&path(PacketPath::receipt)).await.map_err(&there)?;
        let answers = endpoint.traces(&path(PacketPath::acknowledgement)).await.map_err(&there)?;
        let failure = Acknowledgement::error().commitment().0.to_vec();
        for ((body, receipt), answer) in bodies.into_iter().zip(receipts).zip(answers) {
            let arrived = receipt.is_some() && answer.as_ref() != Some(&failure);
            let Some((packet, _)) = body.filter(|_| !arrived) else { continue };
            for (denom, amount) in transfers(&packet) {
                let sum = amounts.entry(denom).or_insert(Amount::ZERO);
                *sum = sum.checked_add(amount).unwrap_or(Amount::MAX);
            }
        }
    }
    Ok(amounts)
}

async fn outstanding(
    endpoint: &dyn Endpoint,
    client: &ClientId,
) -> Result<Vec<Sequence>, EndpointError> {
    let mut sequences = Vec::new();
    let mut from = Sequence::FIRST;
    loop {
        let page = endpoint.outstanding(client, from).await?;
        sequences.extend(page.sequences);
        match page.next {
            Some(next) if next > from && sequences.len() < MAX_IN_FLIGHT => from = next,
            Some(_) => {
                let reason = format!("more than {MAX_IN_FLIGHT} packets, or pages that lead back");
                return Err(EndpointError::Nonsense { what: "outstanding packets", reason });
            }
            None => return Ok(sequences),
        }
    }
}

/// Denomination and amount of each transfer that a packet carries.
fn transfers(packet: &Packet) -> Vec<(String, Amount)> {
    let payloads = packet.payloads.iter().filter(|it| it.source_port.as_str() == PORT);
    payloads
        .filter_map(|payload| {
            let encoding = Encoding::of(payload)?;
            let data = FungibleTokenPacketData::decode(&payload.value, encoding).ok()?;
            Some((data.denom().to_string(), data.amount()))
        })
        .collect()
}
