//! Words of invented people: demands, answers, notes. Every sentence was written for this program; slots and the
//! free combination of sentences keep many thousands of cases apart.

mod subjects;

use super::random::Random;
use super::register::{COUNTIES, County, town_code, village_code, village_name};

pub use subjects::{SUBJECTS, Subject};

/// A place of the invented city.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    county: usize,
    town: usize,
    village: usize,
    road: &'static str,
    estate: &'static str,
    number: i64,
}

const ROADS: [&str; 24] = [
    "清源大道",
    "文昌路",
    "望湖路",
    "学府街",
    "人民东路",
    "解放北路",
    "建设二路",
    "江滨西路",
    "龙泉街",
    "凤台路",
    "朝阳路",
    "锦绣大道",
    "金沙路",
    "新桥街",
    "百花巷",
    "环城南路",
    "育才路",
    "康复路",
    "工业三路",
    "物流大道",
    "滨海路",
    "渔港街",
    "茶园路",
    "振兴路",
];
const ESTATES: [&str; 24] = [
    "锦绣花园",
    "望湖名邸",
    "江滨一品",
    "康居家园",
    "学府雅苑",
    "金沙小区",
    "阳光新城",
    "桃源里",
    "龙泉华庭",
    "东湖公寓",
    "翠竹苑",
    "紫荆小区",
    "春江花苑",
    "安居南区",
    "丰泽小区",
    "滨海明珠",
    "云峰家园",
    "枫林小筑",
    "新世纪花园",
    "和顺苑",
    "凤台佳苑",
    "平川新村",
    "梧桐公馆",
    "清水湾",
];
const SURNAMES: [&str; 40] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高", "罗", "郑", "梁",
    "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾", "肖", "田", "董", "潘", "袁", "蔡", "蒋", "余",
];
const GIVEN: [&str; 48] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "军", "杰", "娟", "涛", "超", "霞", "平", "刚", "桂", "英", "华",
    "明", "红", "文", "玉", "兰", "春", "梅", "海", "燕", "建", "国", "志", "晓", "嘉", "宇", "欣", "怡", "子", "涵", "思", "佳", "俊",
    "浩", "雨", "晨", "林",
];
const SHOPS: [&str; 14] = [
    "老街面馆",
    "好邻居超市",
    "夜里红烧烤",
    "江湖菜馆",
    "鲜又多生鲜店",
    "金手指理发店",
    "悦动健身房",
    "小树苗托管班",
    "利民五金店",
    "阿婆小吃",
    "一品茶楼",
    "星光KTV",
    "顺达修车行",
    "百味饭庄",
];
const FIRMS: [&str; 10] = [
    "宏远塑料厂",
    "鑫达五金加工厂",
    "正和建筑劳务公司",
    "兴业纺织厂",
    "恒通物流公司",
    "清源宏基建设公司",
    "佳美家具厂",
    "通达电子厂",
    "瑞丰食品厂",
    "盛源装饰公司",
];
const SCHOOLS: [&str; 8] = ["第一实验小学", "文昌小学", "望湖中学", "江滨幼儿园", "第三中学", "育才小学", "金沙学校", "职业技术学校"];
const DAYS: [&str; 12] =
    ["昨天", "前天", "上周五", "本周一", "这个月初", "上个月中旬", "近一周", "最近半个月", "连续三天", "国庆过后", "今天早上", "两个月前"];
