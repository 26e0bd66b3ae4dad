//! Which ratings do an annotator's answers make?

use std::collections::{BTreeMap, HashMap};

use predilect_llm::{Answer, Outcome};
use predilect_results::asked::{Asked, Parse};
use predilect_types::{Property, Rating, Rule, Side};
use serde_json::{Map, Value};

use super::options::{Ask, Kind, RateOptions, Shown};
use super::prompt::SEVERITIES;
use super::rubric::Rubric;
use crate::reply::{concluded_object, of_failure};

/// What all answers about one pair say.
#[derive(Debug, Clone, PartialEq)]
pub struct Rated {
    /// One per property of which at least one side was rated, and one for errors where accuracy does not apply.
    pub ratings: Vec<Rating>,
    /// How each answer could be read.
    pub answers: Vec<Parse>,
    /// What was asked for, by property; all kinds of errors, which are counted in one answer, as `errors`.
    pub asked: BTreeMap<&'static str, Asked>,
    /// Sides of which errors were asked, and how many of them accuracy does not apply to.
    pub accuracy: (u64, u64),
}

/// The values that one side has got on one property, from both orders and all items.
#[derive(Debug, Clone, Default)]
struct Values {
    sum: f64,
    n: u32,
    levels: Vec<f64>,
    /// How many values came with a distribution.
    distributed: u32,
}

impl Values {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.n += 1;
    }

    /// The values are averaged, so their distribution becomes that of the mean: the convolution, over equally spaced levels.
    fn add_distribution(&mut self, distribution: &[f64]) {
        self.distributed += 1;
        if self.levels.is_empty() {
            self.levels = distribution.to_vec();
            return;
        }
        let mut sum = vec![0.0; self.levels.len() + distribution.len() - 1];
        for (i, p) in self.levels.iter().enumerate() {
            for (j, q) in distribution.iter().enumerate() {
                sum[i + j] += p * q;
            }
        }
        self.levels = sum;
    }

    fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / f64::from(self.n))
    }

    fn distribution(&self) -> Option<Vec<f64>> {
        (self.n > 0 && self.distributed == self.n).then(|| self.levels.clone())
    }
}

/// Reads the answers to the questions about one pair. Both orders and the items of a list are averaged; a value off the scale
/// is missing, not mended.
pub fn rated(
    pair: &str,
    annotator: &str,
    asks: &[Ask],
    outcomes: &[Option<Outcome>],
    options: &RateOptions,
) -> Rated {
    let mut reading = Reading {
        out: Rated { ratings: Vec::new(), answers: Vec::new(), asked: BTreeMap::new(), accuracy: (0, 0) },
        values: HashMap::new(),
        calls: HashMap::new(),
        not_applicable: [false; 2],
    };
    for (ask, outcome) in asks.iter().zip(outcomes) {
        let Some(outcome) = outcome else { continue };
        let parse = match &ask.kind {
            Kind::Level { property, side, .. } => {
                reading.rests_on(outcome, &[property.id]);
                reading.level(outcome, property, *side)
            }
            Kind::Form(properties) => {
                let ids: Vec<_> = properties.iter().map(|(property, _)| property.id).collect();
                reading.rests_on(outcome, &ids);
                reading.form(outcome, ask, properties)
            }
            Kind::Errors => {
                reading.rests_on(outcome, &ERRORS);
                reading.errors(outcome, ask)
            }
        };
        reading.out.answers.push(parse);
    }
    let Reading { mut out, mut values, mut calls, not_applicable } = reading;
    for property in &options.properties {
        let mut of = |side: Side| values.remove(&(property.id, side)).unwrap_or_default();
        let (a, b) = (of(Side::A), of(Side::B));
        // Accuracy that does not apply in one order applies in neither.
        let none = not_applicable.map(|none| none && property.rule == Rule::FewerIsBetter);
        if a.n > 0 || b.n > 0 || none.contains(&true) {
            out.ratings.push(Rating {
                pair: pair.to_owned(),
                property: property.id.to_owned(),
                annotator: annotator.to_owned(),
                a: a.mean().filter(|_| !none[0]),
                b: b.mean().filter(|_| !none[1]),
                levels_a: a.distribution(),
                levels_b: b.distribution(),
                calls: calls.remove(property.id).unwrap_or_default(),
            });
        }
    }
    out
}

