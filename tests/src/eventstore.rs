//! A server on loopback that speaks the published protocol of EventStoreDB (KurrentDB), in memory, and can be told to fail.
//!
//! It is what the contract suite, the faults and the acceptance tests of the cluster backend run against. Its likeness to the
//! real server was checked with the official clients of other languages (`ops/eventstore/fidelity.md`).

mod gossip;
pub mod protocol;
mod service;
mod store;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpSocket;
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

/// How long the end of a node may take.
const ENDS: Duration = Duration::from_secs(5);
/// Connections that may wait to be accepted.
const WAITING: u32 = 1024;

/// One node: it shares its store with the other nodes of its cluster.
pub struct Node {
    store: Arc<Store>,
    address: SocketAddr,
    /// Bound and never listened on: while the node is dead, its port is nobody else's. Another node of a test beside this one
    /// would otherwise be taken for it, and refused as a cluster that lost everything.
    _port: TcpSocket,
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
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0)), store)
    }

    /// On a port that is given, for trials by hand.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn on(address: SocketAddr) -> Outcome<Self> {
        let node = Self::at(address, Store::new())?;
        node.come_back()?;
        Ok(node)
    }

    fn at(address: SocketAddr, store: Arc<Store>) -> Outcome<Self> {
        let port = TcpSocket::new_v4()?;
        port.set_reuseport(true)?;
        port.bind(address)?;
        let address = port.local_addr()?;
        store.join(address);
        Ok(Self { store, address, _port: port, runtime: Mutex::new(None) })
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
            // On a thread of its own: a runtime must not be waited for by a task of another.
            let _ = std::thread::spawn(move || runtime.shutdown_timeout(ENDS)).join();
        }
    }

    /// Is there again, at the same address, with everything that was acknowledged.
    ///
    /// # Errors
    /// When the port was taken meanwhile.
    pub fn come_back(&self) -> Outcome<()> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseport(true)?;
        // Connections of the life before may still be closing.
        socket.set_reuseaddr(true)?;
        socket.bind(self.address)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("loopback").enable_all().build()?;
        let service = Service::new(self.store.clone(), self.address);
        let gossip = Gossiping::new(self.store.clone());
        let listener = {
            let _entered = runtime.enter();
            socket.listen(WAITING)
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
