//! What a view cannot take: it stops, says so to the administrator, and everything else goes on.

use std::path::Path;
use std::time::{Duration, Instant};

use event_log::{Append, EventLog as _, Expected, NewEvent};
use rusqlite::Connection;
use uuid::Uuid;

use super::{City, Found, Ground, PATIENCE, Shim, oracle};
use crate::Outcome;
use crate::client::Client;
use crate::filing::sign_in;
use crate::server::{Server, run as command, text};

/// So far the clock goes forward, that limits of older cases run out: seconds.
const LATER: i64 = 30 * 86_400;

/// A row that a view cannot read, mended by a rebuild; and an event that no view can read.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let found = row(ground).await?;
    Ok(found.and(event(ground).await?))
}

async fn row(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "row", 30).await?;
    let shim = Shim::new(&ground.dir.join("shim"))?;
    let server = city.start(shim.environment(None)).await?;
    city.file(&server, 2, 2).await?;
    city.notices().await?;
    city.views_follow().await?;
    if !server.stop().await?.success() {
        return Err("the server did not end in order".into());
    }
    let broken = Connection::open(city.dir.join("views.db"))?.execute("UPDATE case_state SET state = x'00'", [])?;
    let server = city.start(shim.environment(None)).await?;
    shim.clock(LATER)?;
    alarm(&server, true).await?;
    goes_on(&mut city, &server).await?;
    shim.clock(0)?;
    if !server.stop().await?.success() {
        return Err("the server did not end in order with a view that stopped".into());
    }
    city.found.round("a row that a view cannot take", broken > 0);
    // As the administrator's page says.
    command(&["rebuild", "--data", text(&city.dir)])?;
    let server = city.start(Vec::new()).await?;
    alarm(&server, false).await?;
    (ground.tell)(&format!("{broken} rows broken: told to the administrator, mended by a rebuild"));
    city.finish(server).await
}

async fn event(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "event", 10).await?;
    let server = city.start(Vec::new()).await?;
    city.file(&server, 2, 1).await?;
    plant(&city.dir, "case_dispatched", 1).await?;
    alarm(&server, true).await?;
    goes_on(&mut city, &server).await?;
    if !server.stop().await?.success() {
        return Err("the server did not end in order with a view that stopped".into());
    }
    city.found.round("an event that no view can take", true);
    // A start does not help, and does no harm.
    let server = city.start(Vec::new()).await?;
    alarm(&server, true).await?;
    goes_on(&mut city, &server).await?;
    server.stop().await?;
    city.look().await?;
    command(&["verify", "--data", text(&city.dir)])?;
    (ground.tell)("an unreadable event: told to the administrator, filing went on, the log verifies");
    Ok(city.found)
}

/// Filing and the pages of citizens do not need the view that stopped.
async fn goes_on(city: &mut City, server: &Server) -> Outcome<()> {
    city.file(server, 2, 1).await?;
    let mut client = Client::new(server.address);
    for page in ["/", "/help", "/public"] {
        let answer = client.get(page).await?;
        if answer.status != 200 {
            return Err(format!("{page} answers {} while a view stands still", answer.status).into());
        }
    }
    city.look().await?;
    Ok(())
}

/// Waits until the administrator's page says that the views have stopped, or that they have not.
async fn alarm(server: &Server, wanted: bool) -> Outcome<()> {
    let began = Instant::now();
    let mut admin = sign_in(server.address, "sysadmin").await?;
    loop {
        let page = admin.get("/admin/system").await?;
        if page.status == 200 && page.text().contains("停在第") == wanted {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(
                format!("the administrator's page ({}) tells of a stopped view: {}\n{}", page.status, !wanted, server.said()).into()
            );
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Appends an event that this program cannot read: an empty payload of this kind and version, in a case of its own.
pub(super) async fn plant(dir: &Path, kind: &str, version: u16) -> Outcome<()> {
    let log = oracle::open(dir)?;
    let id = Uuid::from_u128(0xfa_0175);
    let event = NewEvent {
        id,
        kind: kind.to_owned(),
        version,
        occurred_at: log.head().await?.recorded_at,
        actor: "test".to_owned(),
        on_behalf: None,
        cause: None,
        rulebook: None,
        data: b"{}".to_vec(),
        sealed: Vec::new(),
    };
    log.append(Append { stream: format!("case-{id}"), expected: Expected::NoStream, events: vec![event], keys: Vec::new() }).await?;
    Ok(())
}
