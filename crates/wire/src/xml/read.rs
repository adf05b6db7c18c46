//! A document as a flat tree: names interned, all text in one buffer, children linked.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use api::Member;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::Expected;
use crate::bind::Source;

/// Deeper than any of AWS's documents.
const DEPTH_MAX: usize = 32;

/// Not XML, or more of XML than we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// A document that was read. The root is node 0.
pub struct Document {
    names: HashMap<Box<str>, usize>,
    nodes: Vec<Node>,
    text: String,
    /// Sorted by node, as they were read.
    attributes: Vec<Attribute>,
}

struct Node {
    name: usize,
    text: Range<usize>,
    first_child: Option<usize>,
    next: Option<usize>,
}

struct Attribute {
    node: usize,
    name: Box<str>,
    value: String,
}

impl Document {
    /// Reads `bytes`, whose length the caller bounds.
    ///
    /// # Errors
    /// Where they are not one well-formed element, in UTF-8, without a DTD.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed)?;
        let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut builder = Builder::default();
        loop {
            match reader.read_event().map_err(|_| Malformed)? {
                Event::Start(start) => builder.open(&start)?,
                Event::Empty(start) => {
                    builder.open(&start)?;
                    builder.close();
                }
                Event::End(_) => builder.close(),
                Event::Text(text) => builder.text(&text.xml10_content())?,
                Event::CData(data) => builder.text(&data.xml10_content())?,
                Event::GeneralRef(reference) => builder.reference(&reference)?,
                Event::Decl(_) | Event::Comment(_) => {}
                Event::PI(_) | Event::DocType(_) => return Err(Malformed),
                Event::Eof => return builder.finish(),
            }
        }
    }

    pub fn root(&self) -> Element<'_> {
        Element { document: self, node: 0, run: false, attribute: None }
    }

    fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        let first = self.nodes.get(node).and_then(|node| node.first_child);
        std::iter::successors(first, |child| self.nodes.get(*child)?.next)
    }

    fn text_of(&self, node: usize) -> &str {
        let range = self.nodes.get(node).map(|node| node.text.clone());
        range.and_then(|range| self.text.get(range)).unwrap_or_default()
    }
}

#[derive(Default)]
struct Builder {
    names: HashMap<Box<str>, usize>,
    nodes: Vec<Node>,
    text: String,
    attributes: Vec<Attribute>,
    /// The open elements, each with its last child.
    open: Vec<(usize, Option<usize>)>,
}

