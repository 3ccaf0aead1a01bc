//! The simulation: two nodes on one log, a clock that goes when it is told to, seeded chance for everything else.
//!
//! A seed is a whole history: filings, acts of staff and petitioners, imports, other calendars, erasures, ticks, views that
//! lag or lie behind unknowingly, crashes of nodes and carriers, repeated forms. After it the clock runs on until nothing is
//! owed, and the oracle examines the log. The same seed gives the same log, byte for byte.
//!
//! `lines` drives all lines of supervision in one kind of history: what officers, units and voters do (`staff`, `polls`, as data
//! in `acts`, sent through the deaths of processes by `office`), and what must come of it: every limit broken once at its
//! instant or kept (`ledger`), marks and score sheets (`marks`), each ballot once. The same commands played in another world
//! with other deaths give the same records of the clock.
//!
//! One seed again: `SIMULATION_SEED=17 cargo test -p tests --test simulation`; more of them: `SIMULATION_RUNS=500`,
//! from `SIMULATION_FROM` on.

// `cfg(test)` says to clippy that helpers outside of a test function may unwrap.
#[cfg(test)]
#[path = "simulation/acts.rs"]
mod acts;
#[cfg(test)]
#[path = "simulation/cards.rs"]
mod cards;
#[path = "simulation/chance.rs"]
mod chance;
#[cfg(test)]
#[path = "simulation/deeds.rs"]
mod deeds;
#[cfg(test)]
#[path = "simulation/escalations.rs"]
mod escalations;
#[cfg(test)]
#[path = "simulation/focused.rs"]
mod focused;
#[cfg(test)]
#[path = "simulation/histories.rs"]
mod histories;
#[cfg(test)]
#[path = "simulation/late.rs"]
mod late;
#[cfg(test)]
#[path = "simulation/ledger.rs"]
mod ledger;
#[cfg(test)]
#[path = "simulation/lines.rs"]
mod lines;
#[cfg(test)]
#[path = "simulation/marks.rs"]
mod marks;
#[cfg(test)]
#[path = "simulation/node.rs"]
mod node;
#[cfg(test)]
#[path = "simulation/office.rs"]
mod office;
#[cfg(test)]
#[path = "simulation/oracle.rs"]
mod oracle;
#[cfg(test)]
#[path = "simulation/polls.rs"]
mod polls;
#[cfg(test)]
#[path = "simulation/post.rs"]
mod post;
#[cfg(test)]
#[path = "simulation/staff.rs"]
mod staff;
#[cfg(test)]
#[path = "simulation/supervised.rs"]
mod supervised;
#[cfg(test)]
#[path = "simulation/veil.rs"]
mod veil;
#[cfg(test)]
#[path = "simulation/world.rs"]
mod world;
