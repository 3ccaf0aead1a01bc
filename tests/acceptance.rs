//! The pages as people use them: the real application behind a real socket, a log in SQLite, a browser that keeps
//! cookies, follows links and fills in the forms it finds. How to use it stands at the head of `acceptance/harness.rs`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends in a panic; helpers of tests are not known to clippy as such")]

#[path = "acceptance/admin.rs"]
mod admin;
#[path = "acceptance/assessment.rs"]
mod assessment;
#[path = "acceptance/assessment_many.rs"]
mod assessment_many;
#[path = "acceptance/behind.rs"]
mod behind;
#[path = "acceptance/campaigns.rs"]
mod campaigns;
#[path = "acceptance/cards.rs"]
mod cards;
#[path = "acceptance/citizen.rs"]
mod citizen;
#[path = "acceptance/desk.rs"]
mod desk;
#[path = "acceptance/doors.rs"]
mod doors;
#[path = "acceptance/escalations.rs"]
mod escalations;
#[path = "acceptance/harness.rs"]
mod harness;
#[path = "acceptance/heads.rs"]
mod heads;
#[path = "acceptance/input.rs"]
mod input;
#[path = "acceptance/inspections.rs"]
mod inspections;
#[path = "acceptance/investigation.rs"]
mod investigation;
#[path = "acceptance/matters.rs"]
mod matters;
#[path = "acceptance/operate.rs"]
mod operate;
#[path = "acceptance/opinions.rs"]
mod opinions;
#[path = "acceptance/orders.rs"]
mod orders;
#[path = "acceptance/oversight.rs"]
mod oversight;
#[path = "acceptance/security.rs"]
mod security;
