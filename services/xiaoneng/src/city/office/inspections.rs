//! Spot checks: four done (one covert, one by a draw), one under way, two ahead.

use application::Error;
use application::inspections::{NewFinding, NewPlan, of_form};
use chrono::{Days, TimeDelta};
use domain::account::Role;
use domain::ids::{AccountId, UnitCode};
use domain::inspection::{Cadence, InspectionState, Lots, Mode, Outcome, Plan, Stage, Target};
use uuid::Uuid;

use super::{Office, say, unit};
use crate::city::random::Random;

struct Check {
    /// Working days before the end on which it is planned.
    left: i64,
    /// First and last day, in legal days from the planning.
    days: (u64, u64),
    mode: Mode,
    /// Places of the inspectors in their list.
    team: &'static [usize],
    theme: &'static str,
    items: &'static [&'static str],
    /// Empty: by a draw.
    units: &'static [&'static str],
    /// It is done by the end.
    done: bool,
    /// The director approves it before the end.
    approved: bool,
}

const CHECKS: [Check; 7] = [
    Check {
        left: 68,
        days: (1, 14),
        mode: Mode::Open,
        team: &[0, 1, 2],
        theme: "政务服务窗口作风和一次性告知",
        items: &["absent", "window_closed", "not_told_at_once", "rude", "not_published"],
        units: &["QY-ZW", "QY-RS", "QY-YB", "339902-ZW"],
        done: true,
        approved: true,
    },
    Check {
        left: 51,
        days: (1, 14),
        mode: Mode::Open,
        team: &[0, 1, 3, 4],
        theme: "工作纪律“双随机”抽查",
        items: &["absent", "late_early", "idle", "rude", "other"],
        units: &[],
        done: true,
        approved: true,
    },
    Check {
        left: 36,
        days: (1, 14),
        mode: Mode::Covert,
        team: &[0, 2, 5],
        theme: "城管和市场监管一线服务暗访",
        items: &["absent", "window_closed", "rude", "not_told_at_once", "other"],
        units: &["QY-CG", "339903-SC", "339904-CG"],
        done: true,
        approved: true,
    },
    Check {
        left: 13,
        days: (1, 14),
        mode: Mode::Open,
        team: &[1, 3, 5],
        theme: "办事指南公开情况检查",
        items: &["not_published", "not_told_at_once", "window_closed"],
        units: &["QY-GA", "QY-ZR", "QY-JS", "339981-ZW"],
        done: true,
        approved: true,
    },
    Check {
        left: 5,
        days: (1, 14),
        mode: Mode::Open,
        team: &[0, 1, 4],
        theme: "诉求办理回访真实性检查",
        items: &["rude", "not_told_at_once", "other"],
        units: &["QY-CG", "QY-JT", "339902-CG", "339902-JS"],
        done: false,
        approved: true,
    },
    Check {
        left: 2,
        days: (6, 20),
        mode: Mode::Open,
        team: &[0, 2, 3],
        theme: "岁末为民服务窗口联合检查",
        items: &["absent", "window_closed", "not_published", "other"],
        units: &["QY-MZ", "QY-WJ", "339903-ZW", "339904-ZW"],
        done: false,
        approved: true,
    },
    Check {
        left: 0,
        days: (5, 12),
        mode: Mode::Covert,
        team: &[0, 4],
        theme: "基层便民服务站点暗访",
        items: &["absent", "window_closed", "rude"],
        units: &["339902-RS", "339904-YB"],
        done: false,
        approved: false,
    },
];

/// Checks planned so far, each with its place above.
#[derive(Default)]
pub(super) struct Book(Vec<(Uuid, usize)>);

