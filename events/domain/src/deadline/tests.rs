use chrono::{Days, NaiveDate, TimeDelta};
use proptest::prelude::*;

use super::*;
use crate::calendar::{DayKind, OffDays, Overlay, YearNotice};
use crate::time::{CHINA, legal_day};

fn at(text: &str) -> DateTime<Utc> {
    parse_from(text).unwrap()
}

fn input(from: &str, limit: &str) -> DeadlineInput {
    DeadlineInput::new(at(from), limit.parse().unwrap())
}

fn pause(from: &str, to: &str) -> ExcludedPeriod {
    ExcludedPeriod { from: at(from), to: at(to), ground: "听证".to_owned() }
}

fn ends(from: &str, limit: &str) -> String {
    rfc3339(deadline(&Calendar::official(), &input(from, limit)).due)
}

/// The last day of a limit in days: its 24:00 is the due instant.
fn last_day(from: &str, limit: &str) -> String {
    let due = deadline(&Calendar::official(), &input(from, limit)).due;
    let last = legal_day(due - TimeDelta::microseconds(1));
    assert_eq!(due, at(&(last + Days::new(1)).to_string()), "the due instant is not a midnight");
    last.to_string()
}

#[test]
fn the_vectors_in_working_days_hold() {
    for (from, limit, expected) in [
        ("2026-02-12", "5wd", "2026-02-26"),
        ("2026-02-13", "5wd", "2026-02-27"),
        ("2026-09-18", "5wd", "2026-09-24"),
        ("2026-09-18", "10wd", "2026-10-09"),
        ("2026-09-30", "5wd", "2026-10-13"),
        ("2026-10-08", "3wd", "2026-10-12"),
        ("2026-04-30", "5wd", "2026-05-11"),
        ("2026-05-09", "1wd", "2026-05-11"),
        ("2026-01-01", "1wd", "2026-01-04"),
        ("2025-09-26", "5wd", "2025-10-10"),
        ("2025-01-24", "5wd", "2025-02-07"),
        ("2024-02-09", "5wd", "2024-02-22"),
        // J10.
        ("2026-12-28", "5wd", "2027-01-05"),
    ] {
        for time in ["", "T00:00", "T10:00", " 23:59:59.999999"] {
            assert_eq!(last_day(&format!("{from}{time}"), limit), expected, "{from}{time} + {limit}");
        }
    }
}

#[test]
fn calendar_days_roll_forward_over_rest_days() {
    for (from, limit, expected) in
        [("2026-08-02", "60d", "2026-10-08"), ("2026-01-31", "15d", "2026-02-24"), ("2026-07-18", "60d", "2026-09-16")]
    {
        assert_eq!(last_day(from, limit), expected, "{from} + {limit}");
    }
}

#[test]
fn a_make_up_workday_ends_a_limit_in_calendar_days() {
    // Saturday 2026-05-09 is worked: no roll.
    assert_eq!(last_day("2026-05-04", "5d"), "2026-05-09");
    // Saturday 2026-05-16 is not.
    assert_eq!(last_day("2026-05-11", "5d"), "2026-05-18");
}

#[test]
fn legal_days_are_those_of_china_whatever_the_offset_of_the_text() {
    // 2026-04-30T23:00Z is 1 May in China.
    assert_eq!(last_day("2026-04-30T23:00:00Z", "1wd"), "2026-05-06");
    assert_eq!(last_day("2026-04-30T15:59:59Z", "1wd"), "2026-05-06");
    assert_eq!(last_day("2026-04-29T15:59:59Z", "1wd"), "2026-04-30");
    assert_eq!(last_day("2026-04-29T16:00:00Z", "1wd"), "2026-05-06");
}

#[test]
fn only_days_without_a_notice_make_a_deadline_provisional() {
    let official = Calendar::official();
    let provisional = |from: &str, limit: &str| deadline(&official, &input(from, limit)).provisional;
    assert!(!provisional("2026-12-28", "3wd"));
    assert!(provisional("2026-12-28", "4wd"));
    assert!(!provisional("2026-12-16", "15d"));
    assert!(provisional("2026-12-17", "15d"));
    // The clock does not ask what a day is.
    assert!(!provisional("2026-12-31T12:00", "24h"));
    assert!(provisional("2026-12-31T17:00", "1bh"));
    assert!(!provisional("2026-12-31T16:30", "1bh"));
}

