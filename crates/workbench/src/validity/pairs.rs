//! Which ordered pairs are rated: those that come with Predilect, or the user's own.

use std::io::ErrorKind;
use std::path::Path;

use predilect_types::{core_properties, parts_of, property};
use predilect_validity::{BY_RULE, Ordered, WRITTEN, shipped, spread};

use super::request::ValidityRequest;
use crate::error::{Error, Remedy, Result};

/// Pairs of each property that a model is asked for unless the user says otherwise: fourteen of each size.
const ASKED: usize = 42;

/// The pairs that the user asks about.
pub(super) fn pairs(request: &ValidityRequest) -> Result<Vec<Ordered>> {
    let one = match request.properties.as_slice() {
        [one] => Some(one.as_str()),
        _ => None,
    };
    if let Some(unknown) = request.properties.iter().find(|id| property(id).is_none()) {
        return Err(unknown_property(unknown));
    }
    let mut all = Vec::new();
    for file in &request.files {
        all.extend(read(file, one)?);
    }
    if request.files.is_empty() {
        all = shipped();
    }
    if let Some(unknown) = all.iter().find(|pair| property(&pair.property).is_none()) {
        return Err(unknown_property(&unknown.property));
    }
    if !request.properties.is_empty() {
        // A part is put to the pairs of its property.
        let wanted = |pair: &Ordered| {
            let own = request.properties.contains(&pair.property).then(|| pair.clone());
            let parts =
                parts_of(&pair.property).filter(|part| request.properties.iter().any(|id| id == part.id));
            let parts = parts.map(|part| Ordered { property: part.id.to_owned(), ..pair.clone() });
            own.into_iter().chain(parts).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(wanted).collect();
    }
    all.retain(|pair| pair.held_back || !request.held_back);
    if let Some(file) = request.files.first().filter(|_| all.is_empty() && request.properties.is_empty()) {
        return Err(Error::new(format!("{} contains no pairs", file.display())).remedy(Remedy::WritePairs));
    }
    if all.is_empty() {
        return Err(Error::new("no ordered pairs were found for that property").remedy(Remedy::WritePairs));
    }
    Ok(all)
}

fn unknown_property(id: &str) -> Error {
    let known: Vec<&str> = core_properties().map(|property| property.id).collect();
    Error::new(format!("`{id}` is not a property")).instead_of(id, &known)
}

fn read(file: &Path, one: Option<&str>) -> Result<Vec<Ordered>> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|e| {
        let error = Error::new(format!("cannot read {name}: {e}"));
        // Only a file that is there can be one of another kind.
        if e.kind() == ErrorKind::InvalidData {
            error.remedy(Remedy::WritePairs)
        } else {
            error.words("check the path")
        }
    })?;
    let set = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    if set == WRITTEN || set == BY_RULE {
        return Err(Error::new(format!("{name} has the name of a set that comes with Predilect"))
            .words("rename the file: its figures go by its name"));
    }
    predilect_validity::read(&text, &set, one).map_err(|e| {
        let remedy = if e.no_property { Remedy::NameProperty } else { Remedy::WritePairs };
        Error::new(format!("{name}, {e}")).remedy(remedy)
    })
}

/// The pairs that one annotator rates.
pub(super) fn limited(pairs: &[Ordered], request: &ValidityRequest, model: bool) -> Vec<Ordered> {
    // A file is the user's own choice.
    let usual = (model && request.files.is_empty()).then_some(ASKED);
    let mut pairs = pairs.to_vec();
    if model {
        // Pairs made by rule are many and long.
        pairs.retain(|pair| pair.set != BY_RULE);
    }
    match request.pairs.or(usual) {
        Some(most) => spread(pairs, most),
        None => pairs,
    }
}
