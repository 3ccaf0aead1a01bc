//! How times, places, people and states are said. Every page takes its words from here.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, TimeDelta, Timelike, Weekday};
use domain::calendar::DayKind;
use domain::case::{CaseState, Clock, Holder, Stage};
use domain::codes;
use domain::deadline::{Counting, ExplainedDay, explain};
use domain::ids::{AccountId, UnitCode};
use domain::limit::Limit;
use domain::rulebook::{Class, Rulebook};
use domain::time::{CHINA, Instant, Period, legal_day};
use projections::Reference;
use templates::citizen::{DayCount, day_table};
use templates::components::{Choice, Countdown, Moment, Table, Tag, Tone};
use uuid::Uuid;

fn local(at: Instant) -> DateTime<FixedOffset> {
    at.with_timezone(&CHINA)
}

fn weekday(day: NaiveDate) -> &'static str {
    match day.weekday() {
        Weekday::Mon => "周一",
        Weekday::Tue => "周二",
        Weekday::Wed => "周三",
        Weekday::Thu => "周四",
        Weekday::Fri => "周五",
        Weekday::Sat => "周六",
        Weekday::Sun => "周日",
    }
}

/// `2026年5月11日`
pub fn date(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// `2026年5月11日（周一）`
pub fn date_with_weekday(day: NaiveDate) -> String {
    format!("{}（{}）", date(day), weekday(day))
}

/// `5月11日（周一）`
pub fn short_date(day: NaiveDate) -> String {
    format!("{}月{}日（{}）", day.month(), day.day(), weekday(day))
}

/// A legal day as a moment.
pub fn day(day: NaiveDate) -> Moment {
    Moment { iso: day.to_string(), text: date(day) }
}

/// The legal day of an instant as a moment.
pub fn day_of(at: Instant) -> Moment {
    day(legal_day(at))
}

/// `2026年5月11日 14:30`
pub fn moment(at: Instant) -> Moment {
    let local = local(at);
    Moment { iso: iso(at), text: format!("{} {:02}:{:02}", date(local.date_naive()), local.hour(), local.minute()) }
}

/// `2026年5月11日（周一）14:30`
pub fn moment_with_weekday(at: Instant) -> Moment {
    let local = local(at);
    Moment { iso: iso(at), text: format!("{}{:02}:{:02}", date_with_weekday(local.date_naive()), local.hour(), local.minute()) }
}

/// A due instant: local midnight is 24:00 of the day before, `2026年5月11日（周一）24:00`.
pub fn due(at: Instant) -> Moment {
    let wall = local(at);
    if wall.num_seconds_from_midnight() == 0 {
        let last = legal_day(at - TimeDelta::microseconds(1));
        return Moment { iso: iso(at), text: format!("{}24:00", date_with_weekday(last)) };
    }
    moment_with_weekday(at)
}

/// ISO 8601 at +08:00, whole seconds.
pub fn iso(at: Instant) -> String {
    local(at).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A month in words, `2026年5月`.
pub fn month(period: Period) -> String {
    format!("{}年{}月", period / 100, period % 100)
}

/// A month in addresses, `2026-05`.
pub fn month_code(period: Period) -> String {
    format!("{:04}-{:02}", period / 100, period % 100)
}

/// The month of an address.
pub fn parse_month(code: &str) -> Option<Period> {
    let (year, month) = code.split_once('-')?;
    let (year, month): (i32, i32) = (year.parse().ok()?, month.parse().ok()?);
    ((2000..=2100).contains(&year) && (1..=12).contains(&month)).then_some(year * 100 + month)
}

/// A length of time: `3 天 4 小时`, `2 小时 5 分`, `不到 1 分钟`. The sign is left to the sentence around it.
pub fn duration(length: TimeDelta) -> String {
    minutes(length.abs().num_minutes())
}

/// As [`duration`], from minutes.
pub fn minutes(minutes: i64) -> String {
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, 0) => "不到 1 分钟".to_owned(),
        (0, 0, m) => format!("{m} 分钟"),
        (0, h, 0) => format!("{h} 小时"),
        (0, h, m) => format!("{h} 小时 {m} 分"),
        (d, 0, _) => format!("{d} 天"),
        (d, h, _) => format!("{d} 天 {h} 小时"),
    }
}

