//! The accounts of the invented city: one friendly sign-in name per role, and three people in every unit that gets
//! demands.

use std::collections::HashMap;

use application::accounts::account_of_login;
use application::{Actor, Staff};
use domain::account::{AccountOpened, Role, StaffKind};
use domain::ids::UnitCode;
use domain::private::Private;

use super::random::Random;
use super::register::{COUNTIES, EFFICIENCY, GOVERNMENT, HOTLINE, SHOWN, STATISTICS};
use super::words;

/// One account.
#[derive(Debug, Clone)]
pub struct Person {
    /// Sign-in name.
    pub login: String,
    /// The holder's name, invented.
    pub name: String,
    /// Unit.
    pub unit: Option<UnitCode>,
    /// Its one role.
    pub role: Role,
    /// How employed.
    pub staff: StaffKind,
    /// One of the accounts that the demo shows.
    pub shown: bool,
}

impl Person {
    /// The event's payload.
    pub fn opened(&self) -> AccountOpened {
        AccountOpened {
            login: self.login.clone(),
            name: Private::new(self.name.clone()),
            phone: Some(Private::new(words::phone(&mut Random::of(&[&self.login])))),
            email: Some(Private::new(format!("{}@qingyuan.example", self.login))),
            unit: self.unit.clone(),
            staff: self.staff,
            roles: vec![self.role],
        }
    }

    /// As an actor.
    pub fn actor(&self) -> Actor {
        Actor::Staff(Staff { account: account_of_login(&self.login), unit: self.unit.clone(), roles: vec![self.role], kind: self.staff })
    }
}

/// Everybody of the city: the hotline, the offices, and a liaison, two handlers and a head in each of `units`.
pub fn people(units: &[UnitCode]) -> Vec<Person> {
    let hotline = UnitCode::parse(HOTLINE).ok();
    let efficiency = UnitCode::parse(EFFICIENCY).ok();
    // The survey is run by statistics, not by the office that is curious about it (practice.md 24).
    let (city, statistics) = (UnitCode::parse(GOVERNMENT).ok(), UnitCode::parse(STATISTICS).ok());
    let mut all = Vec::new();
    let mut add = |login: String, unit: &Option<UnitCode>, role, staff, shown| {
        let name = words::name(&mut Random::of(&["account", &login]));
        all.push(Person { login, name, unit: unit.clone(), role, staff, shown });
    };
    let (hired, civil) = (StaffKind::Outsourced, StaffKind::CivilServant);
    for (login, unit, role, staff) in [
        ("operator", &hotline, Role::Operator, hired),
        ("dispatcher", &hotline, Role::Dispatcher, civil),
        ("reviewer", &hotline, Role::Reviewer, civil),
        ("inspector", &efficiency, Role::Inspector, civil),
        ("director", &efficiency, Role::Director, civil),
        ("leader", &city, Role::Leader, civil),
        ("supervisor", &city, Role::Supervisor, civil),
        ("evaluator", &statistics, Role::Evaluator, civil),
        ("sysadmin", &None, Role::SystemAdmin, civil),
        ("secadmin", &None, Role::SecurityAdmin, civil),
        ("auditor", &None, Role::Auditor, civil),
    ] {
        add(login.to_owned(), unit, role, staff, true);
    }
    for number in 2..=6 {
        add(format!("inspector{number}"), &efficiency, Role::Inspector, civil, false);
        add(format!("operator{number}"), &hotline, Role::Operator, hired, false);
    }
    for number in 2..=3 {
        add(format!("dispatcher{number}"), &hotline, Role::Dispatcher, civil, false);
        add(format!("reviewer{number}"), &hotline, Role::Reviewer, civil, false);
    }
    for code in units {
        let unit = Some(code.clone());
        let shown = code.as_str() == SHOWN;
        let name = |role: &str| if shown { role.to_owned() } else { format!("{}.{role}", login_of(code)) };
        for (login, role) in [("liaison", Role::Liaison), ("handler", Role::Handler), ("head", Role::Head)] {
            add(name(login), &unit, role, civil, shown);
        }
        add(name("handler2"), &unit, Role::Handler, civil, false);
    }
    all
}

/// `dongcheng-cg` for the urban management bureau of 东城区, `city-js` for the city's construction bureau.
fn login_of(unit: &UnitCode) -> String {
    let code = unit.as_str();
    let (place, rest) = COUNTIES
        .iter()
        .find_map(|county| code.strip_prefix(county.code).map(|rest| (county.login, rest)))
        .unwrap_or_else(|| ("city", code.strip_prefix("QY").unwrap_or(code)));
    let rest = rest.trim_start_matches('-').to_lowercase();
    if rest.is_empty() { place.to_owned() } else { format!("{place}-{rest}") }
}

/// Who acts in which unit.
pub struct Staffing {
    /// Liaison, handlers and head by unit.
    units: HashMap<UnitCode, Desk>,
    /// 话务员.
    pub operators: Vec<Actor>,
    /// 派单员.
    pub dispatchers: Vec<Actor>,
    /// 审核回访员.
    pub reviewers: Vec<Actor>,
}

/// The people of one unit.
#[derive(Default)]
pub struct Desk {
    /// 联络员.
    pub liaison: Vec<Actor>,
    /// 经办人.
    pub handlers: Vec<Actor>,
    /// 审核负责人.
    pub head: Vec<Actor>,
}

impl Staffing {
    /// Who acts, from all accounts.
    pub fn of(people: &[Person]) -> Self {
        let mut staffing = Self { units: HashMap::new(), operators: Vec::new(), dispatchers: Vec::new(), reviewers: Vec::new() };
        for person in people {
            let actor = person.actor();
            let mut desk = |pick: fn(&mut Desk) -> &mut Vec<Actor>| {
                if let Some(unit) = &person.unit {
                    pick(staffing.units.entry(unit.clone()).or_default()).push(person.actor());
                }
            };
            match person.role {
                Role::Operator => staffing.operators.push(actor),
                Role::Dispatcher => staffing.dispatchers.push(actor),
                Role::Reviewer => staffing.reviewers.push(actor),
                Role::Liaison => desk(|desk| &mut desk.liaison),
                Role::Handler => desk(|desk| &mut desk.handlers),
                Role::Head => desk(|desk| &mut desk.head),
                _ => {}
            }
        }
        staffing
    }

    /// The people of a unit, if it has any.
    pub fn desk(&self, unit: &UnitCode) -> Option<&Desk> {
        self.units.get(unit)
    }
}
