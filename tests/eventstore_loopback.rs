//! The loopback server of the tests as a process, for trials by hand and for the check against other clients
//! (`ops/eventstore/fidelity.md`): `cargo run -p tests --features eventstore --bin eventstore-loopback -- 127.0.0.1:2113`.

use std::io::Write as _;

use tests::Outcome;
use tests::eventstore::Node;

fn main() -> Outcome<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:2113".to_owned()).parse()?;
    let node = Node::on(address)?;
    writeln!(std::io::stdout().lock(), "{}", node.url())?;
    loop {
        std::thread::park();
    }
}
