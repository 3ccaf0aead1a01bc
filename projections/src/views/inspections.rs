//! Spot checks and draws: their pages ask for no more than what all streams have.

pub(crate) mod write;
