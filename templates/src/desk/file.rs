//! The call form of the hotline's operator, on one screen.

use askama::Template;

use super::{CaseRow, Form};
use crate::components::{Choice, Errors, Notice, Tone};
use crate::shell::Shell;

/// `GET|POST /desk/file`: the submit button `do` says what is wanted: `history` (查历史, changes nothing), `file`
/// (登记), `dispatch` (登记并派单: goes on to the dispatch form of the new case), `answer` (直接答复: needs `answer`).
///
/// Field names: `channel`, `phone`, `name`, `anonymous`, `title`, `words`, `wish`, `division`, `place`, `class`, `urgency`,
/// `confidential`, `publish`, `agent`, `relation`, `answer`. Check boxes send `yes`.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/file.html")]
pub struct FileCall {
    /// Context.
    pub shell: Shell,
    /// The form.
    pub form: Form,
    /// Channels offered to operators.
    pub channels: Vec<Choice>,
    /// Phone.
    pub phone: String,
    /// Name.
    pub name: String,
    /// The caller gives no name.
    pub anonymous: bool,
    /// Short title.
    pub title: String,
    /// What happened.
    pub words: String,
    /// What is wished for.
    pub wish: String,
    /// Divisions.
    pub divisions: Vec<Choice>,
    /// Where exactly.
    pub place: String,
    /// Classes with their definitions as hints.
    pub classes: Vec<Choice>,
    /// Urgencies.
    pub urgencies: Vec<Choice>,
    /// Keep contact data from the unit.
    pub confidential: bool,
    /// May be published after redaction.
    pub publish: bool,
    /// Name of the person who calls for somebody else.
    pub agent_name: String,
    /// Relation.
    pub agent_relation: String,
    /// Direct answer.
    pub answer: String,
    /// May answer directly and dispatch.
    pub may_dispatch: bool,
    /// Earlier cases of this phone; none until 查历史.
    pub history: Option<Vec<CaseRow>>,
    /// Emergency words met, spill warning.
    pub notices: Vec<Notice>,
}

impl FileCall {
    /// An empty form, first field focused.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample_desk("/desk/file"),
            form: Form::new("", "/desk/file", "sample-csrf", "01J0SAMPLE"),
            channels: Choice::select(
                vec![Choice::new("phone", "12345 电话"), Choice::new("visit", "现场"), Choice::new("letter", "来信")],
                "phone",
            ),
            phone: String::new(),
            name: String::new(),
            anonymous: false,
            title: String::new(),
            words: String::new(),
            wish: String::new(),
            divisions: vec![
                Choice::new("331002", "临江区"),
                Choice::new("331002001", "　西湾街道"),
                Choice::new("331002002", "　望山街道"),
                Choice::new("331021", "清源县"),
            ],
            place: String::new(),
            classes: vec![
                Choice::new("consult", "咨询"),
                Choice::new("help", "求助"),
                Choice::new("advice", "建议"),
                Choice::new("complaint", "投诉"),
                Choice::new("report", "举报"),
            ],
            urgencies: Choice::select(vec![Choice::new("normal", "一般"), Choice::new("urgent", "紧急")], "normal"),
            confidential: false,
            publish: false,
            agent_name: String::new(),
            agent_relation: String::new(),
            answer: String::new(),
            may_dispatch: true,
            history: None,
            notices: Vec::new(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let typed = FileCall {
        phone: "13800000000".into(),
        name: "王小明".into(),
        words: "小区北门的路灯从上周日开始不亮，晚上看不清台阶，昨天有老人摔倒。".into(),
        history: Some(CaseRow::samples().into_iter().take(3).collect()),
        notices: vec![Notice::new(Tone::Warn, "可能是紧急情况", &["内容提到“摔倒”。有人受伤请先转 120，再登记。"])],
        ..FileCall::sample()
    };
    let wrong = FileCall {
        phone: "1380000".into(),
        history: Some(Vec::new()),
        form: FileCall::sample().form.with(
            Errors::one("phone", "手机或固定电话格式不对，请填 11 位手机号，或带区号的固定电话，如 0572-1234567")
                .and("words", "请填写诉求内容")
                .and("class", "请从列出的选项中选择诉求类型"),
        ),
        ..FileCall::sample()
    };
    vec![
        ("desk-file", crate::html(&FileCall::sample())),
        ("desk-file-history", crate::html(&typed)),
        ("desk-file-error", crate::html(&wrong)),
    ]
}
