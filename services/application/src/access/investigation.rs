//! Who may do what with a complaint about the efficiency of a unit (效能投诉件). It goes round the unit complained of:
//! nobody of that unit or below it, nobody who answers for a unit above it, nobody of a lower level (domain.md D4) ever
//! sees it; after the conclusion the unit's liaisons and head see their recommendation alone.

use domain::account::{Role, StaffKind};
use domain::ids::UnitCode;
use domain::investigation::{Investigation, Stage};
use domain::unit::Level;
use projections::{Account, Reference};

use super::Tree;
use crate::actor::{Actor, Staff};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// See the whole file.
    View,
    /// Enter what came by telephone, on paper or in person.
    Enter,
    /// Accept or refuse.
    Accept,
    /// Name the investigators.
    Assign,
    /// Record a talk, hand in the report.
    Investigate,
    /// Sign the other one's report.
    Sign,
    /// Extend the limit.
    Extend,
    /// Conclude.
    Conclude,
    /// Answer the complainant.
    Answer,
    /// See the recommendation to one's own unit and say whether it is adopted.
    Adopt,
    /// See where it stands, and ask for a review.
    Follow,
}

impl Act {
    /// All acts.
    pub const ALL: [Self; 11] = [
        Self::View,
        Self::Enter,
        Self::Accept,
        Self::Assign,
        Self::Investigate,
        Self::Sign,
        Self::Extend,
        Self::Conclude,
        Self::Answer,
        Self::Adopt,
        Self::Follow,
    ];

    /// The stages in which an act on the file makes sense.
    fn stages(self) -> &'static [Stage] {
        match self {
            Self::Accept => &[Stage::Filed],
            Self::Assign => &[Stage::Accepted, Stage::Investigating, Stage::Reported],
            Self::Investigate => &[Stage::Investigating, Stage::Reported],
            Self::Sign => &[Stage::Reported],
            Self::Extend => &[Stage::Accepted, Stage::Investigating, Stage::Reported, Stage::Signed],
            Self::Conclude => &[Stage::Signed],
            Self::Answer => &[Stage::Concluded],
            _ => &[],
        }
    }
}

/// What is asked of the register of units.
pub trait Register: Tree {
    /// The level of a unit.
    fn level(&self, unit: &UnitCode) -> Option<Level>;
}

impl Register for Reference {
    fn level(&self, unit: &UnitCode) -> Option<Level> {
        self.unit(unit).map(|unit| unit.level)
    }
}

/// The person may have to do with complaints about this unit: of the efficiency office, not outsourced, not of the unit
/// or below it, not of a lower level, and with no office in a unit above it.
pub fn stands_clear(staff: &Staff, unit: &UnitCode, register: &dyn Register) -> bool {
    let Some(own) = &staff.unit else { return false };
    if staff.kind != StaffKind::CivilServant || !staff.is_any(&[Role::Inspector, Role::Director]) || register.within(own, unit) {
        return false;
    }
    let (Some(level), Some(theirs)) = (register.level(own), register.level(unit)) else { return false };
    let answers_above = staff.is_any(&[Role::Liaison, Role::Handler, Role::Head]) && register.within(unit, own);
    // The levels are ordered from the top.
    level <= theirs && !answers_above
}

/// May the actor do this?
pub fn may(actor: &Actor, act: Act, state: &Investigation, register: &dyn Register) -> bool {
    let staff = match actor {
        Actor::Complainant(_) => return act == Act::Follow,
        Actor::Staff(staff) => staff,
        _ => return false,
    };
    if act == Act::Adopt {
        return state.recommendation.is_some() && staff.unit.as_ref() == Some(&state.unit) && staff.is_any(&[Role::Liaison, Role::Head]);
    }
    if !stands_clear(staff, &state.unit, register) {
        return false;
    }
    match act {
        Act::View => true,
        Act::Enter | Act::Accept | Act::Answer => staff.is(Role::Inspector),
        Act::Assign | Act::Extend => staff.is(Role::Director),
        // Nobody concludes on a report of his own (domain.md K15).
        Act::Conclude => staff.is(Role::Director) && !state.investigators.contains(&staff.account),
        Act::Investigate => state.investigators.contains(&staff.account),
        Act::Sign => state.second() == Some(staff.account),
        Act::Adopt | Act::Follow => false,
    }
}

