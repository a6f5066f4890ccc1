// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where everything goes: columns of boxes, and a lane of its own for each arc.

use super::scene::{Box, Port, Scene};

pub const MARGIN: f64 = 24.0;
pub const LINE: f64 = 17.0;
pub const TITLE: f64 = 24.0;
const PAD: f64 = 10.0;
const GAP: f64 = 18.0;
const CHARACTER: f64 = 7.3;
const INDENT: f64 = 30.0;
const LANE: f64 = 12.0;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn right(&self) -> f64 {
        self.x + self.width
    }
}

pub struct Layout {
    pub sources: Vec<Rect>,
    pub domains: Vec<Rect>,
    /// The x of each arc's vertical part.
    pub lanes: Vec<f64>,
    pub width: f64,
    pub height: f64,
}

impl Layout {
    pub fn of(scene: &Scene) -> Self {
        let source_width = scene.sources.iter().map(box_width).fold(0.0, f64::max);
        let wires = 60.0 + 6.0 * (scene.uses.len() as f64).sqrt() * 4.0;
        let domain_x = if scene.sources.is_empty() { MARGIN } else { MARGIN + source_width + wires };
        let domains = stack(&scene.domains, domain_x);
        let sources = place_sources(scene, &domains, source_width);
        let right = domains.iter().map(Rect::right).fold(0.0, f64::max);
        let (lanes, lane_count) = lanes(scene, &domains, right);
        let bottom = domains.iter().chain(&sources).map(|rect| rect.y + rect.height).fold(0.0, f64::max);
        let width = right + 40.0 + LANE * lane_count as f64 + MARGIN;
        Layout { sources, domains, lanes, width, height: bottom + MARGIN }
    }

    /// The height at which a line's connection leaves the box.
    pub fn port_y(&self, port: Port) -> f64 {
        line_y(&self.domains[port.domain], port.line)
    }
}

/// The middle of a line of a box.
pub fn line_y(rect: &Rect, line: usize) -> f64 {
    rect.y + TITLE + PAD / 2.0 + LINE * (line as f64 + 0.5)
}

fn box_width(item: &Box) -> f64 {
    let longest = item.lines.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
    longest.max(item.title.chars().count() + 2) as f64 * CHARACTER + 2.0 * PAD
}

fn box_height(item: &Box) -> f64 {
    TITLE + LINE * item.lines.len() as f64 + PAD
}

fn stack(boxes: &[Box], x: f64) -> Vec<Rect> {
    let mut y = MARGIN;
    boxes
        .iter()
        .map(|item| {
            let x = x + INDENT * item.depth as f64;
            let rect = Rect { x, y, width: box_width(item), height: box_height(item) };
            y += rect.height + GAP;
            rect
        })
        .collect()
}

/// Each source near the middle of what uses it, in that order, so that wires cross little.
fn place_sources(scene: &Scene, domains: &[Rect], width: f64) -> Vec<Rect> {
    let wish = |source: usize| {
        let ys = scene.uses.iter().filter(|(used, ..)| *used == source);
        let ys: Vec<_> = ys.map(|(_, port, _)| line_y(&domains[port.domain], port.line)).collect();
        if ys.is_empty() { f64::MAX } else { ys.iter().sum::<f64>() / ys.len() as f64 }
    };
    let mut order: Vec<_> = (0..scene.sources.len()).map(|source| (wish(source), source)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut rects = vec![Rect { x: MARGIN, y: 0.0, width, height: 0.0 }; scene.sources.len()];
    let mut y = MARGIN;
    for (wish, source) in order {
        let height = box_height(&scene.sources[source]);
        if wish < f64::MAX {
            y = f64::max(y, wish - height / 2.0);
        }
        rects[source] = Rect { x: MARGIN, y, width, height };
        y += height + GAP / 2.0;
    }
    rects
}

/// The first lane in which nothing else runs at the same height; short arcs get the inner lanes.
fn lanes(scene: &Scene, domains: &[Rect], right: f64) -> (Vec<f64>, usize) {
    let span = |from: Port, to: Port| {
        let [a, b] = [from, to].map(|port| line_y(&domains[port.domain], port.line));
        (a.min(b), a.max(b))
    };
    let mut order: Vec<_> = (0..scene.arcs.len()).collect();
    let length = |arc: &usize| {
        let (top, bottom) = span(scene.arcs[*arc].from, scene.arcs[*arc].to);
        bottom - top
    };
    order.sort_by(|a, b| length(a).total_cmp(&length(b)));
    let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut lanes = vec![0.0; scene.arcs.len()];
    for arc in order {
        let (top, bottom) = span(scene.arcs[arc].from, scene.arcs[arc].to);
        let free = |lane: &Vec<(f64, f64)>| lane.iter().all(|(a, b)| bottom + 4.0 < *a || *b + 4.0 < top);
        let lane = taken.iter().position(free).unwrap_or_else(|| {
            taken.push(Vec::new());
            taken.len() - 1
        });
        taken[lane].push((top, bottom));
        lanes[arc] = right + 28.0 + LANE * lane as f64;
    }
    (lanes, taken.len())
}