const HOURS: [&str; 10] = [
    "晚上十点以后",
    "凌晨四五点",
    "早上六点多",
    "中午休息时间",
    "每天傍晚",
    "夜里十二点",
    "早高峰时段",
    "下午放学的时候",
    "周末全天",
    "每晚七点到十点",
];
const OPENINGS: [&str; 12] = [
    "您好，",
    "你好，我想反映一个问题，",
    "市民来电反映：",
    "我是附近住户，",
    "",
    "",
    "情况是这样的，",
    "麻烦帮忙转一下，",
    "诉求人称，",
    "再次反映，",
    "我们几户居民共同反映，",
    "您好，12345吗？",
];
const CLOSINGS: [&str; 14] = [
    "已经影响到正常生活。",
    "家里有老人和小孩，实在受不了。",
    "之前跟社区说过，一直没有下文。",
    "希望有人到现场看一下。",
    "",
    "",
    "请尽快核实。",
    "周边住户意见都很大。",
    "打过一次电话，说是已经记录，但没有人联系我。",
    "如果能有个准确的时间答复就好了。",
    "谢谢！",
    "不知道该找哪个部门。",
    "附近还有学校，担心不安全。",
    "请不要只是打电话了解情况就结束。",
];
const LONG: [&str; 8] = [
    "事情的经过是：最开始只是偶尔发生，我们也没有太在意；后来次数越来越多，{日}尤其严重，我和楼上楼下的邻居都记了时间，合起来有{数}多次。",
    "我们先找过社区，社区的同志态度很好，也来看过，但是说没有执法权；又找过街道，街道说要等上面统一安排，这一等就是{周}个星期。",
    "另外说明一下，我手里有照片和视频，需要的话随时可以提供，也可以带工作人员到现场指认具体位置，就在{路}和旁边巷子的交叉口往里走{数}米左右。",
    "我查过相关规定，这种情况应该是有部门管的，只是普通老百姓弄不清楚职责怎么划分，每个部门都说不是自己的事，希望热线能够帮忙协调，明确一家牵头。",
    "这里住的大多是退休老人，还有不少带孩子的家庭，天气变化以后问题更加突出，前几天还有一位老人因此差点摔倒，好在当时有人扶住。",
    "去年也出现过同样的情况，当时处理以后好了大约{周}个星期，后来又恢复原样，所以这次希望能够从根本上解决，而不是临时应付一下。",
    "我个人理解部门工作忙，也愿意配合，如果一次解决不了，可以先告诉我们分几步、每一步大概什么时候完成，我们心里有数就不会反复打电话。",
    "整条街受影响的住户和店铺加起来有{数}多家，大家建了一个群，每天都在讨论这件事，推选我来反映，请把处理结果也告诉我，我负责转告。",
];

impl Place {
    /// Some place, the counties by their share.
    pub fn any(random: &mut Random) -> Self {
        let share = random.weighted(&COUNTIES, |county| county.share);
        let county = COUNTIES.iter().position(|county| county.code == share.code).unwrap_or_default();
        Self {
            county,
            town: random.below(12),
            village: random.below(5),
            road: random.word(&ROADS),
            estate: random.word(&ESTATES),
            number: random.between(1, 298),
        }
    }

    fn county(&self) -> &'static County {
        &COUNTIES[self.county]
    }

    fn town(&self) -> &'static str {
        self.county().towns[self.town]
    }

    /// A division code, exact to the village, the town or only the county.
    pub fn division(&self, random: &mut Random) -> String {
        let town = town_code(self.county(), self.town);
        match random.below(10) {
            0..=4 => village_code(&town, self.village),
            5..=8 => town,
            _ => self.county().code.to_owned(),
        }
    }

    /// Where exactly, in words.
    pub fn detail(&self, random: &mut Random) -> String {
        let village = village_name(self.county(), self.town, self.village);
        match random.below(5) {
            0 => format!("{}{}{}号附近", self.town(), self.road, self.number),
            1 => format!("{}{}{}幢", self.town(), self.estate, 1 + self.number % 26),
            2 => format!("{}{village}", self.town()),
            3 => format!("{}与支路交叉口往东{}米", self.road, 10 + self.number),
            _ => format!("{village}{}{}幢{}单元", self.estate, 1 + self.number % 26, 1 + self.number % 4),
        }
    }
}

