//! `causeway chain list`.

use clap::Args;
use serde_json::{Value, json};

use crate::config::ConfigArgs;
use crate::output::{Answer, Failure};

/// Arguments of `causeway chain list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

impl ListArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let mut chains = Vec::new();
        let mut lines = Vec::new();
        for (name, chain) in &config.chains {
            let (name, family) = (name.get_ref(), chain.family.get_ref());
            let network_id = chain.network_id.get_ref();
            let urls: serde_json::Map<String, Value> =
                chain.urls.iter().map(|(api, urls)| (api.get_ref().clone(), json!(urls))).collect();
            let first = chain.urls.values().flatten().next().cloned().unwrap_or_default();
            lines.push(format!("{name:<8} {family:<10} {network_id:<42} {first}"));
            chains.push(json!({
                "chain": name,
                "family": family,
                "network_id": network_id,
                "urls": urls,
                "native_denom": chain.native.denom,
            }));
        }
        Ok(Answer::new(json!({ "chains": chains }), lines.join("\n")))
    }
}
