//! What must be settled before a model is trained: do the choices make sense, which labels are there, what is trained?

use predilect_learn::losses::{Loss, Objective, Summary};
use predilect_learn::model::{LoraOptions, Model};
use predilect_results::format;
use predilect_results::training::{PairCount, Relabelled};
use predilect_workbench::{Error, Result, Watch, Workbench};

use crate::examples::BY_TEMPLATE;
use crate::made::Made;
use crate::mistakes::learnt;
use crate::pairs::{Chosen, Purpose, TOO_CLOSE, judged};
use crate::relabel::relabelled;
use crate::request::TrainRequest;

/// How reading calls a completion that has no partner on its prompt.
const LONELY: &str = "completion without a counterpart";
/// What is to be done with such.
const SINGLE: &str = "kto, bco and apo_zero_unpaired learn from single completions; apo_down and other losses compare two of one prompt";
/// The most degrees.
const MOST_SHARES: usize = 64;
/// The largest weight of the degree loss.
const MOST_WEIGHT: f64 = 1e6;

/// The losses with what shapes them.
pub(crate) fn objective(request: &TrainRequest) -> Result<Objective> {
    Objective::new(request.loss.clone(), request.losses.clone()).map_err(|e| Error::new(e.to_string()))
}

/// Puts the adapter on the model, or marks all its weights.
pub(crate) fn adapted(model: &mut Model, request: &TrainRequest) -> Result<Option<LoraOptions>> {
    match (&request.adapter, &request.lora) {
        (Some(folder), _) => model.load_adapter(folder).map(Some).map_err(learnt),
        (None, Some(options)) => {
            model.adapt(options, request.training.seed).map_err(learnt)?;
            Ok(Some(options.clone()))
        }
        (None, None) => {
            model.store.train_all(true);
            Ok(None)
        }
    }
}

/// Pairs with labels: verdicts, or what the weights of a judge say.
pub(crate) fn labelled(
    bench: &Workbench,
    request: &TrainRequest,
    watch: &dyn Watch,
) -> Result<(Chosen, Option<Relabelled>)> {
    match &request.relabel {
        None => {
            let ties = objective(request)?.learns_from_ties();
            let purpose = Purpose::Train { ties, single: request.learns_from_single() };
            Ok((judged(bench, request.judge.as_deref(), &request.slice, purpose, watch)?, None))
        }
        Some(relabel) => {
            let (mut chosen, said) =
                relabelled(bench, relabel, (&request.slice, request.training.seed), watch)?;
            chosen.dropped(bench);
            Ok((chosen, Some(said)))
        }
    }
}

pub(crate) fn makes_sense(request: &TrainRequest) -> Result<()> {
    request.training.plan(1).map_err(learnt)?;
    if request.patience.is_some() && request.held_out == 0.0 {
        return Err(Error::new("early stopping needs held-out pairs")
            .words("hold out a share of the prompts, e.g. 0.1"));
    }
    if let Some(lora) = &request.lora
        && !(lora.alpha.is_finite() && lora.alpha > 0.0)
    {
        return Err(Error::new(format!(
            "alpha must be a positive number, not {}: the adapter would not learn",
            format::plain(lora.alpha)
        )));
    }
    if request.degrees.as_ref().is_some_and(|spo| !(spo.weight > 0.0 && spo.weight <= MOST_WEIGHT)) {
        return Err(Error::new("the weight of the degree loss must be above 0 and at most a million"));
    }
    if let Some(spo) = &request.degrees {
        let within = spo.shares.iter().all(|share| (0.0..1.0).contains(share));
        let grow = spo.shares.windows(2).all(|two| two[0] < two[1]);
        if !within || !grow || !(2..=MOST_SHARES).contains(&spo.shares.len()) {
            return Err(Error::new(
                "the degrees must be at least two shares of key phrases, growing, from 0 and below 1",
            )
            .words("give e.g. 0, 0.25, 0.5 and 0.75"));
        }
    }
    let compares = request.loss.losses().any(|loss| loss.name() == "kto");
    if compares && (request.adapter.is_some() || request.lora.is_none()) {
        return Err(Error::new(
            "kto needs a newly created adapter: its baseline compares the model with and without it",
        )
        .words("train a new adapter"));
    }
    Ok(())
}

