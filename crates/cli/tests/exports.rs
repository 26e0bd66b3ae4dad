//! What a page of `predilect serve` shows, as files: the same figures in every form.
#![cfg(feature = "serve")]

mod page;

use arrow_array::{Array, Float64Array, RecordBatch, StringArray};
use page::{Server, encoded};
use serde_json::Value;

const WHAT: [&str; 18] = [
    "posteriors",
    "fits",
    "histogram",
    "pairs",
    "similarity",
    "clusters",
    "agreement",
    "contrasts",
    "habits",
    "strengths",
    "biases",
    "stand_ins",
    "judges",
    "corrected_rates",
    "leaderboard",
    "controls",
    "counts",
    "sources",
];

fn bytes(server: &Server, path: &str, headers: &[(&str, &str)]) -> (String, Vec<u8>) {
    let (status, headers, body) = server.send_bytes("GET", path, headers, b"");
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
    (headers["content-type"].clone(), body)
}

fn stream(bytes: Vec<u8>) -> Vec<RecordBatch> {
    let reader =
        arrow_ipc::reader::StreamReader::try_new(std::io::Cursor::new(bytes), None).expect("a stream");
    reader.collect::<Result<_, _>>().expect("batches")
}

#[test]
fn every_table_is_the_same_in_every_form() {
    let server = Server::start(&[]);
    let slice = format!("where={}", encoded("words(a) != words(b)"));
    for what in WHAT {
        let path = |form: &str| format!("/api/v1/s/llmfao/export?{slice}&what={what}&as={form}");
        let (kind, json) = bytes(&server, &path("json"), &[]);
        let json: Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!((kind.as_str(), json["table"].as_str()), ("application/json", Some(what)));
        let rows = json["rows"].as_array().expect("rows");
        let (_, csv) = bytes(&server, &path("csv"), &[]);
        let csv = String::from_utf8(csv).expect("UTF-8");
        // Texts may have line ends, in quotation marks; of names there are none.
        if what != "pairs" {
            assert_eq!(csv.lines().count(), rows.len() + 1, "{what}: {csv}");
        }
        let (kind, arrow) = bytes(&server, &path("arrow"), &[]);
        assert_eq!(kind, "application/vnd.apache.arrow.stream");
        let batches = stream(arrow);
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), rows.len(), "{what}");
        let (_, parquet) = bytes(&server, &path("parquet"), &[]);
        assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"), "{what}");
        // Every number is there to its last digit.
        let names: Vec<String> =
            batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(csv.lines().next().map(str::to_owned), Some(names.join(",")), "{what}");
        for (at, name) in names.iter().enumerate() {
            let column = batches[0].column(at);
            if let Some(floats) = column.as_any().downcast_ref::<Float64Array>() {
                assert_eq!(floats.len(), rows.len(), "{what}.{name}");
                for (row, shown) in rows.iter().enumerate() {
                    let own =
                        (floats.is_valid(row) && floats.value(row).is_finite()).then(|| floats.value(row));
                    assert_eq!(shown[name].as_f64(), own, "{what}.{name} of row {row}");
                }
            }
            if let Some(texts) = column.as_any().downcast_ref::<StringArray>() {
                for row in (0..texts.len()).filter(|row| texts.is_valid(*row)) {
                    assert_eq!(
                        rows[row][name].as_str(),
                        Some(texts.value(row)),
                        "{what}.{name} of row {row}"
                    );
                }
            }
        }
    }
}

#[test]
fn programs_ask_by_a_header() {
    let server = Server::start(&[]);
    let arrow = [("Accept", "application/vnd.apache.arrow.stream")];
    for page in ["dissect", "histogram", "pairs?most=7", "judges", "models"] {
        let (kind, body) = bytes(&server, &format!("/api/v1/s/llmfao/{page}"), &arrow);
        assert_eq!(kind, arrow[0].1, "{page}");
        assert!(!stream(body).is_empty(), "{page}");
        // Whoever takes anything gets JSON.
        assert_eq!(
            bytes(&server, &format!("/api/v1/s/llmfao/{page}"), &[("Accept", "*/*")]).0,
            "application/json"
        );
    }
    let (_, body) = bytes(&server, "/api/v1/published/export?what=similarity&as=arrow", &[]);
    assert_eq!(stream(body)[0].num_rows() % (33 * 33), 0);
}

#[test]
fn what_is_no_table_is_said() {
    let server = Server::start(&[]);
    for (rest, wanted) in [
        ("what=nothing", "posteriors"),
        ("as=xls", "parquet"),
        ("what=versus", "vs=rest"),
        ("what=explanation", "pair=ID"),
    ] {
        let (status, problem) = server.get(&format!("/api/v1/s/llmfao/export?{rest}"));
        assert!(status == 400 && problem.contains(wanted), "{rest}: {problem}");
    }
    let explained = server.json("/api/v1/s/llmfao/export?what=explanation&pair=0");
    assert!(explained["rows"].as_array().is_some_and(|rows| rows.len() > 5), "{explained}");
    let versus = server.json(&format!(
        "/api/v1/s/llmfao/export?what=versus&vs=rest&where={}",
        encoded("words(a) > words(b)")
    ));
    assert!(versus["rows"].as_array().is_some_and(|rows| rows.len() > 5), "{versus}");
}

#[test]
fn every_page_says_how_to_take_it_along() {
    let server = Server::start(&[]);
    let slice = format!("?where={}", encoded("words(a) > words(b)"));
    for (page, words) in [
        ("", "predilect dissect --example llmfao --where"),
        ("/pairs", "what=pairs&amp;as=arrow"),
        ("/pairs/0", "predilect explain --example llmfao --where"),
        ("/judges", "predilect compare --example llmfao --where"),
        ("/models", "what=leaderboard&amp;as=parquet"),
        ("/data", "what=counts&amp;as=csv"),
    ] {
        let (status, text) = server.get(&format!("/s/llmfao{page}{slice}"));
        assert!(status == 200 && text.contains(words), "{page} lacks {words}: {text}");
    }
}
