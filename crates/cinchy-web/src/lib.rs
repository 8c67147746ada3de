//! What the HTTP rooms share: instances, authentication of a request, the database hop, CORS.
