//! Reading a form: bounded in size, in number of fields and in time; UTF-8 or a clear word.

use std::time::Duration;

use actix_web::http::header;
use actix_web::web;
use futures_util::StreamExt;
use uuid::Uuid;

use crate::ctx::Ctx;
use crate::error::Fault;

/// Most fields of a form.
const FIELDS: usize = 200;
/// Least rate of a body after the first seconds, in bytes per second (ux.md §11 X).
const LEAST_RATE: u64 = 8 * 1024;

/// The fields of a form, and uploaded files.
#[derive(Debug, Clone, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
    files: Vec<Upload>,
}

/// An uploaded file.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Name of the field.
    pub field: String,
    /// Name of the file without folders.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl Form {
    /// Reads the body of a POST.
    ///
    /// # Errors
    /// [`Fault::TooLarge`], [`Fault::TooSlow`], [`Fault::Encoding`].
    pub async fn read(ctx: &Ctx, payload: web::Payload, limit: usize) -> Result<Self, Fault> {
        let kind = ctx.request().headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let length = ctx.request().headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > limit) {
            return Err(Fault::TooLarge(limit));
        }
        let body = body(ctx, payload, limit).await?;
        if let Some(boundary) = boundary(&kind) {
            return multipart(&body, &boundary);
        }
        if !kind.is_empty() && !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Fault::Encoding);
        }
        // Percent-decoding must give UTF-8: anything else is another encoding and would be stored broken.
        let text = std::str::from_utf8(&body).map_err(|_| Fault::Encoding)?;
        let fields = decode(text)?;
        Ok(Self { fields, files: Vec::new() })
    }

    /// A form from fields, for tests and kept forms.
    pub fn of(fields: Vec<(String, String)>) -> Self {
        Self { fields, files: Vec::new() }
    }

    /// The value of a field; empty when it is not there. Of a repeated field the first counts.
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// All values of a field (checkboxes).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A field that is checked or says yes.
    pub fn is(&self, name: &str) -> bool {
        matches!(self.get(name), "yes" | "1" | "on" | "true")
    }

    /// An id.
    pub fn uuid(&self, name: &str) -> Option<Uuid> {
        Uuid::try_parse(self.get(name)).ok()
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name).parse().ok()
    }

    /// All fields, in order.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// An uploaded file that is not empty.
    pub fn file(&self, field: &str) -> Option<&Upload> {
        self.files.iter().find(|file| file.field == field && !file.bytes.is_empty())
    }
}

async fn body(ctx: &Ctx, mut payload: web::Payload, limit: usize) -> Result<web::Bytes, Fault> {
    let grace = ctx.state().settings.slow_seconds.max(1);
    let started = tokio::time::Instant::now();
    let mut body = web::BytesMut::new();
    loop {
        // The body must be there after the grace time, or have kept at least the least rate.
        let allowed = grace + body.len() as u64 / LEAST_RATE;
        let deadline = started + Duration::from_secs(allowed);
        match tokio::time::timeout_at(deadline, payload.next()).await {
            Err(_) => return Err(Fault::TooSlow),
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(Err(_))) => return Err(Fault::Encoding),
            Ok(Some(Ok(chunk))) => {
                if body.len() + chunk.len() > limit {
                    return Err(Fault::TooLarge(limit));
                }
                body.extend_from_slice(&chunk);
            }
        }
    }
}

fn decode(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut fields = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        if fields.len() == FIELDS {
            return Err(Fault::Encoding);
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        fields.push((percent(key)?, clean(&percent(value)?)));
    }
    Ok(fields)
}

fn percent(text: &str) -> Result<String, Fault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).ok_or(Fault::Encoding);
                let (high, low) = (hex(rest.next())?, hex(rest.next())?);
                u8::try_from(high * 16 + low).map_err(|_| Fault::Encoding)?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Fault::Encoding)
}

/// Line ends as one character; control characters have no place in what people type.
fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn boundary(kind: &str) -> Option<String> {
    let rest = kind.strip_prefix("multipart/form-data")?;
    let value = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?.trim_matches('"');
    (!value.is_empty() && value.len() <= 70).then(|| value.to_owned())
}

