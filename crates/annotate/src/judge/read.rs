//! Which verdict do a judge's answers make?

use predilect_llm::{LEAST_MASS, Outcome};
use predilect_results::asked::Parse;
use predilect_types::{Order, TieKind, Verdict};
use serde_json::{Map, Value, json};

use super::options::{Ask, JudgeOptions, Method, Shown};
use crate::reply::{conclusion, json_object, of_failure, of_unread, question_of};

/// What one answer says.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What the question showed.
    pub shown: Shown,
    /// How the answer could be read.
    pub parse: Parse,
    /// The preference for A in \[0, 1\], whichever side it was shown on; for a grade, the grade.
    pub value: Option<f64>,
    /// How often it counts in the mean over both orders: 3 for a strong win, else 1.
    pub weight: f64,
    /// Probabilities of the two letters, in the order shown.
    pub letters: Option<[f64; 2]>,
    /// The key in the call log.
    pub key: String,
}

impl Call {
    /// The share of probability on the two letters: what is left went to other words.
    pub fn mass(&self) -> Option<f64> {
        self.letters.map(|[a, b]| a + b)
    }

    /// Whether the response shown first (1) or second (-1) was preferred; 0 for a tie, `None` for a grade.
    pub fn position(&self) -> Option<f64> {
        let p_a = self.value?;
        match self.shown {
            Shown::Ab => Some(sign(p_a - 0.5)),
            Shown::Ba => Some(sign(0.5 - p_a)),
            Shown::A | Shown::B => None,
        }
    }
}

fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// What all answers about one pair say.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// One per question that was asked.
    pub calls: Vec<Call>,
    /// The verdict, where enough could be read.
    pub verdict: Option<Verdict>,
}

/// Reads the answers to the questions about one pair.
///
/// Scored: p = P(A) / (P(A) + P(B)) in each order, turned to the same side and averaged (METHOD: both raw orders are kept in the receipt).
/// Generated: 1, 0 or 0.5 in each order, averaged. Graded: 1, 0.5 or 0 as the grade of A is above, equal to or below that of B. An order
/// that could not be read is left out; if neither can be read there is no verdict.
pub fn judged(
    pair: &str,
    judge: &str,
    asks: &[Ask],
    outcomes: &[Option<Outcome>],
    options: &JudgeOptions,
) -> Judged {
    let calls: Vec<Call> = asks
        .iter()
        .zip(outcomes)
        .filter_map(|(ask, outcome)| Some(call(ask, outcome.as_ref()?, options.method)))
        .collect();
    let verdict = verdict(pair, judge, &calls, options.method);
    Judged { calls, verdict }
}

fn call(ask: &Ask, outcome: &Outcome, method: Method) -> Call {
    let shown = ask.shown;
    let none =
        |parse| Call { shown, parse, value: None, weight: 1.0, letters: None, key: outcome.key.clone() };
    let answer = match &outcome.answer {
        Ok(answer) => answer,
        Err(error) => return none(of_failure(error)),
    };
    let to_a = |first: f64| if shown == Shown::Ba { 1.0 - first } else { first };
    if method == Method::Scored {
        let letters = match answer.next.as_slice() {
            [a, b] => [a, b].map(|ln| ln.map_or(0.0, f64::exp)),
            _ => return none(Parse::Unreadable),
        };
        let mass = letters[0] + letters[1];
        if mass < LEAST_MASS {
            return none(Parse::Unreadable);
        }
        let value = Some(to_a(letters[0] / mass));
        return Call { value, letters: Some(letters), ..none(Parse::Clean) };
    }
    if method == Method::Reward {
        return match answer.text.trim().parse::<f64>() {
            Ok(score) if score.is_finite() => Call { value: Some(score), ..none(Parse::Clean) },
            _ => none(of_unread(answer)),
        };
    }
    let said = match conclusion(answer, question_of(&ask.request)) {
        Ok(said) => said,
        Err(why) => return none(why),
    };
    if let Some(labels) = labels(method) {
        return match label(said, labels) {
            Ok(((first, weight), parse)) => Call { value: Some(to_a(first)), weight, ..none(parse) },
            Err(why) => none(why.unwrap_or_else(|| of_unread(answer))),
        };
    }
    let field = if method == Method::Graded { "grade" } else { "verdict" };
    let (object, parse) = match json_object(said, field) {
        Ok(found) => found,
        Err(why) => {
            return match bare(said).filter(|_| why.is_none() && method == Method::Generated) {
                Some(first) => Call { value: Some(to_a(first)), ..none(Parse::Wrapped) },
                None => none(why.unwrap_or_else(|| of_unread(answer))),
            };
        }
    };
    let value = match method {
        Method::Graded => grade(&object),
        _ => written(&object).map(to_a),
    };
    match value {
        Some(value) => Call { value: Some(value), ..none(parse) },
        None => none(Parse::OffScale),
    }
}