/// Time left until a due instant, or time since: `剩 1 天 3 小时`, `已超期 2 天`.
pub fn countdown(due_at: Instant, warn_at: Option<Instant>, provisional: bool, now: Instant) -> Countdown {
    let (text, tone) = if now >= due_at {
        (format!("已超期 {}", duration(now - due_at)), Tone::Bad)
    } else if warn_at.is_some_and(|warn| now >= warn) {
        (format!("剩 {}", duration(due_at - now)), Tone::Warn)
    } else {
        (format!("剩 {}", duration(due_at - now)), Tone::Info)
    };
    Countdown { due: due(due_at), text, tone, provisional }
}

/// The countdown of a limit that runs; of one that has ended whether it was kept.
pub fn clock(clock: &Clock, now: Instant) -> Countdown {
    match clock.ended {
        None => countdown(clock.due, clock.warn_at, clock.provisional, now),
        Some(_) => {
            Countdown { due: due(clock.due), text: kept(clock, now).text, tone: kept(clock, now).tone, provisional: clock.provisional }
        }
    }
}

/// Kept, broken or still running, as a badge.
pub fn kept(clock: &Clock, now: Instant) -> Tag {
    match clock.ended {
        _ if clock.breached => Tag::new("超期", Tone::Bad),
        None if !clock.keeps(now) => Tag::new("超期", Tone::Bad),
        None => Tag::new("在限内", Tone::Info),
        Some(at) if !clock.keeps(at) => Tag::new("超期", Tone::Bad),
        Some(_) if clock.met => Tag::new("按时", Tone::Good),
        Some(_) => Tag::new("不再计算", Tone::Neutral),
    }
}

/// Where a case stands, as a badge; a broken limit of an open case is said first.
pub fn stage(stage: Stage, breached: bool) -> Tag {
    let tone = match stage {
        Stage::None => Tone::Neutral,
        Stage::Refused => Tone::Bad,
        Stage::Archived => Tone::Good,
        Stage::Judging => Tone::Warn,
        _ => Tone::Info,
    };
    if breached && !stage.is_ended() {
        Tag::new(&format!("{} · 已超期", stage.label()), Tone::Bad)
    } else {
        Tag::new(stage.label(), tone)
    }
}

/// A public number in groups, `3K7Q-29XD-MA6`.
pub fn number(number: &str) -> String {
    codes::format_public_number(number)
}

/// A query code in its groups.
pub fn code_groups(code: &str) -> Vec<String> {
    codes::format_query_code(code).split(['-', ' ']).map(str::to_owned).collect()
}

/// The promise of a limit explained: `5 个工作日，已跳过劳动节，含 5月9日 补班`.
pub fn explained(reference: &Reference, clock: &Clock) -> String {
    let sentence = domain::deadline::promise(calendar(reference, clock), &clock.input());
    match sentence.split_once(" 前（").and_then(|(_, rest)| rest.strip_suffix('）')) {
        Some(notes) => notes.to_owned(),
        None => sentence,
    }
}

/// The whole promise of a limit in one sentence.
pub fn promise(reference: &Reference, clock: &Clock) -> String {
    domain::deadline::promise(calendar(reference, clock), &clock.input())
}

/// The day-by-day table of a limit.
pub fn days(reference: &Reference, clock: &Clock) -> Table {
    day_table(day_counts(&explain(calendar(reference, clock), &clock.input()), clock.limit))
}

/// The calendar that a limit was reckoned with.
pub fn calendar<'a>(reference: &'a Reference, clock: &Clock) -> &'a domain::calendar::Calendar {
    reference.calendars.by_version(&clock.calendar).unwrap_or_else(|| reference.calendar())
}

/// Explained days as rows.
pub fn day_counts(days: &[ExplainedDay], limit: Limit) -> Vec<DayCount> {
    if matches!(limit, Limit::ClockHours(_)) {
        return Vec::new();
    }
    days.iter()
        .map(|one| {
            let kind = match (&one.kind, one.name.as_deref()) {
                (DayKind::Workday, _) => "工作日".to_owned(),
                (DayKind::MakeUpWorkday, _) => "补班".to_owned(),
                (DayKind::Weekend, _) => "周末".to_owned(),
                (DayKind::Holiday, Some(name)) => format!("{name}假期"),
                (DayKind::Holiday, None) => "法定假期".to_owned(),
                (DayKind::LocalClosure, name) => name.unwrap_or("本市放假").to_owned(),
            };
            let (kind, counted) = match &one.counting {
                Counting::Start => (format!("{kind}，起算当天"), None),
                Counting::Day(n) => (kind, Some(u32::from(*n))),
                Counting::Rest => (kind, None),
                Counting::Excluded(ground) => (format!("{kind}，{ground}期间"), None),
                Counting::Rolled => (format!("{kind}，期满日顺延"), None),
                Counting::RolledTo => (format!("{kind}，顺延到这一天"), None),
                Counting::Spans(spans) => {
                    let worked: Vec<String> = spans.iter().map(|span| format!("{}–{}", hour(span.from), hour(span.to))).collect();
                    (if worked.is_empty() { kind } else { format!("{kind}，计 {}", worked.join("、")) }, None)
                }
            };
            DayCount { day: Moment { iso: one.date.to_string(), text: short_date(one.date) }, kind, counted, provisional: one.provisional }
        })
        .collect()
}