struct Reading {
    out: Rated,
    values: HashMap<(&'static str, Side), Values>,
    /// Keys of the calls whose answers say something of a property.
    calls: HashMap<&'static str, Vec<String>>,
    not_applicable: [bool; 2],
}

/// What one answer counts.
const ERRORS: [&str; 3] = ["no_minor_errors", "no_moderate_errors", "no_severe_errors"];

impl Reading {
    fn asked(&mut self, property: &'static str) -> &mut Asked {
        self.out.asked.entry(property).or_default()
    }

    /// Notes the call that answered, if it did.
    fn rests_on(&mut self, outcome: &Outcome, properties: &[&'static str]) {
        if outcome.answer.is_ok() {
            for property in properties {
                let calls = self.calls.entry(property).or_default();
                if !calls.contains(&outcome.key) {
                    calls.push(outcome.key.clone());
                }
            }
        }
    }

    fn level(&mut self, outcome: &Outcome, property: &'static Property, side: Side) -> Parse {
        self.asked(property.id).values += 1;
        let parse = match &outcome.answer {
            Err(error) => of_failure(error),
            Ok(answer) => match distribution(answer) {
                Some(distribution) => {
                    let rubric = Rubric::of(property);
                    let values = self.values.entry((property.id, side)).or_default();
                    values.add(rubric.mean(&distribution));
                    values.add_distribution(&distribution);
                    return Parse::Clean;
                }
                None => Parse::Unreadable,
            },
        };
        self.asked(property.id).missing += 1;
        parse
    }

    fn form(&mut self, outcome: &Outcome, ask: &Ask, properties: &[(&'static Property, usize)]) -> Parse {
        let shown = ask.shown;
        let (object, parse) = object(outcome, ask, properties.first().map_or("", |(p, _)| p.id));
        for (property, length) in properties {
            let rubric = Rubric::of(property);
            for (side, letter) in shown.letters() {
                let found = object.as_ref().and_then(|object| part(object, letter)?.get(property.id));
                // A list of another length than requested cannot be assigned to items.
                let items: &[Value] = match found {
                    Some(Value::Array(items)) if items.len() == *length => items,
                    Some(Value::Array(_)) | None => &[],
                    Some(value) if *length <= 1 => std::slice::from_ref(value),
                    Some(_) => &[],
                };
                let wanted = (*length).max(1) as u64;
                let asked = self.asked(property.id);
                asked.values += wanted;
                if items.is_empty() {
                    asked.missing += wanted;
                }
                for item in items {
                    match number(item).and_then(|number| rubric.rating(number)) {
                        Some(rating) => self.values.entry((property.id, side)).or_default().add(rating),
                        None => self.asked(property.id).missing += 1,
                    }
                }
            }
        }
        parse
    }

    fn errors(&mut self, outcome: &Outcome, ask: &Ask) -> Parse {
        let shown = ask.shown;
        let (object, parse) = object(outcome, ask, "applicable");
        for (side, letter) in shown.letters() {
            self.asked("errors").values += 1;
            let said = object.as_ref().and_then(|object| part(object, letter)).and_then(errors);
            match said {
                None => self.asked("errors").missing += 1,
                Some(said) => {
                    self.out.accuracy.0 += 1;
                    match said {
                        None => {
                            self.out.accuracy.1 += 1;
                            self.not_applicable[usize::from(side == Side::B)] = true;
                        }
                        Some(counts) => {
                            for (id, count) in ERRORS.iter().zip(counts) {
                                self.values.entry((id, side)).or_default().add(count);
                            }
                        }
                    }
                }
            }
        }
        parse
    }
}

/// Minor, moderate and severe errors; `Some(None)` if accuracy does not apply. An error of any other severity makes all of them unreadable.
#[expect(clippy::option_option, reason = "unreadable, not applicable, counted: three things")]
fn errors(said: &Map<String, Value>) -> Option<Option<[f64; 3]>> {
    if !said.get("applicable")?.as_bool()? {
        return Some(None);
    }
    let mut counts = [0.0; 3];
    for error in said.get("errors")?.as_array()? {
        let severity = error.get("severity")?.as_str()?.trim().to_lowercase();
        *counts.get_mut(SEVERITIES.iter().position(|name| *name == severity)?)? += 1.0;
    }
    Some(Some(counts))
}

/// The probabilities of the levels, normalised over those that were returned.
fn distribution(answer: &Answer) -> Option<Vec<f64>> {
    let levels: Vec<f64> = answer.next.iter().map(|log| log.map_or(0.0, f64::exp)).collect();
    let sum: f64 = levels.iter().sum();
    (sum > 0.0 && sum.is_finite()).then(|| levels.iter().map(|p| p / sum).collect())
}

fn object(outcome: &Outcome, ask: &Ask, field: &str) -> (Option<Map<String, Value>>, Parse) {
    let answer = match &outcome.answer {
        Ok(answer) => answer,
        Err(error) => return (None, of_failure(error)),
    };
    let field = if let Shown::Both { .. } = ask.shown { "A" } else { field };
    match concluded_object(answer, &ask.request, field) {
        Ok((object, parse)) => (Some(object), parse),
        Err(why) => (None, why),
    }
}

/// The ratings of one response: the whole object if only one was shown.
fn part<'a>(object: &'a Map<String, Value>, letter: &str) -> Option<&'a Map<String, Value>> {
    if letter.is_empty() { Some(object) } else { object.get(letter)?.as_object() }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rated: &Rated) -> (u64, u64) {
        let mut all = Asked::default();
        for asked in rated.asked.values() {
            all += *asked;
        }
        (all.values, all.missing)
    }
    use crate::judge::Orders;
    use crate::rate::{Analysis, Known, Method, asks};
    use predilect_llm::{CallError, Fault};
    use predilect_types::{Pair, property};

