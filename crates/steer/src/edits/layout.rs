//! Edits of the layout: the words stay.

#![expect(clippy::unnecessary_wraps, reason = "every edit has one shape")]

use super::text::{Part, joined, parts, sentences};

/// Sentences that make a list.
const FEW: usize = 3;

/// Headings, emphasis and bullets lose their marks.
pub(super) fn strip(text: &str) -> Option<String> {
    let plain: Vec<String> = parts(text)
        .iter()
        .map(|part| match part {
            Part::Prose(text) | Part::Heading(text) => unmarked(text),
            Part::List(items) => items.iter().map(|item| unmarked(item)).collect::<Vec<_>>().join("\n"),
            Part::Other(text) => text.clone(),
        })
        .collect();
    Some(plain.join("\n\n"))
}

/// Without the marks of emphasis.
fn unmarked(text: &str) -> String {
    let mut out = text.replace("**", "").replace("__", "");
    // A single star around words; one alone may be a sign of multiplication.
    if out.matches('*').count().is_multiple_of(2) {
        out = out.replace('*', "");
    }
    out
}

/// Prose gets a heading, and its sentences become a list.
pub(super) fn add(text: &str) -> Option<String> {
    let all = parts(text);
    if all.iter().any(|part| matches!(part, Part::List(_) | Part::Heading(_))) {
        return None;
    }
    let mut out = vec![Part::Heading("Answer".to_owned())];
    let mut changed = false;
    for part in all {
        match part {
            Part::Prose(text) if sentences(&text).len() >= FEW => {
                let all = sentences(&text);
                out.push(Part::Prose(format!("**{}**", all[0])));
                out.push(Part::List(all[1..].iter().map(|sentence| (*sentence).to_owned()).collect()));
                changed = true;
            }
            other => out.push(other),
        }
    }
    changed.then(|| joined(&out))
}

/// The items of every list become one paragraph.
pub(super) fn to_prose(text: &str) -> Option<String> {
    let mut all = parts(text);
    let mut changed = false;
    for part in &mut all {
        if let Part::List(items) = part {
            let ended = items.iter().map(|item| {
                let item = item.trim();
                let ends = item.ends_with(['.', '!', '?', ':', ';']);
                if ends { item.to_owned() } else { format!("{item}.") }
            });
            let text = ended.collect::<Vec<_>>().join(" ");
            *part = Part::Prose(text);
            changed = true;
        }
    }
    changed.then(|| joined(&all))
}

/// Every sentence becomes a numbered step.
pub(super) fn steps(text: &str) -> Option<String> {
    let all = parts(text);
    let plain = all.iter().filter(|part| matches!(part, Part::Prose(_))).count();
    if all.iter().any(|part| matches!(part, Part::List(_))) || plain == 0 {
        return None;
    }
    let mut number = 0;
    let mut out = Vec::new();
    for part in &all {
        match part {
            Part::Prose(text) => {
                for sentence in sentences(text) {
                    number += 1;
                    out.push(format!("Step {number}: {sentence}"));
                }
            }
            Part::Heading(text) => out.push(format!("## {text}")),
            Part::Other(text) => out.push(text.clone()),
            Part::List(_) => {}
        }
    }
    (number >= FEW).then(|| out.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whatever_the_layout() {
        let text = "# Tea\n\nBoil **water**.\n\n- Add tea\n- Wait *long*.\n\n3 * 4 is 12";
        assert_eq!(strip(text).unwrap(), "Tea\n\nBoil water.\n\nAdd tea\nWait long.\n\n3 * 4 is 12");
        assert_eq!(
            to_prose(text).unwrap(),
            "## Tea\n\nBoil **water**.\n\nAdd tea. Wait *long*.\n\n3 * 4 is 12"
        );
        let prose = "Boil water. Add tea. Wait a while.";
        assert_eq!(add(prose).unwrap(), "## Answer\n\n**Boil water.**\n\n- Add tea.\n- Wait a while.");
        assert_eq!(steps(prose).unwrap(), "Step 1: Boil water.\n\nStep 2: Add tea.\n\nStep 3: Wait a while.");
        assert_eq!((add(text), steps(text), to_prose(prose)), (None, None, None));
        assert_eq!(add("One. Two."), None);
    }
}
