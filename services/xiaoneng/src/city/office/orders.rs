//! Supervision orders: about two dozen in four months, on cases, cards and what the office saw itself.

use application::Error;
use application::orders::{GroundGiven, OrderCommand, OrderGiven};
use domain::account::Role;
use domain::card::CardStage;
use domain::ids::{OrderId, UnitCode};
use domain::order::{OrderColour, OrderStage, OrderState};
use projections::{At, Bucket, HolderKey, Sort, WorklistFilter, WorklistQuery};

use super::{Office, internal, say, unit};
use crate::city::random::Random;

/// What becomes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Fed back in time and accepted.
    Done,
    /// Fed back late and accepted.
    Late,
    /// Sent back once, then accepted.
    Twice,
    /// Sent back and open again.
    Back,
    /// Fed back and not looked at yet.
    Waits,
    /// Nobody has done anything yet.
    Open,
    /// Urged, and still open.
    Urged,
    /// Taken back.
    Withdrawn,
}

use Fate::{Back, Done, Late, Open, Twice, Urged, Waits, Withdrawn};
use OrderColour::{Blue, Orange, Red};

/// Working days before the end, unit, colour, days to feed back, what becomes of it.
const ORDERS: [(i64, &str, OrderColour, u16, Fate); 27] = [
    (78, "QY-JS", Blue, 5, Done),
    (74, "QY-CG", Orange, 5, Done),
    (70, "339902-CG", Blue, 5, Late),
    (66, "QY-RS", Orange, 7, Done),
    (61, "339903-HB", Red, 5, Twice),
    (58, "QY-GA", Blue, 5, Done),
    (54, "339904-JS", Orange, 5, Late),
    (50, "QY-ZW", Blue, 3, Withdrawn),
    (47, "QY-CG", Blue, 5, Twice),
    (43, "339981-SC", Orange, 5, Done),
    (40, "QY-JY", Blue, 5, Done),
    (36, "339902-NY", Orange, 7, Late),
    (33, "QY-YB", Blue, 5, Done),
    (29, "339903-RS", Orange, 5, Done),
    (26, "QY-JT", Red, 5, Urged),
    (22, "QY-SC", Orange, 5, Done),
    (19, "339904-CG", Red, 5, Urged),
    (16, "QY-HB", Blue, 3, Withdrawn),
    (13, "QY-CG", Orange, 5, Back),
    (11, "339981-JT", Orange, 5, Urged),
    (9, "QY-WJ", Blue, 5, Waits),
    (7, "339902-JS", Orange, 5, Waits),
    (5, "QY-ZR", Blue, 10, Waits),
    (4, "QY-CG", Blue, 7, Open),
    (3, "QY-JS", Orange, 7, Open),
    (2, "339903-CG", Blue, 5, Open),
    (1, "QY-RS", Red, 3, Open),
];

/// Orders issued so far, each with its line above.
#[derive(Default)]
pub(super) struct Book(Vec<(OrderId, usize)>);

impl Office {
    /// Issues what is to be issued today and works off the others.
    pub(super) async fn work_orders(&mut self) -> Result<(), Error> {
        let Some(director) = self.first(Role::Director) else { return Ok(()) };
        self.look().await?;
        let left = self.left;
        for (line, (_, code, colour, days, _)) in ORDERS.iter().enumerate().filter(|(_, order)| order.0 == left) {
            let Some(unit) = unit(code).filter(|unit| self.answers(unit).is_some()) else { continue };
            let mut random = self.fate("order", &left.to_string());
            let ground = self.ground_of_order(&unit, line)?;
            let requirement = requirement(&ground, &mut random);
            let given = OrderGiven { unit, ground, colour: *colour, requirement, days: Some(*days) };
            let meta = self.meta(&director);
            let issued = self.house.app.issue_order(&meta, &given).await;
            if let Some((order, _)) = self.done("order", issued)? {
                self.orders.0.push((order, line));
            }
        }
        for (order, line) in self.orders.0.clone() {
            let row = self.house.app.projections.views().stream::<OrderState>(&order.stream()).map_err(internal)?;
            let (Some(row), Some((.., fate))) = (row, ORDERS.get(line)) else { continue };
            self.work_order(order, &row.state, *fate).await?;
        }
        Ok(())
    }

