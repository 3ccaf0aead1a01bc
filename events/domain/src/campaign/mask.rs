//! Hides persons in an opinion before a body reads it (domain.md H10): numbers, plates, addresses of mail, names beside a
//! title or after "我叫". Rules that can be explained; they rather hide too much than too little. The body gets every other
//! word unchanged, the original stays sealed.

const HIDDEN_NUMBER: &str = "［号码已隐去］";
const HIDDEN_PLATE: &str = "［车牌已隐去］";
const HIDDEN_MAIL: &str = "［邮箱已隐去］";
const HIDDEN_NAME: &str = "某某";
/// Digits from which on a number can lead to a person: a landline number has seven.
const DIGITS: usize = 7;

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤俞施康温葛庞樊兰殷鲁齐尤牛岳梅庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位翁霍";
const TITLES: [&str; 30] = [
    "先生", "女士", "小姐", "同志", "师傅", "老师", "医生", "大夫", "护士", "警官", "法官", "律师", "局长", "处长", "科长", "股长", "所长",
    "站长", "队长", "主任", "书记", "主席", "经理", "镇长", "乡长", "村长", "科员", "组长", "校长", "院长",
];
const INTRODUCTIONS: [&str; 6] = ["我叫", "名叫", "姓名：", "姓名:", "我是叫", "本人叫"];
/// What often follows a name and is no part of one.
const AFTER_NAME: &str = "的了在是很不说对和与跟把被态办服工没有也就都让给叫向从同到来去为态，。！？、；：";

/// The opinion as a body reads it.
pub fn mask(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let chars = names(&chars);
    let chars = mails(&chars);
    let chars = plates(&chars);
    numbers(&chars)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c) || "零〇一二三四五六七八九幺".contains(c)
}

/// Runs of seven digits or more, with single separators among them, and what ends an identity number.
fn numbers(chars: &[char]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if !is_digit(c) {
            out.push(c);
            at += 1;
            continue;
        }
        let (mut end, mut digits) = (at, 0);
        while let Some(&next) = chars.get(end) {
            let separator = matches!(next, '-' | ' ' | '－' | '—' | '.' | '\u{3000}') && chars.get(end + 1).is_some_and(|c| is_digit(*c));
            if is_digit(next) {
                digits += 1;
            } else if !separator {
                break;
            }
            end += 1;
        }
        if digits >= DIGITS {
            out.push_str(HIDDEN_NUMBER);
            end += usize::from(chars.get(end).is_some_and(|c| matches!(c, 'x' | 'X')));
        } else {
            out.extend(chars.iter().skip(at).take(end - at));
        }
        at = end;
    }
    out
}

/// A province, a letter, five or six letters and digits, perhaps with a dot after the letter.
fn plates(chars: &[char]) -> Vec<char> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let letter = chars.get(at + 1).is_some_and(char::is_ascii_alphabetic);
        let dot = usize::from(chars.get(at + 2).is_some_and(|c| matches!(c, '·' | '.' | ' ' | '-')));
        let rest = chars.iter().skip(at + 2 + dot).take_while(|c| c.is_ascii_alphanumeric()).count();
        if PROVINCES.contains(c) && letter && (5..=6).contains(&rest) {
            out.extend(HIDDEN_PLATE.chars());
            at += 2 + dot + rest;
        } else {
            out.push(c);
            at += 1;
        }
    }
    out
}

fn mails(chars: &[char]) -> Vec<char> {
    let part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    let mut out: Vec<char> = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let after = chars.iter().skip(at + 1).take_while(|c| part(c)).count();
        let before = out.iter().rev().take_while(|c| part(c)).count();
        if c == '@' && before > 0 && after > 0 {
            out.truncate(out.len() - before);
            out.extend(HIDDEN_MAIL.chars());
            at += 1 + after;
        } else {
            out.push(c);
            at += 1;
        }
    }
    out
}

fn names(chars: &[char]) -> Vec<char> {
    let mut out: Vec<char> = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let here = |words: &&&str| words.chars().eq(chars.iter().skip(at).take(words.chars().count()).copied());
        if let Some(words) = INTRODUCTIONS.iter().find(here) {
            out.extend(words.chars());
            at += words.chars().count();
            at += hide_after(chars, at, &mut out, false);
        } else if let Some(title) = TITLES.iter().find(here) {
            hide_before(&mut out);
            out.extend(title.chars());
            at += title.chars().count();
            at += hide_after(chars, at, &mut out, true);
        } else {
            out.push(c);
            at += 1;
        }
    }
    out
}

/// One to three characters before a title, the longest that begins with a surname.
fn hide_before(out: &mut Vec<char>) {
    let found = (1..=3).rev().find(|length| {
        let Some(start) = out.len().checked_sub(*length) else { return false };
        out.get(start).is_some_and(|c| SURNAMES.contains(*c)) && out.iter().skip(start).all(|c| is_han(*c) && !AFTER_NAME.contains(*c))
    });
    if let Some(length) = found {
        out.truncate(out.len() - length);
        out.extend(HIDDEN_NAME.chars());
    }
}

/// Two or three characters after a title or an introduction; how many characters were hidden.
fn hide_after(chars: &[char], at: usize, out: &mut Vec<char>, with_surname: bool) -> usize {
    let name = |place: usize| chars.get(at + place).is_some_and(|c| is_han(*c) && !AFTER_NAME.contains(*c));
    let begins = chars.get(at).is_some_and(|c| !with_surname || SURNAMES.contains(*c));
    if !begins || !name(0) || !name(1) {
        return 0;
    }
    out.extend(HIDDEN_NAME.chars());
    2 + usize::from(name(2))
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn numbers_that_lead_to_a_person_are_hidden_and_others_stay() {
        for number in [
            "13800001234",
            "138-0000-1234",
            "138 0000 1234",
            "0572-2345678",
            "33050219900307123X",
            "１３８００００１２３４",
            "一三八零零零零一二三四",
        ] {
            assert_eq!(mask(&format!("请打{number}联系")), "请打［号码已隐去］联系", "{number}");
        }
        for kept in ["跑了3趟、等了45分钟", "2026年5月，12345热线", "幸福路18号"] {
            assert_eq!(mask(kept), kept);
        }
    }

    #[test]
    fn plates_and_mail_are_hidden() {
        assert_eq!(mask("浙E12345和浙E·D12345乱停"), "［车牌已隐去］和［车牌已隐去］乱停");
        assert_eq!(mask("发到wang.xm@example.com没回"), "发到［邮箱已隐去］没回");
        assert_eq!(mask("@大家注意"), "@大家注意");
    }

    #[test]
    fn names_beside_a_title_are_hidden() {
        assert_eq!(mask("窗口的王建国科长推来推去"), "窗口的某某科长推来推去");
        assert_eq!(mask("找了李科长三次"), "找了某某科长三次");
        assert_eq!(mask("科长王伟态度很差"), "科长某某态度很差");
        assert_eq!(mask("主任说要等"), "主任说要等");
        assert_eq!(mask("我叫欧阳明，住在幸福路"), "我叫某某，住在幸福路");
    }

    #[test]
    fn what_holds_no_person_is_unchanged() {
        for text in ["", "办事很快，点赞！", "材料清单应当一次说清", "希望周末也开放"] {
            assert_eq!(mask(text), text);
        }
    }
}