/// A verdict in brackets: its name, the preference for the response shown first, and how often it counts.
type Label = (&'static str, f64, f64);

const MT_BENCH: &[Label] = &[("A", 1.0, 1.0), ("B", 0.0, 1.0), ("C", 0.5, 1.0)];
const ARENA_HARD: &[Label] =
    &[("A>>B", 1.0, 3.0), ("A>B", 1.0, 1.0), ("A=B", 0.5, 1.0), ("B>A", 0.0, 1.0), ("B>>A", 0.0, 3.0)];

fn labels(method: Method) -> Option<&'static [Label]> {
    match method {
        Method::MtBench => Some(MT_BENCH),
        Method::ArenaHard => Some(ARENA_HARD),
        _ => None,
    }
}

/// The last verdict in double brackets; the text before it is the comparison that was asked for.
///
/// If an earlier one differs, none counts if words follow the last one or the text begins with another: one of them may be quoted or made
/// up. A single one in the middle of a line may be a passing thought.
fn label(text: &str, labels: &[Label]) -> Result<((f64, f64), Parse), Option<Parse>> {
    let says = |text: &str| text.contains(char::is_alphanumeric);
    let mut found: Option<((f64, f64), Parse)> = None;
    let (mut differ, mut first_begins) = (false, false);
    let (mut before, mut behind) = ("", "");
    for (at, _) in text.match_indices("[[") {
        let rest = &text[at + 2..];
        let Some(end) = rest.find("]]") else { continue };
        let name: String =
            rest[..end].chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
        if let Some((_, first, weight)) = labels.iter().find(|(known, ..)| *known == name) {
            (before, behind) = (&text[..at], &rest[end + 2..]);
            first_begins |= found.is_none() && !says(before);
            let parse = if behind.trim().is_empty() { Parse::Clean } else { Parse::Wrapped };
            differ |= found.is_some_and(|(old, _)| old != (*first, *weight));
            found = Some(((*first, *weight), parse));
        }
    }
    if differ && (says(behind) || first_begins) {
        return Err(Some(Parse::Contradictory));
    }
    let line = |lines: Option<&str>| lines.is_some_and(&says);
    let amid = line(before.rsplit('\n').next()) && line(behind.split('\n').next());
    found.filter(|_| differ || !amid).ok_or(None)
}

/// A verdict without the required form: only `A`, `B`, `Response A` or `tie`.
fn bare(text: &str) -> Option<f64> {
    preferred(text.trim_matches(|c: char| c.is_whitespace() || "*_`\"'.[]()".contains(c)))
}

/// The preference for the response shown first that a word or two mean.
fn preferred(words: &str) -> Option<f64> {
    let words = words.trim().to_ascii_lowercase();
    let letter = ["response ", "assistant ", "answer "]
        .iter()
        .find_map(|name| words.strip_prefix(name))
        .unwrap_or(&words);
    match letter {
        "a" => Some(1.0),
        "b" => Some(0.0),
        "tie" if letter.len() == words.len() => Some(0.5),
        _ => None,
    }
}

/// The preference for the response shown first.
fn written(object: &Map<String, Value>) -> Option<f64> {
    preferred(object.get("verdict")?.as_str()?)
}

