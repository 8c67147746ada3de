//! Texts of seeds, before anybody looks into them: what they hold is in [`super`].

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use cinchy_seed::{SeedError, SeedErrors};

use super::files::read_files;
use super::{Seeds, fingerprint, known, read};
use crate::error::Result;

/// Texts of seeds, which nobody has looked into yet.
#[derive(Debug, Clone, Default)]
pub struct SeedTexts {
    /// Name and text each.
    texts: Vec<(String, Cow<'static, str>)>,
    /// Their files, where they come from some.
    paths: Vec<PathBuf>,
}

impl SeedTexts {
    /// No seed.
    pub fn none() -> Self {
        Self::default()
    }

    /// The built-in demo.
    pub fn demo() -> Self {
        Self {
            texts: vec![("demo seed".to_owned(), Cow::Borrowed(cinchy_seed::DEMO))],
            paths: Vec::new(),
        }
    }

    /// Those of files.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of_files(paths: &[PathBuf]) -> Result<Self> {
        let mut texts = Vec::new();
        for path in paths {
            texts.push((path.display().to_string(), Cow::Owned(read(path)?)));
        }
        Ok(Self {
            texts,
            paths: paths.to_vec(),
        })
    }

    /// That of their seeds.
    pub fn fingerprint(&self) -> String {
        if self.texts.is_empty() {
            return Seeds::none().fingerprint;
        }
        fingerprint(self.texts.iter().map(|(_, text)| text.as_ref()))
    }

    /// Their seeds, with the files that these name beside them.
    ///
    /// # Errors
    /// What does not fit the model, or a file that cannot be read.
    pub fn parse(&self) -> Result<Seeds> {
        if self.texts.is_empty() {
            return Ok(Seeds::none());
        }
        let texts = self.texts.iter();
        let mut seeds = Seeds::of_texts(texts.map(|(name, text)| (name.as_str(), text.as_ref())))?;
        let mut errors = Vec::new();
        for (seed, path) in seeds.seeds.iter_mut().zip(&self.paths) {
            let folder = path.parent().unwrap_or(Path::new("."));
            read_files(seed, folder, &mut errors);
        }
        if errors.is_empty() {
            return Ok(seeds);
        }
        // What else is wrong is said with them.
        if let Err(SeedErrors(others)) = cinchy_seed::check(&seeds.seeds, &known::fresh()) {
            errors.extend(others);
        }
        let place = |error: &SeedError| {
            let mut files = seeds.seeds.iter();
            let file = files.position(|seed| *seed.file == *error.file);
            (file.unwrap_or(usize::MAX), error.line, error.column)
        };
        errors.sort_by_key(place);
        Err(SeedErrors(errors).into())
    }
}
