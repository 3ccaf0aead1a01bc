//! Reading our own pages: forms and marked texts. Not a parser of HTML in general.

/// A form of a page with the fields as a browser would send them untouched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// Hidden, typed and chosen fields.
    pub fields: Vec<(String, String)>,
    /// What can be chosen: name of a radio group or select, value.
    pub choices: Vec<(String, String)>,
}

impl Form {
    /// The value of a field; empty when it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The first value that a group offers and that is not empty.
    pub fn first_choice(&self, name: &str) -> Option<&str> {
        self.choices.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The fields with these in place of what stood there.
    pub fn with<'a>(&'a self, set: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let kept = self
            .fields
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .filter(|(key, _)| !set.iter().any(|(name, _)| name == key));
        kept.chain(set.iter().copied()).collect()
    }
}

/// The forms of a page.
pub fn forms(page: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    for part in page.split("<form").skip(1) {
        let part = part.split("</form>").next().unwrap_or_default();
        let Some((head, body)) = part.split_once('>') else { continue };
        let mut form = Form { action: attribute(head, "action").unwrap_or_default(), ..Form::default() };
        read(body, &mut form);
        forms.push(form);
    }
    forms
}

/// The form of a page that goes to `action`.
pub fn form_to(page: &str, action: &str) -> Option<Form> {
    forms(page).into_iter().find(|form| form.action == action)
}

fn read(body: &str, form: &mut Form) {
    let mut select = String::new();
    for piece in body.split('<').skip(1) {
        let Some((tag, text)) = piece.split_once('>') else { continue };
        let kind = tag.split([' ', '\n', '/']).next().unwrap_or_default();
        let (name, value) = (attribute(tag, "name"), attribute(tag, "value").unwrap_or_default());
        match (kind, name) {
            ("input", Some(name)) => match attribute(tag, "type").as_deref() {
                Some("radio" | "checkbox") => {
                    form.choices.push((name.clone(), value.clone()));
                    if flag(tag, "checked") {
                        form.fields.push((name, value));
                    }
                }
                Some("file" | "submit") => {}
                _ => form.fields.push((name, value)),
            },
            ("textarea", Some(name)) => form.fields.push((name, unescape(text.strip_prefix('\n').unwrap_or(text)))),
            ("select", Some(name)) => select = name,
            ("option", _) if !select.is_empty() => {
                form.choices.push((select.clone(), value.clone()));
                if flag(tag, "selected") {
                    form.fields.push((select.clone(), value));
                }
            }
            _ => {}
        }
    }
}

fn flag(tag: &str, name: &str) -> bool {
    tag.split_ascii_whitespace().any(|word| word == name)
}

/// The value of an attribute of a tag.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag.get(start..)?.split('"').next().map(unescape)
}

/// The text between two marks, without tags.
pub fn between(page: &str, from: &str, to: &str) -> Option<String> {
    let rest = page.split_once(from)?.1;
    let inner = rest.split_once(to)?.0;
    let mut text = String::new();
    let mut within = false;
    for c in inner.chars() {
        match c {
            '<' => within = true,
            '>' => within = false,
            c if !within => text.push(c),
            _ => {}
        }
    }
    Some(unescape(text.trim()))
}

/// The values of all `href`s that begin so, each once, in the order of the page.
pub fn links(page: &str, prefix: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in page.split("href=\"").skip(1) {
        let href = unescape(part.split('"').next().unwrap_or_default());
        if href.starts_with(prefix) && !found.contains(&href) {
            found.push(href);
        }
    }
    found
}

/// A text with its entities as the characters that they stand for.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.find(';').filter(|end| *end <= 8) else {
            out.push('&');
            rest = &rest[1..];
            continue;
        };
        let entity = &rest[1..end];
        let number = entity.strip_prefix('#').and_then(|n| match n.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => n.parse().ok(),
        });
        let character = match entity {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some(' '),
            _ => number.and_then(char::from_u32),
        };
        match character {
            Some(character) => out.push(character),
            None => out.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_would_send_it() {
        let page = r#"<form method="post" action="/a&amp;b"><input type="hidden" name="csrf" value="x&#34;y">
            <input type="radio" name="class" value="one" id="c"><input type="radio" name="class" value="two" checked>
            <select class="input" name="district"><option value="">请选择</option><option value="7" selected>七</option></select>
            <textarea name="words">
一 &lt; 二</textarea><button name="act" value="streets">x</button></form><form action="/z"></form>"#;
        let form = form_to(page, "/a&b").unwrap();
        assert_eq!((form.get("csrf"), form.get("class"), form.get("district"), form.get("words")), ("x\"y", "two", "7", "一 < 二"));
        assert_eq!((form.first_choice("class"), form.first_choice("district")), (Some("one"), Some("7")));
        assert_eq!(form.with(&[("class", "one")]).iter().filter(|(name, _)| *name == "class").collect::<Vec<_>>(), [&("class", "one")]);
        assert_eq!(forms(page).len(), 2);
    }

    #[test]
    fn a_marked_text_comes_without_tags() {
        assert_eq!(between("<dt>码</dt><dd class=\"big\"><span>AB</span><span>CD</span></dd>", "<dt>码</dt>", "</dd>").unwrap(), "ABCD");
        assert_eq!(links("<a href=\"/x/1\"><a href=\"/y\"><a href=\"/x/1\">", "/x/"), ["/x/1"]);
    }
}