/// May a member of staff enter a complaint about this unit that came by telephone, on paper or in person?
pub fn may_enter(staff: &Staff, unit: &UnitCode, register: &dyn Register) -> bool {
    staff.is(Role::Inspector) && stands_clear(staff, unit, register)
}

/// May a member of the hotline refer a case of this unit (线索移送)? Outsourced staff decide nothing.
pub fn may_refer(staff: &Staff, unit: &UnitCode, register: &dyn Register) -> bool {
    staff.kind == StaffKind::CivilServant
        && staff.is_any(&[Role::Dispatcher, Role::Reviewer])
        && staff.unit.as_ref().is_some_and(|own| !register.within(own, unit))
}

/// The acts that are permitted and possible now, for the page.
pub fn open_acts(actor: &Actor, state: &Investigation, register: &dyn Register) -> Vec<Act> {
    Act::ALL.into_iter().filter(|act| act.stages().contains(&state.stage) && may(actor, *act, state, register)).collect()
}

/// The units about which this person may know nothing.
pub fn hidden_units(staff: &Staff, reference: &Reference) -> Vec<UnitCode> {
    reference.units().filter(|unit| !stands_clear(staff, &unit.code, reference)).map(|unit| unit.code.clone()).collect()
}

/// The accounts that may look into a complaint about this unit.
pub fn investigators(reference: &Reference, unit: &UnitCode) -> Vec<std::sync::Arc<Account>> {
    let accounts = reference.accounts().into_iter().filter(|account| account.enabled && account.has(Role::Inspector));
    accounts.filter(|account| stands_clear(&staff_of(account), unit, reference)).cloned().collect()
}