impl Office {
    /// Plans what is to be planned today and goes on with the others.
    pub(super) async fn work_inspections(&mut self) -> Result<(), Error> {
        self.look().await?;
        let left = self.left;
        for (place, check) in CHECKS.iter().enumerate().filter(|(_, check)| check.left == left) {
            let team: Vec<AccountId> =
                check.team.iter().filter_map(|place| self.all(Role::Inspector).get(*place)).map(|staff| staff.account).collect();
            let Some(planner) = team.first().and_then(|account| self.of_account(*account)) else { continue };
            let target = if check.units.is_empty() {
                let own = unit(crate::city::register::EFFICIENCY);
                let recusals = own.iter().flat_map(|own| team.iter().map(move |one| (*one, own.clone()))).take(2).collect();
                Target::Draw(Lots { general: 5, focus: 0, focus_marks: 0, per_unit: 2, recusals })
            } else {
                Target::Units(check.units.iter().filter_map(|code| unit(code)).collect())
            };
            let plan = Plan {
                cadence: Cadence::Once,
                from: self.today() + Days::new(check.days.0),
                to: self.today() + Days::new(check.days.1),
                items: check.items.iter().map(|item| (*item).to_owned()).collect(),
                target,
                nonce: String::new(),
            };
            let new = NewPlan { mode: check.mode, team, theme: check.theme.to_owned(), plan };
            let meta = self.meta(&planner);
            let id = of_form(meta.command);
            let planned = self.house.app.plan_inspection(&meta, id, &new).await;
            if self.done("inspection", planned)?.is_some() {
                self.inspections.0.push((id, place));
            }
        }
        for (id, place) in self.inspections.0.clone() {
            if let Some(check) = CHECKS.get(place) {
                self.work_inspection(id, check).await?;
            }
        }
        Ok(())
    }

    async fn work_inspection(&mut self, id: Uuid, check: &Check) -> Result<(), Error> {
        let Some(director) = self.first(Role::Director) else { return Ok(()) };
        let passed = check.left - self.left;
        if passed == 0 || passed > 30 {
            return Ok(());
        }
        let opened = self.house.app.open_inspection(&application::Actor::Staff(director.clone()), id).await;
        let Some(opened) = self.done("inspection opened", opened)? else { return Ok(()) };
        let state = opened.state;
        match state.stage {
            Stage::Planned if check.approved => {
                let meta = self.meta(&director);
                let approved = self.house.app.approve_inspection(&meta, id).await;
                self.done("inspection approved", approved)?;
            }
            Stage::Approved if state.awaits_draw() => self.draw(id, &state).await?,
            Stage::Approved => self.visit_next(id, check, &state).await?,
            _ => {}
        }
        self.settle_findings(id, &state, check.done).await
    }

    async fn draw(&mut self, id: Uuid, state: &InspectionState) -> Result<(), Error> {
        let Some(one) = state.team.first().and_then(|account| self.of_account(*account)) else { return Ok(()) };
        let meta = self.meta(&one);
        let committed = self.house.app.commit_draw(&meta, id).await;
        if self.done("draw committed", committed)?.is_some() {
            let meta = self.meta(&one);
            let revealed = self.house.app.reveal_draw(&meta, id, "清源效能第二次抽查").await;
            self.done("draw", revealed)?;
        }
        Ok(())
    }

    /// The team goes to the next two units, writes down and signs; when all were visited the check ends.
    async fn visit_next(&mut self, id: Uuid, check: &Check, state: &InspectionState) -> Result<(), Error> {
        if state.plan.known().is_none_or(|plan| plan.from > self.today()) {
            return Ok(());
        }
        // What one of them wrote yesterday the other signs today.
        for finding in state.findings.iter().filter(|finding| finding.second.is_none() && finding.outcome.is_none()) {
            let unit = finding.unit().cloned();
            let assigned = state.assignments().into_iter().find(|one| Some(&one.unit) == unit.as_ref());
            let second = assigned.iter().flat_map(|one| &one.inspectors).find(|one| **one != finding.by).copied();
            if let Some(second) = second.and_then(|account| self.of_account(account)) {
                let meta = self.meta(&second);
                let signed = self.house.app.sign_finding(&meta, id, finding.number).await;
                self.done("finding signed", signed)?;
            }
        }
        let assignments = state.assignments();
        let ahead: Vec<(usize, _)> = assignments.iter().enumerate().filter(|(_, one)| state.visits_of(&one.unit) == 0).collect();
        if ahead.is_empty() {
            let one = state.team.first().and_then(|account| self.of_account(*account));
            if let (true, Some(one)) = (check.done, one) {
                let meta = self.meta(&one);
                let ended = self.house.app.end_inspection(&meta, id).await;
                self.done("inspection ended", ended)?;
            }
            return Ok(());
        }
        // One under way keeps its last unit for tomorrow.
        let most = if check.done { 2 } else { 1 };
        for (place, one) in ahead.into_iter().take(most) {
            let Some(first) = one.inspectors.first().and_then(|account| self.of_account(*account)) else { continue };
            let mut random = self.fate(&id.to_string(), one.unit.as_str());
            let found: Vec<&str> = match place % 4 {
                2 => Vec::new(),
                0 => vec![random.word(check.items), check.items[0]],
                _ => vec![random.word(check.items)],
            };
            let fine: Vec<String> = check.items.iter().filter(|item| !found.contains(item)).map(|item| (*item).to_owned()).collect();
            let meta = self.meta(&first);
            let visited = self.house.app.visit_unit(&meta, id, &one.unit, &fine).await;
            self.done("visit", visited)?;
            let mut codes = found;
            codes.dedup();
            for (nth, code) in codes.into_iter().enumerate() {
                let at = self.now() - TimeDelta::minutes(25 - 10 * i64::try_from(nth).unwrap_or(0));
                let (place, words) = seen(code, &mut random);
                let new = NewFinding { unit: one.unit.clone(), code: code.to_owned(), at, place, words, photos: Vec::new() };
                let meta = self.meta(&first);
                let recorded = self.house.app.record_finding(&meta, id, &new).await;
                self.done("finding", recorded)?;
            }
        }
        Ok(())
    }

