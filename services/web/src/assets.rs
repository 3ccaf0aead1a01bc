//! Static files, compiled in, under names that hold their hash: cached for ever.

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::ctx::Ctx;
use crate::error::{Fault, Reply};

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let asset = templates::assets().iter().find(|asset| asset.path == ctx.path()).ok_or(Fault::NotFound)?;
    let known = ctx.request().headers().get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == asset.etag.as_bytes());
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::ETAG, asset.etag.as_str()))
        .content_type(asset.content_type);
    Ok(if known { response.finish() } else { response.body(asset.bytes) })
}
