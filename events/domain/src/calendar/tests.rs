use std::collections::HashMap;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn kind(calendar: &Calendar, text: &str) -> DayKind {
    calendar.day(day(text)).kind
}

/// A plausible whole arrangement of 2027 that moves a December day of 2026 (J5).
pub(crate) fn notice_2027() -> YearNotice {
    YearNotice::from_toml(
        r#"
        year = 2027
        source = "国办发明电〔2026〕0号"
        off = [
            { name = "元旦", from = "2027-01-01", to = "2027-01-03" },
            { name = "春节", from = "2027-02-05", to = "2027-02-12" },
            { name = "清明节", from = "2027-04-03", to = "2027-04-05" },
            { name = "劳动节", from = "2027-05-01", to = "2027-05-05" },
            { name = "端午节", from = "2027-06-09" },
            { name = "中秋节", from = "2027-09-15" },
            { name = "国庆节", from = "2027-10-01", to = "2027-10-07" },
        ]
        work = [
            { name = "元旦", date = "2026-12-27" },
            { name = "春节", date = "2027-02-14" },
            { name = "国庆节", date = "2027-10-09" },
        ]
        "#,
    )
    .unwrap()
}

#[test]
fn numbers_and_dates_agree() {
    assert_eq!(number(day("2000-01-01")), 0);
    assert_eq!(number(day("2100-12-31")), LAST);
    assert_eq!(date(LAST), day("2100-12-31"));
    assert_eq!(start_micros(0), 946_656_000_000_000);
    assert_eq!(day_at(start_micros(0)), 0);
    assert_eq!(day_at(start_micros(0) - 1), -1);
    for number in [0, 1, 9_000, LAST] {
        let weekend = matches!(date(number).weekday(), chrono::Weekday::Sat | chrono::Weekday::Sun);
        assert_eq!(plain(number).kind == DayKind::Weekend, weekend);
    }
}

/// J8.
#[test]
fn the_years_have_their_working_days_and_made_up_weekends() {
    let calendar = Calendar::official();
    let expected: HashMap<i32, (usize, usize)> = [250, 250, 249, 250, 249, 249, 251, 248, 248]
        .into_iter()
        .zip([7, 6, 7, 7, 7, 7, 8, 5, 6])
        .enumerate()
        .map(|(i, counts)| (2018 + i as i32, counts))
        .collect();
    for (year, (worked, made_up)) in expected {
        let days: Vec<Day> = NaiveDate::from_ymd_opt(year, 1, 1)
            .unwrap()
            .iter_days()
            .take_while(|date| date.year() == year)
            .map(|date| calendar.day(date))
            .collect();
        assert_eq!(days.iter().filter(|day| day.kind.is_workday()).count(), worked, "{year}");
        let named = official::notices().into_iter().flat_map(|n| n.work).filter(|work| work.date.year() == year).count();
        assert_eq!(named, made_up, "{year}");
        // The seventh of 2020 is Monday 02-03, when work began after the prolonged break: an ordinary weekday.
        let weekends = days.iter().filter(|day| day.kind == DayKind::MakeUpWorkday).count();
        assert_eq!(weekends, if year == 2020 { made_up - 1 } else { made_up }, "{year}");
        assert!(days.iter().all(|day| !day.provisional), "{year}");
    }
}

/// J9.
#[test]
fn the_arrangement_of_2026_is_the_published_one() {
    let calendar = Calendar::official();
    let off = [
        ("2026-01-01", 3),
        ("2026-02-15", 9),
        ("2026-04-04", 3),
        ("2026-05-01", 5),
        ("2026-06-19", 3),
        ("2026-09-25", 3),
        ("2026-10-01", 7),
    ];
    let mut holidays = 0;
    for (first, days) in off {
        for date in day(first).iter_days().take(days) {
            assert_eq!(calendar.day(date).kind, DayKind::Holiday, "{date}");
            holidays += 1;
        }
    }
    let year: Vec<Day> = day("2026-01-01").iter_days().take(365).map(|date| calendar.day(date)).collect();
    assert_eq!(year.iter().filter(|day| day.kind == DayKind::Holiday).count(), holidays);
    let work: Vec<String> = year.iter().filter(|day| day.kind == DayKind::MakeUpWorkday).map(|day| day.date.to_string()).collect();
    let expected = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"];
    assert_eq!(work, expected);
    assert_eq!(calendar.day(day("2026-05-09")).name.as_deref(), Some("劳动节"));
    assert_eq!(calendar.day(day("2026-05-08")).name, None);
}

