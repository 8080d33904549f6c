//! What is locked on one chain is what was issued on the other, and what is on its way: from the
//! chains' states, never from a relayer's tables.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use causeway_core::transfer::{Denom, FungibleTokenPacketData, PORT};
use causeway_core::{Acknowledgement, Amount, ClientId, Encoding, Packet, PacketPath, Sequence};
use causeway_relayer_endpoints::{Books, Endpoint, EndpointError, Holding, MAX_LOOKUP};
use tokio::time::sleep;

use super::{Named, WorkError};
use crate::config::PathEnd;

/// How often everything is read at most: the chains may go on for ever.
const READINGS: usize = 10;

/// The pause before another reading: less than a block, so that some pair of readings is between
/// two blocks.
const PAUSE: Duration = Duration::from_millis(200);

/// So many readings in a row must agree for their figures to be those of one moment, and so many
/// before anything is said to be missing.
const AGREE: usize = 2;
const AGREE_BROKEN: usize = 4;

/// The most packets in flight that are looked at, in each direction.
const MAX_IN_FLIGHT: usize = 200_000;

/// Whether a denomination's books balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// They do.
    Holds,
    /// The chains went on so fast that the figures are not all of one moment: nothing can be said.
    Moving,
    /// They do not, though nothing moves.
    Broken,
}

impl Balance {
    /// Its name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Moving => "moving",
            Self::Broken => "broken",
        }
    }
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