    fn options(ids: &[&str], orders: Orders) -> RateOptions {
        let properties = ids.iter().map(|id| property(id).unwrap()).collect();
        RateOptions { properties, orders, ..RateOptions::default() }
    }

    fn outcomes(texts: &[&str]) -> Vec<Option<Outcome>> {
        texts
            .iter()
            .zip(0..)
            .map(|(text, i)| {
                let answer = match *text {
                    "gone" => Err(CallError::new(Fault::Server, "gone")),
                    text => Ok(Answer { text: text.to_owned(), ..Answer::default() }),
                };
                Some(Outcome { key: format!("call {i}"), answer, from_log: false })
            })
            .collect()
    }

    fn known() -> Known {
        let constraints = vec!["short".to_owned(), "kind".to_owned()];
        let analysis = Analysis { intent_clear: true, constraints, ..Analysis::default() };
        Known { analysis: Some(analysis), reference: Some("so".to_owned()) }
    }

    fn read(options: &RateOptions, texts: &[&str]) -> Rated {
        let pair = Pair { id: "1".to_owned(), ..Pair::default() };
        let asked = asks(&pair, &known(), options);
        assert_eq!(asked.len(), texts.len());
        rated("1", "m", &asked, &outcomes(texts), options)
    }

    fn of(rated: &Rated, id: &str) -> (Option<f64>, Option<f64>) {
        rated.ratings.iter().find(|r| r.property == id).map(|r| (r.a, r.b)).unwrap()
    }

    #[test]
    fn both_orders_are_turned_to_the_same_side_and_averaged() {
        let rated = read(
            &options(&["friendly", "polite", "novel"], Orders::Both),
            &[
                r#"{"A": {"friendly": 3, "polite": 1}, "B": {"friendly": 0, "polite": 1}}"#,
                r#"{"A": {"friendly": 1, "polite": 4}, "B": {"friendly": 2, "polite": "2"}}"#,
                r#"{"A": {"novel": 0}, "B": {"novel": 3}}"#,
                "gone",
            ],
        );
        assert_eq!(of(&rated, "friendly"), (Some(2.5), Some(0.5)));
        // 4 is not a valid rating: B keeps the one of the first order; A's second value is under the letter B.
        assert_eq!(of(&rated, "polite"), (Some(1.5), Some(1.0)));
        assert_eq!(of(&rated, "novel"), (Some(0.0), Some(3.0)));
        // Each rests on the calls that answered.
        let calls = |id| &rated.ratings.iter().find(|r| r.property == id).unwrap().calls;
        assert_eq!(
            (calls("friendly"), calls("novel")),
            (&vec!["call 0".to_owned(), "call 1".to_owned()], &vec!["call 2".to_owned()])
        );
        assert_eq!(sum(&rated), (12, 3));
        assert_eq!(rated.answers, [Parse::Clean, Parse::Clean, Parse::Clean, Parse::Failed]);
        assert!(rated.ratings.iter().all(|r| r.levels_a.is_none()));
    }

