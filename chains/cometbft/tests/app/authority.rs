//! What the chain's authority decides about transfers.

use causeway_chain::AUTHORITY;
use causeway_chain_cometbft::app::NATIVE_DENOM;
use causeway_core::{Amount, ClientId};
use causeway_wire_cometbft::msg::{Decision, Govern, Msg, Transfer};

use crate::bridge::Bridge;
use crate::net::{Net, User, coin, fee, user};

#[test]
fn the_authority_pauses_and_limits_and_nobody_else() {
    let mut bridge = Bridge::new();
    let (alice, authority) = (user("alice"), user(AUTHORITY));
    let client_id = bridge.client.clone();
    let pause = |who: &User, is_paused| {
        let decision = Decision::SetPaused { client_id: client_id.clone(), is_paused };
        Msg::Govern(Govern { authority: who.address.clone(), decision })
    };
    let transfer = |bridge: &Bridge, amount| {
        Msg::Transfer(Transfer {
            source_port: "transfer".parse().unwrap(),
            source_client: bridge.client.clone(),
            token: coin(amount, NATIVE_DENOM),
            sender: user("alice").address,
            receiver: user("bob").address,
            timeout_timestamp: bridge.there.now.secs() + 600,
            memo: String::new(),
            encoding: String::new(),
        })
    };
    let refused = bridge.here.deliver(&alice, &[pause(&alice, true)]);
    assert_eq!((&*refused.codespace, refused.code), ("sdk", 4), "{}", refused.log);
    bridge.here.succeed(&authority, &[pause(&authority, true)]);
    let msg = transfer(&bridge, 5);
    let refused = bridge.here.deliver(&alice, &[msg]);
    assert_eq!((&*refused.codespace, refused.code), ("transfer", 7), "{}", refused.log);
    let limit = Decision::SetRateLimit {
        client_id: client_id.clone(),
        denom: NATIVE_DENOM.into(),
        window_secs: 86_400,
        most_out: Some(Amount::from(5_u64)),
        most_in: None,
    };
    let limit = Msg::Govern(Govern { authority: authority.address.clone(), decision: limit });
    bridge.here.succeed(&authority, &[pause(&authority, false), limit]);
    let msgs = [transfer(&bridge, 5), transfer(&bridge, 1)];
    bridge.here.succeed(&alice, &msgs[..1]);
    let refused = bridge.here.deliver(&alice, &msgs[1..]);
    assert_eq!((&*refused.codespace, refused.code), ("causeway", 1), "{}", refused.log);
    assert!(refused.log.contains("at most 5 are allowed"), "{}", refused.log);
}

#[test]
fn an_entry_that_the_store_cannot_hold_ends_its_transaction_alone() {
    let mut net = Net::new("test-1");
    let authority = user(AUTHORITY);
    for (len, code) in [(4_000, 0), (5_000, 11), (300_000, 11)] {
        let decision = Decision::SetRateLimit {
            client_id: ClientId::new("07-tendermint-0").unwrap(),
            denom: "d".repeat(len),
            window_secs: 60,
            most_out: None,
            most_in: None,
        };
        let govern = Msg::Govern(Govern { authority: authority.address.clone(), decision });
        let account = net.account(&authority.address).unwrap();
        let tx = net.tx_at(&authority, &[govern], account.sequence, fee(20_000_000));
        assert_eq!(net.check(&tx).code, 0);
        net.blocks(1);
        let block = net.outcomes.last().unwrap();
        let outcome = &block.txs[0];
        assert_eq!((outcome.code, outcome.gas_wanted), (code, 20_000_000), "{}", outcome.log);
    }
    net.blocks(2);
}