/// The books of one path, both ways. Chains can't be read all at once: everything is read again
/// until readings agree, and a denomination of which they don't is labelled so.
pub async fn solvency(
    a: (Named<'_>, &ClientId),
    b: (Named<'_>, &ClientId),
) -> Result<Vec<SolvencyRow>, WorkError> {
    let mut agreed = BTreeMap::new();
    let mut rows = Vec::new();
    for reading in 0..READINGS {
        if reading > 0 {
            sleep(PAUSE).await;
        }
        rows.clear();
        let before = core::mem::take(&mut agreed);
        for (mut row, packets) in read(a, b).await? {
            let name = (row.home.clone(), row.denom.to_string());
            let is_even = row.balance == Balance::Holds;
            let seen = (row.clone(), packets);
            let times = match before.get(&name) {
                Some((earlier, times)) if *earlier == seen => *times + 1,
                _ => 1,
            };
            agreed.insert(name, (seen, times));
            row.balance = match is_even {
                true if times >= AGREE => Balance::Holds,
                false if times >= AGREE_BROKEN => Balance::Broken,
                _ => Balance::Moving,
            };
            rows.push(row);
        }
        if reading > 0 && rows.iter().all(|row| row.balance != Balance::Moving) {
            break;
        }
    }
    Ok(rows)
}

/// A denomination's books by one reading, and the packets that make up what is in flight.
type Account = (SolvencyRow, BTreeSet<(bool, Sequence)>);

async fn read(
    a: (Named<'_>, &ClientId),
    b: (Named<'_>, &ClientId),
) -> Result<Vec<Account>, WorkError> {
    let from_a = in_flight(a, b).await?;
    let from_b = in_flight(b, a).await?;
    let books_a = a.0.endpoint.books(a.1).await.map_err(WorkError::on(a.0))?;
    let books_b = b.0.endpoint.books(b.1).await.map_err(WorkError::on(b.0))?;
    let mut rows = side(a, b, &books_a, &books_b, (&from_a, &from_b))?;
    rows.extend(side(b, a, &books_b, &books_a, (&from_b, &from_a))?);
    Ok(rows)
}

/// What is in flight of one denomination, and in which packets.
#[derive(Clone, Debug, Default)]
struct Flight {
    amount: Amount,
    packets: BTreeSet<Sequence>,
}

type Amounts = BTreeMap<String, Flight>;

/// Denominations that are at home on the first chain.
fn side(
    home: (Named<'_>, &ClientId),
    abroad: (Named<'_>, &ClientId),
    at_home: &Books,
    there: &Books,
    (out, back): (&Amounts, &Amounts),
) -> Result<Vec<Account>, WorkError> {
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
        let (out, back) = (out.get(name), back.get(&voucher));
        let amount = |flight: Option<&Flight>| flight.map_or(Amount::ZERO, |it| it.amount);
        let (in_flight_out, in_flight_home) = (amount(out), amount(back));
        let packets = [(true, out), (false, back)].into_iter().flat_map(|(is_out, flight)| {
            let packets = flight.into_iter().flat_map(|it| &it.packets);
            packets.map(move |sequence| (is_out, *sequence))
        });
        let packets = packets.collect();
        let abroad_sum = issued
            .checked_add(in_flight_out)
            .and_then(|sum| sum.checked_add(in_flight_home))
            .ok_or_else(overflow)?;
        let balance = if escrowed == abroad_sum { Balance::Holds } else { Balance::Broken };
        let row = SolvencyRow {
            home: end(home),
            abroad: end(abroad),
            denom,
            escrowed,
            issued,
            in_flight_out,
            in_flight_home,
            balance,
        };
        Ok((row, packets))
    };
    denoms.keys().map(row).collect()
}

fn total(holdings: &[Holding], name: &str) -> Option<Amount> {
    let named = holdings.iter().filter(|it| it.denom.to_string() == name);
    named.map(|it| it.amount).try_fold(Amount::ZERO, Amount::checked_add)
}

/// What was taken at the source and neither given at the destination nor given back, by the
/// source's names. What counts is what the source's state is committed to.
async fn in_flight(
    source: (Named<'_>, &ClientId),
    destination: (Named<'_>, &ClientId),
) -> Result<Amounts, WorkError> {
    let here = WorkError::on(source.0);
    let sequences = outstanding(source.0.endpoint, source.1).await.map_err(&here)?;
    let mut amounts = Amounts::new();
    for part in sequences.chunks(MAX_LOOKUP) {
        let arrived = arrived(part, destination).await?;
        let paths: Vec<_> =
            part.iter().map(|it| PacketPath::commitment(source.1.clone(), *it)).collect();
        let commitments = source.0.endpoint.traces(&paths).await.map_err(&here)?;
        let bodies = source.0.endpoint.sent(source.1, part).await.map_err(&here)?;
        let found = part.iter().zip(arrived).zip(commitments.into_iter().zip(bodies));
        for ((sequence, arrived), (commitment, body)) in found {
            // What has ended meanwhile is not in flight any more.
            let Some(commitment) = commitment.filter(|_| !arrived) else { continue };
            let body = body.map(|(packet, _)| packet);
            let packet = body.filter(|it| it.commitment().0.as_slice() == commitment);
            let packet = packet.ok_or_else(|| {
                let reason = format!("no event has packet {sequence} of {}", source.1);
                WorkError::unexpected(source.0, reason)
            })?;
            for (denom, amount) in transfers(&packet) {
                let flight = amounts.entry(denom).or_default();
                flight.amount = flight.amount.checked_add(amount).unwrap_or(Amount::MAX);
                flight.packets.insert(*sequence);
            }
        }
    }
    Ok(amounts)
}

/// Of which packets the destination has given what they bring.
async fn arrived(
    sequences: &[Sequence],
    destination: (Named<'_>, &ClientId),
) -> Result<Vec<bool>, WorkError> {
    let path = |path: fn(ClientId, Sequence) -> PacketPath| {
        sequences.iter().map(|it| path(destination.1.clone(), *it)).collect::<Vec<_>>()
    };
    let there = WorkError::on(destination.0);
    let endpoint = destination.0.endpoint;
    let receipts = endpoint.traces(&path(PacketPath::receipt)).await.map_err(&there)?;
    let answers = endpoint.traces(&path(PacketPath::acknowledgement)).await.map_err(&there)?;
    let failure = Acknowledgement::error().commitment().0.to_vec();
    let both = receipts.into_iter().zip(answers);
    let arrived: Vec<_> = both
        .map(|(receipt, answer)| receipt.is_some() && answer.as_ref() != Some(&failure))
        .collect();
    if arrived.len() != sequences.len() {
        return Err(WorkError::unexpected(destination.0, "it left out what was asked for"));
    }
    Ok(arrived)
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
