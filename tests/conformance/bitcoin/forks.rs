//! Real forks, through the client and its header tree.

use causeway_client_bitcoin::{
    Anchor, BitcoinClient, Chain, ClientMessage, Depths, Header, LastTimes, Network, PeriodStart,
    RawHeader, Tip, header_messages, split_headers,
};
use causeway_core::Refusal;
use causeway_light_client::{LightClient, Verdict};
use causeway_tests::makers::bitcoin::{Host, client_state, late};
use causeway_tests::vectors::Vectors;

use super::headers::anchor_in;
use super::rules::{judge, stand_in};
use super::{headers_of, list, number, raw_header, text};

/// A client that starts at an anchor, with forks allowed far back.
fn host(network: &Network, anchor: Anchor, confirmations: u32) -> Host {
    let depths = Depths { confirmations, fork_window: 10_000 };
    Host::new(causeway_client_bitcoin::ClientState { depths, ..client_state(network, anchor) })
}

fn update(host: &mut Host, headers: &[RawHeader]) -> Result<bool, String> {
    for message in header_messages(headers) {
        match BitcoinClient::verify_client_message(host, &message, late()) {
            Ok(Verdict::Advance(advance)) => host.apply(advance),
            Ok(Verdict::AlreadyKnown) => return Ok(false),
            Ok(Verdict::Misbehaviour(_)) => return Err("misbehaviour".into()),
            Err(error) => return Err(error.code().into_owned()),
        }
    }
    Ok(true)
}

fn tip_of(raw: &RawHeader) -> causeway_client_bitcoin::BlockHash {
    Header::from_bytes(raw).hash()
}

/// Real stale headers whose parents are in a run: seen first they stay the tip beside an equal,
/// until the main chain grows; seen second they never become it.
pub(crate) fn stale_in_run(vectors: &Vectors, file: &str) {
    let network = Network::mainnet();
    let run = "bitcoin/headers/mainnet_822528_830592.bin";
    let bytes = vectors.bytes(run);
    let raw = split_headers(&bytes).unwrap();
    let anchor = anchor_in(raw, 822_528);
    for case in list(&vectors.json(file)["cases"]) {
        assert_eq!(case["equal_work"], true);
        let at = usize::try_from(number(&case["height"]) - 822_528).unwrap();
        let stale = raw_header(&case["stale_header"]);
        assert_eq!(tip_of(&stale).to_string(), text(&case["stale_hash"]));
        assert_eq!(tip_of(&raw[at]).to_string(), text(&case["main_hash"]));
        let mut chain = Chain::new(&network, anchor).unwrap();
        chain.extend(&raw[11..at - 20], u64::MAX).unwrap();
        let mut host = host(&network, *chain.tip(), 6);
        update(&mut host, &raw[at - 20..at]).unwrap();
        let mut stale_second = host.clone();
        update(&mut host, &[stale]).unwrap();
        assert_eq!(host.client_state.tip.hash, tip_of(&stale));
        update(&mut host, &raw[at..=at]).unwrap();
        assert_eq!(host.client_state.tip.hash, tip_of(&stale), "first seen stays");
        update(&mut host, &raw[at + 1..=at + 1]).unwrap();
        assert_eq!(host.client_state.tip.hash, tip_of(&raw[at + 1]));
        update(&mut stale_second, &raw[at..=at]).unwrap();
        update(&mut stale_second, &[stale]).unwrap();
        assert_eq!(stale_second.client_state.tip.hash, tip_of(&raw[at]));
        assert_eq!(update(&mut stale_second, &[stale]), Ok(false));
    }
}

/// Each header has the work its own target wants and passes every rule that its height decides.
pub(crate) fn stale_sample(vectors: &Vectors, file: &str) {
    let network = Network::mainnet();
    let text = vectors.text(file);
    let mut count = 0;
    for row in text.lines().skip(1) {
        let [height, hash, header] = row.split(',').collect::<Vec<_>>().try_into().unwrap();
        let raw: RawHeader = hex::decode(header).unwrap().try_into().unwrap();
        let header = Header::from_bytes(&raw);
        assert_eq!(header.hash().to_string(), hash);
        let height: u64 = height.parse().unwrap();
        let (time, bits) = (header.time - 1, header.bits);
        let parent = Anchor {
            height: height - 1,
            header: stand_in(time, bits),
            chainwork: bits.expand().target.work(),
            // A period that took exactly as long as it should, up to rounding of its bits.
            period_start: PeriodStart { time: time - network.timespan(), bits },
            last_times: LastTimes::new(&[time; 11]).unwrap(),
            last_real_bits: bits,
        };
        let got =
            judge(&network, header.prev, parent, raw).unwrap_or_else(|e| panic!("{row}: {e}"));
        assert_eq!(got.height, height);
        count += 1;
    }
    assert_eq!(count, 397);
}

