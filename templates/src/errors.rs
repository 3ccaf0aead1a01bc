//! Pages for when something went wrong: what happened, what became of what was typed, what to do next.
//!
//! They never show a cause; a reference leads the staff to it.

use askama::Template;

use crate::components::Link;
use crate::shell::Shell;

/// Any error page.
#[derive(Debug, Template)]
#[template(path = "errors/error.html")]
pub struct ErrorPage {
    /// Context.
    pub shell: Shell,
    /// HTTP status.
    pub status: u16,
    /// What happened: the heading.
    pub title: String,
    /// What to do next; what became of what was typed, where that is the same in every case.
    pub lines: Vec<String>,
    /// That what was typed is kept, said by the pages of forms whose words can be; empty when nothing was.
    pub kept: String,
    /// What was typed and could not be kept: the page shows it, so that people can copy it.
    pub unkept: Vec<String>,
    /// Name of the request in the operating log, by which the staff finds the cause; empty for none.
    pub reference: String,
    /// Ways on; the first is the main one.
    pub links: Vec<Link>,
}

impl ErrorPage {
    /// A page from its parts.
    #[must_use]
    pub fn new(shell: Shell, status: u16, title: &str, lines: &[&str], links: Vec<Link>) -> Self {
        let lines = lines.iter().map(|line| (*line).into()).collect();
        Self { shell, status, title: title.into(), lines, kept: String::new(), unkept: Vec::new(), reference: String::new(), links }
    }

    /// The same for somebody who works at the desk: the ways on lead back there.
    #[must_use]
    pub fn for_staff(mut self) -> Self {
        let citizens = self.links.len();
        self.links.retain(|link| link.href != "/" && link.href != "/track");
        if self.links.len() < citizens {
            self.links.push(Link::new("/desk", "回工作台"));
        }
        self
    }

    /// 400: the request cannot be read (encoding, format).
    #[must_use]
    pub fn bad_request(shell: Shell) -> Self {
        let lines = ["浏览器发来的内容格式或编码不对，没有保存任何内容。", "请返回上一页刷新后再试；仍然不行，可换一个浏览器。"];
        Self::new(shell, 400, "没能读懂这次请求", &lines, vec![home()])
    }

    /// 403: signed in or not, this is not for the visitor.
    #[must_use]
    pub fn forbidden(shell: Shell) -> Self {
        let lines = ["当前身份没有查看或办理这项内容的权限。", "如果您在查进度，请重新输入工单编号和查询码；工作人员请联系本单位管理员。"];
        Self::new(shell, 403, "没有权限打开这个页面", &lines, vec![Link::new("/track", "查进度"), home()])
    }

    /// 403 for somebody who is signed in.
    #[must_use]
    pub fn forbidden_at_desk(shell: Shell) -> Self {
        let lines = ["您的角色没有查看或办理这项内容的权限。", "工作需要的，请联系安全管理员调整角色。"];
        Self::new(shell, 403, "没有权限打开这个页面", &lines, vec![home()])
    }

    /// 404 for somebody who is signed in.
    #[must_use]
    pub fn not_found_at_desk(shell: Shell) -> Self {
        let lines = ["网址或编号可能输错了，或者这件工单不归您的单位办理。", "请检查后再试，或者从工作台进入。"];
        Self::new(shell, 404, "找不到这个页面", &lines, vec![home()])
    }

    /// 404
    #[must_use]
    pub fn not_found(shell: Shell) -> Self {
        let lines = ["网址可能输错了，或者页面已经移走。", "从首页可以找到全部服务。"];
        Self::new(shell, 404, "找不到这个页面", &lines, vec![home(), Link::new("/track", "查进度")])
    }

    /// 404: served by the inner zone only.
    #[must_use]
    pub fn not_outside(shell: Shell) -> Self {
        let phone = format!("请拨打 {}，或者到政务服务窗口办理。", shell.service_phone);
        let lines = ["这个网站可以反映诉求、查进度、评价和看公开数据，别的服务暂时不在这里提供。", &phone];
        Self::new(shell, 404, "这项服务不在这个网站办理", &lines, vec![home(), Link::new("/track", "查进度")])
    }

    /// 405
    #[must_use]
    pub fn method_not_allowed(shell: Shell) -> Self {
        let lines = ["这个网址只用于提交表单，不能直接打开。没有改变任何内容。", "请回到首页，从头进入。"];
        Self::new(shell, 405, "不能这样打开", &lines, vec![home()])
    }

    /// 408: the body came too slowly.
    #[must_use]
    pub fn timeout(shell: Shell, back: &str) -> Self {
        let lines = ["网络太慢，内容没有传完，所以没有提交。", "之前各步填写的内容仍保存在草稿里。请在网络好一些时再试。"];
        Self::new(shell, 408, "传输超时", &lines, vec![Link::new(back, "回到刚才的页面"), home()])
    }

    /// 409: this form was sent before.
    #[must_use]
    pub fn already_sent(shell: Shell, receipt: &str) -> Self {
        let lines = ["这张表单之前已经提交成功，不会重复登记。", "请查看原来的回执。"];
        Self::new(shell, 409, "已经提交过了", &lines, vec![Link::new(receipt, "查看回执"), home()])
    }

    /// 409: somebody else acted in between.
    #[must_use]
    pub fn changed(shell: Shell, back: &str) -> Self {
        let lines = ["您打开页面之后，情况有了新的进展，刚才的操作没有执行。"];
        let page = Self::new(shell, 409, "情况已经变化", &lines, vec![Link::new(back, "查看最新情况")]);
        page.keeping("您填写的内容已保留，请看过最新情况再决定是否提交。")
    }