/// J5.
#[test]
fn notices_changed_december_days_of_the_year_before() {
    let calendar = Calendar::official();
    for off in ["2007-12-30", "2007-12-31", "2018-12-30", "2018-12-31", "2022-12-31"] {
        assert_eq!(kind(&calendar, off), DayKind::Holiday, "{off}");
    }
    for work in ["2006-12-30", "2006-12-31", "2007-12-29", "2011-12-31", "2018-12-29"] {
        assert_eq!(kind(&calendar, work), DayKind::MakeUpWorkday, "{work}");
    }
}

/// J10.
#[test]
fn years_without_a_notice_rest_by_the_law_and_are_provisional() {
    let calendar = Calendar::official();
    let new_year = calendar.day(day("2027-01-01"));
    assert_eq!((new_year.kind, new_year.name.as_deref(), new_year.provisional), (DayKind::Holiday, Some("元旦"), true));
    assert_eq!(kind(&calendar, "2027-02-05"), DayKind::Holiday);
    assert_eq!(kind(&calendar, "2027-02-06"), DayKind::Holiday);
    assert_eq!(kind(&calendar, "2027-02-11"), DayKind::Workday);
    assert!(calendar.day(day("2027-02-11")).provisional);
    assert!(!calendar.day(day("2026-12-31")).provisional);
    assert!(calendar.day(day("2003-12-31")).provisional);
    assert_eq!(kind(&calendar, "2150-01-01"), DayKind::Workday);
    assert!(calendar.day(day("2150-01-01")).provisional);
}

#[test]
fn an_imported_notice_makes_its_year_certain_and_may_change_december_before() {
    let calendar = Calendar::official().with_notice(&notice_2027());
    assert_eq!(kind(&calendar, "2026-12-27"), DayKind::MakeUpWorkday);
    assert!(!calendar.day(day("2027-03-03")).provisional);
    assert_eq!(kind(&calendar, "2027-02-11"), DayKind::Holiday);
    assert_eq!(kind(&calendar, "2027-02-14"), DayKind::MakeUpWorkday);
    assert!(calendar.day(day("2028-01-04")).provisional);
    assert_eq!(kind(&Calendar::official(), "2026-12-27"), DayKind::Weekend);
}

#[test]
fn an_amending_notice_changes_its_days_only() {
    let amendment = YearNotice {
        year: 2026,
        source: "测试".to_owned(),
        amends: true,
        off: vec![OffDays { name: "国庆节".to_owned(), from: day("2026-10-08"), to: None }],
        work: vec![WorkDay { name: "国庆节".to_owned(), date: day("2026-10-07") }],
    };
    assert_eq!(amendment.check(), Ok(()));
    let calendar = Calendar::official().with_notice(&amendment);
    assert_eq!(kind(&calendar, "2026-10-08"), DayKind::Holiday);
    assert_eq!(kind(&calendar, "2026-10-07"), DayKind::Workday);
    assert_eq!(kind(&calendar, "2026-10-06"), DayKind::Holiday);
    assert_eq!(kind(&calendar, "2026-10-10"), DayKind::MakeUpWorkday);
}

#[test]
fn a_whole_notice_takes_the_place_of_the_earlier_one() {
    let mut changed = notice_2027();
    changed.work.clear();
    let calendar = Calendar::official().with_notice(&notice_2027()).with_notice(&changed);
    assert_eq!(kind(&calendar, "2026-12-27"), DayKind::Weekend);
    assert_eq!(kind(&calendar, "2027-02-14"), DayKind::Weekend);
}

