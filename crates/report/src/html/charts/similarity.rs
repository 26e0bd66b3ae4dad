//! Which judges are alike, and which agree? Matrices, with a tree next to them where there is one.

use maud::{Markup, html};
use predilect_results::comparison::{Clusters, Similarity};

use crate::format;
use crate::html::parts::scroll;
use crate::judging::leaf_order;
use crate::text;
use crate::words;

/// Shades of a cell.
const SHADES: usize = 10;
/// Up to this many judges cells show their number.
const NUMBERED: usize = 14;
/// Cells up to which each one says its numbers on hovering.
const TITLED: usize = 2500;
/// The height of a row, the width of names and of the tree.
const ROW: f64 = 26.0;
const NAMES: f64 = 190.0;
const TREE: f64 = 110.0;
/// The width that a page has.
const WIDE: f64 = 1010.0;
/// The matrix with its tree.
pub(in crate::html) fn matrix(l: &Similarity) -> Markup {
    let order = leaf_order(l);
    let tree = l.clusters.as_ref().map(|clusters| branches(l, clusters, &order));
    let grid = Grid {
        names: &l.judges,
        order: &order,
        values: &l.overall,
        distance: words::is_distance(&l.measure),
        tree,
    };
    grid.render(&format!("Similarity of {} judges", order.len()), &|a, b| spoken(l, a, b))
}

/// A coefficient of agreement, judges in the order of the tree where it has them.
pub(in crate::html) fn agreement(judges: &[String], values: &[Vec<Option<f64>>], first: &[&str]) -> Markup {
    let mut order: Vec<usize> = (0..judges.len()).collect();
    order.sort_by_key(|&at| first.iter().position(|name| *name == judges[at]).unwrap_or(first.len()));
    let title = |a: usize, b: usize| {
        let [first, second] = [a, b].map(|at| short(&judges[at], 60));
        format!(
            "{first} and {second}: {}",
            values[a][b].map_or(format::MISSING.to_owned(), |v| format::decimal(v, 3))
        )
    };
    let grid = Grid { names: judges, order: &order, values, distance: false, tree: None };
    grid.render(&format!("Agreement of {} judges", order.len()), &title)
}

/// Cells of a square matrix, dark where the value is high.
struct Grid<'a> {
    names: &'a [String],
    /// Rows and columns, by their places in `names`.
    order: &'a [usize],
    values: &'a [Vec<Option<f64>>],
    /// Whether values are distances with the sign turned.
    distance: bool,
    tree: Option<Markup>,
}

impl Grid<'_> {
    fn render(self, label: &str, title: &dyn Fn(usize, usize) -> String) -> Markup {
        let Self { names, order, values, distance, tree: drawn } = self;
        let n = order.len();
        // A fixed scale: full colour is 1 (of a distance, which has its sign turned: 0), none is 0 (a distance of 1), the other colour is
        // below 0.
        let share = |value: f64| if distance { 1.0 + value } else { value.abs() };
        let shade = |value: f64| ((share(value).clamp(0.0, 1.0) * SHADES as f64) as usize).min(SHADES - 1);
        let colour = |value: f64| if !distance && value < 0.0 { "m" } else { "h" };
        let tree = if drawn.is_some() { TREE } else { 0.0 };
        let cell = if n <= NUMBERED { 46.0 } else { ((WIDE - NAMES - tree) / n as f64).clamp(14.0, ROW) };
        let (width, height) = (NAMES + tree + cell * n as f64 + 10.0, 26.0 + ROW * n as f64);
        let x = |column: usize| NAMES + tree + cell * column as f64;
        let y = |row: usize| 24.0 + ROW * row as f64;
        let chart = html! {
            svg.similarity width=(px(width)) height=(px(height)) role="img" aria-label=(label) {
                @for (row, &a) in order.iter().enumerate() {
                    text x=(px(NAMES - 8.0)) y=(px(y(row) + 17.0)) text-anchor="end" { (row + 1) " " (short(&names[a], 26)) }
                    text.n x=(px(x(row) + cell / 2.0)) y="17" text-anchor="middle" { (row + 1) }
                    @for (column, &b) in order.iter().enumerate() {
                        @if let Some(value) = values[a][b] {
                            rect class={ (colour(value)) (if a == b { SHADES - 1 } else { shade(value) }) } x=(px(x(column) + 1.0)) y=(px(y(row) + 1.0))
                                width=(px(cell - 2.0)) height=(px(ROW - 2.0)) rx="3" {
                                @if n * n <= TITLED { title { (title(a, b)) } }
                            }
                            @if n <= NUMBERED && a != b {
                                text.v x=(px(x(column) + cell / 2.0)) y=(px(y(row) + 17.0)) text-anchor="middle" {
                                    (format::decimal(value, 2))
                                }
                            }
                        }
                    }
                }
                @if let Some(tree) = drawn { (tree) }
            }
        };
        scroll(label, &chart)
    }
}

/// What a cell says on hovering.
fn spoken(l: &Similarity, a: usize, b: usize) -> String {
    let [first, second] = [a, b].map(|at| short(&l.judges[at], 60));
    let value = l.overall[a][b].map_or(format::MISSING.to_owned(), |value| format::decimal(value, 3));
    match (l.low[a][b], l.high[a][b]) {
        (Some(low), Some(high)) if a != b => {
            let [low, high] = [low, high].map(|x| format::decimal(x, 3));
            format!("{first} and {second}: {value} (resamples {low} to {high})")
        }
        _ => format!("{first} and {second}: {value}"),
    }
}

/// The tree to the left of the cells: its leaves are the rows, its root is at the names.
fn branches(l: &Similarity, clusters: &Clusters, order: &[usize]) -> Markup {
    let n = l.judges.len();
    let top = clusters.joins.iter().map(|join| join.height).fold(1e-12, f64::max);
    let at = |height: f64| NAMES + TREE - 6.0 - (TREE - 14.0) * (height / top).clamp(0.0, 1.0);
    let mut places: Vec<(f64, f64)> = vec![(0.0, 0.0); n + clusters.joins.len()];
    for (row, &judge) in order.iter().enumerate() {
        places[judge] = (24.0 + ROW * (row as f64 + 0.5), 0.0);
    }
    let mut lines = Vec::new();
    for (number, join) in clusters.joins.iter().enumerate() {
        let (Some(&(y, from)), Some(&(z, to))) = (places.get(join.left), places.get(join.right)) else {
            continue;
        };
        let x = at(join.height);
        let path = format!("M{},{}H{}V{}H{}", px(at(from)), px(y), px(x), px(z), px(at(to)));
        let firm = join.stability >= 0.8;
        let title = format!(
            "distance {}, in {} of resamples",
            format::decimal(join.height, 3),
            format::share(join.stability)
        );
        lines.push((path, firm, title));
        places[n + number] = (f64::midpoint(y, z), join.height);
    }
    html! {
        @for (path, firm, title) in lines {
            path.branch.firm[firm] d=(path) { title { (title) } }
        }
    }
}

pub(super) fn short(name: &str, most: usize) -> String {
    text::cut(&text::line(name), most)
}

pub(super) fn px(x: f64) -> String {
    format!("{x:.1}")
}
