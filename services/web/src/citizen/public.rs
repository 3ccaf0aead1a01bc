//! What everybody may see: figures with their definitions, and cases without persons and words.

mod cases;
mod figures;
mod heads;

pub use cases::{case, cases};
pub use figures::figures;
pub(crate) use figures::view;
pub use heads::{head, heads, latest, script};

use application::Application;
use domain::time::{Period, legal_day, period_of, previous_period};
use templates::components::Choice;

use crate::words;

/// Months to choose from.
const MONTHS: usize = 12;

/// The calendar month of today.
pub(crate) fn this_month(app: &Application) -> Period {
    period_of(legal_day(app.now()), 0)
}

/// The latest months, newest first.
fn months(latest: Period, chosen: Option<Period>) -> Vec<Choice> {
    let mut periods: Vec<Period> = std::iter::successors(Some(latest), |period| Some(previous_period(*period))).take(MONTHS).collect();
    // A month further back that was asked for by address stays choosable.
    if let Some(chosen) = chosen.filter(|chosen| !periods.contains(chosen)) {
        periods.push(chosen);
    }
    let choices = periods.into_iter().map(|period| Choice::new(&words::month_code(period), &words::month(period))).collect();
    Choice::select(choices, &chosen.map(words::month_code).unwrap_or_default())
}

/// An address with a query of the parts that are not empty.
fn address(path: &str, parts: &[(&str, &str)]) -> String {
    let parts: Vec<&(&str, &str)> = parts.iter().filter(|(_, value)| !value.is_empty()).collect();
    match serde_urlencoded::to_string(&parts) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}
