//! Each node keeps an audit of its own readings, and each ties it to the log for itself.

use domain::founding::audit_stream;
use domain::time::legal_day;
use tests::nodes::City;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_of_each_node_and_day_is_one_event() {
    let dir = tempfile::tempdir().unwrap();
    let city = City::make(dir.path(), 10, 9, 3, 3).unwrap();
    city.add(2).unwrap();
    let (one, other) = (city.inside(1).await.unwrap(), city.inside(2).await.unwrap());
    assert_ne!(one.audit.node(), other.audit.node());
    let size = one.log.head().await.unwrap().size;
    for app in [&one, &other] {
        // when the day is closed, twice
        assert_eq!(app.close_audit().await.unwrap().map(|done| done.events), Some(1));
        assert_eq!(app.close_audit().await.unwrap(), None);
    }
    // then the log has one event of each node, known to both
    assert_eq!(other.log.head().await.unwrap().size, size + 2);
    let day = legal_day(one.now() - chrono::TimeDelta::hours(1)).pred_opt().unwrap();
    for app in [&one, &other] {
        assert_eq!(one.log.read_stream(&audit_stream(day, app.audit.node())).await.unwrap().len(), 1);
    }
    // and the name stays with the file
    let name = one.audit.node().to_owned();
    drop(one);
    assert_eq!(city.inside(1).await.unwrap().audit.node(), name);
}
