//! The statutory holidays by the law of each year (全国年节及纪念日放假办法), the fallback where no notice is published.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::lunar::{self, Festivals};

/// The statutory days of a year, before any make-up (J1 and the earlier texts of 1999, 2007 and 2013).
pub(super) fn holidays(year: i32) -> Vec<(NaiveDate, &'static str)> {
    let Some(Festivals { spring, qingming, dragon_boat, mid_autumn }) = lunar::festivals(year) else {
        return Vec::new();
    };
    // 春节: days before 正月初一 and days from it; 劳动节: days from 1 May.
    let (eve, spring_days, labour_days) = match year {
        ..2008 => (0, 3, 3),
        2008..2014 => (1, 2, 1),
        2014..2025 => (0, 3, 1),
        2025.. => (1, 3, 2),
    };
    let mut days = Vec::new();
    let mut add = |name, (month, day): (u32, u32), before: u64, from: u64| {
        let Some(first) = NaiveDate::from_ymd_opt(year, month, day) else { return };
        let Some(first) = first.checked_sub_days(Days::new(before)) else { return };
        days.extend(first.iter_days().take((before + from) as usize).map(|date| (date, name)));
    };
    add("元旦", (1, 1), 0, 1);
    add("春节", spring, eve, spring_days);
    if year >= 2008 {
        add("清明节", qingming, 0, 1);
    }
    add("劳动节", (5, 1), 0, labour_days);
    if year >= 2008 {
        add("端午节", dragon_boat, 0, 1);
        add("中秋节", mid_autumn, 0, 1);
    }
    add("国庆节", (10, 1), 0, 3);
    days
}

/// The days off that follow from the law alone: a holiday on a Saturday or Sunday is made up on the next working day
/// (补假, J2). Where two holidays meet on one day, the second is made up too, as the notices of 2009, 2020 and 2025
/// have done. Exchanged weekends (调休) are not guessed.
pub(super) fn rest_days(year: i32) -> Vec<(NaiveDate, &'static str)> {
    let holidays = holidays(year);
    let mut taken: BTreeSet<NaiveDate> = BTreeSet::new();
    let mut owed = Vec::new();
    let mut rest = Vec::new();
    for (date, name) in holidays {
        let fresh = taken.insert(date);
        if fresh {
            rest.push((date, name));
        }
        if !fresh || is_weekend(date) {
            owed.push((date, name));
        }
    }
    owed.sort_unstable();
    for (date, name) in owed {
        if let Some(next) = date.iter_days().skip(1).find(|next| !is_weekend(*next) && !taken.contains(next)) {
            taken.insert(next);
            rest.push((next, name));
        }
    }
    rest
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use super::super::Calendar;
    use super::*;

    fn dates(year: i32) -> Vec<String> {
        let mut dates: Vec<_> = rest_days(year).into_iter().map(|(date, _)| date.format("%m%d").to_string()).collect();
        dates.sort();
        dates
    }

    #[test]
    fn the_law_gives_thirteen_days_since_2025_and_eleven_before() {
        assert_eq!(holidays(2027).len(), 13);
        assert_eq!(holidays(2025).len(), 13);
        assert_eq!(holidays(2024).len(), 11);
        assert_eq!(holidays(2008).len(), 11);
        assert_eq!(holidays(2007).len(), 10);
    }

    #[test]
    fn the_fallback_of_2027_knows_the_lunar_days_and_makes_up_weekends() {
        // 除夕 is Friday 02-05; 初一 and 初二 fall on a weekend; 05-01 and 05-02 too; 国庆 is Friday to Sunday.
        let expected = [
            "0101", "0205", "0206", "0207", "0208", "0209", "0210", "0405", "0501", "0502", "0503", "0504", "0609", "0915", "1001", "1002",
            "1003", "1004", "1005",
        ];
        assert_eq!(dates(2027), expected);
    }

    #[test]
    fn holidays_that_meet_are_both_kept() {
        // 2020: 中秋 on 1 October, 国庆 on a Thursday: the four days ended as weekdays off until the 6th.
        let october: Vec<_> = dates(2020).into_iter().filter(|day| day.starts_with("10")).collect();
        assert_eq!(october, ["1001", "1002", "1003", "1005", "1006"]);
    }

    #[test]
    fn every_published_arrangement_contains_the_statutory_days() {
        let calendar = Calendar::official();
        for year in 2004..=2026 {
            for (date, name) in holidays(year) {
                assert!(!calendar.day(date).kind.is_workday(), "{date} {name}");
            }
        }
    }

    #[test]
    fn the_law_alone_gives_the_working_days_that_the_notices_gave() {
        let calendar = Calendar::official();
        let mut differences = Vec::new();
        for year in 2004..=2026 {
            let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            let days: Vec<_> = first.iter_days().take_while(|date| date.year() == year).collect();
            let arranged = days.iter().filter(|date| calendar.day(**date).kind.is_workday()).count();
            let off: BTreeSet<_> = rest_days(year).into_iter().map(|(date, _)| date).collect();
            let by_law = days.iter().filter(|date| !is_weekend(**date) && !off.contains(date)).count();
            if arranged != by_law {
                differences.push((year, arranged as i32 - by_law as i32));
            }
        }
        assert_eq!(differences, EXCHANGED);
    }

    /// Years whose notices give more or fewer working days than the law: exchanges over the turn of a year (2006/07
    /// with a day of 元旦 on top, 2011/12), the victory day of 2015, the prolonged 春节 of 2020.
    const EXCHANGED: [(i32, i32); 6] = [(2006, 1), (2007, -2), (2011, 1), (2012, -1), (2015, -1), (2020, -2)];
}
