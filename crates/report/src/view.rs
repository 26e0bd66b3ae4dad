//! Which judges, groups and properties are there to show, and in which order?

use std::cmp::Ordering;
use std::collections::HashMap;

use predilect_results::{Dissection, Fit, PropertyNote, Skipped, Weight, noun};
use predilect_types::property;

use crate::format::{self, SURE};
use crate::text;

/// The group of the whole table.
pub(crate) const ALL: &str = "all";

/// A dissection with its judges, groups and properties looked up by name.
pub(crate) struct View<'a> {
    /// What is shown.
    pub(crate) d: &'a Dissection,
    /// Judges with a fit, in the order of the fits.
    pub(crate) judges: Vec<&'a str>,
    /// Groups with a fit or a reason against one, the main group first.
    pub(crate) groups: Vec<&'a str>,
    /// The group of the full tables: `all`, or the first one fitted.
    pub(crate) main: &'a str,
    fits: HashMap<(&'a str, &'a str), &'a Fit>,
    skipped: HashMap<(&'a str, &'a str), &'a Skipped>,
    notes: HashMap<&'a str, &'a PropertyNote>,
}

/// A name with what is shown for it.
pub(crate) struct Column<'a> {
    /// The judge or the group.
    pub(crate) name: &'a str,
    /// The fit, or the reason that there is none.
    pub(crate) cell: Result<&'a Fit, Option<&'a Skipped>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(d: &'a Dissection) -> Self {
        let mut judges: Vec<&str> = Vec::new();
        let mut groups: Vec<&str> = Vec::new();
        for fit in &d.fits {
            push_new(&mut judges, &fit.judge);
            push_new(&mut groups, &fit.group);
        }
        for skipped in &d.skipped {
            push_new(&mut groups, &skipped.group);
        }
        let main = if groups.contains(&ALL) { ALL } else { groups.first().copied().unwrap_or(ALL) };
        groups.sort_by_key(|group| *group != main);
        Self {
            d,
            judges,
            groups,
            main,
            fits: d.fits.iter().map(|f| ((f.judge.as_str(), f.group.as_str()), f)).collect(),
            skipped: d.skipped.iter().map(|s| ((s.judge.as_str(), s.group.as_str()), s)).collect(),
            notes: d.properties.iter().map(|p| (p.id.as_str(), p)).collect(),
        }
    }

    /// The fit of that judge in that group.
    pub(crate) fn fit(&self, judge: &str, group: &str) -> Option<&'a Fit> {
        self.fits.get(&(judge, group)).copied()
    }

    /// The fits of the main group, one per judge that has one.
    pub(crate) fn main_fits(&self) -> Vec<&'a Fit> {
        self.judges.iter().filter_map(|judge| self.fit(judge, self.main)).collect()
    }

    /// The mark and colour of each judge among `most`: those of its place in the whole study, so that it keeps them whichever judges are
    /// chosen and whatever slice is shown, and free ones for judges beyond the first.
    pub(crate) fn slots(&self, judges: &[&str], most: usize) -> Vec<usize> {
        let all = &self.d.data.judges;
        let place = |judge: &str| all.iter().position(|known| known.judge == judge);
        let own = |judge: &&str| place(judge).filter(|place| *place < most);
        let taken: Vec<usize> = judges.iter().filter_map(own).collect();
        let mut free = (0..most).filter(|slot| !taken.contains(slot));
        let of = |(at, judge)| own(judge).or_else(|| free.next()).unwrap_or(at % most);
        judges.iter().enumerate().map(of).collect()
    }

    /// The groups other than the main one.
    pub(crate) fn other_groups(&self) -> &[&'a str] {
        self.groups.get(1..).unwrap_or_default()
    }

    /// Whether another group than the main one adds information: one that contains every verdict of its judges is the same as the whole.
    pub(crate) fn is_grouped(&self) -> bool {
        let is_part = |fit: &Fit| self.fit(&fit.judge, self.main).is_none_or(|whole| whole.rows != fit.rows);
        self.d.fits.iter().any(|fit| fit.group != self.main && is_part(fit))
    }

    /// One column per group for this judge.
    pub(crate) fn by_group(&self, judge: &str) -> Vec<Column<'a>> {
        let cell = |group: &'a str| {
            let skipped = || self.skipped.get(&(judge, group)).copied();
            Column { name: group, cell: self.fit(judge, group).ok_or_else(skipped) }
        };
        self.groups.iter().map(|group| cell(group)).collect()
    }

    /// One column per judge in the main group.
    pub(crate) fn by_judge(&self) -> Vec<Column<'a>> {
        self.main_fits().into_iter().map(|fit| Column { name: &fit.judge, cell: Ok(fit) }).collect()
    }

    /// What is known about a property.
    pub(crate) fn note(&self, id: &str) -> Option<&'a PropertyNote> {
        self.notes.get(id).copied()
    }

    /// The name of a property in a table, on one line.
    pub(crate) fn label(&self, id: &str) -> String {
        text::line(self.note(id).map_or(id, |note| &note.label))
    }

    /// The name of a property where there is little room, on one line.
    pub(crate) fn short(&self, id: &str) -> String {
        text::line(self.note(id).map_or(id, |note| &note.short))
    }

    /// Whether the rating of this property is only a proxy.
    pub(crate) fn proxy(&self, id: &str) -> bool {
        self.note(id).is_some_and(|note| note.proxy)
    }

    /// Whether any property has a proxy for a rating.
    pub(crate) fn any_proxy(&self) -> bool {
        self.d.properties.iter().any(|note| note.proxy)
    }

    /// Properties of the main fits of which anything was seen, each once, in the order of the first fit that has them.
    pub(crate) fn property_ids(&self) -> Vec<&'a str> {
        self.ids(|weight| !weight.unseen())
    }

    /// How many properties were fitted, whether or not anything was seen of them.
    pub(crate) fn fitted(&self) -> usize {
        self.ids(|_| true).len()
    }

    /// The names of properties in which no two responses differ that any of the main fits is of.
    pub(crate) fn unseen(&self) -> Vec<String> {
        let seen = self.property_ids();
        let named = |id: &str| property(id).map_or_else(|| self.label(id), |_| noun(id));
        self.ids(Weight::unseen).into_iter().filter(|id| !seen.contains(id)).map(named).collect()
    }

    fn ids(&self, wanted: impl Fn(&Weight) -> bool) -> Vec<&'a str> {
        let mut ids = Vec::new();
        let main = self.main_fits();
        let fits: &mut dyn Iterator<Item = &Fit> =
            if main.is_empty() { &mut self.d.fits.iter() } else { &mut main.into_iter() };
        for weight in fits.flat_map(|fit| &fit.weights).filter(|weight| wanted(weight)) {
            push_new(&mut ids, &weight.property);
        }
        ids
    }
}