    /// 413
    #[must_use]
    pub fn too_large(shell: Shell, limit: &str, back: &str) -> Self {
        let mut page = Self::new(shell, 413, "内容太大", &[], vec![Link::new(back, "回到刚才的页面")]);
        page.lines = vec![
            format!("一次最多提交 {limit}，这次超过了，没有保存。"),
            "请缩短文字或减少文件后再试，之前各步填写的内容仍在草稿里。".into(),
        ];
        page
    }

    /// 422 where no form page can be shown again.
    #[must_use]
    pub fn unprocessable(shell: Shell, back: &str) -> Self {
        let lines = ["提交的内容有缺失或不符合要求，没有保存。", "请回到刚才的页面检查后重新提交。"];
        Self::new(shell, 422, "内容不符合要求", &lines, vec![Link::new(back, "回到刚才的页面")])
    }

    /// 429; `wait` in words, for example `15 分钟`.
    #[must_use]
    pub fn too_many(shell: Shell, wait: &str) -> Self {
        let mut page = Self::new(shell, 429, "操作太频繁", &[], vec![home()]);
        page.lines = vec![format!("为保护大家的信息，请在 {wait}后再试。"), "没有改变任何内容。着急时可以拨打服务热线。".into()];
        page
    }

    /// 500
    #[must_use]
    pub fn internal(shell: Shell) -> Self {
        let lines = [
            "这是平台的问题，不是您的操作有误。工作人员已经收到通知。",
            "已经拿到回执的诉求不受影响；填写中的内容仍在草稿里，请稍后再试。",
        ];
        Self::new(shell, 500, "平台出了问题", &lines, vec![home()])
    }

    /// 503; `back_at` in words, or empty when not known.
    #[must_use]
    pub fn unavailable(shell: Shell, back_at: &str) -> Self {
        let mut page = Self::new(shell, 503, "暂时不能使用", &[], Vec::new());
        page.lines = vec![
            if back_at.is_empty() {
                "平台正在维护，请稍后再来。".into()
            } else {
                format!("平台正在维护，预计 {back_at} 恢复。")
            },
            "已经拿到回执的诉求都已保存，期限不受影响；没有看到回执的，恢复后请从草稿再提交一次，不会重复登记。".into(),
            format!("需要马上反映的，请拨打 {}。", page.shell.service_phone),
        ];
        page
    }

    /// 403: the session ended while a form was being filled in.
    #[must_use]
    pub fn session_expired(shell: Shell, resume: &str) -> Self {
        Self::expired(shell, resume, "很久没有操作，为安全起见已经退出。")
    }

    /// 403: the form was opened under an earlier sign-in of this browser.
    #[must_use]
    pub fn signed_in_anew(shell: Shell, resume: &str) -> Self {
        Self::expired(shell, resume, "这张表单是上一次登录时打开的，这次没有提交。")
    }

    fn expired(shell: Shell, resume: &str, why: &str) -> Self {
        let page = Self::new(shell, 403, "页面已过期", &[why], vec![Link::new(resume, "继续填写"), home()]);
        page.keeping("您填写的内容已保存为草稿，24 小时内可以继续。")
    }

    fn keeping(mut self, words: &str) -> Self {
        self.kept = words.into();
        self
    }
}

fn home() -> Link {
    Link::new("/", "返回首页")
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let shell = || Shell::sample("/somewhere");
    let unkept = vec!["路灯自上月起不亮，夜间行人看不清台阶，多位居民反映。".repeat(40), "请尽快修复，并告知完成时间。".repeat(8)];
    let pages: Vec<(&'static str, ErrorPage)> = vec![
        ("error-400", ErrorPage::bad_request(shell())),
        ("error-403", ErrorPage::forbidden(shell())),
        ("error-403-staff", ErrorPage::forbidden_at_desk(shell()).for_staff()),
        ("error-404", ErrorPage::not_found(shell())),
        ("error-404-staff", ErrorPage::not_found_at_desk(shell()).for_staff()),
        ("error-404-outside", ErrorPage::not_outside(shell())),
        ("error-405", ErrorPage::method_not_allowed(shell())),
        ("error-408", ErrorPage::timeout(shell(), "/file/what")),
        ("error-409-sent", ErrorPage::already_sent(shell(), "/file/receipt")),
        ("error-409-changed", ErrorPage::changed(shell(), "/track/case")),
        ("error-413", ErrorPage::too_large(shell(), "1 MB", "/file/what")),
        ("error-422", ErrorPage::unprocessable(shell(), "/file/what")),
        ("error-429", ErrorPage::too_many(shell(), "15 分钟")),
        ("error-500", ErrorPage { reference: "9F2C71BA".into(), ..ErrorPage::internal(shell()) }),
        ("error-503", ErrorPage::unavailable(shell(), "今天 18:00")),
        ("error-session", ErrorPage::session_expired(shell(), "/file/what")),
        ("error-session-anew", ErrorPage::signed_in_anew(shell(), "/desk/file").for_staff()),
        ("error-session-long", ErrorPage { kept: String::new(), unkept, ..ErrorPage::session_expired(shell(), "/desk/file") }),
    ];
    pages.into_iter().map(|(name, page)| (name, crate::html(&page))).collect()
}