    /// What the order rests on: a card of the unit, an open case of it, or neither.
    fn ground_of_order(&self, unit: &UnitCode, line: usize) -> Result<GroundGiven, Error> {
        if line.is_multiple_of(3) {
            let cards = self.recent::<domain::card::CardState>()?;
            if let Some(card) = cards.iter().find(|row| row.state.unit == *unit && row.state.stage == CardStage::Issued) {
                return Ok(GroundGiven::Card(card.state.id()));
            }
        }
        if line % 4 != 3 {
            for bucket in [Bucket::Breached, Bucket::Open] {
                let query = WorklistQuery {
                    holder: HolderKey::Unit(unit.clone()),
                    bucket,
                    sort: Sort::Due,
                    filter: WorklistFilter { unit: Some(unit.clone()), ..WorklistFilter::default() },
                    at: At::First,
                    limit: 8,
                };
                let page = self.house.app.projections.views().worklist(&query).map_err(internal)?;
                if let Some(case) = page.rows.iter().find(|case| !case.wrongdoing && !case.confidential) {
                    return Ok(GroundGiven::Case(case.id));
                }
            }
        }
        Ok(GroundGiven::Other)
    }

    async fn work_order(&mut self, order: OrderId, state: &OrderState, fate: Fate) -> Result<(), Error> {
        let (Some(director), Some(inspector)) = (self.first(Role::Director), self.first(Role::Inspector)) else { return Ok(()) };
        let mut random = self.fate(&order.stream(), &format!("{}{}", state.stage.label(), state.urged));
        let (age, back) = (self.age(state.issued_at), state.returned_at);
        let (actor, command) = match state.stage {
            OrderStage::Open => match fate {
                Withdrawn if age >= 2 => (Some(director), OrderCommand::Withdraw { reason: withdrawn(&mut random) }),
                Urged if state.overdue && state.urged == 0 && self.now() > state.due => {
                    (Some(inspector), OrderCommand::Urge { words: urge(&mut random) })
                }
                Late if !state.overdue || self.now() < state.due => return Ok(()),
                Done | Waits | Late | Twice | Back if back.is_none() && age >= 2 => {
                    (self.answers(&state.unit), OrderCommand::Feedback { words: feedback(&mut random) })
                }
                Twice if back.is_some_and(|at| self.age(at) >= 3) => {
                    (self.answers(&state.unit), OrderCommand::Feedback { words: again(&mut random) })
                }
                _ => return Ok(()),
            },
            OrderStage::Answered if fate != Waits && state.fed_back_at.is_some_and(|at| self.age(at) >= 1) => {
                let sends = matches!(fate, Twice | Back) && back.is_none();
                let command = if sends {
                    OrderCommand::SendBack { reason: sent_back(&mut random), days: Some(8) }
                } else {
                    OrderCommand::Accept { words: accept(&mut random) }
                };
                (Some(inspector), command)
            }
            _ => return Ok(()),
        };
        let Some(actor) = actor else { return Ok(()) };
        let meta = self.meta(&actor);
        let taken = self.house.app.on_order(&meta, order, &command).await;
        self.done("order step", taken)?;
        Ok(())
    }
}

