//! An adapter's templates, compiled once.

use minijinja::{Environment, Value};

use crate::document::RenderError;
use crate::template::{Format, environment};

/// Templates of one format.
pub(crate) struct Templates(Environment<'static>);

impl Templates {
    /// Compiles templates given by name and text.
    pub(crate) fn new(format: Format, sources: &[(&'static str, &'static str)]) -> Self {
        let mut environment = environment(format);
        for (name, source) in sources {
            environment
                .add_template(name, source)
                .expect("the templates of this crate compile; a test renders each of them");
        }
        Self(environment)
    }

    /// The same with a filter of its own for values.
    pub(crate) fn with_filter(mut self, name: &'static str, filter: fn(&str) -> String) -> Self {
        self.0
            .add_filter(name, move |value: Value| filter(&value.to_string()));
        self
    }

    /// The text of a template.
    pub(crate) fn render(&self, name: &str, context: Value) -> Result<String, RenderError> {
        Ok(self.0.get_template(name)?.render(context)?)
    }
}
