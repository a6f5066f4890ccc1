// SPDX-License-Identifier: MIT OR Apache-2.0
//! The description's text, and places in it.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A range of bytes in the description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One after the last byte.
    pub end: usize,
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Span { start: range.start, end: range.end }
    }
}

/// The file that a span points into.
#[derive(Debug, Clone)]
pub struct Source {
    /// As given on the command line.
    pub path: PathBuf,
    /// The whole text.
    pub text: Arc<str>,
}

impl Source {
    /// Row and column (in characters) of a byte, both from 1.
    pub fn row_col(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.floor(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The nearest character boundary at or before a byte.
    pub fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    /// The line that a byte is in, without its end.
    pub fn line(&self, offset: usize) -> Range<usize> {
        let offset = self.floor(offset);
        let start = self.text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        start..self.text[offset..].find('\n').map_or(self.text.len(), |newline| offset + newline)
    }

    /// `FILE:ROW:COL` of a span's start.
    pub fn location(&self, span: Span) -> String {
        let (row, col) = self.row_col(span.start);
        format!("{}:{row}:{col}", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_count_characters_from_one() {
        let source = Source { path: "a".into(), text: "<é>\n <b/>".into() };
        assert_eq!(source.row_col(0), (1, 1));
        assert_eq!(source.row_col(3), (1, 3));
        assert_eq!(source.row_col(6), (2, 2));
        assert_eq!(source.row_col(999), (2, 6));
        assert_eq!(source.location(Span { start: 6, end: 7 }), "a:2:2");
    }
}