fn push_new<'a>(names: &mut Vec<&'a str>, name: &'a str) {
    if !names.contains(&name) {
        names.push(name);
    }
}

/// The weight of that property in that fit, if anything was seen of it.
pub(crate) fn weight<'a>(fit: &'a Fit, property: &str) -> Option<&'a Weight> {
    seen(fit).find(|w| w.property == property)
}

/// The weights of a fit of which anything was seen.
pub(crate) fn seen(fit: &Fit) -> impl Iterator<Item = &Weight> {
    fit.weights.iter().filter(|w| !w.unseen())
}

/// Whether the direction of a weight is sure: P(sign) of at least 0.95.
pub(crate) fn sure(weight: &Weight) -> bool {
    weight.p_sign() >= SURE
}

/// Whether more of the property is rewarded.
pub(crate) fn rewarded(weight: &Weight) -> bool {
    weight.mean > 0.0
}

/// Orders weights from the strongest to the weakest, whatever their direction.
pub(crate) fn by_strength(a: &Weight, b: &Weight) -> Ordering {
    b.mean.abs().total_cmp(&a.mean.abs())
}

/// Orders weights from the most rewarded to the most penalised.
pub(crate) fn by_direction(a: &Weight, b: &Weight) -> Ordering {
    b.mean.total_cmp(&a.mean)
}

/// The weights of a fit of which anything was seen, strongest first.
pub(crate) fn strongest(fit: &Fit) -> Vec<&Weight> {
    let mut weights: Vec<&Weight> = seen(fit).collect();
    weights.sort_by(|a, b| by_strength(a, b));
    weights
}