#[test]
fn clock_hours_run_through_nights_and_holidays() {
    assert_eq!(ends("2026-04-30T17:00", "24h"), "2026-05-01T17:00:00+08:00");
    assert_eq!(ends("2026-12-31T23:30", "2h"), "2027-01-01T01:30:00+08:00");
    assert_eq!(ends("2026-12-31T22:00", "2h"), "2027-01-01T00:00:00+08:00");
}

#[test]
fn business_hours_run_in_sessions_and_end_at_the_close_when_used_up() {
    assert_eq!(ends("2026-04-30T09:00", "3bh"), "2026-04-30T12:00:00+08:00");
    assert_eq!(ends("2026-04-30T10:00", "4bh"), "2026-04-30T15:30:00+08:00");
    assert_eq!(ends("2026-04-30T13:30", "4bh"), "2026-04-30T17:30:00+08:00");
    // Over the holiday to Wednesday 6 May.
    assert_eq!(ends("2026-04-30T16:30", "4bh"), "2026-05-06T12:00:00+08:00");
    // Outside the hours it begins with the next session.
    assert_eq!(ends("2026-04-30T12:30", "1bh"), "2026-04-30T14:30:00+08:00");
    assert_eq!(ends("2026-04-30T22:00", "1bh"), "2026-05-06T10:00:00+08:00");
    assert_eq!(ends("2026-04-30T03:00", "1bh"), "2026-04-30T10:00:00+08:00");
    // A Saturday that is worked.
    assert_eq!(ends("2026-05-08T17:00", "1bh"), "2026-05-09T09:30:00+08:00");
}

/// T7: the hours of 湖州.
fn seasonal() -> Calendar {
    let overlay = Overlay::from_toml(
        r#"
        name = "湖州市"
        seasons = [
            { from = "05-01", to = "09-30", sessions = ["08:30-12:00", "14:00-17:30"] },
            { from = "10-01", to = "04-30", sessions = ["08:30-12:00", "13:30-17:00"] },
        ]
        "#,
    );
    Calendar::official().with_overlay(&overlay.unwrap())
}

#[test]
fn a_citys_hours_change_with_the_season() {
    let ends = |from: &str, limit: &str| rfc3339(deadline(&seasonal(), &input(from, limit)).due);
    assert_eq!(ends("2026-06-01T11:00", "2bh"), "2026-06-01T15:00:00+08:00");
    assert_eq!(ends("2026-11-02T11:00", "2bh"), "2026-11-02T14:30:00+08:00");
    // From winter hours into summer hours: 30 April closes at 17:00, 6 May goes on at 8:30.
    assert_eq!(ends("2026-04-30T16:00", "5bh"), "2026-05-06T14:30:00+08:00");
}

#[test]
fn excluded_days_are_those_whose_end_is_excluded() {
    let with = |excluded: Vec<ExcludedPeriod>| {
        let input = DeadlineInput { excluded, ..input("2026-06-01T10:00", "5wd") };
        rfc3339(deadline(&Calendar::official(), &input).due)
    };
    let plain = "2026-06-09T00:00:00+08:00";
    assert_eq!(with(vec![]), plain);
    assert_eq!(with(vec![pause("2026-06-03T10:00", "2026-06-03T16:00")]), plain);
    let two_days = "2026-06-11T00:00:00+08:00";
    assert_eq!(with(vec![pause("2026-06-03T10:00", "2026-06-05T15:00")]), two_days);
    // Two adjoining periods leave out as much as one, overlapping ones no more.
    let halves = vec![pause("2026-06-03T10:00", "2026-06-04T12:00"), pause("2026-06-04T12:00", "2026-06-05T15:00")];
    assert_eq!(with(halves.into_iter().rev().collect()), two_days);
    let overlapping = vec![pause("2026-06-03T10:00", "2026-06-04T12:00"), pause("2026-06-03T12:00", "2026-06-05T15:00")];
    assert_eq!(with(overlapping), two_days);
    // Whole days, weekend inside.
    assert_eq!(with(vec![pause("2026-06-04", "2026-06-09")]), "2026-06-12T00:00:00+08:00");
    // Empty, inverted, before the start and on day zero: nothing.
    assert_eq!(with(vec![pause("2026-06-03T10:00", "2026-06-03T10:00")]), plain);
    assert_eq!(with(vec![pause("2026-06-05T10:00", "2026-06-03T10:00")]), plain);
    assert_eq!(with(vec![pause("2026-05-03T10:00", "2026-06-01T18:00")]), plain);
    // No limit ends while it is suspended.
    assert_eq!(with(vec![pause("2026-06-08T23:00", "2026-06-10T08:00")]), "2026-06-11T00:00:00+08:00");
}

