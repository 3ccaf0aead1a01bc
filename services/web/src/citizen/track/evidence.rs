//! The signed receipt of the case that is followed: a promise first, with its proof once a published head covers it.

use actix_web::HttpResponse;
use application::cases::OpenedCase;
use application::heads::origin;
use application::receipts::Issued;
use domain::time::legal_day;
use templates::citizen::Evidence;
use templates::components::{Tag, Tone};

use super::tracked;
use crate::citizen::receipt;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply};
use crate::words;

/// How far the receipt is proved, in words; none while nothing can be signed. The page signs and proves nothing by itself.
///
/// # Errors
/// When log or views cannot be read.
pub(super) async fn of(ctx: &Ctx, opened: &OpenedCase) -> Result<Option<Evidence>, Fault> {
    let Some(filing) = opened.entries.first() else { return Ok(None) };
    let views = ctx.app().projections.views();
    let covering = views.head_covering(filing.seq)?;
    // A log that has published a head is founded: the log itself is asked before its first day is over, and never again.
    if covering.is_none() && views.latest_head()?.is_none() && origin(ctx.app().log.as_ref()).await?.is_none() {
        return Ok(None);
    }
    let day = legal_day(filing.recorded_at);
    Ok(Some(match covering {
        Some(head) => Evidence {
            tag: Tag::new("已存证", Tone::Good),
            words: format!("这件诉求的登记已包含在{}的日志头里。下载的回执带有证明，不依靠本平台也能核对。", words::date(head.day)),
        },
        None => Evidence {
            tag: Tag::new("待存证", Tone::Neutral),
            words: format!("{}的日志头公布之后（次日凌晨），可以在这里下载带证明的回执。现在下载的只有平台签名的承诺。", words::date(day)),
        },
    }))
}

/// `GET /track/receipt`: the receipt as a file.
///
/// # Errors
/// [`Fault::NotFound`] while nothing can be signed, log errors.
pub async fn download(ctx: Ctx) -> Reply {
    let case = tracked(&ctx)?;
    ctx.set_tracked(case);
    let issued = receipt::issue(&ctx, case).await?.ok_or(Fault::NotFound)?;
    Ok(file(&issued))
}

/// The file; its name holds the public number alone.
pub(crate) fn file(issued: &Issued) -> HttpResponse {
    let name = format!("attachment; filename=\"receipt-{}.txt\"", issued.receipt.number);
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").insert_header(("Content-Disposition", name)).body(issued.file())
}
