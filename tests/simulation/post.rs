//! The post: what arrived, and a carrier that fails in every way there is.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use automation::delivery::{Carrier, DeliveryError, Failure, Message, Receipt};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::chance::Chance;

/// One message that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub id: Uuid,
    pub to: String,
    pub subject: String,
}

pub struct Post {
    state: Mutex<State>,
}

struct State {
    arrived: Vec<Arrived>,
    refused: Vec<Uuid>,
    chance: Chance,
    /// Of a hundred deliveries so many go wrong.
    trouble: usize,
}

impl Post {
    pub fn new(seed: u64, trouble: usize) -> Arc<Self> {
        let state = State { arrived: Vec::new(), refused: Vec::new(), chance: Chance::new(seed), trouble };
        Arc::new(Self { state: Mutex::new(state) })
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.state.lock().unwrap().arrived.clone()
    }

    /// Messages refused for good.
    pub fn refused(&self) -> Vec<Uuid> {
        self.state.lock().unwrap().refused.clone()
    }

    /// From now on everything arrives.
    pub fn mend(&self) {
        self.state.lock().unwrap().trouble = 0;
    }
}

/// What the sending process sees of a delivery.
enum Fate {
    Arrives,
    Down,
    AnswerLost,
    Refused,
    DiesBefore,
    DiesAfter,
}

#[async_trait]
impl Carrier for Post {
    async fn send(&self, message: &Message, _now: DateTime<Utc>) -> Result<Receipt, DeliveryError> {
        let fate = {
            let mut state = self.state.lock().unwrap();
            let trouble = state.trouble;
            let fate = if !state.chance.in_hundred(trouble) {
                Fate::Arrives
            } else {
                match state.chance.below(8) {
                    0..2 => Fate::Down,
                    2 => Fate::AnswerLost,
                    3..5 => Fate::Refused,
                    5 => Fate::DiesBefore,
                    _ => Fate::DiesAfter,
                }
            };
            if matches!(fate, Fate::Arrives | Fate::AnswerLost | Fate::DiesAfter) {
                state.arrived.push(Arrived { id: message.id, to: message.to.value().to_owned(), subject: message.subject.clone() });
            }
            if matches!(fate, Fate::Refused) {
                state.refused.push(message.id);
            }
            fate
        };
        match fate {
            Fate::Arrives => Ok(Receipt { reference: message.id.to_string() }),
            Fate::Down => Err(DeliveryError::Temporary(Failure::Unreachable)),
            Fate::AnswerLost => Err(DeliveryError::Temporary(Failure::Timeout)),
            Fate::Refused => Err(DeliveryError::Permanent(Failure::Refused { code: 550 })),
            // The process dies here; without the noise that a panic makes in the output of tests.
            Fate::DiesBefore | Fate::DiesAfter => std::panic::resume_unwind(Box::new("the node dies while it sends")),
        }
    }
}