#[test]
fn excluded_calendar_days_do_not_count_and_the_end_rolls_out_of_them() {
    let with = |excluded: Vec<ExcludedPeriod>| {
        let input = DeadlineInput { excluded, ..input("2026-07-18", "60d") };
        rfc3339(deadline(&Calendar::official(), &input).due)
    };
    assert_eq!(with(vec![]), "2026-09-17T00:00:00+08:00");
    // Four days later is Sunday 20 September, which is worked.
    assert_eq!(with(vec![pause("2026-08-03", "2026-08-07")]), "2026-09-21T00:00:00+08:00");
    // Three days later is Saturday 19 September; 20 September is suspended too.
    let two = vec![pause("2026-08-03", "2026-08-06"), pause("2026-09-20", "2026-09-21")];
    assert_eq!(with(two), "2026-09-22T00:00:00+08:00");
}

#[test]
fn hours_leave_out_exactly_the_excluded_time() {
    let with = |from: &str, limit: &str, excluded: Vec<ExcludedPeriod>| {
        rfc3339(deadline(&Calendar::official(), &DeadlineInput { excluded, ..input(from, limit) }).due)
    };
    let hour_and_a_half = vec![pause("2026-04-30T18:00", "2026-04-30T19:30")];
    assert_eq!(with("2026-04-30T17:00", "24h", hour_and_a_half), "2026-05-01T18:30:00+08:00");
    // A pause over the lunch break costs only its business hours.
    assert_eq!(with("2026-04-30T10:00", "4bh", vec![pause("2026-04-30T11:30", "2026-04-30T14:00")]), "2026-04-30T16:30:00+08:00");
    // A pause over a weekend (GLPI #10594): Friday 16:00 to Monday 10:00 costs 1.5 h + 1 h.
    assert_eq!(with("2026-06-05T15:00", "4bh", vec![pause("2026-06-05T16:00", "2026-06-08T10:00")]), "2026-06-08T14:30:00+08:00");
    // Overlapping and adjoining pauses count once; the start may lie in one.
    let pauses = vec![pause("2026-06-01T08:00", "2026-06-01T10:00"), pause("2026-06-01T09:30", "2026-06-01T11:00")];
    assert_eq!(with("2026-06-01T09:00", "1bh", pauses.clone()), "2026-06-01T12:00:00+08:00");
    assert_eq!(with("2026-06-01T09:00", "1h", pauses), "2026-06-01T12:00:00+08:00");
    // Used up at the very beginning of a pause.
    assert_eq!(with("2026-06-01T09:00", "1h", vec![pause("2026-06-01T10:00", "2026-06-02T10:00")]), "2026-06-01T10:00:00+08:00");
}

#[test]
fn the_explanation_names_every_day() {
    let days = explain(&Calendar::official(), &input("2026-04-30T10:00", "5wd"));
    let lines: Vec<String> = days.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "2026-04-30 周四 工作日 起算日，不计入",
            "2026-05-01 周五 放假（劳动节） 不计入",
            "2026-05-02 周六 放假（劳动节） 不计入",
            "2026-05-03 周日 放假（劳动节） 不计入",
            "2026-05-04 周一 放假（劳动节） 不计入",
            "2026-05-05 周二 放假（劳动节） 不计入",
            "2026-05-06 周三 工作日 第 1 天",
            "2026-05-07 周四 工作日 第 2 天",
            "2026-05-08 周五 工作日 第 3 天",
            "2026-05-09 周六 调休上班（劳动节） 第 4 天",
            "2026-05-10 周日 周末 不计入",
            "2026-05-11 周一 工作日 第 5 天",
        ]
    );
}

