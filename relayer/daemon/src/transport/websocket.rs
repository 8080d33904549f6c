//! Websockets.

use async_trait::async_trait;
use causeway_relayer_endpoints::{Stream, TransportError};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::Address;

/// A websocket that messages are read from.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects, and says what is to be said first.
    pub(crate) async fn open(
        address: &Address,
        path: &str,
        requests: &[String],
        limit: usize,
    ) -> Result<Self, String> {
        let mut config = WebSocketConfig::default();
        config.max_message_size = Some(limit);
        config.max_frame_size = Some(limit);
        let url = address.url("ws", path);
        let connected = connect_async_with_config(url, Some(config), true).await;
        let (mut socket, _) = connected.map_err(|error| error.to_string())?;
        for request in requests {
            let message = Message::text(request.clone());
            socket.send(message).await.map_err(|error| error.to_string())?;
        }
        Ok(Self(socket))
    }
}

#[async_trait]
impl Stream for Socket {
    async fn next(&mut self) -> Result<Vec<u8>, TransportError> {
        let ended = |reason: String| TransportError { reason };
        loop {
            match self.0.next().await {
                None | Some(Ok(Message::Close(_))) => {
                    return Err(ended("the websocket was closed".into()));
                }
                Some(Err(error)) => return Err(ended(error.to_string())),
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    return Ok(message.into_data().to_vec());
                }
                Some(Ok(_)) => {}
            }
        }
    }
}
