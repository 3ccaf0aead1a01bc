//! Prints the event catalogue: `cargo run -p domain --example catalogue > ops/docs/events.md`.

use std::io::Write;
use std::path::PathBuf;

#[path = "../tests/catalogue/table.rs"]
mod table;

fn main() -> std::io::Result<()> {
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    std::io::stdout().write_all(table::catalogue(&golden)?.as_bytes())
}
