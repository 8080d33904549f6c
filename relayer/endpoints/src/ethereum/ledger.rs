//! Balances, escrows and vouchers: all tokens are ERC-20 contracts.

use std::collections::BTreeSet;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use async_trait::async_trait;
use causeway_core::ClientId;
use causeway_core::transfer::Denom;
use causeway_wire_ethereum::abi::sol::{Erc20, Transfer};
use causeway_wire_ethereum::eth::Log;
use serde_json::json;

use super::{EthereumEndpoint, amount, nonsense};
use crate::{Books, EndpointError, Holding, Ledger};

/// The name of the native coin's smallest unit.
const NATIVE: &str = "wei";

/// The most vouchers that are looked at.
const MAX_VOUCHERS: usize = 1000;

impl EthereumEndpoint {
    /// The contracts of the vouchers whose making servers still tell of, with what they stand for.
    async fn vouchers(&self) -> Result<Vec<(Address, Denom)>, EndpointError> {
        let head = self.execution.head().await?.number;
        let topics = vec![vec![Transfer::IBCERC20ContractCreated::SIGNATURE_HASH]];
        let is_enough = |logs: &[Log]| logs.len() >= MAX_VOUCHERS;
        let contract = self.settings.transfer;
        let logs = self.execution.past_logs(head, contract, topics, is_enough).await?;
        let created: BTreeSet<Address> = logs
            .iter()
            .filter_map(|log| log.topics.get(1).map(|topic| Address::from_word(*topic)))
            .take(MAX_VOUCHERS)
            .collect();
        let created: Vec<_> = created.into_iter().collect();
        let calls: Vec<_> =
            created.iter().map(|token| Transfer::ibcERC20DenomCall { token: *token }).collect();
        let paths = self.execution.views(self.settings.transfer, &calls).await?;
        let named = created.into_iter().zip(paths).map(|(token, path)| {
            let denom = path.parse().map_err(|error| nonsense("denomination", &error))?;
            Ok((token, denom))
        });
        named.collect()
    }

    /// All tokens that are looked at.
    async fn tokens(&self) -> Result<Vec<(Address, Denom)>, EndpointError> {
        let native = |token: &Address| {
            let denom = Denom::native(token.to_string().to_lowercase());
            denom.map(|denom| (*token, denom)).map_err(|error| nonsense("token", &error))
        };
        let mut tokens: Vec<_> =
            self.settings.tokens.iter().map(native).collect::<Result<_, _>>()?;
        tokens.extend(self.vouchers().await?);
        Ok(tokens)
    }
}

fn holdings(tokens: &[(Address, Denom)], amounts: impl IntoIterator<Item = U256>) -> Vec<Holding> {
    let held = tokens.iter().zip(amounts).filter(|(_, amount)| !amount.is_zero());
    held.map(|((_, denom), number)| Holding { denom: denom.clone(), amount: amount(number) })
        .collect()
}

#[async_trait]
impl Ledger for EthereumEndpoint {
    async fn balances(&self, account: &str) -> Result<Vec<Holding>, EndpointError> {
        let address: Address = account.parse().map_err(|error| nonsense("address", &error))?;
        let coins = self.execution.number("eth_getBalance", json!([address, "latest"])).await?;
        let native = Denom::native(NATIVE).map_err(|error| nonsense("token", &error))?;
        let tokens = self.tokens().await?;
        let call = Erc20::balanceOfCall { account: address };
        let mut amounts = Vec::with_capacity(tokens.len());
        for (token, _) in &tokens {
            amounts.push(self.execution.view(*token, &call).await?);
        }
        let mut held = holdings(&[(Address::ZERO, native)], [coins]);
        held.extend(holdings(&tokens, amounts));
        Ok(held)
    }

    async fn books(&self, client: &ClientId) -> Result<Books, EndpointError> {
        let tokens = self.tokens().await?;
        let client_id = client.to_string();
        let escrowed: Vec<_> = tokens
            .iter()
            .map(|(token, _)| Transfer::escrowedCall { clientId: client_id.clone(), token: *token })
            .collect();
        let issued: Vec<_> = tokens
            .iter()
            .map(|(token, _)| Transfer::issuedCall { clientId: client_id.clone(), token: *token })
            .collect();
        let contract = self.settings.transfer;
        Ok(Books {
            escrowed: holdings(&tokens, self.execution.views(contract, &escrowed).await?),
            issued: holdings(&tokens, self.execution.views(contract, &issued).await?),
        })
    }
}
