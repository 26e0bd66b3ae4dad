//! An expression over the fields of a pair, and the fields that it refers to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// An expression that a pair and a verdict fulfil or not. Prints as it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Filter(pub(crate) Is);

/// What is true or false.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Is {
    And(Vec<Is>),
    Or(Vec<Is>),
    Not(Box<Is>),
    Compare(Value, Order, Value),
    /// Whether it is one of these, or (false) not one of them.
    In(Value, Vec<Literal>, bool),
    /// Whether it matches, or (false) does not.
    Matches(Value, Pattern, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// What has a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Literal(Literal),
    Field(Field),
    Negative(Box<Value>),
    Sum(Box<Value>, Sign, Box<Value>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Plus,
    Minus,
    Times,
    Over,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// With its spelling: ids and names may look like numbers.
    Number(f64, String),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Id,
    Scenario,
    Language,
    Source,
    Order,
    Turn,
    Model(Side),
    Words(Side),
    Rating(String, Option<Side>),
    Judge(String),
    /// What the verdicts on the pair cost, by that judge or by all.
    Cost(Option<String>),
    /// The pair's fixed random number, 0..1.
    Draw,
    Text(Part),
    Meta(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Prompt,
    A,
    B,
}

/// A regular expression with what it was made of.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pub(super) text: String,
    pub(super) any_case: bool,
    pub(super) regex: regex::Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.any_case) == (&other.text, other.any_case)
    }
}

/// Conditions and more of them, each once, joined where there are several.
fn once(mut all: Vec<Is>, more: Vec<Is>, join: fn(Vec<Is>) -> Is) -> Is {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    if all.len() == 1 { all.remove(0) } else { join(all) }
}

impl Filter {
    /// Whether it looks at texts, which are then read.
    pub(crate) fn needs_texts(&self) -> bool {
        self.any(&|field| matches!(field, Field::Text(_)))
    }

    /// The columns of fields that it reads, in addition to those that are always there.
    pub(crate) fn columns(&self) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = self.keys().into_iter().map(str::to_owned).collect();
        if self.any(&|field| matches!(field, Field::Scenario)) {
            found.insert("scenario".to_owned());
        }
        found
    }

    /// Whether it looks at the verdict, and not at the pair alone.
    pub(crate) fn needs_verdict(&self) -> bool {
        self.any(&|field| matches!(field, Field::Order))
    }

    /// Whether it asks for turns.
    pub(crate) fn needs_turns(&self) -> bool {
        self.any(&|field| matches!(field, Field::Turn))
    }

    /// Whose costs it asks for; `None` among them: those of all judges.
    pub(crate) fn costs(&self) -> BTreeSet<Option<&str>> {
        let mut found = BTreeSet::new();
        self.0.fields(&mut |field| {
            if let Field::Cost(judge) = field {
                found.insert(judge.as_deref());
            }
        });
        found
    }

    /// The judges that it names.
    pub(crate) fn judges(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.0.fields(&mut |field| {
            if let Field::Judge(name) | Field::Cost(Some(name)) = field {
                found.insert(name.as_str());
            }
        });
        found
    }

    /// Whether a pair must fulfil each of its conditions.
    pub(crate) fn asks_all(&self) -> bool {
        fn all(is: &Is) -> bool {
            match is {
                Is::And(parts) => parts.iter().all(all),
                Is::Or(_) | Is::Not(_) => false,
                Is::Compare(..) | Is::In(..) | Is::Matches(..) => true,
            }
        }
        all(&self.0)
    }

    /// The fields of the data that it names.
    pub(crate) fn keys(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.0.fields(&mut |field| {
            if let Field::Meta(key) = field {
                found.insert(key.as_str());
            }
        });
        found
    }

    /// The properties whose ratings it reads.
    pub(crate) fn properties(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.0.fields(&mut |field| {
            if let Field::Rating(id, _) = field {
                found.insert(id.as_str());
            }
        });
        found
    }

    /// What fulfils this and another one, each condition once.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let parts = |is| match is {
            Is::And(parts) => parts,
            one => vec![one],
        };
        Self(once(parts(self.0), parts(other.0), Is::And))
    }

    /// What fulfils this or another one, each condition once.
    pub(crate) fn or(self, other: Self) -> Self {
        let parts = |is| match is {
            Is::Or(parts) => parts,
            one => vec![one],
        };
        Self(once(parts(self.0), parts(other.0), Is::Or))
    }

    /// All that the other does not say.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self(Is::Not(Box::new(self.0.clone())))
    }

    /// A fixed share of the pairs, of those that fulfil a filter or of all.
    pub(crate) fn drawn(of: Option<Self>, share: f64) -> Self {
        let share = Literal::Number(share, share.to_string());
        // First: most pairs need not be asked anything else.
        let mut all = vec![Is::Compare(Value::Field(Field::Draw), Order::Less, Value::Literal(share))];
        match of {
            Some(Self(Is::And(parts))) => all.extend(parts),
            Some(Self(one)) => all.push(one),
            None => {}
        }
        Self(if all.len() == 1 { all.remove(0) } else { Is::And(all) })
    }

    /// Without what it says of the size of a number such as `words(a) - words(b)`; `None` if it says nothing else.
    pub fn without_bounds(&self, of: &str) -> Option<Self> {
        let Ok(Self(Is::Compare(number, ..))) = format!("{of} > 0").parse() else {
            return Some(self.clone());
        };
        self.0.without_bounds(&number).map(Self)
    }

    /// Every value that a field is to be equal to, in words, with that field.
    pub(crate) fn sought(&self, see: &mut impl FnMut(&Field, &str)) {
        self.0.sought(see);
    }

    fn any(&self, is: &dyn Fn(&Field) -> bool) -> bool {
        let mut found = false;
        self.0.fields(&mut |field| found |= is(field));
        found
    }
}

