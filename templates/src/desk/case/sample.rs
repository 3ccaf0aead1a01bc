//! A case in full, for the page that shows all components.

use super::*;

impl Case {
    /// A case in the hands of a unit, seen by its handler.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one case in full is easier to read in one piece")]
    pub fn sample() -> Self {
        let number = "20261021-000088";
        let at = |hour: &str| Moment::new(&format!("2026-10-21T{hour}:00+08:00"), &format!("10月21日 {hour}"));
        let step = |title: &str, holder: &str, state, note: &str, hour: &str| RouteStep {
            title: title.into(),
            holder: holder.into(),
            state,
            at: (!hour.is_empty()).then(|| at(hour)),
            note: note.into(),
        };
        let total = Due::new("2026-11-05T00:00:00+08:00", "11月4日 24:00", "剩 12 天 13 小时", DueState::Running);
        let handle = Due::new("2026-10-23T17:30:00+08:00", "10月23日 17:30", "剩 6 小时 48 分", DueState::Near);
        let limit = |label: &str, holder: &str, limit: &str, due: &Due, ended: Option<Moment>, kind: &str| LimitRow {
            label: label.into(),
            round: 1,
            holder: holder.into(),
            from: at("11:10"),
            limit: limit.into(),
            due: due.clone(),
            ended,
            answerable: String::new(),
            calendar: "cn-2026".into(),
            rulebook: "generic@2026.1".into(),
            href: format!("/desk/case/{number}/limit/{kind}/1"),
        };
        let kept = Due::new("2026-10-21T15:10:00+08:00", "10月21日 15:10", "", DueState::Kept);
        let fact = |hour: &str, title: &str, by: &str, lines: &[&str], tone, seq: u64| Fact {
            at: at(hour),
            recorded: None,
            title: title.into(),
            by: by.into(),
            lines: lines.iter().map(|line| (*line).into()).collect(),
            late: String::new(),
            tone,
            seq: seq.to_string(),
        };
        let event = |seq: u64, kind: &str, label: &str, hour: &str, actor: &str, hash: &str| EventRow {
            seq: seq.to_string(),
            kind: kind.into(),
            label: label.into(),
            at: at(hour),
            recorded: at(hour),
            actor: actor.into(),
            hash: hash.into(),
            href: Some(format!("/desk/event/{seq}")),
        };
        let mut late = fact(
            "16:20",
            "联系诉求人：电话，未接通",
            "欧阳明远 · 市城市管理局",
            &["响铃无人接听，拟 17:00 再拨。"],
            Tone::Neutral,
            184_120,
        );
        late.recorded = Some(at("16:41"));
        Self {
            shell: Shell::sample_desk(&format!("/desk/case/{number}")),
            crumbs: vec![Link::new("/desk", "工作台"), Link::new("/desk/worklist/handling", "办理中")],
            head: CaseHead {
                number: number.into(),
                title: "小区北门路灯连续五天不亮".into(),
                class: "求助".into(),
                channel: "12345 电话".into(),
                filed: at("10:32"),
                stage: Tag::new("办理中", Tone::Info),
                marks: vec![Tag::new("紧急", Tone::Bad), Tag::new("保密", Tone::Neutral)],
                holder: "市城市管理局".into(),
                holder_since: "已 1 天 23 小时（10月21日 11:10 起）".into(),
                assignee: "照明科 · 欧阳明远".into(),
                ending: String::new(),
                limits: vec![
                    HeadLimit {
                        label: "总时限".into(),
                        limit: "10 个工作日".into(),
                        due: total.clone(),
                        sentence: "10月21日（周三）派单，当日不计，从次日起算 10 个工作日，至 11月4日（周三）24:00。".into(),
                        href: format!("/desk/case/{number}/limit/total/1"),
                    },
                    HeadLimit {
                        label: "办理时限".into(),
                        limit: "紧急件 2 个工作日".into(),
                        due: handle.clone(),
                        sentence: "10月21日（周三）派单，当日不计，紧急件 2 个工作日，至 10月23日（周五）17:30 下班前。".into(),
                        href: format!("/desk/case/{number}/limit/handle/1"),
                    },
                ],
            },
            conflict: None,
            route: vec![
                step("登记", "市热线办", RouteState::Done, "", "10:32"),
                step("派单", "市热线办", RouteState::Done, "用时 38 分", "11:10"),
                step("签收", "市城市管理局", RouteState::Done, "用时 1 小时 4 分 / 限 4 小时", "12:14"),
                step("办理", "欧阳明远", RouteState::Current, "已用 1.8 / 2 个工作日", ""),
                step("单位审核", "", RouteState::Next, "", ""),
                step("热线审核", "", RouteState::Next, "", ""),
                step("回访", "", RouteState::Next, "", ""),
                step("归档", "", RouteState::Next, "", ""),
            ],
            demand: Demand {
                words: "望山街道锦绣苑小区北门外的路灯从上周五开始不亮，一共四盏。\n晚上看不清台阶，昨天有老人在那里绊倒。已经跟物业说过，物业说路灯不归他们管。".into(),
                wish: "尽快修好路灯；修好之前先放警示标志。".into(),
                division: "临江区 望山街道".into(),
                place: "锦绣苑小区北门外，望山路 118 号旁".into(),
                category: "城市管理 › 市政设施 › 路灯照明".into(),
                agent: String::new(),
                external: String::new(),
            },
            contact: ContactBlock {
                rows: vec![SummaryRow::new("姓名", "王**"), SummaryRow::new("电话", "138****0000")],
                note: "诉求人要求保密，联系方式已遮盖，需要联系时请通过市热线办。".into(),
            },
            answers: Vec::new(),
            call_backs: Vec::new(),
            ratings: Vec::new(),
            actions: Actions::sample_handler(),
            waiting: String::new(),
            timeline: vec![
                late,
                fact("14:02", "交办", "林晓岚 · 市城市管理局", &["交照明科 欧阳明远办理。"], Tone::Neutral, 183_990),
                fact("12:14", "签收", "林晓岚 · 市城市管理局", &["用时 1 小时 4 分，限 4 个工作小时。"], Tone::Good, 183_804),
                fact(
                    "11:10",
                    "派单给市城市管理局",
                    "陈敏 · 市热线办",
                    &["依据派单目录“路灯照明”：市政路灯由市城市管理局管养。", "签收限 10月21日 15:10，办理限 10月23日 17:30，总时限 11月4日 24:00。"],
                    Tone::Info,
                    183_655,
                ),
                fact("10:48", "受理", "陈敏 · 市热线办", &[], Tone::Neutral, 183_610),
                fact("10:32", "登记", "刘悦 · 市热线办", &["受理派单限 10月21日 17:30。"], Tone::Neutral, 183_588),
            ],
            ledger: Ledger {
                rows: vec![
                    LedgerRow { holder: "市热线办".into(), hotline: true, from: at("10:32"), to: Some(at("11:10")), minutes: 38, duration: "38 分".into() },
                    LedgerRow { holder: "市城市管理局".into(), hotline: false, from: at("11:10"), to: None, minutes: 2852, duration: "1 天 23 小时 32 分".into() },
                ],
                total: "2 天 0 小时 10 分".into(),
            },
            limits: vec![
                limit("总时限", "全程", "10 个工作日", &total, None, "total"),
                limit("办理时限", "市城市管理局", "紧急件 2 个工作日", &handle, None, "handle"),
                limit("联系诉求人时限", "市城市管理局", "1 个工作日", &Due::new("2026-10-23T00:00:00+08:00", "10月22日 24:00", "超 10 小时", DueState::Over), None, "contact"),
                limit("签收时限", "市城市管理局", "4 个工作小时", &kept, Some(at("12:14")), "sign"),
            ],
            events: vec![
                event(184_120, "case_contacted", "联系诉求人", "16:20", "欧阳明远", "9c1f…e07a"),
                event(183_990, "case_assigned", "交办", "14:02", "林晓岚", "41d0…77b2"),
                event(183_804, "case_signed", "签收", "12:14", "林晓岚", "b90a…1c35"),
                event(183_655, "case_dispatched", "派单", "11:10", "陈敏", "0f6e…a914"),
                event(183_610, "case_accepted", "受理", "10:48", "陈敏", "77aa…0be1"),
                event(183_588, "case_filed", "登记", "10:32", "刘悦", "e3c2…5d60"),
            ],
            supervision: vec![Link::new("/oversight/cards/5c0e8f0e-6f0d-5b7e-9a55-0d4f6c1b2a33", "黄牌 效牌〔2026〕2号（已签发）")],
            earlier: CaseRow::samples().into_iter().skip(5).collect(),
            refer: Some(ReferAct {
                form: Some(super::Form::sample("refer", "/desk/case/3K7Q29XDMA6/refer")),
                systems: vec![crate::components::Choice::new("time_limit", "限时办结制")],
                ..ReferAct::default()
            }),
            escalations: vec![Link::new("/desk/escalations/6f1d2a52", "四级响应〔2026〕12 号 Ⅲ级，处置中")],
            escalate: "/desk/case/20261019-000412/escalate".into(),
            as_of: AsOf::sample(),
        }
    }

