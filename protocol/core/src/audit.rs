//! Watching a verification go by, rule by rule.

/// Hears of each rule that held, in the order of checking; a rule that does not hold is the
/// verifier's error. `()` listens to nothing and costs nothing.
pub trait Audit {
    /// The rule `name` held; `values` says on which values.
    fn passed(&mut self, name: &'static str, values: impl FnOnce() -> String);
}

impl Audit for () {
    fn passed(&mut self, _name: &'static str, _values: impl FnOnce() -> String) {}
}

/// Keeps what it hears.
impl Audit for Vec<(&'static str, String)> {
    fn passed(&mut self, name: &'static str, values: impl FnOnce() -> String) {
        self.push((name, values()));
    }
}
