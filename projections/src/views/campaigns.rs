//! Public evaluations: what all streams of supervision have is enough for their pages.

mod write;