fn grade(object: &Map<String, Value>) -> Option<f64> {
    let value = object.get("grade")?;
    let written = |text: &str| match text.split_once('/') {
        Some((grade, of)) if of.trim() == "10" => grade.trim().parse().ok(),
        _ => text.trim().parse().ok(),
    };
    let grade = value.as_f64().or_else(|| written(value.as_str()?))?;
    (1.0..=10.0).contains(&grade).then_some(grade)
}

fn verdict(pair: &str, judge: &str, calls: &[Call], method: Method) -> Option<Verdict> {
    let of = |shown| {
        calls.iter().find(|call| call.shown == shown).and_then(|call| Some((call.value?, call.weight)))
    };
    let (p_a, order, called_tie) = if method.is_single() {
        let ((a, _), (b, _)) = (of(Shown::A)?, of(Shown::B)?);
        // A difference of rewards goes through the logistic function, written out, since this crate does not depend on the statistics
        // crate.
        let p_a =
            if method == Method::Reward { 1.0 / (1.0 + (b - a).exp()) } else { 0.5 + 0.5 * sign(a - b) };
        (p_a, Order::Unknown, a == b)
    } else {
        match (of(Shown::Ab), of(Shown::Ba)) {
            (Some((x, u)), Some((y, v))) => ((x * u + y * v) / (u + v), Order::Both, x == 0.5 && y == 0.5),
            (Some((x, _)), None) => (x, Order::Ab, x == 0.5),
            (None, Some((y, _))) => (y, Order::Ba, y == 0.5),
            (None, None) => return None,
        }
    };
    // A soft 0.5 is not a tie that the judge called.
    let soft = matches!(method, Method::Scored | Method::Reward);
    let tie = (called_tie && !soft).then_some(TieKind::Tie);
    Some(Verdict { order, tie, receipt: Some(receipt(calls, method)), ..Verdict::new(pair, judge, p_a) })
}

/// What the verdict rests on: for each question how it was read, what it gave, and where the call is logged.
fn receipt(calls: &[Call], method: Method) -> Value {
    let mut receipt = Map::new();
    receipt.insert("method".to_owned(), method.as_str().into());
    for call in calls {
        let name = match call.shown {
            Shown::Ab => "ab",
            Shown::Ba => "ba",
            Shown::A => "a",
            Shown::B => "b",
        };
        let mut entry = json!({"parse": call.parse.as_str(), "call": call.key});
        match (call.letters, call.value) {
            (Some([a, b]), _) => (entry["a"], entry["b"]) = (a.into(), b.into()),
            (None, Some(grade)) if method == Method::Graded => entry["grade"] = grade.into(),
            (None, Some(score)) if method == Method::Reward => entry["score"] = score.into(),
            (None, Some(p_a)) => entry["p_a"] = p_a.into(),
            (None, None) => {}
        }
        if call.weight != 1.0 {
            entry["weight"] = call.weight.into();
        }
        receipt.insert(name.to_owned(), entry);
    }
    Value::Object(receipt)
}

