//! No rows beyond those that all streams have.

use domain::assessment::{BodyState, YearState};

use crate::views::streams::write::Rows;

impl Rows for YearState {}
impl Rows for BodyState {}
