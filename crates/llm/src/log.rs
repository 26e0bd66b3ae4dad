//! Which calls were made, and what came back: `calls.sqlite`, one row per call, so that no call is paid twice.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::error::{CallError, Fault};
use crate::log_error::LogError;
use crate::question::{Request, Usage};

/// The layout of the table; a log of a later one is not opened.
const LAYOUT: i64 = 1;

/// The key of a call: 32 hexadecimal digits of the SHA-256 of the model's full name and the request as JSON.
///
/// It covers everything that can change the answer: model, messages, kind of answer with schema or continuations, most tokens, temperature
/// and seed. It leaves out keys to the provider, time-outs, retries, concurrency, prices and the room for reasoning. What a model refuses
/// and is asked without is stored separately, in the table `left_out`.
pub fn key(model: &str, request: &Request) -> String {
    let mut hash = Sha256::new();
    hash.update(model.as_bytes());
    hash.update([0]);
    // A request is plain data: it always has JSON.
    hash.update(serde_json::to_vec(request).unwrap_or_default());
    hash.finalize().iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        use std::fmt::Write;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// One call as it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The body of the answer, or the error.
    pub result: Result<String, CallError>,
    /// The body of an answer that could not be used.
    pub unusable: Option<String>,
    /// Tokens, where there is an answer.
    pub usage: Usage,
    /// Its price in US dollars, where it is known.
    pub price: Option<f64>,
    /// From the first try to the end, waiting included.
    pub latency: Duration,
    /// Tries beyond the first.
    pub retries: u32,
}

/// A batch that was handed over and not fetched yet.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingBatch {
    /// Our name for it.
    pub label: String,
    /// The provider's id; `None` if the run was killed between submitting and storing it.
    pub id: Option<String>,
    /// When it was about to be handed over, in UTC as RFC 3339.
    pub at: String,
    /// The parameters that its calls were written without.
    pub without: Vec<String>,
    /// Its calls by key.
    pub calls: Vec<(String, Request)>,
}

/// A batch that is about to be handed over.
#[derive(Debug, Clone, Copy)]
pub struct NewBatch<'a> {
    /// Our name for it.
    pub label: &'a str,
    /// The model's full name.
    pub model: &'a str,
    /// The most US dollars that its calls may cost.
    pub most: f64,
    /// The parameters that they are written without.
    pub without: &'a [&'a str],
    /// Its calls by key.
    pub calls: &'a [(&'a str, &'a Request)],
}

/// The log of all calls of a study. Every call is on the disk before the run continues: a killed run loses only the answers under way.
#[derive(Debug)]
pub struct CallLog {
    connection: Mutex<Connection>,
    path: PathBuf,
}

