//! Reading many questions with one model: the key-value cache, batches, probabilities and written answers.

#![expect(clippy::cast_possible_wrap, reason = "llama.cpp counts in i32, and no cache comes near its end")]

use std::num::NonZeroU32;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;

use crate::tree::{Tree, common};

/// Questions that are under way together: each has a separate sequence in the cache.
const SEQUENCES: usize = 64;
/// Tokens that go through the model at once.
const BATCH: usize = 512;
/// What all questions share is read in pieces that begin at multiples of this: what is still in the cache from earlier questions can then
/// be reused, and the batches, and so the digits, are the same whatever was asked before.
const PIECE: usize = 256;
/// `LLAMA_FLASH_ATTN_TYPE_DISABLED`
const FLASH_OFF: i32 = 0;
/// Most probable tokens that are kept with every answer.
const TOP: usize = 10;

/// One question in tokens.
pub(crate) struct Question {
    pub(crate) tokens: Vec<i32>,
    pub(crate) wanted: Wanted,
}

pub(crate) enum Wanted {
    /// The probability of each continuation, summed over the tokens that mean it.
    Next(Vec<Vec<i32>>),
    /// A written answer.
    Text { most: usize, grammar: Option<String>, temperature: f32, seed: u32 },
}

/// What the model says to one question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    /// Natural logarithms of the continuations' probabilities, and the most probable tokens with theirs.
    Next { continuations: Vec<f64>, top: Vec<(i32, f64)> },
    /// The bytes written, how many tokens they took, and whether the model was done.
    Text { bytes: Vec<u8>, tokens: usize, done: bool },
}

/// An answer with the number of tokens of its question that had not been read before.
pub(crate) type Answered = Result<(Said, usize), String>;

pub(crate) struct Engine<'m> {
    model: &'m LlamaModel,
    context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
    /// The tokens of earlier questions in sequence 0.
    held: Vec<i32>,
    room: usize,
}