#[test]
fn the_explanation_shows_the_roll_the_pause_the_hours_and_what_is_provisional() {
    let lines =
        |calendar: &Calendar, input: &DeadlineInput| -> Vec<String> { explain(calendar, input).iter().map(ToString::to_string).collect() };
    let official = Calendar::official();
    let rolled = lines(&official, &input("2026-05-08", "1d"));
    assert_eq!(rolled, ["2026-05-08 周五 工作日 起算日，不计入", "2026-05-09 周六 调休上班（劳动节） 第 1 天"]);
    let rolled = lines(&official, &input("2026-05-15", "1d"));
    assert_eq!(rolled[1..], ["2026-05-16 周六 周末 第 1 天", "2026-05-17 周日 周末 顺延", "2026-05-18 周一 工作日 顺延至本日届满"]);
    let mut paused = input("2026-06-01", "1wd");
    paused.excluded.push(pause("2026-06-02T09:00", "2026-06-03T09:00"));
    assert_eq!(lines(&official, &paused)[1..], ["2026-06-02 周二 工作日 不计入（听证）", "2026-06-03 周三 工作日 第 1 天"]);
    let mut hours = input("2026-04-30T16:30", "2bh");
    hours.excluded.push(pause("2026-05-06T09:15", "2026-05-06T09:30"));
    let hours = lines(&official, &hours);
    assert_eq!(hours[0], "2026-04-30 周四 工作日 16:30–17:30");
    assert_eq!(hours[5], "2026-05-05 周二 放假（劳动节） 不计入");
    assert_eq!(hours[6], "2026-05-06 周三 工作日 09:00–09:15 09:30–10:15");
    let mut all_day = input("2026-06-01T17:00", "1bh");
    all_day.excluded.push(pause("2026-06-02", "2026-06-03"));
    assert_eq!(lines(&official, &all_day)[1], "2026-06-02 周二 工作日 不计入（听证）");
    let late = lines(&official, &input("2026-06-01T18:00", "1bh"));
    assert_eq!(late[0], "2026-06-01 周一 工作日 无剩余办公时间，不计入");
    let clock = lines(&official, &input("2026-06-01T18:00", "6h"));
    assert_eq!(clock, ["2026-06-01 周一 工作日 18:00–24:00"]);
    let provisional = lines(&official, &input("2026-12-31", "1wd"));
    assert_eq!(provisional[1], "2027-01-01 周五 放假（元旦） 不计入 [暂定：当年放假安排尚未公布]");
}

#[test]
fn the_promise_says_what_was_skipped_and_what_is_worked() {
    let promise = |from: &str, limit: &str| super::promise(&Calendar::official(), &input(from, limit));
    assert_eq!(promise("2026-04-30T10:00", "5wd"), "2026年5月11日（周一）24:00 前（5 个工作日，已跳过劳动节，含 5月9日 补班）");
    assert_eq!(promise("2026-08-02", "60d"), "2026年10月8日（周四）24:00 前（60 日（自然日），已跳过国庆节）");
    assert_eq!(promise("2026-07-18", "60d"), "2026年9月16日（周三）24:00 前（60 日（自然日））");
    assert_eq!(promise("2026-06-01T10:00", "24h"), "2026年6月2日（周二）10:00 前（24 小时）");
    assert_eq!(promise("2026-12-28", "5wd"), "2027年1月5日（周二）24:00 前（5 个工作日，已跳过元旦，放假安排尚未公布，公布后可能调整）");
}

#[test]
fn the_promise_says_that_time_was_excluded_only_where_it_was() {
    let promise = |excluded: ExcludedPeriod| {
        let input = DeadlineInput { excluded: vec![excluded], ..input("2026-06-01T10:00", "24h") };
        super::promise(&Calendar::official(), &input)
    };
    let paused = "2026年6月2日（周二）11:00 前（24 小时，已扣除依法不计入的时间）";
    assert_eq!(promise(pause("2026-06-01T12:00", "2026-06-01T13:00")), paused);
    assert_eq!(promise(pause("2026-05-01", "2026-05-02")), "2026年6月2日（周二）10:00 前（24 小时）");
}

