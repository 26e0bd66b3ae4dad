//! What do the ratings of a pair count in its responses?

use maud::{Markup, html};
use predilect_report::live::{Mark, Side, Words, label};
use predilect_types::{Pair, Response};
use predilect_workbench::{Counted, Evidence, evidence};

use super::apart::compared;
use super::parts::{place, shown};
use crate::opened::About;
use crate::query::Query;
use crate::studies::Served;

/// The two responses with their marks, and what says what these are.
pub(super) struct Marked {
    pub(super) sides: [Side; 2],
    pub(super) said: Markup,
}

/// Marks what the rating of the property counts that is looked at; words of one response alone if there is none.
pub(super) fn marked(served: &Served, about: &About, query: &Query, pair: &Pair) -> Marked {
    let by_text =
        |id: &str| about.empty.properties.iter().any(|note| note.id == id && note.annotator == "text");
    let tried = |id: &str| query.tried.iter().any(|trial| trial.to_string() == id);
    let all: Vec<Evidence> = evidence(pair, &query.tried)
        .into_iter()
        .filter(|own| by_text(&own.property) || tried(&own.property))
        .collect();
    let address = |property: Option<String>| {
        place(
            served,
            &format!("/pairs/{}", super::parts::part(&pair.id)),
            &Query { property, ..query.clone() },
        )
    };
    let chosen = query.property.as_deref();
    let found = chosen.and_then(|id| all.iter().find(|own| own.property == id));
    let responses = [&pair.response_a, &pair.response_b];
    let (sides, said) = if let Some(found) = found {
        let [of_a, of_b] = &found.sides;
        ([side(responses[0], of_a), side(responses[1], of_b)], counts(found, about))
    } else {
        let (sides, hardly_shared) = compared(responses);
        (sides, instead(chosen, about, hardly_shared))
    };
    let said = html! {
        (said)
        (choices(&all, chosen.filter(|_| found.is_some()), &address))
    };
    Marked { sides, said }
}

/// A response in pieces, those that are counted marked; of passages in one another the shortest is drawn.
fn side(response: &Response, counted: &[Counted]) -> Side {
    let text = response.text();
    let mut ends: Vec<usize> = counted.iter().flat_map(|one| [one.range.start, one.range.end]).collect();
    ends.extend([0, text.len()]);
    ends.sort_unstable();
    ends.dedup();
    let mut words: Vec<Words> = Vec::new();
    let (mut next, mut open) = (0, Vec::<&Counted>::new());
    for piece in ends.windows(2) {
        open.retain(|one| one.range.end > piece[0]);
        while let Some(one) = counted.get(next).filter(|one| one.range.start <= piece[0]) {
            open.push(one);
            next += 1;
        }
        let Some(text) = text.get(piece[0]..piece[1]) else { continue };
        let what = open.iter().min_by_key(|one| one.range.len()).map(|one| one.what.to_owned());
        words.push(Words { text: text.to_owned(), mark: what.map_or(Mark::None, Mark::Counted) });
    }
    Side { model: response.model.clone(), count: text.split_whitespace().count() as u64, words }
}

/// How often each thing is in A and in B.
fn counts(found: &Evidence, about: &About) -> Markup {
    let mut whats: Vec<&str> = found.sides.iter().flatten().map(|one| one.what).collect();
    whats.sort_unstable();
    whats.dedup();
    let count = |side: usize, what: &str| found.sides[side].iter().filter(|one| one.what == what).count();
    let note = about.empty.properties.iter().find(|note| note.id == found.property);
    html! {
        section.marks aria-label="What is marked" {
            p { "Marked is what the rating of " b { bdi { (name(&found.property)) } } " counts" @if whats.is_empty() { ": nothing, in either response" } "." }
            @if !whats.is_empty() {
                table.plain {
                    thead { tr { th scope="col" { "Counted as" } th.num scope="col" { "A" } th.num scope="col" { "B" } } }
                    tbody { @for what in &whats { tr { th scope="row" { (what) } td.num { (count(0, what)) } td.num { (count(1, what)) } } } }
                }
            }
            @if let Some(note) = note { details { summary { "How the rating follows from these" } p { (shown(&note.definition)) } } }
        }
    }
}

/// Why not what was asked for is marked but the words of one response alone, and whether these are.
fn instead(chosen: Option<&str>, about: &About, hardly_shared: bool) -> Markup {
    let note = chosen.and_then(|id| about.empty.properties.iter().find(|note| note.id == id));
    html! {
        @if let Some(note) = note {
            p.hint {
                b { (shown(&note.label)) } " cannot be marked: "
                @if note.annotator == "text" { "its rating is of the whole response." }
                @else { "it was rated by " bdi { (shown(&note.annotator)) } ", which does not say what it saw." }
            }
        }
        @if hardly_shared { p.hint { "The texts share hardly any words, so none is marked." } }
    }
}

fn name(property: &str) -> String {
    if predilect_types::property(property).is_some() { label(property) } else { shown(property) }
}

/// What else could be marked.
fn choices(all: &[Evidence], chosen: Option<&str>, address: &dyn Fn(Option<String>) -> String) -> Markup {
    let some = |own: &&Evidence| {
        own.sides.iter().any(|side| !side.is_empty()) || chosen == Some(own.property.as_str())
    };
    let few: Vec<&Evidence> = all.iter().filter(some).collect();
    html! {
        @if !few.is_empty() {
            details.marks open[chosen.is_some()] {
                summary { "Mark what a rating counts" }
                ul {
                    @if chosen.is_some() { li { a href=(address(None)) { "words of one response alone" } } }
                    @for own in few {
                        li {
                            a href=(address(Some(own.property.clone()))) aria-current=[(chosen == Some(own.property.as_str())).then_some("true")] { bdi { (name(&own.property)) } }
                            " " span.n { (own.sides[0].len()) " in A, " (own.sides[1].len()) " in B" }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_its_pieces_and_the_shortest_mark_is_drawn() {
        let one = |range, what| Counted { range, what };
        let counted = [one(0..5, "a"), one(2..4, "b"), one(6..7, "c")];
        let side = side(&Response::new("Maybe a text.", None), &counted);
        let whole: String = side.words.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, "Maybe a text.");
        let marked: Vec<&str> = side
            .words
            .iter()
            .filter(|piece| piece.mark != Mark::None)
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(marked, ["Ma", "yb", "e", "a"]);
    }
}
