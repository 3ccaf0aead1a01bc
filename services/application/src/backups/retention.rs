//! Which log files are kept: so many days, weeks and months, the latest of each. Pure.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Latest days that have a backup.
    pub days: usize,
    /// Latest weeks (Monday to Sunday) that have one.
    pub weeks: usize,
    /// Latest months that have one.
    pub months: usize,
}

/// The days of `made` whose backups are not kept; the latest is always kept.
pub fn superfluous(made: &BTreeSet<NaiveDate>, keep: Keep) -> BTreeSet<NaiveDate> {
    let mut kept: BTreeSet<NaiveDate> = BTreeSet::new();
    kept.extend(made.last());
    kept.extend(made.iter().rev().take(keep.days));
    kept.extend(latest_of_each(made, |day| (day.iso_week().year(), day.iso_week().week())).take(keep.weeks));
    kept.extend(latest_of_each(made, |day| (day.year(), day.month())).take(keep.months));
    made.iter().copied().filter(|day| !kept.contains(day)).collect()
}

fn latest_of_each<'a, K: PartialEq>(
    made: &'a BTreeSet<NaiveDate>,
    group: impl Fn(&NaiveDate) -> K + 'a,
) -> impl Iterator<Item = &'a NaiveDate> {
    let mut last = None;
    made.iter().rev().filter(move |day| {
        let own = Some(group(day));
        std::mem::replace(&mut last, own) != Some(group(day))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn every_day(from: &str, to: &str) -> BTreeSet<NaiveDate> {
        day(from).iter_days().take_while(|one| *one <= day(to)).collect()
    }

    /// What a year of nights leaves, each night thrown out as it comes.
    #[test]
    fn a_year_of_nights_leaves_seven_days_four_weeks_and_twelve_months() {
        let keep = Keep { days: 7, weeks: 4, months: 12 };
        let mut there = BTreeSet::new();
        for night in every_day("2025-06-01", "2026-11-22") {
            there.insert(night);
            for old in superfluous(&there, keep) {
                there.remove(&old);
            }
        }
        let text: Vec<String> = there.iter().map(ToString::to_string).collect();
        // 2026-11-22 is a Sunday: its week and month are those of the latest days.
        let wanted = [
            "2025-12-31",
            "2026-01-31",
            "2026-02-28",
            "2026-03-31",
            "2026-04-30",
            "2026-05-31",
            "2026-06-30",
            "2026-07-31",
            "2026-08-31",
            "2026-09-30",
            "2026-10-31",
            "2026-11-01",
            "2026-11-08",
            "2026-11-15",
            "2026-11-16",
            "2026-11-17",
            "2026-11-18",
            "2026-11-19",
            "2026-11-20",
            "2026-11-21",
            "2026-11-22",
        ];
        assert_eq!(text, wanted);
    }

    #[test]
    fn days_that_are_missing_do_not_count_and_the_latest_always_stays() {
        let made: BTreeSet<NaiveDate> = ["2026-01-05", "2026-03-01", "2026-09-09"].map(day).into();
        assert_eq!(superfluous(&made, Keep { days: 3, weeks: 0, months: 0 }), BTreeSet::new());
        assert_eq!(superfluous(&made, Keep { days: 1, weeks: 0, months: 0 }), ["2026-01-05", "2026-03-01"].map(day).into());
        assert_eq!(superfluous(&made, Keep { days: 0, weeks: 0, months: 0 }), ["2026-01-05", "2026-03-01"].map(day).into());
        assert_eq!(superfluous(&BTreeSet::new(), Keep { days: 7, weeks: 4, months: 12 }), BTreeSet::new());
    }
}
