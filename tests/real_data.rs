//! The rules against real data in `shared/data`. Where the data are not laid, each test says so and passes.

#[path = "real_data/calendar.rs"]
mod calendar;
