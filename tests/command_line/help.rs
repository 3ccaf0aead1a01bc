//! Every command tells what it takes, and wrong words end with 2.

use super::call::{call, words};

const COMMANDS: [&str; 33] = [
    "demo",
    "serve",
    "init",
    "deadline",
    "import",
    "export",
    "rebuild",
    "verify",
    "heads",
    "heads list",
    "heads publish",
    "heads sign",
    "heads export",
    "erase",
    "backup",
    "restore",
    "rehearse",
    "doctor",
    "generate",
    "outside",
    "ferry in",
    "ferry out",
    "zones",
    "zones key",
    "rulebook",
    "rulebook check",
    "rulebook adopt",
    "accounts",
    "check-config",
    "print-config",
    "health",
    "log",
    "log copy",
];

#[test]
fn every_command_has_a_help_page_and_the_first_page_names_every_command() {
    let first = call(["--help"]).good();
    for command in COMMANDS {
        let page = call(words(command).into_iter().chain(["--help"])).good();
        assert!(page.contains("Usage: xiaoneng"), "{command}: {page}");
        let name = command.split(' ').next().unwrap();
        assert!(first.contains(&format!("\n  {name} ")), "{name} is not in {first}");
    }
    let version = call(["--version"]).good();
    assert!(version.starts_with("xiaoneng ") && version.contains("SQLite 3.") && version.contains("sqlite"), "{version}");
}

#[test]
fn words_that_are_off_end_with_two() {
    for line in [
        "",
        "nothing",
        "serve",
        "init --data x",
        "deadline",
        "deadline 2026-04-30T10:00",
        "deadline 2026-04-30T10:00 --limit 5",
        "deadline yesterday --limit 5wd",
        "import x.csv --data x --actor a",
        "import x.csv --data x --as nothing --actor a",
        "erase 1 --data x --actor a",
        "backup --data x --out y",
        "restore x --data y",
        "rehearse x --data y",
        "export cases --data x --format docx --out x",
        "export letters --data x --format csv --out x",
        "export cases --data x --format csv --out x --period 2026-13",
        "export cases --data x --format csv --out x --period 202610",
        "rulebook adopt x --data x --actor a",
        "generate --data x --cases many",
        "verify",
        "heads publish --data x",
        "heads export --data x",
        "accounts x.csv --data x",
        "print-config --as poem",
        "health --admin nowhere",
        "log copy --from x",
        "log copy --from x --to x",
        "serve --data x --log esdb://admin:changeit@localhost:2113",
        "outside",
        "ferry",
        "ferry in --data x --spool x",
        "zones key",
    ] {
        let ended = call(words(line).into_iter().filter(|word| !word.is_empty()));
        assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{line}: {ended:?}");
        assert!(!ended.err.is_empty(), "{line}");
    }
}