/// An account as staff.
pub fn staff_of(account: &Account) -> Staff {
    Staff { account: account.id, unit: account.unit.clone(), roles: account.roles.clone(), kind: account.staff }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::folded::Folded;
    use domain::ids::{AccountId, InvestigationId};
    use domain::investigation::{Filed, Frozen, InvestigationEvent, Recommendation, Source, System};
    use uuid::Uuid;

    use super::*;

    /// city ⊃ bureau, office; city ⊃ county ⊃ town
    struct Flat;
    impl Tree for Flat {
        fn within(&self, unit: &UnitCode, top: &UnitCode) -> bool {
            let above = |code: &str| match code {
                "town" => Some("county"),
                "city" => None,
                _ => Some("city"),
            };
            let mut here = Some(unit.as_str());
            while let Some(code) = here {
                if code == top.as_str() {
                    return true;
                }
                here = above(code);
            }
            false
        }
    }
    impl Register for Flat {
        fn level(&self, unit: &UnitCode) -> Option<Level> {
            Some(match unit.as_str() {
                "town" => Level::Township,
                "county" => Level::County,
                _ => Level::City,
            })
        }
    }

    fn unit(code: &str) -> UnitCode {
        UnitCode::parse(code).unwrap()
    }

    fn staff(n: u128, roles: &[Role], of: &str) -> Actor {
        Actor::Staff(Staff {
            account: AccountId(Uuid::from_u128(n)),
            unit: Some(unit(of)),
            roles: roles.to_vec(),
            kind: StaffKind::CivilServant,
        })
    }

    fn about(code: &str) -> Investigation {
        let at = DateTime::UNIX_EPOCH;
        let accept = Frozen { from: at, limit: "5wd".parse().unwrap(), due: at, provisional: false, calendar: String::new() };
        let filed = Filed {
            number: String::new(),
            unit: unit(code),
            system: System::TimeLimit,
            source: Source::Web,
            case: None,
            statement: None,
            official: None,
            complainant: None,
            referral: None,
            accept,
        };
        Investigation::evolve(None, at, &InvestigationEvent::Filed(filed)).unwrap()
    }

    #[test]
    fn nobody_of_the_unit_below_it_or_in_charge_above_it_sees_anything_before_the_conclusion() {
        let state = about("county");
        for role in Role::ALL {
            for of in ["county", "town"] {
                assert!(Act::ALL.iter().all(|act| !may(&staff(1, &[role], of), *act, &state, &Flat)), "{role:?} of {of}");
            }
            let above = Act::ALL.iter().any(|act| may(&staff(1, &[role], "city"), *act, &state, &Flat));
            assert_eq!(above, matches!(role, Role::Inspector | Role::Director), "{role:?} of the city");
        }
        assert!(!may(&staff(1, &[Role::Inspector, Role::Head], "city"), Act::View, &state, &Flat), "a head above is no inspector of it");
        assert!(!may(&staff(1, &[Role::Inspector], "county"), Act::View, &about("bureau"), &Flat), "a lower level handles nothing above");
    }

    #[test]
    fn after_the_conclusion_the_unit_alone_sees_its_recommendation() {
        let mut state = about("county");
        let advice = vec![domain::investigation::Advice::Improve];
        let finding = domain::investigation::Finding::Proved;
        let since = DateTime::UNIX_EPOCH;
        state.recommendation = Some(Recommendation { finding, advice, since, adopted: None, answered_at: None });
        let acts = |actor: &Actor| Act::ALL.into_iter().filter(|act| may(actor, *act, &state, &Flat)).collect::<Vec<_>>();
        assert_eq!(acts(&staff(1, &[Role::Liaison], "county")), [Act::Adopt]);
        assert_eq!(acts(&staff(1, &[Role::Head], "county")), [Act::Adopt]);
        assert!(acts(&staff(1, &[Role::Handler], "county")).is_empty());
        assert!(acts(&staff(1, &[Role::Liaison], "town")).is_empty() && acts(&staff(1, &[Role::Head], "city")).is_empty());
    }

    #[test]
    fn each_step_belongs_to_its_own_person() {
        let mut state = about("bureau");
        state.investigators = vec![AccountId(Uuid::from_u128(1)), AccountId(Uuid::from_u128(2))];
        state.reporter = Some(AccountId(Uuid::from_u128(1)));
        state.stage = Stage::Reported;
        assert_eq!(open_acts(&staff(1, &[Role::Inspector], "office"), &state, &Flat), [Act::Investigate]);
        assert_eq!(open_acts(&staff(2, &[Role::Inspector], "office"), &state, &Flat), [Act::Investigate, Act::Sign]);
        assert_eq!(open_acts(&staff(3, &[Role::Inspector], "office"), &state, &Flat), []);
        assert_eq!(open_acts(&staff(4, &[Role::Director], "office"), &state, &Flat), [Act::Assign, Act::Extend]);
        state.stage = Stage::Signed;
        assert_eq!(open_acts(&staff(4, &[Role::Director], "office"), &state, &Flat), [Act::Extend, Act::Conclude]);
        assert_eq!(
            open_acts(&staff(1, &[Role::Inspector, Role::Director], "office"), &state, &Flat),
            [Act::Extend],
            "not on one's own report"
        );
        let complainant = Actor::Complainant(InvestigationId(Uuid::nil()));
        assert!(may(&complainant, Act::Follow, &state, &Flat) && !may(&complainant, Act::View, &state, &Flat));
    }

    #[test]
    fn outsourced_staff_do_nothing_and_the_hotline_refers_no_case_about_itself() {
        let Actor::Staff(mut one) = staff(1, &[Role::Inspector, Role::Reviewer], "office") else { panic!("staff") };
        assert!(may_refer(&one, &unit("bureau"), &Flat) && may_enter(&one, &unit("bureau"), &Flat));
        assert!(!may_refer(&one, &unit("office"), &Flat) && !may_enter(&one, &unit("office"), &Flat));
        one.kind = StaffKind::Outsourced;
        assert!(!may_refer(&one, &unit("bureau"), &Flat) && !stands_clear(&one, &unit("bureau"), &Flat));
    }
}
