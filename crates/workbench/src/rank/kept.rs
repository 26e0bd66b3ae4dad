//! Where leaderboards are kept, with the request that they answer.

use std::path::Path;

use predilect_data::Study;

use super::board::{Ranked, RankedLc};
use crate::error::Result;
use crate::requests::Request;
use crate::studies::is_study;
use crate::tables;

impl Ranked {
    /// Writes the leaderboards as tables into a folder: a study's, or a new one for tables alone.
    ///
    /// # Errors
    ///
    /// When another process writes there, or a table cannot be written.
    pub fn keep(&self, folder: &Path, request: &Request, command: &[String]) -> Result<()> {
        let mut boards = vec![(self.board.method.as_str(), &self.board)];
        boards.extend(self.alone.iter().map(|board| (board.controls[0].name.as_str(), board)));
        let study = tables_in(folder)?;
        let _held = study.lock("rank")?;
        tables::write_leaderboards(&study, &boards)?;
        request.keep(&study, command)
    }
}

impl RankedLc {
    /// Writes the leaderboard as tables into a folder: a study's, where it notes by which request and command, or a new one for
    /// tables alone.
    ///
    /// # Errors
    ///
    /// When another process writes there, or a table cannot be written.
    pub fn keep(&self, folder: &Path, request: &Request, command: &[String]) -> Result<()> {
        let study = tables_in(folder)?;
        let _held = study.lock("rank")?;
        tables::write_lc(&study, &self.board)?;
        request.keep(&study, command)
    }
}

/// The study in that folder, or a new one for tables alone.
fn tables_in(folder: &Path) -> Result<Study> {
    Ok(if is_study(folder) { Study::open(folder)? } else { Study::create(folder)? })
}
