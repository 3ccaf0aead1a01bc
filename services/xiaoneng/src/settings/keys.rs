//! Every key that can be set, as the structs declare it: its name, docstring, type and default.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{Settings, fit};

/// All keys and the schema that they come from.
pub(crate) struct Keys {
    all: Vec<Key>,
    schema: Value,
}

/// One key.
pub(crate) struct Key {
    /// `section.key`, or `section.table.key`.
    pub(crate) path: String,
    /// Its docstring on one line.
    pub(crate) doc: String,
    /// What stands there when nobody says anything; none when there is no default.
    pub(crate) default: Option<Value>,
    /// The kinds of its table that have it; empty when all have.
    pub(crate) kinds: Vec<String>,
    /// Never shown.
    pub(crate) secret: bool,
    schema: Value,
}

impl Key {
    /// The name of the environment variable.
    pub(crate) fn environment(&self) -> String {
        environment(&self.path)
    }

    /// What may stand there, for the reference.
    pub(crate) fn shape(&self) -> String {
        fit::shape(&self.schema)
    }
}

impl Keys {
    /// Read off [`Settings`].
    pub(crate) fn of_settings() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let schema = settings.into_generator().into_root_schema_for::<Settings>().to_value();
        let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
        let mut all = Vec::new();
        collect("", &schema, Some(&defaults), &mut all);
        Self { all, schema }
    }

    /// In the order of the reference.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.all.iter()
    }

    /// The key of this path.
    pub(crate) fn get(&self, path: &str) -> Option<&Key> {
        self.all.iter().find(|key| key.path == path)
    }

    /// Sections with what they are about.
    pub(crate) fn sections(&self) -> Vec<(String, String)> {
        properties(&self.schema).map(|(name, schema)| (name.clone(), doc(schema))).collect()
    }

    /// Whether keys lie below this path.
    pub(crate) fn is_table(&self, path: &str) -> bool {
        self.all.iter().any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Whether the value of this key is not to be shown.
    pub(crate) fn is_secret(&self, path: &str) -> bool {
        self.get(path).is_some_and(|key| key.secret)
    }

    /// The schema of `section.key`.
    pub(crate) fn schema(&self, path: &str) -> &Value {
        path.split('.').fold(&self.schema, |schema, name| &schema["properties"][name])
    }

    /// What may stand at a path, in words.
    pub(crate) fn expected(&self, path: &str) -> String {
        self.get(path).map_or_else(|| "一张表".to_owned(), |key| fit::expected(&key.schema))
    }

    /// A text as the key takes it: what comes from the environment or the command line has no quotes.
    pub(crate) fn value_of(&self, path: &str, text: &str) -> Value {
        self.get(path).map_or_else(|| Value::String(text.to_owned()), |key| fit::value_of(&key.schema, text))
    }

    /// The key or table that somebody may have meant.
    pub(crate) fn nearest(&self, path: &str) -> Option<String> {
        let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
        let likeness = |known: &String| {
            let moved: f64 = if last(known) == last(path) { 0.9 } else { 0.0 };
            moved.max(strsim::normalized_damerau_levenshtein(known, path))
        };
        let known = self.sections().into_iter().map(|(name, _)| name).chain(self.all.iter().map(|key| key.path.clone()));
        let best = known.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(&best) >= 0.6).then_some(best)
    }
}

/// The environment variable of a key.
pub(crate) fn environment(path: &str) -> String {
    format!("XIAONENG__{}", path.to_uppercase().replace('.', "__"))
}

fn collect(prefix: &str, schema: &Value, default: Option<&Value>, all: &mut Vec<Key>) {
    let kinds = fit::kinds(schema);
    let tables: Vec<(Option<&str>, &Value)> =
        if kinds.is_empty() { vec![(None, schema)] } else { kinds.iter().map(|(kind, schema)| (Some(*kind), *schema)).collect() };
    for (kind, table) in tables {
        for (name, schema) in properties(table) {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            // A kind that is not the default one has the defaults that its own keys declare.
            let usual = kind.is_none_or(|kind| default.is_some_and(|default| default["kind"] == kind));
            let default = if usual { default.and_then(|default| default.get(name)) } else { schema.get("default") };
            if schema.get("properties").is_some() || !fit::kinds(schema).is_empty() {
                collect(&path, schema, default, all);
                continue;
            }
            let known = all.iter_mut().find(|known| known.path == path);
            match (known, kind) {
                (None, Some(_)) if name == "kind" => all.push(Key { path, default: default.cloned(), ..chooser(&kinds) }),
                (None, _) => all.push(Key {
                    doc: doc(schema),
                    default: default.filter(|default| !default.is_null()).cloned(),
                    kinds: kind.map(str::to_owned).into_iter().collect(),
                    secret: schema.get("x-secret").is_some(),
                    schema: schema.clone(),
                    path,
                }),
                (Some(known), Some(kind)) if name != "kind" => known.kinds.push(kind.to_owned()),
                (Some(_), _) => {}
            }
        }
    }
}

/// The key that says which of several tables stands there.
fn chooser(kinds: &[(&str, &Value)]) -> Key {
    let about = |(kind, schema): &(&str, &Value)| format!("`{kind}`: {}", doc(schema));
    Key {
        path: String::new(),
        doc: kinds.iter().map(about).collect::<Vec<_>>().join(" "),
        default: None,
        kinds: Vec::new(),
        secret: false,
        schema: serde_json::json!({ "enum": kinds.iter().map(|(kind, _)| *kind).collect::<Vec<_>>() }),
    }
}

/// `kind` first, the others by name: how a map of JSON is ordered depends on what else is built.
fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let mut all: Vec<(&String, &Value)> = schema["properties"].as_object().into_iter().flatten().collect();
    all.sort_by_key(|(name, _)| (*name != "kind", *name));
    all.into_iter()
}

fn doc(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
