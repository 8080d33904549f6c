//! The vectors: data with verdicts from outside the project, found by `CAUSEWAY_VECTORS`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One folder of vectors, with a record of which files were read.
#[derive(Debug)]
pub struct Vectors {
    root: PathBuf,
    read: RefCell<BTreeSet<String>>,
}

/// How the files that match a pattern are exercised. In a pattern, `*` stands for any text.
#[derive(Clone, Copy)]
pub struct Suite {
    /// Which files, relative to the vectors' root.
    pub pattern: &'static str,
    /// Exercises one file; panics when a verdict is not as expected.
    pub run: fn(&Vectors, &str),
}

/// Files that are deliberately not exercised: pattern and reason.
pub type Excluded = &'static [(&'static str, &'static str)];

impl Vectors {
    /// The vectors, or `None` (and a line that says SKIPPED) when `CAUSEWAY_VECTORS` is unset.
    ///
    /// # Panics
    ///
    /// When the variable is set, but names no folder, or an empty one.
    #[expect(clippy::print_stderr, reason = "the suite must say what it skips")]
    pub fn open() -> Option<Self> {
        let Some(root) = std::env::var_os("CAUSEWAY_VECTORS").map(PathBuf::from) else {
            eprintln!("SKIPPED: CAUSEWAY_VECTORS is not set, no vectors are run");
            return None;
        };
        let vectors = Self { root, read: RefCell::default() };
        assert!(
            !vectors.files("").is_empty(),
            "CAUSEWAY_VECTORS is set to {}, where there are no vectors",
            vectors.root.display()
        );
        Some(vectors)
    }

    /// The bytes of a file, given relative to the vectors' root.
    ///
    /// # Panics
    ///
    /// When there is no such file.
    pub fn bytes(&self, file: &str) -> Vec<u8> {
        self.read.borrow_mut().insert(file.to_owned());
        std::fs::read(self.root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// The text of a file.
    ///
    /// # Panics
    ///
    /// When there is no such file, or it is not UTF-8.
    pub fn text(&self, file: &str) -> String {
        String::from_utf8(self.bytes(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// The JSON document in a file.
    ///
    /// # Panics
    ///
    /// When there is no such file, or it is not JSON.
    pub fn json(&self, file: &str) -> serde_json::Value {
        serde_json::from_slice(&self.bytes(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// All files below a folder, relative to the root, sorted; READMEs aside.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![self.root.join(folder)];
        while let Some(path) = open.pop() {
            match std::fs::read_dir(&path) {
                Ok(entries) => open.extend(entries.flatten().map(|entry| entry.path())),
                Err(_) => found.extend(self.relative(&path)),
            }
        }
        found.retain(|file| !file.ends_with("README.md"));
        found.sort();
        found
    }

    fn relative(&self, path: &Path) -> Option<String> {
        path.is_file().then_some(())?;
        Some(path.strip_prefix(&self.root).ok()?.to_str()?.to_owned())
    }

    /// Runs every suite on every file it matches, then demands that each file below `folder` was
    /// read or is excluded, and that each pattern still matches something.
    ///
    /// # Panics
    ///
    /// When a verdict is not as expected, or a file was forgotten.
    #[expect(clippy::print_stdout, reason = "the suite says how much it ran")]
    pub fn run(&self, folder: &str, suites: &[Suite], excluded: Excluded) {
        let files = self.files(folder);
        let mut runs = 0_usize;
        for suite in suites {
            let matching: Vec<_> = files.iter().filter(|f| matches(suite.pattern, f)).collect();
            assert!(!matching.is_empty(), "no file matches {}", suite.pattern);
            for file in matching {
                (suite.run)(self, file);
                runs = runs.saturating_add(1);
            }
        }
        let read = self.read.borrow();
        let is_excluded = |file: &str| excluded.iter().any(|(pattern, _)| matches(pattern, file));
        for (pattern, _) in excluded {
            assert!(files.iter().any(|f| matches(pattern, f)), "no file matches {pattern}");
        }
        let forgotten: Vec<_> =
            files.iter().filter(|f| !read.contains(*f) && !is_excluded(f)).collect();
        assert!(forgotten.is_empty(), "neither exercised nor excluded: {forgotten:#?}");
        println!("vectors: {folder}: {} files read in {runs} runs", read.len());
    }
}

/// True when `file` matches `pattern`, in which each `*` stands for any text.
pub fn matches(pattern: &str, file: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == file,
        Some((head, tail)) => file.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).filter_map(|start| rest.get(start..)).any(|rest| matches(tail, rest))
        }),
    }
}
