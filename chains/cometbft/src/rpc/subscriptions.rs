//! Who is to be told of what.

use std::collections::BTreeMap;

use causeway_chain::{Push, SessionId};
use causeway_wire_cometbft::rpc::{Answer, Id};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::events::Happening;
use super::query::{Attributes, Query};

/// The most open websockets.
pub const MAX_SESSIONS: usize = 500;

/// The most of them with subscriptions (`config/config.go` `MaxSubscriptionClients`).
pub const MAX_SUBSCRIBERS: usize = 100;

/// The most subscriptions of one (`config/config.go` `MaxSubscriptionsPerClient`).
pub const MAX_SUBSCRIPTIONS: usize = 5;

#[derive(Debug)]
struct Subscription {
    id: Option<Id>,
    text: String,
    query: Query,
}

#[derive(Debug)]
struct Session {
    /// Whether it asks the deceived node.
    witness: bool,
    subscriptions: Vec<Subscription>,
}

/// The open websockets and their subscriptions.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions(BTreeMap<SessionId, Session>);

#[derive(Serialize)]
struct EventAnswer<'a> {
    query: &'a str,
    data: &'a RawValue,
    events: &'a Attributes,
}

impl Subscriptions {
    /// True while another websocket may be opened.
    pub(super) fn has_room(&self) -> bool {
        self.0.len() < MAX_SESSIONS
    }

    pub(super) fn open(&mut self, session: SessionId, witness: bool) {
        self.0.insert(session, Session { witness, subscriptions: Vec::new() });
    }

    pub(crate) fn close(&mut self, session: SessionId) {
        self.0.remove(&session);
    }

    /// Whether an open websocket asks the deceived node; `None` for one that is not open.
    pub(super) fn is_witness(&self, session: SessionId) -> Option<bool> {
        self.0.get(&session).map(|session| session.witness)
    }

    /// True while nobody subscribed to anything.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.values().all(|session| session.subscriptions.is_empty())
    }

    /// Answers of its events carry the id of this call. The error is for the client to read.
    pub(super) fn subscribe(
        &mut self,
        session: SessionId,
        id: Option<Id>,
        text: &str,
    ) -> Result<(), String> {
        let query =
            Query::parse(text).map_err(|error| format!("failed to parse query: {error}"))?;
        let subscribers = self.0.values().filter(|other| !other.subscriptions.is_empty()).count();
        let session = self.0.get_mut(&session).ok_or("the websocket is closed")?;
        if session.subscriptions.is_empty() && subscribers >= MAX_SUBSCRIBERS {
            return Err(format!("max_subscription_clients {MAX_SUBSCRIBERS} reached"));
        }
        if session.subscriptions.len() >= MAX_SUBSCRIPTIONS {
            return Err(format!("max_subscriptions_per_client {MAX_SUBSCRIPTIONS} reached"));
        }
        if session.subscriptions.iter().any(|known| known.query == query) {
            return Err("already subscribed".to_owned());
        }
        session.subscriptions.push(Subscription { id, text: text.to_owned(), query });
        Ok(())
    }

    pub(super) fn unsubscribe(&mut self, session: SessionId, text: &str) -> Result<(), String> {
        let query =
            Query::parse(text).map_err(|error| format!("failed to parse query: {error}"))?;
        let session = self.0.get_mut(&session).ok_or("the websocket is closed")?;
        let before = session.subscriptions.len();
        session.subscriptions.retain(|known| known.query != query);
        if session.subscriptions.len() == before {
            return Err("subscription not found".to_owned());
        }
        Ok(())
    }

    pub(super) fn unsubscribe_all(&mut self, session: SessionId) -> Result<(), String> {
        let session = self.0.get_mut(&session).ok_or("the websocket is closed")?;
        if session.subscriptions.is_empty() {
            return Err("subscription not found".to_owned());
        }
        session.subscriptions.clear();
        Ok(())
    }

    /// Tells everybody who wanted to know.
    pub(super) fn tell(&self, happening: &Happening, pushes: &mut Vec<Push>) {
        for (session, state) in &self.0 {
            for subscription in &state.subscriptions {
                if !subscription.query.matches(&happening.attributes) {
                    continue;
                }
                let answer = EventAnswer {
                    query: &subscription.text,
                    data: &happening.data,
                    events: &happening.attributes,
                };
                if let Ok(result) = to_raw_value(&answer) {
                    let answer = Answer::new(subscription.id.clone(), Ok(result));
                    pushes.push(Push::Message(*session, answer.to_json()));
                }
            }
        }
    }
}
