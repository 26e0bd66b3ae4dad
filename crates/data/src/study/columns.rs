//! Which columns pairs, verdicts and ratings have.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use arrow_array::builder::{Float64Builder, ListBuilder, StringBuilder, StructBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, ListArray, PrimitiveArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use predilect_types::{Message, Order, Pair, Provenance, Rating, Response, Role, TieKind, Verdict};
use serde_json::Value;

use super::column_error::ColumnError;
use super::conform::{name, probability, rating, within};
use super::table::TableRow;
use crate::weight;

fn text(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Utf8, nullable)
}

fn message_fields() -> Fields {
    Fields::from(vec![text("role", false), text("content", false)])
}

fn turns(name: &str) -> Field {
    let item = Field::new("element", DataType::Struct(message_fields()), false);
    Field::new(name, DataType::List(Arc::new(item)), false)
}

fn number(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Float64, nullable)
}

static PAIRS: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        text("id", false),
        turns("prompt"),
        turns("response_a"),
        turns("response_b"),
        text("model_a", true),
        text("model_b", true),
        text("scenario", true),
        text("language", true),
        text("metadata", true),
        text("source", false),
        text("format", false),
        Field::new("record", DataType::UInt64, false),
    ]))
});

static VERDICTS: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        text("pair", false),
        text("judge", false),
        number("p_a", false),
        text("order", false),
        text("tie", true),
        number("weight", false),
        text("receipt", true),
        text("annotator", true),
        text("pool", true),
        text("criterion", true),
    ]))
});

static RATINGS: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        text("pair", false),
        text("property", false),
        text("annotator", false),
        number("a", true),
        number("b", true),
        Field::new("levels_a", levels_type(), true),
        Field::new("levels_b", levels_type(), true),
        Field::new("calls", calls_type(), true),
    ]))
});

/// Probabilities of the levels of a scale.
fn levels_type() -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Float64, true)))
}

/// Keys of the calls that a rating rests on.
fn calls_type() -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)))
}

/// A column of lists of texts; an empty list is stored as null.
fn text_lists<'a>(rows: impl Iterator<Item = &'a [String]>) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows {
        for text in row {
            lists.values().append_value(text);
        }
        lists.append(!row.is_empty());
    }
    Arc::new(lists.finish())
}

/// The lists of texts of a column that tables of earlier versions lack.
fn read_text_lists(batch: &RecordBatch, name: &str) -> Result<Vec<Vec<String>>, ColumnError> {
    let Some(column) = batch.column_by_name(name) else { return Ok(vec![Vec::new(); batch.num_rows()]) };
    let lists = column.as_list_opt::<i32>().ok_or_else(|| other_type(name, column))?;
    (0..lists.len())
        .map(|i| {
            if lists.is_null(i) {
                return Ok(Vec::new());
            }
            let items = lists.value(i);
            let texts = items.as_string_opt::<i32>().ok_or_else(|| other_type(name, column))?;
            Ok(texts.iter().flatten().map(str::to_owned).collect())
        })
        .collect()
}

/// A column of lists of numbers.
fn lists<'a>(rows: impl Iterator<Item = Option<&'a [f64]>>) -> ArrayRef {
    let mut lists = ListBuilder::new(Float64Builder::new());
    for row in rows {
        if let Some(row) = row {
            lists.values().append_slice(row);
        }
        lists.append(row.is_some());
    }
    Arc::new(lists.finish())
}

/// The lists of a column that tables of earlier versions lack.
fn read_lists(batch: &RecordBatch, name: &str) -> Result<Vec<Option<Vec<f64>>>, ColumnError> {
    let Some(column) = batch.column_by_name(name) else { return Ok(vec![None; batch.num_rows()]) };
    let lists = column.as_list_opt::<i32>().ok_or_else(|| other_type(name, column))?;
    (0..lists.len())
        .map(|i| {
            if lists.is_null(i) {
                return Ok(None);
            }
            let items = lists.value(i);
            let numbers = items.as_primitive_opt::<Float64Type>().ok_or_else(|| other_type(name, column))?;
            numbers.iter().map(|x| probability(name, x)).collect::<Result<_, _>>().map(Some)
        })
        .collect()
}

/// Builds a column of messages.
struct Turns(ListBuilder<StructBuilder>);

