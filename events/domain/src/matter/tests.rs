use uuid::Uuid;

use super::decide::{NewMatter, accept, assign, assigned, close, end, extend, feedback, send_back, set, tick};
use super::*;
use crate::folded::fold;
use crate::mark::{Change, MarkKind};
use crate::refusal::Refusal;

fn at(text: &str) -> Instant {
    crate::rulebook::examples::parse_local(text).unwrap()
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn by() -> AccountId {
    AccountId(Uuid::from_u128(1))
}

fn new() -> NewMatter {
    NewMatter {
        source: Source::Instruction,
        title: "老旧小区改造".to_owned(),
        requirement: "六月底前完成".to_owned(),
        wording: "请抓紧".to_owned(),
        lead: unit("0101"),
        assisting: vec![unit("330502"), unit("330503")],
        milestones: vec![("2026-05-31".parse().unwrap(), "完成方案".to_owned())],
        due: at("2026-07-01 00:00"),
    }
}

fn task(events: Vec<(&str, TaskEvent)>) -> TaskState {
    let matter = MatterId(Uuid::from_u128(3));
    let mut all = vec![(at("2026-05-06 10:00"), assign(None, matter, &unit("0101"), Part::Lead, at("2026-07-01 00:00")).remove(0))];
    all.extend(events.into_iter().map(|(when, event)| (at(when), event)));
    fold(all.iter().map(|(at, event)| (*at, event))).unwrap()
}

fn fed(percent: u8) -> (&'static str, TaskEvent) {
    ("2026-06-01 10:00", feedback(&task(vec![]), percent, "进展顺利", by(), at("2026-06-01 10:00")).unwrap().remove(0).1)
}

#[test]
fn a_matter_is_set_with_its_units_once_and_is_driven_on_until_all_have_their_task() {
    let event = set(None, &new(), by(), at("2026-05-06 10:00")).unwrap();
    let state = MatterState::evolve(None, at("2026-05-06 10:00"), &event).unwrap();
    assert_eq!(
        state.units().map(|(unit, part)| (unit.as_str(), part)).collect::<Vec<_>>(),
        [("0101", Part::Lead), ("330502", Part::Assist), ("330503", Part::Assist)]
    );
    assert_eq!(state.next_at(), Some(at("2026-05-06 10:00")));
    assert_eq!(set(Some(&state), &new(), by(), at("2026-05-06 10:00")), Err(Refusal::Exists));
    let done = MatterState::evolve(Some(state.clone()), at("2026-05-06 10:00"), &assigned(&state)[0]).unwrap();
    assert_eq!((assigned(&done), done.next_at()), (vec![], None));
    let closed = MatterState::evolve(Some(done.clone()), at("2026-06-30 10:00"), &close(&done, "完成", by()).unwrap()).unwrap();
    assert_eq!(close(&closed, "再销", by()), Err(Refusal::Stage("已销号")));
}

#[test]
fn units_twice_a_past_day_and_late_milestones_are_named_field_by_field() {
    let faults = |new: NewMatter| match set(None, &new, by(), at("2026-05-06 10:00")) {
        Err(Refusal::Fields(fields)) => fields.into_iter().map(|field| field.name).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(faults(NewMatter { assisting: vec![unit("330502"), unit("0101")], ..new() }), ["assisting"]);
    assert_eq!(faults(NewMatter { assisting: vec![unit("330502"), unit("330503"), unit("330502")], ..new() }), ["assisting"]);
    assert_eq!(faults(NewMatter { due: at("2026-05-06 00:00"), milestones: vec![], ..new() }), ["due"]);
    assert_eq!(faults(NewMatter { milestones: vec![("2026-07-01".parse().unwrap(), "太晚".to_owned())], ..new() }), ["milestones"]);
    assert_eq!(faults(NewMatter { title: String::new(), requirement: "长".repeat(2_001), ..new() }), ["title", "requirement"]);
}

#[test]
fn a_task_is_overdue_once_for_each_due_day_unless_the_unit_says_that_it_is_done() {
    let open = task(vec![]);
    assert_eq!(tick(&open, at("2026-06-30 23:59")), []);
    assert_eq!(tick(&open, at("2026-07-05 00:00")), [(at("2026-07-01 00:00"), TaskOverdue {}.into())]);
    assert_eq!(tick(&task(vec![fed(60)]), at("2026-07-05 00:00")).len(), 1, "progress alone keeps nothing");
    assert_eq!(tick(&task(vec![fed(100)]), at("2026-07-05 00:00")), []);
    let back = send_back(&task(vec![fed(100)]), "没有完成", by()).unwrap();
    assert_eq!(tick(&task(vec![fed(100), ("2026-07-02 10:00", back)]), at("2026-07-05 00:00")).len(), 1);
    let late = task(vec![("2026-07-01 00:00", TaskOverdue {}.into())]);
    assert_eq!(tick(&late, at("2026-07-05 00:00")), []);
    let extended = extend(&late, "汛期停工", at("2026-08-01 00:00"), by(), at("2026-07-05 00:00")).unwrap();
    assert_eq!(extended.len(), 1);
    let longer = task(vec![("2026-07-01 00:00", TaskOverdue {}.into()), ("2026-07-05 00:00", extended[0].1.clone())]);
    assert_eq!((longer.next_at(), longer.overdue), (Some(at("2026-08-01 00:00")), false));
    assert_eq!(extend(&open, "迟到的延期", at("2026-08-01 00:00"), by(), at("2026-07-05 00:00")).unwrap().len(), 2, "missed first");
    assert!(matches!(extend(&open, "提前", at("2026-06-01 00:00"), by(), at("2026-05-07 00:00")), Err(Refusal::Fields(_))));
}

#[test]
fn each_step_of_a_task_has_its_stage_and_its_holder() {
    let (open, answered) = (task(vec![]), task(vec![fed(60)]));
    assert_eq!(open.duties()[0].task, "task_feedback");
    assert_eq!(answered.duties()[0].task, "task_review");
    assert_eq!(accept(&open, "同意", by()), Err(Refusal::Stage("推进中")));
    assert_eq!(feedback(&answered, 70, "再报", by(), at("2026-06-02 10:00")), Err(Refusal::Stage("待审核")));
    assert!(matches!(feedback(&open, 101, "多报", by(), at("2026-06-02 10:00")), Err(Refusal::Fields(_))));
    let goes_on = task(vec![fed(60), ("2026-06-02 10:00", accept(&answered, "继续推进", by()).unwrap())]);
    assert_eq!(goes_on.stage, TaskStage::Open);
    let full = task(vec![fed(100)]);
    let done = task(vec![fed(100), ("2026-06-02 10:00", accept(&full, "完成", by()).unwrap())]);
    assert_eq!((done.stage, done.duties(), done.next_at()), (TaskStage::Done, vec![], None));
    assert_eq!(end(&done, at("2026-06-03 10:00")), []);
    assert_eq!(end(&answered, at("2026-06-03 10:00")).len(), 1);
    assert_eq!(assign(Some(&open), open.matter, &open.unit, Part::Lead, open.due), []);
}

#[test]
fn lateness_is_marked_with_the_part_of_the_unit_and_a_stream_names_matter_and_unit() {
    let open = task(vec![]);
    let event: TaskEvent = TaskOverdue {}.into();
    assert_eq!(TaskState::marks(Some(&open), open.due, &event, &open), [Change::add(&unit("0101"), MarkKind::TaskOverdue, "lead")]);
    let id = MatterId(Uuid::from_u128(3));
    assert_eq!(MatterId::of_task(&id.task(&unit("330502-01"))), Some((id, unit("330502-01"))));
    assert_eq!(MatterId::of_task("task-x-y"), None);
}
