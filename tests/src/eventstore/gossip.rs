//! Who is in the cluster, and what the server can do.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::protocol::gossip::gossip_server::Gossip;
use super::protocol::gossip::member_info::VNodeState;
use super::protocol::gossip::{ClusterInfo, EndPoint, MemberInfo};
use super::protocol::server_features::server_features_server::ServerFeatures;
use super::protocol::server_features::{SupportedMethod, SupportedMethods};
use super::protocol::{Empty, Uuid, uuid};
use super::store::Store;

pub(super) struct Gossiping {
    store: Arc<Store>,
}

impl Gossiping {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

#[tonic::async_trait]
impl Gossip for Gossiping {
    async fn read(&self, _: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        let members = self.store.members().into_iter().map(|member| MemberInfo {
            instance_id: Some(Uuid { value: Some(uuid::Value::String(format!("00000000-0000-4000-8000-{:012x}", member.address.port()))) }),
            time_stamp: 0,
            state: if member.leads { VNodeState::Leader } else { VNodeState::Follower }.into(),
            is_alive: member.up,
            http_end_point: Some(EndPoint { address: member.address.ip().to_string(), port: u32::from(member.address.port()) }),
        });
        Ok(Response::new(ClusterInfo { members: members.collect() }))
    }
}

pub(super) struct Features;

#[tonic::async_trait]
impl ServerFeatures for Features {
    async fn get_supported_methods(&self, _: Request<Empty>) -> Result<Response<SupportedMethods>, Status> {
        let methods = ["read", "append", "delete", "tombstone", "batchappend"].map(|method| SupportedMethod {
            method_name: method.to_owned(),
            service_name: "event_store.client.streams.streams".to_owned(),
            features: if method == "batchappend" { vec!["deadline_duration".to_owned()] } else { Vec::new() },
        });
        Ok(Response::new(SupportedMethods { methods: methods.into(), event_store_server_version: "24.10.0".to_owned() }))
    }
}