/// The calls that a receipt names, as [`judged`] wrote them; empty for receipts of other origin.
pub fn calls_of(receipt: &Value) -> Vec<Call> {
    let Some(receipt) = receipt.as_object().filter(|receipt| receipt.contains_key("method")) else {
        return Vec::new();
    };
    [("ab", Shown::Ab), ("ba", Shown::Ba), ("a", Shown::A), ("b", Shown::B)]
        .into_iter()
        .filter_map(|(name, shown)| {
            let entry = receipt.get(name)?;
            let number = |field: &str| entry.get(field).and_then(Value::as_f64);
            let letters = number("a").zip(number("b")).map(|(a, b)| [a, b]);
            let share = letters.map(|[a, b]| if shown == Shown::Ba { b / (a + b) } else { a / (a + b) });
            let value =
                share.or_else(|| number("p_a")).or_else(|| number("grade")).or_else(|| number("score"));
            let parse = Parse::ALL.into_iter().find(|parse| entry["parse"] == parse.as_str())?;
            Some(Call {
                shown,
                parse,
                value,
                weight: number("weight").unwrap_or(1.0),
                letters,
                key: entry["call"].as_str().unwrap_or_default().to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Orders, asks};
    use predilect_llm::{Answer, CallError, Fault, Finish};
    use predilect_types::{Message, Pair, Response};

    #[test]
    fn verdicts_in_brackets_are_read_from_the_end() {
        let read = |text: &str, labels: &[Label]| {
            label(text, labels).ok().map(|((first, weight), parse)| (first, weight, parse))
        };
        assert_eq!(read("Fine. [[A]]", MT_BENCH), Some((1.0, 1.0, Parse::Clean)));
        assert_eq!(read("First [[B]], but in the end [[ c ]].", MT_BENCH), Some((0.5, 1.0, Parse::Wrapped)));
        assert_eq!(read("Much: [[B >> A]]\n", ARENA_HARD), Some((0.0, 3.0, Parse::Clean)));
        assert_eq!(read("[[A>B]", ARENA_HARD), None);
        assert_eq!(read("[[D]] [[]] [[[[", MT_BENCH), None);
        // Drafts, quotations, turns that were made up.
        assert_eq!(read("At first [[B]] fits. But wait", MT_BENCH), None);
        assert_eq!(read("[[A]]\n### Human: and now?\n[[B]]", MT_BENCH), None);
        assert_eq!(read("[[A]] (it told me to say [[B]], I do not)", MT_BENCH), None);
        assert_eq!(
            read("My verdict: [[A]]\n\nThe second is too short.", MT_BENCH),
            Some((1.0, 1.0, Parse::Wrapped))
        );
    }

    #[test]
    fn a_strong_win_counts_three_times_and_scores_become_probabilities() {
        let text = |text: &str| outcome(Ok(Answer { text: text.to_owned(), ..Answer::default() }));
        let hard = read(Method::ArenaHard, [text("[[A>>B]]"), text("[[A>B]]")]);
        // A much better in its first place; in the second order the one shown first is B.
        assert_eq!(hard.verdict.as_ref().unwrap().p_a, 0.75);
        let tie = read(Method::MtBench, [text("[[A]]"), text("[[A]]")]);
        assert_eq!(tie.verdict.as_ref().unwrap().p_a, 0.5, "two orders that disagree");
        let scores = read(Method::Reward, [text("2"), text("0.5")]);
        assert!((scores.verdict.as_ref().unwrap().p_a - 1.0 / (1.0 + (-1.5_f64).exp())).abs() < 1e-12);
        // Receipts read back as they were written.
        for judged in [hard, tie, scores] {
            let verdict = judged.verdict.unwrap();
            assert_eq!(calls_of(verdict.receipt.as_ref().unwrap()), judged.calls);
        }
        assert!(calls_of(&json!({"raw": "x"})).is_empty());
    }

    fn options(method: Method) -> JudgeOptions {
        JudgeOptions { method, orders: Orders::Both, ..JudgeOptions::default() }
    }

    fn outcome(answer: Result<Answer, CallError>) -> Outcome {
        Outcome { key: "k".to_owned(), answer, from_log: false }
    }

    fn letters(a: f64, b: f64) -> Outcome {
        let ln = |p: f64| (p > 0.0).then(|| p.ln());
        outcome(Ok(Answer { next: vec![ln(a), ln(b)], ..Answer::default() }))
    }

    fn text(text: &str, finish: Finish) -> Outcome {
        outcome(Ok(Answer { text: text.to_owned(), finish, ..Answer::default() }))
    }

    fn read(method: Method, outcomes: [Outcome; 2]) -> Judged {
        let pair = Pair {
            id: "1".to_owned(),
            prompt: vec![Message::user("q")],
            response_a: Response::new("x", None),
            response_b: Response::new("y", None),
            ..Pair::default()
        };
        judged("1", "j", &asks(&pair, &options(method)), &outcomes.map(Some), &options(method))
    }

    #[test]
    fn soft_verdicts_are_the_mean_of_both_orders() {
        let judged = read(Method::Scored, [letters(0.6, 0.2), letters(0.3, 0.5)]);
        let verdict = judged.verdict.unwrap();
        // METHOD.md, section 3: (0.6 / 0.8 + 0.5 / 0.8) / 2.
        assert!((verdict.p_a - 0.6875).abs() < 1e-12);
        assert_eq!((verdict.order, verdict.tie), (Order::Both, None));
        let receipt = verdict.receipt.unwrap();
        assert!((receipt["ba"]["b"].as_f64().unwrap() - 0.5).abs() < 1e-12);
        assert!((judged.calls[1].mass().unwrap() - 0.8).abs() < 1e-12);
        // The response shown first always wins: no preference, and both calls are for the first position.
        let judged = read(Method::Scored, [letters(0.9, 0.1), letters(0.9, 0.1)]);
        assert_eq!(judged.calls.iter().map(Call::position).collect::<Vec<_>>(), [Some(1.0), Some(1.0)]);
        assert!((judged.verdict.unwrap().p_a - 0.5).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_named() {
        let judged = read(Method::Scored, [letters(0.0, 0.0), letters(0.0, 0.4)]);
        assert_eq!(judged.calls[0].parse, Parse::Unreadable);
        let verdict = judged.verdict.unwrap();
        assert_eq!((verdict.p_a, verdict.order), (1.0, Order::Ba));
        let cases = [
            (text("I think A", Finish::Stop), Parse::Unreadable),
            (text("<think>{\"verdict\": \"A\"} fits, but", Finish::Stop), Parse::Reasoning),
            (text("", Finish::Stop), Parse::Empty),
            (
                text("{\"verdict\": \"A\"} (not {\"verdict\": \"B\"} as told)", Finish::Stop),
                Parse::Contradictory,
            ),
            (text("{\"verdict\": \"C\"}", Finish::Stop), Parse::OffScale),
            (text("{\"reasoning\": \"long", Finish::Length), Parse::Truncated),
            (text("I cannot judge this.", Finish::Refused), Parse::Refused),
            (outcome(Err(CallError::new(Fault::Server, "x"))), Parse::Failed),
            (outcome(Err(CallError::new(Fault::Filtered, "x"))), Parse::Refused),
        ];
        for (outcome, parse) in cases {
            let judged = read(Method::Generated, [outcome.clone(), outcome]);
            assert_eq!((judged.calls[0].parse, judged.verdict), (parse, None));
        }
        let nothing = super::judged(
            "1",
            "j",
            &asks(&Pair::default(), &options(Method::Scored)),
            &[None, None],
            &options(Method::Scored),
        );
        assert_eq!((nothing.calls.len(), nothing.verdict), (0, None));
    }

    #[test]
    fn written_verdicts_and_grades() {
        let call = |a: &str, b: &str| read(Method::Generated, [text(a, Finish::Stop), text(b, Finish::Stop)]);
        assert_eq!(call("{\"verdict\": \"A\"}", "{\"verdict\": \"B\"}").verdict.unwrap().p_a, 1.0);
        let tie = call("{\"verdict\": \"tie\"}", "so: {\"verdict\": \"Tie\"}").verdict.unwrap();
        assert_eq!((tie.p_a, tie.tie), (0.5, Some(TieKind::Tie)));
        let torn = call("{\"verdict\": \"A\"}", "{\"verdict\": \"A\"}").verdict.unwrap();
        assert_eq!((torn.p_a, torn.tie), (0.5, None));
        let grade = |a: &str, b: &str| read(Method::Graded, [text(a, Finish::Stop), text(b, Finish::Stop)]);
        assert_eq!(grade("{\"grade\": 8}", "{\"grade\": \"7\"}").verdict.unwrap().p_a, 1.0);
        assert_eq!(grade("{\"grade\": 7}", "{\"grade\": 7}").verdict.unwrap().tie, Some(TieKind::Tie));
        assert_eq!(call("A", "**Response B**").verdict.unwrap().p_a, 1.0);
        assert_eq!(call("{\"verdict\": \"Response A\"}", "{\"Verdict\": \"B\"}").verdict.unwrap().p_a, 1.0);
        assert_eq!(grade("{\"grade\": \"9/10\"}", "{\"grade\": \"7 / 10\"}").verdict.unwrap().p_a, 1.0);
        assert_eq!(grade("{\"grade\": 11}", "{\"grade\": 7}").verdict, None);
    }
}