#[test]
fn a_city_closes_workdays_and_works_rest_days() {
    let overlay = Overlay::from_toml(
        r#"
        name = "某市"
        closures = [{ name = "三月三", basis = "桂政发〔2014〕16号", from = "2026-04-17", to = "2026-04-20" }]
        workdays = [{ name = "抢险", basis = "市防指〔2026〕3号", date = "2026-08-01" }]
        "#,
    )
    .unwrap();
    let calendar = Calendar::official().with_overlay(&overlay);
    assert_eq!(kind(&calendar, "2026-04-17"), DayKind::LocalClosure);
    assert_eq!(kind(&calendar, "2026-04-18"), DayKind::Weekend);
    assert_eq!(kind(&calendar, "2026-04-20"), DayKind::LocalClosure);
    assert_eq!(kind(&calendar, "2026-08-01"), DayKind::MakeUpWorkday);
    assert_eq!(calendar.day(day("2026-04-20")).name.as_deref(), Some("三月三"));
}

#[test]
fn the_version_follows_from_the_content() {
    let official = Calendar::official();
    assert_eq!(official.version(), GOLDEN_VERSION);
    let notice = official.with_notice(&notice_2027());
    assert!(notice.version().starts_with("2027-official+n1-"), "{}", notice.version());
    assert_eq!(notice.with_notice(&notice_2027()).version(), notice.version());
    let overlay = Overlay { name: "某市".to_owned(), ..Overlay::default() };
    assert!(official.with_overlay(&overlay).version().starts_with("2026-official+o1-"));
    let hours = Overlay::from_toml("name = '某市'\nseasons = [{ from = '05-01', to = '09-30', sessions = ['08:30-12:00'] }]");
    let (plain, seasonal) = (official.with_overlay(&overlay), official.with_overlay(&hours.unwrap()));
    assert_ne!(plain.version(), seasonal.version());
}

/// Frozen deadlines name it: it changes only when the embedded arrangements or the statutory rules change.
const GOLDEN_VERSION: &str = "2026-official-db3a8782";

#[test]
fn faulty_notices_are_refused_with_their_reason() {
    let refused = |change: &dyn Fn(&mut YearNotice)| {
        let mut notice = notice_2027();
        change(&mut notice);
        notice.check().unwrap_err()
    };
    assert_eq!(refused(&|n| n.year = 27), NoticeError::Year(27));
    assert_eq!(refused(&|n| n.off.clear()), NoticeError::Empty(2027));
    assert_eq!(refused(&|n| n.work[0].date = day("2026-11-29")), NoticeError::OutsideYear { year: 2027, date: day("2026-11-29") });
    assert_eq!(refused(&|n| n.off[0].to = Some(day("2026-12-31"))), NoticeError::Range { from: day("2027-01-01"), to: day("2026-12-31") });
    assert_eq!(refused(&|n| n.work[1].date = day("2027-02-06")), NoticeError::Contradiction(day("2027-02-06")));
    assert_eq!(
        refused(&|n| n.off.retain(|off| off.name != "端午节")),
        NoticeError::StatutoryDayMissing { date: day("2027-06-09"), name: "端午节".to_owned() }
    );
    assert!(matches!(YearNotice::from_toml("year = 2027\nfoo = 1"), Err(NoticeError::Unreadable(_))));
}