#[test]
fn a_notice_that_is_imported_moves_the_deadlines_it_touches_and_no_other() {
    let old = Calendar::official();
    let notice = YearNotice {
        year: 2026,
        source: "测试".to_owned(),
        amends: true,
        off: vec![OffDays { name: "国庆节".to_owned(), from: "2026-10-08".parse().unwrap(), to: None }],
        work: Vec::new(),
    };
    let new = old.with_notice(&notice);
    let recomputed = |from: &str| {
        let input = input(from, "5wd");
        let frozen = deadline(&old, &input);
        affected(&new, &input, frozen.due, frozen.provisional)
    };
    let moved = recomputed("2026-09-30").unwrap();
    assert_eq!(rfc3339(moved.due), "2026-10-15T00:00:00+08:00");
    assert_eq!(moved.calendar, new.version());
    assert_eq!(recomputed("2026-10-08"), None);
    assert_eq!(recomputed("2026-08-03"), None);
}

#[test]
fn a_promise_that_becomes_certain_is_affected_too() {
    let input = input("2026-12-28", "5wd");
    let frozen = deadline(&Calendar::official(), &input);
    let published = Calendar::official().with_notice(&crate::calendar::tests::notice_2027());
    let now = affected(&published, &input, frozen.due, frozen.provisional).unwrap();
    assert_eq!((now.due, now.provisional, frozen.provisional), (frozen.due, false, true));
}

#[test]
fn what_a_holder_has_consumed_is_working_time() {
    let calendar = Calendar::official();
    let hours = |from: &str, to: &str| working_time_between(&calendar, at(from), at(to)).num_minutes();
    assert_eq!(hours("2026-04-30T16:30", "2026-05-06T09:30"), 90);
    assert_eq!(hours("2026-04-30T11:00", "2026-04-30T14:00"), 90);
    assert_eq!(hours("2026-05-01T09:00", "2026-05-05T17:00"), 0);
    assert_eq!(hours("2026-05-09T00:00", "2026-05-10T00:00"), 420);
    assert_eq!(hours("2026-05-09T12:00", "2026-05-09T09:00"), 0);
    assert_eq!(working_days_between(&calendar, at("2026-04-30T10:00"), at("2026-05-12")), 5);
    assert_eq!(working_days_between(&calendar, at("2026-04-30T10:00"), at("2026-04-30T17:00")), 0);
    assert_eq!(working_days_between(&calendar, at("2026-04-30T10:00"), at("2026-04-29T17:00")), 0);
}

#[test]
fn a_batch_row_reads_what_people_write() {
    let calendar = Calendar::official();
    let row = |from: &str, limit: &str| batch_row(&calendar, from, limit);
    let expected = Ok(("2026-05-12T00:00:00+08:00".to_owned(), false));
    for from in [
        "2026-04-30",
        "2026-04-30T10:00",
        "2026-04-30 10:00",
        "2026-04-30 10:00:01",
        "2026-04-30T10:00:00+08:00",
        "2026-04-30T02:00:00Z",
        " 2026-04-30 ",
        "2026-04-30T10:00:00.123456",
    ] {
        assert_eq!(row(from, "5wd"), expected, "{from}");
    }
    assert_eq!(row("2026-12-28", "5wd"), Ok(("2027-01-06T00:00:00+08:00".to_owned(), true)));
    for from in [
        "",
        "昨天上午十点",
        "2026-4-30",
        "2026-02-30",
        "2026-04-30T",
        "2026-04-30 25:00",
        "2026-04-30x10:00",
        "20260430",
        "2026-04-30T10",
        "2026-04-30T10:00:00+08:0",
        "+2026-04-30",
        "二〇二六年四月三十日",
    ] {
        assert_eq!(row(from, "5wd"), Err(RowError::From), "{from}");
    }
    for from in ["1999-12-31", "2100-01-01", "9999-12-31"] {
        assert_eq!(row(from, "5wd"), Err(RowError::OutOfRange), "{from}");
    }
    assert_eq!(row("2026-04-30", "0wd"), Err(RowError::Limit(crate::limit::LimitError::Zero)));
}

