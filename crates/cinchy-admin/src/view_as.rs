//! Looking at the data as another user does. It is for administrators, who may see all of it anyway, and changes nothing.

use actix_web::HttpResponse;
use actix_web::web::Bytes;

use crate::error::PageError;
use crate::visit::{Answer, Visit};

/// Begins or stops to view as a user.
pub async fn switch(visit: Visit, body: Bytes) -> HttpResponse {
    visit
        .post(body, |desk, form| {
            // Only pages of the console: a path elsewhere could lead out of it.
            let back = form.text("back");
            let back = if back.starts_with("/admin/") && !back.contains(['\\', '\n', '\r']) {
                back.to_owned()
            } else {
                "/admin".to_owned()
            };
            match form.number::<i32>("user") {
                None => Ok(Answer::ViewAs(None, back)),
                Some(_) if !desk.visitor.entry.administrator => {
                    Err(PageError::Administrators("Viewing as another user"))
                }
                Some(id) if desk.generation.user(desk.conn, id)?.is_none() => Err(
                    PageError::NotFound(format!("There is no user with the Cinchy Id {id}.")),
                ),
                Some(id) => Ok(Answer::ViewAs(Some(id), back)),
            }
        })
        .await
}