impl<'m> Engine<'m> {
    /// `room`: how many tokens fit into the cache, all questions under way together.
    pub(crate) fn new(
        backend: &LlamaBackend,
        model: &'m LlamaModel,
        room: u32,
        threads: i32,
    ) -> Result<Self, String> {
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(room))
            .with_n_batch(BATCH as u32)
            .with_n_ubatch(BATCH as u32)
            .with_n_seq_max(SEQUENCES as u32)
            .with_kv_unified(true)
            .with_swa_full(true)
            // Its kernels on CPUs add up in half precision.
            .with_flash_attention_policy(FLASH_OFF)
            .with_n_threads(threads)
            .with_n_threads_batch(threads)
            .with_no_perf(true);
        let context = model.new_context(backend, params).map_err(|e| e.to_string())?;
        let room = context.n_ctx() as usize;
        let batch = LlamaBatch::new(BATCH, SEQUENCES as i32);
        Ok(Self { model, context, batch, held: Vec::new(), room })
    }

    /// Answers questions, those that fit at once together. What is too long for the cache fails alone.
    pub(crate) fn answer(&mut self, questions: &[Question]) -> Vec<Answered> {
        let mut answers: Vec<Answered> = questions
            .iter()
            .map(|question| {
                let needed = question.tokens.len() + question.written();
                Err(if question.tokens.is_empty() {
                    "the question has no tokens".to_owned()
                } else {
                    format!("the question needs {needed} tokens, and {} fit", self.room)
                })
            })
            .collect();
        let mut waiting: Vec<usize> = (0..questions.len())
            .filter(|&i| {
                let question = &questions[i];
                !question.tokens.is_empty() && question.tokens.len() + question.written() <= self.room
            })
            .collect();
        waiting.sort_by_key(|&i| &questions[i].tokens);
        let mut rest = waiting.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(self.fitting(questions, rest));
            let some: Vec<&Question> = now.iter().map(|&i| &questions[i]).collect();
            match self.together(&some) {
                Ok(said) => now.iter().zip(said).for_each(|(&i, said)| answers[i] = Ok(said)),
                Err(problem) => {
                    // The contents of the cache are unknown now.
                    self.context.clear_kv_cache();
                    self.held.clear();
                    for &i in now {
                        answers[i] = Err(problem.clone());
                    }
                }
            }
            rest = later;
        }
        answers
    }

    /// How many of these sorted questions fit into the cache at once; at least one.
    fn fitting(&self, questions: &[Question], sorted: &[usize]) -> usize {
        let mut tokens = 0;
        let mut last: &[i32] = &[];
        for (n, &i) in sorted.iter().enumerate() {
            let question = &questions[i];
            tokens += question.tokens.len() - common(last, &question.tokens) + question.written();
            if n == SEQUENCES || (n > 0 && tokens > self.room) {
                return n;
            }
            last = &question.tokens;
        }
        sorted.len()
    }

    fn together(&mut self, questions: &[&Question]) -> Result<Vec<(Said, usize)>, String> {
        let texts: Vec<&[i32]> = questions.iter().map(|question| question.tokens.as_slice()).collect();
        let tree = Tree::of(&texts);
        let kept = common(&self.held, &texts[0][..tree.root]) / PIECE * PIECE;
        self.keep(kept, questions.len())?;
        self.held = texts[0][..tree.root].to_vec();
        let mut said: Vec<Option<Said>> = vec![None; questions.len()];
        let mut read = vec![0; questions.len()];
        let mut writers: Vec<Writer> = Vec::new();
        let mut steps = tree.steps.get(kept..).unwrap_or_default();
        while let Some(first) = steps.first() {
            let piece = PIECE - first.position % PIECE;
            let most = if first.position < tree.root { piece.min(tree.root - first.position) } else { BATCH };
            let (now, later) = steps.split_at(most.min(steps.len()));
            self.batch.clear();
            for step in now {
                let sequences: Vec<i32> = step.readers.clone().map(|reader| reader as i32).collect();
                self.batch
                    .add(LlamaToken(step.token), step.position as i32, &sequences, step.ends)
                    .map_err(|e| e.to_string())?;
                read[tree.order[step.readers.start]] += 1;
            }
            self.context.decode(&mut self.batch).map_err(|e| e.to_string())?;
            for (at, step) in now.iter().enumerate().filter(|(_, step)| step.ends) {
                let logits = self.context.get_logits_ith(at as i32);
                for reader in step.readers.clone() {
                    let place = tree.order[reader];
                    let question = questions[place];
                    if question.tokens.len() != step.position + 1 {
                        continue;
                    }
                    match &question.wanted {
                        Wanted::Next(continuations) => said[place] = Some(next(logits, continuations)),
                        Wanted::Text { most, grammar, temperature, seed } => {
                            let mut writer =
                                Writer::new(self.model, grammar.as_deref(), *temperature, *seed)?;
                            (writer.place, writer.sequence, writer.most) = (place, reader as i32, *most);
                            writer.position = question.tokens.len();
                            writer.take(self.model, logits);
                            writers.push(writer);
                        }
                    }
                }
            }
            steps = later;
        }
        self.write(&mut writers)?;
        for writer in writers {
            said[writer.place] =
                Some(Said::Text { bytes: writer.bytes, tokens: writer.tokens, done: writer.done });
        }
        said.into_iter()
            .zip(read)
            .map(|(said, read)| Ok((said.ok_or("a question was left out")?, read)))
            .collect()
    }

    /// Leaves the first `kept` tokens in the cache, for every sequence that is needed.
    fn keep(&mut self, kept: usize, sequences: usize) -> Result<(), String> {
        let text = |e: llama_cpp_2::context::kv_cache::KvCacheConversionError| e.to_string();
        if kept == 0 {
            self.context.clear_kv_cache();
            return Ok(());
        }
        let kept = kept as u32;
        for sequence in 1..SEQUENCES as u32 {
            self.context.clear_kv_cache_seq(Some(sequence), None, None).map_err(text)?;
        }
        if !self.context.clear_kv_cache_seq(Some(0), Some(kept), None).map_err(text)? {
            return Err("the cache of this model cannot be cut".to_owned());
        }
        for sequence in 1..sequences as i32 {
            self.context.copy_kv_cache_seq(0, sequence, Some(0), Some(kept)).map_err(text)?;
        }
        Ok(())
    }

    /// Writes all answers to their ends, a token of each at a time.
    fn write(&mut self, writers: &mut [Writer]) -> Result<(), String> {
        loop {
            self.batch.clear();
            let mut places = Vec::new();
            for (i, writer) in writers.iter_mut().enumerate() {
                let Some(token) = writer.pending.take() else { continue };
                self.batch
                    .add(token, writer.position as i32, &[writer.sequence], true)
                    .map_err(|e| e.to_string())?;
                writer.position += 1;
                places.push(i);
            }
            if places.is_empty() {
                return Ok(());
            }
            self.context.decode(&mut self.batch).map_err(|e| e.to_string())?;
            for (at, i) in places.into_iter().enumerate() {
                let logits = self.context.get_logits_ith(at as i32);
                writers[i].take(self.model, logits);
            }
        }
    }
}

