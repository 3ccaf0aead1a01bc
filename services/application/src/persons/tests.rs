use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use domain::case::Command;
use domain::case::event::Petitioner;
use domain::person::PersonRejection;

use super::*;
use crate::backups::make::{Wanted, make};
use crate::backups::restore::{Restored, check, restore};
use crate::cases::OpenedCase;
use crate::clock::log_now;
use crate::fixtures::{Fickle, by, clock, file, office};

const REASON: &str = "本人申请删除";
const ANSWER: &str = "路灯已经修好，请您查看。";
const PERSON: Uuid = Uuid::from_u128(900);

struct World {
    _dir: tempfile::TempDir,
    log: Arc<Fickle>,
    app: Arc<Application>,
}

impl World {
    async fn new() -> Self {
        let (dir, log) = (tempfile::tempdir().unwrap(), Fickle::new());
        let app = Arc::new(office(dir.path(), log.clone()).await);
        Self { _dir: dir, log, app }
    }

    async fn filed(&self, n: u64) -> CaseId {
        let petitioner = Petitioner { name: "张三".to_owned(), phone: "13800000000".to_owned(), ..Petitioner::default() };
        let file = domain::case::command::File { number: domain::codes::public_number(n), petitioner: Some(petitioner), ..file() };
        let form = Uuid::from_u128(u128::from(n) + 100);
        self.app.file(&Meta::new(Actor::Citizen, form), form, file).await.unwrap().case
    }

    async fn ended(&self, n: u64) -> CaseId {
        let case = self.filed(n).await;
        answer(&self.app, case, u128::from(n) + 200).await;
        case
    }

    async fn confirm(&self, command: u128, case: CaseId) {
        self.app.confirm_person(&security(command), PERSON, vec![case]).await.unwrap();
    }

    async fn erase(&self, command: u128) -> Result<Done, Error> {
        self.app.erase_person(&security(command), PERSON, REASON).await
    }

    /// The cases that the erasures in the log name.
    async fn erased(&self) -> Vec<CaseId> {
        let envelopes = self.app.log.read_stream(&stream(PERSON)).await.unwrap();
        envelopes.iter().filter_map(|envelope| Erased::of(envelope).unwrap()).flat_map(|erased| erased.cases).collect()
    }
}

fn security(command: u128) -> Meta {
    by(Role::SecurityAdmin, command)
}

async fn answer(app: &Application, case: CaseId, command: u128) {
    let answer = Command::AnswerDirectly { answer: ANSWER.to_owned() };
    app.on_case(&by(Role::Dispatcher, command), case, &answer).await.unwrap();
}

async fn dispute(app: &Application, case: CaseId, command: u128) -> Result<Done, Error> {
    let words = Command::Dispute { words: "昨天晚上路灯又不亮了。".to_owned() };
    app.on_case(&Meta::new(Actor::Petitioner(case), Uuid::from_u128(command)), case, &words).await
}

async fn open(app: &Application, case: CaseId) -> OpenedCase {
    app.projections.catch_up().await.unwrap();
    app.open_case(&by(Role::Reviewer, 1).actor, case).await.unwrap()
}

/// The words of the demand, as the office sees them.
async fn words(app: &Application, case: CaseId) -> Option<String> {
    let found = open(app, case).await.entries.into_iter().find_map(|entry| match entry.event {
        domain::case::CaseEvent::Filed(filed) => Some(filed.demand.known().map(|demand| demand.words.clone())),
        _ => None,
    });
    found.unwrap()
}

/// The office's last words.
async fn answered(app: &Application, case: CaseId) -> Option<String> {
    let texts = open(app, case).await.entries.into_iter().rev().find_map(|entry| match entry.event {
        domain::case::CaseEvent::AnsweredDirectly(answered) => Some(answered.answer.known().cloned()),
        domain::case::CaseEvent::Judged(judged) => Some(judged.reason.known().cloned()),
        _ => None,
    });
    texts.unwrap()
}

/// What a backup of a data directory and its log is made of.
struct Files {
    data: PathBuf,
    out: PathBuf,
    keys: PathBuf,
}

impl Files {
    fn of(dir: &Path, data: &Path, day: &str) -> Self {
        Self { data: data.to_owned(), out: dir.join(format!("log-{day}")), keys: dir.join(format!("keys-{day}")) }
    }

