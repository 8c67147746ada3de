// An app of oidc-client 1.11, the library inside `cinchy.js`, with the settings that `cinchy.js` gives it.

import Oidc from "oidc-client";

const manager = async () => {
  const { authority, origin } = await (await fetch("/config.json")).json();
  return new Oidc.UserManager({
    authority,
    client_id: "e2e-spa",
    redirect_uri: `${origin}/`,
    silent_redirect_uri: `${origin}/silent.html`,
    post_logout_redirect_uri: `${origin}/bye`,
    response_type: "id_token token",
    scope: "openid id js_api",
    filterProtocolClaims: true,
    loadUserInfo: false,
    monitorSession: true,
    automaticSilentRenew: false,
    userStore: new Oidc.WebStorageStateStore({ store: sessionStorage }),
  });
};

const plain = (user) => user && { token: user.access_token, idToken: user.id_token, profile: user.profile, scope: user.scope, expiresIn: user.expires_in };

window.app = {
  signIn: async () => (await manager()).signinRedirect(),
  back: async () => plain(await (await manager()).signinRedirectCallback()),
  silent: async () => {
    try {
      return plain(await (await manager()).signinSilent());
    } catch (error) {
      return { error: error.error ?? String(error) };
    }
  },
  frame: async () => (await manager()).signinSilentCallback(),
  signOut: async () => (await manager()).signoutRedirect(),
};
document.body.dataset.ready = "";
if (location.pathname === "/silent.html") window.app.frame();
