//! Signing in and out, and one's own password.

use actix_web::HttpResponse;
use actix_web::http::header;
use application::Error;
use application::session::Session;
use domain::ids::AccountId;
use templates::components::Errors;
use templates::desk::{Form as Fields, Password, SignIn};
use uuid::Uuid;

use crate::cookies::{self, names};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, html, invalid, local, page, see_other, wait};
use crate::form::Form;
use crate::{csrf, shell};

/// Fewest characters of a password (`application::password`).
const LEAST: u32 = 10;
const KNOWN: &str = "known";
/// Half a year.
const REMEMBERED: i64 = 182 * 86_400;

/// Only pages of the desk and the administration are gone to after signing in.
fn next(path: &str) -> String {
    let ours = ["/desk", "/oversight", "/admin"]
        .iter()
        .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])));
    if ours && local(path) && !path.starts_with("/desk/sign-in") { path.to_owned() } else { "/desk".to_owned() }
}

fn sign_in_page(ctx: &Ctx, login: &str, target: &str, errors: Errors, wait_seconds: Option<u64>) -> SignIn {
    let reference = ctx.app().reference();
    let demo = ctx.state().settings.demo_accounts.iter().map(|(login, password)| {
        let account = reference.account_by_login(login);
        let roles = account.map(|account| account.roles.iter().map(|role| role.label()).collect::<Vec<_>>().join("、")).unwrap_or_default();
        let unit = account.and_then(|account| account.unit.as_ref()).map(|code| crate::words::unit(&reference, code)).unwrap_or_default();
        let what = [roles, unit].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        (login.clone(), what, password.clone())
    });
    SignIn {
        shell: shell::of(ctx),
        form: Fields { csrf: csrf::token(ctx), action: "/desk/sign-in".to_owned(), errors, ..Fields::default() },
        login: login.to_owned(),
        next: target.to_owned(),
        wait_seconds: wait_seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
        notice: None,
        demo: demo.collect(),
    }
}

pub(crate) async fn sign_in(ctx: Ctx) -> Reply {
    let target = next(ctx.query("next"));
    if ctx.session().is_some() {
        return see_other(&target);
    }
    page(&sign_in_page(&ctx, "", &target, Errors::none(), None))
}

pub(crate) async fn sign_in_post(ctx: Ctx, form: Form) -> Reply {
    let (login, password, target) = (form.get("login").trim(), form.get("password"), next(form.get("next")));
    let mut errors = Errors::none();
    if login.is_empty() {
        errors = errors.and("login", "请填写登录名");
    }
    if password.is_empty() {
        errors = errors.and("password", "请填写密码");
    }
    if errors.any() {
        return invalid(&sign_in_page(&ctx, login, &target, errors, None));
    }
    let signed_in = ctx.app().sign_in(login, password, &ctx.client(), known(&ctx)).await;
    if matches!(signed_in, Ok(_) | Err(Error::WrongPassword)) {
        ctx.state().operate.requests.signed_in(signed_in.is_ok());
    }
    match signed_in {
        Ok((session, token)) => {
            open(&ctx, &session, token);
            see_other(if session.must_change { "/desk/password" } else { &target })
        }
        Err(Error::WrongPassword) => {
            let errors = Errors::one("", &Error::WrongPassword.to_string());
            invalid(&sign_in_page(&ctx, login, &target, errors, None))
        }
        Err(Error::TooManyTries { seconds }) => {
            let errors = Errors::one("", &format!("多次输入不对，请在 {} 后再试。忘记密码请联系本单位的安全管理员重置", wait(seconds)));
            let mut reply = html(HttpResponse::TooManyRequests(), &sign_in_page(&ctx, login, &target, errors, Some(seconds)));
            reply.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
            Ok(reply)
        }
        Err(other) => Err(other.into()),
    }
}

/// The account that signed in last in this browser.
fn known(ctx: &Ctx) -> Option<AccountId> {
    ctx.sealed(names::KNOWN, KNOWN).and_then(|bytes| Uuid::from_slice(&bytes).ok()).map(AccountId)
}

