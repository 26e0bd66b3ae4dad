//! What programs may ask, as a document of the kind `OpenAPI`; the shapes are those of `docs/json-schema`.

use predilect_workbench::tables::TableFormat;
use serde_json::{Value, json};

use crate::tables::TABLES;

/// What an address answers: the method, the address, what it is for, the shape of the answer, and whether it takes the page's query.
type Route = (&'static str, &'static str, &'static str, Option<&'static str>, bool);

/// Every address of the API.
const ROUTES: [Route; 26] = [
    ("get", "/api/v1/studies", "The studies that are served", None, false),
    (
        "post",
        "/api/v1/studies",
        "Send a file: the answer says what is in it; no study is made of it yet",
        None,
        false,
    ),
    ("get", "/api/v1/uploads/{number}", "What is in a file that was sent, read in one way", None, false),
    (
        "post",
        "/api/v1/uploads/{number}",
        "Make a study of a file that was sent, read in that way",
        None,
        false,
    ),
    ("delete", "/api/v1/uploads/{number}", "Discard a file that was sent", None, false),
    ("delete", "/api/v1/recent", "Remove a study from the list of those opened before", None, false),
    (
        "get",
        "/api/v1/s/{id}",
        "What was read, what the data look like, which properties and fields there are",
        Some("live-study"),
        false,
    ),
    (
        "get",
        "/api/v1/s/{id}/dissect",
        "The posteriors of a slice, also compared with another part",
        Some("live-dissect"),
        true,
    ),
    ("get", "/api/v1/s/{id}/export", "A table of a slice as a file", None, true),
    ("get", "/api/v1/published/export", "A table of the published judges as a file", None, false),
    (
        "get",
        "/api/v1/s/{id}/histogram",
        "How the difference in words is distributed over a slice",
        Some("live-histogram"),
        true,
    ),
    (
        "get",
        "/api/v1/s/{id}/lengths",
        "How the words of both responses together are distributed over a slice",
        Some("live-histogram"),
        true,
    ),
    (
        "get",
        "/api/v1/s/{id}/pairs",
        "Some pairs of a slice, with verdicts and what fits make of them",
        Some("live-pairs"),
        true,
    ),
    (
        "get",
        "/api/v1/s/{id}/pairs/{pair}",
        "A pair with its texts, and why a verdict came out as it did",
        Some("live-pair"),
        true,
    ),
    (
        "get",
        "/api/v1/s/{id}/explain",
        "Why a verdict on the pair that is named came out as it did, as the command line gives it",
        Some("explain"),
        true,
    ),
    ("get", "/api/v1/s/{id}/judges", "How the judges of a slice compare", Some("compare"), true),
    (
        "get",
        "/api/v1/s/{id}/models",
        "The models of a slice, as they are and with length and formatting held equal",
        Some("live-models"),
        true,
    ),
    (
        "get",
        "/api/v1/s/{id}/label",
        "The pair that somebody is to judge next, without the names of models",
        Some("live-label"),
        true,
    ),
    (
        "post",
        "/api/v1/s/{id}/verdicts",
        "A vote: name, pair, and either p_a or choice (first, second, tie, bad) with shown (ab, ba)",
        None,
        false,
    ),
    ("delete", "/api/v1/s/{id}/verdicts", "Take somebody's last vote back", None, true),
    ("get", "/api/v1/s/{id}/runs", "Runs started since the server was started", None, false),
    ("post", "/api/v1/s/{id}/runs", "Start a run, or say what it would take (dry_run)", None, false),
    ("get", "/api/v1/s/{id}/runs/{run}", "How far a run is, or how it ended", Some("live-run"), false),
    (
        "delete",
        "/api/v1/s/{id}/runs/{run}",
        "Stop a run; the answers so far are kept",
        Some("live-run"),
        false,
    ),
    (
        "get",
        "/api/v1/s/{id}/runs/{run}/posterior",
        "What a model rewards, by the verdicts that a running run has so far",
        None,
        true,
    ),
    (
        "get",
        "/api/v1/s/{id}/runs/{run}/events",
        "Follow a run: progress, then end (server-sent events)",
        None,
        false,
    ),
];

