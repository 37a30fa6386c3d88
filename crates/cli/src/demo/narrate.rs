//! How the demo speaks: short lines, aligned, ticks in front.

use crate::exit::Problem;
use crate::output::Output;

use super::office::OFFICES;

/// The narrator.
#[derive(Clone, Copy)]
pub(crate) struct Narrator {
    out: Output,
}

impl Narrator {
    pub(crate) const fn new(out: Output) -> Self {
        Self { out }
    }

    /// An empty line.
    pub(crate) fn gap(&self) -> Result<(), Problem> {
        self.plain("")
    }

    /// A line as it is.
    pub(crate) fn plain(&self, text: &str) -> Result<(), Problem> {
        Ok(self.out.line(text)?)
    }

    /// A heading.
    pub(crate) fn heading(&self, text: &str) -> Result<(), Problem> {
        self.plain(&self.out.paint.bold(text))
    }

    /// A step of the story: its number and what happens.
    pub(crate) fn step(&self, number: usize, text: &str) -> Result<(), Problem> {
        self.gap()?;
        self.heading(&format!("{number}. {text}"))
    }

    /// Something that was seen to be so.
    pub(crate) fn seen(&self, text: &str) -> Result<(), Problem> {
        self.plain(&format!("   {} {text}", self.out.paint.green("✓")))
    }

    /// Something that was not, with what was expected and what was seen.
    pub(crate) fn missed(&self, text: &str, why: &str) -> Result<(), Problem> {
        let paint = self.out.paint;
        self.plain(&format!(
            "   {} {text}\n       {}",
            paint.red("✗"),
            paint.red(why)
        ))
    }

    /// A claim with each office's verdict in front of it; whys of those that disagree below.
    pub(crate) fn everywhere(&self, claim: &str, verdicts: &[Result<(), String>]) -> Result<(), Problem> {
        let paint = self.out.paint;
        let each = OFFICES.iter().zip(verdicts);
        let ticks: String = each
            .clone()
            .map(|(office, verdict)| {
                let tick = match verdict {
                    Ok(()) => paint.green("✓"),
                    Err(_) => paint.red("✗"),
                };
                format!("{tick} {}  ", office.id)
            })
            .collect();
        self.plain(&format!("   {ticks} {claim}"))?;
        for (office, verdict) in each {
            if let Err(why) = verdict {
                self.plain(&format!("       {}: {}", office.id, paint.red(why)))?;
            }
        }
        Ok(())
    }

    /// Colours, for parts of lines.
    pub(crate) const fn paint(&self) -> crate::output::Paint {
        self.out.paint
    }
}