/// Creates a file that only its owner can read, if it does not exist.
fn private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Makes an existing file readable for its owner only.
#[cfg(unix)]
fn close_to_others(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> std::io::Result<()> {
    Ok(())
}

impl CallLog {
    /// What the calls of a log cost, by their keys: those whose price is known. The file is only read; without one there are none.
    ///
    /// # Errors
    ///
    /// When the file is not a log, or cannot be read.
    pub fn prices(path: &Path) -> Result<HashMap<String, f64>, LogError> {
        if !path.is_file() {
            return Ok(HashMap::new());
        }
        let read = |connection: rusqlite::Result<Connection>| {
            let connection = connection?;
            connection.busy_timeout(Duration::from_secs(30))?;
            let mut statement = connection.prepare("SELECT key, price FROM calls WHERE price IS NOT NULL")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        // Beside a write-ahead log SQLite needs a file of its own; in a folder that cannot be written nobody else changes the log either.
        let address = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let as_it_is = format!("file:{address}?immutable=1");
        let found = read(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY));
        let found =
            found.or_else(|first| read(Connection::open_with_flags(&as_it_is, flags)).map_err(|_| first));
        found.map_err(|e: rusqlite::Error| LogError::of(path, &e))
    }

    /// Opens the log, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// When the file is not a log, belongs to a later version, or cannot be written.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        // Questions and answers are private.
        private(path).map_err(|e| LogError::other(path, &e))?;
        Self::over(Connection::open(path).map_err(|e| LogError::of(path, &e))?, path)
    }

    /// The log in that database; its tables are made where they are missing.
    fn over(connection: Connection, path: &Path) -> Result<Self, LogError> {
        let text = |e: rusqlite::Error| LogError::of(path, &e);
        connection.busy_timeout(Duration::from_secs(30)).map_err(text)?;
        // A write-ahead log, flushed at checkpoints: safe against a kill of this process at any moment.
        connection.pragma_update(None, "journal_mode", "WAL").map_err(text)?;
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(text)?;
        let layout: i64 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(text)?;
        if layout > LAYOUT {
            let problem = format!("the log has layout {layout}, later than {LAYOUT}");
            return Err(LogError::later(path, problem));
        }
        connection
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS calls (
                    key TEXT PRIMARY KEY,
                    model TEXT NOT NULL,
                    request TEXT NOT NULL,
                    status TEXT NOT NULL,
                    body TEXT,
                    fault TEXT,
                    error TEXT,
                    input_tokens INTEGER NOT NULL,
                    cached_tokens INTEGER NOT NULL,
                    output_tokens INTEGER NOT NULL,
                    price REAL,
                    latency_ms INTEGER NOT NULL,
                    retries INTEGER NOT NULL,
                    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS left_out (
                    model TEXT NOT NULL,
                    parameter TEXT NOT NULL,
                    PRIMARY KEY (model, parameter)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS batches (
                    label TEXT PRIMARY KEY,
                    model TEXT NOT NULL,
                    id TEXT,
                    most REAL NOT NULL,
                    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS batch_left_out (
                    label TEXT NOT NULL,
                    parameter TEXT NOT NULL,
                    PRIMARY KEY (label, parameter)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS batch_calls (
                    label TEXT NOT NULL,
                    key TEXT NOT NULL,
                    request TEXT NOT NULL,
                    PRIMARY KEY (label, key)
                ) STRICT, WITHOUT ROWID;",
            )
            .map_err(text)?;
        connection.pragma_update(None, "user_version", LAYOUT).map_err(text)?;
        Ok(Self { connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// A log in memory, for tests.
    ///
    /// # Errors
    ///
    /// When SQLite cannot start.
    pub fn in_memory() -> Result<Self, LogError> {
        let path = Path::new("memory");
        let connection = Connection::open_in_memory().map_err(|e| LogError::of(path, &e))?;
        Self::over(connection, path)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: &rusqlite::Error) -> LogError {
        LogError::of(&self.path, error)
    }

    /// How that call ended, if it was made.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn get(&self, key: &str) -> Result<Option<Entry>, LogError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(
                "SELECT body, fault, error, input_tokens, cached_tokens, output_tokens, price, latency_ms, retries
                 FROM calls WHERE key = ?1",
            )
            .map_err(|e| self.failed(&e))?;
        statement
            .query_row([key], |row| {
                let (body, fault): (Option<String>, Option<String>) = (row.get(0)?, row.get(1)?);
                let (result, unusable) = match (body, fault) {
                    (body, Some(fault)) => {
                        let message: Option<String> = row.get(2)?;
                        let fault = Fault::parse(&fault).unwrap_or(Fault::Server);
                        (Err(CallError::new(fault, message.unwrap_or_default())), body)
                    }
                    (body, None) => (Ok(body.unwrap_or_default()), None),
                };
                let usage = Usage {
                    input: row.get(3)?,
                    cached: row.get(4)?,
                    output: row.get(5)?,
                    ..Usage::default()
                };
                Ok(Entry {
                    result,
                    unusable,
                    usage,
                    price: row.get(6)?,
                    latency: Duration::from_millis(row.get(7)?),
                    retries: row.get(8)?,
                })
            })
            .optional()
            .map_err(|e| self.failed(&e))
    }

    /// Writes how calls of one model ended, replacing earlier entries: all of them or none.
    ///
    /// # Errors
    ///
    /// When the log cannot be written.
    pub fn put_all(&self, model: &str, calls: &[(&str, &Request, Entry)]) -> Result<(), LogError> {
        let mut connection = self.connection();
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            {
                let mut statement = transaction.prepare_cached(
                    "INSERT OR REPLACE INTO calls (key, model, request, status, body, fault, error, input_tokens,
                        cached_tokens, output_tokens, price, latency_ms, retries)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                )?;
                for (key, request, entry) in calls {
                    let (body, fault, error) = match &entry.result {
                        Ok(body) => (Some(body.as_str()), None, None),
                        Err(error) => (
                            entry.unusable.as_deref(),
                            Some(error.fault.as_str()),
                            Some(error.message.as_str()),
                        ),
                    };
                    statement.execute(params![
                        key,
                        model,
                        serde_json::to_string(request).unwrap_or_default(),
                        if fault.is_none() { "done" } else { "failed" },
                        body,
                        fault,
                        error,
                        entry.usage.input,
                        entry.usage.cached,
                        entry.usage.output,
                        entry.price,
                        u64::try_from(entry.latency.as_millis()).unwrap_or(u64::MAX),
                        entry.retries,
                    ])?;
                }
            }
            transaction.commit()
        };
        write(&mut connection).map_err(|e: rusqlite::Error| self.failed(&e))
    }

    /// Forgets how these calls ended, so that they are made again.
    ///
    /// # Errors
    ///
    /// When the log cannot be written.
    pub fn forget(&self, keys: &[&str]) -> Result<(), LogError> {
        let mut connection = self.connection();
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            {
                let mut statement = transaction.prepare_cached("DELETE FROM calls WHERE key = ?1")?;
                for key in keys {
                    statement.execute([key])?;
                }
            }
            transaction.commit()
        };
        write(&mut connection).map_err(|e: rusqlite::Error| self.failed(&e))
    }

    /// The parameters that this model has refused: calls are made without them.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn left_out(&self, model: &str) -> Result<Vec<String>, LogError> {
        let connection = self.connection();
        let read = |connection: &Connection| {
            let mut rows = connection.prepare("SELECT parameter FROM left_out WHERE model = ?1")?;
            rows.query_map([model], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        };
        read(&connection).map_err(|e| self.failed(&e))
    }

    /// Notes that a model refuses these parameters.
    ///
    /// # Errors
    ///
    /// When the log cannot be written.
    pub fn leave_out(&self, model: &str, parameters: &[&str]) -> Result<(), LogError> {
        let connection = self.connection();
        for parameter in parameters {
            let done = connection.execute(
                "INSERT OR IGNORE INTO left_out (model, parameter) VALUES (?1, ?2)",
                [model, parameter],
            );
            done.map_err(|e| self.failed(&e))?;
        }
        Ok(())
    }

    /// Notes a batch that is about to be handed over.
    ///
    /// # Errors
    ///
    /// When the log cannot be written.
    pub fn put_batch(&self, batch: &NewBatch<'_>) -> Result<(), LogError> {
        let NewBatch { label, model, most, without, calls } = *batch;
        let mut connection = self.connection();
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO batches (label, model, most) VALUES (?1, ?2, ?3)",
                params![label, model, most],
            )?;
            for parameter in without {
                transaction.execute(
                    "INSERT INTO batch_left_out (label, parameter) VALUES (?1, ?2)",
                    [label, parameter],
                )?;
            }
            for (key, request) in calls {
                let request = serde_json::to_string(request).unwrap_or_default();
                transaction.execute(
                    "INSERT INTO batch_calls (label, key, request) VALUES (?1, ?2, ?3)",
                    params![label, key, request],
                )?;
            }
            transaction.commit()
        };
        write(&mut connection).map_err(|e: rusqlite::Error| self.failed(&e))
    }

    /// The most US dollars that batches which have not been fetched may cost, of all models.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn committed(&self) -> Result<f64, LogError> {
        let connection = self.connection();
        let sum = connection.query_row("SELECT COALESCE(SUM(most), 0.0) FROM batches", [], |row| row.get(0));
        sum.map_err(|e| self.failed(&e))
    }

    /// Notes the provider's id of a batch.
    ///
    /// # Errors
    ///
    /// When the log cannot be written.
    pub fn name_batch(&self, label: &str, id: &str) -> Result<(), LogError> {
        let connection = self.connection();
        let done = connection.execute("UPDATE batches SET id = ?2 WHERE label = ?1", params![label, id]);
        done.map(|_| ()).map_err(|e| self.failed(&e))
    }

    /// The batches of a model that have not been fetched yet.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn batches(&self, model: &str) -> Result<Vec<PendingBatch>, LogError> {
        let connection = self.connection();
        let read = |connection: &Connection| {
            let mut batches = connection
                .prepare("SELECT label, id, at FROM batches WHERE model = ?1 ORDER BY at, label")?;
            let mut calls = connection.prepare("SELECT key, request FROM batch_calls WHERE label = ?1")?;
            let mut without = connection.prepare("SELECT parameter FROM batch_left_out WHERE label = ?1")?;
            let rows = batches.query_map([model], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            rows.map(|row| {
                let (label, id, at): (String, Option<String>, String) = row?;
                let calls = calls
                    .query_map([&label], |row| {
                        let request: String = row.get(1)?;
                        Ok((row.get(0)?, serde_json::from_str::<Request>(&request).ok()))
                    })?
                    .filter_map(|row| row.map(|(key, request)| Some((key, request?))).transpose())
                    .collect::<rusqlite::Result<Vec<(String, Request)>>>()?;
                let without = without
                    .query_map([&label], |row| row.get(0))?
                    .collect::<rusqlite::Result<Vec<String>>>()?;
                Ok(PendingBatch { label, id, at, without, calls })
            })
            .collect::<rusqlite::Result<Vec<PendingBatch>>>()
        };
        read(&connection).map_err(|e: rusqlite::Error| self.failed(&e))
    }

    /// Forgets a batch: its answers are logged, or it was never handed over.
    ///
    /// # Errors
    ///
    /// When the log cannot be written.
    pub fn drop_batch(&self, label: &str) -> Result<(), LogError> {
        let mut connection = self.connection();
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM batch_calls WHERE label = ?1", [label])?;
            transaction.execute("DELETE FROM batch_left_out WHERE label = ?1", [label])?;
            transaction.execute("DELETE FROM batches WHERE label = ?1", [label])?;
            transaction.commit()
        };
        write(&mut connection).map_err(|e: rusqlite::Error| self.failed(&e))
    }

    /// Writes a copy into an empty file, which its owner alone may read from then on.
    ///
    /// # Errors
    ///
    /// When there is more than an empty file, or it cannot be written.
    pub fn copy_into(&self, empty: &Path) -> Result<(), LogError> {
        let text = empty.to_str().ok_or_else(|| LogError::other(empty, "the path is not valid UTF-8"))?;
        close_to_others(empty).map_err(|e| LogError::other(empty, &e))?;
        self.connection().execute("VACUUM INTO ?1", [text]).map_err(|e| LogError::of(empty, &e))?;
        Ok(())
    }

    /// Calls that are logged: answered, failed.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn counts(&self) -> Result<(u64, u64), LogError> {
        self.connection()
            .query_row("SELECT count(*) FILTER (WHERE status = 'done'), count(*) FILTER (WHERE status = 'failed') FROM calls", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .map_err(|e| self.failed(&e))
    }
}
