//! Who is asked, and with which requests?

use predilect_annotate::judge::{Ask, JudgeOptions};
use predilect_llm::{Enforce, Model, ModelSpec, Request, RunOptions};

/// A judge with its model, and how it is asked.
pub(super) struct Judge {
    pub(super) name: String,
    pub(super) spec: ModelSpec,
    pub(super) model: Box<dyn Model>,
    pub(super) options: JudgeOptions,
    pub(super) run: RunOptions,
    pub(super) enforce: Enforce,
}

pub(super) fn requests(asks: &[Ask], enforce: Enforce) -> Vec<Request> {
    asks.iter().map(|ask| ask.request.clone().enforcing(enforce)).collect()
}