/// Replaces the slots of a sentence.
pub fn fill(sentence: &str, place: &Place, random: &mut Random) -> String {
    let mut text = String::with_capacity(sentence.len() + 24);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((slot, tail)) = after.split_once('}') else { break };
        match slot {
            "路" => text.push_str(place.road),
            "小区" => text.push_str(place.estate),
            "镇" => text.push_str(place.town()),
            "区" => text.push_str(place.county().name),
            "村" => text.push_str(&village_name(place.county(), place.town, place.village)),
            "号" => text.push_str(&place.number.to_string()),
            "幢" => text.push_str(&(1 + place.number % 26).to_string()),
            "店" => text.push_str(random.word(&SHOPS)),
            "厂" => text.push_str(random.word(&FIRMS)),
            "校" => text.push_str(random.word(&SCHOOLS)),
            "日" => text.push_str(random.word(&DAYS)),
            "时" => text.push_str(random.word(&HOURS)),
            "数" => text.push_str(&random.between(3, 48).to_string()),
            "周" => text.push_str(&random.between(2, 9).to_string()),
            "钱" => text.push_str(&(random.between(3, 260) * 100).to_string()),
            "线" => text.push_str(&random.between(1, 68).to_string()),
            _ => {}
        }
        rest = tail;
    }
    text.push_str(rest);
    text
}

fn sentence(all: &[&str], place: &Place, random: &mut Random) -> String {
    fill(random.word(all), place, random)
}

/// What somebody calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Wants to know something.
    Question,
    /// Wants to thank.
    Praise,
    /// Wants something done.
    Demand,
}

impl Kind {
    /// By the class of the demand.
    pub fn of(class: &str) -> Self {
        match class {
            "consultation" => Self::Question,
            "praise" => Self::Praise,
            _ => Self::Demand,
        }
    }
}

const PRAISE: [&str; 6] = [
    "感谢{线}路公交司机，{日}在{路}站等了我老母亲半分钟，还扶她上车坐好。",
    "{区}政务大厅窗口的工作人员很耐心，帮我把材料一次办齐，特此表扬。",
    "{小区}的路灯反映以后第二天就修好了，要表扬维修师傅。",
    "{镇}{村}的网格员{时}还帮忙联系抢修停水，谢谢他们。",
    "表扬{路}的环卫工人，捡到我的钱包主动交还，垃圾桶也擦得干干净净。",
    "{校}门口的交警{时}一直在疏导，孩子们过马路安全多了，感谢！",
];
const QUESTION_CLOSINGS: [&str; 8] = [
    "请告知，谢谢！",
    "打部门电话一直没有人接。",
    "网上查到的说法不一样。",
    "",
    "",
    "如果有变化请短信通知我。",
    "怕白跑一趟，所以先问一下。",
    "之前问过，两次说的不一样。",
];

/// Title and words of a demand: 30 to 300 characters, a few longer.
pub fn demand(subject: &Subject, kind: Kind, place: &Place, random: &mut Random) -> (String, String) {
    let mut text = random.word(&OPENINGS).to_owned();
    let all = match kind {
        Kind::Question => subject.questions,
        Kind::Praise => &PRAISE,
        Kind::Demand => subject.bodies,
    };
    let main = sentence(all, place, random);
    text += &main;
    match kind {
        Kind::Question => {
            if random.chance(0.3) {
                text += &fill(
                    random.word(&["我住在{小区}。", "我是{镇}{村}的居民。", "我在{路}上班，平时只有{时}有空。", "是替家里老人问的。"]),
                    place,
                    random,
                );
            }
            text += random.word(&QUESTION_CLOSINGS);
        }
        Kind::Praise => {}
        Kind::Demand => {
            if random.chance(0.65) {
                text += &sentence(subject.details, place, random);
            }
            text += random.word(&CLOSINGS);
            if random.chance(0.08) {
                let first = random.below(LONG.len());
                for step in 0..random.between(2, 5) as usize {
                    text.push('\n');
                    text += &fill(LONG[(first + step * 3) % LONG.len()], place, random);
                }
            }
        }
    }
    if text.chars().count() < 30 {
        text += match kind {
            Kind::Question => "如果需要带材料，请一并告诉我要准备哪些。",
            Kind::Praise => "希望转告所在单位，予以表扬。",
            Kind::Demand => "希望相关部门安排人员到现场核实并处理。",
        };
    }
    (title(&main), text)
}

