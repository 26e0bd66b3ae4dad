//! Judges on a plane: what is close rewards alike.

use maud::{Markup, html};
use predilect_results::comparison::{Clusters, Place};

use super::similarity::{px, short};
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
/// What stays free around a name: two numbers side by side read as one otherwise.
const AROUND: f64 = 3.0;
/// How far names are moved from their marks where it is crowded, with a line that leads back, and in how many directions.
const RINGS: [f64; 6] = [20.0, 32.0, 46.0, 62.0, 80.0, 100.0];
const WAYS: [f64; 16] =
    [0.0, 2.0, -2.0, 4.0, -4.0, 6.0, -6.0, 8.0, 1.0, -1.0, 3.0, -3.0, 5.0, -5.0, 7.0, -7.0];
/// Marks that are closer are at one place, and no name can distinguish them.
const SAME: f64 = 0.5;

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
                @if label.far { @let (to, down) = label.end(); line.lead x1=(px(x)) y1=(px(y)) x2=(px(to)) y2=(px(down)) {} }
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

/// The position of a name.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Label {
    x: f64,
    y: f64,
    anchor: &'static str,
    /// Whether a line has to lead to its mark.
    far: bool,
}

/// A point, and a line from one to another.
type Point = (f64, f64);
type Line = (Point, Point);

/// A rectangle: left, top, right, bottom.
type Area = [f64; 4];

fn meet(a: &Area, b: &Area) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// An area and what stays free around it.
fn padded(area: &Area) -> Area {
    [area[0] - AROUND, area[1] - AROUND, area[2] + AROUND, area[3] + AROUND]
}

/// What a mark covers.
fn covered((x, y): Point) -> Area {
    [x - MARK, y - MARK, x + MARK, y + MARK]
}

