//! Session tokens that were altered, swapped, taken elsewhere or kept too long.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::raw::{Call, Key};
use crate::request::Signer;
use crate::site::{Site, key};
use crate::world::Step;

fn who() -> Call {
    Call::query("sts", "Action=GetCallerIdentity&Version=2011-06-15")
}

async fn told(site: &Site, key: &Key) -> String {
    site.told(who().signed(key, site.now())).await
}

const INVALID: &str = "403 InvalidClientTokenId";

#[tokio::test]
async fn a_session_token_with_any_bit_altered_opens_nothing() {
    let site = Site::new().await;
    let token = site.session.token.clone().expect("a token");
    let bytes = STANDARD.decode(&token).expect("base64");
    for place in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[place / 8] ^= 1 << (place % 8);
        let token = Some(STANDARD.encode(altered));
        let key = Key { token, ..site.session.clone() };
        assert_eq!(told(&site, &key).await, INVALID, "bit {place}");
    }
    assert_eq!(told(&site, &site.session).await, "200");
}

#[tokio::test]
async fn a_session_token_in_another_writing_opens_nothing() {
    let site = Site::new().await;
    let token = site.session.token.clone().expect("a token");
    let writings = [
        token.trim_end_matches('=').to_owned() + "====",
        format!("{token}AAAA"),
        format!("{token}{token}"),
        token.to_lowercase(),
        token.replace('+', "-").replace('/', "_") + "-",
        String::new(),
        "IQoJb3JpZ2luX2Vj".to_owned(),
    ];
    for token in writings {
        let key = Key { token: Some(token.clone()), ..site.session.clone() };
        assert_eq!(told(&site, &key).await, INVALID, "{token}");
    }
}

#[tokio::test]
async fn a_session_token_is_of_its_own_key() {
    let mut site = Site::new().await;
    let step = serde_json::json!({"operation": "sts:AssumeRole", "as": "caller",
        "credentials": "second", "with": {"RoleSessionName": "second",
        "RoleArn": "arn:aws:iam::{{account}}:role/temporary"}});
    let step: Step = serde_json::from_value(step).expect("a step");
    site.world.run(&[step]).await;
    let (one, two) = (site.session.clone(), key(site.world.credentials("second")));
    let swapped = [
        (Key { token: two.token.clone(), ..one.clone() }, INVALID),
        (Key { id: two.id.clone(), ..one.clone() }, INVALID),
        (Key { id: site.caller.id.clone(), ..one.clone() }, INVALID),
        (Key { id: site.root.id.clone(), ..one.clone() }, INVALID),
        (Key { secret: two.secret.clone(), ..one.clone() }, "403 SignatureDoesNotMatch"),
        (Key { secret: site.caller.secret.clone(), ..one.clone() }, "403 SignatureDoesNotMatch"),
        (Key { token: one.token.clone(), ..site.caller.clone() }, INVALID),
        (Key { token: one.token.clone(), ..site.root.clone() }, INVALID),
    ];
    for (key, expected) in swapped {
        assert_eq!(told(&site, &key).await, expected, "{}", key.id);
    }
    assert_eq!((told(&site, &one).await, told(&site, &two).await), ("200".into(), "200".into()));
}

#[tokio::test]
async fn a_session_token_of_another_server_opens_nothing() {
    // The same master key, account and role names: only the account's realm is another.
    let (ours, theirs) = (Site::new().await, Site::new().await);
    assert_eq!(told(&ours, &theirs.session).await, INVALID);
    assert_eq!(told(&theirs, &ours.session).await, INVALID);
    assert_eq!(told(&ours, &theirs.caller).await, "403 SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_session_token_of_before_a_reset_opens_nothing() {
    let site = Site::new().await;
    let reset = site.world.call("wardian:Reset", &serde_json::Map::new(), "");
    let root = Signer::Good(crate::house::House::root());
    let answer = site.world.house.ask(&reset, &root).await;
    assert!(answer.is_success(), "{answer}");
    assert_eq!(told(&site, &site.session).await, INVALID);
    assert_eq!(told(&site, &site.caller).await, INVALID);
    assert_eq!(told(&site, &site.root).await, "200");
}