/// The names of a query, and what they take.
const QUERY: [(&str, &str); 13] = [
    ("where", "Which pairs: a filter, as --where takes it"),
    ("vs", "What to compare them with: rest, or a filter"),
    ("judge", "Whose verdicts (repeatable)"),
    ("group", "The field whose values are fitted separately"),
    ("try", "A property to try along with the others: /REGEX/i, \"TEXT\" or count(a, \"TEXT\") (repeatable)"),
    ("sort", "The order of properties on the page: signed, strength, catalogue"),
    ("pairs", "The order of pairs: study, surprise"),
    ("control", "What a leaderboard holds equal: properties, style or none (repeatable)"),
    ("terms", "Nuisance terms: auto, none, or any of side, order, models"),
    ("name", "Who labels; votes are of the judge human:NAME"),
    ("from", "How many pairs to skip"),
    ("prop", "The property that is looked at"),
    (
        "sample",
        "From about how many pairs posteriors, a leaderboard or a comparison may be (100 at least) where there are several times as many: sampled says from how many",
    ),
];

/// Which weights of published judges are wanted, for the table `rewards`.
const PUBLISHED: [(&str, &str); 2] = [
    ("judge", "Whose weights (repeatable, up to 6)"),
    ("scenario", "In which scenario or case; without it, the mean over the scenarios"),
];

/// How a file that was sent is read, and what it is called where it is sent.
const READING: [(&str, &str); 8] = [
    ("map", "What a column is, as --map takes it: winner=label:0=A,1=B (repeatable)"),
    ("format", "The format, as --format takes it"),
    ("judge_name", "The name of the judge, whatever the file says"),
    ("judges", "Whether named people are separate judges: auto, pooled, each"),
    ("on_bad_row", "What happens to records that cannot be used: stop, skip"),
    ("verdicts", "Whether pairs are taken although nobody has judged them: needed, none"),
    ("name", "What the file is called, where one is sent"),
    ("with", "The number of the files that it is read together with, where one is sent"),
];

/// Whether a file is sent to that address.
fn is_file(method: &str, path: &str) -> bool {
    path == "/api/v1/studies" && method == "post"
}

/// The parameters in an address, in the query and in the headers.
fn parameters(method: &str, path: &str, query: bool) -> Vec<Value> {
    let of_path =
        ["id", "pair", "run", "number"].into_iter().filter(|name| path.contains(&format!("{{{name}}}")));
    let mut parameters: Vec<Value> = of_path
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": if ["run", "number"].contains(&name) { "integer" } else { "string" }}}))
        .collect();
    if query {
        // Changes are made in a user's name, whatever is displayed.
        let names = QUERY.iter().filter(|(name, _)| method == "get" || *name == "name");
        parameters.extend(names.map(|(name, words)| {
            json!({"name": name, "in": "query", "description": words, "schema": {"type": "string"}})
        }));
    }
    let file = is_file(method, path);
    if file || (path.contains("/uploads/") && method != "delete") {
        let names = READING.iter().filter(|(name, _)| file || !["name", "with"].contains(name));
        parameters.extend(names.map(|(name, words)| {
            json!({"name": name, "in": "query", "description": words, "schema": {"type": "string"}})
        }));
    }
    if path.ends_with("/export") {
        let names = TABLES.iter().flat_map(|(_, names)| names.iter().copied()).collect::<Vec<_>>();
        parameters.push(
            json!({"name": "what", "in": "query", "description": "Which table", "schema": {"enum": names}}),
        );
        parameters.push(json!({"name": "as", "in": "query", "schema": {"enum": TableFormat::ALL.map(TableFormat::as_str)},
            "description": "How it is written; without this, the header Accept says it, for the other tables too, e.g. application/vnd.apache.arrow.stream"}));
        parameters.push(json!({"name": "pair", "in": "query", "description": "The pair whose explanation is wanted", "schema": {"type": "string"}}));
    }
    if path.ends_with("/explain") {
        parameters.push(json!({"name": "pair", "in": "query", "required": true, "description": "The id of the pair", "schema": {"type": "string"}}));
    }
    if path.contains("/published/") {
        parameters.extend(PUBLISHED.map(|(name, words)| {
            json!({"name": name, "in": "query", "description": words, "schema": {"type": "string"}})
        }));
    }
    if path.ends_with("/recent") {
        parameters.push(json!({"name": "folder", "in": "query", "required": true, "description": "The folder, as the list has it",
            "schema": {"type": "string"}}));
    }
    if method != "get" {
        parameters.push(json!({"name": "Predilect-Request", "in": "header", "required": true, "schema": {"type": "string"},
            "description": "Any value: pages of other sites cannot send it"}));
    }
    parameters
}

