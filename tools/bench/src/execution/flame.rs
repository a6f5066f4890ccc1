// SPDX-License-Identifier: MIT OR Apache-2.0
//! A flame graph: a box is as wide as the instructions in it, and stands on what it is inlined in.

use std::collections::BTreeMap;
use std::fmt::Write;

const WIDTH: f64 = 1400.0;
const ROW: f64 = 18.0;
const MARGIN: f64 = 10.0;
const HEADER: f64 = 34.0;
/// A letter, about.
const LETTER: f64 = 6.4;

/// A box and those on it.
#[derive(Default)]
struct Node {
    count: f64,
    above: BTreeMap<String, Node>,
}

impl Node {
    fn add(&mut self, stack: &[String], count: f64) {
        self.count += count;
        if let Some((first, rest)) = stack.split_first() {
            self.above.entry(first.clone()).or_default().add(rest, count);
        }
    }

    fn depth(&self) -> usize {
        1 + self.above.values().map(Node::depth).max().unwrap_or(0)
    }
}

/// Draws it.
pub fn svg(title: &str, stacks: &BTreeMap<Vec<String>, f64>) -> String {
    let mut root = Node::default();
    stacks.iter().for_each(|(stack, count)| root.add(stack, *count));
    let height = HEADER + ROW * root.depth() as f64 + MARGIN;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{height}\" font-family=\"monospace\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"20\" font-size=\"14\">{}</text>",
        WIDTH + 2.0 * MARGIN,
        escape(title)
    );
    let scale = if root.count > 0.0 { WIDTH / root.count } else { 0.0 };
    let base = height - MARGIN - ROW;
    draw(&mut out, "all", &root, MARGIN, base, scale, root.count);
    out.push_str("</svg>\n");
    out
}

fn draw(out: &mut String, name: &str, node: &Node, x: f64, y: f64, scale: f64, total: f64) {
    let width = node.count * scale;
    if width < 0.5 {
        return;
    }
    let percent = 100.0 * node.count / total;
    let _ = writeln!(
        out,
        "<g><title>{}: {:.1} instructions, {percent:.1} %</title>\
         <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{}\" stroke=\"#ffffff\" \
         stroke-width=\"0.5\"/>{}</g>",
        escape(name),
        node.count,
        ROW - 1.0,
        colour(name),
        label(name, node.count, x, y, width)
    );
    let mut left = x;
    for (name, above) in &node.above {
        draw(out, name, above, left, y - ROW, scale, total);
        left += above.count * scale;
    }
}

/// As much of the name and the number as fits.
fn label(name: &str, count: f64, x: f64, y: f64, width: f64) -> String {
    let room = ((width - 6.0) / LETTER) as usize;
    let text = format!("{name} {count:.0}");
    if room < 3 {
        return String::new();
    }
    let shown: String = if text.len() <= room { text } else { name.chars().take(room).collect() };
    format!("<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + 3.0, y + ROW - 6.0, escape(&shown))
}

/// The same name always has the same one of the warm colours.
fn colour(name: &str) -> String {
    match name {
        "all" => return "#e8e8e8".into(),
        "microkernel" => return "#f4b183".into(),
        "vmm" => return "#9dc3e6".into(),
        "bare-aarch64" => return "#c5e0b4".into(),
        _ => (),
    }
    let hash = name.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    format!("#ff{:02x}{:02x}", 150 + hash % 90, 90 + hash / 97 % 80)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_as_wide_as_their_counts() {
        let stack = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let stacks = BTreeMap::from([(stack(&["vmm", "Vm::exit"]), 75.0), (stack(&["microkernel", "a<b>"]), 25.0)]);
        let picture = svg("hvc", &stacks);
        assert!(picture.contains("a&lt;b&gt;: 25.0 instructions, 25.0 %"), "{picture}");
        assert!(picture.contains("width=\"1050.0\""), "{picture}");
        roxmltree::Document::parse(&picture).unwrap();
    }
}
