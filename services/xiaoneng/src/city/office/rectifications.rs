//! Rectifications: the units plan and report, inspectors accept or give back; some are late, the newest are still open.

use application::Error;
use domain::account::Role;
use domain::rectification::{RectificationState, Stage};

use super::{Office, say};
use crate::city::random::Random;

impl Office {
    /// A morning with all rectifications.
    pub(super) async fn work_rectifications(&mut self) -> Result<(), Error> {
        let Some(inspector) = self.first(Role::Inspector) else { return Ok(()) };
        self.look().await?;
        for row in self.recent::<RectificationState>()? {
            let state = &row.state;
            let id = state.source.rectification();
            let mut random = self.fate(&row.name, &format!("{}{}", state.stage.label(), state.reports.len()));
            let lag = if state.stage == Stage::Planned { random.between(6, 12) } else { random.between(2, 5) };
            // Every sixth stands still until it is late, at its plan or at its report.
            let (stuck, returned) = (row.ordinal % 6, row.ordinal % 4 == 2);
            if self.age(state.since) < lag {
                continue;
            }
            let Some(liaison) = self.answers(&state.unit) else { continue };
            let taken = match state.stage {
                Stage::Ordered if stuck != 5 => {
                    let (who, measure) = plan(&mut random);
                    let meta = self.meta(&liaison);
                    self.house.app.plan_rectification(&meta, id, &who, &measure).await
                }
                Stage::Planned if stuck != 4 || self.now() > state.due => {
                    if stuck == 4 && self.age(state.due) < 4 {
                        continue;
                    }
                    let meta = self.meta(&liaison);
                    self.house.app.report_rectification(&meta, id, &report(state.reports.len(), &mut random), &[]).await
                }
                Stage::Reported if returned && state.reports.len() == 1 => {
                    let until = self.end_of_day(14);
                    let meta = self.meta(&inspector);
                    self.house.app.return_rectification(&meta, id, &give_back(&mut random), until).await
                }
                Stage::Reported if row.ordinal % 5 != 0 => {
                    let meta = self.meta(&inspector);
                    self.house.app.accept_rectification(&meta, id, &accept(&mut random)).await
                }
                _ => continue,
            };
            self.done("rectification", taken)?;
        }
        Ok(())
    }
}

fn plan(random: &mut Random) -> (String, String) {
    let who = crate::city::words::name(random);
    let measure = say(
        random,
        &[
            &["由办公室牵头，", "由窗口负责人具体落实，", "由分管负责人总负责，"],
            &["一周内修订考勤和替岗制度；", "三个工作日内更换全部过期公示；", "组织全员培训并逐人考核；", "每日抽查一次服务录音；"],
            &["每周五通报执行情况。", "月底前开展一次内部回头看。", "纳入科室年度考核。"],
        ],
    );
    (who, measure)
}

fn report(round: usize, random: &mut Random) -> String {
    let first: &[&str] = if round == 0 {
        &["按整改方案已完成各项措施。", "整改任务全部落实。"]
    } else {
        &["按退回意见补充整改：", "对遗漏的窗口已补齐整改："]
    };
    say(
        random,
        &[
            first,
            &[
                "新制度已印发执行，值班表每日上墙；",
                "公示内容全部更新并与网上一致；",
                "完成培训两期，覆盖全部窗口人员；",
                "对当事人作出内部通报处理；",
            ],
            &["近两周抽查未再发现同类问题。", "群众评价明显好转。", "请予验收。"],
        ],
    )
}

fn accept(random: &mut Random) -> String {
    say(
        random,
        &[
            &["经到现场复核，", "经查看资料并电话抽查，", "经不打招呼回访，"],
            &["制度已执行，", "公示内容准确完整，", "窗口服务规范，"],
            &["同意销号。", "整改到位，予以验收。"],
        ],
    )
}

fn give_back(random: &mut Random) -> String {
    say(
        random,
        &[
            &["复核时仍有一个窗口未放置去向告知牌，", "只整改了被检查的窗口，没有举一反三，", "报告没有附佐证材料，"],
            &["请继续整改后重新报告。", "退回补充整改。"],
        ],
    )
}