    async fn make(&self, app: &Application) {
        app.projections.catch_up().await.unwrap();
        let wanted = Wanted {
            data: &self.data,
            attachments: &self.data.join("attachments"),
            out: &self.out,
            keys_out: &self.keys,
            force: false,
            at: app.now(),
            breath: Duration::ZERO,
            stop: &AtomicBool::new(false),
        };
        make(app.log.as_ref(), &wanted, &|_, _| {}).await.unwrap();
    }
}

/// The office on a log file with a keys file, restored.
async fn restored(log: &Files, keys: &Files, dir: &Path) -> (Restored, Application) {
    let entropy = Arc::new(vault::OsEntropy);
    let vault = Arc::new(Vault::new(vault::MasterKey::from_bytes([7; 32]), entropy));
    let clock: Arc<dyn domain::time::Clock> = clock();
    let checked = check(&log.out, &keys.keys, Some(&vault), false, &|| Ok(())).unwrap();
    std::fs::create_dir(dir).unwrap();
    let done = restore(&checked, (&log.out, &keys.keys), dir, &vault, &clock, projections::Pace::LEAN, &|_, _| {}).await.unwrap();
    let log = event_log::SqliteLog::open(dir, event_log::Options::default(), log_now(clock)).unwrap();
    (done, office(dir, Arc::new(log)).await)
}

#[tokio::test]
async fn given_a_case_that_runs_again_after_a_restore_then_its_answer_stays_and_its_petitioners_words_do_not() {
    // given a case that ended and was erased on Tuesday
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let app = office(&data, Fickle::new()).await;
    let files = |day, data: &Path| Files::of(dir.path(), data, day);
    let petitioner = Some(Petitioner { name: "张三".to_owned(), phone: "13800000000".to_owned(), ..Petitioner::default() });
    let form = Uuid::from_u128(2);
    let case = app.file(&Meta::new(Actor::Citizen, form), form, domain::case::command::File { petitioner, ..file() }).await.unwrap().case;
    let monday = files("monday", &data);
    monday.make(&app).await;
    answer(&app, case, 3).await;
    app.confirm_person(&security(4), PERSON, vec![case]).await.unwrap();
    app.erase_person(&security(5), PERSON, REASON).await.unwrap();
    assert_eq!(answered(&app, case).await, None);
    let tuesday = files("tuesday", &data);
    tuesday.make(&app).await;
    // when Monday's log is restored with Tuesday's keys, and the case is answered again
    let again = dir.path().join("again");
    let (done, app) = restored(&monday, &tuesday, &again).await;
    assert_eq!((done.erased_again, done.closed), (1, 0));
    app.projections.catch_up().await.unwrap();
    assert_eq!(app.finish_erasures().await.unwrap(), 0);
    assert_eq!(words(&app, case).await, None);
    answer(&app, case, 6).await;
    // then every start leaves the answer, and the petitioner writes no more
    assert_eq!(app.finish_erasures().await.unwrap(), 0);
    assert_eq!(answered(&app, case).await.as_deref(), Some(ANSWER));
    assert_eq!(words(&app, case).await, None);
    assert_eq!(dispute(&app, case, 7).await, Err(PersonRejection::Erased.into()));
    // and so it is after a restore of what was backed up since
    let wednesday = files("wednesday", &again);
    wednesday.make(&app).await;
    let (done, later) = restored(&wednesday, &wednesday, &dir.path().join("later")).await;
    assert_eq!((done.erased_again, done.closed), (0, 0));
    assert_eq!(later.finish_erasures().await.unwrap(), 0);
    assert_eq!(answered(&later, case).await.as_deref(), Some(ANSWER));
    assert_eq!(words(&later, case).await, None);
    // when the erasure is asked for again, then the answer goes too, once
    assert_eq!(app.erase_person(&security(8), PERSON, REASON).await.unwrap().events, 1);
    assert_eq!(answered(&app, case).await, None);
    assert_eq!(app.erase_person(&security(9), PERSON, REASON).await.unwrap().events, 0);
    // and does not come back with the keys of then
    let thursday = files("thursday", &again);
    thursday.make(&app).await;
    let (_, last) = restored(&wednesday, &thursday, &dir.path().join("last")).await;
    assert_eq!(answered(&last, case).await, None);
}

