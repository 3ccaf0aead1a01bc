//! Notices to petitioners and staff (通知): owed → claimed → sent, or failed and parked. Stream `notice-<uuid5>`.
//!
//! A notice is about a case, or about a duty that a stream of supervision newly gave to a unit or an account.
//!
//! The id is derived from the event that owes it, so that it is owed once; a claim comes before the sending, so that
//! after a crash the same id is sent again and never another one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::duty::Holder;
use crate::events::events;
use crate::ids::{AccountId, CaseId, NoticeId, UnitCode};
use crate::time::Instant;

/// What a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// 回执: filed.
    Receipt,
    /// 答复: answered or refused.
    Answer,
    /// 临期提醒: a limit is near.
    Reminder,
    /// 超期通知: a limit was broken.
    Breach,
    /// 待签收: dispatched to the unit.
    Dispatch,
    /// 待办: supervision asks something of a unit or an account.
    Duty,
}

impl NoticeKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Receipt, Self::Answer, Self::Reminder, Self::Breach, Self::Dispatch, Self::Duty];

    /// The name in views and derived ids.
    pub fn code(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Answer => "answer",
            Self::Reminder => "reminder",
            Self::Breach => "breach",
            Self::Dispatch => "dispatch",
            Self::Duty => "duty",
        }
    }

    /// The kind of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Receipt => "受理回执",
            Self::Answer => "答复通知",
            Self::Reminder => "临期提醒",
            Self::Breach => "超期通知",
            Self::Dispatch => "派单通知",
            Self::Duty => "督办待办通知",
        }
    }
}

/// To whom. The address is looked up when it is sent and never stands here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The petitioner of the case.
    Petitioner,
    /// The liaisons of a unit; of a duty, its heads too.
    Unit(UnitCode),
    /// One account.
    Account(AccountId),
}

impl Recipient {
    /// Who is told of a duty. Nobody in particular when a whole office holds it: its worklist says so.
    pub fn of_duty(holder: &Holder) -> Option<Self> {
        match holder {
            Holder::Unit(unit) => Some(Self::Unit(unit.clone())),
            Holder::Account(account) => Some(Self::Account(*account)),
            Holder::Office(_) => None,
        }
    }

    /// The holder of the duty that this recipient is told of.
    pub fn holder(&self) -> Option<Holder> {
        match self {
            Self::Petitioner => None,
            Self::Unit(unit) => Some(Holder::Unit(unit.clone())),
            Self::Account(account) => Some(Holder::Account(*account)),
        }
    }
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A case.
    Case(CaseId),
    /// A duty of the recipient.
    Duty {
        /// The stream of supervision.
        stream: String,
        /// What is to be done: a code of [`crate::duty::TASKS`].
        task: String,
        /// Since when the duty stands: tells it from an earlier one of the same task.
        since: Instant,
    },
}

/// What is owed to whom, whatever it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it says.
    pub kind: NoticeKind,
    /// About what.
    pub about: About,
    /// The event that owes it.
    pub event: Uuid,
    /// To whom.
    pub to: Recipient,
    /// Urgent: goes out in quiet hours too.
    pub urgent: bool,
    /// Not before.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub not_before: Instant,
}

impl Notice {
    /// The id that follows from what is owed: the same in every process.
    pub fn id(&self) -> NoticeId {
        id(self.event, self.kind, &self.about, &self.to)
    }
}

/// The id of the notice that an event owes. An event owes one of a kind about its case, and one to each holder of a new duty.
pub fn id(event: Uuid, kind: NoticeKind, about: &About, to: &Recipient) -> NoticeId {
    match about {
        About::Case(_) => NoticeId::of_event(event, kind.code()),
        About::Duty { task, .. } => {
            let holder = to.holder().map(|holder| holder.name()).unwrap_or_default();
            NoticeId::of_event(event, &format!("{}/{task}/{holder}", kind.code()))
        }
    }
}

impl From<Owed> for Notice {
    fn from(owed: Owed) -> Self {
        let Owed { kind, case, event, to, urgent, not_before } = owed;
        Self { kind, about: About::Case(case), event, to, urgent, not_before }
    }
}

impl From<DutyOwed> for Notice {
    fn from(owed: DutyOwed) -> Self {
        let DutyOwed { stream, task, since, event, to, not_before } = owed;
        Self { kind: NoticeKind::Duty, about: About::Duty { stream, task, since }, event, to, urgent: false, not_before }
    }
}

impl From<Notice> for NoticeEvent {
    fn from(notice: Notice) -> Self {
        let Notice { kind, about, event, to, urgent, not_before } = notice;
        match about {
            About::Case(case) => Owed { kind, case, event, to, urgent, not_before }.into(),
            About::Duty { stream, task, since } => DutyOwed { stream, task, since, event, to, not_before }.into(),
        }
    }
}

