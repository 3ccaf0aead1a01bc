//! Writes every sample page into a folder, to be looked at and photographed:
//! `cargo run -p templates --example gallery -- /tmp/gallery`

use std::{fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/gallery".into()));
    fs::create_dir_all(folder.join("assets"))?;
    for asset in templates::assets() {
        fs::write(folder.join(asset.path.trim_start_matches('/')), asset.bytes)?;
    }
    for (name, page) in templates::samples() {
        let page = page.replace("\"/assets/", "\"assets/");
        fs::write(folder.join(format!("{name}.html")), page)?;
    }
    for (name, mail) in templates::mail::samples() {
        fs::write(folder.join(format!("mail-{name}.html")), mail.html)?;
        fs::write(folder.join(format!("mail-{name}.txt")), format!("{}\n\n{}", mail.subject, mail.text))?;
    }
    Ok(())
}
