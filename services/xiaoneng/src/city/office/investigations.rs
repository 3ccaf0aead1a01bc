//! Complaints about the efficiency of units: fourteen in half a year, one step of work a day until where they stand now.

use application::investigations::Command;
use application::{Actor, Error, Meta, Staff};
use chrono::TimeDelta;
use domain::account::Role;
use domain::ids::InvestigationId;
use domain::investigation::{
    Advice, Complainant, Conclusion, Finding, Ground, Investigation, Mode, NewComplaint, Source, Stage, Statement, System, Talk,
};
use projections::{At, Bucket, HolderKey, Sort, WorklistFilter, WorklistQuery};

use super::{Office, internal, say, unit};
use crate::city::random::Random;
use crate::city::words;

struct Complaint {
    /// Working days before the end on which it comes in.
    left: i64,
    unit: &'static str,
    system: System,
    source: Source,
    words: &'static str,
    when: &'static str,
    /// Where it stands at the end.
    until: Stage,
    finding: Finding,
    /// The complainant asks for a review.
    review: bool,
}

const fn complaint(left: i64, unit: &'static str, system: System, source: Source, until: Stage, finding: Finding) -> Complaint {
    Complaint { left, unit, system, source, words: "", when: "", until, finding, review: false }
}

const fn said(of: Complaint, when: &'static str, words: &'static str) -> Complaint {
    Complaint { words, when, ..of }
}

use Finding::{Mostly, Partly, Proved, Unclear, Untrue};
use Source::{Letter, Phone, Referral, Visit, Web};
use Stage::{Accepted, Closed, Concluded, Filed, Investigating, Refused, Reported, Signed};

const COMPLAINTS: [Complaint; 15] = [
    said(
        complaint(82, "QY-ZW", System::TellOnce, Web, Closed, Proved),
        "上月 20 日至 28 日",
        "办理食品经营许可，前后去了四次。每次都说缺一样材料，第一次没有给一次性告知单，第三次才说要先做备案。",
    ),
    said(
        complaint(76, "339902-JS", System::TimeLimit, Phone, Closed, Mostly),
        "今年春天至今",
        "小区公共维修资金申请受理后三个多月没有回音，打电话都说在走流程，超过公开承诺的三十个工作日。",
    ),
    said(
        complaint(70, "339903-GA", System::FirstAsked, Web, Closed, Partly),
        "本月上旬",
        "到派出所开户籍证明，窗口说归社区，社区说归派出所，来回跑了两天没人登记也没人指引。",
    ),
    said(
        complaint(63, "QY-JT", System::Promise, Letter, Closed, Untrue),
        "国庆前后",
        "网上公布道路运输证换发三个工作日办结，我等了两个星期，认为单位没有兑现承诺。",
    ),
    said(
        complaint(58, "339904-SC", System::PostDuty, Visit, Closed, Unclear),
        "七月中旬一天下午",
        "下午四点多去市场监管所投诉，办公室没有人，等到五点半也没有见到值班人员。",
    ),
    said(complaint(52, "QY-RS", System::OpenAffairs, Web, Refused, Untrue), "前年", "对劳动仲裁裁决的工伤待遇数额不服，要求效能办改过来。"),
    said(
        complaint(46, "QY-CG", System::Negative, Web, Closed, Proved),
        "上个月",
        "申请店招设置，窗口直接说“这条街不批”，问依据不回答，也不给书面不予受理通知。",
    ),
    said(
        Complaint { review: true, ..complaint(44, "339981-YB", System::TellOnce, Web, Investigating, Untrue) },
        "八月下旬",
        "异地就医报销材料交了两遍，工作人员说第一次交的找不到，要我重新从医院开。",
    ),
    complaint(30, "QY-JS", System::TimeLimit, Referral, Investigating, Proved),
    said(
        complaint(20, "339902-ZR", System::TimeLimit, Phone, Concluded, Mostly),
        "两个月前",
        "不动产补证登报公告期早已届满，一直不给发证，窗口说系统问题，没有给准确时间。",
    ),
    said(
        complaint(17, "QY-GA", System::FirstAsked, Web, Signed, Partly),
        "本月第一周",
        "车辆迁入手续在两个窗口之间来回转了三次，每次都要重新取号，没有人带办。",
    ),
    said(
        complaint(14, "339904-NY", System::OpenAffairs, Letter, Reported, Proved),
        "今年秋收以后",
        "村里种粮补贴没有公示，问镇农业站说归县里，县局说归镇里，到现在不知道自家面积核了多少。",
    ),
    complaint(10, "339903-CG", System::Evaluation, Referral, Investigating, Partly),
    said(
        complaint(4, "QY-WJ", System::Promise, Web, Accepted, Proved),
        "最近半个月",
        "公开承诺预约挂号投诉两个工作日回复，我投诉了两次都没有接到电话。",
    ),
    said(
        complaint(1, "339902-ZW", System::PostDuty, Web, Filed, Proved),
        "昨天上午",
        "大厅八号窗口上午十点到十点四十没有人，取了号的十几个人一直等，问导办员说去开会了。",
    ),
];

