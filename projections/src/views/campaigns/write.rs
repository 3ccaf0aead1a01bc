//! A campaign has no rows of its own.

use domain::campaign::Campaign;
use domain::campaign::ballot::Batch;

use crate::views::streams::write::Rows;

impl Rows for Campaign {}
impl Rows for Batch {}
