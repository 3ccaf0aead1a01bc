//! Certificate authorities of the office's own, beside those of the system.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::SettingsError;

/// Reads the certificates of a PEM text; there must be one at least.
pub(crate) fn own_roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let roots: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| SettingsError::Certificate)?;
    if roots.is_empty() { Err(SettingsError::Certificate) } else { Ok(roots) }
}
