//! Rules that every page keeps, checked on every sample.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

use std::collections::{HashMap, HashSet};

/// A start tag with its attributes.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: HashMap<String, String>,
}

impl Tag {
    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// Start tags of a page in their order. The templates write attributes with double quotes only.
fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let name_end = rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap();
        let name = rest[..name_end].to_ascii_lowercase();
        rest = &rest[name_end..];
        let mut attributes = HashMap::new();
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if let Some(after) = rest.strip_prefix('>') {
                rest = after;
                break;
            }
            let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '>' || c == '/').unwrap();
            let attribute = rest[..end].to_ascii_lowercase();
            rest = &rest[end..];
            let value = match rest.strip_prefix("=\"") {
                Some(quoted) => {
                    let close = quoted.find('"').unwrap();
                    rest = &quoted[close + 1..];
                    quoted[..close].to_owned()
                }
                None => String::new(),
            };
            assert!(attributes.insert(attribute.clone(), value).is_none(), "{attribute} stands twice in <{name}>");
        }
        found.push(Tag { name, attributes });
    }
    found
}

fn pages() -> Vec<(&'static str, String, Vec<Tag>)> {
    let pages = templates::samples();
    assert!(pages.len() > 50, "only {} pages", pages.len());
    pages
        .into_iter()
        .map(|(name, html)| {
            assert!(!html.is_empty(), "{name} is empty");
            let tags = tags(&html);
            (name, html, tags)
        })
        .collect()
}

#[test]
fn every_page_is_chinese_with_one_heading_one_main_and_a_skip_link() {
    for (name, html, tags) in pages() {
        let count = |element: &str| tags.iter().filter(|tag| tag.name == element).count();
        assert_eq!(count("h1"), 1, "{name}");
        assert_eq!(count("main"), 1, "{name}");
        assert_eq!(count("header"), 1, "{name}");
        assert_eq!(count("footer"), 1, "{name}");
        let head = &html[..html.find("</head>").unwrap()];
        assert_eq!(head.matches("<title>").count(), 1, "{name}");
        assert!(tags.iter().any(|tag| tag.name == "html" && tag.get("lang") == "zh-CN"), "{name}");
        assert!(tags.iter().any(|tag| tag.name == "a" && tag.get("href") == "#main"), "{name}");
        assert!(html.contains("/elder?on="), "{name}: no way to elder mode");
    }
}

#[test]
fn no_page_carries_inline_style_or_script_or_asks_for_anything_from_elsewhere() {
    for (name, html, tags) in pages() {
        assert!(!html.contains("javascript:"), "{name}");
        for tag in &tags {
            assert_ne!(tag.name, "style", "{name}");
            for (attribute, value) in &tag.attributes {
                assert!(attribute != "style" && !attribute.starts_with("on"), "{name}: {attribute} in <{}>", tag.name);
                if ["src", "href", "action", "data"].contains(&attribute.as_str()) {
                    let own = value.starts_with('/') && !value.starts_with("//");
                    assert!(own || value.starts_with('#') || value.starts_with("tel:"), "{name}: {attribute}={value}");
                }
            }
            if tag.name == "script" {
                assert!(tag.get("src").starts_with("/assets/"), "{name}");
            }
        }
    }
}

#[test]
fn every_control_has_a_label_and_every_reference_an_element() {
    for (name, _, tags) in pages() {
        let ids: Vec<&str> = tags.iter().map(|tag| tag.get("id")).filter(|id| !id.is_empty()).collect();
        let unique: HashSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "{name}: an id stands twice in {ids:?}");
        let labelled: HashSet<&str> = tags.iter().filter(|tag| tag.name == "label").map(|tag| tag.get("for")).collect();
        for tag in &tags {
            let control = match tag.name.as_str() {
                "input" => tag.get("type") != "hidden",
                "select" | "textarea" => true,
                _ => false,
            };
            assert!(!control || labelled.contains(tag.get("id")), "{name}: no label for {tag:?}");
            for reference in ["aria-describedby", "aria-labelledby", "for"] {
                for id in tag.get(reference).split_whitespace() {
                    assert!(unique.contains(id), "{name}: {reference} names #{id}, which is missing");
                }
            }
            if let Some(id) = tag.get("href").strip_prefix('#') {
                assert!(unique.contains(id), "{name}: link to #{id}, which is missing");
            }
        }
    }
}

#[test]
fn a_page_with_errors_says_so_first_and_leads_to_the_controls() {
    let mut seen = 0;
    for (name, html, tags) in pages() {
        if !name.contains("-error") || name.starts_with("error-") {
            continue;
        }
        seen += 1;
        assert!(html.contains("<title>错误："), "{name}: the title does not begin with 错误：");
        let at = |needle: &str| html.find(needle).unwrap_or_else(|| panic!("{name}: no {needle}"));
        assert!(at("id=\"errors\"") < at("<h1"), "{name}: the summary stands behind the heading");
        for invalid in tags.iter().filter(|tag| tag.get("aria-invalid") == "true") {
            assert!(invalid.get("aria-describedby").contains("-error"), "{name}: {invalid:?}");
        }
    }
    assert!(seen >= 8, "only {seen} pages with errors");
}

#[test]
fn every_form_that_changes_something_carries_its_token() {
    for (name, html, _) in pages() {
        for form in html.split("<form ").skip(1) {
            let form = &form[..form.find("</form>").unwrap()];
            assert!(!form.contains("method=\"post\"") || form.contains("name=\"csrf\" value=\""), "{name}");
            assert!(!form.contains(" required"), "{name}: validation belongs to the server");
        }
    }
}

#[test]
fn what_people_typed_is_escaped_and_kept() {
    let page = templates::samples().into_iter().find(|(name, _)| *name == "citizen-what-long").unwrap().1;
    assert!(!page.contains("<b>路灯"));
    assert!(page.matches("路灯&#60;/b&#62;不亮 &#38; 台阶").count() == 90);
}

#[test]
fn no_page_with_its_style_sheet_is_heavier_than_a_hundred_kilobytes() {
    let css = templates::assets().iter().find(|asset| asset.name == "app.css").unwrap().bytes.len();
    for (name, html, _) in pages() {
        assert!(html.len() + css < 100_000, "{name}: {} + {css} bytes", html.len());
    }
}

#[test]
fn every_time_and_drawing_is_readable_by_machines_and_screen_readers() {
    for (name, html, tags) in pages() {
        for tag in &tags {
            assert!(tag.name != "time" || !tag.get("datetime").is_empty(), "{name}: <time> without datetime");
            assert!(
                tag.name != "svg" || tag.get("aria-hidden") == "true" || tag.get("role") == "img",
                "{name}: a drawing that is neither hidden nor named"
            );
        }
        for drawing in html.split("role=\"img\"").skip(1) {
            let drawing = &drawing[..drawing.find("</svg>").unwrap()];
            assert!(drawing.contains("<title") && drawing.contains("<desc"), "{name}");
        }
    }
}

#[test]
fn sample_names_are_unique() {
    let pages = templates::samples();
    let names: HashSet<_> = pages.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), pages.len());
}

#[test]
fn no_styled_class_is_missing_from_the_style_sheet() {
    let css = std::str::from_utf8(templates::assets()[0].bytes).unwrap();
    for (name, _, tags) in pages() {
        for class in tags.iter().flat_map(|tag| tag.get("class").split_whitespace()) {
            assert!(css.contains(&format!(".{class}")), "{name}: .{class} has no rule");
        }
    }
}
