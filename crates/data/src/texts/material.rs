//! What is the text of that which a question is asked about: a text, several of them, documents?

use serde_json::{Map, Value};

/// Names of the text of a document.
const TEXTS: &[&str] = &["text", "content", "passage", "document", "body", "snippet", "paragraph", "chunk"];
/// Names of what a document is called.
const TITLES: &[&str] = &["title", "name", "heading"];

/// A text as it is; of a list each one in a line of its own, documents with a blank line between them; anything else as JSON.
pub(crate) fn written(value: &Value) -> String {
    let listed = |items: &[Value]| {
        let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
        let documents =
            || -> Option<Vec<String>> { items.iter().map(|item| document(item.as_object()?)).collect() };
        let long = |texts: &[&str]| texts.iter().any(|text| text.contains('\n') || text.len() > 200);
        texts
            .map(|texts| texts.join(if long(&texts) { "\n\n" } else { "\n" }))
            .or_else(|| Some(documents()?.join("\n\n")))
    };
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if !items.is_empty() => listed(items),
        Value::Object(fields) => document(fields),
        _ => None,
    }
    .unwrap_or_else(|| value.to_string())
}

/// The title and the text of a document; none of an object that says more.
fn document(fields: &Map<String, Value>) -> Option<String> {
    let own = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)).and_then(Value::as_str);
    let text = own(TEXTS)?;
    Some(match own(TITLES).filter(|title| !title.trim().is_empty()) {
        Some(title) => format!("{title}\n{text}"),
        None => text.to_owned(),
    })
}
