//! The templates: read once, used for every sentence.

use std::fmt;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use super::number::{self, Numbers};
use super::{Key, Language};
use crate::money::Amount;

/// What nearly every text has room in, so that it need not grow.
const TEXT_BYTES: usize = 128;

/// A folder of templates: each file's path below `messages/` and its text.
type Folder = [(&'static str, &'static str); 3];

macro_rules! folder {
    ($language:literal) => {
        [folder!($language, "messages.ftl"), folder!($language, "names.ftl"), folder!($language, "reasons.ftl")]
    };
    ($language:literal, $file:literal) => {
        (
            concat!($language, "/", $file),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/messages/", $language, "/", $file)),
        )
    };
}

const ENGLISH: Folder = folder!("en");
const GERMAN: Folder = folder!("de");

/// A language's files that are compiled in.
pub(super) fn files(language: Language) -> [(&'static str, String); 3] {
    let folder = match language {
        Language::English => ENGLISH,
        Language::German => GERMAN,
    };
    folder.map(|(file, text)| (file, text.to_owned()))
}

/// Why templates cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A file is not Fluent.
    #[error("messages/{file}: {cause}")]
    Syntax {
        /// The file, below `messages/`.
        file: &'static str,
        /// What the parser says.
        cause: String,
    },
    /// Two templates of a language have the same name.
    #[error("messages/{file}: {cause}")]
    Twice {
        /// The file with the second of them, below `messages/`.
        file: &'static str,
        /// Which it is.
        cause: String,
    },
    /// A template that the engine uses is not there.
    #[error("messages/{language}: there is no template {name}")]
    Missing {
        /// The language.
        language: &'static str,
        /// The template.
        name: &'static str,
    },
    /// The library knows no plurals or number formats of the language.
    #[error("messages/{0}: the language is not known")]
    Language(&'static str),
}

/// The templates of all languages. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Templates {
    english: Arc<Texts>,
    german: Arc<Texts>,
}

impl Templates {
    /// The templates compiled in.
    ///
    /// # Errors
    /// None, as long as this crate's tests pass.
    pub fn compiled_in() -> Result<Self, TemplateError> {
        Self::of(files)
    }

    /// The templates of these files, which every language has.
    pub(super) fn of<const N: usize>(
        files: impl Fn(Language) -> [(&'static str, String); N],
    ) -> Result<Self, TemplateError> {
        let texts = |language| Texts::of(language, files(language)).map(Arc::new);
        Ok(Self { english: texts(Language::English)?, german: texts(Language::German)? })
    }

    pub(super) fn texts(&self, language: Language) -> &Texts {
        match language {
            Language::English => &self.english,
            Language::German => &self.german,
        }
    }
}

/// The templates of one language.
pub(super) struct Texts {
    bundle: FluentBundle<FluentResource>,
    numbers: Numbers,
}

impl Texts {
    fn of<const N: usize>(language: Language, files: [(&'static str, String); N]) -> Result<Self, TemplateError> {
        let tag = language.tag();
        let unknown = || TemplateError::Language(tag);
        let identifier: LanguageIdentifier = tag.parse().map_err(|_| unknown())?;
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(number::write));
        for (file, text) in files {
            let resource = FluentResource::try_new(text).map_err(|(_, errors)| TemplateError::Syntax {
                file,
                cause: errors.first().map(ToString::to_string).unwrap_or_default(),
            })?;
            bundle.add_resource(resource).map_err(|errors| TemplateError::Twice {
                file,
                cause: errors.first().map(ToString::to_string).unwrap_or_default(),
            })?;
        }
        let is_missing = |key: &&Key| bundle.get_message(key.name()).and_then(|message| message.value()).is_none();
        if let Some(key) = Key::ALL.iter().find(is_missing) {
            return Err(TemplateError::Missing { language: tag, name: key.name() });
        }
        Ok(Self { bundle, numbers: Numbers::of(tag).map_err(|_| unknown())? })
    }

    /// A template's text with these arguments in it. Every template that there is a key for is there, or [`Texts::of`] had
    /// failed; that no argument is missing is tested.
    pub(super) fn text(&self, key: Key, arguments: &FluentArgs<'_>) -> String {
        let mut text = String::with_capacity(TEXT_BYTES);
        let message = self.bundle.get_message(key.name());
        if let Some(pattern) = message.and_then(|message| message.value()) {
            // Writing to a string does not fail.
            let _ = self.bundle.write_pattern(&mut text, pattern, Some(arguments), &mut Vec::new());
        }
        text
    }

    /// An amount with its currency, as the language writes it.
    pub(super) fn money(&self, amount: Amount) -> String {
        let mut arguments = FluentArgs::with_capacity(2);
        arguments.set("currency", amount.currency().code());
        arguments.set("number", self.numbers.amount(amount));
        self.text(Key::Money, &arguments)
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Texts").field("locales", &self.bundle.locales).finish_non_exhaustive()
    }
}
