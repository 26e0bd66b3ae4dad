//! Tables to take along: what a page shows, as CSV, JSON, Parquet or an Arrow stream.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use predilect_workbench::Error;
use predilect_workbench::browse::PageRequest;
use predilect_workbench::browse::Words;
use predilect_workbench::tables::{
    Table, TableFormat, explanation_table, fit_tables, histogram_table, pair_table, published_table,
    read_tables, versus_table,
};

use super::answer::{PAGE, asked};
use crate::app::App;
use crate::asking::{Waiting, ask};
use crate::opened::Opened;
use crate::problem::Problem;
use crate::published::{PublishedQuery, compared_published};
use crate::query::Query;
use crate::reasons::{Reasons, reasons};
use crate::tables::TABLES;

/// Names that an address of a table has in addition to those of a page.
const OWN: [&str; 4] = ["what", "as", "pair", "most"];

/// Which table is asked for, and how it is written.
#[derive(Debug, Clone)]
struct Wanted {
    what: String,
    format: TableFormat,
    pair: Option<String>,
}

/// How an answer is wanted, by the header for that.
fn accepted(headers: &HeaderMap) -> Option<TableFormat> {
    let kinds = headers.get(header::ACCEPT)?.to_str().ok()?;
    let has = |format: &TableFormat| {
        let own = format.media_type().split(';').next().unwrap_or_default();
        kinds.split(',').any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == own))
    };
    TableFormat::ALL.into_iter().find(has)
}

/// Whether a program wants a table where JSON is usual.
pub(super) fn wants_table(headers: &HeaderMap) -> bool {
    accepted(headers).is_some_and(|format| format != TableFormat::Json)
}

impl Wanted {
    fn of(query: &Query, headers: &HeaderMap, usual: &str) -> Result<Self, Problem> {
        let named =
            |name: &str| query.unknown.iter().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let format = match named("as") {
            Some(format) => format.parse().map_err(|()| {
                Problem::bad_value("as", format, "csv, json, parquet or arrow; pictures are made on the page")
            })?,
            None => accepted(headers).unwrap_or(TableFormat::Json),
        };
        let what = match named("what").unwrap_or(usual) {
            // What they are called on the page.
            "weights" => "posteriors",
            "judge_table" => "judges",
            what => what,
        };
        if TABLES.iter().all(|(_, names)| !names.contains(&what)) {
            let names: Vec<&str> = TABLES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
            return Err(Problem::bad_value("what", what, &names.join(", ")));
        }
        Ok(Self { what: what.to_owned(), format, pair: named("pair").map(str::to_owned) })
    }

    /// Whether the table is of a comparison, of a leaderboard, or of all pairs.
    fn is_costly(&self) -> bool {
        ["judges", "models", "pairs"].contains(&self.asked())
    }

    /// What has to be asked for the table.
    fn asked(&self) -> &'static str {
        let found = TABLES.iter().find(|(_, names)| names.contains(&self.what.as_str()));
        found.map_or("", |(asked, _)| asked)
    }

    fn answer(&self, of: &str, tables: &[Table]) -> Result<Response, Problem> {
        let table = tables.iter().find(|table| table.name == self.what);
        let table =
            table.ok_or_else(|| Problem::not_found(format!("there is no table `{}` here", self.what)))?;
        let name = format!("attachment; filename=\"{of}-{}.{}\"", self.what, self.format);
        let name = HeaderValue::from_str(&name).map_err(|_| Problem::failed())?;
        let kind = HeaderValue::from_static(self.format.media_type());
        let bytes = table.bytes(self.format)?;
        Ok(([(header::CONTENT_DISPOSITION, name), (header::CONTENT_TYPE, kind)], bytes).into_response())
    }
}

pub(crate) async fn export(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    table(app, id, query, &headers, "posteriors").await
}

/// A table of a study; `usual` if the address names none.
pub(super) async fn table(
    app: App,
    id: String,
    query: Option<String>,
    headers: &HeaderMap,
    usual: &str,
) -> Result<Response, Problem> {
    let query = asked(query, &OWN)?;
    let wanted = Wanted::of(&query, headers, usual)?;
    let studies = Arc::clone(&app.studies);
    let app = if wanted.is_costly() { app.costly() } else { app };
    ask(&app, move |waiting| {
        let served =
            studies.get(&id).ok_or_else(|| Problem::not_found(format!("there is no study `{id}`")))?;
        let tables = tables(&*served.open(waiting)?, &query, &wanted, waiting)?;
        wanted.answer(&served.id, &tables)
    })
    .await
}

fn tables(opened: &Opened, query: &Query, wanted: &Wanted, waiting: &Waiting) -> Result<Vec<Table>, Problem> {
    let one = |table: predilect_workbench::Result<Table>| Ok(vec![table?]);
    match wanted.asked() {
        "dissect" => Ok(fit_tables(&opened.dissect(query, waiting)?.0.fits)?),
        "versus" => match &query.versus {
            Some(other) => {
                one(versus_table(&opened.bench.versus(&query.slice(), other, &query.fit(), waiting)?))
            }
            None => Err(Problem::refused("the address does not say what to compare the slice with")
                .remedy("add vs=rest, or a filter")),
        },
        "histogram" => {
            one(histogram_table("histogram", &opened.bench.spread(Words::Apart, &query.slice(), waiting)?))
        }
        "lengths" => {
            one(histogram_table("lengths", &opened.bench.spread(Words::Together, &query.slice(), waiting)?))
        }
        "pairs" => {
            let most = query.unknown.iter().find_map(|pair| pair.strip_prefix("most=")?.parse().ok());
            // All of them, unless a part is named.
            if most.is_none() && query.from == 0 {
                return one(pair_table(&opened.bench.browse_all(
                    &query.slice(),
                    &query.fit(),
                    query.pairs,
                    waiting,
                )?));
            }
            let page = PageRequest { sort: query.pairs, from: query.from, most: most.unwrap_or(PAGE) };
            one(pair_table(&opened.bench.browse(&query.slice(), &query.fit(), &page, waiting)?.rows))
        }
        "pair" => {
            let pair = wanted.pair.as_deref();
            let pair = pair.ok_or_else(|| Problem::refused("no pair is named").remedy("add pair=ID"))?;
            let Reasons { pair, explanation, .. } = reasons(opened, query, pair, waiting)?;
            one(explanation_table(&pair.id, &explanation.map_err(Error::new)?))
        }
        "judges" => Ok(Table::of_comparison(&*opened.compare(query, waiting)?)?),
        "models" => Ok(Table::of_standings(&*opened.rank(query, waiting)?)?),
        _ => Ok(read_tables(&opened.about.empty.read, &opened.about.empty.data)?),
    }
}

/// The tables of the published judges.
pub(crate) async fn published(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (published, wrong) = PublishedQuery::read(query.as_deref().unwrap_or_default());
    if let Some(problem) = wrong {
        return Err(problem);
    }
    let own = |name: &str| ["judge", "scenario", "prop", "sort"].contains(&name);
    let rest = form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    let rest = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(rest.filter(|(name, _)| !own(name)))
        .finish();
    let wanted = Wanted::of(&asked(Some(rest), &OWN)?, &headers, "similarity")?;
    if wanted.asked() == "published" {
        return wanted.answer("published", &[published_table(&published.rewards()?)?]);
    }
    ask(&app.costly(), move |_| wanted.answer("published", &Table::of_comparison(compared_published()?)?))
        .await
}
