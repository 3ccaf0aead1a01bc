use chrono::NaiveDate;

use super::ballot::{Answers, BallotRow, count};
use super::event::*;
use super::results::{Fraction, results, suppressed, wilson};
use super::state::check_tally;
use super::*;
use crate::folded::fold;
use crate::ids::UnitCode;
use crate::private::Private;
use crate::refusal::Refusal;
use crate::time::{Instant, from_micros};

const DAY: i64 = 86_400_000_000;

fn day(of_month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 6, of_month).unwrap()
}

fn at(of_month: u32) -> Instant {
    from_micros(day(of_month).and_hms_opt(4, 0, 0).unwrap().and_utc().timestamp_micros())
}

fn plan() -> CampaignPlanned {
    let unit = |code: &str| UnitCode::parse(code).unwrap();
    CampaignPlanned {
        words: Private::new(PlanWords {
            title: "2026 年度公众评议".to_owned(),
            frame: "从办件登记册随机抽取".to_owned(),
            ..PlanWords::default()
        }),
        bodies: vec![unit("0101"), unit("0102"), unit("0103")],
        groups: vec![
            GroupPlan { group: Group::Users, weight: 60, size: 100 },
            GroupPlan { group: Group::Firms, weight: 30, size: 50 },
            GroupPlan { group: Group::Residents, weight: 10, size: 50 },
        ],
        least: 5,
        from: day(1),
        until: day(10),
        opinions: true,
    }
}

fn campaign(events: &[CampaignEvent]) -> Campaign {
    fold(events.iter().map(|event| (at(1), event))).unwrap()
}

fn opened() -> Campaign {
    campaign(&[
        plan().into(),
        CampaignLocked { bodies: 3, size: 200 }.into(),
        CampaignInvited { batch: uuid::Uuid::nil(), group: Group::Users, count: 60, root: String::new() }.into(),
        CampaignOpened {}.into(),
    ])
}

fn rows(group: Group, grades: &str, times: usize) -> Vec<BallotRow> {
    vec![BallotRow { group, grades: grades.to_owned() }; times]
}

fn counted(rows: &[BallotRow]) -> Campaign {
    let cells = count(&plan(), rows);
    let mut state = opened();
    state.stage = Stage::Closed;
    state.counted = Some(CampaignCounted { cells });
    state
}

