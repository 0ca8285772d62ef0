//! In which language and tone a customer is spoken to.

/// A language that there are templates in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German, informal.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The BCP 47 tag, which is the name on the wire and in the table.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language of that tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}

/// How it is said. Facts are the same in every tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Tone {
    /// As short as it can be.
    #[default]
    Plain,
    /// As a friend would say it.
    Warm,
}

impl Tone {
    /// Every tone.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Warm];

    /// The name on the wire, in the table and in templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Warm => "warm",
        }
    }

    /// The tone of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tone| tone.name() == name)
    }
}

/// Language and tone. The default is plain English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Voice {
    /// In which language.
    pub language: Language,
    /// In which tone.
    pub tone: Tone,
}
