//! Whether a value fits the type of its key, in words. What no type can say (an address, a time of day) the struct itself
//! says when it is read.

use serde_json::Value;

/// What is wrong with a value: (path, what it should be). Nothing when it fits.
pub(super) fn misfits(schema: &Value, value: &Value, path: &str) -> Vec<(String, String)> {
    let kinds = kinds(schema);
    if kinds.is_empty() {
        return if fits(schema, value) { Vec::new() } else { vec![(path.to_owned(), format!("应为{}", expected(schema)))] };
    }
    let names = || kinds.iter().map(|(kind, _)| *kind).collect::<Vec<_>>().join("、");
    let Some(table) = value.as_object() else { return vec![(path.to_owned(), "应为一张表".to_owned())] };
    let Some((kind, schema)) = kinds.iter().find(|(kind, _)| table.get("kind").is_some_and(|given| given == kind)) else {
        return vec![(format!("{path}.kind"), format!("应为 {} 之一", names()))];
    };
    let mut faults = Vec::new();
    for (name, value) in table {
        match schema["properties"].get(name) {
            Some(schema) => faults.extend(misfits(schema, value, &format!("{path}.{name}"))),
            None => faults.push((format!("{path}.{name}"), format!("kind = \"{kind}\" 时没有这一项"))),
        }
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    faults.extend(
        required.filter(|name| !table.contains_key(*name)).map(|name| (format!("{path}.{name}"), format!("kind = \"{kind}\" 时必须填写"))),
    );
    faults
}

/// The tables of which one is chosen by `kind`; empty for everything else.
pub(super) fn kinds(schema: &Value) -> Vec<(&str, &Value)> {
    let variants = schema["oneOf"].as_array().into_iter().flatten();
    variants.filter_map(|variant| Some((variant["properties"]["kind"]["const"].as_str()?, variant))).collect()
}

fn fits(schema: &Value, value: &Value) -> bool {
    let choices = choices(schema);
    if !choices.is_empty() {
        return value.as_str().is_some_and(|value| choices.contains(&value));
    }
    match (type_of(schema), value) {
        ("boolean", value) => value.is_boolean(),
        ("integer", value) => value.as_i64().is_some_and(|value| {
            schema["minimum"].as_i64().is_none_or(|least| value >= least) && schema["maximum"].as_i64().is_none_or(|most| value <= most)
        }),
        ("number", value) => value.is_number(),
        ("string", value) => value.is_string(),
        ("array", Value::Array(items)) => match schema.get("items") {
            Some(schema) => items.iter().all(|item| fits(schema, item)),
            None => true,
        },
        ("array", _) => false,
        _ => true,
    }
}

/// What may stand there, in Chinese.
pub(super) fn expected(schema: &Value) -> String {
    let choices = choices(schema);
    if !choices.is_empty() {
        return format!(" {} 之一", choices.join("、"));
    }
    match type_of(schema) {
        "boolean" => " true 或 false".to_owned(),
        "integer" => match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
            (Some(least), Some(most)) => format!(" {least} 到 {most} 的整数"),
            (Some(least), None) => format!("不小于 {least} 的整数"),
            _ => "整数".to_owned(),
        },
        "number" => "数".to_owned(),
        "array" => schema.get("items").map_or_else(|| "列表".to_owned(), |items| format!("列表，每项为{}", expected(items))),
        _ => match schema["format"].as_str() {
            Some("ip" | "ipv4" | "ipv6") => " IP 地址，例如 \"127.0.0.1\"".to_owned(),
            Some(format) if format.contains("time") => "时刻，例如 \"21:00\"".to_owned(),
            _ => "加引号的文字".to_owned(),
        },
    }
}

/// What may stand there, for the reference.
pub(super) fn shape(schema: &Value) -> String {
    let choices = choices(schema);
    if !choices.is_empty() {
        return choices.iter().map(|choice| format!("\"{choice}\"")).collect::<Vec<_>>().join(" | ");
    }
    match type_of(schema) {
        "boolean" => "true | false".to_owned(),
        "integer" => match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
            (Some(least), Some(most)) => format!("integer {least}–{most}"),
            (Some(least), None) => format!("integer ≥ {least}"),
            _ => "integer".to_owned(),
        },
        "array" => schema.get("items").map_or_else(|| "list".to_owned(), |items| format!("list of {}", shape(items))),
        _ => match schema["format"].as_str() {
            Some("ip" | "ipv4" | "ipv6") => "IP address".to_owned(),
            Some(format) if format.contains("time") => "time of day".to_owned(),
            _ => "text".to_owned(),
        },
    }
}

/// A text without quotes as the type takes it; what cannot be taken stays text, so that the fault is told with it.
pub(super) fn value_of(schema: &Value, text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    match type_of(schema) {
        "boolean" => text.parse().map_or_else(|_| as_text(), Value::Bool),
        "integer" => text.parse::<i64>().map_or_else(|_| as_text(), Value::from),
        "number" => serde_json::from_str(text).unwrap_or_else(|_| as_text()),
        "array" if text.trim().is_empty() => Value::Array(Vec::new()),
        "array" if text.trim_start().starts_with('[') => serde_json::from_str(text).unwrap_or_else(|_| as_text()),
        "array" => text.split(',').map(|item| value_of(&schema["items"], item.trim())).collect(),
        _ => as_text(),
    }
}

fn choices(schema: &Value) -> Vec<&str> {
    let listed = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let told = schema["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["const"].as_str());
    listed.chain(told).collect()
}

/// `null` beside a type says only that there is no default.
fn type_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(one) => one,
        Value::Array(several) => several.iter().filter_map(Value::as_str).find(|one| *one != "null").unwrap_or_default(),
        _ => "",
    }
}
