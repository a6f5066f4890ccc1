// SPDX-License-Identifier: MIT OR Apache-2.0
//! How costs grow: curves of the kernel's own calls, of exits, interrupts and switches, as a table and as plots.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use plotters::coord::combinators::IntoLogRange;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use regex::Regex;

use super::measured::check_counter;
use super::subject::Job;
use super::table::write_aligned;
use super::{Bench, Subject, many, native};
use lazaret_machine::interrupt::interrupted;

const WIDTH: u32 = 1100;
/// Plots side by side.
const COLUMNS: usize = 2;
/// Times more at its end than at its beginning.
const RISES: f64 = 3.0;
/// Of one plot.
const HEIGHT: u32 = 190;

static POINT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"GROWTH curve=(\w+) x=(\d+) net=(\d+)").unwrap_or_else(|error| panic!("{error}")));

/// What a guest prints, and its last line.
const GUEST: Job<'_> = Job::new("mode=growth", r"GUEST growth: \d+ passed");

/// By name: x and instructions.
pub type Curves = BTreeMap<String, Vec<(u64, u64)>>;

/// All curves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    curves: Curves,
}

impl Growth {
    /// Runs the programs and the systems that show them.
    pub fn take(bench: &Bench<'_>) -> anyhow::Result<Self> {
        let mut growth = Self::parse(&native::output(bench, Subject::Lazaret)?)?;
        if interrupted() {
            return Ok(growth);
        }
        let guest = bench.run(Subject::Lazaret, GUEST)?.output;
        check_counter(&guest)?;
        growth.curves.extend(Self::parse(&guest)?.curves);
        growth.curves.extend(many::curves(bench)?);
        Ok(growth)
    }

    fn parse(output: &str) -> anyhow::Result<Self> {
        let mut curves = Curves::new();
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

    /// A plot for each curve.
    pub fn svg(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        {
            let size = (WIDTH, HEIGHT * self.rows() as u32);
            let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
            self.draw(&area).map_err(|error| anyhow::anyhow!("the plots cannot be drawn: {error}"))?;
            area.present()?;
        }
        Ok(text)
    }

    fn rows(&self) -> usize {
        self.curves.len().div_ceil(COLUMNS)
    }

    fn draw(
        &self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        area.fill(&WHITE)?;
        for (part, (name, points)) in area.split_evenly((self.rows(), COLUMNS)).iter().zip(&self.curves) {
            let points: Vec<_> = points.iter().map(|(x, y)| (*x as f64, *y as f64)).collect();
            let most = points.iter().map(|(_, y)| *y).fold(10.0, f64::max) * 1.3;
            let (first, last) = (points[0], points[points.len() - 1]);
            let mut chart = ChartBuilder::on(part);
            chart
                .caption(format!("{}: instructions", name.replace('_', " ")), ("sans-serif", 14))
                .margin(8)
                .x_label_area_size(24)
                .y_label_area_size(70);
            // A curve that rises shows its form on even axes, one that does not its whole length.
            if last.1 > RISES * first.1 {
                curve(chart.build_cartesian_2d(0.0..last.0 * 1.05, 0.0..most)?, &points)?;
            } else {
                let start = first.0.max(1.0) * 0.8;
                curve(chart.build_cartesian_2d((start..last.0 * 1.2).log_scale(), 0.0..most)?, &points)?;
            }
        }
        Ok(())
    }
}

/// Line and points.
fn curve<'a, X>(
    mut chart: ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, RangedCoordf64>>,
    points: &[(f64, f64)],
) -> Result<(), Box<dyn std::error::Error>>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let whole = |number: &f64| format!("{number:.0}");
    chart.configure_mesh().y_labels(5).x_label_formatter(&whole).y_label_formatter(&whole).draw()?;
    chart.draw_series([PathElement::new(points.to_vec(), BLUE.stroke_width(2))])?;
    chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, BLUE.filled())))?;
    Ok(())
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