/// The first clauses of a sentence, as an operator would write them over it.
fn title(sentence: &str) -> String {
    let mut title = String::new();
    for clause in sentence.split_inclusive(['，', '。', '？', '；']) {
        title += clause;
        if title.chars().count() >= 10 {
            break;
        }
    }
    title.trim_end_matches(['，', '。', '；']).to_owned()
}

/// Answers to questions, whatever was asked.
const EXPLAINED: [&str; 8] = [
    "已根据知识库说明办理条件、所需材料和办理地点，并将办事指南链接以短信发送。",
    "您咨询的事项可在一网通办平台查询和办理，也可以就近到{镇}便民服务中心咨询，工作日上午9点至下午5点半受理。",
    "经查询主管部门公布的最新政策，已逐条向您解释适用条件和时间要求，您表示已经清楚。",
    "该事项按主管部门现行规定办理，已告知政策文件名称、窗口地址和咨询电话；具体以窗口审核为准。",
    "已与主管部门核对口径后答复：符合条件的可以办理，所需材料清单已发送到您的手机，可委托家属代办。",
    "已说明办理流程：先在网上预约，再带身份证件和相关材料到{区}政务大厅综合窗口，一般{周}个工作日内办结。",
    "您咨询的时间安排以主管部门公告为准，已告知查询渠道；如有变化会通过官方公众号提前公布。",
    "已就收费标准和减免条件作出说明，收费项目在办理场所公示，如遇多收可保留票据再次反映。",
];

/// What is wished for; often nothing.
pub fn wish(subject: &Subject, kind: Kind, place: &Place, random: &mut Random) -> String {
    if random.chance(0.45) {
        return String::new();
    }
    match kind {
        Kind::Question => random.word(&["请告知具体政策", "请告知办理流程和所需材料", "希望一次说清楚", "请短信或电话答复"]).to_owned(),
        Kind::Praise => String::new(),
        Kind::Demand => sentence(subject.wishes, place, random),
    }
}

/// The answer of a unit.
pub fn answer(subject: &Subject, kind: Kind, place: &Place, round: u8, random: &mut Random) -> String {
    let opening = random.word(&[
        "您好，您反映的问题我单位已收悉，感谢您的关注。",
        "诉求人您好：",
        "您好！接到工单后，我单位高度重视，立即安排人员办理。",
        "您好，现将办理情况答复如下：",
        "感谢您对我市工作的支持，关于您反映的情况答复如下。",
    ]);
    let again =
        if round > 1 { "针对您对上次答复提出的意见，我单位重新核实，由分管负责人牵头研究。" } else { "" };
    let body = match kind {
        Kind::Question => format!(
            "{}{}",
            sentence(&EXPLAINED, place, random),
            random.word(&[
                "已在电话中逐项说明，并把所需材料清单以短信发给您。",
                "以上为现行政策，如有调整以最新文件为准。",
                "您也可以到就近的便民服务中心现场咨询。"
            ])
        ),
        Kind::Praise => "您的表扬已转达当事工作人员及其所在部门，作为年度评优的参考，我们将继续做好服务。".to_owned(),
        Kind::Demand => {
            let finding = sentence(subject.findings, place, random);
            let measure = sentence(subject.measures, place, random);
            let second = if random.chance(0.4) { sentence(subject.measures, place, random) } else { String::new() };
            if second == measure { format!("{finding}{measure}") } else { format!("{finding}{measure}{second}") }
        }
    };
    let closing = match kind {
        Kind::Demand => random.word(&[
            "如有疑问，请在工作日拨打我单位值班电话咨询。",
            "下一步我单位将加强日常巡查，防止问题反弹。",
            "上述情况已与您沟通，您表示认可。",
            "后续如再次出现，请及时拨打12345反映，我们将第一时间处理。",
            "感谢您的理解与配合。",
            "我单位将在一周后回头看，确保整改到位。",
        ]),
        _ => random.word(&["如有疑问，请在工作日拨打我单位咨询电话。", "感谢您的来电。", "祝您生活愉快。"]),
    };
    format!("{opening}{again}{body}{closing}")
}