/// Complaints so far, each with its place above.
#[derive(Default)]
pub(super) struct Book(Vec<(InvestigationId, usize)>);

impl Office {
    /// What comes in today, and one step in each of the others.
    pub(super) async fn work_investigations(&mut self) -> Result<(), Error> {
        self.look().await?;
        let left = self.left;
        for (place, complaint) in COMPLAINTS.iter().enumerate().filter(|(_, complaint)| complaint.left == left) {
            if let Some(id) = self.comes_in(complaint).await? {
                self.investigations.0.push((id, place));
            }
        }
        self.look().await?;
        for (id, place) in self.investigations.0.clone() {
            let row = self.house.app.projections.views().stream::<Investigation>(&id.stream()).map_err(internal)?;
            if let (Some(row), Some(complaint)) = (row, COMPLAINTS.get(place)) {
                self.next_step(id, &row.state, complaint).await?;
            }
        }
        Ok(())
    }

    async fn comes_in(&mut self, complaint: &Complaint) -> Result<Option<InvestigationId>, Error> {
        let Some(unit) = unit(complaint.unit) else { return Ok(None) };
        let mut random = self.fate("complaint", complaint.unit);
        let number = self.house.app.complaint_number()?;
        if complaint.source == Referral {
            let Some(dispatcher) = self.first(Role::Dispatcher) else { return Ok(None) };
            let query = WorklistQuery {
                holder: HolderKey::Unit(unit.clone()),
                bucket: Bucket::Breached,
                sort: Sort::Due,
                filter: WorklistFilter { unit: Some(unit.clone()), hide_wrongdoing: true, ..WorklistFilter::default() },
                at: At::First,
                limit: 1,
            };
            let views = self.house.app.projections.views();
            let mut page = views.worklist(&query).map_err(internal)?;
            if page.rows.is_empty() {
                page = views.worklist(&WorklistQuery { bucket: Bucket::Open, ..query }).map_err(internal)?;
            }
            let Some(case) = page.rows.first().map(|case| case.id) else { return Ok(None) };
            let words = say(
                &mut random,
                &[
                    &["该件办理中承办单位两次未按约定时间联系诉求人，", "承办单位答复与现场情况明显不符，", "该件催办三次没有回应，"],
                    &["疑有不作为、慢作为情形，", "反映的是工作人员推诿问题，"],
                    &["现将线索移送效能办。", "移送核查。"],
                ],
            );
            let meta = self.meta(&dispatcher);
            let referred = self.house.app.refer_case(&meta, case, &number, complaint.system, &words).await;
            return Ok(self.done("referral", referred)?.map(|filed| filed.id));
        }
        let anonymous = random.chance(0.15) && !complaint.review;
        let complainant = (!anonymous).then(|| Complainant { name: words::name(&mut random), phone: words::phone(&mut random) });
        let new = NewComplaint {
            number,
            unit,
            system: complaint.system,
            source: complaint.source,
            statement: Statement {
                words: complaint.words.to_owned(),
                when: complaint.when.to_owned(),
                evidence: random.word(&["", "取号单照片", "通话录音", "受理回执复印件", "聊天截图"]).to_owned(),
            },
            official: random.word(&["", "", "窗口工作人员，工号不详", "姓李的股长"]).to_owned(),
            complainant,
        };
        let form = self.command();
        let actor = match complaint.source {
            Web => Actor::Citizen,
            _ => match self.first(Role::Inspector) {
                Some(inspector) => Actor::Staff(inspector),
                None => return Ok(None),
            },
        };
        let filed = self.house.app.file_complaint(&Meta::new(actor, form), form, new).await;
        Ok(self.done("complaint", filed)?.map(|filed| filed.id))
    }