fn requirement(ground: &GroundGiven, random: &mut Random) -> String {
    let fact: &[&str] = match ground {
        GroundGiven::Card(_) => &[
            "该件已签发黄牌，群众反映的问题仍未根本解决。",
            "签发黄牌以后你单位尚未报告整改情况。",
            "该件反映的问题在同一路段多次出现，一牌之后没有明显改观。",
        ],
        GroundGiven::Case(_) => &[
            "该件诉求反映的问题持续时间较长，周边居民意见集中。",
            "诉求人多次来电催问，承办进展不明。",
            "该件涉及两个以上单位，牵头推进不力。",
            "该件答复期限临近，尚未见实质处置措施。",
        ],
        _ => &[
            "近一个月你单位承办的诉求件按时联系率明显低于全市平均。",
            "近期同类诉求集中，前期处置多为一事一办，没有从源头研究解决。",
            "经抽查，你单位部分答复内容笼统，未逐项回应诉求。",
        ],
    };
    let ask: &[&str] = &[
        "请由分管负责人牵头，一周内拿出处置方案并组织实施；",
        "请立即到现场核查，能当场解决的当场解决，不能的列出时限；",
        "请对本单位同类问题作一次全面排查，建立清单，逐件销号；",
        "请会同属地镇街研究解决办法，明确责任科室和责任人；",
    ];
    let report: &[&str] =
        &["办理结果和佐证材料按期反馈效能办。", "反馈时写明采取的措施、完成情况和群众意见。", "按期反馈，并附现场照片和回访记录。"];
    say(random, &[fact, ask, report])
}

fn feedback(random: &mut Random) -> String {
    say(
        random,
        &[
            &[
                "收到督办单后，我单位当日召开专题会研究。",
                "分管负责人带队到现场查看，并与诉求人见面沟通。",
                "已会同属地街道完成现场核查，问题属实。",
                "对同类诉求逐件梳理，共排查出相似问题若干处。",
            ],
            &[
                "已完成维修更换，恢复正常使用；",
                "已责令责任单位限期整改，目前整改完毕；",
                "已调整作业时段，并增加巡查频次；",
                "已补发有关材料，流程缩短为一次办结；",
            ],
            &["经电话回访，诉求人表示认可。", "后续将纳入日常巡查，防止反弹。", "有关照片和记录已留存备查。", "同步修订了内部办理规程。"],
        ],
    )
}

fn again(random: &mut Random) -> String {
    say(
        random,
        &[
            &["按退回意见补充如下：", "针对退回指出的问题，"],
            &["已逐户回访相关住户，", "已补充责任科室、责任人和完成时限，", "已对遗漏的两处点位完成处置，"],
            &["问题全部整改到位。", "并由主要负责人签字确认。"],
        ],
    )
}

fn sent_back(random: &mut Random) -> String {
    say(
        random,
        &[
            &["反馈只写了会议研究，没有处置结果；", "所附照片看不出整改前后的变化；", "没有说明群众意见，也没有回访记录；"],
            &["请补充完整后重新反馈。", "请到现场复核后再报。", "请逐项对照督办要求补报。"],
        ],
    )
}

fn accept(random: &mut Random) -> String {
    say(
        random,
        &[
            &["经电话抽查诉求人，", "经实地查看，", "经核对佐证材料，"],
            &["措施已落实，", "问题已解决，", "处置情况与反馈一致，"],
            &["同意销号。", "予以办结，请巩固成效。", "办结销号，后续纳入回头看。"],
        ],
    )
}

fn urge(random: &mut Random) -> String {
    say(
        random,
        &[
            &["督办单已逾期，至今没有收到反馈。", "该督办事项超过反馈期限。"],
            &["请于两日内反馈，并说明逾期原因。", "请主要负责人过问，尽快反馈办理情况。", "再次逾期的，将按规定约谈。"],
        ],
    )
}

fn withdrawn(random: &mut Random) -> String {
    say(
        random,
        &[
            &["经核对，该事项已并入市政府督查事项统一督办，", "经核实，承办单位在发单前已办结，", "有关职责已由裁定明确为其他单位，"],
            &["本督办单撤回。", "撤回本单，不再要求反馈。"],
        ],
    )
}
