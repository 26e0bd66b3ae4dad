//! What is an edited response, what was said of it before and after, and what does its length alone do?

/// The name of an edit by a model that rewrites.
pub(crate) const WRITER: &str = "writer";

/// One edited response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Edited {
    /// The id of the edited pair.
    pub(crate) id: String,
    /// The id of the pair as it was.
    pub(crate) original: String,
    /// The number of the pair in the study.
    pub(crate) at: usize,
    /// What is equal for pairs of one prompt.
    pub(crate) prompt: u64,
    pub(crate) property: String,
    pub(crate) edit: String,
    pub(crate) more: bool,
    /// Whether A was edited.
    pub(crate) is_a: bool,
    /// Characters of the response before and after.
    pub(crate) characters: [usize; 2],
    pub(crate) text: String,
    pub(crate) others_moved: usize,
}

impl Edited {
    /// By how much the response became longer: in characters, and in the logarithm.
    pub(crate) fn longer(&self) -> [f64; 2] {
        let [before, after] = self.characters.map(|count| count.max(1) as f64);
        [after - before, (after / before).ln()]
    }
}

/// Judged before and after: the preference for the edited response.
pub(crate) struct Judged<'a> {
    pub(crate) edit: &'a Edited,
    pub(crate) before: f64,
    pub(crate) after: f64,
}

impl Judged<'_> {
    /// The change of the preference for the edited response, in points of %.
    pub(crate) fn change(&self) -> f64 {
        100.0 * (self.after - self.before)
    }
}

/// Points of % that more text and less text alone do, by character and by unit of the logarithm of its length; `None` where too few edits show
/// it.
pub(crate) struct Slopes {
    pub(crate) longer: Option<[f64; 2]>,
    pub(crate) shorter: Option<[f64; 2]>,
}

impl Slopes {
    /// What the length of an edit alone does, in whichever unit that explains more of a change upwards or downwards.
    pub(crate) fn of(&self, edit: &Edited, up: bool) -> Option<f64> {
        let longer = edit.longer();
        if longer[0] == 0.0 {
            return Some(0.0);
        }
        let slopes = if longer[0] > 0.0 { self.longer } else { self.shorter }?;
        let [by_character, by_share] = [slopes[0] * longer[0], slopes[1] * longer[1]];
        Some(if up { by_character.max(by_share) } else { by_character.min(by_share) })
    }
}