pub(crate) fn counted(count: PairCount, chosen: &Chosen, made: &Made) -> PairCount {
    let mut left_out = count.left_out;
    for (why, number) in &chosen.left_out {
        *left_out.entry(why.clone()).or_default() += number;
    }
    let (trained, held_out) = (made.trained.len() as u64, made.held_out.len() as u64);
    PairCount { read: chosen.read, trained, held_out, left_out, ..count }
}

/// A remark on completions that were left out because they have no counterpart, where that is not as it must be.
pub(crate) fn alone(request: &TrainRequest, chosen: &Chosen) -> Option<String> {
    let alone: u64 =
        chosen.left_out.iter().filter(|(why, _)| why.contains(LONELY)).map(|(_, count)| count).sum();
    (alone > 0).then(|| {
        format!(
            "{alone} {} left out, without a counterpart on the prompt: {}",
            if alone == 1 { "completion was" } else { "completions were" },
            if request.loss.losses().all(Loss::takes_unpaired) {
                "to train on each by itself, give the file of completions and not a study, without labels by a judge's weights and without \
                 a degree loss"
            } else {
                SINGLE
            }
        )
    })
}

/// An error of reading, with what helps where the completions of a file make no pair.
pub(crate) fn without_pairs(error: Error, request: &TrainRequest) -> Error {
    let of_pairs = !request.loss.losses().all(Loss::takes_unpaired);
    if of_pairs && error.message().contains(LONELY) { error.words(SINGLE) } else { error }
}

/// A remark for the case that a share was to be held out and no prompt fell into it.
pub(crate) fn nobody_held_out(request: &TrainRequest, made: &Made) -> Option<String> {
    (request.held_out > 0.0 && made.held_out.is_empty())
        .then(|| "no prompt could be held out: there is only one".to_owned())
}

/// What to know of labels and losses that hardly go together.
pub(crate) fn doubts(objective: &Objective, data: &Summary) -> Vec<String> {
    objective.warnings(data).iter().map(ToString::to_string).collect()
}

/// Of the pairs that were read, none is of use: why. `single`: they are single completions.
pub(crate) fn nothing(count: &PairCount, what: &str, single: bool) -> Error {
    let mut whys: Vec<(&String, u64)> = count.left_out.iter().map(|(why, number)| (why, *number)).collect();
    whys.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let unsure = whys.first().is_some_and(|(why, _)| why.as_str() == TOO_CLOSE);
    let by_template = whys.first().is_some_and(|(why, _)| why.starts_with(BY_TEMPLATE));
    let whys: Vec<String> = whys.iter().map(|(why, number)| format!("{why} ({number})")).collect();
    let read = count.read;
    if single {
        return Error::new(format!(
            "of the completions that were read ({read}), none can be {what}: {}",
            whys.join(", ")
        ))
        .words("give completions with a prompt, each labelled desirable or not");
    }
    if whys.is_empty() {
        let error = Error::new(format!("of the pairs that were read ({read}), none can be {what}"));
        return match count.held_out {
            0 => error,
            _ => error.words("hold out a smaller share: it took every prompt"),
        };
    }
    Error::new(format!("of the pairs that were read ({read}), none can be {what}: {}", whys.join(", ")))
        .words(if by_template {
            "do these conversations suit the model? If so, train without its chat template"
        } else if unsure {
            "lower the margin: the judge's weights hardly favour a response of these pairs"
        } else {
            "give pairs with a prompt and two different responses, one of which is preferred"
        })
}
