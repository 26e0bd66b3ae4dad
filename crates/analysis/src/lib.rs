//! Study tables to result tables: comparisons, fits, dissections.

pub mod result;