#[test]
fn a_good_plan_passes_and_every_fault_is_named() {
    assert_eq!(plan().check(day(1)), Ok(()));
    let fields = |plan: CampaignPlanned| match plan.check(day(1)) {
        Err(Refusal::Fields(fields)) => fields.into_iter().map(|field| field.name).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let mut weights = plan();
    weights.groups[0].weight = 50;
    assert_eq!(fields(weights), ["groups"]);
    let twice = CampaignPlanned { bodies: vec![UnitCode::parse("0101").unwrap(); 2], ..plan() };
    assert_eq!(fields(twice), ["bodies"]);
    let small = CampaignPlanned { least: 4, until: NaiveDate::from_ymd_opt(2026, 5, 1).unwrap(), ..plan() };
    assert_eq!(fields(small), ["least", "until"]);
    assert_eq!(fields(CampaignPlanned { bodies: Vec::new(), groups: Vec::new(), ..plan() }), ["bodies", "groups"]);
}

#[test]
fn codes_are_made_up_to_the_planned_size_and_only_between_lock_and_close() {
    assert_eq!(campaign(&[plan().into()]).may_invite(Group::Users, 1), Err(Refusal::Stage("方案拟订")));
    let state = opened();
    assert_eq!(state.may_invite(Group::Users, 40), Ok(()));
    assert!(matches!(state.may_invite(Group::Users, 41), Err(Refusal::Fields(_))));
    assert!(matches!(state.may_invite(Group::Delegates, 1), Err(Refusal::Fields(_))), "a group that is not in the plan");
    assert!(matches!(state.may_invite(Group::Firms, 0), Err(Refusal::Fields(_))));
    assert_eq!(counted(&[]).may_invite(Group::Users, 1), Err(Refusal::Stage("已截止")));
}

#[test]
fn ballots_are_taken_in_the_days_of_the_plan_while_it_is_open() {
    let state = opened();
    assert_eq!(state.takes_ballots(at(1)), Ok(()));
    assert_eq!(state.takes_ballots(at(10)), Ok(()));
    assert_eq!(state.takes_ballots(at(11)), Err(Refusal::Late("评议")));
    assert_eq!(state.takes_ballots(from_micros(at(1).timestamp_micros() - DAY)), Err(Refusal::Late("评议")));
    assert_eq!(counted(&[]).takes_ballots(at(2)), Err(Refusal::Stage("已截止")));
}

#[test]
fn results_are_not_there_before_closing() {
    assert!(!opened().has_results());
    assert!(results(&opened()).is_empty());
    assert!(counted(&[]).has_results());
}

#[test]
fn a_ballot_fits_the_plan_or_is_refused() {
    let answers = |grades: &str, opinions: &[(usize, &str)]| Answers {
        grades: grades.to_owned(),
        opinions: opinions.iter().map(|(body, text)| (*body, (*text).to_owned())).collect(),
    };
    assert_eq!(answers("1-0", &[(0, "很快")]).check(&plan()), Ok(()));
    for bad in [answers("1-", &[]), answers("1-6", &[]), answers("---", &[]), answers("1--", &[(1, "没去过")]), answers("1--", &[(7, "x")])]
    {
        assert!(bad.check(&plan()).is_err(), "{bad:?}");
    }
    assert!(answers("1--", &[(0, &"长".repeat(301))]).check(&plan()).is_err());
    assert!(answers("1--", &[(0, "好")]).check(&CampaignPlanned { opinions: false, ..plan() }).is_err());
}

#[test]
fn the_tally_must_agree_group_by_group() {
    let of = |used, ballots| GroupTally { group: Group::Users, invited: 10, used, ballots };
    assert_eq!(check_tally(&[of(7, 7), of(0, 0)]), Ok(()));
    for bad in [of(7, 6), of(6, 7), of(11, 11)] {
        assert!(check_tally(&[of(1, 1), bad]).is_err());
    }
}

/// By hand: users 10 × 100, firms 5 × 100 and 5 × 60 → 80, residents 4 (below 5: dropped).
/// Score = (60·100 + 30·80) / 90 = 93.333…
#[test]
fn the_score_is_exact_and_small_groups_are_dropped_with_the_weights_scaled_up() {
    let all = [rows(Group::Users, "1--", 10), rows(Group::Firms, "1--", 5), rows(Group::Firms, "3--", 5), rows(Group::Residents, "5--", 4)]
        .concat();
    let result = &results(&counted(&all))[0];
    assert_eq!(result.score, Some(Fraction { over: 280, under: 3 }));
    assert_eq!(result.score.unwrap().printed(), "93.33");
    assert_eq!((result.n, result.satisfied, result.known), (20, 20, (24, 24)));
    assert_eq!(result.groups.iter().map(|group| group.dropped).collect::<Vec<_>>(), [false, false, true]);
    // Only firms vary: s² = 10·20²/9, share 1/3, n 10.
    let half = 1.959_963_984_540_054 * ((1.0_f64 / 9.0) * (4_000.0 / 9.0) / 10.0).sqrt();
    let (low, high) = result.interval.unwrap();
    assert!((low - (280.0 / 3.0 - half)).abs() < 1e-9 && (high - (280.0 / 3.0 + half).min(100.0)).abs() < 1e-9);
}

#[test]
fn who_does_not_know_a_body_counts_neither_for_nor_against_it() {
    let known = [rows(Group::Users, "2--", 10), rows(Group::Users, "0--", 90), rows(Group::Users, "-2-", 900)].concat();
    let all = results(&counted(&known));
    let body = all.iter().find(|body| body.body.as_str() == "0101").unwrap();
    assert_eq!(body.score.map(Fraction::printed), Some("80.00".to_owned()));
    assert_eq!(body.known, (10, 1_000));
    let none = all.iter().find(|body| body.body.as_str() == "0103").unwrap();
    assert_eq!((none.score, none.rank, none.n), (None, None, 0));
    assert_eq!(all.last().unwrap().body.as_str(), "0103", "without a score at the end");
}

#[test]
fn bodies_whose_intervals_touch_share_a_rank() {
    // 0101 and 0102 differ by less than their intervals; 0103 is worse beyond doubt.
    let all = [rows(Group::Users, "115", 50), rows(Group::Users, "225", 50), rows(Group::Users, "215", 1)].concat();
    let all = results(&counted(&all));
    let ranks: Vec<(String, Option<usize>)> = all.iter().map(|body| (body.body.to_string(), body.rank)).collect();
    assert_eq!(ranks, [("0102".to_owned(), Some(1)), ("0101".to_owned(), Some(1)), ("0103".to_owned(), Some(3))]);
}

/// Published example: 10 of 10 gives 0.7225 to 1; 1 of 2 is symmetric.
#[test]
fn wilson_stays_within_bounds() {
    let (low, high) = wilson(10, 10).unwrap();
    assert!((low - 0.7225).abs() < 5e-4 && (high - 1.0).abs() < 1e-9);
    let (low, high) = wilson(1, 2).unwrap();
    assert!((low + high - 1.0).abs() < 1e-9);
    assert_eq!(wilson(0, 0), None);
}

#[test]
fn a_half_is_rounded_up_where_it_is_printed() {
    assert_eq!(Fraction { over: 1, under: 8 }.printed(), "0.13");
    assert_eq!(Fraction { over: 100, under: 1 }.printed(), "100.00");
}

#[test]
fn fewer_than_five_are_hidden_and_cannot_be_computed_from_the_sum() {
    assert_eq!(suppressed(&[10, 7, 4]), [Some(10), None, None]);
    assert_eq!(suppressed(&[10, 3, 0]), [Some(10), None, None]);
    assert_eq!(suppressed(&[10, 5, 6]), [Some(10), Some(5), Some(6)]);
    assert_eq!(suppressed(&[2]), [None]);
}
