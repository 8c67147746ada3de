//! Short questions that many tests put to an emulator.

use cinchy_testkit::Instance;
use serde_json::Value;

/// The JSON at a path.
pub async fn json_at(instance: &Instance, path: &str) -> Value {
    let answer = instance
        .http()
        .get(format!("{}{path}", instance.url()))
        .send()
        .await;
    answer.unwrap().json().await.unwrap()
}

/// Runs a statement as the administrator.
pub async fn as_admin(instance: &Instance, cql: &str) {
    let admin = instance.token("app", "admin").await.unwrap();
    let url = format!("{}/API/ExecuteCQL", instance.url());
    let request = instance.http().post(url).bearer_auth(admin);
    let answer = request.form(&[("Query", cql)]).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}: {cql}", instance.url());
}