impl Turns {
    /// For all the turns of a column: room is made once, since text that outgrows its room is copied.
    fn new<'a>(rows: impl Iterator<Item = &'a [Message]>) -> Self {
        let (turns, bytes) =
            rows.flatten().fold((0, 0), |(n, bytes), turn| (n + 1, bytes + turn.content.len()));
        let item = Field::new("element", DataType::Struct(message_fields()), false);
        let columns: Vec<Box<dyn arrow_array::builder::ArrayBuilder>> =
            vec![Box::new(StringBuilder::new()), Box::new(StringBuilder::with_capacity(turns, bytes))];
        Self(ListBuilder::new(StructBuilder::new(message_fields(), columns)).with_field(item))
    }

    fn push(&mut self, turns: &[Message]) {
        for turn in turns {
            let row = self.0.values();
            for (i, value) in [turn.role.as_str(), turn.content.as_str()].into_iter().enumerate() {
                if let Some(column) = row.field_builder::<StringBuilder>(i) {
                    column.append_value(value);
                }
            }
            row.append(true);
        }
        self.0.append(true);
    }

    fn done(mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

fn strings<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn options<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    let mut column = StringBuilder::new();
    values.for_each(|value| column.append_option(value));
    Arc::new(column.finish())
}

fn numbers(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    let mut column = Float64Builder::new();
    values.for_each(|value| column.append_option(value));
    Arc::new(column.finish())
}

fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch, ColumnError> {
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(ColumnError::Unfit)
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, ColumnError> {
    batch.column_by_name(name).ok_or_else(|| ColumnError::Missing { column: name.to_owned() })
}

fn other_type(name: &str, found: &dyn Array) -> ColumnError {
    ColumnError::OtherType { column: name.to_owned(), found: found.data_type().clone() }
}

fn text_column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray, ColumnError> {
    let column = column(batch, name)?;
    column.as_string_opt::<i32>().ok_or_else(|| other_type(name, column))
}

fn number_column<'a>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a PrimitiveArray<Float64Type>, ColumnError> {
    let column = column(batch, name)?;
    column.as_primitive_opt::<Float64Type>().ok_or_else(|| other_type(name, column))
}

fn maybe(column: &PrimitiveArray<Float64Type>, i: usize) -> Option<f64> {
    (!column.is_null(i)).then(|| column.value(i))
}

fn option(column: &StringArray, i: usize) -> Option<String> {
    (!column.is_null(i)).then(|| column.value(i).to_owned())
}

fn needed(name: &str, column: &StringArray, i: usize) -> Result<String, ColumnError> {
    option(column, i).ok_or_else(|| ColumnError::Null { column: name.to_owned(), expected: None })
}

/// A column of messages, with the two columns within.
struct ReadTurns<'a> {
    list: &'a ListArray,
    roles: &'a StringArray,
    contents: &'a StringArray,
}

impl<'a> ReadTurns<'a> {
    fn new(batch: &'a RecordBatch, name: &str) -> Result<Self, ColumnError> {
        let column = column(batch, name)?;
        let wrong = || other_type(name, column);
        let list = column.as_list_opt::<i32>().ok_or_else(wrong)?;
        let rows = list.values().as_struct_opt().ok_or_else(wrong)?;
        let part =
            |field: &str| rows.column_by_name(field).and_then(|c| c.as_string_opt::<i32>()).ok_or_else(wrong);
        Ok(Self { list, roles: part("role")?, contents: part("content")? })
    }

    fn get(&self, i: usize) -> Vec<Message> {
        let offsets = self.list.value_offsets();
        let (Some(&from), Some(&to)) = (offsets.get(i), offsets.get(i + 1)) else { return Vec::new() };
        (from as usize..to as usize)
            .map(|j| Message {
                role: Role::parse(self.roles.value(j)),
                content: self.contents.value(j).to_owned(),
            })
            .collect()
    }
}

fn not_json(column: &'static str) -> impl Fn(serde_json::Error) -> ColumnError {
    move |source| ColumnError::Json { column, source }
}

fn word(column: &'static str, found: &str) -> ColumnError {
    ColumnError::Word { column, found: found.to_owned() }
}

fn json_text(value: &Value) -> String {
    value.to_string()
}

impl TableRow for Pair {
    const TABLE: &'static str = "pairs";

    fn schema() -> SchemaRef {
        Arc::clone(&PAIRS)
    }

    fn size(&self) -> usize {
        weight::of_pair(self)
    }