impl Builder {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), Malformed> {
        if self.open.len() == DEPTH_MAX || (self.open.is_empty() && !self.nodes.is_empty()) {
            return Err(Malformed);
        }
        let qualified = start.name();
        let node = self.nodes.len();
        let name = self.intern(local(qualified.as_ref()));
        let at = self.text.len();
        self.nodes.push(Node { name, text: at..at, first_child: None, next: None });
        if let Some((parent, last)) = self.open.last_mut() {
            let link = match last.replace(node) {
                Some(sibling) => self.nodes.get_mut(sibling).map(|sibling| &mut sibling.next),
                None => self.nodes.get_mut(*parent).map(|parent| &mut parent.first_child),
            };
            if let Some(link) = link {
                *link = Some(node);
            }
        }
        self.open.push((node, None));
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| Malformed)?;
            let name: &str = attribute.key.as_ref();
            if name != "xmlns" && !name.starts_with("xmlns:") {
                let value = attribute
                    .normalized_value(XmlVersion::Implicit1_0)
                    .map_err(|_| Malformed)?
                    .into_owned();
                self.attributes.push(Attribute { node, name: local(name).into(), value });
            }
        }
        Ok(())
    }

    fn close(&mut self) {
        if let Some((node, _)) = self.open.pop()
            && let Some(node) = self.nodes.get_mut(node)
        {
            node.text.end = self.text.len();
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Malformed> {
        if self.open.is_empty() {
            return if text.trim().is_empty() { Ok(()) } else { Err(Malformed) };
        }
        self.text.push_str(text);
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Malformed> {
        let named = match &**reference {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference.resolve_char_ref().map_err(|_| Malformed)?,
        };
        let c = named.filter(|_| !self.open.is_empty()).ok_or(Malformed)?;
        self.text.push(c);
        Ok(())
    }

    fn intern(&mut self, name: &str) -> usize {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        let id = self.names.len();
        self.names.insert(name.into(), id);
        id
    }

    fn finish(self) -> Result<Document, Malformed> {
        if self.nodes.is_empty() || !self.open.is_empty() {
            return Err(Malformed);
        }
        let Self { names, nodes, text, attributes, .. } = self;
        Ok(Document { names, nodes, text, attributes })
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// An element, or the run of siblings that begins with it (a flattened list).
#[derive(Clone, Copy)]
pub struct Element<'d> {
    document: &'d Document,
    node: usize,
    run: bool,
    /// Stands for one attribute of the element.
    attribute: Option<&'d str>,
}

impl<'d> Element<'d> {
    pub fn is_named(&self, name: &str) -> bool {
        let id = self.document.names.get(name);
        id.is_some() && id == self.document.nodes.get(self.node).map(|node| &node.name)
    }

    pub fn child(&self, name: &str) -> Option<Self> {
        self.named(name).next()
    }

    /// The text of an element without children.
    pub fn text(&self) -> Option<&'d str> {
        if self.attribute.is_some() {
            return self.attribute;
        }
        let node = self.document.nodes.get(self.node)?;
        node.first_child.is_none().then(|| self.document.text_of(self.node))
    }

    fn named(&self, name: &str) -> impl Iterator<Item = Self> + use<'d> {
        let document = self.document;
        let id = document.names.get(name).copied();
        let all = document.children(self.node);
        all.filter(move |child| id.is_some() && document.nodes.get(*child).map(|n| n.name) == id)
            .map(move |node| Self { document, node, run: false, attribute: None })
    }

    /// This element and its later siblings of the same name.
    fn siblings(&self) -> impl Iterator<Item = Self> + use<'d> {
        let document = self.document;
        let name = document.nodes.get(self.node).map(|node| node.name);
        std::iter::successors(Some(self.node), |node| document.nodes.get(*node)?.next)
            .filter(move |node| document.nodes.get(*node).map(|node| node.name) == name)
            .map(move |node| Self { document, node, run: false, attribute: None })
    }

    fn attribute(&self, name: &str) -> Option<&'d str> {
        let all = &self.document.attributes;
        let first = all.partition_point(|attribute| attribute.node < self.node);
        let own = all.iter().skip(first).take_while(|attribute| attribute.node == self.node);
        own.into_iter().find(|a| &*a.name == name).map(|a| a.value.as_str())
    }
}

impl Source for Element<'_> {
    fn text(&self) -> Option<Cow<'_, str>> {
        Element::text(self).map(Cow::Borrowed)
    }

    fn member(&self, member: &'static Member) -> Option<Self> {
        if member.attribute {
            let attribute = self.attribute(local(member.wire));
            return attribute.map(|_| Self { attribute, ..*self });
        }
        let found = self.child(member.wire)?;
        Some(Self { run: member.flattened, ..found })
    }

    fn items(
        &self,
        element: &'static Member,
        _flattened: bool,
        each: &mut dyn FnMut(Self),
    ) -> Result<(), Expected> {
        if self.run {
            self.siblings().for_each(each);
        } else {
            self.named(element.wire).for_each(each);
        }
        Ok(())
    }

    fn entries(
        &self,
        key: &'static Member,
        value: &'static Member,
        _flattened: bool,
        each: &mut dyn FnMut(&str, Self),
    ) -> Result<(), Expected> {
        let pairs: Vec<Self> =
            if self.run { self.siblings().collect() } else { self.named("entry").collect() };
        for pair in pairs {
            let name = pair.child(key.wire).and_then(|key| Element::text(&key));
            let item = pair.child(value.wire);
            let (name, item) = name.zip(item).ok_or(Expected::Collection)?;
            each(name, item);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_beyond_plain_elements_are_refused() {
        let deep = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
        for text in [
            "",
            "text",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a>&nbsp;</a>",
            "<a b=c/>",
            "</a>",
            "<a/>x",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<a b='&x;'/>",
            "<?php x?><a/>",
            "&lt;",
            &deep,
        ] {
            assert!(Document::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Document::parse(b"<a>\xff</a>").is_err());
    }

    #[test]
    fn text_keeps_its_spaces_and_loses_its_escapes() {
        let text = "<?xml version='1.0'?>\n<!-- c --><s:a xmlns:s='u'><b> x &lt;&#x41;<![CDATA[<&]]> </b><c/></s:a>\n";
        let document = Document::parse(text.as_bytes()).unwrap();
        let root = document.root();
        assert!(root.is_named("a") && !root.is_named("s:a"));
        assert_eq!(root.child("b").unwrap().text(), Some(" x <A<& "));
        assert_eq!(root.child("c").unwrap().text(), Some(""));
        assert_eq!(root.text(), None);
    }
}
