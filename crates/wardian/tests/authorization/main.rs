//! Authorization, whole: every row of `data/authz` of every operation that is served is asked by
//! everybody.
//!
//! For each request of `requests/`: unsigned, with an altered signature, with an expired session,
//! without permissions, with exactly the permissions that the rows ask, with all of them but one,
//! with one of them denied by name. The requests together visit each row, or the row stands in
//! `exceptions.txt` with a reason; that list may only shrink, as may the list of operations that
//! are not served. Deliberately absent: what operations do once they are allowed.

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod answer;
#[cfg(test)]
mod case;
#[cfg(test)]
mod house;
#[cfg(test)]
mod input;
#[cfg(test)]
mod list;
#[cfg(test)]
mod request;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;
