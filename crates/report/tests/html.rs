//! Is the HTML file sound: well-formed, closed to the network, safe with hostile text, whole with nothing to show?

#![allow(clippy::too_many_lines, reason = "one case after the other")]

mod fixture;
mod markup;
mod sha256;

use markup::{Tag, tags};
use predilect_report::{format, html, html_brief};
use predilect_results::{Caution, Dissection};

const SECTIONS: [&str; 15] = [
    "findings",
    "intensities",
    "groups",
    "judge-table",
    "judges",
    "biases",
    "people",
    "ranking",
    "quality",
    "terms",
    "data",
    "reading",
    "examples",
    "properties",
    "method",
];

fn all() -> [(&'static str, Dissection); 5] {
    [
        ("plain", fixture::plain()),
        ("one", fixture::study(&["human"], &[])),
        ("large", fixture::large()),
        ("hostile", fixture::hostile()),
        ("empty", fixture::empty()),
    ]
}

fn attributes(tags: &[Tag]) -> impl Iterator<Item = (&str, &str, &str)> {
    tags.iter().flat_map(|tag| {
        tag.attributes.iter().map(|(name, value)| (tag.name.as_str(), name.as_str(), value.as_str()))
    })
}

#[test]
fn tags_are_balanced_and_every_section_is_there() {
    for (name, d) in all() {
        let page = html(&d);
        let tags = tags(&page).unwrap_or_else(|error| panic!("{name}: {error}"));
        let sections: Vec<&str> = attributes(&tags)
            .filter(|(tag, key, _)| (*tag, *key) == ("section", "id"))
            .map(|(_, _, id)| id)
            .collect();
        assert_eq!(sections, SECTIONS, "{name}");
        let mut ids: Vec<&str> =
            attributes(&tags).filter(|(_, key, _)| *key == "id").map(|(_, _, id)| id).collect();
        let before = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), before, "{name}: an id is used twice");
        for (_, _, target) in attributes(&tags).filter(|(_, key, _)| *key == "href") {
            assert!(ids.contains(&&target[1..]), "{name}: nothing is called {target}");
        }
    }
}

#[test]
fn nothing_is_loaded_and_no_text_from_the_data_becomes_markup() {
    const KNOWN: [&str; 63] = [
        "aria-hidden",
        "aria-label",
        "aria-pressed",
        "charset",
        "checked",
        "class",
        "colspan",
        "content",
        "cx",
        "cy",
        "d",
        "data-catalogue",
        "data-find",
        "data-order",
        "data-rows",
        "data-v",
        "data-j",
        "data-judge",
        "data-signed",
        "data-sort",
        "data-step",
        "data-strong",
        "dir",
        "height",
        "href",
        "http-equiv",
        "id",
        "lang",
        "name",
        "open",
        "overflow",
        "patterntransform",
        "patternunits",
        "placeholder",
        "r",
        "role",
        "rowspan",
        "rx",
        "scope",
        "style",
        "tabindex",
        "text-anchor",
        "title",
        "transform",
        "type",
        "viewbox",
        "width",
        "x",
        "x1",
        "x2",
        "y",
        "y1",
        "y2",
        "alt",
        "cite",
        "datetime",
        "for",
        "label",
        "max",
        "min",
        "start",
        "step",
        "value",
    ];
    let pages = all().into_iter().flat_map(|(name, d)| [(name, html(&d)), (name, html_brief(&d))]);
    for (name, page) in pages {
        let tags = tags(&page).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (tag, key, value) in attributes(&tags) {
            assert!(KNOWN.contains(&key.to_ascii_lowercase().as_str()), "{name}: <{tag} {key}={value}>");
            assert!(key != "href" || value.starts_with('#'), "{name}: <{tag} {key}={value}>");
            assert!(
                key != "style" || value.starts_with("--v:") && value.len() < 10,
                "{name}: <{tag} {key}={value}>"
            );
        }
        for tag in ["img", "iframe", "object", "embed", "link", "base", "form", "video", "audio"] {
            assert!(!tags.iter().any(|t| t.name == tag), "{name}: <{tag}>");
        }
        assert_eq!(page.matches("<script").count(), 1, "{name}");
        assert_eq!(page.matches("<style").count(), 1, "{name}");
        for load in ["http://", "https://", "url(http", "@import", "src="] {
            let hits = page.matches(load).count();
            // The hostile text contains `src=` as text.
            assert!(hits == 0 || (name == "hostile" && load == "src="), "{name}: {load}");
        }
    }
}

