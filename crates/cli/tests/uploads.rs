//! Files that are sent to `predilect serve`: said before they are kept, corrected by who sent them, bounded.
#![cfg(feature = "serve")]

mod page;

use std::fmt::Write;
use std::process::Command;

use page::{CHANGES, Server, encoded};
use serde_json::Value;

/// Pairs whose verdict is a number that the file does not explain.
fn doubtful() -> String {
    (0..40).fold(String::new(), |mut all, i| {
        let (a, b) = ("yes ".repeat(i % 7 + 1), "no ".repeat(i % 5 + 1));
        let line = serde_json::json!({"question": format!("Q{i}?"), "response_a": a, "response_b": b, "label": i % 2});
        let _ = writeln!(all, "{line}");
        all
    })
}

fn send(server: &Server, query: &str, body: &[u8]) -> (u16, Value) {
    let (status, _, answer) =
        server.send_bytes("POST", &format!("/api/v1/studies?{query}"), &[CHANGES], body);
    (status, serde_json::from_slice(&answer).expect("JSON"))
}

#[test]
fn a_file_is_said_before_it_is_kept_and_corrected_by_who_sent_it() {
    let server = Server::start(&[]);
    let before = server.json("/api/v1/studies");
    let (status, sent) = send(&server, "name=my%20votes.jsonl", doubtful().as_bytes());
    assert_eq!(
        (status, sent["upload"].as_u64(), sent["name"].as_str()),
        (201, Some(1), Some("my votes.jsonl"))
    );
    assert!(sent["problem"]["detail"].as_str().is_some_and(|words| words.contains("label")), "{sent}");
    let proposals = sent["proposals"].as_array().expect("proposals");
    assert!(proposals.len() >= 2 && proposals[0]["complete"] == true, "{sent}");
    assert_eq!(sent["columns"].as_array().map(Vec::len), Some(4));
    assert_eq!(server.json("/api/v1/studies"), before, "nothing is kept yet");
    // It asks which reading is right, and takes neither by itself.
    let (status, page) = server.get("/uploads/1");
    assert_eq!(status, 200);
    assert!(
        page.contains("Which is right?") && page.contains("map=winner%3Dlabel%3A0%3DA%2C1%3DB"),
        "{page}"
    );
    assert!(page.contains("label: 0 means A, 1 means B"), "{page}");
    assert!(!page.contains("id=\"open-upload\""), "{page}");
    let refused = server.send("POST", "/api/v1/uploads/1", &[CHANGES]);
    assert_eq!(refused.0, 400, "{}", refused.2);
    // The other way round, by a form as a browser without a script sends it.
    let form = "map=prompt%3Dquestion&map=&map=winner%3Dlabel&means_of=label&means=0%3DB&means=1%3DA&judge_name=Ada&judges=";
    let (_, page) = server.get(&format!("/uploads/1?{form}"));
    assert!(page.contains("id=\"open-upload\"") && page.contains("40 pairs"), "{page}");
    assert!(
        page.contains("predilect import &#39;my votes.jsonl&#39;")
            || page.contains("predilect import 'my votes.jsonl'"),
        "{page}"
    );
    let (status, _, opened) = server.send("POST", &format!("/api/v1/uploads/1?{form}"), &[CHANGES]);
    let opened: Value = serde_json::from_str(&opened).expect("JSON");
    assert_eq!((status, opened["study"].as_str()), (201, Some("my-votes")), "{opened}");
    // The file goes when a study was made of it, and its address leads there.
    assert_eq!(server.send("GET", "/uploads/1", &[]).0, 303);
    assert_eq!(server.get("/api/v1/uploads/1").0, 404);
    // The study says the same as the command line does of the file.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("my votes.jsonl");
    std::fs::write(&file, doubtful()).expect("written");
    let told = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["dissect", "--engine", "ep", "--folds", "0", "--json", "--quiet"])
        .arg(&file)
        .args(["--map", "winner=label:0=B,1=A", "--map", "prompt=question", "--judge-name", "Ada"])
        .output()
        .expect("it runs");
    let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let live = server.json("/api/v1/s/my-votes/dissect");
    let mean = |found: &Value| found["fits"][0]["weights"][0]["mean"].as_f64().expect("a mean");
    assert_eq!(live["fits"][0]["judge"], "Ada");
    assert!((mean(&live) - mean(&told)).abs() < 1e-11, "{live}");
    let (_, page) = server.get("/s/my-votes");
    for words in ["--map", "winner=label:0=B,1=A", "--judge-name Ada"] {
        assert!(page.contains(words), "the command line lacks {words}: {page}");
    }
    // Its votes are kept, for it is a study.
    assert_eq!(server.json("/api/v1/s/my-votes/label?name=me")["kept"], true);
}

