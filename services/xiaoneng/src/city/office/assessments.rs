//! The year's assessments by their dates: last year's from January to March, with its points by hand, objections and the
//! circular; this year's is open and collects.

use application::Error;
use chrono::{Datelike, NaiveDate};
use domain::account::Role;
use domain::assessment::body::{Correction, Honoured};
use domain::assessment::year::{Marked, Points};
use domain::assessment::{BodyState, Stage, YearState};
use domain::ids::UnitCode;
use domain::private::Private;
use domain::rulebook::scheme::SHIPPED;

use super::{Office, internal, say};
use crate::city::random::Random;

/// What bodies object to.
const RATES: [&str; 4] = ["answered", "satisfied", "solved", "signed"];
const PUBLIC: &str = "public";

impl Office {
    /// What the calendar asks for in the year's assessments.
    pub(super) async fn work_assessments(&mut self) -> Result<(), Error> {
        self.look().await?;
        let today = self.today();
        let year = today.year();
        let from = |month, day| NaiveDate::from_ymd_opt(year, month, day).is_some_and(|first| today >= first);
        // Only a city that was there last year has something to assess of it.
        if from(1, 12) && !from(4, 1) {
            self.last_year(year - 1).await?;
        }
        if from(1, 26) {
            self.this_year(year).await?;
        }
        Ok(())
    }

    async fn year(&self, year: i32) -> Result<Option<YearState>, Error> {
        let stream = application::Application::assessment_stream(year);
        Ok(self.house.app.projections.views().stream::<YearState>(&stream).map_err(internal)?.map(|row| row.state))
    }