#[test]
fn the_arithmetic_ends_with_the_year_2100() {
    let calendar = Calendar::official();
    for limit in ["500wd", "731d", "8784h", "2000bh"] {
        let input = DeadlineInput::new(at("2099-12-31T10:00") + TimeDelta::days(364), limit.parse().unwrap());
        let end = deadline(&calendar, &input);
        assert_eq!((rfc3339(end.due), end.provisional), ("2101-01-01T00:00:00+08:00".to_owned(), true), "{limit}");
    }
}

fn starts() -> impl Strategy<Value = DateTime<Utc>> {
    // 2004-01-01 to 2030-01-01 in seconds.
    (1_072_886_400_i64..1_893_427_200).prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap())
}

fn limits() -> impl Strategy<Value = Limit> {
    prop_oneof![
        (1_u16..=90).prop_map(Limit::WorkingDays),
        (1_u16..=180).prop_map(Limit::CalendarDays),
        (1_u16..=200).prop_map(Limit::ClockHours),
        (1_u16..=200).prop_map(Limit::BusinessHours),
    ]
}

fn longer(limit: Limit) -> Limit {
    match limit {
        Limit::WorkingDays(n) => Limit::WorkingDays(n + 1),
        Limit::CalendarDays(n) => Limit::CalendarDays(n + 1),
        Limit::ClockHours(n) => Limit::ClockHours(n + 1),
        Limit::BusinessHours(n) => Limit::BusinessHours(n + 1),
    }
}

fn pauses(from: DateTime<Utc>) -> impl Strategy<Value = Vec<ExcludedPeriod>> {
    let pause = (-100_i64..2_000, 0_i64..200).prop_map(move |(after, hours)| ExcludedPeriod {
        from: from + TimeDelta::hours(after),
        to: from + TimeDelta::hours(after + hours),
        ground: "鉴定".to_owned(),
    });
    proptest::collection::vec(pause, 0..4)
}

fn inputs() -> impl Strategy<Value = DeadlineInput> {
    starts().prop_flat_map(|from| (limits(), pauses(from)).prop_map(move |(limit, excluded)| DeadlineInput { from, limit, excluded }))
}

