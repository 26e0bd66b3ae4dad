//! Edits that code can make exactly: one property of a response more or less, the rest as it was.

mod layout;
mod text;
mod wording;

/// One edit.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// Its name.
    pub name: &'static str,
    /// The property that it changes, by id; empty for the null edit.
    pub property: &'static str,
    /// Whether it makes more of it.
    pub more: bool,
    /// What it does, in one sentence.
    pub does: &'static str,
    /// Whether it neither removes, adds nor changes anything that the response says about its subject.
    pub worthless: bool,
    make: fn(&str) -> Option<String>,
}

impl Edit {
    /// The edited text; `None` if there is nothing to change.
    pub fn apply(&self, text: &str) -> Option<String> {
        if text.trim().is_empty() {
            return None;
        }
        (self.make)(text).filter(|edited| edited.trim() != text.trim())
    }
}

/// The name among the edits of a response that does not answer.
pub const NULL: &str = "null";

const fn edit(
    name: &'static str,
    property: &'static str,
    more: bool,
    does: &'static str,
    make: fn(&str) -> Option<String>,
) -> Edit {
    Edit { name, property, more, does, worthless: true, make }
}

/// Every edit by rule.
pub const EDITS: [Edit; 14] = [
    edit(
        "strip markdown",
        "well_formatted",
        false,
        "Headings, emphasis and bullets lose their marks.",
        layout::strip,
    ),
    edit(
        "add markdown",
        "well_formatted",
        true,
        "Prose gets a heading, and its sentences become a list.",
        layout::add,
    ),
    edit("lists to prose", "lists", false, "The items of every list become one paragraph.", layout::to_prose),
    edit("number the steps", "step_by_step", true, "Every sentence becomes a numbered step.", layout::steps),
    edit("pad", "length", true, "Sentences without content are added at the end.", wording::pad),
    Edit {
        worthless: false,
        ..edit("cut", "length", false, "The last part is cut off, at the end of a sentence.", wording::cut)
    },
    edit(
        "courtesies",
        "courtesies",
        true,
        "Thanks in front and an apology for the length behind.",
        wording::courtesies,
    ),
    edit("warm words", "warm_words", true, "A warm greeting in front and good wishes behind.", wording::warm),
    edit("hedges", "authoritative", false, "Every second sentence ends in `I think`.", wording::hedge),
    edit("contractions", "informal", true, "`do not` becomes `don't`, and so on.", wording::contract),
    edit("full forms", "informal", false, "`don't` becomes `do not`, and so on.", wording::spell_out),
    edit(
        "a question back",
        "interactive",
        true,
        "A question to the reader is added at the end.",
        wording::ask_back,
    ),
    edit(
        "say it twice",
        "non_repetitive",
        false,
        "The first two sentences are repeated at the end.",
        wording::repeat,
    ),
    edit(
        "admit limits",
        "admit_limits",
        true,
        "A sentence that some of it may be wrong is added at the end.",
        wording::admit,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_types::property;
    use proptest::prelude::*;

    #[test]
    fn every_edit_is_of_a_known_property_and_has_a_name_of_its_own() {
        for edit in EDITS {
            assert!(property(edit.property).is_some(), "{}", edit.name);
            assert_eq!(EDITS.iter().filter(|other| other.name == edit.name).count(), 1);
            assert_eq!(edit.apply("  \n "), None, "{}", edit.name);
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(?s).{0,200}", marks in "[-*#`>|.!? \n0-9a-zA-Z']{0,200}") {
            for edit in EDITS {
                for text in [&text, &marks] {
                    if let Some(edited) = edit.apply(text) {
                        prop_assert!(!edited.trim().is_empty());
                    }
                }
            }
        }

        #[test]
        fn code_stays_as_it_is(code in "[a-z.! \n]{1,80}") {
            let block = format!("```\n{code}\n```");
            let text = format!("This is it. It does not work. Do you see it?\n\n{block}\n\nIt is not good. I do not know.");
            for edit in EDITS.iter().filter(|edit| edit.name != "cut") {
                if let Some(edited) = edit.apply(&text) {
                    prop_assert!(edited.contains(code.trim_end_matches('\n').trim()), "{}: {edited}", edit.name);
                }
            }
        }
    }
}