    async fn next_step(&mut self, id: InvestigationId, state: &Investigation, complaint: &Complaint) -> Result<(), Error> {
        let (Some(director), Some(inspector)) = (self.first(Role::Director), self.first(Role::Inspector)) else { return Ok(()) };
        let mut random = self.fate(&id.stream(), &format!("{}{}", state.stage.code(), state.interviews));
        let reviewed = state.round > 1;
        let (actor, command): (Staff, Command) = match state.stage {
            Filed if complaint.until != Filed && self.age(state.filed_at) >= 1 => {
                let command = if complaint.until == Refused {
                    Command::Refuse(
                        Ground::Court,
                        "您反映的事项已有仲裁裁决，对裁决不服的，可以在收到裁决书之日起十五日内向人民法院起诉。".to_owned(),
                    )
                } else {
                    Command::Accept(*random.pick(&[Mode::Direct, Mode::Direct, Mode::Supervised]))
                };
                (inspector, command)
            }
            Accepted if complaint.until != Accepted => {
                let free: Vec<_> =
                    self.all(Role::Inspector).iter().map(|staff| staff.account).filter(|one| !state.former.contains(one)).collect();
                let at = random.below(free.len().max(1));
                let (Some(first), Some(second)) = (free.get(at), free.get((at + 1) % free.len().max(1))) else { return Ok(()) };
                (director, Command::Assign(*first, *second))
            }
            Investigating => {
                let Some(first) = state.investigators.first().and_then(|one| self.of_account(*one)) else { return Ok(()) };
                let stays = complaint.until == Investigating && (!complaint.review || reviewed);
                match (state.interviews % 3, stays) {
                    (0 | 1, _) if self.age(state.since) > 2 * i64::from(state.interviews % 3) => {
                        (first, Command::Interview(self.talk(state.interviews, &mut random)))
                    }
                    (2, false) if self.age(state.since) > 5 => {
                        (first, Command::Report(complaint.finding, report(complaint.finding, &mut random)))
                    }
                    _ => return Ok(()),
                }
            }
            Reported if complaint.until != Reported => {
                let Some(second) = state.second().and_then(|one| self.of_account(one)) else { return Ok(()) };
                (second, Command::Sign)
            }
            Signed if complaint.until != Signed => (director, Command::Conclude(conclusion(complaint.finding, &mut random))),
            Concluded if complaint.until != Concluded && self.age(state.since) >= 1 => {
                (inspector, Command::Answer(answer(complaint.finding, &mut random)))
            }
            Closed => return self.after_closing(id, state, complaint).await,
            _ => return Ok(()),
        };
        let meta = self.meta(&actor);
        let taken = self.house.app.on_investigation(&meta, id, &command).await;
        self.done("investigation", taken)?;
        Ok(())
    }

    /// The unit says whether it adopts; one complainant asks for a review.
    async fn after_closing(&mut self, id: InvestigationId, state: &Investigation, complaint: &Complaint) -> Result<(), Error> {
        let mut random = self.fate(&id.stream(), "after");
        let meta_and_command = if complaint.review && state.round == 1 && state.answered_at.is_some_and(|at| self.age(at) >= 3) {
            let command = self.command();
            let reason = "答复说第一次没有收到材料，但我有邮寄签收记录，请另派人员再查。".to_owned();
            Some((Meta::new(Actor::Complainant(id), command), Command::RequestReview(reason)))
        } else if state.recommendation.as_ref().is_some_and(|of| of.adopted.is_none() && self.age(of.since) >= random.between(5, 12)) {
            let Some(liaison) = self.answers(&state.unit) else { return Ok(()) };
            let adopts = complaint.finding != Partly;
            (self.left > 4).then(|| (self.meta(&liaison), Command::Adopt(adopts, adopt(adopts, &mut random))))
        } else {
            None
        };
        if let Some((meta, command)) = meta_and_command {
            let taken = self.house.app.on_investigation(&meta, id, &command).await;
            self.done("investigation after", taken)?;
        }
        Ok(())
    }

