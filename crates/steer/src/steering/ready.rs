//! What is a run of `steer` that is ready?

use predilect_workbench::laboratory::Laboratory;
use predilect_workbench::scratch::Scratch;
use predilect_workbench::{JudgeWeights, Writer};
use serde_json::Value;

use crate::arms::Group;
use crate::messages::Messages;
use crate::opponent::Opponent;
use crate::prompts::{Prompts, Protocol};
use crate::request::SteerRequest;

/// A run that is ready: everything that can be refused was checked.
pub struct Steering {
    pub(super) request: SteerRequest,
    pub(super) lab: Laboratory,
    pub(super) settings: Value,
    pub(super) weights: JudgeWeights,
    pub(super) messages: Messages,
    pub(super) prompts: Prompts,
    pub(super) protocol: Protocol,
    pub(super) arms: Vec<String>,
    pub(super) groups: Vec<Group>,
    pub(super) group_of: Vec<usize>,
    pub(super) writer: Writer,
    pub(super) baseline: Opponent,
    pub(super) remarks: Vec<String>,
    /// The folder with the prompts of a dry run; deleted with this.
    pub(super) scratch: Scratch,
}
