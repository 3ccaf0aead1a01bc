//! Supervised matters of the supervision office (督查事项): six in half a year, each with its units.

use application::Error;
use application::matters::TaskCommand;
use chrono::Days;
use domain::account::Role;
use domain::ids::{MatterId, UnitCode};
use domain::matter::decide::NewMatter;
use domain::matter::{MatterState, Source, TaskStage, TaskState};

use super::{Office, internal, say, unit};
use crate::city::random::Random;

/// What becomes of a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// All tasks done, closed.
    Closed,
    /// Under way.
    Runs,
    /// Past its day, some tasks not done.
    Late,
}

struct Matter {
    /// Working days before the end on which it is set.
    left: i64,
    /// Legal days until it is due.
    days: u64,
    fate: Fate,
    source: Source,
    title: &'static str,
    requirement: &'static str,
    wording: &'static str,
    units: &'static [&'static str],
    milestones: &'static [(u64, &'static str)],
}

const MATTERS: [Matter; 6] = [
    Matter {
        left: 95,
        days: 60,
        fate: Fate::Closed,
        source: Source::WorkReport,
        title: "老旧小区加装电梯民生实事",
        requirement: "年内新开工加装电梯一百台。各单位按分工推进，每两周反馈一次开工数、竣工数和存在的问题，市政府督查室到现场核验。",
        wording: "《政府工作报告》：加快老旧小区改造，支持既有住宅加装电梯。",
        units: &["QY-JS", "QY-ZR", "QY-SC", "339902-JS", "339903-JS"],
        milestones: &[(20, "完成今年第一批点位意愿征集"), (45, "第一批点位全部进场施工")],
    },
    Matter {
        left: 70,
        days: 45,
        fate: Fate::Closed,
        source: Source::Meeting,
        title: "夜间施工噪声专项整治",
        requirement: "统一夜间施工证明的核发口径，公开审批结果，建立联合巡查和快速处置机制，诉求量较上季度明显下降。",
        wording: "市政府第 34 次常务会议：夜间施工噪声群众反映强烈，由市城市管理局牵头开展专项整治。",
        units: &["QY-CG", "QY-HB", "QY-JS", "QY-GA"],
        milestones: &[(15, "出台统一的夜间施工证明办理规则"), (30, "联合巡查机制运行满半个月")],
    },
    Matter {
        left: 52,
        days: 50,
        fate: Fate::Late,
        source: Source::Instruction,
        title: "政务大厅排队时间过长问题整改",
        requirement: "查清高峰时段排队原因，增开潮汐窗口，推行预约和容缺受理，群众平均等候时间控制在二十分钟以内。",
        wording: "请督查室牵头，把群众在大厅久等的原因查清楚，能马上改的马上改，一个月内报结果。",
        units: &["QY-ZW", "QY-RS", "QY-YB", "QY-GA", "QY-ZR", "339904-ZW"],
        milestones: &[(10, "完成三个大厅的实地调查"), (30, "潮汐窗口和预约办理全部启用")],
    },
    Matter {
        left: 38,
        days: 80,
        fate: Fate::Runs,
        source: Source::Above,
        title: "拖欠农民工工资问题冬季专项行动",
        requirement: "对在建项目全面排查，欠薪线索一案一档，政府投资项目欠薪年底前动态清零，重大线索两小时内报告。",
        wording: "省根治欠薪工作领导小组办公室通知要求，十一月起开展冬季专项行动。",
        units: &["QY-RS", "QY-JS", "QY-JT", "QY-SL", "QY-GA", "339902-RS", "339903-RS", "339981-RS"],
        milestones: &[(20, "完成在建项目排查建档"), (60, "政府投资项目欠薪清零")],
    },
    Matter {
        left: 24,
        days: 60,
        fate: Fate::Runs,
        source: Source::Meeting,
        title: "二次供水设施改造和移交",
        requirement: "按计划完成今年改造点位，同步移交供水企业专业管理，水质检测结果在小区公示。",
        wording: "",
        units: &["QY-JS", "QY-GS", "QY-WJ", "339904-JS"],
        milestones: &[(25, "完成全部点位施工图审查"), (50, "半数点位完成移交")],
    },
    Matter {
        left: 9,
        days: 40,
        fate: Fate::Runs,
        source: Source::WorkReport,
        title: "中小学校周边交通秩序治理",
        requirement: "逐校制定上下学时段交通组织方案，增设临时停靠区，护学岗全覆盖，寒假前全部落实到位。",
        wording: "《政府工作报告》民生实事第六项。",
        units: &["QY-JJ", "QY-JY", "QY-CG", "QY-JT"],
        milestones: &[(15, "逐校方案全部制定"), (30, "临时停靠区标线施划完成")],
    },
];

/// Matters set so far, each with its place above.
#[derive(Default)]
pub(super) struct Book(Vec<(MatterId, usize)>);

