//! Upload: `multipart/form-data` with parts named `files`. The bytes go to storage piece by piece as they come; rows and
//! links are written in one transaction once all of them are there.

use std::sync::Arc;
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_storage::StorageError;
use cinchy_storage::files::{self, NewFile, PIECE};
use cinchy_storage::rows::Stamp;
use cinchy_web::authenticate::Authenticated;
use cinchy_web::{Instance, Since, Site};
use futures_util::TryStreamExt as _;
use serde::Serialize;
use uuid::Uuid;

use super::cell::{Address, Asking, FileCell};
use super::name;
use crate::caller::{own_json, signed_in};
use crate::error::ApiError;

/// Bytes of an upload at most (documented default).
const LIMIT: u64 = 1 << 30;
/// Bytes that the form around the files takes at most; beyond that nothing is read.
const FORM: u64 = 1 << 20;
/// Parts of a form at most (ours): each costs a row, or at least some work.
const PARTS: usize = 1_000;
/// What an upload left behind that wrote nothing for so long is removed.
const STALE: Duration = Duration::from_secs(600);

/// The answer; clients read nothing of it but the status (seen), so the names are a guess.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Uploaded {
    file_id: i32,
    file_name: String,
    size: i64,
}

/// `POST /api/files/v1.0/{domain}/{table}/{cinchyId}/{column}`: adds the files to a cell that takes several, else replaces
/// its one. It needs the right to edit the cell, which is asked before the body is read.
///
/// # Errors
/// No right, a body that is no form with files, one that is cut off or too large, a full disk. Nothing is kept then.
pub async fn upload(
    site: Site,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let at = Address::of(&request)?;
    let announced = request.headers().get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > LIMIT + FORM) {
        return Err(ApiError::TooLarge);
    }
    // The client may take its time, so nobody waits for the whole of this: each step has a pass of its own.
    let since = Since::now(&site.instance);
    let pass = since.pass().await.ok_or(ApiError::Replaced)?;
    let asked = signed_in(&site, &request, move |call| {
        let cell = FileCell::find(call.conn, &call.generation, &at)?;
        let mut asking = Asking {
            instance: call.instance,
            conn: call.conn,
            caller: &call.caller,
        };
        match cell.may_edit(&mut asking)? {
            None => Err(ApiError::NoRow(cell.name())),
            Some(false) => Err(ApiError::MayNotEdit {
                user: call.caller.entry.user.username.clone(),
                cell: cell.name(),
            }),
            Some(true) => Ok((cell, call.caller)),
        }
    });
    let (cell, caller) = pass.over(asked).await?;
    let form = Multipart::new(request.headers(), payload);
    let contents = receive(&site.instance, &since, form).await?;
    if contents.is_empty() {
        return Err(ApiError::Parameter(
            "The body has no files: send multipart/form-data with parts that have a file name"
                .to_owned(),
        ));
    }
    let instance = Arc::clone(&site.instance);
    let pass = since.pass().await.ok_or(ApiError::Replaced)?;
    let kept = cinchy_web::run(move || keep(&instance, &caller, &cell, contents));
    let uploaded = pass.over(kept).await?;
    Ok(own_json(&uploaded))
}

/// A content that no row names: it goes when this does.
struct Content {
    instance: Arc<Instance>,
    guid: String,
    name: String,
    content_type: Option<String>,
    size: i64,
    kept: bool,
}

impl Drop for Content {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let instance = Arc::clone(&self.instance);
        let guid = std::mem::take(&mut self.guid);
        let discard = move || {
            let database = instance.database();
            let done = database.write(|conn| files::discard(conn, database.schema(), &guid));
            if let Err(error) = done {
                // The next upload sweeps it away.
                tracing::warn!(%error, "what an upload left behind could not be removed yet");
            }
        };
        // A client that goes away ends the handler on the worker, which must not wait for the database.
        match tokio::runtime::Handle::try_current() {
            Ok(_) => cinchy_web::detach(discard),
            Err(_) => discard(),
        }
    }
}

async fn receive(
    instance: &Arc<Instance>,
    since: &Since,
    mut form: Multipart,
) -> Result<Vec<Content>, ApiError> {
    let mut contents: Vec<Content> = Vec::new();
    let mut left = LIMIT;
    let mut form_left = FORM;
    let mut parts = 0;
    while let Some(mut field) = form.try_next().await.map_err(unreadable)? {
        parts += 1;
        if parts > PARTS {
            return Err(ApiError::TooManyParts(PARTS));
        }
        // Fields without a file name are none of the files.
        let Some(name) = field
            .content_disposition()
            .and_then(|disposition| disposition.get_filename())
            .map(name::safe)
        else {
            skip(&mut field, &mut form_left).await?;
            continue;
        };
        let declared = field
            .content_type()
            .and_then(|t| name::media_type(t.as_ref()));
        let mut content = Content {
            instance: Arc::clone(instance),
            guid: Uuid::new_v4().to_string().to_uppercase(),
            name,
            content_type: declared,
            size: 0,
            kept: false,
        };
        content.receive(&mut field, since, &mut left).await?;
        contents.push(content);
    }
    Ok(contents)
}

