//! The receipt: read from the log itself, so that it stands the moment the filing is acknowledged.

use application::receipts::Issued;
use application::{Actor, Error};
use domain::case::{CaseState, ClockKind};
use domain::ids::CaseId;
use projections::Reference;
use templates::Shell;
use templates::citizen::Receipt;
use templates::components::{Tag, Tone};
use uuid::Uuid;

use crate::cookies::names;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page, see_other};
use crate::{shell, words};

const PURPOSE: &str = "receipt";

/// Lets this browser see the receipt of a case until it is closed.
pub(super) fn give(ctx: &Ctx, case: CaseId) {
    ctx.set_sealed(names::RECEIPT, PURPOSE, case.0.as_bytes(), None);
}

/// The case whose receipt this browser holds.
pub(super) fn held(ctx: &Ctx) -> Option<CaseId> {
    ctx.sealed(names::RECEIPT, PURPOSE).and_then(|bytes| Uuid::from_slice(&bytes).ok()).map(CaseId)
}

/// The signed receipt of a case; none while nothing can be signed.
///
/// # Errors
/// As [`application::Application::receipt`].
pub(super) async fn issue(ctx: &Ctx, case: CaseId) -> Result<Option<Issued>, Error> {
    ctx.app().receipt(&Actor::Petitioner(case), case).await
}

/// As [`issue`], for a page that has more to say: whoever has just filed needs the query code even if nothing can be signed.
async fn shown(ctx: &Ctx, case: CaseId) -> Option<Issued> {
    issue(ctx, case).await.unwrap_or_else(|error| {
        let cause = match error {
            Error::Internal(words) => words,
            other => other.to_string(),
        };
        tracing::error!(%cause, "a receipt could not be signed");
        None
    })
}

/// `GET /file/receipt/signed`: the signed receipt as a file.
///
/// # Errors
/// [`Fault::NotFound`] while nothing can be signed, log errors.
pub async fn signed(ctx: Ctx) -> Reply {
    let case = held(&ctx).ok_or(Fault::NotFound)?;
    let issued = issue(&ctx, case).await?.ok_or(Fault::NotFound)?;
    Ok(super::track::evidence::file(&issued))
}

/// `/file/receipt`. A reload shows the same and files nothing.
///
/// # Errors
/// Log errors.
pub async fn get(ctx: Ctx) -> Reply {
    let Some(case) = held(&ctx) else {
        ctx.flash(false, "这个浏览器里没有回执。请用工单编号和查询码查进度；如果还没有提交，请从“我要反映”开始。");
        return see_other("/track");
    };
    if let Some(outside) = ctx.outside() {
        return super::outside::receipt(&ctx, outside, case);
    }
    let opened = ctx.app().open_case(&Actor::Petitioner(case), case).await?;
    let receipt = view(&ctx.app().reference(), &opened.state, &ctx.app().code_of(case, &opened.state.number));
    let issued = shown(&ctx, case).await;
    page(&Receipt {
        shell: shell::of(&ctx),
        signed_promise: issued.as_ref().map(|issued| issued.promise.to_string()).unwrap_or_default(),
        head_day: issued.map(|issued| words::date(issued.receipt.head)).unwrap_or_default(),
        ..receipt
    })
}

/// The receipt without what surrounds it, and unsigned: who reads it outside cannot be told a head.
pub(crate) fn view(reference: &Reference, state: &CaseState, code: &str) -> Receipt {
    let promise = state.latest(ClockKind::Promise);
    let due = promise.map(|clock| words::due(clock.due)).unwrap_or_default();
    let hotline = words::hotline(reference);
    let mut next = vec![format!("{hotline}核对后直接答复，或者派给承办单位。")];
    if let Some(accept) = state.latest(ClockKind::Accept) {
        next[0] = format!("{hotline}核对后直接答复，或者派给承办单位，最迟 {}。", words::due(accept.due).text);
    }
    if state.anonymous {
        next.push("承办单位签收并办理。您选择了匿名，我们不能联系您核实，请留意查进度页面。".to_owned());
    } else {
        next.push("承办单位签收，先联系您核实情况。".to_owned());
    }
    next.push("在答复期限前给出答复，您可以在“查进度”里看到全文。".to_owned());
    next.push("看到答复后可以评价；没有解决的，可以在“查进度”里说明，由热线办另行研判。".to_owned());
    Receipt {
        shell: Shell::default(),
        number: words::number(&state.number),
        code: words::code_groups(code),
        class: words::class(reference, &state.class),
        received: state.filed_at.map(words::moment_with_weekday).unwrap_or_default(),
        due,
        due_explained: promise.map(|clock| format!("{}。", words::explained(reference, clock))).unwrap_or_default(),
        days: promise.map(|clock| words::days(reference, clock)).unwrap_or_default(),
        provisional: promise.is_some_and(|clock| clock.provisional),
        provisional_tag: Tag::new("暂定", Tone::Warn),
        provisional_note: "国务院办公厅还没有公布该年的放假安排，这个日期按法定节假日推算。公布后会重新计算，以“查进度”里显示的为准。"
            .to_owned(),
        next,
        signed_promise: String::new(),
        head_day: String::new(),
    }
}