#[test]
fn a_holiday_cn_file_is_read_and_an_unpublished_one_refused() {
    let empty = r#"{ "$schema": "x", "year": 2027, "papers": [], "days": [] }"#;
    assert_eq!(YearNotice::from_holiday_cn(empty), Err(NoticeError::Empty(2027)));
    let days: Vec<String> = notice_2027()
        .off_days()
        .map(|(date, name)| format!(r#"{{ "name": "{name}", "date": "{date}", "isOffDay": true }}"#))
        .chain([r#"{ "name": "元旦", "date": "2026-12-27", "isOffDay": false }"#.to_owned()])
        .rev_days();
    let text = format!(r#"{{ "year": 2027, "papers": ["https://www.gov.cn/x"], "days": [{}] }}"#, days.join(","));
    let notice = YearNotice::from_holiday_cn(&text).unwrap();
    assert_eq!(notice.source, "https://www.gov.cn/x");
    assert_eq!(notice.off.len(), notice_2027().off.len());
    assert_eq!(notice.off_days().collect::<Vec<_>>(), notice_2027().off_days().collect::<Vec<_>>());
    assert_eq!(notice.work, [WorkDay { name: "元旦".to_owned(), date: day("2026-12-27") }]);
    assert_eq!(CalendarFile::parse(&text).unwrap().notices, [notice]);
}

trait RevDays {
    fn rev_days(self) -> Vec<String>;
}

impl<I: Iterator<Item = String>> RevDays for I {
    /// The order of the file must not matter.
    fn rev_days(self) -> Vec<String> {
        let mut days: Vec<String> = self.collect();
        days.reverse();
        days
    }
}

#[test]
fn faulty_overlays_are_refused_with_their_reason() {
    let refused = |text: &str| Overlay::from_toml(&format!("name = '某市'\n{text}")).unwrap_err();
    let closure =
        |from: &str, to: &str, basis: &str| format!("closures = [{{ name = '停', basis = '{basis}', from = '{from}', to = '{to}' }}]");
    assert!(matches!(refused(&closure("2026-08-02", "2026-08-01", "文")), OverlayError::Range { .. }));
    assert!(matches!(refused(&closure("2026-08-02", "9999-08-01", "文")), OverlayError::Range { .. }));
    assert_eq!(refused(&closure("2026-08-02", "2026-08-02", " ")), OverlayError::NoBasis("停".to_owned()));
    let both = format!("{}\nworkdays = [{{ name = '班', basis = '文', date = '2026-08-02' }}]", closure("2026-08-02", "2026-08-02", "文"));
    assert_eq!(refused(&both), OverlayError::Contradiction(day("2026-08-02")));
    let season = |sessions: &str| format!("seasons = [{{ from = '05-01', to = '09-30', sessions = [{sessions}] }}]");
    assert!(matches!(refused(&season("")), OverlayError::Sessions(_)));
    assert!(matches!(refused(&season("'09:00-12:00', '11:00-13:00'")), OverlayError::Sessions(_)));
    for session in ["12:00-09:00", "09:00-24:01", "9-12", "99:00-99:30", "09:60-10:00", "65535:00-65535:01"] {
        assert_eq!(session.parse::<Session>(), Err(OverlayError::Session), "{session}");
    }
    for day in ["13-01", "02-30", "0501", "5月1日"] {
        assert_eq!(day.parse::<MonthDay>(), Err(OverlayError::MonthDay), "{day}");
    }
}

#[test]
fn a_season_may_go_over_the_turn_of_the_year() {
    let winter = Season { from: "10-01".parse().unwrap(), to: "04-30".parse().unwrap(), sessions: Vec::new() };
    assert!(winter.holds(day("2026-10-01")) && winter.holds(day("2027-01-01")) && winter.holds(day("2026-04-30")));
    assert!(!winter.holds(day("2026-05-01")) && !winter.holds(day("2026-09-30")));
}

#[test]
fn a_calendar_file_holds_notices_and_overlays() {
    let notice = toml::to_string(&notice_2027()).unwrap();
    let text = format!("[[overlay]]\nname = '某市'\n\n[[notice]]\n{}", notice.replace("[[", "[[notice."));
    let file = CalendarFile::parse(&text).unwrap();
    assert_eq!(file.notices, [notice_2027()]);
    let calendar = Calendar::official().with_file(&file);
    assert!(calendar.version().starts_with("2027-official+n1+o1-"), "{}", calendar.version());
    assert_eq!(CalendarFile::parse("  "), Err(CalendarFileError::Empty));
    assert!(matches!(CalendarFile::parse("x"), Err(CalendarFileError::Unreadable(_))));
    assert_eq!(CalendarFile::parse(r#"{"year":2027,"days":[]}"#), Err(CalendarFileError::Notice(NoticeError::Empty(2027))));
}
