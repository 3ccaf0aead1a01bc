//! Messages as files in a folder: the default, for trying out and for offices whose own system sends them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::message::Mailbox;

use super::{Address, Carrier, DeliveryError, Failure, Message, Receipt, SettingsError, mail};

/// Writes one `.eml` file per message, named by the notice's id; a repeat overwrites the same file.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
    from: Mailbox,
}

impl Files {
    /// A carrier into `folder`, which is made (readable by its owner alone) when the first message is written.
    ///
    /// # Errors
    /// [`SettingsError::Sender`].
    pub fn new(folder: impl Into<PathBuf>, from: &str) -> Result<Self, SettingsError> {
        Ok(Self { folder: folder.into(), from: mail::sender(from)? })
    }
}

#[async_trait]
impl Carrier for Files {
    async fn send(&self, message: &Message, _now: DateTime<Utc>) -> Result<Receipt, DeliveryError> {
        let to = match &message.to {
            Address::Email(address) => mail::recipient(address)?,
            // Mail programs show these, and `.invalid` can never be delivered by mistake (RFC 2606).
            other => mail::recipient(&format!("{}@{}.invalid", other.value(), other.kind()))?,
        };
        let content = mail::build(&self.from, to, message)?.formatted();
        let (folder, name) = (self.folder.clone(), format!("{}.eml", message.id));
        let reference = name.clone();
        let written = tokio::task::spawn_blocking(move || write(&folder, &name, &content)).await;
        match written {
            Ok(Ok(())) => Ok(Receipt { reference }),
            Ok(Err(error)) => Err(DeliveryError::Temporary(Failure::Storage(error.kind()))),
            Err(_) => Err(DeliveryError::Temporary(Failure::Storage(io::ErrorKind::Other))),
        }
    }
}

/// Written aside, synced and renamed: whoever collects the files never sees half of one.
fn write(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let aside = folder.join(format!(".{name}.part"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&aside, folder.join(name))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::test_support::{message, now};
    use super::*;

    #[tokio::test]
    async fn given_a_message_when_sent_then_one_private_file_named_by_the_notice_holds_text_and_html() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = folder.path().join("outbox");
        let files = Files::new(&outbox, "效能平台 <noreply@example.gov.cn>").unwrap();
        let message = message(Address::Email("li@example.com".into()));
        let receipt = files.send(&message, now()).await.unwrap();
        assert_eq!(receipt.reference, format!("{}.eml", message.id));
        let path = outbox.join(&receipt.reference);
        let content = fs::read_to_string(&path).unwrap();
        for part in ["To: li@example.com\r\n", "multipart/alternative", "text/plain", "text/html", "Auto-Submitted: auto-generated"] {
            assert!(content.contains(part), "{part} is missing in\n{content}");
        }
        assert!(content.contains("Date: Sun, 22 Nov 2026 02:00:00 +0000\r\n"), "{content}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&outbox).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn given_the_same_message_when_sent_again_then_there_is_still_one_file_with_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path(), "noreply@example.gov.cn").unwrap();
        let message = message(Address::Email("li@example.com".into()));
        let receipt = files.send(&message, now()).await.unwrap();
        let first = fs::read(folder.path().join(&receipt.reference)).unwrap();
        let later = now() + chrono::TimeDelta::hours(1);
        assert_eq!(files.send(&message, later).await.unwrap(), receipt);
        assert_eq!(fs::read(folder.path().join(&receipt.reference)).unwrap(), first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn given_a_phone_number_then_the_file_is_addressed_to_a_name_that_no_mail_reaches() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path(), "noreply@example.gov.cn").unwrap();
        let receipt = files.send(&message(Address::Phone("13800138000".into())), now()).await.unwrap();
        let content = fs::read_to_string(folder.path().join(receipt.reference)).unwrap();
        assert!(content.contains("To: 13800138000@phone.invalid\r\n"));
    }

    #[tokio::test]
    async fn given_a_folder_that_cannot_be_made_then_the_failure_is_temporary() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("file");
        fs::write(&taken, "").unwrap();
        let files = Files::new(taken.join("outbox"), "noreply@example.gov.cn").unwrap();
        let error = files.send(&message(Address::Email("li@example.com".into())), now()).await.unwrap_err();
        assert_eq!(error, DeliveryError::Temporary(Failure::Storage(io::ErrorKind::NotADirectory)));
    }
}