/// The document.
pub(crate) fn document() -> Value {
    let mut paths = serde_json::Map::new();
    for (method, path, summary, schema, query) in ROUTES {
        let file = is_file(method, path);
        let parameters = parameters(method, path, query);
        let kind = match path {
            path if path.ends_with("/export") => "application/octet-stream",
            path if path.ends_with("/events") => "text/event-stream",
            _ => "application/json",
        };
        let shape =
            schema.map_or_else(|| json!({}), |name| json!({"$ref": format!("json-schema/{name}.json")}));
        // What is sent or opened is new.
        let fine = if file || (path.contains("/uploads/") && method == "post") { "201" } else { "200" };
        let mut own = json!({
            "summary": summary,
            "parameters": parameters,
            "responses": {
                fine: {"description": "The answer", "content": {kind: {"schema": shape}}},
                "4XX": {"description": "Why there is none (RFC 9457)",
                    "content": {"application/problem+json": {"schema": {"$ref": "json-schema/problem.json"}}}},
            },
        });
        if file {
            own["requestBody"] = json!({"required": true, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}});
        }
        let slot = paths.entry(path).or_insert_with(|| json!({}));
        slot[method] = own;
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Predilect", "version": "1",
            "description": "What judges of responses reward, in any slice of a study. Every answer has a field `schema`: its number rises when a field is removed or changes its meaning."},
        "paths": paths,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use predilect_results::{Standings, Written};

    use super::*;
    use crate::api::{PairJson, StudyJson};
    use crate::problem::Problem;
    use crate::runs::State;

    /// Compares a file of the documentation with what it should be, or writes it.
    fn holds(name: &str, wanted: &Value) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
        let wanted = serde_json::to_string_pretty(wanted).expect("JSON") + "\n";
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, wanted).expect("written");
            return;
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == wanted,
            "{} lags behind: UPDATE_SCHEMAS=1 cargo nextest run -p predilect-web",
            path.display()
        );
    }

    #[test]
    fn the_document_is_that_of_the_code() {
        holds("openapi.json", &document());
        let mut problem = serde_json::to_value(schemars::schema_for!(Problem)).expect("a schema");
        problem["title"] = "predilect problem".into();
        holds("json-schema/problem.json", &problem);
        let shape = |name: &str, schema: schemars::Schema| {
            let mut schema = schema.to_value();
            schema["title"] = format!("predilect {name}").into();
            holds(&format!("json-schema/{name}.json"), &schema);
        };
        shape("live-study", schemars::schema_for!(Written<StudyJson>));
        shape("live-pair", schemars::schema_for!(Written<PairJson>));
        shape("live-models", schemars::schema_for!(Written<Standings>));
        shape("live-run", schemars::schema_for!(State));
    }

    #[test]
    fn every_address_of_the_api_is_described() {
        let server: String = include_str!("server.rs").split_whitespace().collect::<Vec<_>>().join("");
        let mut served: Vec<&str> = server
            .split(".route(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|path| path.starts_with("/api/"))
            .collect();
        served.retain(|path| *path != "/api/v1/openapi.json");
        served.sort_unstable();
        let mut described: Vec<&str> = ROUTES.iter().map(|route| route.1).collect();
        described.sort_unstable();
        described.dedup();
        assert_eq!(served, described);
    }
}
