//! Years of assessment and their bodies. Their pages read the streams themselves; there is no table of their own.

mod write;