/// The sure weights of a fit in one direction, strongest first.
pub(crate) fn sure_ones(fit: &Fit, up: bool) -> Vec<&Weight> {
    strongest(fit).into_iter().filter(|w| sure(w) && rewarded(w) == up).collect()
}

/// `71.0 % [68.0, 73.9], P(sign) >0.999`: a weight in words.
pub(crate) fn spoken(weight: &Weight) -> String {
    format!(
        "{}\u{a0}% {}, P(sign) {}",
        format::intensity(weight.intensity()),
        format::bounds(weight.interval(), 1),
        format::p_sign(weight.p_sign())
    )
}

/// A range of intensities with 50 % in the middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    /// Half of the range, in percentage points.
    half: f64,
}

impl Axis {
    /// The whole scale, 0 to 100 %: what is on it looks the same whatever else there is.
    pub(crate) const WHOLE: Self = Self { half: 50.0 };

    /// The smallest axis in steps of 5 points, at least 40 to 60 %, that contains all these weights and their intervals.
    pub(crate) fn holding<'w>(weights: impl IntoIterator<Item = &'w Weight>) -> Self {
        Self::around(weights.into_iter().flat_map(|w| [w.interval().0, w.interval().1, w.intensity()]))
    }

    /// The smallest axis in steps of 5 points, at least 40 to 60 %, that holds all these values in %.
    pub(crate) fn around(percents: impl IntoIterator<Item = f64>) -> Self {
        let reach = percents
            .into_iter()
            .map(|percent| (percent - 50.0).abs())
            .filter(|reach| reach.is_finite())
            .fold(0.0, f64::max);
        Self { half: (5.0 * (reach / 5.0).ceil()).clamp(10.0, 50.0) }
    }

    /// The position of an intensity: 0 at the left end, 1 at the right; values beyond are put at the end.
    pub(crate) fn position(self, percent: f64) -> f64 {
        if percent.is_finite() { ((percent - 50.0) / (2.0 * self.half) + 0.5).clamp(0.0, 1.0) } else { 0.5 }
    }

    /// How strong an intensity is on this axis: 0 at 50 %, 1 at either end.
    pub(crate) fn strength(self, percent: f64) -> f64 {
        (2.0 * self.position(percent) - 1.0).abs()
    }

    /// Five values with a label: the ends, the middle and those halfway between.
    pub(crate) fn ticks(self) -> [(f64, String); 5] {
        [-1.0, -0.5, 0.0, 0.5, 1.0].map(|step| {
            let value = 50.0 + step * self.half;
            (value, format::rating(value))
        })
    }
}

/// Sure directions first, then by strength: what is far out by chance does not come before what is known.
pub(crate) fn by_surety(a: &Weight, b: &Weight) -> std::cmp::Ordering {
    sure(b).cmp(&sure(a)).then_with(|| by_strength(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mean: f64) -> Weight {
        Weight {
            property: "p".into(),
            mean,
            sd: 0.1,
            q05: mean - 0.1,
            q50: mean,
            q95: mean + 0.1,
            p_positive: 0.9,
            rhat: None,
            ess_bulk: None,
            ess_tail: None,
            mcse_mean: None,
            effective_units: None,
        }
    }

    #[test]
    fn an_axis_holds_its_weights_around_50_percent() {
        assert_eq!(Axis::holding([]), Axis { half: 10.0 });
        // sigmoid(0.9) is 71.1 %, its upper end sigmoid(1.0) 73.1 %.
        let axis = Axis::holding([&of(0.9), &of(-0.2)]);
        assert_eq!(axis, Axis { half: 25.0 });
        assert!((axis.position(75.0) - 1.0).abs() < 1e-12);
        assert!((axis.position(50.0) - 0.5).abs() < 1e-12);
        assert!((axis.position(20.0)).abs() < 1e-12);
        assert!((axis.strength(37.5) - 0.5).abs() < 1e-12);
        assert_eq!(axis.ticks().map(|t| t.1), ["25", "37.5", "50", "62.5", "75"]);
        assert!((axis.position(f64::NAN) - 0.5).abs() < 1e-12);
        assert_eq!(Axis::holding([&of(9.0)]), Axis { half: 50.0 });
    }
}
