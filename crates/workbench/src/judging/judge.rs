//! Who is asked, and with which requests?

use predilect_annotate::judge::{Ask, JudgeOptions};
use predilect_llm::{Enforce, Model, ModelSpec, Request, RunOptions};

use super::request::JudgeRequest;

/// A judge with its model, and how it is asked.
pub(super) struct Judge {
    pub(super) name: String,
    pub(super) spec: ModelSpec,
    pub(super) model: Box<dyn Model>,
    pub(super) options: JudgeOptions,
    pub(super) run: RunOptions,
    pub(super) enforce: Enforce,
}

impl Judge {
    /// What asks this judge alone in the same way, and is kept: attacks are tried once.
    pub(super) fn asked(&self, request: &JudgeRequest) -> JudgeRequest {
        JudgeRequest {
            models: vec![self.spec.clone()],
            juries: Vec::new(),
            attacks: 0,
            calls: request.calls.lasting(),
            ..request.clone()
        }
    }
}

pub(super) fn requests(asks: &[Ask], enforce: Enforce) -> Vec<Request> {
    asks.iter().map(|ask| ask.request.clone().enforcing(enforce)).collect()
}