#[tokio::test]
async fn given_an_erasure_whose_keys_a_crash_left_then_the_next_start_destroys_them() {
    let world = World::new().await;
    let case = world.ended(1).await;
    world.confirm(1, case).await;
    let events = vec![PersonErased { reason: REASON.to_owned(), cases: vec![case] }.into()];
    world.app.on_stream(&stream(PERSON), &security(2), |_| Ok(into(events.clone()))).await.unwrap();
    world.app.projections.catch_up().await.unwrap();
    assert_eq!(answered(&world.app, case).await.as_deref(), Some(ANSWER));
    assert_eq!(world.app.finish_erasures().await.unwrap(), 2);
    assert_eq!(answered(&world.app, case).await.or(words(&world.app, case).await), None);
}

#[tokio::test]
async fn given_a_running_case_confirmed_while_its_person_is_erased_then_nothing_is_erased() {
    let world = World::new().await;
    let (ended, running) = (world.ended(1).await, world.filed(2).await);
    world.confirm(1, ended).await;
    let app = world.app.clone();
    let confirm = async move {
        app.confirm_person(&security(2), PERSON, vec![running]).await.unwrap();
    };
    world.log.comes_between("person-", Box::pin(confirm));
    assert_eq!(world.erase(3).await, Err(PersonRejection::StillRunning(1).into()));
    assert_eq!(world.erased().await, []);
    assert!(words(&world.app, ended).await.is_some() && words(&world.app, running).await.is_some());
    // when it has ended too, both are erased
    answer(&world.app, running, 4).await;
    world.erase(5).await.unwrap();
    assert_eq!(words(&world.app, ended).await.or(words(&world.app, running).await), None);
}

#[tokio::test]
async fn given_an_ended_case_confirmed_while_its_person_is_erased_then_its_keys_go_with_the_others() {
    let world = World::new().await;
    let (one, two) = (world.ended(1).await, world.ended(2).await);
    world.confirm(1, one).await;
    let app = world.app.clone();
    let confirm = async move {
        app.confirm_person(&security(2), PERSON, vec![two]).await.unwrap();
    };
    world.log.comes_between("person-", Box::pin(confirm));
    world.erase(3).await.unwrap();
    assert_eq!(world.erased().await, [one, two]);
    for case in [one, two] {
        assert_eq!(world.log.keys_of(&case.stream()).await.unwrap(), []);
    }
}

#[tokio::test]
async fn given_an_erasure_before_a_case_was_confirmed_when_the_same_command_comes_again_then_that_case_keeps_its_words() {
    let world = World::new().await;
    let (one, two) = (world.ended(1).await, world.ended(2).await);
    world.confirm(1, one).await;
    world.erase(2).await.unwrap();
    world.confirm(3, two).await;
    assert_eq!(world.erase(2).await.unwrap().events, 0);
    assert!(words(&world.app, one).await.is_none() && words(&world.app, two).await.is_some());
}

#[tokio::test]
async fn given_a_case_reopened_between_the_look_at_it_and_the_erasure_then_it_can_still_be_ended() {
    let world = World::new().await;
    let case = world.ended(1).await;
    world.confirm(1, case).await;
    let app = world.app.clone();
    let reopen = async move {
        dispute(&app, case, 2).await.unwrap();
    };
    world.log.comes_between("person-", Box::pin(reopen));
    world.erase(3).await.unwrap();
    assert_eq!(words(&world.app, case).await, None);
    let judge = Command::Judge { justified: false, reason: "现场查看，路灯正常。".to_owned() };
    world.app.on_case(&by(Role::Reviewer, 4), case, &judge).await.unwrap();
    assert!(open(&world.app, case).await.state.stage.is_ended());
    world.app.finish_erasures().await.unwrap();
    assert_eq!(answered(&world.app, case).await.as_deref(), Some("现场查看，路灯正常。"));
}

#[tokio::test]
async fn given_a_case_reopened_before_the_event_is_tried_again_then_it_counts_as_running() {
    let world = World::new().await;
    let (one, two) = (world.ended(1).await, world.ended(2).await);
    world.confirm(1, one).await;
    let app = world.app.clone();
    let both = async move {
        dispute(&app, one, 2).await.unwrap();
        app.confirm_person(&security(3), PERSON, vec![two]).await.unwrap();
    };
    world.log.comes_between("person-", Box::pin(both));
    assert_eq!(world.erase(4).await, Err(PersonRejection::StillRunning(1).into()));
    assert_eq!(world.erased().await, []);
}
