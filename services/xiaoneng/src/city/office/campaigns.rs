//! Public evaluation: last year's held in November and December, counted and published; this year's open now.

use std::collections::VecDeque;

use application::Error;
use chrono::{Datelike, Days, NaiveDate};
use domain::account::Role;
use domain::campaign::ballot::Answers;
use domain::campaign::event::{CampaignPlanned, GroupPlan, PlanWords};
use domain::campaign::{Campaign, CampaignId, Group, Stage};
use domain::ids::UnitCode;
use domain::private::Private;
use domain::time::legal_day;
use tokio::task::JoinSet;

use super::{Office, internal, say, unit};
use crate::city::random::Random;

/// Who is graded, in the order of the questionnaire.
const BODIES: [&str; 20] = [
    "QY-ZW", "QY-CG", "QY-JS", "QY-GA", "QY-JJ", "QY-RS", "QY-JY", "QY-HB", "QY-SC", "QY-ZR", "QY-JT", "QY-WJ", "QY-YB", "QY-MZ", "QY-NY",
    "QY-SL", "QY-YJ", "QY-WL", "QY-YL", "QY-GJJ",
];
/// Who grades: group, weight, people, and the share of them that votes.
const GROUPS: [(Group, u32, u64, f64); 5] = [
    (Group::Users, 35, 200, 0.56),
    (Group::Firms, 20, 120, 0.43),
    (Group::Residents, 25, 200, 0.51),
    (Group::Delegates, 10, 60, 0.77),
    (Group::Grassroots, 10, 60, 0.85),
];
/// Working days before the end on which this year's is planned, fixed, opened.
const PLANNED: i64 = 13;
const LOCKED: i64 = 11;
const OPENED: i64 = 9;
/// Ballots of an ordinary day.
const A_DAY: usize = 26;

/// The campaign that goes on, with the codes that were not used yet as they lie with those who were invited.
#[derive(Default)]
pub(super) struct Book {
    campaign: Option<CampaignId>,
    codes: VecDeque<String>,
    cast: u64,
}

impl Office {
    /// What is to be done today in the evaluation of last year or of this one.
    pub(super) async fn work_campaigns(&mut self) -> Result<(), Error> {
        self.look().await?;
        if let Some(id) = self.campaigns.campaign {
            return self.go_on(id).await;
        }
        let (today, until) = (self.today(), legal_day(self.until));
        let last = NaiveDate::from_ymd_opt(until.year() - 1, 11, 9);
        if self.left == PLANNED {
            self.plan(until.year(), Days::new(24)).await
        } else if last.is_some_and(|day| (0..5).contains(&(today - day).num_days())) {
            self.plan(until.year() - 1, Days::new(34)).await
        } else {
            Ok(())
        }
    }

    async fn plan(&mut self, year: i32, days: Days) -> Result<(), Error> {
        let Some(evaluator) = self.first(Role::Evaluator) else { return Ok(()) };
        let from = self.today() + Days::new(3);
        let plan = CampaignPlanned {
            words: Private::new(PlanWords {
                title: format!("{year} 年度市直部门工作公众评议"),
                frame: "服务对象从本年度办结的诉求件和政务服务办件中按系统随机抽取；企业从规模以上和小微企业名录中分层抽取；城乡居民按县（市、区）人口比例从社区和村抽取，含在本市居住半年以上的流动人口；两代表一委员由人大、政协联络机构提供名册后全数邀请；基层单位为各乡镇（街道）和村（社区）。".to_owned(),
                number: format!("清统评{year}01表"),
                maker: "清源市统计局".to_owned(),
                approval: format!("清统制〔{year}〕7号"),
                valid: format!("{year} 年 12 月 31 日"),
            }),
            bodies: BODIES.iter().filter_map(|code| unit(code)).collect(),
            groups: GROUPS.iter().map(|(group, weight, size, _)| GroupPlan { group: *group, weight: *weight, size: *size }).collect(),
            least: 10,
            from,
            until: from + days,
            opinions: true,
        };
        let meta = self.meta(&evaluator);
        let planned = self.house.app.plan_campaign(&meta, plan).await;
        if let Some((id, _)) = self.done("campaign", planned)? {
            self.campaigns = Book { campaign: Some(id), ..Book::default() };
        }
        Ok(())
    }

    async fn go_on(&mut self, id: CampaignId) -> Result<(), Error> {
        let Some(evaluator) = self.first(Role::Evaluator) else { return Ok(()) };
        let row = self.house.app.projections.views().stream::<Campaign>(&id.stream()).map_err(internal)?;
        let Some(state) = row.map(|row| row.state) else { return Ok(()) };
        let now = self.left <= PLANNED;
        match state.stage {
            Stage::Planned if !now || self.left <= LOCKED => {
                let meta = self.meta(&evaluator);
                let locked = self.house.app.lock_campaign(&meta, id).await;
                self.done("campaign locked", locked)?;
                self.invite(id).await?;
            }
            Stage::Locked if self.today() >= state.plan.from && (!now || self.left <= OPENED) => {
                let meta = self.meta(&evaluator);
                let opened = self.house.app.open_campaign(&meta, id).await;
                self.done("campaign opened", opened)?;
                self.look().await?;
                self.vote(&state).await?;
            }
            Stage::Open if self.today() > state.plan.until => {
                let meta = self.meta(&evaluator);
                let closed = self.house.app.close_campaign(&meta, id).await;
                self.done("campaign closed", closed)?;
            }
            Stage::Open => self.vote(&state).await?,
            Stage::Closed if state.closed_at.is_some_and(|at| self.age(at) >= 10) => {
                let meta = self.meta(&evaluator);
                let published = self.house.app.publish_campaign(&meta, id).await;
                self.done("campaign published", published)?;
            }
            Stage::Published => self.campaigns = Book::default(),
            _ => {}
        }
        Ok(())
    }

