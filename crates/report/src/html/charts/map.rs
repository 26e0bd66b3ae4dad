//! Judges on a plane: what is close rewards alike.

use maud::{Markup, html};
use predilect_results::comparison::{Clusters, Place};

use super::likeness::{px, short};
use crate::html::parts::{SERIES, scroll};

/// The map's size, and the room for a name at its right end.
const SIZE: (f64, f64) = (640.0, 360.0);
const NAMES: f64 = 130.0;
/// Room around the marks.
const EDGE: f64 = 24.0;
/// Judges up to which the map has their names; more have their numbers in the matrix.
const NAMED: usize = 16;
/// Characters of a name.
const LONGEST: usize = 24;
/// Half the size of a mark, the height of a line of text, the width of a character.
const MARK: f64 = 7.0;
const LINE: f64 = 12.0;
const LETTER: f64 = 6.6;
/// How far names go from their marks where it is crowded, with a line that leads back.
const RINGS: [f64; 4] = [20.0, 32.0, 46.0, 62.0];

/// Judges on a plane, in the colours and shapes of their clusters.
///
/// Many judges are there with the numbers that they have in the matrix.
pub(in crate::html) fn map(clusters: &Clusters) -> Markup {
    let places = &clusters.places;
    let reach = |of: fn(&Place) -> f64| {
        let low = places.iter().map(of).fold(f64::INFINITY, f64::min);
        let high = places.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        (low, (high - low).max(1e-9))
    };
    let ((left, wide), (bottom, tall)) = (reach(|p| p.x), reach(|p| p.y));
    // One scale for both directions: distances mean something.
    let numbered = places.len() > NAMED;
    let room = if numbered { EDGE } else { NAMES };
    let scale = ((SIZE.0 - room - EDGE) / wide).min((SIZE.1 - 2.0 * EDGE) / tall);
    let height = 2.0 * EDGE + tall * scale;
    let name = |place: &Place| {
        if numbered {
            let at = clusters.order.iter().position(|judge| *judge == place.judge);
            at.map_or(0, |at| at + 1).to_string()
        } else {
            short(&place.judge, LONGEST)
        }
    };
    let names: Vec<String> = places.iter().map(name).collect();
    let marks: Vec<(f64, f64)> =
        places.iter().map(|p| (EDGE + (p.x - left) * scale, EDGE + (bottom + tall - p.y) * scale)).collect();
    let labels = labels(&marks, &names, (SIZE.0, height));
    let slot = |judge: &str| {
        let of = clusters.groups.iter().position(|group| group.judges.iter().any(|one| one == judge));
        of.unwrap_or(0) % SERIES
    };
    let chart = html! {
        svg.places width=(px(SIZE.0)) height=(px(height)) role="img" aria-label="Map of the judges: what is close rewards alike" {
            @for (&(x, y), label) in marks.iter().zip(&labels) {
                @if label.far { line.lead x1=(px(x)) y1=(px(y)) x2=(px(label.x)) y2=(px(label.y - 4.0)) {} }
            }
            @for ((&(x, y), place), (label, name)) in marks.iter().zip(places).zip(labels.iter().zip(&names)) {
                g.s.{ "c" (slot(&place.judge)) } transform={ "translate(" (px(x)) "," (px(y)) ")" } { use href={ "#m" (slot(&place.judge)) } {} }
                text x=(px(label.x)) y=(px(label.y)) text-anchor=(label.anchor) {
                    (name)
                    @if numbered { title { (short(&place.judge, 60)) } }
                }
            }
        }
    };
    scroll("Map of the judges", &chart)
}

/// Where a name stands.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Label {
    x: f64,
    y: f64,
    anchor: &'static str,
    /// Whether a line has to lead to its mark.
    far: bool,
}

/// A rectangle: left, top, right, bottom.
type Area = [f64; 4];

fn meet(a: &Area, b: &Area) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

impl Label {
    /// What it covers.
    fn area(&self, width: f64) -> Area {
        let left = match self.anchor {
            "start" => self.x,
            "end" => self.x - width,
            _ => self.x - width / 2.0,
        };
        [left, self.y - LINE + 2.0, left + width, self.y + 2.0]
    }
}

/// How wide a name is, roughly.
fn width(name: &str) -> f64 {
    name.chars().map(|c| if c.is_ascii() { LETTER } else { 2.0 * LETTER }).sum()
}

/// The places that a name may have, the best ones first.
fn choices((x, y): (f64, f64)) -> impl Iterator<Item = Label> {
    let near = [
        (x + MARK + 2.0, y + 4.0, "start"),
        (x - MARK - 2.0, y + 4.0, "end"),
        (x, y - MARK - 3.0, "middle"),
        (x, y + MARK + LINE, "middle"),
    ];
    let near = near.map(|(x, y, anchor)| Label { x, y, anchor, far: false });
    let around = move |ring: f64| {
        [0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 4.0].into_iter().map(move |turn: f64| {
            let (sin, cos) = (turn * std::f64::consts::FRAC_PI_4).sin_cos();
            let anchor = if cos > 0.1 {
                "start"
            } else if cos < -0.1 {
                "end"
            } else {
                "middle"
            };
            Label { x: x + ring * cos, y: y + ring * sin + 4.0, anchor, far: true }
        })
    };
    near.into_iter().chain(RINGS.into_iter().flat_map(around))
}

/// A place for each name that covers no mark and no other name, as far as there is one.
fn labels(marks: &[(f64, f64)], names: &[String], (wide, tall): (f64, f64)) -> Vec<Label> {
    let mut taken: Vec<Area> = marks.iter().map(|&(x, y)| [x - MARK, y - MARK, x + MARK, y + MARK]).collect();
    let mut out = Vec::with_capacity(marks.len());
    for (&mark, name) in marks.iter().zip(names) {
        let width = width(name);
        let inside = |area: &Area| area[0] >= 0.0 && area[1] >= 0.0 && area[2] <= wide && area[3] <= tall;
        let free = |label: &Label| {
            let area = label.area(width);
            inside(&area) && !taken.iter().any(|other| meet(&area, other))
        };
        let usual =
            choices(mark).next().unwrap_or(Label { x: mark.0, y: mark.1, anchor: "start", far: false });
        let label = choices(mark).find(free).unwrap_or(usual);
        taken.push(label.area(width));
        out.push(label);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_covers_a_mark_or_another_name() {
        // Thirty marks on a spiral, which is crowded in the middle.
        let marks: Vec<(f64, f64)> = (0..30)
            .map(|i| {
                let (turn, out) = (f64::from(i) * 0.9, 12.0 + 5.0 * f64::from(i));
                (320.0 + out * turn.cos(), 180.0 + out * turn.sin())
            })
            .collect();
        let names: Vec<String> = (1..=30).map(|i| i.to_string()).collect();
        let found = labels(&marks, &names, (640.0, 360.0));
        let areas: Vec<Area> =
            found.iter().zip(&names).map(|(label, name)| label.area(width(name))).collect();
        for (at, area) in areas.iter().enumerate() {
            assert!(!areas[..at].iter().any(|other| meet(area, other)), "{at}");
            let on = |&(x, y): &(f64, f64)| meet(area, &[x - MARK, y - MARK, x + MARK, y + MARK]);
            assert!(!marks.iter().any(on), "{at}");
        }
        assert!(!found[29].far);
    }

    #[test]
    fn where_there_is_no_room_names_are_still_there() {
        let marks = vec![(5.0, 5.0); 40];
        let names = vec!["the same place".to_owned(); 40];
        assert_eq!(labels(&marks, &names, (30.0, 30.0)).len(), 40);
    }
}
