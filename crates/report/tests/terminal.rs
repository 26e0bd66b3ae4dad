//! What does the terminal show, at 80 and 120 columns, and with text that would rather take the terminal over?

mod fixture;

use predilect_results::Dissection;

fn raw(d: &Dissection, width: u16) -> String {
    let mut out = Vec::new();
    predilect_report::terminal(d, &mut out, width).expect("writing to memory");
    String::from_utf8(out).expect("UTF-8")
}

/// Without the styles, as a stream that is not a terminal gets it.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.split_once('m').expect("only styles are written").1;
    }
    out + rest
}

#[test]
fn at_80_columns() {
    insta::assert_snapshot!(plain(&raw(&fixture::plain(), 80)));
}

#[test]
fn at_120_columns() {
    insta::assert_snapshot!(plain(&raw(&fixture::plain(), 120)));
}

#[test]
fn hostile_text_at_80_columns() {
    insta::assert_snapshot!(plain(&raw(&fixture::hostile(), 80)));
}

#[test]
fn nothing_at_80_columns() {
    insta::assert_snapshot!(plain(&raw(&fixture::empty(), 0)));
}

#[test]
fn lines_fit_the_terminal() {
    for d in [fixture::plain(), fixture::hostile(), fixture::large(), fixture::empty()] {
        for width in [40, 60, 80, 120, 200] {
            for line in plain(&raw(&d, width)).lines() {
                let columns = unicode_width::UnicodeWidthStr::width(line);
                assert!(columns <= usize::from(width), "{columns} of {width}: {line}");
            }
        }
    }
}

#[test]
fn no_escape_sequence_comes_from_the_data() {
    let text = plain(&raw(&fixture::hostile(), 100));
    assert_eq!(text.chars().find(|c| c.is_control() && *c != '\n'), None);
    assert!(!text.contains('\u{202e}'));
    assert!(text.contains("⟨U+202E⟩"));
}

#[test]
fn simulated_data_is_called_so_first_and_last() {
    let text = plain(&raw(&fixture::hostile(), 80));
    assert_eq!(text.matches("SIMULATED DATA").count(), 2);
    assert!(!raw(&fixture::plain(), 80).contains("SIMULATED"));
}

#[test]
fn fits_alone_come_without_what_was_read() {
    let d = fixture::plain();
    let mut out = Vec::new();
    predilect_report::terminal_fits(&d.fits, &d.skipped, &mut out, 80).expect("writing to memory");
    let text = plain(&String::from_utf8(out).expect("UTF-8"));
    assert!(!text.contains("Read "), "{text}");
    // Nothing is known about the properties but their columns' names.
    assert!(text.contains("no_severe_errors      ▲   63.7 %"), "{text}");
    assert!(text.contains("Not fitted"));
}

#[test]
fn a_group_that_is_the_whole_has_no_table() {
    let mut d = fixture::study(&["human", "gpt-4-turbo"], &["Code"]);
    assert!(plain(&raw(&d, 80)).contains("By group"));
    let wholes: Vec<(String, u64)> =
        d.fits.iter().filter(|fit| fit.group == "all").map(|fit| (fit.judge.clone(), fit.rows)).collect();
    for fit in d.fits.iter_mut().filter(|fit| fit.group != "all") {
        fit.rows = wholes.iter().find(|(judge, _)| *judge == fit.judge).expect("a whole").1;
    }
    assert!(!plain(&raw(&d, 80)).contains("By group"));
    let page = predilect_report::html(&d);
    assert!(page.contains("All verdicts are in one group") && !page.contains("Group by group"));
}

#[test]
fn a_long_name_does_not_run_into_the_next_column() {
    let explanation = predilect_results::Explanation {
        judge: "human".to_owned(),
        group: "all".to_owned(),
        p_a: None,
        fitted: false,
        base: 0.5,
        value: 0.503,
        low: 0.465,
        high: 0.54,
        contributions: vec![predilect_results::Contribution {
            property: "model:Chronos Hermes (13B)".to_owned(),
            comparison: -1.0,
            shap: 0.003,
            low: 0.001,
            high: 0.005,
        }],
    };
    let mut out = Vec::new();
    predilect_report::terminal_explanation(&predilect_types::Pair::default(), &explanation, &mut out, 100)
        .expect("writing to memory");
    let text = plain(&String::from_utf8(out).expect("UTF-8"));
    assert!(text.contains("strength of Chronos Herm… B "), "{text}");
    assert!(text.contains("gives A a 50.3 % chance of winning [46.5 %, 54.0 %]."), "{text}");
}
