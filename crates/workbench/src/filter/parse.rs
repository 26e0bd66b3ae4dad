//! How an expression is read: by descent, with the place of what cannot be read.

use regex::RegexBuilder;

use super::error::FilterError;
use super::escapes::{ESCAPES, escaped, unknown};
use super::expression::{Field, Is, Literal, Order, Part, Pattern, Side, Sign, Value};
use super::misspelt::{FIELDS, is_of_word, misspelt, remedy};

/// How deeply parentheses and `not` may be nested.
const DEPTH: usize = 64;

/// How many operators of numbers an expression may have.
const TERMS: usize = 32;

/// The largest expression, in bytes.
const LENGTH: usize = 64 << 10;

/// The memory that a regular expression may take.
const REGEX: usize = 1 << 20;

type Read<T> = Result<T, FilterError>;

pub(super) fn parse(text: &str) -> Read<Is> {
    let mut parser = Parser { text, at: 0, depth: 0, terms: 0 };
    if text.len() > LENGTH {
        return Err(parser.wrong("it is longer than 64 KiB", "name what it lists in a field of the data"));
    }
    let is = parser.or()?;
    parser.blank();
    if parser.at < text.len() {
        return Err(parser.wrong("unexpected text after the condition", "join conditions by and, or"));
    }
    Ok(is)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// Operators so far.
    terms: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn wrong(&self, problem: impl Into<String>, remedy: impl Into<String>) -> FilterError {
        FilterError {
            at: self.text[..self.at].chars().count(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    fn blank(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes a sign.
    fn sign(&mut self, sign: &str) -> bool {
        self.blank();
        let there = self.rest().starts_with(sign);
        if there {
            self.at += sign.len();
        }
        there
    }

    /// Takes a word of the language, whatever its case.
    fn keyword(&mut self, word: &str) -> bool {
        self.blank();
        let rest = self.rest();
        let there = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && !rest[word.len()..].starts_with(is_of_word);
        if there {
            self.at += word.len();
        }
        there
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEPTH {
            return Err(self.wrong("it is nested too deeply", "write it with fewer parentheses"));
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    fn or(&mut self) -> Read<Is> {
        let mut all = vec![self.and()?];
        while self.keyword("or") {
            all.push(self.and()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Is::Or(all) })
    }

    fn and(&mut self) -> Read<Is> {
        let mut all = vec![self.one()?];
        while self.keyword("and") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Is::And(all) })
    }

    fn one(&mut self) -> Read<Is> {
        if self.keyword("not") {
            return self.deeper(|parser| Ok(Is::Not(Box::new(parser.one()?))));
        }
        self.blank();
        if self.rest().starts_with('(') {
            // Either a condition in parentheses, or a number that begins with some: `(words(a) + 1) * 2 > 9`.
            let (from, terms) = (self.at, self.terms);
            let number = self.deeper(Self::condition);
            let Err(first) = number else { return number };
            // Read again in another way: what was counted does not count.
            (self.at, self.terms) = (from + 1, terms);
            let inner = self.deeper(Self::or).and_then(|is| {
                if self.sign(")") {
                    Ok(is)
                } else {
                    Err(self.wrong("a parenthesis is not closed", "write )"))
                }
            });
            // The attempt that came further has the better error.
            return inner.map_err(|second| if second.at >= first.at { second } else { first });
        }
        self.condition()
    }

    fn condition(&mut self) -> Read<Is> {
        self.blank();
        let from = self.at;
        let value = self.sum()?;
        if self.keyword("not") {
            if self.keyword("in") {
                let is = Is::In(value, self.list()?, false);
                return self.of_pair(is, from);
            }
            return Err(self.wrong("`not` needs something to negate", "write not in (...)"));
        }
        if self.keyword("in") {
            let is = Is::In(value, self.list()?, true);
            return self.of_pair(is, from);
        }
        if self.sign("!~") {
            let is = Is::Matches(value, self.pattern()?, false);
            return self.of_pair(is, from);
        }
        if self.sign("~") {
            let is = Is::Matches(value, self.pattern()?, true);
            return self.of_pair(is, from);
        }
        let orders = [
            ("!=", Order::Unequal),
            ("<=", Order::AtMost),
            (">=", Order::AtLeast),
            ("==", Order::Equal),
            ("=", Order::Equal),
            ("<", Order::Less),
            (">", Order::More),
        ];
        for (sign, order) in orders {
            if self.sign(sign) {
                let is = Is::Compare(value, order, self.sum()?);
                return self.of_pair(is, from);
            }
        }
        Err(self.wrong("a comparison is missing", "write =, !=, <, <=, >, >=, in (...) or ~ /REGEX/"))
    }

    /// A condition that depends on the pair: a misspelt field is a literal word, and always the same.
    fn of_pair(&mut self, is: Is, from: usize) -> Read<Is> {
        let mut asks = false;
        is.fields(&mut |_| asks = true);
        if let Some((number, word)) = is.mistyped() {
            let remedy = match number {
                Value::Field(Field::Judge(_)) => {
                    "judge(NAME) is near 1 where that judge prefers A, near 0 where it prefers B: write > 0.5"
                }
                _ if word.parse::<f64>().is_ok_and(f64::is_finite) => {
                    "write it in plain digits and without quotation marks"
                }
                _ => "write a number such as 1000 or 2.5",
            };
            let said = format!("a number is compared with the word `{word}`");
            self.at = from;
            return Err(self.wrong(said, remedy));
        }
        if asks {
            return Ok(is);
        }
        let end = std::mem::replace(&mut self.at, from);
        let (at, word, remedy) = misspelt(&self.text[from..end]);
        self.at += at;
        Err(self.wrong(format!("`{word}` is not a field of a pair"), remedy))
    }

    fn list(&mut self) -> Read<Vec<Literal>> {
        if !self.sign("(") {
            return Err(self.wrong("a list is missing", "write in (one, two)"));
        }
        let mut all = Vec::new();
        loop {
            all.push(self.literal()?);
            if self.sign(")") {
                return Ok(all);
            }
            if !self.sign(",") {
                return Err(
                    self.wrong("the list is not closed", "separate values by commas and close it with )")
                );
            }
        }
    }

    fn literal(&mut self) -> Read<Literal> {
        self.blank();
        let negative = self.sign("-");
        if let Some((number, spelt)) = self.number()? {
            return Ok(if negative {
                Literal::Number(-number, format!("-{spelt}"))
            } else {
                Literal::Number(number, spelt)
            });
        }
        if negative {
            return Err(self.wrong("a number is missing", "write one behind the sign"));
        }
        Ok(Literal::Text(self.name()?))
    }

    fn sum(&mut self) -> Read<Value> {
        let mut value = self.product()?;
        loop {
            let sign = match () {
                () if self.sign("+") => Sign::Plus,
                () if self.sign("-") => Sign::Minus,
                () => return Ok(value),
            };
            self.another_term()?;
            value = Value::Sum(Box::new(value), sign, Box::new(self.product()?));
        }
    }

    /// Counts the operators of numbers in the whole expression, which are nested one within the other.
    fn another_term(&mut self) -> Read<()> {
        self.terms += 1;
        if self.terms > TERMS {
            return Err(self
                .wrong("too many arithmetic operators (at most 32)", "compute it into a field of the data"));
        }
        Ok(())
    }

    fn product(&mut self) -> Read<Value> {
        let mut value = self.factor()?;
        loop {
            let sign = match () {
                () if self.sign("*") => Sign::Times,
                () if self.sign("/") => Sign::Over,
                () => return Ok(value),
            };
            self.another_term()?;
            value = Value::Sum(Box::new(value), sign, Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Read<Value> {
        self.blank();
        if self.sign("-") {
            return self.deeper(|parser| Ok(Value::Negative(Box::new(parser.factor()?))));
        }
        if self.sign("(") {
            let value = self.deeper(Self::sum)?;
            return if self.sign(")") {
                Ok(value)
            } else {
                Err(self.wrong("a parenthesis is not closed", "write )"))
            };
        }
        if let Some((number, spelt)) = self.number()? {
            return Ok(Value::Literal(Literal::Number(number, spelt)));
        }
        if self.rest().starts_with('"') {
            return Ok(Value::Literal(Literal::Text(self.name()?)));
        }
        let from = self.at;
        let word = self.word()?;
        match self.field(word) {
            Ok(Some(field)) => Ok(Value::Field(field)),
            Ok(None) => {
                // A literal word may continue: names of models have hyphens and slashes.
                self.at = from;
                Ok(Value::Literal(Literal::Text(self.name()?)))
            }
            Err(mut error) => {
                error.at = error.at.max(self.text[..from].chars().count());
                Err(error)
            }
        }
    }

    /// The field of that name; `None` if it is a literal word.
    fn field(&mut self, word: &str) -> Read<Option<Field>> {
        let called = self.rest().starts_with('(');
        Ok(Some(match (word, called) {
            ("id", false) => Field::Id,
            ("scenario", false) => Field::Scenario,
            ("language", false) => Field::Language,
            ("source", false) => Field::Source,
            ("order", false) => Field::Order,
            ("turn", false) => Field::Turn,
            ("model", true) => Field::Model(self.argument(Self::side)?),
            ("words", true) => Field::Words(self.argument(Self::side)?),
            ("text", true) => Field::Text(self.argument(Self::part)?),
            ("judge", true) => Field::Judge(self.argument(Self::name)?),
            ("cost", true) => Field::Cost(Some(self.argument(Self::name)?)),
            ("cost", false) => Field::Cost(None),
            ("draw", true) => self.argument(|_| Ok(Field::Draw))?,
            ("rating", true) => {
                let (id, side) = self.argument(|parser| {
                    let id = parser.name()?;
                    let side = if parser.sign(",") { Some(parser.side()?) } else { None };
                    Ok((id, side))
                })?;
                Field::Rating(id, side)
            }
            ("meta", false) if self.rest().starts_with('.') => {
                self.at += 1;
                Field::Meta(self.name()?)
            }
            ("model_a", false) => Field::Model(Side::A),
            ("model_b", false) => Field::Model(Side::B),
            ("model" | "words" | "text" | "rating" | "judge", false) => {
                let of = match word {
                    "rating" => "rating(PROPERTY)",
                    "judge" => "judge(NAME), which is 1 where that judge prefers A and 0 where B",
                    _ => "it with (a) or (b)",
                };
                return Err(self.wrong(
                    format!("`{word}` needs to know whose"),
                    format!("write {of}; put a word that is meant literally in quotation marks"),
                ));
            }
            (_, true) => {
                self.at -= word.len();
                return Err(self.wrong(format!("there is no field {word}(...)"), remedy(word)));
            }
            (_, false) => return Ok(None),
        }))
    }

    fn argument<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.sign("(");
        let found = read(self)?;
        if self.sign(")") { Ok(found) } else { Err(self.wrong("a parenthesis is not closed", "write )")) }
    }

    fn side(&mut self) -> Read<Side> {
        if self.keyword("a") {
            Ok(Side::A)
        } else if self.keyword("b") {
            Ok(Side::B)
        } else {
            Err(self.wrong("a response is missing", "write a or b"))
        }
    }

    fn part(&mut self) -> Read<Part> {
        if self.keyword("prompt") {
            return Ok(Part::Prompt);
        }
        Ok(match self.side().map_err(|e| FilterError { remedy: "write a, b or prompt".to_owned(), ..e })? {
            Side::A => Part::A,
            Side::B => Part::B,
        })
    }

    fn word(&mut self) -> Read<&'t str> {
        self.blank();
        let rest = self.rest();
        let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        if end == 0 {
            let remedy = if rest.starts_with('\'') { "use \" instead of '" } else { FIELDS };
            return Err(self.wrong("a value is missing", remedy));
        }
        self.at += end;
        Ok(&rest[..end])
    }

    /// A plain word, or any text in quotation marks, in which a backslash means what [`escaped`] says.
    fn name(&mut self) -> Read<String> {
        self.blank();
        if !self.rest().starts_with('"') {
            let rest = self.rest();
            // Names of models have hyphens, dots, colons and slashes.
            let end = rest.find(|c: char| !(is_of_word(c) || "-.:/".contains(c))).unwrap_or(rest.len());
            if end == 0 {
                return Err(self.wrong("a name is missing", "write a word, or any text in quotation marks"));
            }
            self.at += end;
            return Ok(rest[..end].to_owned());
        }
        let mut name = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(name);
                }
                '\\' => match chars.next().map(|(_, c)| escaped(c).ok_or(c)) {
                    Some(Ok(c)) => name.push(c),
                    Some(Err(c)) => {
                        self.at += at;
                        return Err(self.wrong(unknown(c), ESCAPES));
                    }
                    None => {}
                },
                c => name.push(c),
            }
        }
        Err(self.wrong("a quotation mark is not closed", "write \" at the end of the name"))
    }

    fn number(&mut self) -> Read<Option<(f64, String)>> {
        self.blank();
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return Ok(None);
        }
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        // `7b` and `2024-05` are names.
        let mut behind = rest[end..].chars();
        let next = behind.next();
        let glued = next.is_some_and(|c| "-:".contains(c)) && behind.next().is_some_and(is_of_word);
        if glued || next.is_some_and(is_of_word) {
            return Ok(None);
        }
        match rest[..end].parse::<f64>() {
            Ok(number) => {
                self.at += end;
                Ok(Some((number, rest[..end].to_owned())))
            }
            Err(_) => Err(self.wrong(format!("`{}` is not a number", &rest[..end]), "write one such as 2.5")),
        }
    }

    /// `/text/`, in which `\/` is a slash, and `i` after it.
    fn pattern(&mut self) -> Read<Pattern> {
        if !self.sign("/") {
            return Err(self.wrong("a regular expression is missing", "write it between slashes: ~ /sure/i"));
        }
        let from = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        let end = loop {
            match chars.next() {
                None => return Err(self.wrong("a regular expression is not closed", "write / at its end")),
                Some((at, '/')) => break at + 1,
                Some((_, '\\')) => match chars.next() {
                    Some((_, '/')) => text.push('/'),
                    Some((_, c)) => text.extend(['\\', c]),
                    None => {}
                },
                Some((_, c)) => text.push(c),
            }
        };
        self.at += end;
        let any_case = self.rest().starts_with('i');
        if any_case {
            self.at += 1;
        }
        let made = RegexBuilder::new(&text).case_insensitive(any_case).size_limit(REGEX).build();
        match made {
            Ok(regex) => Ok(Pattern { text, any_case, regex }),
            Err(error) => {
                self.at = from;
                let said = error.to_string();
                let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                Err(self.wrong(
                    format!("the regular expression cannot be read: {last}"),
                    "write \\ before a character that is meant literally",
                ))
            }
        }
    }
}
