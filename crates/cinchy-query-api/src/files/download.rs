//! Download: the bytes of a file that the cell links to, piece by piece. A slow reader holds no connection of the database.

use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use cinchy_auth::token::Purpose;
use cinchy_storage::StorageError;
use cinchy_storage::files::{self, StoredFile};
use cinchy_web::{Instance, Site};
use futures_util::stream;

use super::cell::{Address, Asking, FileCell};
use super::name;
use crate::error::{ApiError, Challenge};
use crate::parameters::Pairs;
use crate::saved_query::credential;

/// `GET /api/files/v1.0/{domain}/{table}/{cinchyId}/{column}?fileId=`: for who may view the cell; Anonymous too, where the
/// cell is granted to that user, since apps open it as a plain link (seen). Without `fileId` the cell's first file.
///
/// # Errors
/// No right to view the cell, no such row or file.
pub async fn download(site: Site, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let at = Address::of(&request)?;
    let wanted = wanted(&request)?;
    let credential = credential(&request);
    let instance = Arc::clone(&site.instance);
    let (found, first) = cinchy_web::run(move || -> Result<(StoredFile, Vec<u8>), ApiError> {
        let refused = |error| ApiError::unauthenticated(error, Challenge::Bearer);
        let credential = credential.map_err(|error| refused(error.into()))?;
        instance.database().read(|conn| {
            let generation = instance.generation(conn)?;
            let caller = instance
                .authenticate_bearer(conn, &generation, &credential, Purpose::Api)
                .map_err(refused)?;
            let anonymous = caller.principal().is_anonymous();
            let cell = FileCell::find(conn, &generation, &at)
                .map_err(|error| error.for_cell_of(&at, anonymous))?;
            let mut asking = Asking {
                instance: &instance,
                conn,
                caller: &caller,
            };
            let linked = cell.files(&mut asking).map_err(|error| match error {
                ApiError::Cql(error) if error.is_access_denied() => ApiError::MayNotView {
                    user: caller.principal().username,
                    cell: cell.name(),
                },
                error => error,
            });
            let linked = linked
                .and_then(|linked| linked.ok_or_else(|| ApiError::NoRow(cell.name())))
                .map_err(|error| error.for_cell_of(&at, anonymous))?;
            let id = match wanted {
                Some(id) => linked.into_iter().find(|own| *own == id),
                None => linked.first().copied(),
            };
            let id = id.ok_or(ApiError::NoFile)?;
            let schema = instance.database().schema();
            let found = files::find(conn, schema, Some(id))?.pop();
            let found = found.ok_or(ApiError::NoFile)?;
            let first = files::piece(conn, schema, &found.file.guid, 0)?;
            // A row that CQL made has no bytes.
            Ok((found, first.ok_or(ApiError::NoFile)?))
        })
    })
    .await?;
    Ok(answer(&site.instance, found, first))
}

fn wanted(request: &HttpRequest) -> Result<Option<i32>, ApiError> {
    let pairs = Pairs::of_query(request.query_string());
    let Some(text) = pairs.option("fileid").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let id = text.trim().parse();
    id.map(Some)
        .map_err(|_| ApiError::Parameter(format!("fileId must be a whole number, not `{text}`")))
}

fn answer(instance: &Arc<Instance>, found: StoredFile, first: Vec<u8>) -> HttpResponse {
    let file = found.file;
    let content_type = file
        .content_type
        .as_deref()
        .and_then(name::media_type)
        .unwrap_or_else(|| "application/octet-stream".to_owned());
    let disposition = name::disposition(&name::safe(&file.name), &content_type);
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header(disposition)
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        // As it is: with its length.
        .insert_header((CONTENT_ENCODING, "identity"));
    let pieces = Pieces {
        instance: Arc::clone(instance),
        guid: file.guid,
        next: 1,
        first: Some(first),
    };
    let size = u64::try_from(file.size).unwrap_or_default();
    response.body(SizedStream::new(
        size,
        stream::try_unfold(pieces, |mut pieces| async move {
            Ok::<_, StorageOrGone>(pieces.next().await?.map(|piece| (piece, pieces)))
        }),
    ))
}

/// Why a download ends early: its connection is cut, since the length was promised.
#[derive(Debug, thiserror::Error)]
enum StorageOrGone {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Gone(#[from] cinchy_web::Gone),
}

/// The rest of a content.
struct Pieces {
    instance: Arc<Instance>,
    guid: String,
    next: i32,
    first: Option<Vec<u8>>,
}

impl Pieces {
    async fn next(&mut self) -> Result<Option<Bytes>, StorageOrGone> {
        if let Some(first) = self.first.take() {
            return Ok((!first.is_empty()).then(|| Bytes::from(first)));
        }
        let ordinal = self.next;
        self.next += 1;
        let instance = Arc::clone(&self.instance);
        let guid = self.guid.clone();
        let piece = cinchy_web::run(move || -> Result<_, StorageOrGone> {
            let database = instance.database();
            Ok(database.read(|conn| files::piece(conn, database.schema(), &guid, ordinal))?)
        })
        .await?;
        Ok(piece.map(Bytes::from))
    }
}