#[test]
fn records_that_cannot_be_used_are_said_and_left_out_on_demand() {
    let server = Server::start(&[]);
    let mut file = String::from("prompt,response_a,response_b,winner\n");
    for i in 0..30 {
        let _ = writeln!(
            file,
            "Q{i},yes {i},no,{}",
            if i == 20 {
                "perhaps"
            } else if i % 3 == 0 {
                "A"
            } else {
                "B"
            }
        );
    }
    let (status, sent) = send(&server, "name=votes.csv", file.as_bytes());
    assert_eq!((status, &sent["problem"]), (201, &Value::Null), "{sent}");
    assert_eq!((sent["whole"].as_bool(), sent["read"]["rows"].as_u64()), (Some(true), Some(30)));
    assert_eq!(sent["read"]["dropped"]["winner is neither response"], 1, "{sent}");
    assert_eq!(sent["pairs"].as_array().map(Vec::len), Some(3));
    let (_, page) = server.get("/uploads/1");
    assert!(page.contains("1 record cannot be used") && page.contains("on_bad_row=skip"), "{page}");
    let (status, _, stopped) = server.send("POST", "/api/v1/uploads/1", &[CHANGES]);
    assert!(status == 400 && stopped.contains("votes.csv:22"), "{stopped}");
    assert_eq!(server.send("POST", "/api/v1/uploads/1?on_bad_row=skip", &[CHANGES]).0, 201);
    let (_, page) = server.get("/s/votes/data");
    assert!(page.contains("winner is neither response"), "{page}");
    // A second file of that name is another study with another title.
    send(&server, "name=votes.csv", file.as_bytes());
    let (_, _, again) = server.send("POST", "/api/v1/uploads/2?on_bad_row=skip", &[CHANGES]);
    assert!(again.contains("\"votes-2\"") && again.contains("\"votes 2\""), "{again}");
}

#[test]
fn a_file_that_harms_is_refused_with_what_helps() {
    let server = Server::start(&["--max-upload", "1M"]);
    let mut bomb = zip(&[("a.jsonl", &vec![b' '; 64 << 20])]);
    for (name, body) in [
        ("empty.jsonl", Vec::new()),
        ("large.jsonl", vec![b'x'; (1 << 20) + 1]),
        ("bomb.zip", std::mem::take(&mut bomb)),
    ] {
        let (status, problem) = send(&server, &format!("name={name}"), &body);
        assert!((400..500).contains(&status), "{name}: {status} {problem}");
        assert!(problem["remedy"].as_str().is_some_and(|words| !words.is_empty()), "{name}: {problem}");
    }
    assert_eq!(server.json("/api/v1/studies")["studies"].as_array().map(Vec::len), Some(2));
    // What can be received and not be read is said on the page of the file, with the columns where there are any.
    for (nth, (name, body)) in [
        ("binary.bin", (0..=255_u8).cycle().take(5000).collect::<Vec<u8>>()),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        ("line.jsonl", [b"{\"prompt\":\"".as_slice(), &vec![b'x'; 900_000], b"\"}"].concat()),
        ("<script>alert(1)</script>.csv", b"a,b\n1,<img src=x onerror=alert(1)>\n".to_vec()),
        ("../../etc/passwd", b"root:x:0:0".to_vec()),
        ("cut.parquet", b"PAR1\0\0\0\0PAR1".to_vec()),
        ("questions.jsonl", b"{\"question_id\": 1, \"category\": \"c\", \"turns\": [\"Q\"]}\n".to_vec()),
    ]
    .into_iter()
    .enumerate()
    {
        let (status, sent) = send(&server, &format!("name={}", encoded(name)), &body);
        if status != 201 {
            assert!(sent["remedy"].is_string(), "{name}: {sent}");
            continue;
        }
        assert!(
            sent["problem"]["detail"].is_string() && sent["problem"]["remedy"].is_string(),
            "{name}: {sent}"
        );
        assert!(sent["name"].as_str().is_some_and(|name| !name.contains('/')), "{sent}");
        // Where it lies here is nobody's business.
        assert!(
            !sent.to_string().contains("predilect-") && !sent["problem"].to_string().contains("/tmp/"),
            "{sent}"
        );
        let (status, page) = server.get(&format!("/uploads/{}", sent["upload"]));
        assert!(status == 200 && page.contains("role=\"alert\""), "{nth}. {name}: {page}");
        for bad in ["<script>alert", "<img", "root:x:0:0\n"] {
            assert!(!page.contains(bad), "{name} holds {bad}");
        }
    }
}

