//! A house with a bucket, a user and a session, and requests to it as they go over the wire.

use gateway::Peer;

use crate::answer::Answer;
use crate::house::House;
use crate::raw::{Key, Raw};
use crate::request::Credentials;
use crate::scenario::told;
use crate::world::World;

pub const BUCKET: &str = "private-box";

pub struct Site {
    pub world: World,
    pub root: Key,
    /// Who may do nothing.
    pub caller: Key,
    /// Of a role that may do everything.
    pub session: Key,
}

impl Site {
    pub async fn new() -> Self {
        let mut world = World::of("attacks").await;
        let step = serde_json::json!({"operation": "s3:CreateBucket", "with": {"Bucket": BUCKET}});
        world.run(&[serde_json::from_value(step).expect("a step")]).await;
        let root = key(House::root());
        let (caller, session) =
            (key(world.credentials("caller")), key(world.credentials("session")));
        Self { world, root, caller, session }
    }

    /// Wall time, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.world.house.gateway.now().as_seconds()
    }

    pub async fn send(&self, raw: Raw) -> Answer {
        let peer = Peer { ip: [127, 0, 0, 1].into(), tls: None };
        let answer = self.world.house.gateway.serve(raw.into_http(), peer).await;
        Answer::read(answer).await
    }

    pub async fn told(&self, raw: Raw) -> String {
        told(&self.send(raw).await)
    }
}

pub fn key(credentials: Credentials) -> Key {
    let Credentials { access_key_id, secret, session_token } = credentials;
    Key { id: access_key_id, secret, token: session_token }
}
