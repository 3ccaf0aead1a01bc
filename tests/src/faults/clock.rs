//! The clock jumps: recorded times never fall, no timer fires twice, the administrator is told, and the days that are odd
//! are days like others.

use application::clock::SystemClock;
use chrono::{Datelike, FixedOffset, TimeZone as _};
use domain::time::{Clock as _, Instant, legal_day, micros};
use event_log::EventLog as _;

use super::{City, Found, Ground, PATIENCE, Shim, oracle};
use crate::Outcome;
use crate::client::Client;
use crate::filing::sign_in;
use crate::server::{Server, Start, UNLIMITED};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Pages that compute with the time.
const PAGES: [&str; 4] = ["/", "/file/start", "/public", "/track"];

/// One jump.
struct Jump {
    what: &'static str,
    /// The clock before the system's, in seconds.
    by: i64,
    /// The server is started anew there.
    anew: bool,
}

/// One server after the other, and one clock.
pub(super) async fn run(ground: &Ground<'_>) -> Outcome<Found> {
    let mut city = City::new(ground, "", 20).await?;
    let shim = Shim::new(&ground.dir.join("shim"))?;
    let start = Start::with(UNLIMITED).and(shim.environment(None));
    let mut server = city.start_as(&start).await?;
    city.file(&server, 2, 1).await?;
    let mut highest = 0;
    for jump in jumps(SystemClock.now(), ground.of(false, true)) {
        // Who jumps over a week owes no notices of the time before.
        city.notices().await?;
        if jump.anew {
            if !server.stop().await?.success() {
                return Err("the server did not end in order".into());
            }
            shim.clock(jump.by)?;
            server = Server::start_as(&city.dir, &start).await.map_err(|error| format!("{}: {error}", jump.what))?;
        } else {
            shim.clock(jump.by)?;
        }
        let (there, behind) = (micros(SystemClock.now()) + jump.by * 1_000_000, jump.by < highest);
        let lived = live(&mut city, &server, behind).await;
        lived.map_err(|error| format!("{}: {error}\n{}", jump.what, server.said()))?;
        // The administrator was told of a clock that is behind; where it is ahead, the log is there.
        let hit = behind || oracle::open(&city.dir)?.head().await?.recorded_at >= there;
        highest = highest.max(jump.by);
        city.found.round("the clock jumps", hit);
        (ground.tell)(&format!("clock {}: hit {hit}, {} events, {} limits", jump.what, city.found.events, city.found.limits));
    }
    city.finish(server).await
}

fn jumps(now: Instant, long: bool) -> Vec<Jump> {
    let year = legal_day(now).year();
    let leap = (year + 1..).find(|year| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)).unwrap_or(year);
    let to = |what, (year, month, day): (i32, u32, u32), (hour, minute, second): (u32, u32, u32), anew| {
        let there = FixedOffset::east_opt(8 * 3_600)?.with_ymd_and_hms(year, month, day, hour, minute, second).single()?;
        let by = (there.to_utc() - now).num_seconds();
        // A day that is over by now is not gone back to.
        (by > DAY).then_some(Jump { what, by, anew })
    };
    let back = |what, by| Jump { what, by, anew: false };
    let mut all = vec![back("a day forward", DAY), back("two days back", -DAY)];
    all.extend((1..=if long { 12 } else { 2 }).map(|hours| back("an hour back", -DAY - hours * HOUR)));
    // One after the other, whatever the day is on which this runs.
    let mut dated: Vec<Jump> = [
        to("across the end of the year", (year, 12, 31), (23, 59, 57), false),
        to("started on the last working day before Spring Festival", (2027, 2, 5), (17, 59, 57), true),
        to("across the midnight to Spring Festival", (2027, 2, 5), (23, 59, 57), true),
        to("across the midnight to a leap day", (leap, 2, 28), (23, 59, 57), true),
        to("on a leap day", (leap, 2, 29), (12, 0, 0), false),
        to("across 2038-01-19T03:14:07Z", (2038, 1, 19), (11, 14, 5), false),
    ]
    .into_iter()
    .flatten()
    .collect();
    dated.sort_by_key(|jump| jump.by);
    all.extend(dated);
    all
}

/// A few seconds of ordinary life at this time, and a look.
async fn live(city: &mut City, server: &Server, behind: bool) -> Outcome<()> {
    let mut client = Client::new(server.address);
    for page in PAGES {
        let answer = client.get(page).await?;
        if answer.status != 200 {
            return Err(format!("{page} answers {}", answer.status).into());
        }
    }
    city.file(server, 2, 1).await?;
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    city.file(server, 1, 1).await?;
    let mut admin = sign_in(server.address, "sysadmin").await?;
    let page = admin.get("/admin/system").await?;
    if page.status != 200 || page.text().contains("请校准服务器时间") != behind {
        return Err(format!("/admin/system answers {} and the warning of the clock does not fit", page.status).into());
    }
    tokio::time::timeout(PATIENCE, city.views_follow()).await??;
    city.look().await?;
    Ok(())
}
