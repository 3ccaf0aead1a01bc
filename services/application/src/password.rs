//! Passwords: Argon2id, one at a time, so that a rush of sign-ins cannot take memory and cores from filings.
//!
//! The work is done on a thread of its own. Each hash needs 19 MiB for a moment; on whichever thread of a pool is free, the
//! C library keeps that much for each of them: after a morning's sign-ins a quarter of a gigabyte that nobody uses.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, PasswordHash};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use vault::Entropy;

use crate::error::Error;

/// Most that wait or are worked on: some seconds of work on the smallest machine.
const WAITING: usize = 32;

type Work = Box<dyn FnOnce() + Send>;

/// Hashes and checks passwords with one permit.
pub struct Passwords {
    /// To the thread that does the work; it ends with this.
    worker: Sender<Work>,
    permit: Semaphore,
    /// Places to wait for the permit.
    room: Semaphore,
    /// Checked when there is no such account, so that the answer takes as long.
    decoy: String,
}

impl Passwords {
    /// Makes the decoy with this entropy.
    ///
    /// # Errors
    /// When hashing fails.
    pub fn new(entropy: &dyn Entropy) -> Result<Self, Error> {
        let decoy = hash("a password that nobody has", entropy)?;
        let (worker, works) = channel::<Work>();
        std::thread::Builder::new()
            .name("passwords".to_owned())
            .spawn(move || {
                for work in works {
                    // Whoever asked learns it by getting no answer.
                    if catch_unwind(AssertUnwindSafe(work)).is_err() {
                        tracing::error!("work on a password panicked");
                    }
                }
            })
            .map_err(|e| Error::Internal(e.to_string()))?;
        Ok(Self { worker, permit: Semaphore::new(1), room: Semaphore::new(WAITING), decoy })
    }

    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let (answer, wait) = oneshot::channel();
        let gone = || Error::Internal("no answer from the thread of passwords".to_owned());
        self.worker.send(Box::new(move || drop(answer.send(work())))).map_err(|_| gone())?;
        wait.await.map_err(|_| gone())
    }

    /// Waits for its turn, if there is room to wait: whoever comes later is told so at once.
    async fn turn(&self) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>), Error> {
        let room = self.room.try_acquire().map_err(|_| Error::Busy)?;
        let turn = self.permit.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
        Ok((turn, room))
    }

    /// The PHC text of a new password's hash.
    ///
    /// # Errors
    /// [`Error::WeakPassword`], [`Error::Busy`] when too many wait, or [`Error::Internal`] when hashing fails.
    pub async fn hash(&self, password: &str, login: &str, entropy: std::sync::Arc<dyn Entropy>) -> Result<String, Error> {
        check(password, login)?;
        let _turn = self.turn().await?;
        let password = password.to_owned();
        self.apart(move || hash(&password, entropy.as_ref())).await?
    }

    /// Whether the password fits; takes as long when there is no hash.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait, [`Error::Internal`] when the work cannot be done.
    pub async fn fits(&self, password: &str, phc: Option<String>) -> Result<bool, Error> {
        let _turn = self.turn().await?;
        let known = phc.is_some();
        let phc = phc.unwrap_or_else(|| self.decoy.clone());
        let password = password.to_owned();
        let fits = self.apart(move || {
            PasswordHash::new(&phc).is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        });
        Ok(fits.await? && known)
    }
}

fn hash(password: &str, entropy: &dyn Entropy) -> Result<String, Error> {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(hash.to_string())
}

/// Beginnings that guessers try first; the rest is length (ASVS V6.2).
const COMMON: [&str; 40] = [
    "password",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "12345678",
    "123456789",
    "1234567890",
    "87654321",
    "1234qwer",
    "123qwe",
    "123abc",
    "qwertyui",
    "qwerty123",
    "qwer1234",
    "1q2w3e4r",
    "1qaz2wsx",
    "q1w2e3r4",
    "zaq12wsx",
    "asdfghjk",
    "asdf1234",
    "zxcvbnm",
    "11111111",
    "00000000",
    "88888888",
    "66666666",
    "abcd1234",
    "abc123",
    "aa123456",
    "a1234567",
    "admin",
    "administrator",
    "welcome",
    "letmein",
    "iloveyou",
    "woaini",
    "5201314",
    "xiaoneng",
    "12345hotline",
    "beijing2008",
    "zhongguo",
];

/// Checks a new password.
///
/// # Errors
/// [`Error::WeakPassword`] with what to do.
pub fn check(password: &str, login: &str) -> Result<(), Error> {
    let weak = |words: &str| Err(Error::WeakPassword(words.to_owned()));
    let count = password.chars().count();
    if count < 10 {
        return weak("密码至少 10 个字符；可以用一句话，中文和空格都可以");
    }
    if count > 128 {
        return weak("密码最多 128 个字符");
    }
    let lower = password.to_lowercase();
    if COMMON.iter().any(|common| lower.starts_with(common)) || (!login.is_empty() && lower.contains(&login.to_lowercase())) {
        return weak("密码太容易被猜到：不要包含登录名，也不要用常见密码");
    }
    if password.chars().all(char::is_numeric) {
        return weak("密码太容易被猜到：不要只用数字，电话号码和证件号码别人也知道");
    }
    let mut chars = lower.chars();
    if let Some(first) = chars.next()
        && chars.all(|c| c == first)
    {
        return weak("密码太容易被猜到：不要只用一个字符");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_common_and_own_name_are_refused_and_a_sentence_is_accepted() {
        for bad in
            ["abc", "12345678901", "wang.li-2026", "aaaaaaaaaaaa", "13800001234", "330501199001011234", "Admin@2026!", "1qaz2wsx3edc"]
        {
            assert!(matches!(check(bad, "wang.li"), Err(Error::WeakPassword(_))), "{bad}");
        }
        assert_eq!(check("湖边 的树 很高 很绿呀", "wang.li"), Ok(()));
    }

    #[tokio::test]
    async fn the_right_password_fits_and_nobody_has_the_decoy() {
        let entropy = std::sync::Arc::new(vault::SeededEntropy::new(1));
        let passwords = Passwords::new(entropy.as_ref()).unwrap();
        let phc = passwords.hash("correct horse battery", "x", entropy).await.unwrap();
        assert!(passwords.fits("correct horse battery", Some(phc.clone())).await.unwrap());
        assert!(!passwords.fits("another one entirely", Some(phc)).await.unwrap());
        assert!(!passwords.fits("a password that nobody has", None).await.unwrap());
    }

    #[tokio::test]
    async fn a_rush_is_told_to_come_back_and_does_not_wait_in_an_endless_line() {
        let passwords = Passwords::new(&vault::SeededEntropy::new(1)).unwrap();
        let _busy = passwords.permit.acquire().await.unwrap();
        let waiting: Vec<_> = (0..WAITING).map(|_| passwords.room.try_acquire().unwrap()).collect();
        assert_eq!(passwords.fits("x", None).await, Err(Error::Busy));
        drop((waiting, _busy));
        assert_eq!(passwords.fits("x", None).await, Ok(false));
    }
}