    /// The same case when it has run through: answered, called back, rated, dissatisfied.
    #[must_use]
    pub fn sample_judging() -> Self {
        let at = |text: &str| Moment::new("2026-10-28T10:00:00+08:00", text);
        let mut case = Self::sample();
        case.head.stage = Tag::new("待研判", Tone::Warn);
        case.head.holder = "市热线办".into();
        case.head.assignee = String::new();
        case.head.marks.push(Tag::new("市民说没解决", Tone::Bad));
        case.answers = vec![AnswerBlock {
            title: "第 1 次办理的答复".into(),
            state: Tag::new("已送达", Tone::Good),
            outcome: Some(Tag::new("已解决", Tone::Info)),
            by: "欧阳明远起草 · 孙立群签发 · 市热线办审核".into(),
            at: at("10月23日 16:05"),
            words: "王先生：您反映的望山路 118 号旁四盏路灯，经查为电缆接头进水跳闸。10月22日 21:30 已更换接头并恢复照明，现场放置了警示桩。\n后续咨询请拨照明科 0571-00000000。".into(),
            note: String::new(),
        }];
        case.call_backs = vec![
            CallBackRow {
                at: at("10月27日 10:12"),
                attempt: "第 2 次".into(),
                reached: Tag::new("已接通", Tone::Good),
                contacted: "联系过".into(),
                solved: "没有解决".into(),
                grade: Some(Tag::new("不满意", Tone::Bad)),
                note: "亮了三天，25 日晚又灭了两盏。录音号 20261027-1012-07。".into(),
                by: "何静 · 市热线办".into(),
                counts: true,
            },
            CallBackRow {
                at: at("10月26日 15:30"),
                attempt: "第 1 次".into(),
                reached: Tag::new("未接通", Tone::Neutral),
                note: "无人接听。".into(),
                by: "何静 · 市热线办".into(),
                ..CallBackRow::default()
            },
        ];
        case.ratings = vec![Rating { at: at("10月27日 20:14"), stars: 2, grade: "不满意".into(), words: "修了又坏。".into() }];
        case.actions = Actions::sample_judge();
        case
    }