proptest! {
    #[test]
    fn a_longer_limit_never_ends_earlier(input in inputs()) {
        let calendar = seasonal();
        let more = DeadlineInput { limit: longer(input.limit), ..input.clone() };
        let (shorter, more) = (deadline(&calendar, &input).due, deadline(&calendar, &more).due);
        // Only calendar days may roll to the same day.
        prop_assert!(shorter < more || (matches!(input.limit, Limit::CalendarDays(_)) && shorter == more));
    }

    #[test]
    fn a_later_start_never_ends_earlier(input in inputs(), seconds in 0_i64..10_000_000) {
        let calendar = seasonal();
        let later = DeadlineInput { from: input.from + TimeDelta::seconds(seconds), ..input.clone() };
        prop_assert!(deadline(&calendar, &input).due <= deadline(&calendar, &later).due);
    }

    #[test]
    fn a_limit_in_days_ends_at_midnight_after_a_working_day_later_than_the_start_day(input in inputs()) {
        let calendar = Calendar::official();
        let due = deadline(&calendar, &input).due;
        prop_assert!(due > input.from);
        if input.limit.is_days() {
            let last = legal_day(due - TimeDelta::microseconds(1));
            prop_assert_eq!(due.with_timezone(&CHINA).time(), chrono::NaiveTime::MIN);
            prop_assert!(calendar.day(last).kind.is_workday());
            prop_assert!(last > legal_day(input.from));
        }
    }

    #[test]
    fn no_limit_ends_while_it_is_suspended(input in inputs()) {
        let due = deadline(&Calendar::official(), &input).due;
        prop_assert!(!input.excluded.iter().any(|pause| pause.from < due && due < pause.to));
    }

    #[test]
    fn a_pause_never_makes_a_limit_shorter(input in inputs()) {
        let calendar = Calendar::official();
        let without = DeadlineInput { excluded: Vec::new(), ..input.clone() };
        prop_assert!(deadline(&calendar, &without).due <= deadline(&calendar, &input).due);
    }

    #[test]
    fn the_time_of_day_does_not_matter_for_days(from in starts(), n in 1_u16..60, seconds in 0_i64..86_400) {
        let calendar = Calendar::official();
        let midnight = at(&legal_day(from).to_string());
        for limit in [Limit::WorkingDays(n), Limit::CalendarDays(n)] {
            let early = DeadlineInput::new(midnight, limit);
            let late = DeadlineInput::new(midnight + TimeDelta::seconds(seconds), limit);
            prop_assert_eq!(deadline(&calendar, &early), deadline(&calendar, &late));
        }
    }

    #[test]
    fn the_explanation_agrees_with_the_deadline(input in inputs()) {
        let calendar = seasonal();
        let end = deadline(&calendar, &input);
        let days = explain(&calendar, &input);
        let first = legal_day(input.from);
        let last = legal_day(end.due - TimeDelta::microseconds(1));
        let dates: Vec<NaiveDate> = days.iter().map(|day| day.date).collect();
        let expected: Vec<NaiveDate> = first.iter_days().take_while(|date| *date <= last).collect();
        prop_assert_eq!(dates, expected);
        let counted = days.iter().filter(|day| matches!(day.counting, Counting::Day(_))).count();
        let spans: TimeDelta = days
            .iter()
            .filter_map(|day| if let Counting::Spans(spans) = &day.counting { Some(spans) } else { None })
            .flatten()
            .map(|span| span.to - span.from)
            .sum();
        match input.limit {
            Limit::WorkingDays(n) => {
                prop_assert_eq!(counted, usize::from(n));
                prop_assert_eq!(days.last().map(|day| day.counting.clone()), Some(Counting::Day(n)));
                prop_assert_eq!(end.provisional, days[1..].iter().any(|day| day.provisional));
            }
            Limit::CalendarDays(n) => prop_assert_eq!(counted, usize::from(n)),
            Limit::ClockHours(n) | Limit::BusinessHours(n) => {
                prop_assert_eq!(spans, TimeDelta::hours(i64::from(n)));
                let close = days.last().and_then(|day| match &day.counting {
                    Counting::Spans(spans) => spans.last().map(|span| span.to),
                    _ => None,
                });
                prop_assert_eq!(close, Some(end.due));
            }
        }
        for day in &days {
            if matches!(day.counting, Counting::Spans(_)) && matches!(input.limit, Limit::BusinessHours(_)) {
                prop_assert!(day.kind.is_workday());
            }
            if let Counting::Rest = day.counting {
                prop_assert!(!day.kind.is_workday());
            }
        }
    }

    #[test]
    fn what_is_consumed_until_the_due_instant_is_the_limit(from in starts(), n in 1_u16..60) {
        let calendar = seasonal();
        let hours = deadline(&calendar, &DeadlineInput::new(from, Limit::BusinessHours(n))).due;
        prop_assert_eq!(working_time_between(&calendar, from, hours), TimeDelta::hours(i64::from(n)));
        let days = deadline(&calendar, &DeadlineInput::new(from, Limit::WorkingDays(n))).due;
        prop_assert_eq!(working_days_between(&calendar, from, days), u32::from(n));
    }

    #[test]
    fn reckoning_again_on_the_same_calendar_changes_nothing(input in inputs()) {
        let calendar = Calendar::official();
        let frozen = deadline(&calendar, &input);
        prop_assert_eq!(affected(&calendar, &input, frozen.due, frozen.provisional), None);
    }

    #[test]
    fn no_text_makes_a_batch_row_panic(from in ".{0,30}", limit in ".{0,8}") {
        let _ = batch_row(&Calendar::official(), &from, &limit);
    }
}

#[test]
fn a_closed_city_day_is_no_working_day() {
    let overlay = Overlay::from_toml("name = '某市'\nclosures = [{ name = '台风', basis = '市防指令', from = '2026-08-05' }]");
    let calendar = Calendar::official().with_overlay(&overlay.unwrap());
    let days = explain(&calendar, &input("2026-08-04", "1wd"));
    assert_eq!(days[1].kind, DayKind::LocalClosure);
    assert_eq!(days[1].to_string(), "2026-08-05 周三 本地放假（台风） 不计入");
    assert_eq!(days[2].counting, Counting::Day(1));
}