impl Office {
    /// Sets what is to be set today and works off the tasks.
    pub(super) async fn work_matters(&mut self) -> Result<(), Error> {
        let Some(supervisor) = self.first(Role::Supervisor) else { return Ok(()) };
        self.look().await?;
        let left = self.left;
        for (place, matter) in MATTERS.iter().enumerate().filter(|(_, matter)| matter.left == left) {
            let mut units: Vec<UnitCode> =
                matter.units.iter().filter_map(|code| unit(code)).filter(|one| self.answers(one).is_some()).collect();
            if units.is_empty() {
                continue;
            }
            let today = self.today();
            let new = NewMatter {
                source: matter.source,
                title: matter.title.to_owned(),
                requirement: matter.requirement.to_owned(),
                wording: matter.wording.to_owned(),
                lead: units.remove(0),
                assisting: units,
                milestones: matter.milestones.iter().map(|(days, words)| (today + Days::new(*days), (*words).to_owned())).collect(),
                due: self.end_of_day(matter.days),
            };
            let meta = self.meta(&supervisor);
            let set = self.house.app.set_matter(&meta, &new).await;
            if let Some((id, _)) = self.done("matter", set)? {
                self.matters.0.push((id, place));
            }
        }
        self.look().await?;
        for (id, place) in self.matters.0.clone() {
            let Some(matter) = MATTERS.get(place) else { continue };
            self.work_matter(id, matter).await?;
        }
        Ok(())
    }

    async fn work_matter(&mut self, id: MatterId, matter: &Matter) -> Result<(), Error> {
        let Some(supervisor) = self.first(Role::Supervisor) else { return Ok(()) };
        let views = self.house.app.projections.views();
        let Some(row) = views.stream::<MatterState>(&id.stream()).map_err(internal)?.filter(|row| row.state.closed_at.is_none()) else {
            return Ok(());
        };
        let mut tasks: Vec<TaskState> = Vec::new();
        for (unit, _) in row.state.units() {
            tasks.extend(views.stream::<TaskState>(&id.task(unit)).map_err(internal)?.map(|row| row.state));
        }
        let passed = self.age(row.state.set_at);
        if matter.fate == Fate::Closed && !tasks.is_empty() && tasks.iter().all(|task| task.stage.is_ended()) {
            let meta = self.meta(&supervisor);
            let mut random = self.fate(&id.stream(), "close");
            let closed = self.house.app.close_matter(&meta, id, &close(&mut random)).await;
            self.done("matter closed", closed)?;
            return Ok(());
        }
        for (place, task) in tasks.iter().enumerate() {
            let mut random = self.fate(&id.task(&task.unit), &format!("{}{}", task.percent, task.stage.label()));
            let (actor, command) = match task.stage {
                TaskStage::Open => {
                    let pause = random.between(9, 15);
                    let since = task.fed_back_at.unwrap_or(task.assigned_at);
                    let behind = matter.fate == Fate::Late && place % 3 == 2 && task.percent >= 40;
                    if self.age(since) < pause || behind {
                        continue;
                    }
                    let total = i64::try_from(matter.days).unwrap_or(60);
                    let reached = if matter.fate == Fate::Runs { 90 } else { 100 };
                    let aim = (passed * 120 / total + random.between(-8, 8)).clamp(i64::from(task.percent), reached);
                    let percent = u8::try_from(if aim > 92 { 100 } else { aim / 5 * 5 }).unwrap_or(100);
                    (self.answers(&task.unit), TaskCommand::Feedback { percent, words: progress(percent, &mut random) })
                }
                TaskStage::Answered if task.fed_back_at.is_some_and(|at| self.age(at) >= 2) && (self.left > 3 || place % 2 == 0) => {
                    // A task that is past its day and not done is put off once in a while.
                    let command = if random.chance(0.15) && task.percent < 100 {
                        TaskCommand::SendBack { reason: sent_back(&mut random) }
                    } else {
                        TaskCommand::Accept { words: accept(&mut random) }
                    };
                    (Some(supervisor.clone()), command)
                }
                _ => continue,
            };
            let Some(actor) = actor else { continue };
            let meta = self.meta(&actor);
            let taken = self.house.app.on_task(&meta, id, &task.unit, &command).await;
            self.done("task", taken)?;
        }
        Ok(())
    }
}

fn progress(percent: u8, random: &mut Random) -> String {
    if percent == 100 {
        return say(
            random,
            &[
                &["承担的任务已全部完成，", "各项措施落实到位，", "清单内事项已逐项销号，"],
                &["佐证材料已整理归档，", "经自查符合要求，", "已建立长效管理制度，"],
                &["申请办结。", "请督查室核验。"],
            ],
        );
    }
    say(
        random,
        &[
            &[
                "已成立工作专班，明确责任科室。",
                "本周期召开调度会两次。",
                "已完成底数排查并建立台账。",
                "按节点推进，阶段任务完成。",
                "会同属地开展了联合检查。",
            ],
            &[
                "存在的主要问题是部分点位协调难度较大，",
                "目前进度与计划基本一致，",
                "个别项目受天气影响略有滞后，",
                "涉及资金拨付的事项正在走程序，",
            ],
            &["下一步将加密调度、倒排工期。", "下阶段重点推进难点点位。", "拟于下一周期完成剩余工作量的一半。", "请牵头单位协调有关事项。"],
        ],
    )
}

fn accept(random: &mut Random) -> String {
    say(
        random,
        &[
            &["进展属实，", "经抽查情况基本一致，", "材料齐全，"],
            &["请继续按节点推进。", "同意，难点问题可提请专题协调。", "请把握时间，确保按期完成。", "同意，注意保持工作力度。"],
        ],
    )
}

fn sent_back(random: &mut Random) -> String {
    say(
        random,
        &[
            &["反馈以会议和部署为主，缺少完成数量；", "没有对照节点说明是否滞后；", "与现场核验的情况不一致；"],
            &["请补充后重新反馈。", "请核实数据后再报。"],
        ],
    )
}

fn close(random: &mut Random) -> String {
    say(
        random,
        &[&["各承办单位任务全部完成，", "经现场核验，各项目标均已实现，"], &["同意销号，转入常态管理。", "予以办结，三个月后安排回头看。"]],
    )
}