    fn talk(&self, number: u32, random: &mut Random) -> Talk {
        let (who, words): (&str, &[&str]) = if number.is_multiple_of(2) {
            (
                "投诉人",
                &[
                    "投诉人讲述了前后经过，与书面投诉一致，提供了取号单和通话记录。投诉人希望尽快办成，并希望窗口以后一次讲清。",
                    "投诉人表示，最在意的是没有人给准话。对方态度尚可，但每次说法不一样。",
                    "电话核实，投诉人补充了具体时间和窗口号，愿意配合核查，不要求追究个人责任。",
                ],
            )
        } else {
            (
                "被投诉单位经办科室负责人",
                &[
                    "科室负责人称，当时业务系统升级，纸质材料与系统不同步，承认没有主动告知进度。",
                    "经办人员说明了办理过程，承认第一次没有出具一次性告知单，理由是当日人手不足。",
                    "负责人提供了流转记录，认为各环节均在时限内，但对首问登记没有落实的情况没有异议。",
                ],
            )
        };
        Talk {
            held: self.now() - TimeDelta::minutes(40),
            place: random.word(&["市效能办谈话室", "被投诉单位会议室", "电话"]).to_owned(),
            who: who.to_owned(),
            words: random.word(words).to_owned(),
        }
    }
}

fn report(finding: Finding, random: &mut Random) -> String {
    let fact: &[&str] = match finding {
        Proved => &["投诉反映的主要事实有书面记录和谈话笔录证实。", "经调取流转记录和监控，投诉反映的情况存在。"],
        Mostly => &["主要事实成立，个别时间节点与投诉反映略有出入。", "逾期事实成立，逾期天数少于投诉所述。"],
        Partly => &["首问登记没有落实属实，推诿两天的说法缺少证据。", "多次往返属实，但其中一次系投诉人材料不全。"],
        Untrue => &[
            "经核对系统记录，该事项在承诺时限内办结，投诉人收到结果较晚系邮寄所致。",
            "现有证据与投诉反映不符，未发现违反有关制度的情形。",
        ],
        Unclear => &["事发当日监控已超过保存期，双方说法不一，没有其他证据。"],
    };
    say(
        random,
        &[
            &["调查组两人，谈话两次，调阅材料十余份。", "调查组听取了双方意见，查阅了业务系统。", "调查组到现场核查并制作谈话记录。"],
            fact,
            &["建议按此认定。", "调查结论如上，请审定。"],
        ],
    )
}

fn conclusion(finding: Finding, random: &mut Random) -> Conclusion {
    let words =
        say(random, &[&["同意调查组意见。", "事实清楚，程序完备。", "依据调查报告和谈话记录，"], &["结论如上。", "按规定答复投诉人。"]]);
    if !finding.is_true() {
        return Conclusion { finding, advice: Vec::new(), recommendation: String::new(), words };
    }
    let mut advice = vec![Advice::Improve];
    if finding == Proved && random.chance(0.5) {
        advice.push(Advice::Responsibility);
    }
    let recommendation = say(
        random,
        &[
            &[
                "建议你单位对一次性告知、首问登记等制度执行情况作一次检查，",
                "建议你单位梳理该事项办理流程，压缩内部流转时间，",
                "建议你单位完善进度告知办法，逾期事项主动说明原因，",
            ],
            &["对存在问题的环节限期改进，", "明确每个环节的责任人，", "并向社会公开办理时限，"],
            &["三十日内答复是否采纳。", "采纳情况书面告知效能办。"],
        ],
    );
    Conclusion { finding, advice, recommendation, words }
}

fn answer(finding: Finding, random: &mut Random) -> String {
    let found: &[&str] = if finding.is_true() {
        &["经调查，您反映的情况{}。", "您反映的问题经核查{}。"]
    } else {
        &["经调查，您反映的情况{}，有关记录可以到我办查阅。", "经核查认定为{}，感谢您的监督。"]
    };
    let then: &[&str] = if finding.is_true() {
        &["我办已向该单位提出改进建议，您的事项正由专人跟进。", "有关单位已向您致歉并改正，我办将继续跟踪。"]
    } else {
        &["如有新的证据，欢迎补充。", "对结果有不同意见的，可以在期限内申请复查。"]
    };
    say(random, &[found, then]).replace("{}", finding.label())
}

fn adopt(adopts: bool, random: &mut Random) -> String {
    if adopts {
        say(
            random,
            &[
                &["采纳建议。", "我单位完全采纳。"],
                &["已修订办理规程，取消两个内部环节，", "已组织窗口人员学习并逐人签收告知制度，", "已建立逾期预警和主动告知办法，"],
                &["并从下月起公开执行情况。", "责任科室作了书面检查。"],
            ],
        )
    } else {
        say(
            random,
            &[
                &["经研究，建议涉及的流程由省级系统统一设定，", "相关时限由上级规定，"],
                &["我单位无权调整，已向上级书面反映。", "暂不能采纳，将通过加强提醒减少群众等候。"],
            ],
        )
    }
}
