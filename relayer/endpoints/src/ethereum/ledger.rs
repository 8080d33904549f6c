//! Balances, escrows and vouchers: all tokens are ERC-20 contracts.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use async_trait::async_trait;
use causeway_core::ClientId;
use causeway_core::transfer::Denom;
use causeway_wire_ethereum::abi::sol::{self, Erc20, Transfer};
use causeway_wire_ethereum::eth::BlockNumber;
use serde_json::json;

use super::{EthereumEndpoint, amount, height, nonsense};
use crate::{Books, EndpointError, Holding, Ledger};

/// The name of the native coin's smallest unit.
const NATIVE: &str = "wei";

/// The entries of one page of a list (the contract lists no more), and of all that is looked at.
const ENTRIES_PER_PAGE: u64 = 256;
const MAX_ENTRIES: usize = 10_000;

fn denom(path: &str) -> Result<Denom, EndpointError> {
    path.parse().map_err(|error| nonsense("denomination", &error))
}

fn holdings(entries: Vec<sol::Holding>) -> Result<Vec<Holding>, EndpointError> {
    let held = entries.into_iter().filter(|entry| !entry.amount.is_zero());
    held.map(|it| Ok(Holding { denom: denom(&it.denom)?, amount: amount(it.amount) })).collect()
}

impl EthereumEndpoint {
    /// A list of the contract of transfers, page by page, in the state of a block.
    async fn listed<C: SolCall<Return = Vec<sol::Holding>>>(
        &self,
        at: BlockNumber,
        call: impl Fn(Address) -> C,
    ) -> Result<Vec<sol::Holding>, EndpointError> {
        let (mut all, mut after) = (Vec::new(), Address::ZERO);
        while all.len() < MAX_ENTRIES {
            let call = call(after);
            let page = self.execution.views(self.settings.transfer, &[call], at).await?.pop();
            let page = page.unwrap_or_default();
            let is_last = u64::try_from(page.len()).is_ok_and(|len| len < ENTRIES_PER_PAGE);
            for entry in page {
                if entry.token <= after {
                    return Err(nonsense(C::SIGNATURE, &"its entries do not rise"));
                }
                after = entry.token;
                all.push(entry);
            }
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// The tokens that are looked at, vouchers included, by contract.
    async fn tokens(&self, at: BlockNumber) -> Result<Vec<(Address, Denom)>, EndpointError> {
        let native = |token: &Address| Ok((*token, denom(&token.to_string().to_lowercase())?));
        let mut tokens: Vec<_> =
            self.settings.tokens.iter().map(native).collect::<Result<_, EndpointError>>()?;
        let limit = ENTRIES_PER_PAGE;
        let vouchers =
            self.listed(at, |after_| Transfer::getVouchersCall { after_, limit }).await?;
        for voucher in vouchers {
            tokens.push((voucher.token, denom(&voucher.denom)?));
        }
        Ok(tokens)
    }
}

#[async_trait]
impl Ledger for EthereumEndpoint {
    async fn balances(&self, account: &str) -> Result<Vec<Holding>, EndpointError> {
        let account: Address = account.parse().map_err(|error| nonsense("address", &error))?;
        let at = BlockNumber::Number(self.execution.head().await?.number);
        let coins = self.execution.number("eth_getBalance", json!([account, at])).await?;
        let mut held = vec![(denom(NATIVE)?, coins)];
        let call = Erc20::balanceOfCall { account };
        let tokens = self.tokens(at).await?;
        let calls: Vec<_> = tokens.iter().map(|(token, _)| (*token, &call)).collect();
        let amounts = self.execution.views_of(&calls, at).await?;
        held.extend(tokens.into_iter().map(|(_, denom)| denom).zip(amounts));
        let held = held.into_iter().filter(|(_, number): &(_, U256)| !number.is_zero());
        Ok(held.map(|(denom, number)| Holding { denom, amount: amount(number) }).collect())
    }

    async fn books(&self, client: &ClientId) -> Result<Books, EndpointError> {
        let network = self.beacon.network().await?;
        let head = self.execution.head().await?;
        let at = BlockNumber::Number(head.number);
        let limit = ENTRIES_PER_PAGE;
        let id = || client.to_string();
        let escrowed = self
            .listed(at, |after_| Transfer::getEscrowedCall { clientId: id(), after_, limit })
            .await?;
        let issued = self
            .listed(at, |after_| Transfer::getIssuedCall { clientId: id(), after_, limit })
            .await?;
        Ok(Books {
            height: height(network.chain.slot_at(head.timestamp)),
            escrowed: holdings(escrowed)?,
            issued: holdings(issued)?,
        })
    }
}