/// An archive as `zip` makes it.
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    use flate2::write::DeflateEncoder;
    use std::io::Write as _;
    let (mut out, mut contents) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let mut packed = DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(bytes).expect("packed");
        let packed = packed.finish().expect("packed");
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let at = out.len() as u32;
        let mut sizes = Vec::new();
        for number in [crc.sum(), packed.len() as u32, bytes.len() as u32] {
            sizes.extend_from_slice(&number.to_le_bytes());
        }
        sizes.extend_from_slice(&(name.len() as u16).to_le_bytes());
        out.extend_from_slice(b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0");
        out.extend_from_slice(&sizes);
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&packed);
        contents.extend_from_slice(b"PK\x01\x02\x14\0\x14\0\0\0\x08\0\0\0\0\0");
        contents.extend_from_slice(&sizes);
        contents.extend_from_slice(&[0; 12]);
        contents.extend_from_slice(&at.to_le_bytes());
        contents.extend_from_slice(name.as_bytes());
    }
    let (start, size) = (out.len() as u32, contents.len() as u32);
    out.extend_from_slice(&contents);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&(members.len() as u16).to_le_bytes().repeat(2));
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

#[test]
fn an_archive_within_the_bounds_is_read() {
    let server = Server::start(&[]);
    let mut lines = String::new();
    for i in 0..20 {
        let line = serde_json::json!({"prompt": format!("Q{i}"), "response_a": "a", "response_b": "b b", "winner": if i % 2 == 0 { "A" } else { "B" }});
        let _ = writeln!(lines, "{line}");
    }
    let (status, sent) = send(&server, "name=votes.zip", &zip(&[("votes.jsonl", lines.as_bytes())]));
    assert_eq!(
        (status, sent["read"]["pairs"].as_u64(), &sent["problem"]),
        (201, Some(20), &Value::Null),
        "{sent}"
    );
    assert_eq!(sent["columns"].as_array().map(Vec::len), Some(4), "{sent}");
}

#[test]
fn nobody_sends_anything_who_may_not() {
    let server = Server::start(&["--read-only"]);
    let (status, problem) = send(&server, "name=a.jsonl", doubtful().as_bytes());
    assert!(status == 403 && problem["remedy"].is_string(), "{problem}");
    assert!(server.get("/").1.contains("--read-only"));
    let server = Server::start(&[]);
    let path = "/api/v1/studies?name=a.jsonl";
    assert_eq!(server.send_body("POST", path, &[], &doubtful()).0, 403, "without the header");
    assert_eq!(
        server.send_body("POST", path, &[CHANGES, ("Origin", "http://evil.example")], &doubtful()).0,
        403
    );
    let server = Server::start(&["--token", "a-token-of-some-length"]);
    assert_eq!(server.send_body("POST", path, &[CHANGES], &doubtful()).0, 401);
}

#[test]
fn several_files_at_once_stay_apart_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start_in(&[], &[("TMPDIR", folder.path())]);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let server = &server;
            scope.spawn(move || {
                let (status, sent) = send(
                    server,
                    &format!("name=file{n}.jsonl&map={}", encoded("winner=label:0=A,1=B")),
                    doubtful().as_bytes(),
                );
                assert_eq!(
                    (status, sent["name"].as_str()),
                    (201, Some(format!("file{n}.jsonl").as_str())),
                    "{sent}"
                );
                let open =
                    format!("/api/v1/uploads/{}?map={}", sent["upload"], encoded("winner=label:0=A,1=B"));
                let (status, _, opened) = server.send("POST", &open, &[CHANGES]);
                assert!(status == 201 && opened.contains(&format!("\"file{n}\"")), "{opened}");
            });
        }
    });
    assert_eq!(server.json("/api/v1/studies")["studies"].as_array().map(Vec::len), Some(10));
    send(&server, "name=left.jsonl", doubtful().as_bytes());
    let there = || std::fs::read_dir(folder.path()).expect("a folder").count();
    assert!(there() > 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let own = std::fs::read_dir(folder.path()).expect("a folder").flatten().next().expect("a folder");
        assert_eq!(own.metadata().expect("about it").permissions().mode() & 0o777, 0o700);
        server.end();
        assert_eq!(there(), 0, "files are left");
    }
}

#[test]
fn studies_of_sent_files_stay_where_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("kept");
    let flags = ["--keep-uploads", kept.to_str().expect("UTF-8")];
    let server = Server::start(&flags);
    let map = encoded("winner=label:0=A,1=B");
    send(&server, &format!("name=votes.jsonl&map={map}"), doubtful().as_bytes());
    assert_eq!(server.send("POST", &format!("/api/v1/uploads/1?map={map}"), &[CHANGES]).0, 201);
    drop(server);
    assert!(kept.join("votes").join("study.toml").is_file());
    let server = Server::start(&flags);
    assert_eq!(server.json("/api/v1/s/votes/dissect")["slice"]["pairs"], 40);
}
