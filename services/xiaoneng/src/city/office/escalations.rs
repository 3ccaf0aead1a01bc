//! Matters on the ladders: owners report, the office convenes, resolves and gives back, the leader decides. What triggers
//! bring is worked off; near the end the office raises hard cases by hand, so that every level has something on it.

use application::{Error, Staff};
use chrono::Days;
use domain::account::Role;
use domain::escalation::{Convening, Entry, Escalation, Owner};
use domain::ids::UnitCode;
use projections::{At, Bucket, HolderKey, Sort, StreamRow, WorklistFilter, WorklistQuery};

use super::{Office, internal, say, unit};
use crate::city::random::Random;

/// Open matters that each level of a ladder has at the end, at least, if there are cases for it.
const SHOWN: u64 = 5;
/// The last working days on which the office tops up.
const LAST: i64 = 3;
/// The ladder of ordinary cases and of 办不成事.
const LADDERS: [(&str, &str); 2] = [("response", ""), ("stuck", "stuck")];

impl Office {
    /// A morning with the ladders.
    pub(super) async fn work_escalations(&mut self) -> Result<(), Error> {
        self.look().await?;
        for row in self.recent::<Escalation>()?.into_iter().filter(|row| row.state.is_open()) {
            self.work_escalation(&row).await?;
        }
        // Once a week a hard case is taken up by hand.
        if self.left % 5 == 2 && self.left > LAST {
            self.raise_one("", 3).await?;
        }
        if self.left <= LAST {
            for (ladder, class) in LADDERS {
                self.top_up(ladder, class).await?;
            }
        }
        Ok(())
    }

