//! A study is read as it was first imported: what another import has written meanwhile is recognised, and never mixed in.

use std::fs::File;
use std::io;

use super::bound::Seen;
use super::folder::Study;
use super::imported::{IMPORTED, PAIRS, import_in, import_of};
use super::lock;
use crate::error::DataError;

impl Study {
    /// From here on the tables are read as they are now, whatever was read before.
    pub fn read_anew(&self) {
        self.bound.forget();
    }

    /// Opens a table of the import that was read first. An open file keeps its contents, even if another process replaces it.
    pub(super) fn open_table(&self, table: &str) -> Result<File, DataError> {
        let path = self.table_path(table);
        let file = File::open(&path).map_err(|e| {
            let missing = e.kind() == io::ErrorKind::NotFound && IMPORTED.contains(&table);
            let error = DataError::path_io(&path, "open", e);
            if missing { error.with_remedy("the study is incomplete: import the files again") } else { error }
        })?;
        let own = import_in(&file);
        let mut bound = self.bound.locked();
        if matches!(*bound, Seen::Nothing) {
            let first = if table == PAIRS { own.clone() } else { import_of(&self.table_path(PAIRS)) };
            *bound = Seen::Import(first);
        }
        let (Seen::Import(Some(first)), Some(own)) = (&*bound, own.as_ref()) else { return Ok(file) };
        if first == own {
            return Ok(file);
        }
        let shown = self.shown_path(table).display().to_string();
        if import_of(&self.table_path(PAIRS)).as_ref() == Some(first) && !lock::is_held(self.folder()) {
            return Err(DataError::study(
                shown,
                "it belongs to another import than pairs.parquet: an import was cut short",
            )
            .with_remedy("import the files again"));
        }
        Err(DataError::changed(shown, "the study was imported again while it was read")
            .with_remedy("run the command again"))
    }
}

#[cfg(test)]
mod tests {
    use predilect_types::{Pair, Response, Verdict};

    use super::*;

    fn written(study: &Study, import: &str) {
        let mut pairs = study.write_pairs().unwrap();
        pairs.of_import(import);
        pairs.push(&Pair { id: import.to_owned(), ..pair() }).unwrap();
        pairs.finish().unwrap();
        let mut verdicts = study.write_verdicts().unwrap();
        verdicts.of_import(import);
        verdicts.push(&Verdict::new(import, "judge", 1.0)).unwrap();
        verdicts.finish().unwrap();
    }

    fn pair() -> Pair {
        let response = |text: &str| Response::new(text, None);
        Pair { response_a: response("a"), response_b: response("b"), ..Pair::default() }
    }

    fn ids(study: &Study) -> Result<Vec<String>, DataError> {
        let mut all = Vec::new();
        for batch in study.verdicts()? {
            all.extend(batch?.into_iter().map(|verdict| verdict.pair));
        }
        Ok(all)
    }

    #[test]
    fn verdicts_of_another_import_are_not_mixed_in() {
        let folder = tempfile::tempdir().unwrap();
        written(&Study::create(folder.path()).unwrap(), "old");
        let reader = Study::open(folder.path()).unwrap();
        let mut pairs = reader.pairs().unwrap();
        assert_eq!(reader.import_name().as_deref(), Some("old"));
        // Another process imports while the pairs are read.
        written(&Study::open(folder.path()).unwrap(), "new");
        assert_eq!(pairs.next().unwrap().unwrap()[0].id, "old");
        let error = ids(&reader).unwrap_err();
        assert!(error.to_string().contains("imported again while it was read"), "{error}");
        assert_eq!(reader.import_name().as_deref(), Some("old"));
        reader.read_anew();
        assert_eq!(ids(&reader).unwrap(), ["new"]);
        assert_eq!(reader.import_name().as_deref(), Some("new"));
    }

    #[test]
    fn an_import_that_was_cut_short_is_not_one_that_is_under_way() {
        let folder = tempfile::tempdir().unwrap();
        let study = Study::create(folder.path()).unwrap();
        written(&study, "old");
        let mut pairs = study.write_pairs().unwrap();
        pairs.of_import("new");
        pairs.push(&Pair { id: "new".to_owned(), ..pair() }).unwrap();
        pairs.finish().unwrap();
        let said = |study: &Study| ids(study).unwrap_err().to_string();
        assert!(said(&Study::open(folder.path()).unwrap()).contains("cut short"));
        let held = study.lock("import").unwrap();
        assert!(said(&Study::open(folder.path()).unwrap()).contains("while it was read"));
        drop(held);
    }
}