fn open(ctx: &Ctx, session: &Session, token: String) {
    ctx.set_sealed(names::KNOWN, KNOWN, session.staff.account.0.as_bytes(), Some(REMEMBERED));
    ctx.set_cookie(cookies::make(names::SESSION, token, None, ctx.state().settings.tls));
}

pub(crate) async fn sign_out(ctx: Ctx, _: Form) -> Reply {
    let done = ctx.app().sign_out(ctx.staff()?).await?;
    ctx.seen(done.seq).await;
    ctx.remove_cookie(names::SESSION);
    // What one person typed is not shown to the next one at the same desk.
    let typed = names::KEPT.iter().chain(&names::DRAFT).chain(&[names::RECEIPT, names::TRACK, names::VISITOR]);
    let typed = typed.chain(&[names::COMPLAINT, names::COMPLAINT_RECEIPT]);
    typed.filter(|name| ctx.cookie(name).is_some()).for_each(|name| ctx.remove_cookie(name));
    ctx.flash(true, "已退出登录。");
    see_other("/desk/sign-in")
}

fn password_page(ctx: &Ctx, session: &Session, errors: Errors) -> Password {
    let id = ctx.app().ids.uuid().to_string();
    Password {
        shell: shell::of(ctx),
        form: Fields::new("", "/desk/password", &csrf::token(ctx), &id).with(errors),
        must_change: session.must_change,
        least: LEAST,
    }
}

pub(crate) async fn password(ctx: Ctx) -> Reply {
    page(&password_page(&ctx, ctx.staff()?, Errors::none()))
}

pub(crate) async fn password_post(ctx: Ctx, form: Form) -> Reply {
    let session = ctx.staff()?.clone();
    if let Some(errors) = check_password(&ctx, &session, &form).await? {
        return invalid(&password_page(&ctx, &session, errors));
    }
    let done = match ctx.app().set_password(&ctx.meta(&form)?, session.staff.account, form.get("password")).await {
        Ok(done) => done,
        Err(Error::WeakPassword(words)) => return invalid(&password_page(&ctx, &session, Errors::one("password", &words))),
        Err(other) => return Err(other.into()),
    };
    // A new password ends all sessions of the account, this one too: it is opened anew as soon as the views know.
    let login = ctx.app().reference().account(session.staff.account).map(|account| account.login.clone()).unwrap_or_default();
    if ctx.seen(done.seq).await
        && let Ok((session, token)) = ctx.app().sign_in(&login, form.get("password"), &ctx.client(), known(&ctx)).await
    {
        open(&ctx, &session, token);
        ctx.flash(true, "密码已修改，其他地方的登录都已退出。");
        return see_other("/desk");
    }
    ctx.remove_cookie(names::SESSION);
    ctx.flash(true, "密码已修改，请用新密码登录。");
    see_other("/desk/sign-in")
}

/// The old password, with the same patience as at the door, and twice the same new one.
async fn check_password(ctx: &Ctx, session: &Session, form: &Form) -> Result<Option<Errors>, Fault> {
    let mut errors = Errors::none();
    if form.get("current").is_empty() {
        errors = errors.and("current", "请填写现在的密码");
    } else if !ctx.app().own_password(session, form.get("current"), &ctx.client()).await? {
        errors = errors.and("current", "现在的密码不对，请重新输入");
    }
    if form.get("password").is_empty() {
        errors = errors.and("password", "请填写新密码");
    } else if form.get("password") == form.get("current") {
        errors = errors.and("password", "新密码不能和现在的密码相同");
    }
    if form.get("again") != form.get("password") {
        errors = errors.and("again", "两次输入的新密码不一样");
    }
    Ok(errors.any().then_some(errors))
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn signing_in_leads_to_pages_of_staff_only() {
        assert_eq!(next("/desk/case/ABC?as_of=3"), "/desk/case/ABC?as_of=3");
        assert_eq!((next("/admin").as_str(), next("/oversight?day=1").as_str()), ("/admin", "/oversight?day=1"));
        for bad in ["", "//evil", "https://evil", "/deskevil", "/track", "/desk/sign-in?next=/x", "/desk\\evil"] {
            assert_eq!(next(bad), "/desk", "{bad:?}");
        }
    }
}
