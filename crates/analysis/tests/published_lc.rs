//! Length-controlled win rates compared with AlpacaEval's own board, for models whose preferences had no part in the difficulties.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use predilect_analysis::ranking::{
    Against, LcOptions, PUBLISHED_BASELINE, length_controlled_board, published_difficulty,
};

/// The figures of AlpacaEval, where the shared data are at hand.
fn data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/alpaca_eval");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("left out: {} is missing", path.display());
    None
}

/// Rows of a file of figures without quotes, by the names of its columns.
fn rows(text: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    lines.map(|line| head.iter().copied().zip(line.split(',')).collect()).collect()
}

struct Output {
    prompt: usize,
    preference: Option<f64>,
    longer_by: f64,
}

/// What is known of the models that have published weights: outputs, theta, phi, psi (of the model, where the file has those of the
/// baseline's advantage in length), and the published rate.
struct Model {
    name: String,
    outputs: Vec<Output>,
    weights: [f64; 3],
    published: f64,
}

fn models(data: &Path) -> Vec<Model> {
    let read = |name: &str| std::fs::read_to_string(data.join(name)).expect("a file of figures");
    let mut figures = String::new();
    let file = std::fs::File::open(data.join("preferences_43_models.csv.gz")).expect("preferences");
    flate2::read::GzDecoder::new(file).read_to_string(&mut figures).expect("gzip");
    let mut outputs: BTreeMap<String, Vec<Output>> = BTreeMap::new();
    for row in rows(&figures) {
        let number = |name: &str| row[name].parse::<f64>().expect("a number");
        let preference = row["preference"].parse::<f64>().ok();
        outputs.entry(row["model"].to_owned()).or_default().push(Output {
            prompt: row["index"].parse().expect("an index"),
            preference: preference.map(|p| if p == 0.0 { 0.5 } else { p - 1.0 }),
            longer_by: number("characters") - number("baseline_characters"),
        });
    }
    let (weights, board) =
        (read("length_controlled_v1_weights.csv"), read("weighted_alpaca_eval_gpt4_turbo_leaderboard.csv"));
    let by_name = |text: &'_ str, columns: &[&str]| -> BTreeMap<String, Vec<f64>> {
        let number = |row: &BTreeMap<&str, &str>, name: &str| row.get(name)?.parse::<f64>().ok();
        rows(text)
            .iter()
            .filter_map(|row| {
                let values = columns.iter().map(|name| number(row, name)).collect::<Option<Vec<f64>>>()?;
                Some((row.get("")?.to_string(), values))
            })
            .collect()
    };
    let weights = by_name(
        &weights,
        &["not_gamed_baseline.astype(float)", "np.tanh(std_delta_len)", "instruction_difficulty"],
    );
    let board = by_name(&board, &["length_controlled_winrate"]);
    outputs
        .into_iter()
        .filter(|(name, _)| name != PUBLISHED_BASELINE)
        .filter_map(|(name, outputs)| {
            let own = weights.get(&name)?;
            let published = board.get(&name)?[0];
            // The file has the baseline's output less the model's.
            Some(Model { weights: [own[0], -own[1], own[2]], published, name, outputs })
        })
        .collect()
}

/// The difficulty of every prompt by all models but one: the penalised maximum given their published weights.
fn difficulties(models: &[Model], without: usize) -> Vec<f64> {
    const RIDGE: f64 = 0.3;
    let mut seen: Vec<Vec<(f64, f64, f64)>> = vec![Vec::new(); 805];
    for (_, model) in models.iter().enumerate().filter(|(at, _)| *at != without) {
        let longer: Vec<f64> = model.outputs.iter().map(|output| output.longer_by).collect();
        let mean = longer.iter().sum::<f64>() / longer.len() as f64;
        let sd = (longer.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (longer.len() - 1) as f64).sqrt();
        let [theta, phi, psi] = model.weights;
        for output in &model.outputs {
            if let Some(y) = output.preference {
                seen[output.prompt].push((theta + phi * (output.longer_by / sd).tanh(), psi, y));
            }
        }
    }
    let one = |rows: &Vec<(f64, f64, f64)>| {
        let mut gamma = 0.0_f64;
        for _ in 0..60 {
            let (mut slope, mut curve) = (-RIDGE * gamma, RIDGE);
            for (rest, psi, y) in rows {
                let p = 1.0 / (1.0 + (-(rest + psi * gamma)).exp());
                slope += psi * (y - p);
                curve += psi * psi * p * (1.0 - p);
            }
            gamma += (slope / curve).clamp(-1.0, 1.0);
        }
        gamma
    };
    seen.iter().map(one).collect()
}

#[test]
fn a_model_left_out_of_the_difficulties_stands_where_it_is_published() {
    let Some(data) = data() else { return };
    let models = models(&data);
    assert_eq!(models.len(), 41);
    let mut off: Vec<(f64, &str)> = Vec::new();
    for (at, model) in models.iter().enumerate() {
        let gamma = difficulties(&models, at);
        let outputs: Vec<Against> = model
            .outputs
            .iter()
            .map(|output| Against {
                model: model.name.clone(),
                prompt: output.prompt as u64,
                preference: output.preference,
                longer_by: output.longer_by,
                difficulty: Some(gamma[output.prompt]),
            })
            .collect();
        let board = length_controlled_board(PUBLISHED_BASELINE, &outputs, &LcOptions::default());
        assert_eq!(board.difficulties, "published");
        let row = &board.ranking[0];
        off.push(((row.lc_win_rate - model.published).abs(), &model.name));
        assert!(row.low < row.lc_win_rate && row.lc_win_rate < row.high);
    }
    off.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mean = off.iter().map(|(off, _)| off).sum::<f64>() / off.len() as f64;
    println!("mean {mean:.3}, median {:.3}, largest {:?}", off[off.len() / 2].0, &off[..4]);
    assert!(mean <= 1.0, "{mean}: {:?}", &off[..5]);
}

#[test]
fn difficulties_are_found_by_the_hash_of_a_prompt() {
    assert_eq!(published_difficulty("005461fdc44b2581aaaa"), Some(0.4412));
    assert_eq!(published_difficulty("0054"), None);
    assert_eq!(published_difficulty(&"0".repeat(64)), None);
}
