//! Photos of findings and evidence: sealed files named by stream and SHA-256, in a folder that all nodes share
//! (`attachments/` in the data directory, or beside a log that several nodes share).
//! An event holds hash, size and kind; the content is bound to stream and hash, so no file can stand in for another.

use std::io::Write;
use std::path::{Path, PathBuf};

use domain::inspection::event::Photo;
use domain::refusal::Refusal;
use domain::veil::sha256_hex;

use crate::error::Error;
use crate::store::Application;

/// The folder, in the data directory or beside the log.
pub const FOLDER: &str = "attachments";
/// Largest photo, bytes.
pub const LARGEST: usize = 5 * 1024 * 1024;

/// What a file is by its first bytes; nothing else is taken.
fn media(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some("image/jpeg")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else {
        None
    }
}

/// Checks a photo that somebody hands in.
///
/// # Errors
/// [`Refusal::Fields`] on `photo`.
pub fn check(bytes: &[u8]) -> Result<Photo, Refusal> {
    if bytes.len() > LARGEST {
        return Err(Refusal::field("photo", "照片超过 5 MB，请压缩后再上传"));
    }
    let media = media(bytes).ok_or_else(|| Refusal::field("photo", "照片只能是 JPG 或 PNG 格式，请重新选择"))?;
    Ok(Photo { sha256: sha256_hex(bytes), size: bytes.len() as u64, media: media.to_owned() })
}

impl Application {
    /// Keeps a photo of a stream. Keeping it before its event is appended: a crash in between leaves a file that nobody
    /// sees, never an event without its file.
    ///
    /// # Errors
    /// [`Error::Refused`] for another kind of file; [`Error::Unavailable`] when it cannot be written.
    pub fn keep_photo(&self, stream: &str, bytes: &[u8]) -> Result<Photo, Error> {
        let photo = check(bytes)?;
        let sealed = self.vault.seal_token(&purpose(stream, &photo.sha256), bytes);
        let path = self.path(stream, &photo.sha256)?;
        write(&path, sealed.as_bytes()).map_err(|error| {
            tracing::error!(%error, "an attachment could not be written");
            Error::Unavailable
        })?;
        Ok(photo)
    }

    /// The content of a photo that stands in an event of this stream; the caller has asked who may see it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the file is gone; [`Error::Internal`] when it is not what the event says.
    pub fn photo(&self, stream: &str, photo: &Photo) -> Result<Vec<u8>, Error> {
        let sealed = std::fs::read_to_string(self.path(stream, &photo.sha256)?).map_err(|_| Error::NotFound)?;
        let bytes = self.vault.open_token(&purpose(stream, &photo.sha256), &sealed);
        bytes
            .filter(|bytes| sha256_hex(bytes) == photo.sha256)
            .ok_or_else(|| Error::Internal("an attachment is not what its event says".to_owned()))
    }

    fn path(&self, stream: &str, hash: &str) -> Result<PathBuf, Error> {
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if plain(stream) && plain(hash) { Ok(self.attachments.join(stream).join(hash)) } else { Err(Error::NotFound) }
    }
}

fn purpose(stream: &str, hash: &str) -> String {
    format!("attachment/{stream}/{hash}")
}

/// Whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Of two that write the same photo at once each has a file of its own; both hold the same.
    let beside = path.with_extension(format!("part-{:?}", std::thread::current().id()).replace(['(', ')'], ""));
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_known_by_its_first_bytes_not_by_its_name() {
        assert_eq!(check(&[0xff, 0xd8, 0xff, 0xe0, 1]).unwrap().media, "image/jpeg");
        assert_eq!(check(b"\x89PNG\r\n\x1a\n....").unwrap().media, "image/png");
        for bad in [b"GIF89a".as_slice(), b"<svg onload=alert(1)>", b"%PDF-1.7", b"", b"\x89PNG"] {
            assert!(matches!(check(bad), Err(Refusal::Fields(fields)) if fields[0].name == "photo"), "{bad:?}");
        }
    }

    #[test]
    fn a_photo_of_more_than_five_megabytes_is_refused() {
        let mut bytes = vec![0; LARGEST];
        bytes[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
        assert!(check(&bytes).is_ok());
        bytes.push(0);
        assert!(check(&bytes).is_err());
    }
}