/// The hotline's answer at once.
pub fn direct_answer(subject: &Subject, kind: Kind, place: &Place, random: &mut Random) -> String {
    if kind == Kind::Praise {
        return "感谢您的来电，您的表扬已登记并转达相关单位。".to_owned();
    }
    if kind == Kind::Question {
        return sentence(&EXPLAINED, place, random);
    }
    format!(
        "{}{}",
        random.word(&["已在电话中说明处理途径：", "根据知识库答复如下：", "您好，按现行规定，"]),
        sentence(subject.facts, place, random)
    )
}

/// What was said in a contact.
pub fn contact(reached: bool, visit: bool, random: &mut Random) -> String {
    let all: &[&str] = if visit {
        &[
            "上门走访，当面核实了情况并做了记录。",
            "到现场与诉求人见面，共同查看了具体位置，约定了处理时间。",
            "入户了解情况约{数}分钟，诉求人对办理时间没有异议。",
        ]
    } else if reached {
        &[
            "已电话联系诉求人，了解具体位置和出现时间，告知预计办理时间。",
            "与诉求人通话约{数}分钟，诉求人补充了现场照片，约定到场时间。",
            "已联系，诉求人说明情况属实，希望尽快处理，已告知办理流程。",
            "诉求人表示愿意配合现场指认，已约好见面。",
            "电话沟通，诉求人情绪较激动，耐心解释后表示理解，等待结果。",
            "已告知由我单位牵头办理，并留下经办人办公电话。",
        ]
    } else {
        &["电话无人接听，稍后再联系。", "拨打{周}次均提示关机。", "接通后诉求人表示正在开会，请换个时间。", "号码占线，已发短信说明来意。"]
    };
    sentence(all, &Place { county: 0, town: 0, village: 0, road: ROADS[0], estate: ESTATES[0], number: 1 }, random)
}

/// Why an answer is sent back.
pub fn send_back(by_hotline: bool, random: &mut Random) -> String {
    let all: &[&str] = if by_hotline {
        &[
            "答复没有逐项回应诉求，请补充对第二个问题的处理意见。",
            "只写了正在协调，没有完成时间，请补充具体措施和日期。",
            "答复结论与回访了解的情况不一致，请重新核实。",
            "未附政策依据，请补充依据的文件名称和条款。",
            "答复用语生硬，请按规范修改后重新提交。",
        ]
    } else {
        &[
            "缺少现场核查情况，请补充后再报。",
            "联系记录与答复内容对不上，请核对。",
            "措施太笼统，请写明责任科室和完成时间。",
            "请再与诉求人确认一次是否认可。",
        ]
    };
    random.word(all).to_owned()
}

/// A note of a call-back.
pub fn call_back(reached: Option<bool>, random: &mut Random) -> String {
    let serial = random.between(100_000, 999_999);
    let said = match reached {
        None => random.word(&["无人接听。", "关机。", "接通后挂断。", "诉求人称不方便接听，约定改日再打。", "停机。"]),
        Some(true) => random.word(&[
            "诉求人表示问题已经解决，对办理表示满意。",
            "诉求人认可答复。",
            "已解决，诉求人感谢工作人员。",
            "诉求人表示处理得比较快。",
            "基本解决，希望保持下去。",
        ]),
        Some(false) => random.word(&[
            "诉求人表示问题依旧存在，不认可答复。",
            "诉求人称工作人员来过一次，之后又恢复原样。",
            "诉求人认为答复没有说明具体时间。",
            "诉求人对处理结果不满意，要求当面沟通。",
            "诉求人称没有人与其联系过。",
        ]),
    };
    format!("{said}录音编号{serial}。")
}

