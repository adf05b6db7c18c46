//! A store that fails at each of its calls in turn: clients hear of it in AWS's words, and half of
//! nothing is kept.

use store::Store;
use store::engine::{Faulty, Memory};

use crate::people::HOME;
use crate::request::Call;
use crate::world::{World, logged};

#[tokio::test]
async fn a_store_that_fails_leaves_nothing_half_done() {
    let create = Call::query("cloudformation", "Action=CreateStack&StackName=queued-one-two");
    let mut failures = 0;
    for n in 1.. {
        let (engine, faults) = Faulty::new(Memory::default());
        let world = World::on(Store::with_engine(Box::new(engine)));
        faults.fail(n);
        let before = faults.calls();
        let answer = world.call(&world.root, &create).await;
        let failed = faults.calls() - before >= n;
        faults.fail(0);
        let told = format!("{n}: {}", answer.body);
        match answer.status {
            200 => {
                assert_eq!(world.users(), ["one", "two"], "{told}");
                if !failed {
                    break;
                }
            }
            503 => {
                failures += 1;
                assert_eq!(answer.element("Code"), "ServiceUnavailable", "{told}");
                assert_eq!(answer.element("Message"), "Service is unable to handle request.");
                assert_eq!((world.users(), world.stacks()), (vec![], vec![]), "{told}");
                // The server goes on.
                assert_eq!(world.call(&world.root, &create).await.status, 200, "{told}");
            }
            _ => panic!("{told}"),
        }
    }
    assert!(failures > 2, "{failures}");
}

#[tokio::test]
async fn an_upload_over_a_failing_store_is_whole_or_not_there() {
    let put = Call::s3("PUT", "/b/k").body("12345");
    let mut failures = 0;
    for n in 1.. {
        let (engine, faults) = Faulty::new(Memory::default());
        let world = World::on(Store::with_engine(Box::new(engine)));
        world.put_bucket("b", HOME, None).await;
        let before = faults.calls();
        faults.fail(n);
        let answer = world.call(&world.root, &put).await;
        let failed = faults.calls() - before >= n;
        faults.fail(0);
        let committed = world.object("b", "k");
        let told = format!("{n}: {}", answer.body);
        if answer.status == 200 {
            assert_eq!(committed.as_deref(), Some(b"12345".as_slice()), "{told}");
            if !failed {
                break;
            }
        } else {
            failures += 1;
            assert_eq!((answer.status, committed), (503, None), "{told}");
            assert_eq!(answer.element("Code"), "ServiceUnavailable", "{told}");
        }
    }
    assert!(failures > 2, "{failures}");
}

/// The steps that were done and those that wait: together they are one more than one.
#[tokio::test]
async fn a_step_and_its_next_are_committed_together_or_not_at_all() {
    let mut failures = 0;
    for n in 1.. {
        let (engine, faults) = Faulty::new(Memory::default());
        let world = World::on(Store::with_engine(Box::new(engine)));
        let create = Call::query("cloudformation", "Action=CreateStack&StackName=queued");
        assert_eq!(world.call(&world.root, &create).await.status, 200);
        world.advance(60).await;
        let steps = || world.stacks().len() - 1;
        faults.fail(n);
        let ticked = world.gateway.tick().await;
        faults.fail(0);
        let done = steps();
        assert!(ticked.is_err() || ticked.as_ref().is_ok_and(|ran| *ran == done), "{n}");
        // What was not done is still there; what was done has its next.
        assert_eq!(world.gateway.tick().await.expect("a tick"), 1 - done, "{n}");
        world.advance(60).await;
        assert_eq!(world.gateway.tick().await.expect("a tick"), 1, "{n}");
        assert_eq!(steps(), 2, "{n}");
        if ticked.is_ok() {
            break;
        }
        failures += 1;
    }
    assert!(failures > 1, "{failures}");
}

/// A panic is an internal failure in the service's envelope, recorded like any; nothing of it is
/// kept, and the server goes on.
#[tokio::test]
async fn a_handler_that_panics_is_an_internal_failure() {
    let world = World::new();
    let call = |name| Call::query("iam", &format!("Action=CreateUser&UserName={name}"));
    let answer = world.call(&world.root, &call("panic")).await;
    let message = "We encountered an internal error. Please try again.";
    assert_eq!(answer.error(), (500, "InternalFailure".to_owned(), message.to_owned()));
    assert_eq!(answer.header("x-amzn-requestid"), answer.element("RequestId"));
    let told = world.lines.take();
    assert_eq!(told.len(), 1);
    assert_eq!(told.first().and_then(|event| event["errorCode"].as_str()), Some("InternalFailure"));
    assert!(logged().contains("a handler that panics"));
    assert_eq!(world.call(&world.root, &call("later")).await.status, 200);
    assert_eq!(world.users(), ["later"]);
}
