//! xiaoneng
fn main() {}