fn between(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// How far a point is from an area.
fn from_area((x, y): Point, area: &Area) -> f64 {
    let out = |at: f64, low: f64, high: f64| (low - at).max(at - high).max(0.0);
    out(x, area[0], area[2]).hypot(out(y, area[1], area[3]))
}

/// How far a point is from a line between two points.
fn from_line(point: Point, (start, end): Line) -> f64 {
    let (along, down) = (end.0 - start.0, end.1 - start.1);
    let long = along.mul_add(along, down * down).max(1e-9);
    let part = ((point.0 - start.0) * along + (point.1 - start.1) * down) / long;
    let part = part.clamp(0.0, 1.0);
    between(point, (start.0 + part * along, start.1 + part * down))
}

/// Whether a line runs through an area.
fn through((start, end): Line, area: &Area) -> bool {
    // The part of the line that is between the area's sides, one direction after the other.
    let mut part = (0.0_f64, 1.0_f64);
    for (from, to, low, high) in [(start.0, end.0, area[0], area[2]), (start.1, end.1, area[1], area[3])] {
        let step = to - from;
        if step.abs() < 1e-9 {
            if from <= low || from >= high {
                return false;
            }
            continue;
        }
        let (one, other) = ((low - from) / step, (high - from) / step);
        part = (part.0.max(one.min(other)), part.1.min(one.max(other)));
    }
    part.0 < part.1
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

    /// Where the line from its mark ends.
    fn end(&self) -> Point {
        (self.x, self.y - 4.0)
    }
}

/// How wide a name is, roughly.
fn width(name: &str) -> f64 {
    name.chars().map(|c| if c.is_ascii() { LETTER } else { 2.0 * LETTER }).sum()
}

/// The places that a name may have, the best ones first.
fn choices((x, y): Point) -> impl Iterator<Item = Label> {
    let near = [
        (x + MARK + 2.0, y + 4.0, "start"),
        (x - MARK - 2.0, y + 4.0, "end"),
        (x, y - MARK - 3.0, "middle"),
        (x, y + MARK + LINE, "middle"),
    ];
    let near = near.map(|(x, y, anchor)| Label { x, y, anchor, far: false });
    let around = move |ring: f64| {
        WAYS.into_iter().map(move |turn: f64| {
            let (sin, cos) = (turn * std::f64::consts::FRAC_PI_8).sin_cos();
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

/// What is on the map while names find their places.
struct Room<'a> {
    marks: &'a [Point],
    size: (f64, f64),
    /// What the names cover that have a place.
    names: Vec<Area>,
    /// The lines that lead to them.
    leaders: Vec<Line>,
}

impl Room<'_> {
    /// Whether the area is free of marks and other names.
    fn is_empty(&self, area: &Area) -> bool {
        let inside = area[0] >= 0.0 && area[1] >= 0.0 && area[2] <= self.size.0 && area[3] <= self.size.1;
        inside
            && !self.marks.iter().any(|&mark| meet(area, &covered(mark)))
            && !self.names.iter().any(|name| meet(area, name))
    }

    /// Whether the surroundings of a name are free, and the line that leads to it passes other marks and names by.
    fn is_clear(&self, own: usize, label: &Label, area: &Area) -> bool {
        let mark = self.marks[own];
        let (wide, line) = (padded(area), (mark, label.end()));
        let hidden = self.names.iter().any(|name| meet(&wide, name))
            || self.leaders.iter().any(|&leader| through(leader, area))
            || (label.far && self.names.iter().any(|name| through(line, name)));
        !hidden
            && self.is_empty(area)
            && self.others(own).all(|other| {
                // From a mark that overlaps another one, a line can only lead away.
                let passes = !label.far || from_line(other, line) >= MARK.min(between(mark, other) - 1e-9);
                passes && !meet(&wide, &covered(other))
            })
    }

    /// Whether a name here is nearer to its own mark than to any other.
    fn is_nearest(&self, own: usize, area: &Area) -> bool {
        let near = from_area(self.marks[own], area);
        self.others(own).all(|other| near < from_area(other, area))
    }

    fn others(&self, own: usize) -> impl Iterator<Item = Point> {
        let mark = self.marks[own];
        let apart = move |&(at, &other): &(usize, &Point)| at != own && between(mark, other) > SAME;
        self.marks.iter().enumerate().filter(apart).map(|(_, &other)| other)
    }
}

/// How crowded it is around a mark.
fn crowd(marks: &[Point], own: usize) -> f64 {
    marks.iter().map(|&other| 1.0 / (1.0 + between(marks[own], other).powi(2))).sum()
}

/// A place for each name that covers no mark and no other name and is plainly its mark's, if there is one.
///
/// Where marks are crowded names choose first.
fn labels(marks: &[Point], names: &[String], size: (f64, f64)) -> Vec<Label> {
    let usual = |(x, y): Point| Label { x: x + MARK + 2.0, y: y + 4.0, anchor: "start", far: false };
    let mut room = Room { marks, size, names: Vec::new(), leaders: Vec::new() };
    let mut out: Vec<Label> = marks.iter().map(|&mark| usual(mark)).collect();
    let crowds: Vec<f64> = (0..marks.len()).map(|own| crowd(marks, own)).collect();
    let mut turns: Vec<usize> = (0..marks.len()).collect();
    turns.sort_by(|&a, &b| crowds[b].total_cmp(&crowds[a]));
    for own in turns {
        let width = width(&names[own]);
        let area = |label: &Label| label.area(width);
        let clear = |label: &Label| room.is_clear(own, label, &area(label));
        let plain = |label: &Label| room.is_nearest(own, &area(label)) && clear(label);
        // If no place is plainly its own, a line shows whose it is.
        let found = choices(marks[own])
            .find(plain)
            .or_else(|| choices(marks[own]).find(|label| label.far && clear(label)))
            .or_else(|| choices(marks[own]).find(|label| room.is_empty(&area(label))));
        if let Some(label) = found {
            out[own] = label;
        }
        let label = out[own];
        room.names.push(label.area(width));
        if label.far {
            room.leaders.push((marks[own], label.end()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirty marks on a spiral with their names; the tighter, the more crowded it is in the middle.
    fn spiral(tight: f64) -> (Vec<Point>, Vec<String>) {
        let marks = (0..30).map(|i| {
            let (turn, out) = (f64::from(i) * 0.9, 12.0 + tight * f64::from(i));
            (320.0 + out * turn.cos(), 180.0 + out * turn.sin())
        });
        (marks.collect(), (1..=30).map(|i| i.to_string()).collect())
    }

    /// What names cover, and the lines that lead to them.
    fn placed(marks: &[Point], names: &[String]) -> (Vec<Label>, Vec<Area>, Vec<(usize, Line)>) {
        let found = labels(marks, names, (640.0, 360.0));
        let areas = found.iter().zip(names).map(|(label, name)| label.area(width(name))).collect();
        let far = found.iter().enumerate().filter(|(_, label)| label.far);
        let lines = far.map(|(at, label)| (at, (marks[at], label.end()))).collect();
        (found, areas, lines)
    }

    #[test]
    fn no_name_covers_a_mark_or_touches_another_name() {
        let (marks, names) = spiral(5.0);
        let (found, areas, _) = placed(&marks, &names);
        for (at, area) in areas.iter().enumerate() {
            assert!(!areas[..at].iter().any(|other| meet(&padded(area), other)), "{at}");
            assert!(!marks.iter().any(|&mark| meet(area, &covered(mark))), "{at}");
        }
        assert!(!found[29].far);
    }

    #[test]
    fn a_name_is_nearest_to_its_own_mark() {
        let (marks, names) = spiral(4.0);
        let (_, areas, _) = placed(&marks, &names);
        for (own, area) in areas.iter().enumerate() {
            let near = from_area(marks[own], area);
            let nearer = |(at, &other): (usize, &Point)| at != own && from_area(other, area) <= near;
            assert!(!marks.iter().enumerate().any(nearer), "{own}");
        }
    }

    #[test]
    fn lines_pass_other_marks_and_names_by() {
        let (marks, names) = spiral(3.0);
        let (_, areas, lines) = placed(&marks, &names);
        assert!(!lines.is_empty());
        for (own, line) in lines {
            let others = |at: &usize| *at != own;
            assert!((0..marks.len()).filter(others).all(|at| from_line(marks[at], line) >= MARK), "{own}");
            assert!(!(0..marks.len()).filter(others).any(|at| through(line, &areas[at])), "{own}");
        }
    }

    #[test]
    fn a_line_through_an_area_is_seen() {
        let area = [10.0, 10.0, 20.0, 20.0];
        assert!(through(((0.0, 0.0), (30.0, 30.0)), &area));
        assert!(through(((15.0, 0.0), (15.0, 12.0)), &area));
        assert!(!through(((0.0, 0.0), (9.0, 9.0)), &area));
        assert!(!through(((0.0, 15.0), (10.0, 30.0)), &area));
        assert!(!through(((5.0, 0.0), (5.0, 30.0)), &area));
    }

    #[test]
    fn where_there_is_no_room_names_are_still_there() {
        let marks = vec![(5.0, 5.0); 40];
        let names = vec!["the same place".to_owned(); 40];
        assert_eq!(labels(&marks, &names, (30.0, 30.0)).len(), 40);
    }
}
