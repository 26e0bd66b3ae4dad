//! Which votes are on a text of another file, and what happens to those without a text?

use super::{OTHER_MODELS, Reading, WITHOUT_PAIR};
use crate::draft::Draft;
use crate::identity::exchange;

impl Reading<'_> {
    /// The votes on a text of another file: those on its sides the other way round are turned, those on other models counted.
    pub(super) fn join_votes(&mut self, draft: &mut Draft) {
        let Some(votes) = self.votes.as_mut().and_then(|votes| votes.remove(&draft.pair.id)) else { return };
        let mut left = Vec::new();
        for sidecar in votes {
            let own = draft.pair.response_a.model.clone().zip(draft.pair.response_b.model.clone());
            let theirs = sidecar.sides.clone().or_else(|| sidecar.models.clone());
            let turned = match (&own, &theirs) {
                (Some((a, b)), Some((x, y))) if a == y && b == x && a != b => true,
                (Some((a, b)), Some((x, y))) if a == x && b == y => false,
                // Names that neither file shares carry no information: the first model is the first response. Another text with this key
                // may match them.
                (Some(own), Some(theirs)) if sidecar.sides.is_some() || shares(own, theirs) => {
                    left.push(sidecar);
                    continue;
                }
                _ => false,
            };
            for mut verdict in sidecar.verdicts {
                if turned {
                    exchange(&mut verdict);
                }
                draft.verdicts.push(verdict);
            }
            if let Some((x, y)) = sidecar.models {
                let names = if turned { (y, x) } else { (x, y) };
                draft.renamed = Some(names);
            }
        }
        if !left.is_empty()
            && let Some(votes) = &mut self.votes
        {
            self.other_models.insert(draft.pair.id.clone());
            votes.insert(draft.pair.id.clone(), left);
        }
        // Votes name the models in words where the texts only count them.
        if let Some((a, b)) = draft.renamed.take() {
            let counted = |name: &Option<String>| {
                name.as_ref().is_none_or(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            };
            if counted(&draft.pair.response_a.model) && counted(&draft.pair.response_b.model) {
                draft.pair.response_a.model = Some(a);
                draft.pair.response_b.model = Some(b);
            }
        }
    }

    /// Votes whose text is in no file; where only the first texts were wanted, the others were not looked for.
    pub(crate) fn end_votes(&mut self) {
        let looked = !self.enough();
        for (key, votes) in self.votes.take().into_iter().flatten() {
            let reason = if self.other_models.contains(&key) { OTHER_MODELS } else { WITHOUT_PAIR };
            if reason == WITHOUT_PAIR && !looked {
                continue;
            }
            *self.summary.dropped.entry(reason.to_owned()).or_default() += votes.len() as u64;
        }
    }
}

/// Whether two pairs of names have one in common.
fn shares(own: &(String, String), theirs: &(String, String)) -> bool {
    [&own.0, &own.1].iter().any(|name| **name == theirs.0 || **name == theirs.1)
}
