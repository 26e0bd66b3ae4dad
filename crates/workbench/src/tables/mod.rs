//! How results are stored in Parquet: the same numbers as on the screen, for any tool that reads tables.

mod as_bytes;
mod columns;
mod comparison;
mod draws;
mod explanations;
mod fits;
mod leaderboards;
mod looked_at;
mod people;
mod steering;
mod verifying;

pub use as_bytes::{Table, TableFormat};
pub use columns::Sink;
pub use comparison::write_comparison;
pub use draws::DrawsFile;
pub use explanations::ExplanationsFile;
pub use fits::write_results;
pub use leaderboards::{write_lc, write_leaderboards};
pub use looked_at::{
    explanation_table, fit_tables, histogram_table, pair_table, published_table, read_tables, versus_table,
    write_versus,
};
pub use people::write_people;
pub use steering::write_steering;
pub use verifying::write_verifying;
