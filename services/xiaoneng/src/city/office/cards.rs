//! The director goes through the triggers of cards and issues most of them; some heads object; the leader decides, since the
//! director does not judge what he issued.

use application::Error;
use application::cards::CardCommand;
use domain::account::Role;
use domain::card::{CardStage, CardState, Rule};

use super::{Office, say};
use crate::city::random::Random;

/// In the last so many working days …
const LAST: i64 = 20;

/// … the director leaves the newest triggers alone, so that some wait for whoever looks at the city, however small it is.
const WAITING: usize = 2;

impl Office {
    /// The director's and the heads' mornings with cards.
    pub(super) async fn work_cards(&mut self) -> Result<(), Error> {
        let (Some(director), Some(leader)) = (self.first(Role::Director), self.first(Role::Leader)) else { return Ok(()) };
        self.look().await?;
        let mut waiting = if self.left <= LAST { WAITING } else { 0 };
        for row in self.recent::<CardState>()? {
            let card = &row.state;
            if card.stage == CardStage::Triggered && waiting > 0 {
                waiting -= 1;
                continue;
            }
            let mut random = self.fate(&row.name, card.stage.code());
            let (share, lag) = (random.share(), random.between(2, 6));
            let (actor, command) = match card.stage {
                CardStage::Triggered if self.age(card.triggered_at) >= lag => {
                    let issued = share < if card.rule == Rule::YellowOnBreach { 0.62 } else { 0.85 };
                    let command = if issued {
                        CardCommand::Issue { words: issue(card.rule, &mut random) }
                    } else {
                        CardCommand::Dismiss { reason: dismiss(&mut random) }
                    };
                    (Some(director.clone()), command)
                }
                CardStage::Issued if !card.lapsed && share < 0.24 && card.issued_at.is_some_and(|at| self.age(at) >= 1) => {
                    (self.heads.get(&card.unit).cloned(), CardCommand::Object { words: object(&mut random) })
                }
                CardStage::Objected if card.objected_at.is_some_and(|at| self.age(at) > lag) => {
                    let command = if share < 0.6 {
                        CardCommand::Uphold { reason: uphold(&mut random) }
                    } else {
                        CardCommand::Revoke { reason: revoke(&mut random) }
                    };
                    (Some(leader.clone()), command)
                }
                _ => continue,
            };
            let Some(actor) = actor else { continue };
            let meta = self.meta(&actor);
            let taken = self.house.app.on_card(&meta, card.id(), &command).await;
            self.done("card", taken)?;
        }
        Ok(())
    }
}

fn issue(rule: Rule, random: &mut Random) -> String {
    let fact: &[&str] = match rule {
        Rule::YellowOnBreach => &[
            "你单位承办的该件诉求未在办理时限内答复，也没有按规定申请延期。",
            "经核对流程记录，该件超过办理时限后才提交答复，延误责任在你单位。",
            "该件在你单位停留时间过长，临期提醒后仍未答复。",
            "该件到期时仍在科室流转，联络员未跟踪催办。",
        ],
        Rule::RedAfter => &[
            "该件超过办理时限三个工作日仍未答复，已发黄牌后没有改进。",
            "该件严重超期，其间未与诉求人说明原因，群众多次来电催问。",
            "该件长时间没有进展，单位负责人未过问，情节较重。",
        ],
        Rule::RedOnRehandling => {
            &["该件经多次二次办理，诉求人仍不满意，前后答复内容基本相同。", "该件反复办理没有实质进展，答复避开了诉求人提出的主要问题。"]
        }
    };
    let ask: &[&str] = &[
        "请于三个工作日内答复诉求人，并向效能办书面说明超期原因。",
        "请主要负责人过问，尽快办结，同时检查本单位其他临期件。",
        "请查明是哪个环节延误，落实专人跟办，避免再次发生。",
        "请分管负责人约谈具体承办科室，整改情况随办理结果一并报告。",
    ];
    say(random, &[fact, ask])
}

fn dismiss(random: &mut Random) -> String {
    let why: &[&str] = &[
        "经核查，延误是因诉求人两次改约现场查看时间，不属于单位责任。",
        "该件到期前半小时改派到该单位，实际占用时间很短，不宜由其承担。",
        "该单位已在时限内电话答复并处置完毕，仅系统提交晚了数小时，予以提醒。",
        "涉及跨部门权属核查，相关证明由其他单位出具，延误原因不在承办单位。",
        "受台风应急响应影响，承办人员全部下沉一线，按规定不计责任。",
    ];
    let then: &[&str] = &["不予签发，留存备查。", "不予签发，已口头提醒该单位注意时限管理。", "不签发黄牌，下次同类情形从严掌握。"];
    say(random, &[why, then])
}

fn object(random: &mut Random) -> String {
    let why: &[&str] = &[
        "我单位于到期当日上午已与诉求人见面并达成一致，系统答复因附件上传失败推迟。",
        "该事项主管职责属于街道，我单位曾提出退单，裁定前的时间不应计入我单位。",
        "现场需要专业机构检测，检测报告到期后第二天才出具，已事先告知诉求人。",
        "经办人员住院期间工作已移交，但系统账号权限没有及时变更。",
        "诉求人明确表示愿意等待配件到货后再答复，有通话记录可查。",
    ];
    let ask: &[&str] = &["申请撤销该牌。", "请予复核。", "现提交有关记录，请求撤销。", "请效能办调取记录后复核。"];
    say(random, &[why, ask])
}

fn uphold(random: &mut Random) -> String {
    say(
        random,
        &[
            &["经调取通话和系统记录，", "经与热线办核对，", "经听取双方意见，"],
            &["所述情况发生在到期以后，", "单位没有按规定在到期前申请延期，", "有关说明缺少证据支持，", "移交不及时属于单位内部管理问题，"],
            &["异议不成立，维持签发。", "异议理由不充分，予以维持。"],
        ],
    )
}

fn revoke(random: &mut Random) -> String {
    say(
        random,
        &[
            &["经核实，", "经复核有关记录，", "经热线办书面确认，"],
            &["到期前已向诉求人作出实质答复，", "改派前的时间确由其他单位占用，", "延误由系统故障造成，", "诉求人书面同意推迟答复，"],
            &["异议成立，撤销该牌。", "撤销签发，原记录保留。"],
        ],
    )
}
