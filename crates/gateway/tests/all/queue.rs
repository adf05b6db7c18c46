//! Background work: each step commits with the next, falls due by AWS time and outlives the
//! gateway.

use crate::request::Call;
use crate::world::World;

async fn create(world: &World, name: &str) {
    let form = format!("Action=CreateStack&StackName={name}");
    let answer = world.call(&world.root, &Call::query("cloudformation", &form)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// The steps that were done, with the AWS time of each.
fn steps(world: &World) -> Vec<String> {
    let rows = world.stacks().into_iter().filter(|(name, _)| name.starts_with("step"));
    rows.map(|(name, at)| format!("{name} {at}")).collect()
}

#[tokio::test]
async fn work_runs_by_aws_time_only() {
    let world = World::new();
    create(&world, "queued").await;
    assert_eq!(world.gateway.tick().await.expect("a tick"), 0);
    world.freeze().await;
    world.pass(3600);
    assert_eq!(world.gateway.tick().await.expect("a tick"), 0, "AWS time stands");
    world.advance(60).await;
    assert_eq!(world.gateway.tick().await.expect("a tick"), 1);
    assert_eq!(steps(&world), ["step 3 2026-01-02T03:05:05Z"]);
    assert_eq!(world.gateway.tick().await.expect("a tick"), 0, "the next is not due");
    // An hour at once: each step queues the next from its own moment.
    world.advance(3600).await;
    assert_eq!(world.gateway.tick().await.expect("a tick"), 1);
    world.advance(60).await;
    assert_eq!(world.gateway.tick().await.expect("a tick"), 1);
    world.advance(3600).await;
    assert_eq!(world.gateway.tick().await.expect("a tick"), 0, "all is done");
    assert_eq!(steps(&world).len(), 3);
}

#[tokio::test]
async fn another_gateway_on_the_same_store_goes_on() {
    let mut world = World::new();
    create(&world, "queued").await;
    for left in (1..=3).rev() {
        world = world.restarted();
        world.advance(60).await;
        assert_eq!(world.gateway.tick().await.expect("a tick"), 1);
        assert_eq!(steps(&world).len(), 4 - left);
    }
    assert_eq!(world.restarted().gateway.tick().await.expect("a tick"), 0);
}

#[tokio::test]
async fn two_gateways_do_a_step_once() {
    let world = World::new();
    create(&world, "queued").await;
    world.advance(60).await;
    let one = world.gateway.clone();
    let world = world.restarted();
    let (one, two) = tokio::join!(one.tick(), world.gateway.tick());
    assert_eq!(one.expect("a tick") + two.expect("a tick"), 1);
    assert_eq!(steps(&world).len(), 1);
}

#[tokio::test]
async fn what_a_failed_request_queued_was_never_queued() {
    let world = World::new();
    world.write(|tx| crate::services::USERS.put(tx, "strict-exists", &String::new())).await;
    let call = Call::query("cloudformation", "Action=CreateStack&StackName=queued-strict");
    assert_eq!(world.call(&world.root, &call).await.status, 409);
    world.advance(3600).await;
    assert_eq!(world.gateway.tick().await.expect("a tick"), 0);
}

#[tokio::test]
async fn a_refused_step_is_dropped_with_all_it_did() {
    let world = World::new();
    create(&world, "refused").await;
    assert_eq!(world.gateway.tick().await.expect("a tick"), 1);
    assert_eq!(steps(&world), Vec::<String>::new());
    assert_eq!(world.gateway.tick().await.expect("a tick"), 0);
}

/// A step that fails by a fault of ours stays queued and is told; the work behind it is done.
#[tokio::test]
async fn a_failing_step_holds_up_nobody() {
    let world = World::new();
    for number in 0..20 {
        create(&world, &format!("unknown-n{number}")).await;
    }
    create(&world, "queued").await;
    world.advance(60).await;
    let told = world.gateway.tick().await.expect_err("a fault");
    assert_eq!((told.status(), told.cause()), (500, Some("work of an unknown kind")));
    assert_eq!(steps(&world).len(), 1);
    assert!(world.gateway.tick().await.is_err(), "it stays queued");
}

/// A panic in a step is a fault of ours like any.
#[tokio::test]
async fn a_step_that_panics_holds_up_nobody() {
    let world = World::new();
    create(&world, "explosive").await;
    create(&world, "queued").await;
    world.advance(60).await;
    let told = world.gateway.tick().await.expect_err("a fault");
    assert!(told.cause().is_some_and(|cause| cause.contains("a step that panics")));
    assert_eq!(steps(&world).len(), 1);
    assert!(world.gateway.tick().await.is_err(), "it stays queued");
}

/// Paused time stands for as long as any task can go on, so that nothing here waits.
#[tokio::test(start_paused = true)]
async fn the_worker_wakes_for_new_work_and_for_moved_time() {
    let world = World::new();
    let worker = world.gateway.work();
    let busy = async {
        create(&world, "queued").await;
        world.advance(60).await;
        while steps(&world).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = worker => unreachable!("the worker ends"),
        () = busy => {}
    }
    assert_eq!(steps(&world).len(), 1);
}