    fn encode<R: Borrow<Self>>(rows: &[R]) -> Result<RecordBatch, ColumnError> {
        let rows = || rows.iter().map(Borrow::borrow);
        let mut prompt = Turns::new(rows().map(|row: &Self| row.prompt.as_slice()));
        let mut a = Turns::new(rows().map(|row: &Self| row.response_a.messages.as_slice()));
        let mut b = Turns::new(rows().map(|row: &Self| row.response_b.messages.as_slice()));
        let mut record = UInt64Builder::with_capacity(rows().len());
        let mut metadata = StringBuilder::new();
        for row in rows() {
            prompt.push(&row.prompt);
            a.push(&row.response_a.messages);
            b.push(&row.response_b.messages);
            record.append_value(row.provenance.record);
            if row.metadata.is_empty() {
                metadata.append_null();
            } else {
                metadata.append_value(serde_json::to_string(&row.metadata).map_err(not_json("metadata"))?);
            }
        }
        batch(
            &PAIRS,
            vec![
                strings(rows().map(|row: &Self| row.id.as_str())),
                prompt.done(),
                a.done(),
                b.done(),
                options(rows().map(|row: &Self| row.response_a.model.as_deref())),
                options(rows().map(|row: &Self| row.response_b.model.as_deref())),
                options(rows().map(|row: &Self| row.scenario.as_deref())),
                options(rows().map(|row: &Self| row.language.as_deref())),
                Arc::new(metadata.finish()),
                strings(rows().map(|row: &Self| row.provenance.source.as_ref())),
                strings(rows().map(|row: &Self| row.provenance.format.as_ref())),
                Arc::new(record.finish()),
            ],
        )
    }

    fn digest(&self, hasher: &mut impl Hasher) {
        (&self.id, &self.prompt, &self.response_a.messages, &self.response_b.messages).hash(hasher);
    }

    fn decode(batch: &RecordBatch) -> Result<Vec<Self>, ColumnError> {
        let texts = |name| text_column(batch, name);
        let (id, source, format) = (texts("id")?, texts("source")?, texts("format")?);
        let (model_a, model_b) = (texts("model_a")?, texts("model_b")?);
        let (scenario, language, metadata) = (texts("scenario")?, texts("language")?, texts("metadata")?);
        let prompt = ReadTurns::new(batch, "prompt")?;
        let (a, b) = (ReadTurns::new(batch, "response_a")?, ReadTurns::new(batch, "response_b")?);
        let record = column(batch, "record")?;
        let unsigned = record.as_primitive_opt::<UInt64Type>();
        let signed = record.as_primitive_opt::<Int64Type>();
        (0..batch.num_rows())
            .map(|i| {
                let metadata: BTreeMap<String, Value> = match option(metadata, i) {
                    Some(text) => serde_json::from_str(&text).map_err(not_json("metadata"))?,
                    None => BTreeMap::new(),
                };
                let number =
                    unsigned.map(|c| c.value(i)).or_else(|| signed.map(|c| c.value(i).max(0) as u64));
                Ok(Self {
                    id: needed("id", id, i)?,
                    prompt: prompt.get(i),
                    response_a: Response { messages: a.get(i), model: option(model_a, i) },
                    response_b: Response { messages: b.get(i), model: option(model_b, i) },
                    scenario: option(scenario, i),
                    language: option(language, i),
                    metadata,
                    provenance: Provenance {
                        source: needed("source", source, i)?.into(),
                        format: needed("format", format, i)?.into(),
                        record: number.ok_or_else(|| other_type("record", record))?,
                    },
                })
            })
            .collect()
    }
}

impl TableRow for Verdict {
    const TABLE: &'static str = "verdicts";

    fn schema() -> SchemaRef {
        Arc::clone(&VERDICTS)
    }

    fn size(&self) -> usize {
        weight::of_verdict(self)
    }

    fn encode<R: Borrow<Self>>(rows: &[R]) -> Result<RecordBatch, ColumnError> {
        let rows = || rows.iter().map(Borrow::borrow);
        let mut receipt = StringBuilder::new();
        for row in rows() {
            receipt.append_option(row.receipt.as_ref().map(json_text));
        }
        batch(
            &VERDICTS,
            vec![
                strings(rows().map(|row: &Self| row.pair.as_str())),
                strings(rows().map(|row: &Self| row.judge.as_str())),
                numbers(rows().map(|row: &Self| Some(row.p_a))),
                strings(rows().map(|row: &Self| row.order.as_str())),
                options(rows().map(|row: &Self| row.tie.map(TieKind::as_str))),
                numbers(rows().map(|row: &Self| Some(row.weight))),
                Arc::new(receipt.finish()),
                options(rows().map(|row: &Self| row.annotator.as_deref())),
                options(rows().map(|row: &Self| row.pool.as_deref())),
                options(rows().map(|row: &Self| row.criterion.as_deref())),
            ],
        )
    }