    /// After a collision: somebody signed the answer back meanwhile.
    #[must_use]
    pub fn sample_conflict(possible: bool) -> Self {
        let mut case = Self::sample();
        let typed = "路灯已经修好，10月22日 21:30 恢复照明，现场放置了警示桩。";
        case.conflict = Some(Conflict {
            changes: vec![ConflictChange {
                at: Moment::new("2026-10-23T10:12:00+08:00", "10:12"),
                by: "林晓岚".into(),
                what: if possible { "改交照明科 周航办理".into() } else { "提交了答复，现待单位审核".into() },
            }],
            possible,
            kept: vec![KeptText { label: "答复内容".into(), text: typed.into() }],
        });
        if possible {
            if let Some(act) = &mut case.actions.answer {
                act.answer = typed.into();
            }
        } else {
            case.actions = Actions::default();
            case.waiting = "答复已提交，等待本单位审核负责人签发。".into();
            case.head.stage = Tag::new("待单位审核", Tone::Info);
        }
        case
    }
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let with = |actions: Actions, stage: &str| {
        let mut case = Case::sample();
        case.actions = actions;
        case.head.stage = Tag::new(stage, Tone::Info);
        case
    };
    let mut long = Case::sample();
    long.head.title =
        "反映菜市场周边早市占道经营、垃圾堆放、噪声扰民，多次拨打热线后商贩换个路口继续摆摊，影响学生上学通行，希望一次性彻底解决".into();
    long.demand.words = "从去年九月起，每天凌晨四点开始就有商贩在青年路两侧摆摊，喇叭叫卖，垃圾随地堆放。".repeat(30);
    let mut ended = Case::sample_judging();
    ended.actions = Actions::default();
    ended.head.holder = String::new();
    ended.head.stage = Tag::new("已归档", Tone::Neutral);
    ended.head.ending = "经研判诉求不合理，办结".into();
    ended.head.title = String::new();
    ended.demand = Demand { division: "临江区".into(), ..Demand::default() };
    ended.contact =
        ContactBlock { rows: Vec::new(), note: "个人信息已按诉求人申请删除，办理记录和统计保留。".into() };
    ended.waiting = "本件已归档，不再办理。".into();
    ended.earlier = Vec::new();
    let mut refused = with(Actions::sample_dispatcher(), "待受理");
    if let Some(act) = &mut refused.actions.dispatch {
        act.form.open = false;
    }
    if let Some(act) = &mut refused.actions.refuse {
        act.form = Form::sample("refuse", "/desk/case/20261021-000088/refuse")
            .with(crate::components::Errors::one("ground", "请从列出的选项中选择不予受理的情形"));
    }
    vec![
        ("desk-case", crate::html(&Case::sample())),
        ("desk-case-dispatch", crate::html(&with(Actions::sample_dispatcher(), "待受理"))),
        ("desk-case-refuse-error", crate::html(&refused)),
        ("desk-case-sign", crate::html(&with(Actions::sample_liaison(), "待签收"))),
        ("desk-case-answer-error", crate::html(&with(Actions::sample_errors(), "办理中"))),
        ("desk-case-approve", crate::html(&with(Actions::sample_head(), "待单位审核"))),
        ("desk-case-call-back", crate::html(&with(Actions::sample_reviewer(), "待回访"))),
        ("desk-case-judge", crate::html(&Case::sample_judging())),
        ("desk-case-conflict", crate::html(&Case::sample_conflict(true))),
        ("desk-case-conflict-gone", crate::html(&Case::sample_conflict(false))),
        ("desk-case-ended", crate::html(&ended)),
        ("desk-case-long", crate::html(&long)),
    ]
}
