//! An answer in XML, and what tests read in it.

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// The answer of a call that must succeed.
    pub fn ok(self) -> Self {
        assert!(matches!(self.status, 200 | 204), "{} {}", self.status, self.body);
        self
    }

    /// `404 NoSuchEntity: The user with name x cannot be found.`
    pub fn error(&self) -> String {
        assert!(self.status >= 300, "{} {}", self.status, self.body);
        format!("{} {}: {}", self.status, self.element("Code"), self.element("Message"))
    }

    /// The text of the first element of the name.
    pub fn element(&self, name: &str) -> String {
        self.elements(name).into_iter().next().unwrap_or_else(|| panic!("no {name}: {}", self.body))
    }

    /// The texts of all elements of the name.
    pub fn elements(&self, name: &str) -> Vec<String> {
        elements(&self.body, name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.body.contains(&format!("<{name}>")) || self.body.contains(&format!("<{name}/>"))
    }

    /// The result in lines of at most a hundred letters, without what is the same in each answer.
    pub fn result(self) -> String {
        self.result_with(str::to_owned)
    }

    /// The result with what differs from one answer to the next changed by `steady`.
    pub fn result_with(self, steady: impl Fn(&str) -> String) -> String {
        let body = self.ok().body;
        let inner = body.split("Result>").nth(1).unwrap_or_default();
        let inner = inner.rsplit_once("</").map_or(inner, |(inner, _)| inner);
        let spread = steady(&inner.replace("><", ">\n<").replace(">\n</", "></"));
        let letters: Vec<Vec<char>> = spread.lines().map(|line| line.chars().collect()).collect();
        let pieces = letters.iter().flat_map(|line| line.chunks(100));
        pieces.map(String::from_iter).collect::<Vec<_>>().join("\n")
    }
}

/// The texts of all elements of the name in a document.
pub fn elements(document: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = document.split(&open).skip(1);
    let texts = parts.filter_map(|part| part.split(&close).next());
    texts.map(unescape).collect()
}

fn unescape(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&#34;", "\"");
    let text = text.replace("&apos;", "'").replace("&#39;", "'");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
