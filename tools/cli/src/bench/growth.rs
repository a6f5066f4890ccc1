// SPDX-License-Identifier: MIT OR Apache-2.0
//! How costs grow: curves of the kernel's own calls, as a table and as plots, one above the other.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use plotters::coord::combinators::IntoLogRange;
use plotters::prelude::*;
use regex::Regex;

use super::table::write_aligned;
use super::{Bench, native};

const WIDTH: u32 = 800;
/// Of one plot.
const HEIGHT: u32 = 190;

static POINT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"GROWTH curve=(\w+) x=(\d+) net=(\d+)").unwrap_or_else(|error| panic!("{error}")));

/// Curves by name: x and instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    curves: BTreeMap<String, Vec<(u64, u64)>>,
}

impl Growth {
    /// Runs the program that prints them.
    pub fn take(bench: &Bench<'_>) -> anyhow::Result<Self> {
        Self::parse(&native::output(bench)?)
    }

    fn parse(output: &str) -> anyhow::Result<Self> {
        let mut curves: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
        for captures in output.lines().filter_map(|line| POINT.captures(line)) {
            curves.entry(captures[1].into()).or_default().push((captures[2].parse()?, captures[3].parse()?));
        }
        anyhow::ensure!(!curves.is_empty(), "no curve was printed");
        Ok(Self { curves })
    }

    /// For people: each curve, and how many times more its last point costs than its first.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (name, points) in &self.curves {
            let (first, last) = (points[0], points[points.len() - 1]);
            let times = last.1 as f64 / first.1.max(1) as f64;
            out.push_str(&format!("{name}: {times:.2} times from n = {} to n = {}\n", first.0, last.0));
            let line = |head: &str, number: fn(&(u64, u64)) -> u64| {
                std::iter::once(head.to_string()).chain(points.iter().map(|p| number(p).to_string())).collect()
            };
            let lines: [Vec<String>; 2] = [line("  n", |point| point.0), line("  instructions", |point| point.1)];
            write_aligned(&mut out, &lines);
        }
        out
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!(self.curves)
    }

    /// A plot for each curve, both axes logarithmic: a line that rises by a square a square is linear.
    pub fn svg(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        {
            let size = (WIDTH, HEIGHT * self.curves.len() as u32);
            let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
            self.draw(&area).map_err(|error| anyhow::anyhow!("the plots cannot be drawn: {error}"))?;
            area.present()?;
        }
        Ok(text)
    }

    fn draw(
        &self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        area.fill(&WHITE)?;
        for (part, (name, points)) in area.split_evenly((self.curves.len(), 1)).iter().zip(&self.curves) {
            let numbers: Vec<_> = points.iter().map(|(x, y)| (*x as f64, (*y).max(1) as f64)).collect();
            let most = numbers.iter().map(|(_, y)| *y).fold(10.0, f64::max) * 3.0;
            let least = numbers.iter().map(|(_, y)| *y).fold(most, f64::min) / 3.0;
            let end = numbers.last().map_or(1.0, |(x, _)| *x) * 1.2;
            let mut chart = ChartBuilder::on(part)
                .caption(format!("{}: instructions", name.replace('_', " ")), ("sans-serif", 14))
                .margin(8)
                .x_label_area_size(24)
                .y_label_area_size(70)
                .build_cartesian_2d((0.9..end).log_scale(), (least..most).log_scale())?;
            chart.configure_mesh().y_labels(4).draw()?;
            chart.draw_series([PathElement::new(numbers.clone(), BLUE.stroke_width(2))])?;
            chart.draw_series(numbers.iter().map(|point| Circle::new(*point, 3, BLUE.filled())))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_read_told_and_drawn() {
        let output =
            "GROWTH curve=revoke_n x=1 net=100\nGROWTH curve=revoke_n x=8 net=800\nGROWTH curve=flat x=1 net=5\n";
        let growth = Growth::parse(output).unwrap();
        assert!(growth.text().contains("revoke_n: 8.00 times from n = 1 to n = 8"), "{}", growth.text());
        roxmltree::Document::parse(&growth.svg().unwrap()).unwrap();
        assert!(Growth::parse("nothing").is_err());
    }
}
