// Signed-in browsers for Playwright, without a login page: tokens are put where angular-oauth2-oidc, and so the Cinchy
// SDKs, look for them.

function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8'));
}

/** The entries of web storage that make an app take the user for signed in. */
export async function storageEntries(cinchy, { client, user, scopes, lifetime }) {
  const options = { scopes, lifetime };
  const [access, id] = await Promise.all([
    cinchy.token(client, user, options),
    cinchy.token(client, user, { ...options, kind: 'id' }),
  ]);
  const [accessClaims, idClaims] = [claimsOf(access), claimsOf(id)];
  return {
    access_token: access,
    access_token_stored_at: String(Date.now()),
    expires_at: String(accessClaims.exp * 1000),
    granted_scopes: JSON.stringify([accessClaims.scope].flat()),
    id_token: id,
    id_token_claims_obj: JSON.stringify(idClaims),
    id_token_expires_at: String(idClaims.exp * 1000),
    id_token_stored_at: String(Date.now()),
  };
}

/** For `browser.newContext({ storageState })`, of apps that keep their tokens in localStorage. */
export async function storageState(cinchy, { origin, ...who }) {
  const entries = await storageEntries(cinchy, who);
  const localStorage = Object.entries(entries).map(([name, value]) => ({ name, value }));
  return { cookies: [], origins: [{ origin, localStorage }] };
}

/** Signs a context or page in, for apps that keep their tokens in sessionStorage (the default of the SDKs). */
export async function signIn(context, cinchy, { origin, ...who }) {
  const entries = await storageEntries(cinchy, who);
  await context.addInitScript(
    ({ origin: where, entries: all }) => {
      if (!where || window.location.origin === where) {
        for (const [name, value] of Object.entries(all)) window.sessionStorage.setItem(name, value);
      }
    },
    { origin, entries },
  );
}
