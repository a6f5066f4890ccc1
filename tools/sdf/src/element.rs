// SPDX-License-Identifier: MIT OR Apache-2.0
//! An XML element whose attributes are read with their places, each fault reported.

use std::ops::RangeInclusive;

use roxmltree::Node;

use super::context::Context;
use super::limits::MAX_NAME;
use super::number;
use lazaret_diagnostic::Diagnostic;
use lazaret_diagnostic::Span;

/// A value and where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<T> {
    pub value: T,
    pub span: Span,
}

#[derive(Clone, Copy)]
pub(super) struct Element<'a, 'i> {
    node: Node<'a, 'i>,
    cx: &'a Context<'a>,
}

impl<'a, 'i: 'a> Element<'a, 'i> {
    pub fn new(node: Node<'a, 'i>, cx: &'a Context<'a>) -> Self {
        Element { node, cx }
    }

    pub fn cx(&self) -> &'a Context<'a> {
        self.cx
    }

    /// The name as written; a prefixed name is therefore never a known one.
    pub fn name(&self) -> &'a str {
        let start = self.node.range().start + 1;
        let text = &self.cx.source.text[start..];
        let end = text.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).unwrap_or(text.len());
        &text[..end]
    }

    /// `<name`: enough to point at.
    pub fn span(&self) -> Span {
        let start = self.node.range().start;
        Span { start, end: start + 1 + self.name().len() }
    }

    pub fn children(&self) -> impl Iterator<Item = Element<'a, 'i>> + use<'a, 'i> {
        let cx = self.cx;
        self.node.children().filter(Node::is_element).map(move |node| Element { node, cx })
    }

    /// An error that names this element.
    pub fn error(&self, span: Span, what: impl Into<String>) -> Diagnostic {
        self.cx.error(span, what).on(self.name())
    }

    pub fn report(&self, span: Span, what: impl Into<String>) {
        self.cx.report(self.error(span, what));
    }

    /// Reports every attribute that is not in the list.
    pub fn allow_attributes(&self, known: &[&str]) {
        self.allow_attributes_and(known, &[]);
    }

    /// The same; `others` are reported elsewhere, with a reason.
    pub fn allow_attributes_and(&self, known: &[&str], others: &[&str]) {
        for attribute in self.node.attributes() {
            let span: Span = attribute.range().into();
            let name = &self.cx.source.text[attribute.range_qname()];
            if !known.contains(&name) && !others.contains(&name) {
                let error = self.error(span, format!("Unknown attribute '{name}'"));
                self.cx.report(error.help(suggest(name, known, "attribute")));
            }
        }
    }

    /// For elements without children: the same, and reports every child.
    pub fn allow_only_attributes(&self, known: &[&str]) {
        self.allow_attributes(known);
        self.allow_no_children();
    }

    pub fn allow_no_children(&self) {
        for child in self.children() {
            self.unknown_child(&child, &[]);
        }
    }

    /// Reports a child that is not known here.
    pub fn unknown_child(&self, child: &Element<'_, '_>, known: &[&str]) {
        let what = format!("Unknown element '{}' in element '{}'", child.name(), self.name());
        self.cx.report(self.cx.error(child.span(), what).help(suggest(child.name(), known, "element")));
    }

    pub fn has(&self, name: &str) -> bool {
        self.node.has_attribute(name)
    }

    /// The whole attribute, to point at; the element if it is not there.
    pub fn attribute_span(&self, name: &str) -> Span {
        self.node.attribute_node(name).map_or(self.span(), |attribute| attribute.range().into())
    }

    pub fn text(&self, name: &str) -> Option<Found<&'a str>> {
        let attribute = self.node.attribute_node(name)?;
        Some(Found { value: attribute.value(), span: attribute.range().into() })
    }

    pub fn required(&self, name: &str) -> Option<Found<&'a str>> {
        let found = self.text(name);
        if found.is_none() {
            self.report(self.span(), format!("Missing required attribute '{name}'"));
        }
        found
    }

    /// A required text that may not be empty.
    pub fn required_name(&self, name: &str) -> Option<Found<&'a str>> {
        let found = self.required(name)?;
        if found.value.is_empty() {
            self.report(found.span, format!("Attribute '{name}' is empty"));
            return None;
        }
        Some(found)
    }

    pub fn number(&self, name: &str) -> Option<Found<u64>> {
        self.text(name).and_then(|found| self.parse_number(name, found))
    }

    pub fn required_number(&self, name: &str) -> Option<Found<u64>> {
        self.required(name).and_then(|found| self.parse_number(name, found))
    }

    fn parse_number(&self, name: &str, found: Found<&str>) -> Option<Found<u64>> {
        match number::parse(found.value) {
            Ok(value) => Some(Found { value, span: found.span }),
            Err(why) => {
                let what = format!("Invalid number '{}' for attribute '{name}' ({why})", found.value);
                let help = "write it in decimal, or in hexadecimal with 0x in front; '_' may separate digits";
                self.cx.report(self.error(found.span, what).help(help));
                None
            }
        }
    }

    /// The number if it is in the range; reports one that is not.
    pub fn in_range(&self, name: &str, found: Option<Found<u64>>, range: RangeInclusive<u64>) -> Option<Found<u64>> {
        let found = found?;
        if range.contains(&found.value) {
            return Some(found);
        }
        let what = format!("{name} must be between {} and {}, not {}", range.start(), range.end(), found.value);
        self.report(found.span, what);
        None
    }

    /// `true` or `false`.
    pub fn boolean(&self, name: &str, default: bool) -> bool {
        match self.text(name) {
            None => default,
            Some(Found { value: "true", .. }) => true,
            Some(Found { value: "false", .. }) => false,
            Some(found) => {
                self.report(found.span, format!("{name} must be 'true' or 'false', not '{}'", found.value));
                default
            }
        }
    }
}

/// "did you mean" for a near miss of a user's own name, else what there is.
pub(super) fn suggest_name(wrong: &str, names: &[&str], kind: &str) -> String {
    match names.len() {
        0 => format!("there is no {kind}"),
        1..=12 => suggest(wrong, names, kind).replace("allowed here", "there are"),
        count => {
            let text = suggest(wrong, names, kind);
            if text.starts_with("did you") { text } else { format!("none of the {count} has that name") }
        }
    }
}

/// Bytes of a character in UTF-8.
const LONGEST_CHARACTER: usize = 4;
/// Names that are compared for one suggestion.
const MOST_COMPARED: usize = 1000;

/// "did you mean" for a near miss, else the list.
pub(super) fn suggest(wrong: &str, known: &[&str], kind: &str) -> String {
    // Names of very different lengths are not near, and to compare long ones takes long.
    let is_near = |name: &&&str| name.len().abs_diff(wrong.len()) <= 2 * LONGEST_CHARACTER && name.len() <= MAX_NAME;
    let near = known.iter().filter(is_near).take(MOST_COMPARED);
    let best = near.map(|&name| (strsim::damerau_levenshtein(wrong, name), name)).min();
    match best {
        Some((distance, name)) if distance <= 2 && distance < wrong.chars().count() => {
            format!("did you mean '{name}'?")
        }
        _ if known.is_empty() => format!("no {kind} is allowed here"),
        _ => format!("allowed here: {}", known.join(", ")),
    }
}