/// Reads over a part that is no file.
async fn skip(field: &mut Field, left: &mut u64) -> Result<(), ApiError> {
    while let Some(bytes) = field.try_next().await.map_err(unreadable)? {
        let rest = left.checked_sub(bytes.len() as u64);
        *left = rest.ok_or(ApiError::TooLarge)?;
    }
    Ok(())
}

impl Content {
    async fn receive(
        &mut self,
        field: &mut Field,
        since: &Since,
        left: &mut u64,
    ) -> Result<(), ApiError> {
        let mut ordinal = 0;
        let mut piece = Vec::with_capacity(PIECE);
        while let Some(bytes) = field.try_next().await.map_err(unreadable)? {
            let count = bytes.len() as u64;
            *left = left.checked_sub(count).ok_or(ApiError::TooLarge)?;
            let mut bytes = bytes.as_ref();
            while !bytes.is_empty() {
                let (now, later) = bytes.split_at(bytes.len().min(PIECE - piece.len()));
                piece.extend_from_slice(now);
                bytes = later;
                if piece.len() == PIECE {
                    let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE));
                    self.store(ordinal, full, since).await?;
                    ordinal += 1;
                }
            }
        }
        if ordinal == 0 || !piece.is_empty() {
            self.store(ordinal, piece, since).await?;
        }
        Ok(())
    }

    async fn store(&mut self, ordinal: i32, piece: Vec<u8>, since: &Since) -> Result<(), ApiError> {
        let pass = since.pass().await.ok_or(ApiError::Replaced)?;
        let instance = Arc::clone(&self.instance);
        let guid = self.guid.clone();
        self.size += i64::try_from(piece.len()).unwrap_or(i64::MAX);
        let stored = cinchy_web::run(move || {
            let database = instance.database();
            let now = chrono::Utc::now().naive_utc();
            if ordinal == 0 {
                sweep(&instance, now)?;
            }
            database.write(|conn| {
                files::store(conn, database.schema(), &guid, ordinal, piece, now)
                    .map_err(ApiError::from)
            })
        });
        pass.over(stored).await
    }
}

/// Removes what earlier uploads left behind, in a process that was killed or on a disk that was full.
fn sweep(instance: &Instance, now: chrono::NaiveDateTime) -> Result<(), StorageError> {
    let database = instance.database();
    let schema = database.schema();
    let before = now - STALE;
    let stale = database.read(|conn| files::stale(conn, schema, before))?;
    if stale.is_empty() {
        return Ok(());
    }
    database.write(|conn| files::sweep(conn, schema, before))
}

/// Rows for the contents, and links of the cell to them.
fn keep(
    instance: &Instance,
    caller: &Authenticated,
    cell: &FileCell,
    mut contents: Vec<Content>,
) -> Result<Vec<Uploaded>, ApiError> {
    // One cell, one file: the last one. The others go as if they had not come.
    if !cell.multiple {
        contents.drain(..contents.len().saturating_sub(1));
    }
    let database = instance.database();
    let stamp = Stamp {
        user: caller.entry.user.id,
        at: instance.clock().now().naive_utc(),
    };
    let uploaded = database.read(|conn| {
        conn.whole(|conn| {
            // Two uploads to one cell come one after the other, so that each adds to what the other has left.
            let ids = conn.atomic(|conn| -> Result<Vec<i32>, ApiError> {
                files::lock(conn, database.schema())?;
                let mut ids = Vec::with_capacity(contents.len());
                for content in &contents {
                    let file = NewFile {
                        name: content.name.clone(),
                        content_type: content.content_type.clone(),
                        size: content.size,
                        guid: content.guid.clone(),
                    };
                    ids.push(files::insert(conn, database.schema(), stamp, &file)?);
                }
                Ok(ids)
            })?;
            let mut asking = Asking {
                instance,
                conn,
                caller,
            };
            let mut linked = match cell.multiple {
                true => cell
                    .files(&mut asking)?
                    .ok_or_else(|| ApiError::NoRow(cell.name()))?,
                false => Vec::new(),
            };
            linked.extend(&ids);
            cell.set(&mut asking, &linked)?;
            // Rights may have changed since they were asked.
            let kept = cell.files(&mut asking)?.unwrap_or_default();
            if !linked.iter().all(|id| kept.contains(id)) {
                return Err(ApiError::MayNotEdit {
                    user: caller.entry.user.username.clone(),
                    cell: cell.name(),
                });
            }
            Ok(ids)
        })
    })?;
    let answers = contents.iter_mut().zip(uploaded).map(|(content, file_id)| {
        content.kept = true;
        Uploaded {
            file_id,
            file_name: content.name.clone(),
            size: content.size,
        }
    });
    Ok(answers.collect())
}

fn unreadable(error: MultipartError) -> ApiError {
    match error {
        MultipartError::Payload(_) | MultipartError::Incomplete => ApiError::Body,
        other => ApiError::Parameter(format!(
            "The body is not multipart/form-data with files: {other}"
        )),
    }
}