/// Why dissatisfaction is justified or not.
pub fn judgement(justified: bool, random: &mut Random) -> String {
    let all: &[&str] = if justified {
        &[
            "经复核，问题确未彻底解决，诉求合理，退回重新办理。",
            "承办单位承诺的措施未落实，应当二次办理。",
            "现场照片显示问题仍在，诉求合理。",
        ]
    } else {
        &[
            "承办单位已按规定办理并说明政策，诉求超出现行政策范围。",
            "经核实问题已经解决，不满意原因与本诉求无关。",
            "该事项需按规划分期实施，已告知时间，不再重复办理。",
        ]
    };
    random.word(all).to_owned()
}

/// Why the citizen says that it is not solved.
pub fn dispute(random: &mut Random) -> String {
    random
        .word(&[
            "问题根本没有解决，只是来拍了张照片。",
            "答复里说已经处理，可是现在还是老样子。",
            "过了两天又出现了，请继续处理。",
            "答复和实际情况不符，没有人联系过我。",
            "只解决了一半，另外一处没有动。",
        ])
        .to_owned()
}

/// Words with a rating; often none.
pub fn rating(stars: u8, random: &mut Random) -> String {
    let all: &[&str] = match stars {
        4.. => &["", "", "", "处理很及时，点赞。", "工作人员态度好。", "谢谢，已经解决了。", "没想到这么快。"],
        3 => &["", "", "一般吧，等得有点久。", "解决了，但过程比较曲折。"],
        _ => &["", "推来推去，太慢了。", "没有解决实际问题。", "答复像是复制的。", "希望能认真一点。"],
    };
    random.word(all).to_owned()
}

/// Words to a petitioner whose demand is not accepted.
pub fn refusal(ground: &str, random: &mut Random) -> String {
    let all: &[&str] = match ground {
        "legal_path" => &[
            "您反映的合同纠纷属于民事争议，双方协商不成的，请依法向人民法院起诉或按约定申请仲裁。",
            "您对行政处罚决定有异议，请在法定期限内申请行政复议或提起行政诉讼。",
        ],
        "in_progress" => &[
            "您反映的事项与之前的工单为同一事项，正在办理中，请凭原编号查询进展。",
            "同一问题已有工单在办，新的情况已补充到原工单，不再重复登记。",
        ],
        "beyond" => &["经核实，事发地不在本市，请拨打当地区号加12345反映。"],
        "discipline" => &["您反映的情况属于纪检监察机关受理范围，请通过12388反映。"],
        _ => &["经核实，该事项已依法处理并有明确结论，请查看原答复；如不服可依法申请复议或诉讼。"],
    };
    random.word(all).to_owned()
}

/// Why a dispatcher chose a unit other than the catalogue's first.
pub fn dispatch_reason(random: &mut Random) -> String {
    random
        .word(&[
            "按属地原则派单，请牵头核实。",
            "目录中没有完全对应的事项，参照相近职责派单。",
            "该路段已移交属地管理，派属地单位办理。",
            "经电话沟通，由贵单位先行处置。",
        ])
        .to_owned()
}

/// An invented name.
pub fn name(random: &mut Random) -> String {
    let given = random.word(&GIVEN);
    let second = random.word(&GIVEN);
    let surname = random.word(&SURNAMES);
    if random.chance(0.25) { format!("{surname}{given}") } else { format!("{surname}{given}{second}") }
}

/// A telephone number for show, all under one prefix.
pub fn phone(random: &mut Random) -> String {
    format!("13800{:06}", random.below(1_000_000))
}

/// Who files for somebody else.
pub fn agent(random: &mut Random) -> (String, String) {
    (name(random), random.word(&["子女", "网格员", "社区干部", "邻居", "亲属", "驻村干部"]).to_owned())
}
