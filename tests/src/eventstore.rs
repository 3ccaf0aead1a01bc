//! A server on loopback that speaks the published protocol of EventStoreDB (KurrentDB), in memory, and can be told to fail.
//!
//! It is what the contract suite, the faults and the acceptance tests of the cluster backend run against. Its likeness to the
//! real server was checked with the official clients of other languages (`ops/eventstore/fidelity.md`).

mod gossip;
pub mod protocol;
mod service;
mod store;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use self::gossip::{Features, Gossiping};
use self::protocol::gossip::gossip_server::GossipServer;
use self::protocol::server_features::server_features_server::ServerFeaturesServer;
use self::protocol::streams::streams_server::StreamsServer;
use self::service::Service;
pub use self::store::Store;
use crate::Outcome;

/// Largest request, as the real server is set up for this product (`ops/eventstore`).
const MAX_REQUEST: usize = 17 << 20;

/// One node: it shares its store with the other nodes of its cluster.
pub struct Node {
    store: Arc<Store>,
    address: SocketAddr,
    /// All of the node's work; ended at once when the node dies.
    runtime: Mutex<Option<Runtime>>,
}

impl Node {
    /// A node of its own, up.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start() -> Outcome<Self> {
        Self::with(Store::new())
    }

    /// A node of a cluster, up.
    ///
    /// # Errors
    /// When there is no port.
    pub fn with(store: Arc<Store>) -> Outcome<Self> {
        let node = Self::down(store)?;
        node.come_back()?;
        Ok(node)
    }

    /// A node that has an address and has never been up.
    ///
    /// # Errors
    /// When there is no port.
    pub fn down(store: Arc<Store>) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        store.join(address);
        Ok(Self { store, address, runtime: Mutex::new(None) })
    }

    /// On a port that is given, for trials by hand.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn on(address: SocketAddr) -> Outcome<Self> {
        let store = Store::new();
        store.join(address);
        let node = Self { store, address, runtime: Mutex::new(None) };
        node.come_back()?;
        Ok(node)
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it and its cluster hold.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The connection string to this node alone.
    #[must_use]
    pub fn url(&self) -> String {
        format!("esdb://{}?tls=false", self.address)
    }

    /// Ends at once: open connections break off, nothing is answered.
    pub fn die(&self) {
        self.store.left(self.address);
        if let Some(runtime) = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take() {
            runtime.shutdown_background();
        }
    }

    /// The port of a node that has just died is given back a moment later.
    fn listen(&self) -> Outcome<TcpListener> {
        let mut tries = 0;
        loop {
            match TcpListener::bind(self.address) {
                Ok(listener) => return Ok(listener),
                Err(error) if tries >= 100 => return Err(error.into()),
                Err(_) => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }
    }

    /// Is there again, at the same address, with everything that was acknowledged.
    ///
    /// # Errors
    /// When the port was taken meanwhile.
    pub fn come_back(&self) -> Outcome<()> {
        let listener = self.listen()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("loopback").enable_all().build()?;
        let service = Service::new(self.store.clone(), self.address);
        let gossip = Gossiping::new(self.store.clone());
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener)
        };
        let incoming = match listener {
            Ok(listener) => TcpIncoming::from(listener).with_nodelay(Some(true)),
            Err(error) => {
                // Never dropped where blocking is not allowed.
                runtime.shutdown_background();
                return Err(error.into());
            }
        };
        self.store.up(self.address);
        runtime.spawn(async move {
            let streams = StreamsServer::new(service).max_decoding_message_size(MAX_REQUEST);
            let served = Server::builder()
                .add_service(streams)
                .add_service(GossipServer::new(gossip))
                .add_service(ServerFeaturesServer::new(Features))
                .serve_with_incoming(incoming)
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "loopback server ended");
            }
        });
        *self.runtime.lock().unwrap_or_else(PoisonError::into_inner) = Some(runtime);
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.die();
    }
}