/// A start in mid-chain: the anchor and the first header of its period are enough to cross the
/// retarget. The file has no times before the anchor: its own stands for all eleven.
pub(crate) fn relay_retarget(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let network = Network::mainnet();
    let chain = headers_of(&document["chain"]);
    let start = Header::from_bytes(&raw_header(&document["period_start"]["header"]));
    let (height, raw) = chain[0];
    let header = Header::from_bytes(&raw);
    let anchor = Anchor {
        height,
        header,
        chainwork: header
            .bits
            .expand()
            .target
            .work()
            .plus(causeway_client_bitcoin::Work(alloy_primitives::U256::from(height))),
        period_start: PeriodStart { time: start.time, bits: start.bits },
        last_times: LastTimes::new(&[header.time; 11]).unwrap(),
        last_real_bits: header.bits,
    };
    let rest: Vec<_> = chain[1..].iter().map(|(_, raw)| *raw).collect();
    let mut ahead = Chain::new(&network, anchor).unwrap();
    ahead.extend(&rest, u64::MAX).unwrap();
    assert_eq!(ahead.tip().height, 554_408);
    let other_start = PeriodStart { time: start.time - 6000, bits: start.bits };
    let mut wrong = Chain::new(&network, Anchor { period_start: other_start, ..anchor }).unwrap();
    assert_eq!(wrong.extend(&rest, u64::MAX).unwrap_err().code(), "wrong_bits");
}

/// A real stale header, and a real header from elsewhere that does not connect.
pub(crate) fn relay_orphan(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let network = Network::mainnet();
    let chain = headers_of(&document["chain"]);
    let (height, raw) = chain[0];
    let header = Header::from_bytes(&raw);
    let bits = header.bits;
    let anchor = Anchor {
        height,
        header,
        chainwork: bits
            .expand()
            .target
            .work()
            .plus(causeway_client_bitcoin::Work(alloy_primitives::U256::from(height))),
        period_start: PeriodStart { time: header.time, bits },
        last_times: LastTimes::new(&[header.time - 3600; 11])
            .map(|mut times| {
                times.push(header.time);
                times
            })
            .unwrap(),
        last_real_bits: bits,
    };
    let mut host = host(&network, anchor, 20);
    let rest: Vec<_> = chain[1..].iter().map(|(_, raw)| *raw).collect();
    update(&mut host, &rest).unwrap();
    let tip = host.client_state.tip;
    assert_eq!(tip.hash, tip_of(&rest[rest.len() - 1]));
    let stale = raw_header(&document["stale"]["header"]);
    assert_eq!(update(&mut host, &[stale]), Ok(true));
    assert_eq!(host.client_state.tip, tip);
    let elsewhere = raw_header(&document["bad_header"]["header"]);
    assert_eq!(update(&mut host, &[elsewhere]), Err("unknown_parent".into()));
}

/// All headers of equal work: the longer branch wins, and only when strictly longer. With fewer
/// confirmations than the fork is deep, the same headers are misbehaviour.
pub(crate) fn regtest_reorg(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let network = Network::regtest();
    let raws = |rows| headers_of(rows).into_iter().map(|(_, raw)| raw).collect::<Vec<_>>();
    let (chain, fork) = (raws(&document["chain"]), raws(&document["fork"]));
    let started = |confirmations| {
        let mut host = host(&network, Anchor::genesis(&network), confirmations);
        update(&mut host, &chain).unwrap();
        assert_eq!(host.client_state.tip.height, 10);
        host
    };
    let mut patient = started(6);
    for (count, (height, hash)) in [(5, (10, &chain[9])), (6, (11, &fork[5])), (7, (12, &fork[6]))]
    {
        update(&mut patient, &fork[..count]).unwrap();
        let Tip { height: got, hash: tip, .. } = patient.client_state.tip;
        assert_eq!((got, tip), (height, tip_of(hash)));
    }
    assert_eq!(patient.client_state.finalized.height, 7);
    let mut hasty = started(5);
    assert_eq!(hasty.client_state.finalized.height, 6);
    assert_eq!(update(&mut hasty, &fork[..5]), Ok(true));
    assert_eq!(update(&mut hasty, &fork), Err("misbehaviour".into()));
}

/// Two valid headers on testnet3's genesis with less work than the main branch: a side branch that
/// changes nothing, or, in a message that claims so, no misbehaviour.
pub(crate) fn testnet3_genesis(vectors: &Vectors, file: &str) {
    let network = Network::testnet3();
    let fork: Vec<_> =
        headers_of(&vectors.json(file)["fork"]).into_iter().map(|(_, h)| h).collect();
    let bytes = vectors.bytes("bitcoin/headers/testnet3_0_4479.bin");
    let main = split_headers(&bytes).unwrap();
    let mut host = host(&network, Anchor::genesis(&network), 100);
    update(&mut host, &main[1..]).unwrap();
    let tip = host.client_state.tip;
    let claim = ClientMessage::Misbehaviour(fork.clone());
    let error = BitcoinClient::verify_client_message(&host, &claim, late()).unwrap_err();
    assert_eq!(error.code(), "not_misbehaviour");
    assert_eq!(update(&mut host, &fork), Ok(true));
    assert_eq!(host.client_state.tip, tip);
}
