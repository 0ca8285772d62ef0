//! The templates as their authors see them: what they contain, and copies of them that leave marks.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Message, Pattern, PatternElement, Resource, Variant, VariantKey,
};
use fluent_syntax::{parser, serializer};

use crate::message::templates::files;
use crate::message::{Language, Templates};

type Parsed = Resource<String>;

/// What a template refers to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Refers {
    pub(super) arguments: BTreeSet<String>,
    pub(super) templates: BTreeSet<String>,
}

fn parsed(text: String) -> Parsed {
    parser::parse(text).unwrap()
}

/// What each template of a language refers to.
pub(super) fn templates(language: Language) -> BTreeMap<String, Refers> {
    let mut found = BTreeMap::new();
    for (_, text) in files(language) {
        for entry in parsed(text).body {
            if let Entry::Message(Message { id, value: Some(mut pattern), .. }) = entry {
                let mut refers = Refers::default();
                each_expression(&mut pattern, &mut |expression| refers.note(expression));
                assert!(found.insert(id.name, refers).is_none());
            }
        }
    }
    found
}

impl Refers {
    fn note(&mut self, expression: &InlineExpression<String>) {
        match expression {
            InlineExpression::VariableReference { id } => self.arguments.insert(id.name.clone()),
            InlineExpression::MessageReference { id, attribute: None } => self.templates.insert(id.name.clone()),
            InlineExpression::StringLiteral { .. } => false,
            other => panic!("templates get by without {other:?}"),
        };
    }
}

fn each_expression(pattern: &mut Pattern<String>, see: &mut impl FnMut(&InlineExpression<String>)) {
    for element in &mut pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => see(inline),
            Expression::Select { selector, variants } => {
                see(selector);
                variants.iter_mut().for_each(|variant| each_expression(&mut variant.value, see));
            }
        }
    }
}

/// The names that have a variant of their own in any template that chooses by this argument, in any language.
pub(super) fn names_chosen_by(argument: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in Language::ALL.into_iter().flat_map(files).map(|(_, text)| text) {
        for entry in parsed(text).body {
            let Entry::Message(Message { value: Some(pattern), .. }) = entry else { continue };
            for element in pattern.elements {
                if let PatternElement::Placeable { expression: Expression::Select { selector, variants } } = element
                    && matches!(&selector, InlineExpression::VariableReference { id } if id.name == argument)
                {
                    names.extend(variants.iter().map(|variant| name(&variant.key).to_owned()));
                }
            }
        }
    }
    names
}

fn name(key: &VariantKey<String>) -> &str {
    match key {
        VariantKey::Identifier { name } | VariantKey::NumberLiteral { value: name } => name,
    }
}

/// Which pattern a mark stands for. Marks are short: a message has a length to keep.
pub(super) type Marks = BTreeMap<String, String>;

/// Templates in which every pattern, also that of every variant, begins with a mark of its own; and all the marks.
pub(super) fn marked() -> (Templates, BTreeMap<Language, Marks>) {
    let mut marks = BTreeMap::<Language, Marks>::new();
    let mut marked_files = BTreeMap::new();
    for language in Language::ALL {
        let marks = marks.entry(language).or_default();
        marked_files.insert(language, files(language).map(|(file, text)| (file, with_marks(text, marks))));
    }
    (Templates::of(|language| marked_files[&language].clone()).unwrap(), marks)
}

fn with_marks(text: String, marks: &mut Marks) -> String {
    let mut resource = parsed(text);
    for entry in &mut resource.body {
        if let Entry::Message(Message { id, value: Some(pattern), .. }) = entry {
            mark(pattern, &id.name, marks);
        }
    }
    serializer::serialize(&resource)
}

fn mark(pattern: &mut Pattern<String>, path: &str, marks: &mut Marks) {
    for (number, element) in pattern.elements.iter_mut().enumerate() {
        if let PatternElement::Placeable { expression: Expression::Select { variants, .. } } = element {
            for Variant { key, value, .. } in variants {
                let path = format!("{path}/{number}/{}", name(key));
                mark(value, &path, marks);
            }
        }
    }
    let mark = format!("⟦{}⟧", marks.len());
    pattern.elements.insert(0, PatternElement::TextElement { value: mark.clone() });
    marks.insert(mark, path.to_owned());
}