    async fn invite(&mut self, id: CampaignId) -> Result<(), Error> {
        let Some(evaluator) = self.first(Role::Evaluator) else { return Ok(()) };
        let mut letters: Vec<(u64, String)> = Vec::new();
        let mut random = self.fate("letters", &self.today().to_string());
        for (group, _, size, votes) in GROUPS {
            self.look().await?;
            let meta = self.meta(&evaluator);
            let invited = self.house.app.invite(&meta, id, group, size).await;
            let codes = self.done("invitation", invited)?.map(|(codes, _)| codes).unwrap_or_default();
            // The others never answer; those who do, do so in no order.
            letters.extend(
                codes
                    .into_iter()
                    .map(|code| (random.bits(), random.chance(votes), code))
                    .filter(|one| one.1)
                    .map(|(at, _, code)| (at, code)),
            );
        }
        letters.sort_unstable();
        self.campaigns.codes = letters.into_iter().map(|(_, code)| code).collect();
        Ok(())
    }

    /// Some of those who were invited vote today, as they do on the site.
    async fn vote(&mut self, state: &Campaign) -> Result<(), Error> {
        let mut flight = JoinSet::new();
        let count = A_DAY + self.fate("ballots", &self.today().to_string()).below(A_DAY / 2);
        for _ in 0..count {
            let Some(code) = self.campaigns.codes.pop_front() else { break };
            self.campaigns.cast += 1;
            let answers = answers(&state.plan.bodies, &mut self.fate("ballot", &format!("{}/{}", state.plan.from, self.campaigns.cast)));
            let app = self.house.app.clone();
            flight.spawn(async move {
                let ticket = app.admit(&code, "127.0.0.1")?;
                app.cast(&ticket, &answers).await
            });
        }
        while let Some(cast) = flight.join_next().await {
            let cast = cast.map_err(|error| Error::Internal(error.to_string()))?;
            self.done("ballot", cast)?;
        }
        Ok(())
    }
}

/// What somebody fills in: the bodies that they dealt with, mostly content; now and then some words.
fn answers(bodies: &[UnitCode], random: &mut Random) -> Answers {
    let known = 0.25 + 0.4 * random.share();
    let mood = random.share() - 0.5;
    let mut grades: Vec<char> = bodies
        .iter()
        .map(|unit| {
            if !random.chance(known) {
                return '-';
            }
            if random.chance(0.05) {
                return '0';
            }
            let habit = Random::of(&["quality", unit.as_str()]).share();
            let liking = 0.55 * habit + 0.55 * random.share() + 0.3 * mood;
            match liking {
                l if l > 0.62 => '1',
                l if l > 0.36 => '2',
                l if l > 0.16 => '3',
                l if l > 0.04 => '4',
                _ => '5',
            }
        })
        .collect();
    if grades.iter().all(|grade| *grade == '-')
        && let Some(first) = grades.first_mut()
    {
        *first = '2';
    }
    let mut opinions = Vec::new();
    for (place, grade) in grades.iter().enumerate() {
        let share = match grade {
            '4' | '5' => 0.3,
            '3' => 0.12,
            '1' | '2' => 0.03,
            _ => 0.0,
        };
        if opinions.len() < 3 && random.chance(share) {
            opinions.push((place, opinion(*grade, random)));
        }
    }
    Answers { grades: grades.into_iter().collect(), opinions }
}

fn opinion(grade: char, random: &mut Random) -> String {
    match grade {
        '1' | '2' => say(
            random,
            &[
                &["窗口态度比前两年好多了，", "网上能办的事越来越多，", "打电话反映的事两天就有人联系，", "办事指南写得清楚，"],
                &["希望保持。", "建议周末也能办。", "就是停车还不太方便。", "希望年纪大的人也有人带着办。"],
            ],
        ),
        _ => say(
            random,
            &[
                &[
                    "同一件事问不同窗口说法不一样，",
                    "电话经常没人接，",
                    "答复内容像模板，没有说到点子上，",
                    "从受理到办结时间太长，中间没有消息，",
                    "现场检查来了又走，问题还在，",
                    "材料要求没有一次讲清，",
                ],
                &[
                    "希望能有一个人负责到底。",
                    "建议公开进度。",
                    "希望承诺的时间能兑现。",
                    "建议多到现场看看。",
                    "希望少跑几趟。",
                    "建议定期回访。",
                ],
            ],
        ),
    }
}