    async fn last_year(&mut self, year: i32) -> Result<(), Error> {
        let Some(director) = self.first(Role::Director) else { return Ok(()) };
        let Some(state) = self.year(year).await? else { return self.open_year(year).await };
        match state.stage {
            Stage::Opened if self.age(state.opened_at) >= 5 && state.points.is_empty() => {
                self.give_points(&state, Role::Leader, "leaders", 10, "市领导依据各单位年度工作报告评分").await?;
                self.give_points(&state, Role::Director, "mutual", 5, "单位之间记名互评，去掉一个最高分和一个最低分后平均").await?;
                self.give_points(&state, Role::Director, "public", 15, "按公众评议报告的得分折算").await?;
                self.give_honours(&state, 9, "after", 40).await?;
            }
            Stage::Opened if self.age(state.opened_at) >= 12 => {
                let meta = self.meta(&director);
                let drafted = self.house.app.draft_assessment(&meta, year).await;
                self.done("assessment drafted", drafted)?;
            }
            Stage::Drafted => self.objections(&state).await?,
            Stage::Finalised if state.finalised.as_ref().is_some_and(|(at, _)| self.age(*at) >= 6) => {
                let meta = self.meta(&director);
                let number = format!("清效办〔{}〕3号", year + 1);
                let published = self.house.app.publish_assessment(&meta, year, &number).await;
                self.done("assessment published", published)?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn this_year(&mut self, year: i32) -> Result<(), Error> {
        let Some(state) = self.year(year).await? else { return self.open_year(year).await };
        if self.left == 20 && state.stage == Stage::Opened {
            self.give_honours(&state, 6, "within", 3).await?;
        }
        Ok(())
    }

    async fn open_year(&mut self, year: i32) -> Result<(), Error> {
        let Some(director) = self.first(Role::Director) else { return Ok(()) };
        let Some((_, scheme)) = SHIPPED.iter().find(|(name, _)| *name == "generic") else { return Ok(()) };
        let meta = self.meta(&director);
        let opened = self.house.app.open_assessment(&meta, year, scheme).await;
        self.done("assessment opened", opened)?;
        Ok(())
    }

    /// Points by hand for all bodies: most good, with the habits of each unit.
    async fn give_points(&mut self, state: &YearState, role: Role, item: &str, full: i64, reason: &str) -> Result<(), Error> {
        let Some(actor) = self.first(role) else { return Ok(()) };
        let points = state
            .bodies
            .iter()
            .map(|body| {
                let mut random = self.fate(body.unit.as_str(), item);
                let hundredths = full * random.between(78, 98);
                Points { unit: body.unit.clone(), points: format!("{}.{:02}", hundredths / 100, hundredths % 100) }
            })
            .collect();
        let marked = Marked { item: item.to_owned(), points, reason: Private::new(reason.to_owned()) };
        let meta = self.meta(&actor);
        let taken = self.house.app.mark_assessment(&meta, state.year, marked).await;
        self.done("points", taken)?;
        Ok(())
    }

    /// Honours of a year, given `when`, numbered from `first`: no two acts have the same number.
    async fn give_honours(&mut self, state: &YearState, count: i64, when: &str, first: i64) -> Result<(), Error> {
        let Some(director) = self.first(Role::Director) else { return Ok(()) };
        let mut random = self.fate(&format!("honours-{}", state.year), when);
        for place in 0..count {
            let Some(body) = state.bodies.get(random.below(state.bodies.len())) else { continue };
            let (code, organ) = if place == 0 { ("national", "国家有关部委") } else { ("provincial", "省政府") };
            let words = say(
                &mut random,
                &[
                    &["获评", "被授予"],
                    &["优化营商环境先进集体", "政务服务创新案例", "信访工作先进单位", "文明窗口称号", "保障农民工工资支付考核优秀等次"],
                ],
            );
            let honoured = Honoured {
                unit: body.unit.clone(),
                code: code.to_owned(),
                reference: format!("{organ}〔{}〕{}号", state.year, first + 4 * place + random.between(0, 3)),
                words: Private::new(words),
            };
            let meta = self.meta(&director);
            let taken = self.house.app.honour(&meta, state.year, honoured).await;
            self.done("honour", taken)?;
        }
        Ok(())
    }

    /// Four bodies object on the second day after the draft; the director decides; when the time is over all is final.
    async fn objections(&mut self, state: &YearState) -> Result<(), Error> {
        let Some(director) = self.first(Role::Director) else { return Ok(()) };
        let Some((at, drafted)) = &state.drafted else { return Ok(()) };
        let mut undecided = 0;
        let objecting: Vec<UnitCode> =
            state.bodies.iter().map(|body| body.unit.clone()).filter(|unit| self.answers(unit).is_some()).step_by(6).take(5).collect();
        for (place, unit) in objecting.iter().enumerate() {
            let stream = format!("assessed-{}-{unit}", state.year);
            let Some(row) = self.house.app.projections.views().stream::<BodyState>(&stream).map_err(internal)? else { continue };
            let mut random = self.fate(&stream, "objection");
            let item = objected(&row.state);
            match row.state.objections.first() {
                None if self.age(*at) >= 2 && self.now() < drafted.objections_until => {
                    let Some(liaison) = self.answers(unit) else { continue };
                    let meta = self.meta(&liaison);
                    let taken = self.house.app.object_to_assessment(&meta, state.year, unit, item, &object(&mut random)).await;
                    self.done("objection", taken)?;
                }
                Some(objection) if objection.decided.is_none() => {
                    undecided += 1;
                    if self.age(objection.at) < 2 {
                        continue;
                    }
                    let correction = correction(&row.state, item, place);
                    let reason = decide(correction != Correction::Keep, &mut random);
                    let meta = self.meta(&director);
                    let taken = self.house.app.decide_assessment(&meta, state.year, unit, item, &correction, &reason).await;
                    self.done("objection decided", taken)?;
                }
                _ => {}
            }
        }
        if undecided == 0 && self.now() >= drafted.objections_until {
            let meta = self.meta(&director);
            let taken = self.house.app.finalise_assessment(&meta, state.year).await;
            self.done("assessment final", taken)?;
        }
        Ok(())
    }
}

/// The first rate that is not full; the public evaluation when all are.
fn objected(body: &BodyState) -> &'static str {
    if let Some(objection) = body.objections.first() {
        return RATES.into_iter().find(|rate| *rate == objection.item).unwrap_or(PUBLIC);
    }
    let sheet = body.drafted.iter().flat_map(|drafted| &drafted.sheet.lines);
    let short: Vec<&str> = sheet.filter(|line| line.counts.denominator > line.counts.numerator).map(|line| line.item.as_str()).collect();
    RATES.into_iter().find(|rate| short.contains(rate)).unwrap_or(PUBLIC)
}

/// Two of three objections are right: one of its cases no longer counts.
fn correction(body: &BodyState, item: &str, place: usize) -> Correction {
    let line = body.sheet.iter().flat_map(|sheet| &sheet.lines).find(|line| line.item == item);
    match line.map(|line| line.counts) {
        Some(counts) if !place.is_multiple_of(3) && counts.denominator > counts.numerator && counts.denominator > 1 => {
            Correction::Counts { numerator: counts.numerator, denominator: counts.denominator - 1 }
        }
        _ => Correction::Keep,
    }
}

fn object(random: &mut Random) -> String {
    say(
        random,
        &[
            &["初评采用的数据中有一件属于改派以前的时间，", "有一件系诉求人误评，已书面说明，", "个别件受极端天气影响，"],
            &["申请核减后重新计分。", "请予复核。", "请按规定从分子分母中剔除。"],
        ],
    )
}

fn decide(corrected: bool, random: &mut Random) -> String {
    if corrected {
        say(random, &[&["经核对工单记录，", "经联合审核，"], &["情况属实，予以更正。", "异议成立，按更正后的数据计分。"]])
    } else {
        say(random, &[&["经核对，数据与系统记录一致，", "所述情形不属于可以剔除的范围，"], &["维持初评得分。", "异议不成立。"]])
    }
}