#[test]
fn hostile_text_shows_as_text() {
    let page = html(&fixture::hostile());
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains("<script>alert"));
    assert!(!page.contains("<img"));
    assert!(page.contains("safe ⟨U+202E⟩gnp.exe⟨U+202C⟩ ␛[31mred␛[0m ␀null"));
    let acts = |c: &char| {
        matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') || (c.is_control() && *c != '\n')
    };
    assert_eq!(page.chars().find(acts), None);
}

#[test]
fn the_policy_allows_the_one_script_of_the_report() {
    let page = html(&fixture::plain());
    let tags = tags(&page).expect("well-formed");
    let policy = attributes(&tags)
        .find(|(_, key, value)| *key == "content" && value.contains("default-src"))
        .expect("a policy")
        .2;
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let script =
        page.split("<script>").nth(1).and_then(|rest| rest.split("</script>").next()).expect("a script");
    let hash = sha256::base64(&sha256::digest(script.as_bytes()));
    assert!(
        policy.contains(&format!("script-src 'sha256-{hash}'")),
        "write {hash} into src/html/script.sha256"
    );
}

#[test]
fn both_views_show_the_same_numbers() {
    let d = fixture::plain();
    let page = html(&d);
    let mut terminal = Vec::new();
    predilect_report::terminal(&d, &mut terminal, 120).expect("writing to memory");
    let terminal = String::from_utf8(terminal).expect("UTF-8");
    for fit in d.fits.iter().filter(|f| f.group == "all") {
        for w in &fit.weights {
            for number in [format::intensity(w.intensity()), format::p_sign(w.p_sign())] {
                assert!(terminal.contains(&number), "{} {number}", w.property);
                assert!(page.contains(&number.replace('>', "&gt;")), "{} {number}", w.property);
            }
            // A column of a terminal has no room for brackets.
            let ends = [format::interval(w.interval()), format::bounds(w.interval(), 1)];
            assert!(terminal.contains(&ends[0]) && page.contains(&ends[1]), "{} {ends:?}", w.property);
        }
        let q = fit.quality.as_ref().expect("quality");
        for number in [format::share(q.accuracy), format::small(q.log_loss)] {
            assert!(terminal.contains(&number) && page.contains(&number), "{number}");
        }
    }
}

#[test]
fn a_brief_page_folds_away_all_but_the_findings_a_plot_a_table_and_three_cautions() {
    let mut d = fixture::plain();
    d.cautions =
        (0..5).map(|at| Caution::OneText { model: format!("model {at}"), prompts: 20, same: 20 }).collect();
    let page = html_brief(&d);
    let (shown, folded) =
        page.split_once("<summary>Everything else</summary>").expect("the rest is folded away");
    assert!(shown.contains(&d.findings[0].sentence.replace(" %", "\u{a0}%")), "{shown}");
    for at in 0..5 {
        let part = if at < 3 { shown } else { folded };
        assert!(part.contains(&format!("model {at}")), "caution {at}");
    }
    assert_eq!(
        (shown.matches("<table").count(), shown.matches("<figure").count()),
        (2, 1),
        "a plot and a table"
    );
    assert!(shown.contains("class=\"plain judges\"") && folded.contains("id=\"judge-table\""));
    for id in SECTIONS {
        assert!(folded.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[test]
fn many_judges_are_in_one_table_the_first_twenty_of_them_shown() {
    let page = html(&fixture::large());
    let table = page
        .split("class=\"plain judges\"")
        .nth(1)
        .and_then(|rest| rest.split("</table>").next())
        .expect("a table");
    let rows = table.split("<tbody>").nth(1).expect("rows").matches("<tr").count();
    assert_eq!(table.matches("<tr class=\"rest\">").count(), rows.saturating_sub(20));
    assert!(rows > 20 && page.contains("data-find"), "{rows}");
}

#[test]
fn what_must_be_said_is_said() {
    let plain = html(&fixture::plain());
    assert!(!plain.contains("SIMULATED DATA"));
    assert!(plain.contains("38 verdicts; a fit needs at least 50"));
    assert!(plain.contains("With the terms, Length moves from 66.2 % to 57.7 %"));
    assert!(plain.contains("~ marks a proxy"));
    assert!(plain.contains("arXiv 2402.11296"));
    let hostile = html(&fixture::hostile());
    assert!(hostile.contains("SIMULATED DATA"));
    assert!(hostile.contains("Not converged."));
    assert!(hostile.contains("predicts NO BETTER than length alone"));
    assert!(hostile.contains("No fold could be held out"));
}

#[test]
fn many_judges_and_groups_stay_within_a_few_megabytes() {
    let page = html(&fixture::large());
    assert!(page.len() < 6 << 20, "{} bytes", page.len());
}
