//! The page around the answers: head, navigation, the bar of the slice.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::html::page::shapes;

/// The styles of the report and of the live page.
pub const STYLE: &str = concat!(include_str!("../style.css"), include_str!("live.css"));

/// Finds and orders rows of tables, on the live page as in the report.
pub const TABLES: &str = include_str!("../tables.js");

/// A link to another page.
#[derive(Debug, Clone)]
pub struct Link {
    /// What it is called.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is where the reader is.
    pub current: bool,
}

/// The page around the answer.
#[derive(Debug)]
pub struct Frame<'a> {
    /// The title of the page.
    pub title: &'a str,
    /// The study and the place of its first page.
    pub study: Option<(&'a str, &'a str)>,
    /// The pages of the study.
    pub pages: &'a [Link],
    /// The bar that shows the current slice, on every page.
    pub bar: Markup,
}

/// The whole document.
pub fn document(frame: &Frame<'_>, main: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="same-origin";
                title { (frame.title) " · Predilect" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/style.css";
                script src="/assets/tables.js" defer {}
                script src="/assets/page.js" type="module" {}
            }
            body.live {
                a.skip href="#answer" { "Skip to the answer" }
                (shapes())
                div.top {
                    a.brand href="/" { "Predilect" }
                    @if let Some((name, href)) = frame.study { a.study href=(href) { bdi { (name) } } }
                    @if !frame.pages.is_empty() {
                        nav aria-label="Pages" {
                            ul { @for link in frame.pages { li { a href=(link.href) aria-current=[link.current.then_some("page")] { (link.name) } } } }
                        }
                    }
                    button #show-keys type="button" { "Keys" }
                }
                (frame.bar)
                p #said .sr role="status" aria-live="polite" {}
                main #answer tabindex="-1" { (main) }
                dialog #keys aria-labelledby="keys-title" {
                    h2 #keys-title { "Keys" }
                    dl {
                        @for (key, what) in KEYS { div { dt { kbd { (key) } } dd { (what) } } }
                    }
                    label { input #letters type="checkbox" checked; "Single-key shortcuts are on" }
                    form method="dialog" { button { "Close" } }
                }
            }
        }
    };
    page.into_string()
}

/// The keys that a page knows.
const KEYS: [(&str, &str); 7] = [
    ("/", "write a filter"),
    ("r", "compare the slice with the rest, and back"),
    ("1 … 7", "go to a page (not while you label)"),
    ("1, 2, 3, 0, u", "while you label: the first is better, the second, a tie, both bad, undo"),
    ("j, k", "next and previous pair"),
    ("Esc", "leave a field, close a box"),
    ("?", "show these keys"),
];

/// The icon of the page.
pub fn icon() -> String {
    let icon = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" {
            rect width="32" height="32" rx="7" fill="#2166ac" {}
            (PreEscaped("<path d='M7 11h18M7 21h18' stroke='#fff' stroke-width='2' opacity='.6'/><circle cx='21' cy='11' r='4' fill='#fff'/><path d='M11 16l5 5-5 5-5-5z' fill='#fff'/>"))
        }
    };
    icon.into_string()
}
