//! No rows of their own.

use domain::draw::DrawState;
use domain::inspection::InspectionState;

use crate::views::streams::write::Rows;

impl Rows for InspectionState {}
impl Rows for DrawState {}
