//! Shared fixtures of the test binaries.
