//! As much of HTML as our own pages need.

use tests::html::unescape;

/// A form of a page, to be filled in.
#[derive(Debug, Clone)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    controls: Vec<Control>,
    extra: Vec<(String, String)>,
    files: Vec<(String, String, Vec<u8>)>,
    pressed: Option<(String, String)>,
}

#[derive(Debug, Clone)]
struct Control {
    kind: String,
    name: String,
    value: String,
    label: String,
    /// Chosen, for radios and checkboxes.
    on: bool,
    /// Value and words, for selects.
    options: Vec<(String, String)>,
}

impl From<&Form> for Form {
    fn from(form: &Form) -> Self {
        form.clone()
    }
}

impl Form {
    /// Fills in the control of this name; of radios and checkboxes chooses the value.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        let mut found = false;
        for control in self.controls.iter_mut().filter(|control| control.name == name) {
            match control.kind.as_str() {
                "radio" => {
                    control.on = control.value == value;
                    found |= control.on;
                }
                "checkbox" if control.value == value => (control.on, found) = (true, true),
                "checkbox" => {}
                "select" => {
                    assert!(control.options.iter().any(|(option, _)| option == value), "{name} offers {:?}, not {value}", control.options);
                    (control.value, found) = (value.to_owned(), true);
                }
                _ => (control.value, found) = (value.to_owned(), true),
            }
        }
        assert!(found, "the form for {} has no {name}={value}: {:?}", self.action, self.controls);
        self
    }

    /// Fills in the control with these words; of a radio or a checkbox chooses it; of a select chooses the option with
    /// the words `value`.
    #[must_use]
    pub fn label(mut self, words: &str, value: &str) -> Self {
        let Some(at) = self.controls.iter().position(|control| control.label == words) else {
            panic!("the form for {} has no {words}: {:?}", self.action, self.controls);
        };
        let (kind, name) = (self.controls[at].kind.clone(), self.controls[at].name.clone());
        match kind.as_str() {
            "radio" => {
                let chosen = self.controls[at].value.clone();
                self = self.set(&name, &chosen);
            }
            "checkbox" => self.controls[at].on = true,
            "select" => {
                let option = self.controls[at].options.iter().find(|(_, text)| text == value).map(|(option, _)| option.clone());
                self.controls[at].value = option.unwrap_or_else(|| panic!("{words} offers {:?}, not {value}", self.controls[at].options));
            }
            _ => self.controls[at].value = value.to_owned(),
        }
        self
    }

    /// Sends a field that the page does not offer, instead of one of the same name.
    #[must_use]
    pub fn force(mut self, name: &str, value: &str) -> Self {
        self.controls.retain(|control| control.name != name);
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a field out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.controls.retain(|control| control.name != name);
        self
    }

    /// Presses a button with a name.
    #[must_use]
    pub fn button(mut self, name: &str, value: &str) -> Self {
        self.pressed = Some((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn attach(mut self, field: &str, name: &str, bytes: &[u8]) -> Self {
        self.files.push((field.to_owned(), name.to_owned(), bytes.to_vec()));
        self
    }

    /// What stands in a control.
    pub fn value(&self, name: &str) -> String {
        let found = self
            .controls
            .iter()
            .find(|control| control.name == name && (control.on || !matches!(control.kind.as_str(), "radio" | "checkbox")));
        found.map(|control| control.value.clone()).unwrap_or_default()
    }

    /// The fields as they are sent.
    pub fn fields(&self) -> Vec<(String, String)> {
        let sent = self.controls.iter().filter(|control| match control.kind.as_str() {
            "radio" | "checkbox" => control.on,
            "file" | "submit" => false,
            _ => !control.name.is_empty(),
        });
        let mut fields: Vec<(String, String)> = sent.map(|control| (control.name.clone(), control.value.clone())).collect();
        fields.extend(self.extra.iter().cloned());
        fields.extend(self.pressed.iter().cloned());
        fields
    }

    /// Content type and body.
    pub fn encoded(&self) -> (String, Vec<u8>) {
        if self.files.is_empty() {
            let pairs: Vec<String> = self.fields().iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
            return ("application/x-www-form-urlencoded".to_owned(), pairs.join("&").into_bytes());
        }
        let boundary = "----acceptance-7d1f";
        let mut body = Vec::new();
        for (name, value) in self.fields() {
            body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        for (field, name, bytes) in &self.files {
            body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n").into_bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{boundary}--\r\n").into_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }
}

/// Percent-encoding of a form value.
pub fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            b' ' => "+".to_owned(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// A tag: its name and its attributes.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    /// Where its text ends in the source.
    end: usize,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(key, _)| key == name)
    }
}

/// All opening and closing tags with where they begin.
fn tags(html: &str) -> Vec<(usize, Tag)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = html[at..].find('<').map(|offset| at + offset) {
        let Some(tag) = tag(html, begin) else {
            at = begin + 1;
            continue;
        };
        at = tag.end;
        found.push((begin, tag));
    }
    found
}

