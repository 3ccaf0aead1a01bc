//! The messages and services of the protocol, generated from `proto/` and committed, so that no build needs `protoc`:
//!
//! ```text
//! tonic_build::configure().build_client(false).out_dir("generated").compile_protos(&["streams", "gossip", "serverfeatures"], …)
//! ```
//!
//! The `.proto` files are our own wording of the published protocol (package `event_store.client`), as far as it is spoken here.

#![expect(missing_docs, clippy::all, clippy::allow_attributes, reason = "generated")]

/// The modules lie in one another as the packages do, because the generated code says so.
mod packages {
    pub mod event_store {
        pub mod client {
            include!("protocol/generated/event_store.client.rs");
            pub mod gossip {
                include!("protocol/generated/event_store.client.gossip.rs");
            }
            pub mod server_features {
                include!("protocol/generated/event_store.client.server_features.rs");
            }
            pub mod streams {
                include!("protocol/generated/event_store.client.streams.rs");
            }
        }
    }
    pub mod google {
        pub mod rpc {
            include!("protocol/generated/google.rpc.rs");
        }
    }
}

pub use packages::event_store::client::*;
pub use packages::google::rpc;
