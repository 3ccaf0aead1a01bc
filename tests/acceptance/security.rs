//! The product as somebody who means harm sees it: forged forms, guessed codes, planted markup, everything at once.

#[path = "security/enumeration.rs"]
mod enumeration;
#[path = "security/forms.rs"]
mod forms;
#[path = "security/matrix.rs"]
mod matrix;
#[path = "security/planted.rs"]
mod planted;
#[path = "security/races.rs"]
mod races;
#[path = "security/sessions.rs"]
pub(crate) mod sessions;
#[path = "security/traces.rs"]
mod traces;

use domain::account::Role;
use domain::case::command::File;
use domain::case::event::{Demand, Means, Outcome, Petitioner};
use domain::case::{Command, Stage};
use domain::ids::UnitCode;

use crate::cards::by;
use crate::harness::{BUREAU, Browser, Page, Site};

/// Every text that people write on the way of a case.
pub struct Texts<'a> {
    demand: &'a str,
    place: &'a str,
    name: &'a str,
    phone: &'a str,
    note: &'a str,
    answer: &'a str,
}

pub const PLAIN: Texts<'_> = Texts {
    demand: "小区北门的路灯连续五天不亮，请尽快维修。",
    place: "幸福路 18 号",
    name: "王小明",
    phone: "13800001234",
    note: "已电话告知处理安排",
    answer: "已于当日更换线路并恢复照明，联系电话 0572-2345678。",
};

/// A case with these texts that has come to a stage, through the application alone; its public number.
pub async fn case_at(site: &Site, stage: Stage, texts: &Texts<'_>) -> String {
    let complaint = site.complaint(texts.demand);
    let file = File {
        demand: Demand { wish: texts.demand.to_owned(), place: texts.place.to_owned(), ..complaint.demand },
        petitioner: Some(Petitioner { name: texts.name.to_owned(), phone: texts.phone.to_owned(), email: String::new() }),
        publish: true,
        ..complaint
    };
    let number = file.number.clone();
    let case = site.take(file).await;
    let unit = UnitCode::parse(BUREAU).unwrap();
    let level = site.app.reference().unit(&unit).unwrap().level;
    let grade = |best: bool| {
        let grades = domain::rulebook::Rulebook::parse(domain::rulebook::shipped::SHIPPED[0].1).unwrap().satisfaction;
        if best { grades.first().unwrap().code.clone() } else { grades.last().unwrap().code.clone() }
    };
    let text = |text: &str| text.to_owned();
    let solved = stage != Stage::Judging;
    let way = [
        (Stage::Accepted, Role::Dispatcher, Command::Accept),
        (Stage::Dispatched, Role::Dispatcher, Command::Dispatch { unit, level, entry: String::new(), reason: text(texts.note) }),
        (Stage::Handling, Role::Liaison, Command::Sign),
        (Stage::Handling, Role::Liaison, Command::Assign { section: texts.note.chars().take(40).collect(), handler: None }),
        (
            Stage::Handling,
            Role::Handler,
            Command::Contact { means: Means::of_code("phone").unwrap(), reached: true, note: text(texts.note) },
        ),
        (Stage::UnitReview, Role::Handler, Command::Answer { answer: text(texts.answer), outcome: Outcome::of_code("solved").unwrap() }),
        (Stage::HotlineReview, Role::Head, Command::Approve),
        (Stage::CallBack, Role::Reviewer, Command::Pass),
        (
            if solved { Stage::Archived } else { Stage::Judging },
            Role::Reviewer,
            Command::CallBack { reply: Some((true, solved, grade(solved))), note: text(texts.note) },
        ),
    ];
    let last = if stage == Stage::Filed { 0 } else { way.iter().rposition(|(to, ..)| *to == stage).expect("a stage of the way") + 1 };
    let mut seq = 0;
    for (_, role, command) in &way[..last] {
        seq = site.app.on_case(&by(site, *role), case, command).await.unwrap().seq;
    }
    assert!(site.app.settled(seq).await);
    site.settle().await;
    number
}

/// A demand without a name, filled in up to the check page.
async fn unnamed(browser: &mut Browser) -> Page {
    let page = browser.get("/file/start").await;
    let page = browser.submit(page.form("/file/start")).await;
    let page = browser.submit(page.form("/file/what").set("class", "help").set("words", "桥上的护栏断了一截，很危险。")).await;
    let page = browser.submit(page.form("/file/where").set("district", "330502").set("place", "东桥")).await;
    let page = browser.submit(page.form("/file/wish").set("wish", "尽快修好护栏")).await;
    browser.submit(page.form("/file/privacy").set("anonymous", "yes").set("confidential", "no").set("publish", "no")).await
}

fn of(number: &str) -> String {
    format!("/desk/case/{number}")
}

async fn kinds(site: &Site, number: &str) -> Vec<String> {
    site.app.log.read_stream(&site.case(number).stream()).await.unwrap().into_iter().map(|event| event.kind).collect()
}

async fn size(site: &Site) -> u64 {
    site.app.log.head().await.unwrap().size
}
