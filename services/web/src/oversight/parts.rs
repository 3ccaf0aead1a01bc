//! What the pages of spot checks and rectifications share; the start of every form of oversight.

use actix_web::HttpResponse;
use application::Meta;
use chrono::{NaiveDate, NaiveDateTime};
use domain::inspection::event::Photo;
use domain::time::{CHINA, Instant};
use templates::components::{Errors, Link};
use templates::desk::Form as Fields;
use uuid::Uuid;

use crate::csrf;
use crate::ctx::Ctx;
pub(super) use crate::desk::say::as_of;
use crate::error::{Fault, Reply};
use crate::form::Form;

/// Names of the controls for photos.
pub(super) const PHOTOS: [&str; 3] = ["photo", "photo_2", "photo_3"];

/// The start of a form: token, ids, revision.
pub(super) fn fields(ctx: &Ctx, id: &str, action: &str, revision: Option<u64>) -> Fields {
    let form = Fields::new(id, action, &csrf::token(ctx), &ctx.app().ids.uuid().to_string());
    match revision {
        Some(revision) => form.at(revision),
        None => form,
    }
}

/// The id in the address.
pub(super) fn id(ctx: &Ctx) -> Result<Uuid, Fault> {
    Uuid::try_parse(ctx.part("id")).map_err(|_| Fault::NotFound)
}

/// The circumstances of a form, bound to account, stream and act: a form id of another form is never taken for this one.
pub(super) fn bound(ctx: &Ctx, form: &Form, stream: &str, act: &str) -> Result<Meta, Fault> {
    let meta = ctx.meta(form)?;
    let account = ctx.staff()?.staff.account.0;
    let name = [account.as_bytes().as_slice(), stream.as_bytes(), b"/", act.as_bytes()].concat();
    Ok(Meta { command: Uuid::new_v5(&meta.command, &name), ..meta })
}

/// A day of a form.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()
}

/// The end of a day of a form; none when it is empty, an error when it is no day.
pub(super) fn end_of_day(text: &str) -> Result<Option<Instant>, ()> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    day(text).and_then(domain::inspection::state::end_of).map(Some).ok_or(())
}

/// A local date and time of a form.
pub(super) fn local(text: &str) -> Option<Instant> {
    let at = NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%dT%H:%M").ok()?;
    at.and_local_timezone(CHINA).single().map(|at| at.to_utc())
}

/// A moment as a form holds it.
pub(super) fn for_form(at: Instant) -> String {
    at.with_timezone(&CHINA).format("%Y-%m-%dT%H:%M").to_string()
}

/// Keeps the photos of a form; the first fault is said at its control.
pub(super) fn photos(ctx: &Ctx, form: &Form, stream: &str) -> Result<Result<Vec<Photo>, Errors>, Fault> {
    let files: Vec<_> = PHOTOS.iter().filter_map(|name| form.file(name).map(|file| (*name, file))).collect();
    // All are looked at before one is written.
    for (name, file) in &files {
        if let Err(refusal) = application::attachments::check(&file.bytes) {
            return Ok(Err(Errors::one(name, &refusal.to_string())));
        }
    }
    let mut kept: Vec<Photo> = Vec::new();
    for (_, file) in files {
        let photo = ctx.app().keep_photo(stream, &file.bytes)?;
        if !kept.contains(&photo) {
            kept.push(photo);
        }
    }
    Ok(Ok(kept))
}

/// Photos as links below `base`.
pub(super) fn links(base: &str, photos: &[Photo]) -> Vec<Link> {
    let link = |(index, photo): (usize, &Photo)| {
        let words =
            format!("第 {} 张照片，{} KB，校验值 {}", index + 1, photo.size.div_ceil(1024), &photo.sha256[..12.min(photo.sha256.len())]);
        Link::new(&format!("{base}/photo/{}", photo.sha256), &words)
    };
    photos.iter().enumerate().map(link).collect()
}

/// A photo of a stream that stands among those that the reader may see.
pub(super) fn send_photo(ctx: &Ctx, stream: &str, mut seen: impl Iterator<Item = Photo>) -> Reply {
    let hash = ctx.part("hash");
    let photo = seen.find(|photo| photo.sha256 == hash).ok_or(Fault::NotFound)?;
    let bytes = ctx.app().photo(stream, &photo)?;
    Ok(HttpResponse::Ok().content_type(photo.media).insert_header(("Content-Disposition", "inline")).body(bytes))
}
