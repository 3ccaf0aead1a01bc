//! The register of an invented prefecture city, 清源市: four levels, dated names.
//!
//! Nothing here is a real place. The division codes have the shape of the standard under a prefix that it has not
//! given out (`3399`), because the rules refuse codes outside of the provinces.

use chrono::NaiveDate;
use domain::ids::{BadUnitCode, UnitCode};
use domain::unit::{Level, Nature, UnitEntry};

/// The division code of the city.
pub const CITY: &str = "3399";
/// The hotline office (热线办).
pub const HOTLINE: &str = "QY-RX";
/// The city's government itself.
pub const GOVERNMENT: &str = "QY";
/// The bureau of statistics, which runs the public evaluation.
pub const STATISTICS: &str = "QY-TJ";
/// The efficiency office (效能办).
pub const EFFICIENCY: &str = "QY-XN";
/// The unit whose liaison, handler and head have the short sign-in names.
pub const SHOWN: &str = "QY-CG";

/// A county or district.
pub struct County {
    /// Division code.
    pub code: &'static str,
    /// Name.
    pub name: &'static str,
    /// Name in sign-in names.
    pub login: &'static str,
    /// Its share of the city's demands, in parts of their sum.
    pub share: u32,
    /// Townships and streets.
    pub towns: [&'static str; 12],
}

/// The counties, the central district first.
pub const COUNTIES: [County; 5] = [
    County {
        code: "339901",
        name: "东城区",
        login: "dongcheng",
        share: 34,
        towns: [
            "文昌街道",
            "鼓楼街道",
            "南门街道",
            "学府街道",
            "新桥街道",
            "望湖街道",
            "东湖街道",
            "锦绣街道",
            "金沙街道",
            "白塔镇",
            "花园镇",
            "松岭乡",
        ],
    },
    County {
        code: "339902",
        name: "临江区",
        login: "linjiang",
        share: 26,
        towns: [
            "江滨街道",
            "码头街道",
            "潮音街道",
            "渡口街道",
            "龙泉街道",
            "凤台街道",
            "沙洲镇",
            "青浦湾镇",
            "芦荡镇",
            "盐仓镇",
            "白鹭镇",
            "下塘乡",
        ],
    },
    County {
        code: "339903",
        name: "云峰县",
        login: "yunfeng",
        share: 14,
        towns: ["云峰镇", "石门镇", "竹溪镇", "茶园镇", "高岭镇", "清水镇", "梅坪镇", "古村镇", "大坪乡", "桐坑乡", "上垟乡", "岩前乡"],
    },
    County {
        code: "339904",
        name: "平川县",
        login: "pingchuan",
        share: 15,
        towns: ["平川镇", "新圩镇", "河西镇", "双桥镇", "麦园镇", "柳堡镇", "安定镇", "太和镇", "永丰镇", "长堤乡", "丁庄乡", "南陂乡"],
    },
    County {
        code: "339981",
        name: "安澜市",
        login: "anlan",
        share: 11,
        towns: [
            "海宁门街道",
            "滨海街道",
            "渔港街道",
            "灯塔镇",
            "石浦湾镇",
            "蓝田镇",
            "梧桐镇",
            "观澜镇",
            "沙坝镇",
            "东礁镇",
            "北屿乡",
            "外渔乡",
        ],
    },
];

/// Names of communities; with the town's code they are spread so that neighbours differ.
const COMMUNITIES: [&str; 25] = [
    "向阳",
    "和平",
    "石桥",
    "柳林",
    "水井",
    "庙前",
    "新安",
    "前进",
    "枫树",
    "桃源",
    "西河",
    "塘边",
    "荷花",
    "青石",
    "祠堂",
    "大樟",
    "红星",
    "月亮湾",
    "渡头",
    "北坡",
    "秀水",
    "长龙",
    "吉祥",
    "莲塘",
    "沙墩",
];

/// An organ of the city: code, name now, name until 2019 when it had another one, nature.
struct Organ(&'static str, &'static str, Option<&'static str>, Nature);

use Nature::{Accountable as A, Assessable as S, Coordinate as C};

const ORGANS: [Organ; 41] = [
    Organ("RX", "市12345政务服务便民热线办公室", Some("市长专线电话受理中心"), A),
    Organ("XN", "市机关效能建设领导小组办公室", None, A),
    Organ("ZW", "市政务服务和数据管理局", Some("市行政服务中心管理委员会"), A),
    Organ("CG", "市城市管理局", Some("市城市管理行政执法局"), A),
    Organ("JS", "市住房和城乡建设局", Some("市住房和城乡规划建设局"), A),
    Organ("GA", "市公安局", None, S),
    Organ("JJ", "市公安局交通警察支队", None, S),
    Organ("RS", "市人力资源和社会保障局", None, A),
    Organ("JY", "市教育局", None, A),
    Organ("HB", "市生态环境局", Some("市环境保护局"), S),
    Organ("SC", "市市场监督管理局", Some("市工商行政管理局"), A),
    Organ("ZR", "市自然资源和规划局", Some("市国土资源局"), A),
    Organ("JT", "市交通运输局", None, A),
    Organ("WJ", "市卫生健康委员会", Some("市卫生和计划生育委员会"), A),
    Organ("YB", "市医疗保障局", None, A),
    Organ("MZ", "市民政局", None, A),
    Organ("NY", "市农业农村局", Some("市农业局"), A),
    Organ("SL", "市水利局", None, A),
    Organ("YJ", "市应急管理局", Some("市安全生产监督管理局"), A),
    Organ("WL", "市文化广电和旅游局", Some("市文化广电新闻出版局"), A),
    Organ("FG", "市发展和改革委员会", None, A),
    Organ("JX", "市工业和信息化局", Some("市经济和信息化委员会"), A),
    Organ("CZ", "市财政局", None, A),
    Organ("SF", "市司法局", None, A),
    Organ("KJ", "市科学技术局", None, A),
    Organ("SW", "市商务局", None, A),
    Organ("TY", "市退役军人事务局", None, A),
    Organ("SJ", "市审计局", None, A),
    Organ("TJ", "市统计局", None, A),
    Organ("XF", "市信访局", None, A),
    Organ("YL", "市园林绿化中心", Some("市园林管理处"), A),
    Organ("GJJ", "市住房公积金管理中心", None, A),
    Organ("JFK", "清源经济技术开发区管理委员会", None, A),
    Organ("SW-S", "国家税务总局清源市税务局", Some("市国家税务局"), C),
    Organ("YC", "市烟草专卖局", None, C),
    Organ("XFJ", "市消防救援支队", Some("市公安消防支队"), C),
    Organ("GS", "清源供水集团有限公司", Some("清源市自来水公司"), C),
    Organ("RQ", "清源燃气有限公司", None, C),
    Organ("GJ", "清源公共交通集团有限公司", Some("清源市公交总公司"), C),
    Organ("DL", "国网清源供电公司", None, C),
    Organ("TX", "清源市通信发展管理办公室", None, C),
];

/// Bureaus of a county: code, name after the county's, nature.
const BUREAUS: [(&str, &str, Nature); 16] = [
    ("CG", "城市管理局", A),
    ("JS", "住房和城乡建设局", A),
    ("RS", "人力资源和社会保障局", A),
    ("JY", "教育局", A),
    ("WJ", "卫生健康局", A),
    ("YB", "医疗保障局", A),
    ("SC", "市场监督管理局", A),
    ("HB", "生态环境分局", S),
    ("GA", "公安局", S),
    ("JT", "交通运输局", A),
    ("NY", "农业农村局", A),
    ("MZ", "民政局", A),
    ("ZR", "自然资源和规划局", A),
    ("ZW", "政务服务中心", A),
    ("SL", "水利局", A),
    ("XF", "信访局", A),
];

/// The register's lines in an order in which every parent comes before its children. A code that comes twice is a
/// later name of the same unit.
///
/// # Errors
/// Never for the tables above; a test holds them to it.
pub fn units() -> Result<Vec<UnitEntry>, BadUnitCode> {
    let mut lines = Lines(Vec::with_capacity(600));
    lines.add("QY", "清源市人民政府", None, Level::City, A, Some(CITY))?;
    for Organ(code, name, before, nature) in &ORGANS {
        let code = format!("QY-{code}");
        lines.add(&code, before.unwrap_or(name), Some("QY"), Level::City, *nature, None)?;
        if before.is_some() {
            lines.rename(name);
        }
    }
    for county in &COUNTIES {
        lines.add(county.code, &format!("{}人民政府", county.name), Some("QY"), Level::County, A, Some(county.code))?;
        for (code, name, nature) in &BUREAUS {
            lines.add(&bureau(county, code), &format!("{}{name}", county.name), Some(county.code), Level::County, *nature, None)?;
        }
        for (index, town) in county.towns.iter().enumerate() {
            let code = town_code(county, index);
            let name = if town.ends_with("街道") {
                format!("{}{town}办事处", county.name)
            } else {
                format!("{}{town}人民政府", county.name)
            };
            lines.add(&code, &name, Some(county.code), Level::Township, A, Some(&code))?;
            for village in 0..5 {
                let division = village_code(&code, village);
                let name = format!("{town}{}", village_name(county, index, village));
                lines.add(&division, &name, Some(&code), Level::Village, A, Some(&division))?;
            }
        }
    }
    Ok(lines.0)
}

struct Lines(Vec<UnitEntry>);

impl Lines {
    fn add(
        &mut self,
        code: &str,
        name: &str,
        parent: Option<&str>,
        level: Level,
        nature: Nature,
        division: Option<&str>,
    ) -> Result<(), BadUnitCode> {
        self.0.push(UnitEntry {
            code: UnitCode::parse(code)?,
            name: name.to_owned(),
            parent: parent.map(UnitCode::parse).transpose()?,
            level,
            nature,
            division: division.map(str::to_owned),
            hotline: code == HOTLINE,
            since: day(2004, 1, 1),
        });
        Ok(())
    }

    /// The reform of institutions of 2019: the last line again, under its new name.
    fn rename(&mut self, name: &str) {
        if let Some(last) = self.0.last().cloned() {
            self.0.push(UnitEntry { name: name.to_owned(), since: day(2019, 1, 10), ..last });
        }
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// The code of a county's bureau.
pub fn bureau(county: &County, code: &str) -> String {
    format!("{}-{code}", county.code)
}

/// The division code of a county's n-th town.
pub fn town_code(county: &County, index: usize) -> String {
    let kind = if county.towns.get(index).is_some_and(|town| town.ends_with("街道")) { 0 } else { 100 };
    format!("{}{:03}", county.code, kind + index + 1)
}

/// The division code of a town's n-th community.
pub fn village_code(town: &str, index: usize) -> String {
    format!("{town}{:03}", 1 + index * 2)
}

/// The name of a community, without the town's.
pub fn village_name(county: &County, town: usize, index: usize) -> String {
    let seed: usize = county.code.bytes().map(usize::from).sum();
    let name = COMMUNITIES[(seed + town * 7 + index * 3) % COMMUNITIES.len()];
    let street = county.towns.get(town).is_some_and(|town| town.ends_with("街道"));
    format!("{name}{}", if street { "社区" } else { "村" })
}

/// Short names of bureaus, for texts, basis documents and sign-in names.
pub fn bureau_name(code: &str) -> Option<&'static str> {
    BUREAUS.iter().find(|(known, ..)| *known == code).map(|(_, name, _)| *name)
}