fn hour(at: Instant) -> String {
    let local = local(at);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// Who acted, from the actor of the log: a unit and a name, `诉求人`, `系统自动`.
pub fn actor(reference: &Reference, actor: &str) -> String {
    match actor.split_once(':') {
        None if actor == "citizen" || actor == "petitioner" => "诉求人".to_owned(),
        Some(("account", id)) => match Uuid::try_parse(id).ok().and_then(|id| reference.account(AccountId(id))) {
            Some(account) => {
                let unit = account.unit.as_ref().map(|code| unit(reference, code)).unwrap_or_default();
                if unit.is_empty() { account.name.clone() } else { format!("{unit} {}", account.name) }
            }
            None => "工作人员".to_owned(),
        },
        Some(("automation", _)) => "系统自动".to_owned(),
        Some(("import", _)) => "数据导入".to_owned(),
        Some(("cli", _)) => "系统维护".to_owned(),
        _ => "系统".to_owned(),
    }
}

/// The unit of an actor without the person's name, as citizens see it.
pub fn actor_unit(reference: &Reference, actor: &str) -> String {
    let account = actor.strip_prefix("account:").and_then(|id| Uuid::try_parse(id).ok()).and_then(|id| reference.account(AccountId(id)));
    match account {
        Some(account) => account.unit.as_ref().map_or_else(|| hotline(reference), |code| unit(reference, code)),
        None => self::actor(reference, actor),
    }
}

/// An account: its holder's name.
pub fn account(reference: &Reference, id: AccountId) -> String {
    reference.account(id).map_or_else(|| "（账号已不存在）".to_owned(), |account| account.name.clone())
}

/// A unit's name; its code when it is not in the register.
pub fn unit(reference: &Reference, code: &UnitCode) -> String {
    reference.unit(code).map_or_else(|| code.to_string(), |unit| unit.name().to_owned())
}

/// The name of the hotline office.
pub fn hotline(reference: &Reference) -> String {
    reference.hotline().map_or_else(|| "热线办".to_owned(), |unit| unit.name().to_owned())
}

/// In whose hands.
pub fn holder(reference: &Reference, holder: &Holder) -> String {
    match holder {
        Holder::Hotline => hotline(reference),
        Holder::Unit(code) => unit(reference, code),
    }
}

/// In whose hands a case is now; empty when nobody has to act any more.
pub fn case_holder(reference: &Reference, case: &CaseState) -> String {
    case.holder().map(|one| holder(reference, one)).unwrap_or_default()
}

/// The rulebook in force now.
pub fn rules(reference: &Reference, now: Instant) -> Option<std::sync::Arc<Rulebook>> {
    reference.rulebooks.resolve(now, now)
}

/// A class by its code, in the latest rulebook that knows it.
pub fn class(reference: &Reference, code: &str) -> String {
    latest(reference, |rules| rules.class(code)).map_or_else(|| code.to_owned(), |class: &Class| class.label.clone())
}

/// A channel by its code.
pub fn channel(reference: &Reference, code: &str) -> String {
    latest(reference, |rules| rules.channel(code)).map_or_else(|| code.to_owned(), |channel| channel.label.clone())
}

/// An urgency by its code.
pub fn urgency(reference: &Reference, code: &str) -> String {
    latest(reference, |rules| rules.urgencies.iter().find(|one| one.code == code)).map_or_else(|| code.to_owned(), |one| one.label.clone())
}

/// A grade of satisfaction by its code.
pub fn grade(reference: &Reference, code: &str) -> String {
    latest(reference, |rules| rules.grade(code)).map_or_else(|| code.to_owned(), |grade| grade.label.clone())
}

/// A ground of refusal: name and right door.
pub fn refusal(reference: &Reference, code: &str) -> (String, String) {
    latest(reference, |rules| rules.refusal(code))
        .map_or_else(|| (code.to_owned(), String::new()), |one| (one.label.clone(), one.path.clone()))
}

fn latest<'a, T>(reference: &'a Reference, find: impl Fn(&'a Rulebook) -> Option<T>) -> Option<T> {
    reference.rulebooks.adoptions().iter().rev().find_map(|adoption| find(&adoption.rulebook))
}

/// A place by its division code, from the county down: `西湾区 幸福街道`.
pub fn place(reference: &Reference, division: &str) -> String {
    let mut cuts: Vec<&str> = [6, 9, 12].iter().filter_map(|length| division.get(..*length)).collect();
    cuts.dedup();
    let parts: Vec<String> = cuts.into_iter().filter_map(|code| reference.division(code).map(|unit| place_name(unit.name()))).collect();
    // Units write the name above before their own: 东城区 and 东城区鼓楼街道 are said as 东城区 鼓楼街道.
    let mut said: Vec<&str> = Vec::new();
    for name in &parts {
        let own = said.iter().fold(name.as_str(), |left, above| left.strip_prefix(above).unwrap_or(left));
        if !own.is_empty() {
            said.push(own);
        }
    }
    if said.is_empty() && !division.is_empty() { division.to_owned() } else { said.join(" ") }
}

/// Counties of the register, in the order of codes; a code that ends in 00 is the city itself.
pub fn counties(reference: &Reference) -> Vec<Choice> {
    places(reference, "", |code| code.len() == 6 && !code.ends_with("00"))
}

/// Townships of a county, in the order of codes.
pub fn streets(reference: &Reference, county: &str) -> Vec<Choice> {
    if county.len() == 6 { places(reference, county, |code| code.len() == 9) } else { Vec::new() }
}

/// Places whose division code begins with `prefix`. Of several units with the same code the one highest in the tree gives
/// the name.
fn places(reference: &Reference, prefix: &str, wanted: impl Fn(&str) -> bool) -> Vec<Choice> {
    let places = reference.divisions(prefix).filter(|(code, _)| wanted(code));
    places.map(|(code, unit)| Choice::new(code, &place_name(unit.name()))).collect()
}

/// The place that a territorial unit answers for: its name without the words for its office.
pub fn place_name(unit: &str) -> String {
    ["人民政府", "街道办事处", "办事处", "居民委员会", "村民委员会"]
        .iter()
        .find_map(|suffix| {
            unit.strip_suffix(suffix).map(|name| if *suffix == "街道办事处" { format!("{name}街道") } else { name.to_owned() })
        })
        .unwrap_or_else(|| unit.to_owned())
}

/// `1,204`
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `96.4`, a share in percent with one digit; `—` when there is nothing to divide by.
pub fn percent(yes: u64, total: u64) -> String {
    if total == 0 { "—".to_owned() } else { format!("{:.1}", 100.0 * yes as f64 / total as f64) }
}

/// Paragraphs of a text.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn midnight_as_an_end_is_the_24th_hour_of_the_day_before() {
        assert_eq!(due(at("2026-05-12T00:00:00+08:00")).text, "2026年5月11日（周一）24:00");
        assert_eq!(due(at("2026-05-11T16:30:00+08:00")).text, "2026年5月11日（周一）16:30");
    }

    #[test]
    fn time_left_and_time_over_are_said_in_words() {
        let due = at("2026-05-12T00:00:00+08:00");
        assert_eq!(countdown(due, None, false, at("2026-05-10T21:00:00+08:00")).text, "剩 1 天 3 小时");
        let over = countdown(due, None, false, at("2026-05-14T00:00:00+08:00"));
        assert_eq!((over.text.as_str(), over.tone), ("已超期 2 天", Tone::Bad));
        assert_eq!(minutes(0), "不到 1 分钟");
    }

    #[test]
    fn a_month_goes_to_an_address_and_back() {
        assert_eq!(parse_month(&month_code(202_605)), Some(202_605));
        for bad in ["2026-13", "2026-0", "", "x", "1999-01"] {
            assert_eq!(parse_month(bad), None, "{bad}");
        }
    }

    #[test]
    fn figures_are_grouped_by_thousands() {
        assert_eq!([count(7), count(1_204), count(1_000_000)], ["7", "1,204", "1,000,000"]);
        assert_eq!((percent(1, 3), percent(0, 0)), ("33.3".to_owned(), "—".to_owned()));
    }

    #[test]
    fn the_place_of_an_office_is_named_without_the_office() {
        assert_eq!(place_name("幸福街道办事处"), "幸福街道");
        assert_eq!(place_name("西湾区人民政府"), "西湾区");
    }
}