/// A notice about a case is owed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Owed {
    /// What it says.
    pub kind: NoticeKind,
    /// About which case.
    pub case: CaseId,
    /// The event that owes it.
    pub event: Uuid,
    /// To whom.
    pub to: Recipient,
    /// Urgent: goes out in quiet hours too.
    pub urgent: bool,
    /// Not before.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub not_before: Instant,
}

/// A notice about a duty is owed: a stream of supervision newly asks something of a unit or an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DutyOwed {
    /// The stream.
    pub stream: String,
    /// What is to be done: a code of [`crate::duty::TASKS`].
    pub task: String,
    /// Since when the duty stands.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub since: Instant,
    /// The event that gave the duty.
    pub event: Uuid,
    /// To whom: the unit or account that has it.
    pub to: Recipient,
    /// Not before.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub not_before: Instant,
}

/// A process is about to send it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claimed {
    /// 1, 2, …
    pub attempt: u8,
}

/// It was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// By which carrier (files, smtp, hook).
    pub carrier: String,
}

/// Sending failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// Why, without addresses.
    pub reason: String,
    /// When to try again; none = parked, a person has to look.
    #[serde(with = "chrono::serde::ts_microseconds_option", default)]
    pub retry_at: Option<Instant>,
}

/// A person asked to try a parked notice again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retried {}

/// There is nobody to send it to (no address given).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dropped {
    /// Why.
    pub reason: String,
}

events! {
    /// What happened to a notice.
    NoticeEvent {
        /// A notice about a case is owed to somebody.
        Owed(Owed) => "notice_owed" 1,
        /// A notice about a duty is owed to the unit or account that newly has it.
        DutyOwed(DutyOwed) => "notice_duty_owed" 1,
        /// A process is about to send it.
        Claimed(Claimed) => "notice_claimed" 1,
        /// It was sent, by which carrier.
        Sent(Sent) => "notice_sent" 1,
        /// Sending failed; without another try it is parked.
        Failed(Failed) => "notice_failed" 1,
        /// A person asked to try a parked notice again.
        Retried(Retried) => "notice_retried" 1,
        /// There is nobody to send it to.
        Dropped(Dropped) => "notice_dropped" 1,
    }
}

impl NoticeEvent {
    /// What is owed, when that is what the event says.
    pub fn owed(&self) -> Option<Notice> {
        match self {
            Self::Owed(owed) => Some(owed.clone().into()),
            Self::DutyOwed(owed) => Some(owed.clone().into()),
            _ => None,
        }
    }
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeStage {
    /// To be sent.
    Waiting,
    /// Claimed; after a crash it is sent again under the same id.
    Claimed,
    /// Sent.
    Sent,
    /// Failed for good; a person has to look.
    Parked,
    /// Nobody has to get it any more, or there is no address.
    Dropped,
}

/// What is known of a notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoticeState {
    /// What was owed.
    pub owed: Notice,
    /// Where it stands.
    pub stage: NoticeStage,
    /// Attempts so far.
    pub attempts: u8,
    /// When to do something next.
    pub next_at: Option<Instant>,
    /// The latest failure.
    pub failure: Option<String>,
}

/// A claim older than this belongs to a process that died (seconds).
pub const CLAIM_SECONDS: i64 = 120;

/// Folds one event that happened `at`.
pub fn evolve(state: Option<NoticeState>, at: Instant, event: &NoticeEvent) -> Option<NoticeState> {
    if let Some(owed) = event.owed() {
        let next_at = Some(owed.not_before);
        return Some(NoticeState { owed, stage: NoticeStage::Waiting, attempts: 0, next_at, failure: None });
    }
    let mut notice = state?;
    match event {
        NoticeEvent::Owed(_) | NoticeEvent::DutyOwed(_) => {}
        NoticeEvent::Claimed(e) => {
            notice.stage = NoticeStage::Claimed;
            notice.attempts = e.attempt;
            notice.next_at = Some(at + chrono::Duration::seconds(CLAIM_SECONDS));
        }
        NoticeEvent::Sent(_) => {
            notice.stage = NoticeStage::Sent;
            notice.next_at = None;
            notice.failure = None;
        }
        NoticeEvent::Failed(e) => {
            notice.stage = if e.retry_at.is_some() { NoticeStage::Waiting } else { NoticeStage::Parked };
            notice.next_at = e.retry_at;
            notice.failure = Some(e.reason.clone());
        }
        NoticeEvent::Retried(_) => {
            notice.stage = NoticeStage::Waiting;
            notice.attempts = 0;
            notice.next_at = Some(at);
        }
        NoticeEvent::Dropped(e) => {
            notice.stage = NoticeStage::Dropped;
            notice.next_at = None;
            notice.failure = Some(e.reason.clone());
        }
    }
    Some(notice)
}