    fn digest(&self, hasher: &mut impl Hasher) {
        (&self.pair, &self.judge, self.p_a.to_bits(), self.weight.to_bits()).hash(hasher);
    }

    fn decode(batch: &RecordBatch) -> Result<Vec<Self>, ColumnError> {
        let texts = |name| text_column(batch, name);
        let (pair, judge, order) = (texts("pair")?, texts("judge")?, texts("order")?);
        let (tie, receipt) = (texts("tie")?, texts("receipt")?);
        // Tables of earlier versions lack these.
        let later = |name| batch.column_by_name(name).map(|_| text_column(batch, name)).transpose();
        let (annotator, pool, criterion) = (later("annotator")?, later("pool")?, later("criterion")?);
        let (p_a, weight) = (number_column(batch, "p_a")?, number_column(batch, "weight")?);
        (0..batch.num_rows())
            .map(|i| {
                let order = needed("order", order, i)?;
                let receipt = option(receipt, i)
                    .map(|text| serde_json::from_str(&text).map_err(not_json("receipt")))
                    .transpose()?;
                Ok(Self {
                    pair: needed("pair", pair, i)?,
                    judge: name("judge", option(judge, i))?,
                    annotator: annotator.and_then(|column| option(column, i)),
                    pool: pool.and_then(|column| option(column, i)),
                    criterion: criterion.and_then(|column| option(column, i)),
                    p_a: within("p_a", maybe(p_a, i), (0.0, 1.0))?,
                    order: Order::parse(&order).ok_or_else(|| word("order", &order))?,
                    tie: option(tie, i)
                        .map(|text| TieKind::parse(&text).ok_or_else(|| word("tie", &text)))
                        .transpose()?,
                    weight: within("weight", maybe(weight, i), (0.0, f64::INFINITY))?,
                    receipt,
                })
            })
            .collect()
    }
}

impl TableRow for Rating {
    const TABLE: &'static str = "ratings";

    fn schema() -> SchemaRef {
        Arc::clone(&RATINGS)
    }

    fn size(&self) -> usize {
        weight::of_rating(self)
    }

    fn encode<R: Borrow<Self>>(rows: &[R]) -> Result<RecordBatch, ColumnError> {
        let rows = || rows.iter().map(Borrow::borrow);
        batch(
            &RATINGS,
            vec![
                strings(rows().map(|row: &Self| row.pair.as_str())),
                strings(rows().map(|row: &Self| row.property.as_str())),
                strings(rows().map(|row: &Self| row.annotator.as_str())),
                numbers(rows().map(|row: &Self| row.a)),
                numbers(rows().map(|row: &Self| row.b)),
                lists(rows().map(|row: &Self| row.levels_a.as_deref())),
                lists(rows().map(|row: &Self| row.levels_b.as_deref())),
                text_lists(rows().map(|row: &Self| row.calls.as_slice())),
            ],
        )
    }

    fn decode(batch: &RecordBatch) -> Result<Vec<Self>, ColumnError> {
        let texts = |name| text_column(batch, name);
        let (pair, property, annotator) = (texts("pair")?, texts("property")?, texts("annotator")?);
        let (a, b) = (number_column(batch, "a")?, number_column(batch, "b")?);
        let (levels_a, levels_b) = (read_lists(batch, "levels_a")?, read_lists(batch, "levels_b")?);
        let calls = read_text_lists(batch, "calls")?;
        (0..batch.num_rows())
            .zip(levels_a.into_iter().zip(levels_b).zip(calls))
            .map(|(i, ((levels_a, levels_b), calls))| {
                Ok(Self {
                    pair: needed("pair", pair, i)?,
                    property: name("property", option(property, i))?,
                    annotator: name("annotator", option(annotator, i))?,
                    a: rating("a", maybe(a, i))?,
                    b: rating("b", maybe(b, i))?,
                    levels_a,
                    levels_b,
                    calls,
                })
            })
            .collect()
    }
}
