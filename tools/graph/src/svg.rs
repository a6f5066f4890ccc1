// SPDX-License-Identifier: MIT OR Apache-2.0
//! The picture as text.

use std::fmt::Write;

use super::layout::{LINE, Layout, Rect, TITLE, line_y};
use super::scene::{Box, Scene};

/// Light and dark, so that the picture can be read on any page.
const STYLE: &str = "
  text { font: 12px ui-monospace, 'DejaVu Sans Mono', monospace; fill: #1c2430 }
  .title { font-weight: bold; font-size: 13px }
  .box { stroke: #33415c; stroke-width: 1.2; fill: #ffffff }
  .memory { fill: #e8f1fb } .fixed { fill: #d3e4f7 } .irq { fill: #fdf0d5 } .domain { fill: #f7f7f5 }
  .inner { fill: #e6f4ea; stroke: #3b7a57; stroke-width: 1 }
  .wire { fill: none; stroke-width: 1.2; stroke: #3a6ea5; opacity: .75 }
  .wire.irq { stroke: #b7791f; fill: none } .wire.machine { stroke: #3b7a57 }
  .wire.channel { stroke: #8a2f5d } .wire.child { stroke: #555; stroke-dasharray: 4 3 }
  .background { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e9ef } .background { fill: #14181f } .box { stroke: #8fa3c4 }
    .memory { fill: #1e3048 } .fixed { fill: #25405f } .irq { fill: #4a3a14 } .domain { fill: #222831 }
    .inner { fill: #1f3a2b } .wire { stroke: #7fb2e5 } .wire.channel { stroke: #e08bb5 } .wire.irq { fill: none }
  }
";

pub fn render(scene: &Scene, layout: &Layout) -> String {
    let mut out = String::new();
    let (width, height) = (layout.width.ceil(), layout.height.ceil());
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let size = format!("width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\"");
    line(&mut out, format_args!("<svg xmlns=\"http://www.w3.org/2000/svg\" {size} role=\"img\">"));
    line(&mut out, format_args!("<title>A system of protection domains</title><style>{STYLE}</style>"));
    out.push_str(
        "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto-start-reverse\"><path d=\"M0 0 8 4 0 8Z\" fill=\"context-stroke\"/></marker></defs>\n",
    );
    line(&mut out, format_args!("<rect class=\"background\" width=\"{width}\" height=\"{height}\"/>"));
    wires(&mut out, scene, layout);
    arcs(&mut out, scene, layout);
    for (item, rect) in scene.sources.iter().zip(&layout.sources).chain(scene.domains.iter().zip(&layout.domains)) {
        draw_box(&mut out, item, rect);
    }
    out.push_str("</svg>\n");
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a String takes everything");
}

/// From a source's right edge to a line's left end.
fn wires(out: &mut String, scene: &Scene, layout: &Layout) {
    for (source, port, class) in &scene.uses {
        let (from, to) = (&layout.sources[*source], &layout.domains[port.domain]);
        let (x1, y1, x2, y2) = (from.right(), from.y + from.height / 2.0, to.x, layout.port_y(*port));
        let middle = (x1 + x2) / 2.0;
        let path = format!("M{x1:.1} {y1:.1}C{middle:.1} {y1:.1} {middle:.1} {y2:.1} {x2:.1} {y2:.1}");
        line(out, format_args!("<path class=\"wire {class}\" d=\"{path}\"/>"));
    }
}

/// From one line's right end to another's, by way of the arc's lane.
fn arcs(out: &mut String, scene: &Scene, layout: &Layout) {
    for (arc, lane) in scene.arcs.iter().zip(&layout.lanes) {
        let [y1, y2] = [arc.from, arc.to].map(|port| layout.port_y(port));
        let [x1, x2] = [arc.from, arc.to].map(|port| layout.domains[port.domain].right());
        let bend = 6.0_f64.min((y2 - y1).abs() / 2.0) * (y2 - y1).signum();
        let path = format!(
            "M{x1:.1} {y1:.1}H{:.1}Q{lane:.1} {y1:.1} {lane:.1} {:.1}V{:.1}Q{lane:.1} {y2:.1} {:.1} {y2:.1}H{x2:.1}",
            lane - 6.0,
            y1 + bend,
            y2 - bend,
            lane - 6.0
        );
        let head = |on: bool, which: &str| if on { format!(" marker-{which}=\"url(#head)\"") } else { String::new() };
        let heads = head(arc.heads[0], "start") + &head(arc.heads[1], "end");
        line(out, format_args!("<path class=\"wire {}\" d=\"{path}\"{heads}/>", arc.class));
    }
}

fn draw_box(out: &mut String, item: &Box, rect: &Rect) {
    line(out, format_args!("<g>{}", rectangle(&format!("box {}", item.class), rect, 6.0)));
    text(out, "title", rect.x + 10.0, rect.y + TITLE - 7.0, &item.title);
    if let Some(first) = item.lines.iter().position(|line| line.class.starts_with("machine")) {
        let count = item.lines[first..].iter().take_while(|line| line.class.starts_with("machine")).count();
        let y = line_y(rect, first) - LINE / 2.0;
        let inner = Rect { x: rect.x + 4.0, y, width: rect.width - 8.0, height: LINE * count as f64 };
        line(out, format_args!("{}", rectangle("inner", &inner, 4.0)));
    }
    for (index, entry) in item.lines.iter().enumerate() {
        let class = if entry.class == "machine-title" { "title" } else { "text" };
        text(out, class, rect.x + 10.0, line_y(rect, index) + 4.0, &entry.text);
    }
    out.push_str("</g>\n");
}

fn rectangle(class: &str, rect: &Rect, radius: f64) -> String {
    let Rect { x, y, width, height } = rect;
    format!(
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius}\"/>"
    )
}

fn text(out: &mut String, class: &str, x: f64, y: f64, content: &str) {
    line(out, format_args!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escape(content)));
}

/// For text content; characters that XML cannot hold become a replacement character.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