impl Value {
    /// Whether it is a number for every pair that has it.
    fn is_number(&self) -> bool {
        match self {
            Self::Field(field) => {
                matches!(
                    field,
                    Field::Words(_) | Field::Rating(..) | Field::Judge(_) | Field::Cost(_) | Field::Draw
                )
            }
            Self::Negative(of) => of.word().is_none(),
            Self::Sum(..) => true,
            Self::Literal(_) => false,
        }
    }

    /// Whether it stands for itself.
    fn is_literal(&self) -> bool {
        match self {
            Self::Literal(_) => true,
            Self::Negative(of) => of.is_literal(),
            _ => false,
        }
    }

    /// The word that it is.
    fn word(&self) -> Option<&str> {
        match self {
            Self::Literal(Literal::Text(text)) => Some(text),
            Self::Negative(of) => of.word(),
            _ => None,
        }
    }
}

impl Is {
    /// The number that is compared with a word, and the word: no pair fulfils that.
    pub(super) fn mistyped(&self) -> Option<(&Value, &str)> {
        match self {
            Self::Compare(number, _, word) | Self::Compare(word, _, number)
                if number.is_number() && word.word().is_some() =>
            {
                word.word().map(|word| (number, word))
            }
            Self::In(number, list, _) if number.is_number() => list.iter().find_map(|item| match item {
                Literal::Text(text) => Some((number, text.as_str())),
                Literal::Number(..) => None,
            }),
            _ => None,
        }
    }

    fn without_bounds(&self, of: &Value) -> Option<Self> {
        use Order::{AtLeast, AtMost, Less, More};
        match self {
            Self::And(parts) => {
                let mut left: Vec<Self> = parts.iter().filter_map(|part| part.without_bounds(of)).collect();
                if left.len() > 1 { Some(Self::And(left)) } else { left.pop() }
            }
            Self::Compare(number, Less | AtMost | More | AtLeast, end)
                if number == of && end.is_literal() =>
            {
                None
            }
            other => Some(other.clone()),
        }
    }

    fn sought(&self, see: &mut impl FnMut(&Field, &str)) {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|one| one.sought(see)),
            Self::Compare(Value::Field(field), Order::Equal, Value::Literal(Literal::Text(text)))
            | Self::Compare(Value::Literal(Literal::Text(text)), Order::Equal, Value::Field(field)) => {
                see(field, text);
            }
            Self::In(Value::Field(field), list, true) => {
                for item in list {
                    if let Literal::Text(text) = item {
                        see(field, text);
                    }
                }
            }
            _ => {}
        }
    }

    pub(crate) fn fields<'f>(&'f self, see: &mut impl FnMut(&'f Field)) {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|one| one.fields(see)),
            Self::Not(one) => one.fields(see),
            Self::Compare(a, _, b) => {
                a.fields(see);
                b.fields(see);
            }
            Self::In(value, ..) | Self::Matches(value, ..) => value.fields(see),
        }
    }
}

impl Value {
    fn fields<'f>(&'f self, see: &mut impl FnMut(&'f Field)) {
        match self {
            Self::Literal(_) => {}
            Self::Field(field) => see(field),
            Self::Negative(value) => value.fields(see),
            Self::Sum(a, _, b) => {
                a.fields(see);
                b.fields(see);
            }
        }
    }
}