/// Owes a notice; the same id again gives nothing.
pub fn owe(state: Option<&NoticeState>, owed: Notice) -> Vec<NoticeEvent> {
    if state.is_some() { Vec::new() } else { vec![owed.into()] }
}

/// Claims a notice for sending; nothing when it is not due, sent, or claimed by somebody alive.
pub fn claim(state: &NoticeState, now: Instant) -> Vec<NoticeEvent> {
    let open = matches!(state.stage, NoticeStage::Waiting | NoticeStage::Claimed);
    let due = state.next_at.is_some_and(|at| at <= now);
    if open && due { vec![Claimed { attempt: state.attempts.saturating_add(1) }.into()] } else { Vec::new() }
}

/// Records what came of a claimed sending; nothing unless it is claimed.
pub fn record(state: &NoticeState, outcome: NoticeEvent) -> Vec<NoticeEvent> {
    if state.stage == NoticeStage::Claimed { vec![outcome] } else { Vec::new() }
}

/// Asks to try a parked notice again.
pub fn retry(state: &NoticeState) -> Vec<NoticeEvent> {
    if state.stage == NoticeStage::Parked { vec![Retried {}.into()] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        crate::time::from_micros(seconds * 1_000_000)
    }

    fn owed() -> Owed {
        Owed {
            kind: NoticeKind::Receipt,
            case: CaseId(Uuid::from_u128(1)),
            event: Uuid::from_u128(2),
            to: Recipient::Petitioner,
            urgent: false,
            not_before: at(10),
        }
    }

    fn given(events: &[(i64, NoticeEvent)]) -> Option<NoticeState> {
        events.iter().fold(None, |state, (seconds, event)| evolve(state, at(*seconds), event))
    }

    #[test]
    fn a_notice_is_owed_once() {
        assert_eq!(owe(None, owed().into()), vec![owed().into()]);
        let state = given(&[(0, owed().into())]);
        assert_eq!(owe(state.as_ref(), owed().into()), vec![]);
    }

    #[test]
    fn one_event_owes_a_notice_to_each_holder_of_a_new_duty() {
        let unit = |code: &str| Recipient::Unit(UnitCode::parse(code).unwrap());
        let duty = |to: Recipient, task: &str| {
            Notice::from(DutyOwed {
                stream: "order-1".to_owned(),
                task: task.to_owned(),
                since: at(5),
                event: Uuid::from_u128(2),
                to,
                not_before: at(10),
            })
        };
        let all = [duty(unit("0101"), "a"), duty(unit("0102"), "a"), duty(unit("0101"), "b"), Notice::from(owed())];
        for (index, one) in all.iter().enumerate() {
            assert!(all.iter().skip(index + 1).all(|other| other.id() != one.id()));
            let state = given(&[(0, NoticeEvent::from(one.clone()))]).unwrap();
            assert_eq!((&state.owed, state.next_at), (one, Some(at(10))));
        }
        let account = AccountId(Uuid::from_u128(3));
        for holder in [Holder::Unit(UnitCode::parse("0101").unwrap()), Holder::Account(account)] {
            assert_eq!(Recipient::of_duty(&holder).and_then(|to| to.holder()), Some(holder));
        }
        assert_eq!(Recipient::of_duty(&Holder::Office(crate::account::Role::Director)), None);
    }

    #[test]
    fn it_is_not_claimed_before_its_time() {
        let state = given(&[(0, owed().into())]).unwrap();
        assert_eq!(claim(&state, at(9)), vec![]);
        assert_eq!(claim(&state, at(10)), vec![Claimed { attempt: 1 }.into()]);
    }

    #[test]
    fn a_living_claim_keeps_others_away_and_a_dead_one_is_taken_over() {
        let state = given(&[(0, owed().into()), (10, Claimed { attempt: 1 }.into())]).unwrap();
        assert_eq!(claim(&state, at(11)), vec![]);
        assert_eq!(claim(&state, at(10 + CLAIM_SECONDS)), vec![Claimed { attempt: 2 }.into()]);
    }

    #[test]
    fn a_sent_notice_is_finished() {
        let sent: NoticeEvent = Sent { carrier: "smtp".to_owned() }.into();
        let state = given(&[(0, owed().into()), (10, Claimed { attempt: 1 }.into()), (11, sent.clone())]).unwrap();
        assert_eq!((claim(&state, at(9999)), record(&state, sent)), (vec![], vec![]));
    }

    #[test]
    fn a_failure_without_another_try_is_parked_until_a_person_retries() {
        let failed = Failed { reason: "no route".to_owned(), retry_at: None };
        let state = given(&[(0, owed().into()), (10, Claimed { attempt: 1 }.into()), (11, failed.into())]).unwrap();
        assert_eq!(state.stage, NoticeStage::Parked);
        assert_eq!(retry(&state), vec![Retried {}.into()]);
    }
}
