//! Is a document well-formed? A strict reader for the HTML that the report writes: every tag is closed where it should be, every attribute
//! is quoted, nothing that looks like a tag is in text.

/// A start tag.
pub(crate) struct Tag {
    /// Its name.
    pub(crate) name: String,
    /// Its attributes, values as written.
    pub(crate) attributes: Vec<(String, String)>,
}

const VOID: [&str; 3] = ["meta", "input", "br"];
const RAW: [&str; 2] = ["style", "script"];

/// All start tags, or what is wrong.
pub(crate) fn tags(page: &str) -> Result<Vec<Tag>, String> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let near = || rest.chars().take(60).collect::<String>();
        if let Some(after) = rest.strip_prefix('/') {
            let (name, after) = after.split_once('>').ok_or_else(|| format!("no end: {}", near()))?;
            match open.pop() {
                Some(last) if last == name => rest = after,
                last => return Err(format!("</{name}> closes {last:?}: {}", near())),
            }
            continue;
        }
        let (tag, after) = tag(rest).map_err(|error| format!("{error}: {}", near()))?;
        rest = after;
        if RAW.contains(&tag.name.as_str()) {
            let end = format!("</{}>", tag.name);
            rest = rest.split_once(&end).ok_or("raw text without end")?.1;
        } else if !VOID.contains(&tag.name.as_str()) {
            open.push(tag.name.clone());
        }
        found.push(tag);
    }
    if open.is_empty() { Ok(found) } else { Err(format!("left open: {open:?}")) }
}

fn tag(text: &str) -> Result<(Tag, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).ok_or("no end of name")?;
    let (name, mut rest) = text.split_at(end);
    if name.is_empty() {
        return Err("a < that opens no tag".to_owned());
    }
    let mut attributes: Vec<(String, String)> = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((Tag { name: name.to_owned(), attributes }, after));
        }
        rest = rest.strip_prefix(' ').ok_or("neither space nor end")?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').ok_or("no end of attribute")?;
        let (key, after) = rest.split_at(end);
        if key.is_empty() || attributes.iter().any(|(other, _)| other == key) {
            return Err(format!("attribute {key:?}"));
        }
        rest = after;
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix("=\"") {
            let (quoted, after) = after.split_once('"').ok_or("no closing quote")?;
            if quoted.contains(['<', '>']) {
                return Err(format!("markup in attribute {key}"));
            }
            quoted.clone_into(&mut value);
            rest = after;
        }
        attributes.push((key.to_owned(), value));
    }
}
