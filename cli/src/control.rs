//! The control API of the bundled network, which `up --faults` opens.

use causeway_relayer_daemon::transport::{Address, HttpTransport, Login, TransportLimits};
use causeway_relayer_endpoints::Api;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::Bundled;
use crate::families::{ClientError, rpc};

const CONTROL: Api = Api(0);

fn transport(network: &Bundled) -> Result<HttpTransport, ClientError> {
    let address: Address = network
        .control
        .parse()
        .map_err(|error| ClientError::Usage(format!("control of the configuration: {error}")))?;
    let address = address.with_login(Login::CookieFile(network.control_cookie_file.clone()));
    Ok(HttpTransport::new([(CONTROL, vec![address])], TransportLimits::default()))
}

#[derive(Deserialize)]
struct StatusResult {
    chains: Vec<Value>,
}

/// What the shell knows of its chains.
pub(crate) async fn status(network: &Bundled) -> Result<Vec<Value>, ClientError> {
    let result: StatusResult =
        rpc::ask(&transport(network)?, CONTROL, "causeway_status", json!({})).await?;
    Ok(result.chains)
}

#[derive(Deserialize)]
struct InjectResult {
    message: String,
}

/// Breaks a chain, or mends it; gives a sentence for the user, or the node's refusal.
pub(crate) async fn inject(
    network: &Bundled,
    params: Value,
) -> Result<Result<String, String>, ClientError> {
    let transport = transport(network)?;
    let result = rpc::call(&transport, CONTROL, "causeway_inject", params).await?;
    Ok(result.map(|InjectResult { message }| message).map_err(|error| error.reason()))
}
