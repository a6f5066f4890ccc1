// SPDX-License-Identifier: MIT OR Apache-2.0
//! The format has no text content: what is not in an attribute is a mistake.

use roxmltree::Document;

use super::super::context::Context;
use lazaret_diagnostic::Span;

/// Reports every text that is not blank.
pub(in super::super) fn check(document: &Document<'_>, cx: &Context<'_>) {
    for node in document.descendants().filter(|node| node.is_text()) {
        let range = node.range();
        let raw = &cx.source.text[range.clone()];
        if node.text().is_none_or(|text| text.trim().is_empty()) {
            continue;
        }
        let start = range.start + (raw.len() - raw.trim_start().len());
        let span = Span { start, end: range.start + raw.trim_end().len() };
        let name = node.parent_element().map_or("system", |parent| parent.tag_name().name());
        cx.report(
            cx.error(span, format!("Unexpected text in element '{name}'"))
                .help("values go into attributes; a comment is written <!-- so -->"),
        );
    }
}
