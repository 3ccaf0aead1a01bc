//! Static files, compiled in and served under a name that holds a hash of their bytes, so that they may be cached
//! for ever and change their address when they change.

use std::sync::LazyLock;

/// One static file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Name in the source tree, for example `app.css`.
    pub name: &'static str,
    /// Path on the server, for example `/assets/app-0123456789abcdef.css`.
    pub path: String,
    /// Media type with charset.
    pub content_type: &'static str,
    /// The file.
    pub bytes: &'static [u8],
    /// Strong entity tag, quotes included.
    pub etag: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    vec![
        asset("app", "css", "app.css", "text/css; charset=utf-8", include_bytes!("../assets/app.css")),
        asset("app", "js", "app.js", "text/javascript; charset=utf-8", include_bytes!("../assets/app.js")),
        asset("favicon", "svg", "favicon.svg", "image/svg+xml", include_bytes!("../assets/favicon.svg")),
    ]
});

fn asset(stem: &str, extension: &str, name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    let hash = fnv1a(bytes);
    Asset { name, path: format!("/assets/{stem}-{hash:016x}.{extension}"), content_type, bytes, etag: format!("\"{hash:016x}\"") }
}

/// FNV-1a, 64 bits: a name for caches, not a signature.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Every static file; the web crate serves exactly these.
#[must_use]
pub fn assets() -> &'static [Asset] {
    &ASSETS
}

/// Address of the file `name` (as in the source tree); an unknown name gives the empty string, which a test excludes.
#[must_use]
pub fn asset_url(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.path.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_is_addressed_by_the_hash_of_its_bytes() {
        for asset in assets() {
            let hash = asset.etag.trim_matches('"');
            assert_eq!(hash, format!("{:016x}", fnv1a(asset.bytes)));
            assert!(asset.path.contains(hash) && asset_url(asset.name) == asset.path);
        }
        assert_ne!(fnv1a(b"a"), fnv1a(b"b"));
    }

    #[test]
    fn the_style_sheet_asks_for_nothing_from_elsewhere() {
        let css = std::str::from_utf8(include_bytes!("../assets/app.css")).unwrap();
        for forbidden in ["http:", "https:", "@import", "@font-face", "//cdn"] {
            assert!(!css.contains(forbidden), "{forbidden}");
        }
        assert!(css.len() < 60_000, "the style sheet has {} bytes", css.len());
    }
}
