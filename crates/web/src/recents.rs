//! The studies that were opened last, where only the user of this machine can ask.
//!
//! The list names folders. It opens none of them: what a server reads is what its command line gave, so the page shows the command that
//! opens a study of an earlier run. It is neither kept nor shown if others can access the server, or if it is read-only.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use predilect_workbench::recent::{Recent, forget, note, recent};

use crate::options::ServeOptions;
use crate::problem::Problem;
use crate::studies::Served;

/// The list, and what this server has put into it.
#[derive(Debug, Default)]
pub(crate) struct Recents {
    /// The folder of the list; `None` if there is no list.
    state: Option<PathBuf>,
    noted: Mutex<BTreeSet<PathBuf>>,
}

impl Recents {
    pub(crate) fn of(options: &ServeOptions) -> Self {
        let alone = options.host.is_loopback() && options.names.is_empty();
        let state = options.state.clone().filter(|_| alone && !options.read_only);
        Self { state, noted: Mutex::default() }
    }

    /// Notes that a study was opened, once; a list that cannot be written does not keep the study from being shown.
    pub(crate) fn opened(&self, served: &Served) {
        let (Some(state), Some(study)) = (&self.state, served.lasting()) else { return };
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.insert(study.to_owned()) {
            let _ = note(state, study);
        }
    }

    /// Those that are not among the studies that are served.
    pub(crate) fn others(&self, served: &[std::sync::Arc<Served>]) -> Vec<Recent> {
        let Some(state) = &self.state else { return Vec::new() };
        let here: Vec<PathBuf> = served
            .iter()
            .filter_map(|own| own.study())
            .filter_map(|study| study.canonicalize().ok())
            .collect();
        recent(state).into_iter().filter(|one| !here.contains(&one.folder)).collect()
    }

    /// Removes a folder from the list; the folder itself is not touched.
    pub(crate) fn forget(&self, folder: &str) -> Result<(), Problem> {
        let Some(state) = &self.state else {
            return Err(Problem::forbidden("this server keeps no list of studies"));
        };
        let _one_at_a_time = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        match forget(state, Path::new(folder)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Problem::not_found("the list has no such study").remedy("load the page again")),
            Err(error) => Err(error.into()),
        }
    }
}