    #[test]
    fn what_is_not_rated_is_missing_and_never_zero() {
        let rated = read(
            &options(&["friendly", "polite", "novel"], Orders::Ab),
            &["Sure: {\"A\": {\"friendly\": 2}, \"B\": {}}\nDone.", "no idea"],
        );
        assert_eq!(rated.ratings.len(), 1);
        assert_eq!((rated.ratings[0].a, rated.ratings[0].b), (Some(2.0), None));
        assert_eq!(rated.answers, [Parse::Wrapped, Parse::Unreadable]);
        assert_eq!(sum(&rated), (6, 5));
    }

    #[test]
    fn lists_are_averaged_and_errors_counted_by_severity() {
        let rated = read(
            &options(&["no_minor_errors", "no_severe_errors", "satisfies_constraints"], Orders::Ab),
            &[
                r#"{"A": {"satisfies_constraints": [3, 0]}, "B": {"satisfies_constraints": [2, 9]}}"#,
                r#"{"A": {"applicable": true, "errors": [{"severity": "Severe"}, {"severity": "minor"}, {"severity": "severe"}]},
                    "B": {"applicable": false, "errors": []}}"#,
            ],
        );
        assert_eq!(of(&rated, "satisfies_constraints"), (Some(1.5), Some(2.0)));
        assert_eq!(of(&rated, "no_severe_errors"), (Some(2.0), None));
        assert_eq!(of(&rated, "no_minor_errors"), (Some(1.0), None));
        assert_eq!((sum(&rated), rated.accuracy), ((6, 1), (2, 1)));
        // A list of another length is missing, not averaged.
        let short = read(
            &options(&["satisfies_constraints"], Orders::Ab),
            &[r#"{"A": {"satisfies_constraints": [3]}, "B": {"satisfies_constraints": 2}}"#],
        );
        assert_eq!((short.ratings.len(), sum(&short)), (0, (4, 4)));
        // An error of unknown severity is not guessed at.
        let strange = read(
            &options(&["no_severe_errors"], Orders::Ab),
            &[
                r#"{"A": {"applicable": true, "errors": [{"severity": "huge"}]}, "B": {"applicable": true, "errors": []}}"#,
            ],
        );
        assert_eq!(of(&strange, "no_severe_errors"), (None, Some(0.0)));
    }

    #[test]
    fn a_scored_rating_is_the_mean_of_its_distribution_and_keeps_it() {
        let pair = Pair { id: "1".to_owned(), ..Pair::default() };
        let options = RateOptions {
            method: Method::Scored,
            ..options(&["polite", "satisfies_constraints"], Orders::Ab)
        };
        let asked = asks(&pair, &known(), &options);
        assert_eq!(asked.len(), 2 + 4);
        let logs = |levels: [f64; 4]| levels.map(|p| (p > 0.0).then(|| f64::ln(p))).to_vec();
        let told = [
            [0.0, 0.1, 0.1, 0.2],
            [0.5, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.9],
            [0.3, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.4, 0.4],
            [0.0, 0.0, 0.0, 0.0],
        ];
        let outcomes: Vec<Option<Outcome>> = told
            .into_iter()
            .map(|levels| {
                let answer = Ok(Answer { next: logs(levels), ..Answer::default() });
                Some(Outcome { key: String::new(), answer, from_log: false })
            })
            .collect();
        let rated = rated("1", "m", &asked, &outcomes, &options);
        assert_eq!(of(&rated, "polite").1, Some(0.0));
        assert!((of(&rated, "polite").0.unwrap() - 2.25).abs() < 1e-12);
        let levels = rated.ratings[0].levels_a.as_ref().unwrap();
        assert!(levels.iter().zip([0.0, 0.25, 0.25, 0.5]).all(|(p, q)| (p - q).abs() < 1e-12), "{levels:?}");
        // A's constraints have 3 and 2.5; of B's, one answer is uninformative. The mean of two ratings has levels at every half.
        assert_eq!(of(&rated, "satisfies_constraints"), (Some(2.75), Some(0.0)));
        let levels = rated.ratings[1].levels_a.as_ref().unwrap();
        assert!(
            levels.len() == 7 && (levels[5] - 0.5).abs() < 1e-12 && (levels[6] - 0.5).abs() < 1e-12,
            "{levels:?}"
        );
        assert_eq!((sum(&rated), rated.answers[5]), ((6, 1), Parse::Unreadable));
    }
}
