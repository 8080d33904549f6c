//! One table of methods: each is registered together with what describes it, so that the OpenRPC
//! document cannot lack one.

use std::sync::Arc;

use jsonrpsee::core::RpcResult;
use jsonrpsee::{Extensions, RpcModule};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::front::Access;
use super::{MAX_PAGE, error};
use crate::daemon::Shared;

/// Whether a method only looks, or changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Everybody who reaches the RPC may call it.
    Reads,
    /// Only who brings the token may call it.
    Changes,
}

/// Parameters of methods that have none.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Methods and their descriptions, as they grow.
pub(super) struct Registry {
    pub(super) module: RpcModule<Shared>,
    described: Vec<Value>,
    schemas: SchemaGenerator,
}

impl Registry {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let schemas = schemars::generate::SchemaSettings::draft07()
            .with(|it| it.definitions_path = "/components/schemas".into())
            .into_generator();
        Self { module: RpcModule::from_arc(shared), described: Vec::new(), schemas }
    }

    /// Adds a method.
    pub(super) fn method<P, R, F>(
        &mut self,
        name: &'static str,
        summary: &'static str,
        effect: Effect,
        handler: impl Fn(Arc<Shared>, P) -> F + Clone + Send + Sync + 'static,
    ) where
        P: DeserializeOwned + JsonSchema + Send,
        R: Serialize + JsonSchema + Clone + Send + 'static,
        F: Future<Output = RpcResult<R>> + Send + 'static,
    {
        let call = move |params: jsonrpsee::types::Params<'static>,
                         shared: Arc<Shared>,
                         extensions: Extensions| {
            let handler = handler.clone();
            async move {
                admit(effect, &extensions)?;
                let params = parse(&params)?;
                handler(shared, params).await
            }
        };
        let registered = self.module.register_async_method(name, call);
        debug_assert!(registered.is_ok(), "{name} is registered twice");
        self.describe::<P>(name, summary, Some(effect));
        let result = self.schemas.subschema_for::<R>();
        if let Some(Value::Object(last)) = self.described.last_mut() {
            last.insert("result".into(), json!({ "name": "result", "schema": result }));
        }
    }

    /// Describes a subscription, which is registered beside this.
    pub(super) fn subscription<P: JsonSchema, R: JsonSchema>(
        &mut self,
        name: &'static str,
        unsubscribe: &'static str,
        summary: &'static str,
    ) {
        self.describe::<P>(name, summary, None);
        let notification = self.schemas.subschema_for::<R>();
        if let Some(Value::Object(last)) = self.described.last_mut() {
            let id = json!({ "name": "subscription", "schema": { "type": ["string", "integer"] } });
            last.insert("result".into(), id);
            last.insert("x-notification".into(), json!(notification));
            last.insert("x-unsubscribe".into(), json!(unsubscribe));
        }
        self.described.push(json!({
            "name": unsubscribe,
            "summary": format!("Ends a subscription of {name}."),
            "params": [{ "name": "subscription", "required": true,
                "schema": { "type": ["string", "integer"] } }],
            "result": { "name": "ended", "schema": { "type": "boolean" } },
        }));
    }

    fn describe<P: JsonSchema>(&mut self, name: &str, summary: &str, effect: Option<Effect>) {
        let schema = P::json_schema(&mut self.schemas);
        let required = schema.get("required").and_then(Value::as_array).cloned();
        let required = required.unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object).cloned();
        let params: Vec<_> = properties
            .unwrap_or_default()
            .into_iter()
            .map(|(name, schema)| {
                let needed = required.iter().any(|it| it.as_str() == Some(&name));
                let summary = schema.get("description").cloned();
                json!({ "name": name, "required": needed, "summary": summary, "schema": schema })
            })
            .collect();
        let mut method = json!({
            "name": name,
            "summary": summary,
            "paramStructure": "either",
            "params": params,
        });
        if let (Some(Effect::Changes), Value::Object(method)) = (effect, &mut method) {
            method.insert("x-authorization".into(), json!("bearer"));
        }
        self.described.push(method);
    }

    /// All methods, and the one that describes them.
    pub(super) fn finish(mut self) -> RpcModule<Shared> {
        self.described.push(json!({
            "name": "rpc.discover",
            "summary": "This document.",
            "params": [],
            "result": { "name": "document", "schema": { "type": "object" } },
        }));
        let document = json!({
            "openrpc": "1.3.2",
            "info": {
                "title": "Causeway relayer",
                "version": env!("CARGO_PKG_VERSION"),
                "description": format!("Pages have at most {MAX_PAGE} entries."),
            },
            "methods": self.described,
            "components": { "schemas": self.schemas.take_definitions(true) },
        });
        let document = Arc::new(document);
        let discover =
            move |_: jsonrpsee::types::Params<'_>, _: &Shared, _: &Extensions| (*document).clone();
        let registered = self.module.register_method("rpc.discover", discover);
        debug_assert!(registered.is_ok(), "rpc.discover is registered twice");
        self.module
    }
}

fn admit(effect: Effect, extensions: &Extensions) -> RpcResult<()> {
    let access = extensions.get::<Access>().copied().unwrap_or(Access::Read);
    match (effect, access) {
        (Effect::Reads, _) | (_, Access::Full) => Ok(()),
        (Effect::Changes, Access::Read) => {
            Err(error::unauthorized("this changes something, and needs the relayer's token"))
        }
        (Effect::Changes, Access::WrongToken) => Err(error::unauthorized("the token is wrong")),
    }
}

fn parse<P: DeserializeOwned>(params: &jsonrpsee::types::Params<'_>) -> RpcResult<P> {
    let text = params.as_str().map(str::trim).filter(|text| !text.is_empty() && *text != "null");
    let text = match text {
        None | Some("[]") => "{}",
        Some(text) => text,
    };
    serde_json::from_str(text).map_err(|error| error::invalid(error.to_string()))
}