impl Question {
    /// The most tokens that are written to it.
    fn written(&self) -> usize {
        match &self.wanted {
            Wanted::Next(_) => 0,
            Wanted::Text { most, .. } => *most,
        }
    }
}

/// An answer that is being written.
struct Writer {
    place: usize,
    sequence: i32,
    position: usize,
    most: usize,
    grammar: Option<LlamaSampler>,
    sampler: Option<LlamaSampler>,
    /// The token that was chosen and not read yet.
    pending: Option<LlamaToken>,
    bytes: Vec<u8>,
    tokens: usize,
    done: bool,
}

impl Writer {
    fn new(model: &LlamaModel, grammar: Option<&str>, temperature: f32, seed: u32) -> Result<Self, String> {
        let grammar =
            grammar.map(|grammar| LlamaSampler::grammar(model, grammar, "root").map_err(|e| e.to_string()));
        let sampler = (temperature > 0.0)
            .then(|| LlamaSampler::chain_simple([LlamaSampler::temp(temperature), LlamaSampler::dist(seed)]));
        Ok(Self {
            place: 0,
            sequence: 0,
            position: 0,
            most: 0,
            grammar: grammar.transpose()?,
            sampler,
            pending: None,
            bytes: Vec::new(),
            tokens: 0,
            done: false,
        })
    }

    /// Chooses the next token, or ends.
    fn take(&mut self, model: &LlamaModel, logits: &[f32]) {
        if self.tokens == self.most {
            return;
        }
        // If a grammar allows no token, the answer stays cut off.
        let Some(token) = self.choose(logits) else { return };
        if model.vocab().is_eog(token) {
            self.done = true;
            return;
        }
        if let Some(grammar) = &mut self.grammar {
            grammar.accept(token);
        }
        // Tags of thoughts and channels are separate tokens: without them a draft looks like an answer.
        self.bytes.extend(model.vocab().token_to_piece(token, true, None));
        self.tokens += 1;
        if self.tokens < self.most {
            self.pending = Some(token);
        }
    }

    fn choose(&mut self, logits: &[f32]) -> Option<LlamaToken> {
        let data = |token: usize| LlamaTokenData::new(LlamaToken(token as i32), logits[token], 0.0);
        if self.sampler.is_none() {
            let best = argmax(logits.iter().copied());
            let Some(grammar) = &mut self.grammar else { return Some(LlamaToken(best as i32)) };
            // A grammar has to check only one token if the most probable one fits, as it nearly always does.
            let mut only = LlamaTokenDataArray::new(vec![data(best)], false);
            grammar.apply(&mut only);
            if only.data[0].logit() > f32::NEG_INFINITY {
                return Some(LlamaToken(best as i32));
            }
        }
        let mut all = LlamaTokenDataArray::new((0..logits.len()).map(data).collect(), false);
        if let Some(grammar) = &mut self.grammar {
            grammar.apply(&mut all);
        }
        if let Some(sampler) = &mut self.sampler {
            all.data.retain(|token| token.logit() > f32::NEG_INFINITY);
            sampler.apply(&mut all);
            if let Some(token) = all.selected_token() {
                return Some(token);
            }
        }
        let best = all.data.get(argmax(all.data.iter().map(LlamaTokenData::logit)))?;
        (best.logit() > f32::NEG_INFINITY).then(|| best.id())
    }
}

fn argmax(values: impl Iterator<Item = f32>) -> usize {
    let best = values
        .enumerate()
        .fold((0, f32::NEG_INFINITY), |best, (i, value)| if value > best.1 { (i, value) } else { best });
    best.0
}

/// The probabilities after a question, by a softmax in double precision over the whole vocabulary.
fn next(logits: &[f32], continuations: &[Vec<i32>]) -> Said {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|&logit| f64::from(logit - most).exp()).sum();
    let log = |token: i32| f64::from(logits[token as usize] - most) - sum.ln();
    let continuations = continuations
        .iter()
        .map(|tokens| tokens.iter().map(|&token| log(token).exp()).sum::<f64>().ln())
        .collect();
    let mut ranked: Vec<i32> = (0..logits.len() as i32).collect();
    let by = |a: &i32, b: &i32| logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b));
    if ranked.len() > TOP {
        ranked.select_nth_unstable_by(TOP - 1, by);
        ranked.truncate(TOP);
    }
    ranked.sort_by(by);
    Said::Next { continuations, top: ranked.into_iter().map(|token| (token, log(token))).collect() }
}