fn tag(html: &str, begin: usize) -> Option<Tag> {
    let mut quoted = false;
    let end = html[begin..].char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '>' && !quoted
    })?;
    let inner = &html[begin + 1..begin + end.0];
    let name: String = inner.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
    if name.is_empty() {
        return None;
    }
    let mut attributes = Vec::new();
    let mut rest = inner[name.len()..].trim_start();
    while !rest.is_empty() {
        let key: String = rest.chars().take_while(|c| !c.is_whitespace() && *c != '=').collect();
        rest = &rest[key.len()..];
        let value = match rest.strip_prefix("=\"") {
            Some(after) => {
                let value = &after[..after.find('"')?];
                rest = &after[value.len() + 1..];
                unescape(value)
            }
            None => match rest.strip_prefix('=') {
                Some(after) => {
                    let value: String = after.chars().take_while(|c| !c.is_whitespace()).collect();
                    rest = &after[value.len()..];
                    unescape(&value)
                }
                None => String::new(),
            },
        };
        attributes.push((key, value));
        rest = rest.trim_start();
    }
    Some(Tag { name: name.to_ascii_lowercase(), attributes, end: begin + end.0 + 1 })
}

/// What stands between an opening tag and its closing tag.
fn inner<'a>(html: &'a str, tag: &Tag) -> &'a str {
    let close = format!("</{}", tag.name);
    let end = html[tag.end..].find(&close).map_or(html.len(), |offset| tag.end + offset);
    &html[tag.end..end]
}

/// The inside of the first element of a name.
pub fn element(html: &str, name: &str) -> Option<String> {
    tags(html).into_iter().find(|(_, tag)| tag.name == name).map(|(_, tag)| inner(html, &tag).to_owned())
}

/// Address and words of all links.
pub fn links(html: &str) -> Vec<(String, String)> {
    let anchors = tags(html).into_iter().filter(|(_, tag)| tag.name == "a");
    anchors.filter_map(|(_, tag)| Some((tag.get("href")?.to_owned(), text(inner(html, &tag))))).collect()
}

/// The messages of the error summary.
pub fn errors(html: &str) -> Vec<String> {
    let Some((begin, _)) = tags(html).into_iter().find(|(_, tag)| tag.get("id") == Some("errors")) else { return Vec::new() };
    let Some(list) = element(&html[begin..], "ul") else { return Vec::new() };
    tags(&list).into_iter().filter(|(_, tag)| tag.name == "li").map(|(_, tag)| text(inner(&list, &tag))).collect()
}

/// The form for an action.
pub fn form(html: &str, action: &str) -> Option<Form> {
    let of_action: Vec<_> = tags(html).into_iter().filter(|(_, tag)| tag.name == "form" && tag.get("action") == Some(action)).collect();
    // A search and a command can have the same address: the command is meant.
    let at = of_action.iter().position(|(_, tag)| tag.get("method") == Some("post")).unwrap_or_default();
    let (_, open) = of_action.into_iter().nth(at)?;
    let body = inner(html, &open);
    let all = tags(body);
    let labels: Vec<(String, String)> = all
        .iter()
        .filter(|(_, tag)| tag.name == "label")
        .filter_map(|(_, tag)| Some((tag.get("for")?.to_owned(), text(inner(body, tag)))))
        .collect();
    let mut controls = Vec::new();
    for (_, tag) in &all {
        let label = tag.get("id").and_then(|id| labels.iter().find(|(of, _)| of == id)).map(|(_, words)| words.clone()).unwrap_or_default();
        let name = tag.get("name").unwrap_or_default().to_owned();
        let attribute = |name: &str| tag.get(name).unwrap_or_default().to_owned();
        let control = match tag.name.as_str() {
            "input" => {
                let kind = tag.get("type").unwrap_or("text").to_owned();
                Control { on: tag.has("checked"), kind, name, value: attribute("value"), label, options: Vec::new() }
            }
            "textarea" => {
                let value = unescape(inner(body, tag));
                let value = value.strip_prefix('\n').unwrap_or(&value).to_owned();
                Control { kind: "textarea".to_owned(), name, value, label, on: false, options: Vec::new() }
            }
            "select" => {
                let list = inner(body, tag);
                let options: Vec<(bool, String, String)> = tags(list)
                    .into_iter()
                    .filter(|(_, option)| option.name == "option")
                    .map(|(_, option)| {
                        (option.has("selected"), option.get("value").unwrap_or_default().to_owned(), text(inner(list, &option)))
                    })
                    .collect();
                let chosen = options.iter().find(|(selected, ..)| *selected).or(options.first()).map(|(_, value, _)| value.clone());
                let options = options.into_iter().map(|(_, value, words)| (value, words)).collect();
                Control { kind: "select".to_owned(), name, value: chosen.unwrap_or_default(), label, on: false, options }
            }
            _ => continue,
        };
        controls.push(control);
    }
    Some(Form { action: action.to_owned(), controls, extra: Vec::new(), files: Vec::new(), pressed: None })
}

/// The words of a piece of a page: no tags, runs of blanks as one.
pub fn text(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    let mut at = 0;
    let all = tags(html);
    for (index, (begin, tag)) in all.iter().enumerate() {
        if *begin < at {
            continue;
        }
        words.push_str(&html[at..*begin]);
        at = tag.end;
        if matches!(tag.name.as_str(), "script" | "style" | "svg") {
            let close = format!("/{}", tag.name);
            at = all[index..].iter().find(|(_, tag)| tag.name == close).map_or(html.len(), |(_, tag)| tag.end);
        }
        // Words of neighbouring blocks do not run together, those of inline elements do.
        if !matches!(tag.name.as_str(), "a" | "/a" | "span" | "/span" | "strong" | "/strong" | "time" | "/time") {
            words.push(' ');
        }
    }
    words.push_str(&html[at..]);
    unescape(&words).split_whitespace().collect::<Vec<_>>().join(" ")
}
