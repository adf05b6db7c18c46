//! Whom a name means, in a question that nobody signed.

use crate::{Caller, Cx, Error, Identity, Session};

/// How long the session lasts that a role is asked about as.
const SESSION_SECONDS: i64 = 3600;

impl Cx<'_> {
    /// The caller that an ARN or a short name stands for: of this account, or of none. A role is
    /// asked about as a session of it. None where there is no such principal.
    ///
    /// # Errors
    /// Only what the store says.
    pub fn principal_named(&mut self, name: &str) -> Result<Option<Caller>, Error> {
        let account = self.account();
        if matches!(name, "anonymous" | "*") {
            return Ok(Some(Caller::anonymous(self.default_account())));
        }
        if name.ends_with(".amazonaws.com") {
            let identity = Identity::Service(name.to_owned());
            return Ok(Some(Caller { identity, ..Caller::anonymous(self.default_account()) }));
        }
        if name == account.as_str() || name == format!("arn:aws:iam::{account}:root") {
            return Ok(Some(Caller::root(account)));
        }
        if name.starts_with("arn:") {
            return self.principal_at(name);
        }
        for kind in ["user", "role"] {
            let found = self.principal_at(&format!("arn:aws:iam::{account}:{kind}/{name}"))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The user, role or session of a role of this account with that ARN.
    fn principal_at(&mut self, arn: &str) -> Result<Option<Caller>, Error> {
        let account = self.account();
        let own = |service: &str, kind: &str| {
            arn.strip_prefix(&format!("arn:aws:{service}::{account}:{kind}/")).map(str::to_owned)
        };
        if let Some(session) = own("sts", "assumed-role") {
            let Some((role, session)) = session.split_once('/') else { return Ok(None) };
            let role_arn = format!("arn:aws:iam::{account}:role/{role}");
            let id = self.core.directory.names().entity_id(self.tx, &role_arn)?;
            return Ok(id.map(|id| self.session_of(id, role, session)));
        }
        let id = self.core.directory.names().entity_id(self.tx, arn)?;
        let Some(id) = id else { return Ok(None) };
        if own("iam", "user").is_some() {
            return Ok(Some(Caller { identity: Identity::User(id), ..Caller::root(account) }));
        }
        let Some(path) = own("iam", "role") else { return Ok(None) };
        let name = path.rsplit('/').next().unwrap_or_default();
        Ok(Some(self.session_of(id, name, "wardian")))
    }

    /// A session of a role of this account, begun now.
    #[must_use]
    pub fn session_of(&self, id: String, name: &str, session_name: &str) -> Caller {
        let issued = self.now().as_seconds();
        let expires = issued.saturating_add(SESSION_SECONDS);
        let (name, session_name) = (name.to_owned(), session_name.to_owned());
        Caller {
            identity: Identity::Role { id, name, session_name },
            session: Some(Session { issued, expires, ..Session::default() }),
            ..Caller::root(self.account())
        }
    }
}
