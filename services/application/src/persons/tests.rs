use std::sync::Arc;

use domain::case::Command;
use domain::case::event::Petitioner;
use domain::person::PersonRejection;

use super::*;
use crate::cases::OpenedCase;
use crate::fixtures::{Fickle, by, file, office};

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
