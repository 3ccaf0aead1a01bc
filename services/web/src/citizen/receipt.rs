//! The receipt: read from the log itself, so that it stands the moment the filing is acknowledged.

use application::Actor;
use domain::case::{CaseState, ClockKind};
use domain::ids::CaseId;
use projections::Reference;
use templates::Shell;
use templates::citizen::Receipt;
use templates::components::{Tag, Tone};
use uuid::Uuid;

use crate::cookies::names;
use crate::ctx::Ctx;
use crate::error::{Reply, page, see_other};
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
    page(&Receipt { shell: shell::of(&ctx), ..receipt })
}

/// The receipt without what surrounds it.
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
    }
}
