//! A row as SQLite's record format has it (2.1): a header with the type of each column, and the
//! values one after the other.

use std::borrow::Cow;

use super::numbers::{BREAKS_OFF, Wrong, varint};

/// As many columns as SQLite gives a table, unless it is built otherwise (`SQLITE_MAX_COLUMN`).
const MAX_COLUMNS: usize = 2_000;

/// A row, of which nothing but its header was read.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    payload: Cow<'a, [u8]>,
    /// Of the columns that are not NULL, in ascending order.
    fields: Vec<Field>,
}

#[derive(Debug, Clone, Copy)]
struct Field {
    column: usize,
    serial_type: u64,
    start: usize,
    length: usize,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'r> {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number in floating point.
    Real(f64),
    /// Text, which should be UTF-8.
    Text(&'r [u8]),
    /// Octets.
    Blob(&'r [u8]),
}

impl<'a> Row<'a> {
    pub(super) fn read(payload: Cow<'a, [u8]>) -> Result<Self, Wrong> {
        let (header, rest) = varint(&payload).ok_or(BREAKS_OFF)?;
        let before = payload.len() - rest.len();
        let mut start = usize::try_from(header).map_err(|_| BREAKS_OFF)?;
        let mut types = payload.get(before..start).ok_or(BREAKS_OFF)?;
        let mut fields = Vec::new();
        for column in 0.. {
            if types.is_empty() {
                break;
            }
            if column == MAX_COLUMNS {
                return Err("it has more columns than a table can");
            }
            let (serial_type, rest) = varint(types).ok_or(BREAKS_OFF)?;
            types = rest;
            let length = match serial_type {
                0 => continue,
                8 | 9 => 0,
                1..=4 => serial_type as usize,
                5 => 6,
                6 | 7 => 8,
                10 | 11 => return Err("it holds a value of a reserved type"),
                longer => usize::try_from((longer - 12) / 2).map_err(|_| BREAKS_OFF)?,
            };
            let end = start.checked_add(length).ok_or(BREAKS_OFF)?;
            if end > payload.len() {
                return Err(BREAKS_OFF);
            }
            fields.push(Field {
                column,
                serial_type,
                start,
                length,
            });
            start = end;
        }
        Ok(Self { payload, fields })
    }

    /// What stands in a column, the first being 0. A row that was written before a column was added
    /// has nothing there.
    pub fn value(&self, column: usize) -> Value<'_> {
        let Ok(at) = self
            .fields
            .binary_search_by_key(&column, |field| field.column)
        else {
            return Value::Null;
        };
        let field = self.fields[at];
        let content = &self.payload[field.start..field.start + field.length];
        match field.serial_type {
            1..=6 => {
                // The first octet has the sign.
                let first = content.first().map_or(0, |&octet| i64::from(octet as i8));
                let rest = content.iter().skip(1);
                Value::Integer(rest.fold(first, |number, &octet| number << 8 | i64::from(octet)))
            }
            7 => content.first_chunk().map_or(Value::Null, |octets| {
                Value::Real(f64::from_be_bytes(*octets))
            }),
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            other if other % 2 == 0 => Value::Blob(content),
            _ => Value::Text(content),
        }
    }
}