    /// Units reply, the director decides, and what counts is to be put right.
    async fn settle_findings(&mut self, id: Uuid, state: &InspectionState, done: bool) -> Result<(), Error> {
        let (Some(director), Some(inspector)) = (self.first(Role::Director), self.first(Role::Inspector)) else { return Ok(()) };
        for finding in state.findings.iter().filter(|finding| finding.is_told()) {
            let Some(unit) = finding.unit().cloned() else { continue };
            let mut random = self.fate(&id.to_string(), &format!("finding {}", finding.number));
            let told = finding.second.map(|(_, at)| at).unwrap_or(finding.recorded).max(if state.stage == Stage::Done {
                state.since
            } else {
                finding.recorded
            });
            // The second of an open check is contested, and found wrong.
            let contested = finding.number == 2 && state.mode == Mode::Open;
            let (agrees, replies) = (random.chance(0.7) && !contested, random.chance(0.85) || contested);
            match &finding.outcome {
                None if finding.reply.is_some() || finding.unanswered => {
                    if finding.reply.as_ref().is_some_and(|reply| self.age(reply.at) < 1) || (!done && finding.number % 2 == 0) {
                        continue;
                    }
                    let meta = self.meta(&director);
                    let decided = if !contested {
                        self.house.app.confirm_finding(&meta, id, finding.number, &confirm(&mut random)).await
                    } else {
                        self.house.app.drop_finding(&meta, id, finding.number, &dropped(&mut random)).await
                    };
                    self.done("finding decided", decided)?;
                }
                None if replies && self.age(told) >= 1 => {
                    if finding.reply_by.as_ref().is_some_and(|by| self.now() >= by.due) {
                        continue;
                    }
                    let Some(liaison) = self.answers(&unit) else { continue };
                    let meta = self.meta(&liaison);
                    let replied = self.house.app.reply_to_finding(&meta, id, finding.number, agrees, &reply(agrees, &mut random)).await;
                    self.done("finding reply", replied)?;
                }
                Some((Outcome::Confirmed, ..)) => self.order_to_rectify(&inspector, id, finding.number, &unit, &mut random).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn order_to_rectify(
        &mut self,
        inspector: &application::Staff,
        id: Uuid,
        number: u32,
        unit: &UnitCode,
        random: &mut Random,
    ) -> Result<(), Error> {
        let source = domain::rectification::Source::Finding { inspection: id, finding: number };
        let stream = application::rectifications::rectification_stream(source.rectification());
        let views = self.house.app.projections.views();
        let known = views.stream::<domain::rectification::RectificationState>(&stream).map_err(super::internal)?;
        if known.is_some() || self.answers(unit).is_none() {
            return Ok(());
        }
        let until = self.end_of_day(u64::try_from(random.between(12, 30)).unwrap_or(15));
        let meta = self.meta(inspector);
        let ordered = self.house.app.order_rectification(&meta, id, number, &to_rectify(random), Some(until)).await;
        self.done("rectification ordered", ordered)?;
        Ok(())
    }
}

fn seen(code: &str, random: &mut Random) -> (String, String) {
    let place = random
        .word(&["一楼综合窗口", "二楼办事大厅 3 号窗口", "三楼 306 办公室", "便民服务站前台", "业务受理区 B05 窗口", "执法中队值班室"])
        .to_owned();
    let facts: &[&str] = match code {
        "absent" => &[
            "上班时间窗口无人，也没有放置去向告知牌，十五分钟后工作人员返回。",
            "值班表显示两人在岗，现场只有一人，另一人未履行请假手续。",
            "办公室空无一人，经联系得知该同志外出办私事。",
        ],
        "late_early" => &["上午九点十二分仍有两名工作人员未到岗。", "距下班还有二十分钟，窗口已开始收拾物品，不再接待群众。"],
        "idle" => &["一名工作人员上班时间用手机看视频，时长约十分钟。", "值班人员在电脑上浏览购物网页，群众等候时未主动接待。"],
        "rude" => &[
            "群众咨询办理条件时，工作人员回答“墙上写着自己看”，语气生硬。",
            "检查人员以群众身份询问进度，对方未核实即要求改天再来。",
            "回访录音显示，经办人员与诉求人争执，多次打断对方说话。",
        ],
        "not_told_at_once" => {
            &["群众提交材料后被告知还缺一份，此前未给一次性告知单。", "工作人员口头列举材料与公开的办事指南不一致，未出具书面告知。"]
        }
        "window_closed" => {
            &["公示受理时间为十七点三十分，十七点零五分窗口已停止取号。", "三个窗口只开一个，排队群众十四人，未见引导分流。"]
        }
        "not_published" => &[
            "大厅公示的办理时限仍是去年版本，与网上不一致。",
            "办事指南没有公布收费依据和投诉电话。",
            "两项事项的流程图缺失，二维码扫描后无法打开。",
        ],
        _ => &[
            "登记台账缺少三日记录，值班人员说不清原因。",
            "抽查五件回访记录，其中一件诉求人表示没有接到电话。",
            "首问登记本未启用，群众来访没有登记。",
        ],
    };
    let more: &[&str] = &["现场负责人当场确认。", "检查人员已告知单位带班领导。", "有现场记录为证。", "单位表示立即改正。"];
    (place, say(random, &[facts, more]))
}

fn reply(agrees: bool, random: &mut Random) -> String {
    if agrees {
        return say(
            random,
            &[
                &["情况属实，", "经核实，检查记录与实际一致，", "对检查发现的问题没有异议，"],
                &["已对当事人进行批评教育，", "已在全局通报，", "分管领导已约谈窗口负责人，"],
                &["并完善了值班替岗制度。", "将举一反三抓好整改。", "并更新了公示内容。"],
            ],
        );
    }
    say(
        random,
        &[
            &["经调看监控，", "经了解当时情况，", "经与当事人核实，"],
            &[
                "该同志正在后台协助群众复印材料，并非脱岗，",
                "系统升级导致取号机暂停，已有公告，",
                "当时正与其他单位核对政策口径，用语确有不当但没有拒绝办理，",
            ],
            &["请予核减。", "请检查组再作核实。"],
        ],
    )
}

fn confirm(random: &mut Random) -> String {
    say(
        random,
        &[
            &["现场记录和单位回复相互印证，", "两名检查人员签字确认，事实清楚，", "单位的说明不影响对事实的认定，"],
            &["予以认定。", "予以认定，按规定扣分。", "认定为有效问题，责令整改。"],
        ],
    )
}

fn dropped(random: &mut Random) -> String {
    say(
        random,
        &[
            &["单位提供的监控录像显示工作人员在岗服务，", "公告和系统日志能够证明属于不可控情况，", "现有记录不足以认定，"],
            &["该条撤销。", "不予认定，记录留存。"],
        ],
    )
}

fn to_rectify(random: &mut Random) -> String {
    say(
        random,
        &[
            &["请针对检查认定的问题，", "请对照检查记录，"],
            &["落实窗口替岗和去向告知制度，", "全面更新公示的办事指南，", "规范一次性告知单的使用，", "组织窗口人员服务规范培训，"],
            &["明确责任人和完成时限，按期报送整改情况。", "举一反三，对所有窗口开展自查，按期反馈。", "整改完成后附佐证材料申请验收。"],
        ],
    )
}
