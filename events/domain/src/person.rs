//! Persons: a staff-confirmed group of case subjects, for rights of the person (domain.md K3, K8).
//! Stream `person-<uuid>`. A phone is not a person: families share one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::events::events;
use crate::ids::CaseId;

/// Cases were confirmed to be of one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonConfirmed {
    /// The cases.
    pub cases: Vec<CaseId>,
}

/// Processing is restricted to keeping (PIPL §47¶2): nobody reads the words any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonRestricted {
    /// Why.
    pub reason: String,
    /// The cases.
    pub cases: Vec<CaseId>,
}

/// The keys are destroyed; the cases' facts stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonErased {
    /// Why.
    pub reason: String,
    /// The cases.
    pub cases: Vec<CaseId>,
}

events! {
    /// What happened to a person's data.
    PersonEvent {
        /// Cases were confirmed to be of one person.
        Confirmed(PersonConfirmed) => "person_confirmed" 1,
        /// Processing of the person's data is restricted to keeping.
        Restricted(PersonRestricted) => "person_restricted" 1,
        /// The keys are destroyed; facts stay.
        Erased(PersonErased) => "person_erased" 1,
    }
}

/// What is known of a person's group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonState {
    /// The cases, in the order of confirmation.
    pub cases: Vec<CaseId>,
    /// Restricted.
    pub restricted: bool,
    /// Erased.
    pub erased: bool,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PersonRejection {
    /// No cases.
    #[error("请先确认属于此人的诉求件，再执行删除或限制处理")]
    NoCases,
    /// No reason.
    #[error("请写明理由（5 到 200 个字）")]
    NoReason,
    /// Limits still run: only restricting is allowed (PIPL §47¶2).
    #[error("还有 {} 件诉求尚未办结，依法只能先“限制处理”，办结且保存期满后才能删除", .0)]
    StillRunning(usize),
    /// Another system sends a new state of a case whose words are erased or only kept.
    #[error("此件的个人信息已依法删除或限制处理，不再接收来源系统的新内容")]
    Withdrawn,
    /// The petitioner of a case whose words are erased writes again.
    #[error("此件的个人信息已依法删除，不能再提交评价或说明；如有新的情况，请重新反映")]
    Erased,
}

/// The person of one case alone, when nobody grouped cases.
pub fn person_of_case(case: CaseId) -> Uuid {
    Uuid::new_v5(&crate::ids::NAMESPACE, format!("person/{}", case.0).as_bytes())
}

/// Folds one event.
#[must_use]
pub fn evolve(mut state: PersonState, event: &PersonEvent) -> PersonState {
    match event {
        PersonEvent::Confirmed(e) => {
            for case in &e.cases {
                if !state.cases.contains(case) {
                    state.cases.push(*case);
                    // What was done to the others was not done to this one.
                    state.restricted = false;
                    state.erased = false;
                }
            }
        }
        PersonEvent::Restricted(_) => state.restricted = true,
        PersonEvent::Erased(_) => state.erased = true,
    }
    state
}

/// Confirms cases; nothing when all are known.
pub fn confirm(state: &PersonState, cases: Vec<CaseId>) -> Vec<PersonEvent> {
    let new: Vec<CaseId> = cases.into_iter().filter(|case| !state.cases.contains(case)).collect();
    if new.is_empty() { Vec::new() } else { vec![PersonConfirmed { cases: new }.into()] }
}

/// Restricts processing; again gives nothing.
///
/// # Errors
/// [`PersonRejection`].
pub fn restrict(state: &PersonState, reason: &str) -> Result<Vec<PersonEvent>, PersonRejection> {
    if state.restricted || state.erased {
        return Ok(Vec::new());
    }
    let reason = check(state, reason)?;
    Ok(vec![PersonRestricted { reason, cases: state.cases.clone() }.into()])
}

/// Erases; `running` is the number of the person's cases that are not ended. Again gives nothing.
///
/// # Errors
/// [`PersonRejection`].
pub fn erase(state: &PersonState, reason: &str, running: usize) -> Result<Vec<PersonEvent>, PersonRejection> {
    if state.erased {
        return Ok(Vec::new());
    }
    let reason = check(state, reason)?;
    if running > 0 {
        return Err(PersonRejection::StillRunning(running));
    }
    Ok(vec![PersonErased { reason, cases: state.cases.clone() }.into()])
}

fn check(state: &PersonState, reason: &str) -> Result<String, PersonRejection> {
    if state.cases.is_empty() {
        return Err(PersonRejection::NoCases);
    }
    let reason = reason.trim();
    if (5..=200).contains(&reason.chars().count()) { Ok(reason.to_owned()) } else { Err(PersonRejection::NoReason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> PersonState {
        PersonState { cases: vec![CaseId(Uuid::from_u128(1))], ..PersonState::default() }
    }

    #[test]
    fn erasing_names_the_cases_and_is_quiet_the_second_time() {
        let events = erase(&state(), "本人申请删除", 0).unwrap();
        let after = events.iter().fold(state(), evolve);
        assert!(after.erased);
        assert_eq!(erase(&after, "本人申请删除", 0), Ok(vec![]));
    }

    #[test]
    fn while_a_case_runs_erasing_is_refused_and_restricting_allowed() {
        assert_eq!(erase(&state(), "本人申请删除", 1), Err(PersonRejection::StillRunning(1)));
        assert_eq!(restrict(&state(), "本人申请限制").unwrap().len(), 1);
    }

    #[test]
    fn a_case_that_is_confirmed_after_the_erasure_can_be_erased_too() {
        let mut state = erase(&state(), "本人申请删除", 0).unwrap().iter().fold(state(), evolve);
        state = confirm(&state, vec![CaseId(Uuid::from_u128(2))]).iter().fold(state, evolve);
        let again = erase(&state, "本人申请删除", 0).unwrap();
        assert!(matches!(&again[..], [PersonEvent::Erased(e)] if e.cases.len() == 2));
    }

    #[test]
    fn a_person_without_cases_is_refused() {
        assert_eq!(erase(&PersonState::default(), "本人申请删除", 0), Err(PersonRejection::NoCases));
    }
}
