//! `health`: what a container's probe asks.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::call::call;

/// A listener that answers once, and what it was asked.
fn answering(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 1024];
        let read = stream.read(&mut asked).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&asked[..read]).into_owned()
    });
    (address, asked)
}

#[test]
fn a_server_that_is_well_ends_the_call_with_zero() {
    let (address, asked) = answering("HTTP/1.1 200 OK\r\n\r\nok\n");
    assert!(call(["health", "--admin", &address]).good().contains("正常"));
    assert!(asked.join().unwrap().starts_with("GET /healthz HTTP/1.1\r\n"));
}

#[test]
fn one_that_is_not_says_what_it_answered() {
    let (address, asked) = answering("HTTP/1.1 503 Service Unavailable\r\n\r\n视图落后 7 个事件\n");
    let err = call(["health", "--ready", "--admin", &address]).bad(1);
    assert!(err.contains("/readyz 应答 503") && err.contains("视图落后 7 个事件"), "{err}");
    assert!(asked.join().unwrap().starts_with("GET /readyz HTTP/1.1\r\n"));
    // and nobody at all is told as such
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = closed.local_addr().unwrap().to_string();
    assert!(call(["health", "--admin", &address]).bad(1).contains("没有应答"));
}