    async fn work_escalation(&mut self, row: &StreamRow<Escalation>) -> Result<(), Error> {
        let (Some(director), Some(leader)) = (self.first(Role::Director), self.first(Role::Leader)) else { return Ok(()) };
        let Some(inspector) = self.first(Role::Inspector) else { return Ok(()) };
        let (state, stream) = (&row.state, row.name.as_str());
        let mut random = self.fate(stream, &format!("level {}", state.level));
        let (share, lag) = (random.share(), random.between(2, 7));
        let age = self.age(state.entered);
        // What is raised in the last days stays as it was raised.
        if age < lag || (self.left <= LAST && share < 0.8) {
            return Ok(());
        }
        if state.reported.is_some() {
            if state.to_convene().is_some() {
                return self.convene(&director, row, &mut random).await;
            }
            let meta = self.meta(&inspector);
            let resolved = self.house.app.resolve_escalation(&meta, stream, &outcome(&mut random)).await;
            self.done("escalation resolved", resolved)?;
            return Ok(());
        }
        if state.to_convene().is_some() && share < 0.75 {
            return self.convene(&director, row, &mut random).await;
        }
        match &state.owner {
            // Units answer the case itself as a rule; some report to the office.
            Owner::Unit(unit) if share < 0.4 => {
                let Some(liaison) = self.answers(unit) else { return Ok(()) };
                let meta = self.meta(&liaison);
                let reported = self.house.app.report_escalation(&meta, stream, &report(&mut random)).await;
                self.done("escalation reported", reported)?;
            }
            Owner::Office if state.convened && share < 0.5 && age > lag + 4 => {
                let meta = self.meta(&director);
                let resolved = self.house.app.resolve_escalation(&meta, stream, &outcome(&mut random)).await;
                self.done("escalation resolved", resolved)?;
            }
            Owner::Office if state.level == 3 && state.convened && share > 0.9 => {
                let meta = self.meta(&director);
                let lowered = self.house.app.lower_escalation(&meta, stream, 2, &lower(&mut random)).await;
                self.done("escalation lowered", lowered)?;
            }
            Owner::Office if state.convened && state.level == 3 && (0.5..0.65).contains(&share) => {
                let meta = self.meta(&director);
                let raised = self.house.app.raise_escalation(&meta, stream, 4, Some(Entry::Instruction), &raise(&mut random)).await;
                self.done("escalation raised", raised)?;
            }
            Owner::Leader if share < 0.6 && age > lag + 3 => {
                let meta = self.meta(&leader);
                let resolved = self.house.app.resolve_escalation(&meta, stream, &decision(&mut random)).await;
                self.done("escalation decided", resolved)?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn convene(&mut self, director: &Staff, row: &StreamRow<Escalation>, random: &mut Random) -> Result<(), Error> {
        let unit_of_case = row.state.unit.clone();
        let others: Vec<UnitCode> = ["QY-SF", "QY-CZ", "QY-ZW", "QY-FG"].into_iter().filter_map(unit).collect();
        let mut units: Vec<UnitCode> = unit_of_case.iter().cloned().collect();
        units.push(random.pick(&others).clone());
        let second = random.pick(&others).clone();
        if !units.contains(&second) {
            units.push(second);
        }
        let tasks = unit_of_case.into_iter().map(|unit| (unit, task(random), Some(self.today() + Days::new(10)))).collect();
        let meeting = Convening { held: Some(self.today()), units, resolution: resolution(random), tasks };
        let meta = self.meta(director);
        let convened = self.house.app.convene_escalation(&meta, &row.name, &meeting).await;
        self.done("escalation convened", convened)?;
        Ok(())
    }

    /// Raises an open case of a class (empty: any but 办不成事) that is on no level yet; false when there is none.
    async fn raise_one(&mut self, class: &str, to: u8) -> Result<bool, Error> {
        let Some(director) = self.first(Role::Director) else { return Ok(false) };
        let Some(city) = unit(crate::city::register::GOVERNMENT) else { return Ok(false) };
        self.look().await?;
        let filter =
            WorklistFilter { class: (!class.is_empty()).then(|| class.to_owned()), hide_wrongdoing: true, ..WorklistFilter::default() };
        let bucket = Bucket::Stage(domain::case::Stage::Handling);
        let query = WorklistQuery { holder: HolderKey::Unit(city), bucket, sort: Sort::Due, filter, at: At::First, limit: 150 };
        let views = self.house.app.projections.views();
        let page = views.worklist(&query).map_err(internal)?;
        for case in page.rows.iter().filter(|case| (case.class == "stuck") == (class == "stuck") && case.unit.is_some()) {
            if views.escalations_of_case(case.id).map_err(internal)?.iter().any(|row| row.state.is_open()) {
                continue;
            }
            let mut random = self.fate("raise", &case.number);
            let entry =
                *random.pick(&[Entry::Difficult, Entry::Difficult, Entry::Dispute, Entry::NoPower, Entry::NeedsPolicy, Entry::Instruction]);
            let meta = self.meta(&director);
            let raised = self.house.app.escalate_case(&meta, case.id, to, Some(entry), &raise(&mut random)).await;
            return Ok(self.done("escalation by hand", raised)?.is_some());
        }
        Ok(false)
    }

    /// Raises and gives back until every level of a ladder has what is to be shown.
    async fn top_up(&mut self, ladder: &str, class: &str) -> Result<(), Error> {
        let Some(director) = self.first(Role::Director) else { return Ok(()) };
        for level in [4, 3, 2] {
            // The first level of ordinary cases is reached from above alone.
            let wanted = if level == 2 && ladder == "response" { 2 * SHOWN } else { SHOWN };
            for _ in self.standing(ladder, level).await?..wanted {
                if self.raise_one(class, level).await? {
                    continue;
                }
                // No fresh case: one from a lower level goes up, when that has enough.
                let Some(below) = self.fullest_below(ladder, level).await? else { break };
                let views = self.house.app.projections.views();
                let page = views.escalations_on(ladder, below, true, &At::First, 1).map_err(internal)?;
                let Some(row) = page.rows.into_iter().next() else { break };
                let mut random = self.fate("raise", &row.name);
                let meta = self.meta(&director);
                let raised = self.house.app.raise_escalation(&meta, &row.name, level, Some(Entry::Difficult), &raise(&mut random)).await;
                self.done("escalation raised", raised)?;
            }
        }
        for _ in self.standing(ladder, 1).await?..SHOWN {
            let above = self.house.app.projections.views().escalations_on(ladder, 2, true, &At::First, 1).map_err(internal)?;
            let Some(row) = above.rows.into_iter().next() else { break };
            let mut random = self.fate("lower", &row.name);
            let meta = self.meta(&director);
            let lowered = self.house.app.lower_escalation(&meta, &row.name, 1, &lower(&mut random)).await;
            self.done("escalation lowered", lowered)?;
            self.look().await?;
        }
        Ok(())
    }

    /// The level under this one with most open matters, if one more or less makes no difference there.
    async fn fullest_below(&self, ladder: &str, level: u8) -> Result<Option<u8>, Error> {
        let mut best = (1, None);
        for below in 1..level {
            let standing = self.standing(ladder, below).await?;
            if standing > best.0 {
                best = (standing, Some(below));
            }
        }
        // What stands above is to be no more than what stands below.
        Ok(best.1.filter(|_| best.0 > 2))
    }

    /// Open matters on a level.
    async fn standing(&self, ladder: &str, level: u8) -> Result<u64, Error> {
        self.look().await?;
        let counts = self.house.app.projections.views().escalation_counts().map_err(internal)?;
        Ok(counts.iter().filter(|count| count.ladder == ladder && count.level == level).map(|count| count.n).sum())
    }
}

fn raise(random: &mut Random) -> String {
    say(
        random,
        &[
            &[
                "该事项涉及三个以上单位，",
                "承办单位多次协调未果，",
                "历史成因复杂，现有政策没有明确规定，",
                "诉求人多次反映且理由充分，",
                "权属不清，两家单位均提出退单，",
            ],
            &["单靠承办单位难以解决，", "需要统筹资金和审批权限，", "久拖容易引发群体性矛盾，", "办理时限将到，"],
            &["提级协调。", "建议提级会商，明确牵头单位。", "提请上一级研究决定。"],
        ],
    )
}

fn lower(random: &mut Random) -> String {
    say(
        random,
        &[
            &["会商已明确牵头单位和措施，", "承办单位已制定方案并取得诉求人认可，", "争议职责已经裁定，"],
            &["后续由承办单位按方案落实，", "不再需要上一级协调，"],
            &["降级办理。", "交回原级跟踪办结。"],
        ],
    )
}

fn report(random: &mut Random) -> String {
    say(
        random,
        &[
            &["已召集有关单位现场办公，", "分管负责人已约见诉求人，", "已对同类问题集中研究，"],
            &["确定由属地街道先行修复，", "明确分两步解决，", "临时措施已经到位，", "材料已报上级审批，"],
            &["正式处理预计十个工作日内完成。", "诉求人表示理解。", "请效能办予以研判。"],
        ],
    )
}

fn resolution(random: &mut Random) -> String {
    say(
        random,
        &[
            &[
                "会议明确，由承办单位牵头，有关单位配合。",
                "会议认为，该事项属于历史遗留问题，应当依法分类处理。",
                "会议议定，先解决群众急需，再完善手续。",
            ],
            &["所需经费在部门预算内调剂解决，", "审批事项按容缺办理，", "涉及执法的由属地先行处置，", "有关口径由司法部门一周内出具意见，"],
            &["每三个工作日向效能办通报进展。", "办结后由效能办组织回访。", "处理结果同步答复诉求人。"],
        ],
    )
}

fn task(random: &mut Random) -> String {
    say(
        random,
        &[
            &["制定处置方案并报效能办；", "完成现场勘验和责任认定；", "与诉求人签订处理意见书；"],
            &["逐户征求意见。", "落实临时保障措施。", "按期完成整改。"],
        ],
    )
}

fn outcome(random: &mut Random) -> String {
    say(
        random,
        &[
            &["问题已解决，", "牵头单位已落实会商意见，", "诉求事项已办成，"],
            &["经回访诉求人表示满意。", "现场复核情况属实。", "诉求人签字认可处理意见。"],
            &["同意办结。", "予以销号。", "后续纳入三个月回头看。"],
        ],
    )
}

fn decision(random: &mut Random) -> String {
    say(
        random,
        &[
            &["同意效能办所提方案，", "由市政府分管副秘书长牵头协调，", "原则同意专题会议意见，"],
            &["限十五个工作日落实到位，", "所需资金由市财政统筹，", "有关部门不得再相互推诿，"],
            &["结果报我。", "办结后向群众公开。"],
        ],
    )
}
