//! What is said, all of it: see `sweep` for what is varied.

mod everything;
mod reasons;
mod source;
mod strategies;
mod sweep;

use super::templates::files;
use super::{Language, TemplateError, Templates, Tone};

fn templates() -> Templates {
    Templates::compiled_in().unwrap()
}

#[test]
fn templates_that_cannot_be_used_are_named() {
    let with = |change: &dyn Fn(&str, String) -> String| {
        let files = |language| files(language).map(|(file, text)| (file, change(file, text)));
        Templates::of(files).map(|_| ()).unwrap_err()
    };
    let german =
        |then: &dyn Fn(String) -> String| with(&|file, text| if file == "de/messages.ftl" { then(text) } else { text });
    let missing = german(&|text| text.replace("protection = {", "protektion = {"));
    assert_eq!(missing, TemplateError::Missing { language: "de", name: "protection" });
    let twice = german(&|text| text + "\nprotection = Nein\n");
    assert!(matches!(&twice, TemplateError::Twice { file: "de/messages.ftl", .. }), "{twice}");
    let syntax = german(&|text| text + "\nbroken = {\n");
    assert!(syntax.to_string().starts_with("messages/de/messages.ftl: "), "{syntax}");
}

#[test]
fn voices_are_read_by_their_names() {
    for language in Language::ALL {
        assert_eq!(Language::from_tag(language.tag()), Some(language));
    }
    for tone in Tone::ALL {
        assert_eq!(Tone::from_name(tone.name()), Some(tone));
    }
    assert_eq!((Language::from_tag("EN"), Tone::from_name("")), (None, None));
}
