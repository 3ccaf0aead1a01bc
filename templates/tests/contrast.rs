//! The colours of the style sheet, as pairs that meet on pages: text at least 4.5:1, edges of controls at least 3:1.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

use std::collections::HashMap;

fn tokens(css: &str) -> HashMap<String, [f64; 3]> {
    let root = &css[css.find(":root {").unwrap()..];
    let root = &root[..root.find('}').unwrap()];
    root.split(';')
        .filter_map(|declaration| {
            let (name, value) = declaration.split_once(':')?;
            let name = name.trim().trim_start_matches(":root {").trim().strip_prefix("--")?.to_owned();
            let digits = value.trim().strip_prefix('#')?;
            let digits: String = if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.into() };
            let channel = |at: usize| f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0;
            Some((name, [channel(0), channel(2), channel(4)]))
        })
        .collect()
}

/// Relative luminance after WCAG 2.2.
fn luminance(colour: [f64; 3]) -> f64 {
    let [r, g, b] = colour.map(|c| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn ratio(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}

#[test]
fn text_is_legible_on_every_ground_it_stands_on() {
    let css = std::str::from_utf8(templates::assets()[0].bytes).unwrap();
    // The first token after the brace is cut off by the split; name it through a space.
    let tokens = tokens(&css.replace(":root {", ":root { --start: #000;"));
    let pairs = [
        ("ink", &["ground", "paper", "wash", "brand-wash", "teal-wash", "good-wash", "warn-wash", "bad-wash"][..]),
        ("ink-2", &["ground", "paper", "wash", "teal-wash"]),
        ("ink-3", &["ground", "paper", "wash", "teal-wash", "brand-wash"]),
        ("brand", &["ground", "paper", "wash", "brand-wash", "warn-wash", "bad-wash"]),
        ("brand-deep", &["ground", "paper", "wash", "brand-wash"]),
        ("teal", &["paper", "ground"]),
        ("warm", &["paper"]),
        ("good", &["good-wash", "paper"]),
        ("warn", &["warn-wash", "paper", "ground"]),
        ("bad", &["bad-wash", "paper", "ground"]),
    ];
    for (text, grounds) in pairs {
        for ground in grounds {
            let ratio = ratio(tokens[text], tokens[*ground]);
            assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
        }
    }
    for edge in ["edge", "brand", "bad"] {
        assert!(ratio(tokens[edge], tokens["paper"]) >= 3.0 && ratio(tokens[edge], tokens["ground"]) >= 3.0, "{edge}");
    }
    assert!(ratio(tokens["ink"], tokens["gold"]) >= 4.5, "the two rings of the focus mark");
}