/// Splits a multipart body that is already in memory and bounded, part by part, so that a body of boundaries alone
/// takes no memory. A boundary counts at the beginning of a line only; a body without its end was cut off on the way.
fn multipart(body: &[u8], boundary: &str) -> Result<Form, Fault> {
    let marker = format!("\r\n--{boundary}").into_bytes();
    let mut rest = match body.strip_prefix(&marker[2..]) {
        Some(rest) => rest,
        None => split(body, &marker)?.1,
    };
    let mut form = Form::default();
    while !rest.starts_with(b"--") {
        if form.fields.len() + form.files.len() == FIELDS {
            return Err(Fault::Encoding);
        }
        let (part, after) = split(rest.strip_prefix(b"\r\n").ok_or(Fault::Encoding)?, &marker)?;
        rest = after;
        let (head, content) = split(part, b"\r\n\r\n")?;
        let head = std::str::from_utf8(head).map_err(|_| Fault::Encoding)?;
        let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:")).ok_or(Fault::Encoding)?;
        let field = parameter(disposition, "name").ok_or(Fault::Encoding)?;
        match parameter(disposition, "filename") {
            Some(name) => {
                let name = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect();
                form.files.push(Upload { field, name, bytes: content.to_vec() });
            }
            None => form.fields.push((field, clean(std::str::from_utf8(content).map_err(|_| Fault::Encoding)?))),
        }
    }
    Ok(form)
}

/// A parameter of a header line; a quoted value may hold semicolons.
fn parameter(line: &str, name: &str) -> Option<String> {
    let mut rest = line.split_once(';')?.1;
    loop {
        let (key, value) = rest.split_once('=')?;
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_at(value.find(';').unwrap_or(value.len())),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = after.trim_start().strip_prefix(';')?;
    }
}

/// What stands before and after the first `marker`.
fn split<'a>(body: &'a [u8], marker: &[u8]) -> Result<(&'a [u8], &'a [u8]), Fault> {
    let at = body.windows(marker.len()).position(|window| window == marker).ok_or(Fault::Encoding)?;
    Ok((&body[..at], &body[at + marker.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_in_another_encoding_is_refused() {
        assert_eq!(decode("words=%C4%E3%BA%C3"), Err(Fault::Encoding)); // 你好 in GB18030
        assert_eq!(decode("words=%E4%BD%A0+%41"), Ok(vec![("words".to_owned(), "你 A".to_owned())]));
    }

    #[test]
    fn control_characters_go_and_line_ends_stay() {
        assert_eq!(clean("a\r\nb\u{0}c\u{1b}"), "a\nbc");
    }

    #[test]
    fn a_multipart_body_gives_fields_and_files() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n一\r\n--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../../u.csv\"\r\nContent-Type: text/csv\r\n\r\n1,2\r\n\r\n--x--\r\n";
        let form = multipart(body.as_bytes(), "x").unwrap();
        assert_eq!(form.get("a"), "一");
        let file = form.file("f").unwrap();
        assert_eq!((file.name.as_str(), file.bytes.as_slice()), ("u.csv", b"1,2\r\n".as_slice()));
    }

    #[test]
    fn a_boundary_inside_a_line_is_content_and_a_cut_body_is_refused() {
        let head = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a;b.csv\"\r\n\r\n";
        let form = multipart(format!("{head}1,--x--\r\n-x,2\r\n--x--\r\n").as_bytes(), "x").unwrap();
        let file = form.file("f").unwrap();
        assert_eq!((file.name.as_str(), file.bytes.as_slice()), ("a;b.csv", b"1,--x--\r\n-x,2".as_slice()));
        for cut in [format!("{head}1,2"), format!("{head}1,2\r\n--x"), "--x".to_owned(), String::new(), head.to_owned()] {
            assert_eq!(multipart(cut.as_bytes(), "x").unwrap_err(), Fault::Encoding, "{cut}");
        }
        assert_eq!(multipart(b"--x\r\nX: y\r\n\r\n1\r\n--x--", "x").unwrap_err(), Fault::Encoding);
    }

    #[test]
    fn a_form_of_too_many_parts_is_refused() {
        let part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
        assert!(multipart(format!("{}--x--", part.repeat(FIELDS)).as_bytes(), "x").is_ok());
        assert_eq!(multipart(format!("{}--x--", part.repeat(FIELDS + 1)).as_bytes(), "x").unwrap_err(), Fault::Encoding);
        assert_eq!(decode(&"a=1&".repeat(FIELDS + 1)), Err(Fault::Encoding));
    }

    #[test]
    fn half_a_percent_sign_is_refused() {
        for bad in ["a=%", "a=%4", "a=%zz", "a=%+1", "%=1", "a=%ff"] {
            assert_eq!(decode(bad), Err(Fault::Encoding), "{bad}");
        }
    }
}
