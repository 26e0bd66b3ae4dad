//! The pairs that show each property best, with their texts.

use std::collections::{BTreeSet, HashMap};

use predilect_analysis::examples::{Choice, choose};
use predilect_data::Study;
use predilect_results::{ExamplePair, Examples, Fit};
use predilect_types::Pair;

use crate::error::Result;
use crate::slice::Slice;

/// Texts of example pairs are cut after this many characters.
const CUT: usize = 4000;

/// Reads the texts of the pairs that show each property best, for the judge with most verdicts.
///
/// With each property the numbers of its pairs.
pub(super) fn examples(study: &Study, slice: &Slice, fits: &[Fit]) -> Result<Vec<(Examples, Vec<u32>)>> {
    let table = &slice.table;
    let Some(judge) = fits.first().and_then(|f| table.judges.iter().position(|j| *j == f.judge)) else {
        return Ok(Vec::new());
    };
    let choices = choose(table, judge as u32, &|pair| slice.sizes[pair as usize] as usize);
    let wanted: BTreeSet<u32> = choices.iter().map(|choice| slice.rows[choice.pair as usize]).collect();
    let texts: HashMap<u32, Pair> =
        study.some_pairs(&wanted.into_iter().collect::<Vec<_>>())?.into_iter().collect();
    let mut out: Vec<(Examples, Vec<u32>)> = Vec::new();
    for choice in &choices {
        let Some(pair) = texts.get(&slice.rows[choice.pair as usize]) else { continue };
        let property = &table.features[choice.feature].name;
        let example = example(pair, choice, slice);
        match out.last_mut() {
            Some((last, numbers)) if last.property == *property => {
                last.pairs.push(example);
                numbers.push(choice.pair);
            }
            _ => out.push((Examples { property: property.clone(), pairs: vec![example] }, vec![choice.pair])),
        }
    }
    Ok(out)
}

fn example(pair: &Pair, choice: &Choice, slice: &Slice) -> ExamplePair {
    let (a, b) = slice.ratings[choice.pair as usize * slice.table.features.len() + choice.feature];
    let known = |x: f32| (!x.is_nan()).then_some(f64::from(x));
    ExamplePair {
        id: pair.id.clone(),
        prompt: cut(&pair.prompt_text()),
        response_a: cut(&pair.response_a.text()),
        response_b: cut(&pair.response_b.text()),
        model_a: pair.response_a.model.clone(),
        model_b: pair.response_b.model.clone(),
        rating_a: known(a),
        rating_b: known(b),
        comparison: choice.comparison,
        judge: slice.table.judges[choice.judge as usize].clone(),
        p_a: choice.p_a,
        follows: choice.follows,
        explanation: None,
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(CUT) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
